//! The caller's reaction to a refusal, where both services' statuses mean the same.

use crate::http::{Response, wait_asked_for};
use crate::outcome::error::{Error, Failure, Name, READ_FIRST};
use crate::outcome::refusal::{challenge, excerpt, foreign_help, location};

/// What a refusal says, in the words that `told` finds in it where the service itself has answered.
pub(super) fn message(answer: &Response, service: &str, told: impl FnOnce(&Response) -> Option<String>) -> String {
    let status = format!("{} {}", answer.status, answer.reason);
    let status = status.trim();
    if let Some(location) = location(answer) {
        return format!("{service} answered {status} and points to {location}");
    }
    if let Some(problem) = &answer.unreadable {
        return format!("{service} answered {status}, and its words could not be read: {problem}");
    }
    let challenge = challenge(answer);
    if let Some(told) = told(answer) {
        return format!("{service} answered {status}{told}{challenge}");
    }
    let text = String::from_utf8_lossy(&answer.body);
    // A page is a proxy's or a firewall's more often than the service's.
    let is_markup = text.trim_start().starts_with('<');
    let who = if is_markup { "the API's host" } else { service };
    format!("{who} answered {status}{}{challenge}", excerpt(&text))
}

/// The name of a status, and what to do about it.
pub(super) fn of_status(status: u16) -> (Name, &'static str) {
    match status {
        300..=399 => (
            Name::Redirected,
            "redirects are not followed, since they turn an update into a read; set `url` to where the API is",
        ),
        401 => (
            Name::Unauthorized,
            "the access token was not accepted: check that `scope` belongs to `url`, and that an `access_token` of the asset is still valid; `--check` shows what the token is for",
        ),
        404 => (
            Name::NotFound,
            "check `path_parameters.id`, and that `url` and `tenant_id` belong to the tenant that has the incident",
        ),
        501 | 505 => (
            Name::ServerError,
            "whatever answered cannot do what was asked of it: check `url` and what stands in front of the API",
        ),
        408 | 500.. => (Name::ServerError, READ_FIRST),
        _ => (
            Name::UnexpectedStatus,
            "this API does not document that status; check `url`",
        ),
    }
}

/// The reaction, with the wait that the service asked for, and with other help where something else answered in its place.
pub(super) fn to(answer: Response, name: Name, message: String, help: &str) -> Error {
    let status = answer.status;
    let retry_after_secs = wait_asked_for(&answer).map(|wait| wait.as_secs_f64().ceil() as u32);
    let foreign = match name {
        Name::Forbidden | Name::Unauthorized | Name::NotFound => foreign_help(&answer),
        _ => None,
    };
    let help = match (name, foreign, retry_after_secs) {
        (_, Some(foreign), _) => foreign.to_owned(),
        (Name::TooManyRequests, _, Some(secs)) => format!("{help}; run it again in {secs} s"),
        (Name::TooManyRequests, _, None) => format!("{help}; run it again in a minute"),
        (Name::Forbidden, ..) => format!("{help}; `--check` shows what the token carries"),
        _ => help.to_owned(),
    };
    let failure = Failure {
        answer: Some(Box::new(answer)),
        retry_after_secs,
        ..Failure::new(name, message, help)
    };
    match (name, status) {
        (Name::TooManyRequests, _) => Error::Unavailable(failure),
        // A service that asks for a wait has turned the update away.
        (Name::ServerError, 503) if retry_after_secs.is_some() => {
            let help = format!(
                "nothing was changed; run it again in {} s",
                retry_after_secs.unwrap_or_default()
            );
            Error::Unavailable(Failure { help, ..failure })
        }
        // A server that cannot do what was asked has not done it.
        (Name::ServerError, 501 | 505) => Error::Refused(failure),
        (Name::ServerError, _) => Error::Unknown(failure),
        _ => Error::Refused(failure),
    }
}
