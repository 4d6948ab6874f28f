//! What a run says in the end: the answer, or the failure that goes with what is proved.

use serde_json::Value;

use super::asked::Asked;
use super::proof::Attempt;
use super::retry::{Outcome, Unshown};
use super::search::Unreadable;
use super::sight::{CommentSight, Proof, Sight};
use crate::api::Api;
use crate::api::incident::{Comment, Incident};
use crate::http::{Fault, FaultKind, Response, Sent};
use crate::outcome::difference::Difference;
use crate::outcome::envelope::{Applied, FoundComment, Recovered, RecoveredBy, Unchanged};
use crate::outcome::error::{Error, Failure, Name, READ_FIRST};
use crate::outcome::refusal;
use crate::outcome::violations::Violation;
use crate::outcome::write::Write;

/// The end of a run whose last attempt speaks for itself.
///
/// # Errors
/// [`Error`] unless the attempt's own answer shows the update.
pub(super) fn conclude(api: Api, attempt: Attempt, write: Write) -> Result<Applied, Error> {
    match (attempt.result, attempt.sight) {
        (Ok(answer), Some(sight)) if attempt.outcome == Outcome::Done => Ok(Applied {
            answer,
            recovered: None,
            writes: 0,
            differs: Vec::new(),
            redirected_to: sight.redirected_to,
            unchanged: None,
            parts: None,
            requests: Vec::new(),
        }),
        (result, _) => Err(error_of(api, result).given(write)),
    }
}

/// An update that a reading shows.
pub(super) fn recovered(answer: Response, sight: Sight, readings: u32) -> Applied {
    Applied {
        answer,
        recovered: Some(Recovered {
            by: RecoveredBy::ReadBack,
            attempts: readings,
        }),
        writes: 0,
        differs: sight.differences,
        redirected_to: sight.redirected_to,
        unchanged: None,
        parts: None,
        requests: Vec::new(),
    }
}

/// An incident that shows all of it before anything was written.
pub(super) fn unchanged(answer: Response, incident: &Incident, found: Option<Comment>, whole: &Asked) -> Applied {
    Applied {
        answer,
        recovered: None,
        writes: 0,
        differs: whole.differences(incident),
        redirected_to: incident.redirected_to,
        unchanged: Some(Unchanged {
            found: found.map(|comment| FoundComment {
                created_time: comment.created_time,
                created_by: comment.created_by,
            }),
        }),
        parts: None,
        requests: Vec::new(),
    }
}

/// The failure of a condition.
pub(super) fn not_met(answer: Response, unmet: Vec<Violation>) -> Error {
    let words: Vec<String> = unmet
        .iter()
        .map(|violation| format!("`{}`: {}", violation.at, violation.problem))
        .collect();
    let message = format!(
        "the incident is not in the state that was asked for: {}",
        words.join("; ")
    );
    let help = "nothing was changed; look at the incident, and decide anew";
    Error::Refused(Failure {
        answer: Some(Box::new(answer)),
        violations: unmet,
        ..Failure::new(Name::ConditionNotMet, message, help)
    })
}

/// The failure of an update of an incident that is there no more.
pub(super) fn merged(answer: Response, into: Option<u64>) -> Error {
    let message = match into {
        Some(id) => {
            format!("the incident was merged into incident {id}: what is written to this one is seen by nobody")
        }
        None => "the incident was merged into another one: what is written to this one is seen by nobody".to_owned(),
    };
    let help = "nothing was changed; update the incident that it was merged into";
    let mut failure = Failure {
        answer: Some(Box::new(answer)),
        ..Failure::new(Name::IncidentMerged, message, help)
    };
    failure.evidence.redirected_to = into;
    Error::Refused(failure)
}

/// The same where the answer to the values has shown it, before the comment was sent.
pub(super) fn merged_meanwhile(answer: Response, into: Option<u64>) -> Error {
    let mut error = merged(answer, into);
    "the values were written to the incident that was merged: update the one that it was merged into"
        .clone_into(&mut error.failure_mut().help);
    error
}

/// The failure of a comment of which nobody can say whether it was written before.
pub(super) fn unclear(answer: Response, comment: &Comment) -> Error {
    let message = format!(
        "the incident holds a comment of `{}` by `{}` that begins like this one: it may be this one, shortened by the service",
        comment.created_time, comment.created_by
    );
    let help = "nothing was changed by this run; look at that comment: if it is not this one, give another beginning";
    Error::Refused(Failure {
        answer: Some(Box::new(answer)),
        ..Failure::new(Name::CommentUnclear, message, help)
    })
}

/// The failure of an update that settled readings do not show.
pub(super) fn absent(api: Api, attempt: Attempt, proof: &Proof, sight: &Sight, asked: &Asked) -> Error {
    const SHOWN: &str = "reading the incident again does not show it";
    if *proof == Proof::Half {
        let mut error = unknown(
            api,
            attempt,
            "it shows the values, and not the comment",
            Some(sight),
            asked,
        );
        error.failure_mut().evidence.differs = differences(sight, asked);
        return error;
    }
    match (attempt.outcome, attempt.result) {
        (Outcome::Unshown(Unshown::Incident), Ok(answer)) => not_shown(api, answer, SHOWN, sight, asked),
        (Outcome::Unshown(Unshown::Later), Ok(answer)) => {
            Error::Unknown(told(foreign(api, answer, SHOWN, READ_FIRST), Some(sight), asked))
        }
        (Outcome::Unshown(Unshown::Foreign), Ok(answer)) => {
            Error::Refused(foreign(api, answer, SHOWN, in_its_place(api)))
        }
        (Outcome::Unshown(Unshown::Empty), Ok(answer)) => Error::Unavailable(foreign(api, answer, SHOWN, LOST_BODY)),
        (Outcome::Unshown(Unshown::Unreadable), Ok(answer)) => {
            let message = format!("{}, and {SHOWN}", unreadable_words(&answer));
            Error::Unavailable(Failure {
                answer: Some(Box::new(answer)),
                ..Failure::new(Name::AnswerUnreadable, message, LOST_BODY)
            })
        }
        (_, result) => error_of(api, result).given(Write::NotApplied),
    }
}

/// The failure of an update of which readings prove nothing.
pub(super) fn unknown(api: Api, attempt: Attempt, why: &str, sight: Option<&Sight>, asked: &Asked) -> Error {
    let mut error = match (attempt.outcome, attempt.result) {
        (Outcome::Unshown(Unshown::Incident), Ok(answer)) => match sight {
            Some(sight) => return not_shown(api, answer, why, sight, asked),
            None => Error::Unknown(Failure {
                answer: Some(Box::new(answer)),
                ..Failure::new(Name::NotShown, not_shown_words(api), READ_FIRST)
            }),
        },
        (Outcome::Unshown(Unshown::Unreadable), Ok(answer)) => {
            let failure = Failure::new(Name::AnswerUnreadable, unreadable_words(&answer), READ_FIRST);
            Error::Unknown(failure).with_answer(answer)
        }
        (Outcome::Unshown(_), Ok(answer)) => {
            return Error::Unknown(told(foreign(api, answer, why, READ_FIRST), sight, asked));
        }
        (_, result) => error_of(api, result).given(Write::Doubtful),
    };
    let failure = error.failure_mut();
    failure
        .message
        .push_str(&format!("; reading the incident did not tell: {why}"));
    if let Some(sight) = sight {
        failure.evidence.redirected_to = sight.redirected_to;
        failure.evidence.differs.clone_from(&sight.differences);
    }
    error
}

/// The failure of an update after which the incident could not be read. `only_uncertified` is whether nothing speaks for it but
/// attempts whose server wanted a client certificate and went without a word.
pub(super) fn unread(
    api: Api,
    attempt: Attempt,
    unreadable: &Unreadable,
    asked: &Asked,
    only_uncertified: bool,
) -> Error {
    // That server has now said that it takes no request of this client.
    let client_refused = unreadable.fault == Some(FaultKind::ClientRefused);
    if only_uncertified && attempt.is_uncertified() && client_refused {
        return refusal::client_refused(format!("the update failed: {}", unreadable.why));
    }
    // Only refusals came, of the update and of the reading: nobody has done anything.
    if attempt.outcome == Outcome::RefusedBySomebody && unreadable.is_refused {
        return error_of(api, attempt.result);
    }
    unknown(api, attempt, &unreadable.why, None, asked)
}

/// Says on the log what is doubtful about an update that was applied.
pub(super) fn warn(differs: &[Difference], redirected_to: Option<u64>) {
    for Difference { at, asked, found } in differs {
        log::warn!("`{at}`: asked for {asked}, and the incident shows {found}");
    }
    if let Some(id) = redirected_to {
        log::warn!("the incident was merged into incident {id}: what is written to this one is seen by nobody");
    }
}

/// Defender's own incident does not show the comment.
fn not_shown(api: Api, answer: Response, why: &str, sight: &Sight, asked: &Asked) -> Error {
    let failure = Failure {
        answer: Some(Box::new(answer)),
        ..Failure::new(Name::NotShown, format!("{}: {why}", not_shown_words(api)), READ_FIRST)
    };
    Error::Unknown(told(failure, Some(sight), asked))
}

/// A success that something in between answered.
fn foreign(api: Api, answer: Response, why: &str, help: impl Into<String>) -> Failure {
    let words = refusal::shown_page(&answer);
    let status = format!("{} {}", answer.status, answer.reason);
    let message = format!(
        "the update was answered with {}{words}, which is not {}'s incident; {why}",
        status.trim(),
        api.name()
    );
    Failure {
        answer: Some(Box::new(answer)),
        ..Failure::new(Name::NotDefender, message, help)
    }
}

fn told(mut failure: Failure, sight: Option<&Sight>, asked: &Asked) -> Failure {
    if let Some(sight) = sight {
        failure.evidence.redirected_to = sight.redirected_to;
        failure.evidence.differs = differences(sight, asked);
    }
    failure
}

/// Everything that the incident does not show as it was asked for, the comment among it.
fn differences(sight: &Sight, asked: &Asked) -> Vec<Difference> {
    let mut differences = sight.differences.clone();
    if let (CommentSight::Absent, Some(comment)) = (&sight.comment, &asked.comment) {
        differences.push(Difference {
            at: "/json_body/comment".to_owned(),
            asked: Value::from(comment.as_str()),
            found: Value::Null,
        });
    }
    differences
}

fn unreadable_words(answer: &Response) -> String {
    let problem = answer.unreadable.as_deref().unwrap_or_default();
    format!(
        "the update was answered with {}, but the answer could not be read: {problem}",
        answer.status
    )
}

fn error_of(api: Api, result: Result<Response, Fault>) -> Error {
    match result {
        Ok(answer) => api.refusal(answer),
        Err(fault) if fault.sent == Sent::Nothing => refusal::unsent(&fault, "the update"),
        Err(fault) => refusal::lost(&fault),
    }
}

fn not_shown_words(api: Api) -> String {
    format!(
        "{} answered with the incident, which does not show the comment",
        api.name()
    )
}

fn in_its_place(api: Api) -> String {
    format!(
        "something in between answered in {}'s place, and nothing was changed: check the proxy, what inspects TLS, and `url`",
        api.name()
    )
}

const LOST_BODY: &str = "nothing was changed, as reading the incident showed; if it happens again, check what stands between this machine and the API; run it again later";
