//! The caller's reaction to a refusal, where both services' statuses mean the same.

use crate::http::Response;
use crate::outcome::error::{Error, Failure, Name, READ_FIRST};

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

/// The reaction.
pub(super) fn to(failure: Failure, answer: Response) -> Error {
    let (name, status, retry_after_secs) = (failure.name, answer.status, failure.retry_after_secs);
    let failure = Failure {
        answer: Some(Box::new(answer)),
        ..failure
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
