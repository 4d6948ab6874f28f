//! What an answer proves about the update. No other code decides that an update was applied, or was not.

use super::asked::Asked;
use super::retry::{Outcome, Unshown};
use super::sight::{CommentSight, Sight};
use crate::api::incident::Comment;
use crate::api::{Api, Part, Replay};
use crate::ground::clock::Moment;
use crate::http::{Fault, FaultKind, Response, Sent};
use crate::outcome::write::Write;
use crate::sign_in::AccessToken;

/// What came of one attempt at the update.
pub struct Attempt {
    /// The answer, or why there is none.
    pub result: Result<Response, Fault>,
    /// What to do about it.
    pub outcome: Outcome,
    /// What its incident shows, where it is one.
    pub sight: Option<Sight>,
}

impl Attempt {
    /// Looks at what came back.
    #[must_use]
    pub fn of(
        (api, part): (Api, Part),
        result: Result<Response, Fault>,
        asked: &Asked,
        since: Moment,
        known: &[Comment],
        token: &AccessToken,
    ) -> Self {
        let (outcome, sight) = match &result {
            Ok(answer) if token.is_refused_by(answer.status) => (Outcome::TokenRefused, None),
            Ok(answer) if (200..300).contains(&answer.status) => of_success((api, part), answer, asked, since, known),
            Ok(answer) => (Outcome::of_refusal(answer, api.refused_in_its_words(answer)), None),
            Err(fault) => (Outcome::of_fault(fault), None),
        };
        Self { result, outcome, sight }
    }

    /// Whether it may have reached the service.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        let left = !matches!(&self.result, Err(fault) if fault.sent == Sent::Nothing);
        left && self.outcome.may_have_arrived()
    }

    /// Whether the server had asked for a client certificate, and the connection then broke without a word.
    #[must_use]
    pub fn is_uncertified(&self) -> bool {
        matches!(&self.result, Err(fault) if fault.kind == FaultKind::Uncertified)
    }

    /// Whether the server refused this client in the handshake.
    #[must_use]
    pub fn is_client_refused(&self) -> bool {
        matches!(&self.result, Err(fault) if fault.kind == FaultKind::ClientRefused)
    }

    /// What is known of the write now; an earlier attempt that may have been applied stays so.
    #[must_use]
    pub fn known(&self, replay: Replay, doubtful: bool) -> Write {
        match self.outcome {
            Outcome::Done => Write::Applied,
            Outcome::Unclear | Outcome::Unshown(_) | Outcome::RefusedBySomebody if replay == Replay::OnlyIfUnsent => {
                Write::Doubtful
            }
            Outcome::Unclear | Outcome::Unshown(_) => Write::Doubtful,
            // Taken at its word only where being wrong does no harm.
            Outcome::Unavailable(_) if replay == Replay::OnlyIfUnsent => Write::Doubtful,
            _ if doubtful => Write::Doubtful,
            _ => Write::NotApplied,
        }
    }
}

/// A success is believed where the service's own incident, with the number that was asked for, shows it.
fn of_success(
    (api, part): (Api, Part),
    answer: &Response,
    asked: &Asked,
    since: Moment,
    known: &[Comment],
) -> (Outcome, Option<Sight>) {
    if answer.unreadable.is_some() {
        return (Outcome::Unshown(Unshown::Unreadable), None);
    }
    let incident = api.shown(part, answer, asked.id);
    let incident = incident.filter(|incident| asked.is_shown_by(incident));
    if let Some(incident) = incident {
        let sight = Sight::of(&incident, answer, asked, since, true, known);
        let outcome = if sight.is_complete() {
            Outcome::Done
        } else {
            Outcome::Unshown(Unshown::Incident)
        };
        return (outcome, Some(sight));
    }
    let unshown = match answer.status {
        202 => Unshown::Later,
        _ if answer.body.trim_ascii().is_empty() => Unshown::Empty,
        _ => Unshown::Foreign,
    };
    (Outcome::Unshown(unshown), None)
}

/// Whether one more look is enough: only values differ, which services do normalise.
#[must_use]
pub fn differs_in_values_alone(sight: Option<&Sight>) -> bool {
    sight.is_some_and(|sight| matches!(sight.comment, CommentSight::NotAsked | CommentSight::There(_)))
}
