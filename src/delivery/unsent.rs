//! What a run says that ends with its reading, before it has sent anything, or before the second of two requests.

use super::asked::Asked;
use crate::api::incident::{Comment, Incident};
use crate::http::Response;
use crate::outcome::envelope::{Applied, FoundComment, Unchanged};
use crate::outcome::error::{Error, Failure, Name};
use crate::outcome::violations::Violation;

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
