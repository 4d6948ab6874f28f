//! What a run says in the end: the answer, or the failure that goes with what is proved.

use serde_json::Value;

use super::asked::Asked;
use super::proof::Attempt;
use super::retry::{Outcome, Unshown};
use super::search::Unreadable;
use super::sight::{CommentSight, Proof, Sight};
use crate::api::Api;
use crate::http::{Fault, FaultKind, Response, Sent};
use crate::outcome::difference::Difference;
use crate::outcome::envelope::{Applied, Envelope, Recovered, RecoveredBy};
use crate::outcome::error::{Error, Failure, Name, READ_FIRST};
use crate::outcome::refusal;
use crate::outcome::shown;
use crate::outcome::write::Write;

/// The end of a run whose last attempt speaks for itself.
///
/// # Errors
/// [`Error`] unless the attempt's own answer shows the update.
pub(super) fn conclude(api: Api, attempt: Attempt, write: Write) -> Result<Applied, Error> {
    match (attempt.result, attempt.sight) {
        (Ok(answer), Some(sight)) if attempt.outcome == Outcome::Done => Ok(applied(answer, sight)),
        (result, _) => Err(error_of(api, result).given(write)),
    }
}

/// An update that its own answer shows, but for values that the service keeps in another way.
pub(super) fn applied(answer: Response, sight: Sight) -> Applied {
    if sight.is_merged && sight.redirected_to.is_none() {
        log::warn!("the incident was merged into another one: what is written to this one is seen by nobody");
    }
    Applied {
        answer,
        recovered: None,
        writes: 0,
        differs: sight.differences,
        redirected_to: sight.redirected_to,
        unchanged: None,
        parts: None,
        requests: Vec::new(),
    }
}

/// An update that a reading shows.
pub(super) fn recovered(answer: Response, sight: Sight, readings: u32) -> Applied {
    by_reading(applied(answer, sight), readings)
}

/// The same of an incident that was looked at before another attempt, and shows what an earlier one has written.
pub(super) fn by_reading(applied: Applied, readings: u32) -> Applied {
    Applied {
        recovered: Some(Recovered {
            by: RecoveredBy::ReadBack,
            attempts: readings,
        }),
        unchanged: None,
        ..applied
    }
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
/// attempts whose server wanted a client certificate and went without a word; `before` is what was known of the write before
/// the last one.
pub(super) fn unread(
    api: Api,
    attempt: Attempt,
    unreadable: &Unreadable,
    asked: &Asked,
    only_uncertified: bool,
    before: Write,
) -> Error {
    // That server has now said that it takes no request of this client.
    let client_refused = unreadable.fault == Some(FaultKind::ClientRefused);
    if only_uncertified && attempt.is_uncertified() && client_refused {
        return refusal::client_refused(format!("the update failed: {}", unreadable.why));
    }
    // Only refusals came, of the update and of the reading: nobody has done anything.
    if attempt.outcome == Outcome::RefusedBySomebody && unreadable.is_refused {
        return error_of(api, attempt.result).given(before);
    }
    unknown(api, attempt, &unreadable.why, None, asked)
}

/// Says on the log what the incident shows that was not asked for.
pub(super) fn warn(outcome: &shown::Outcome) {
    let (differs, redirected_to) = match outcome.as_ref().map(|shown| &**shown) {
        Ok(Envelope::Applied(applied)) => (applied.differs.as_slice(), applied.redirected_to),
        Ok(Envelope::ReadOnly(reading)) => (&[][..], reading.redirected_to),
        Ok(Envelope::Report(..)) => return,
        Err(error) => {
            let evidence = &error.failure().evidence;
            (evidence.differs.as_slice(), evidence.redirected_to)
        }
    };
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
