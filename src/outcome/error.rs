//! All that can go wrong, sorted by what the caller should do about it. One variant is one reaction, so the exit code and
//! what became of the update are each a single `match`.

use serde::Serialize;

use super::difference::Evidence;
use super::violations::Violation;
use super::write::{Update, Write};
use crate::http::Response;

/// A run that did not end in an applied update, or whose answer could not be read.
#[derive(Debug)]
pub enum Error {
    /// The input, the arguments or the environment are wrong; nothing left the machine.
    Input(Failure),
    /// Not applied, and running it again unchanged will not help.
    Refused(Failure),
    /// Not applied, and worth running again later.
    Unavailable(Failure),
    /// Nobody can say: the incident has to be read before anything is repeated.
    Unknown(Failure),
    /// Applied, but the answer could not be read: the incident has to be read for its state.
    Unread(Failure),
}

/// What a failure tells its reader.
#[derive(Debug)]
pub struct Failure {
    /// The stable name that users branch on.
    pub name: Name,
    /// What happened, with the vendor's own words.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// The answer that said so, where there was one.
    pub answer: Option<Box<Response>>,
    /// Everything that is wrong with the input.
    pub violations: Vec<Violation>,
    /// Seconds that the service asked callers to wait, rounded up.
    pub retry_after_secs: Option<u32>,
    /// What is known of the write besides.
    pub evidence: Box<Evidence>,
}

/// The published names of failures. They never change their meaning; new ones may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub enum Name {
    /// The document on stdin is not what the schema and the rules ask for.
    InvalidInput,
    /// The command line cannot be understood.
    InvalidArguments,
    /// Entra ID refused the credentials.
    SignInRefused,
    /// Entra ID could not be asked, or asked to come back later.
    SignInUnavailable,
    /// The token endpoint answered something that is no token answer.
    SignInAnswerInvalid,
    /// Microsoft refused the content of the update (400), or no server would take the request.
    BadRequest,
    /// Microsoft refused the access token (401).
    Unauthorized,
    /// The application may not update incidents (403).
    Forbidden,
    /// There is no such incident (404).
    NotFound,
    /// Too many calls (429).
    TooManyRequests,
    /// The service, or something in front of it, failed (5xx, 408).
    ServerError,
    /// The answer was a redirect, which is never followed (3xx).
    Redirected,
    /// A status that this API does not document.
    UnexpectedStatus,
    /// Something in between answered the update with a success in Defender's place.
    NotDefender,
    /// Defender answered with the incident, and neither that nor reading it again shows the comment.
    NotShown,
    /// The incident is not in the state that `only_if` asks for.
    ConditionNotMet,
    /// The incident was merged into another one.
    IncidentMerged,
    /// The incident holds a comment that only begins like the one to be written.
    CommentUnclear,
    /// The host could not be found or connected to, or the proxy refused.
    ConnectionFailed,
    /// The TLS handshake failed, most often for a certificate.
    TlsFailed,
    /// The connection broke after the request was sent.
    ConnectionLost,
    /// The time limit passed.
    TimedOut,
    /// The answer could not be read: too large, wrongly coded, or no HTTP.
    AnswerUnreadable,
    /// The runner asked the program to stop (SIGTERM or SIGINT).
    Cancelled,
    /// A fault in this program, or no thread for it.
    InternalError,
}

impl Error {
    /// The input error that carries everything found wrong, most useful first.
    #[must_use]
    pub fn input(violations: Vec<Violation>) -> Self {
        Self::input_of_many(violations, 0)
    }

    /// The same, where so many more were found that they are only counted.
    #[must_use]
    pub fn input_of_many(violations: Vec<Violation>, more: usize) -> Self {
        let message = match violations.as_slice() {
            [] => "the input is not valid".to_owned(),
            [first, rest @ ..] => {
                let at = if first.at.is_empty() {
                    String::new()
                } else {
                    format!("`{}`: ", first.at)
                };
                let others = match (rest.len(), more) {
                    (0, 0) => String::new(),
                    (shown, 0) => format!(" (and {shown} more, see `violations`)"),
                    (shown, more) => format!(
                        " (and {} more; `violations` has the first {} of all)",
                        shown + more,
                        shown + 1
                    ),
                };
                format!("{at}{}{others}", first.problem)
            }
        };
        let help = "correct the input; `--schema input` prints what is accepted, and nothing was sent".to_owned();
        Self::Input(Failure {
            violations,
            ..Failure::new(Name::InvalidInput, message, help)
        })
    }

    /// What there is to tell.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Input(failure)
            | Self::Refused(failure)
            | Self::Unavailable(failure)
            | Self::Unknown(failure)
            | Self::Unread(failure) => failure,
        }
    }

    /// The same, to be added to.
    pub fn failure_mut(&mut self) -> &mut Failure {
        match self {
            Self::Input(failure)
            | Self::Refused(failure)
            | Self::Unavailable(failure)
            | Self::Unknown(failure)
            | Self::Unread(failure) => failure,
        }
    }

    /// What there is to tell, without the reaction.
    #[must_use]
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Input(failure)
            | Self::Refused(failure)
            | Self::Unavailable(failure)
            | Self::Unknown(failure)
            | Self::Unread(failure) => failure,
        }
    }

    /// The same failure with the reaction that fits what is known of the write besides: an attempt before it may have been
    /// applied, or a reading has shown that none was.
    #[must_use]
    pub fn given(self, write: Write) -> Self {
        match (self, write) {
            (Self::Refused(failure) | Self::Unavailable(failure), Write::Doubtful) => Self::Unknown(Failure {
                help: READ_FIRST.to_owned(),
                ..failure
            }),
            (Self::Unknown(failure), Write::NotApplied) => Self::Unavailable(Failure {
                help: NOT_APPLIED.to_owned(),
                ..failure
            }),
            (error, _) => error,
        }
    }

    /// The same failure with the answer that said so.
    #[must_use]
    pub fn with_answer(mut self, answer: Response) -> Self {
        self.failure_mut().answer = Some(Box::new(answer));
        self
    }

    /// What became of the update.
    #[must_use]
    pub fn update(&self) -> Update {
        if let Some(parts) = self.failure().evidence.parts {
            return parts.update();
        }
        match self {
            Self::Input(_) | Self::Refused(_) | Self::Unavailable(_) => Update::NotApplied,
            Self::Unknown(_) => Update::Unknown,
            Self::Unread(_) => Update::Applied,
        }
    }

    /// The exit code: the caller's reaction.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Input(_) => 2,
            Self::Unavailable(_) => 3,
            Self::Unknown(_) | Self::Unread(_) => 4,
        }
    }
}

impl Failure {
    /// A failure without an answer; the other fields are set with struct update syntax.
    #[must_use]
    pub fn new(name: Name, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            name,
            message: message.into(),
            help: help.into(),
            answer: None,
            violations: Vec::new(),
            retry_after_secs: None,
            evidence: Box::default(),
        }
    }
}

/// The help of every failure after which the update may have been applied.
pub const READ_FIRST: &str = "the update may have been applied: read the incident before repeating it, since a comment can never be removed; the same document with `--read` prints it, says what is there, and changes nothing";

const NOT_APPLIED: &str = "nothing was changed, as reading the incident showed; run it again later";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_the_callers_reaction() {
        let failure = || Failure::new(Name::InternalError, "", "");
        let table = [
            (Error::Refused(failure()), 1, Update::NotApplied),
            (Error::Input(failure()), 2, Update::NotApplied),
            (Error::Unavailable(failure()), 3, Update::NotApplied),
            (Error::Unknown(failure()), 4, Update::Unknown),
            (Error::Unread(failure()), 4, Update::Applied),
        ];
        for (error, code, update) in table {
            assert_eq!((error.exit_code(), error.update()), (code, update), "{error:?}");
        }
    }
}
