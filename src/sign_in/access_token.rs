//! An access token: one that a token endpoint answered with, that the runner came by itself, or that an earlier run kept.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::refusal::without_mark;
use crate::ground::secret::Secret;
use crate::http::Response;
use crate::outcome::error::{Error, Failure, Name};

/// A token for the Defender API.
#[derive(Debug, Clone)]
pub struct AccessToken {
    secret: Secret,
    /// When it ends, where that is known.
    expires: Option<SystemTime>,
    source: Source,
}

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// This run's own sign-in, or its runner's.
    Fresh,
    /// An earlier run's sign-in: what the application may do can have changed since.
    Kept,
}

impl AccessToken {
    /// The token, to be sent to the Defender API and nowhere else.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// When it ends, where that is known.
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// Whether a status of the Defender API speaks against this token, so that a fresh one may do better: one from an
    /// earlier run also where the application was given its permission since.
    #[must_use]
    pub fn is_refused_by(&self, status: u16) -> bool {
        status == 401 || status == 403 && self.source == Source::Kept
    }

    /// Whether it is the same token, wherever it comes from.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.secret.expose() == other.secret.expose()
    }

    /// Takes a token that an earlier run signed in for; `None` where it could not be sent.
    #[must_use]
    pub fn kept(token: Secret, expires: SystemTime) -> Option<Self> {
        let token = Self::given(token).ok()?;
        Some(Self {
            expires: Some(expires),
            source: Source::Kept,
            ..token
        })
    }

    /// Takes a token that somebody else came by.
    ///
    /// # Errors
    /// What was expected and what was found, without the token.
    pub fn given(token: Secret) -> Result<Self, String> {
        let sendable = !token.expose().is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic());
        if sendable {
            Ok(Self {
                secret: token,
                expires: None,
                source: Source::Fresh,
            })
        } else {
            Err(format!(
                "expected a token alone, without `Bearer` in front, found one that {UNSENDABLE}"
            ))
        }
    }

    /// Reads a token endpoint's success (RFC 6749, 5.1) to a request that went out at `asked`.
    ///
    /// # Errors
    /// [`Error::Refused`] where the answer is no token. The answer itself is not shown: it may hold one all the same.
    pub fn from_answer(answer: &Response, asked: SystemTime) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Token {
            token_type: Option<String>,
            /// In seconds: a number, or a text from the endpoint of version 1.
            #[serde(default)]
            expires_in: serde_json::Value,
            access_token: Secret,
        }
        let invalid = |found: &str| {
            let message = format!(
                "the token endpoint answered {} {}, but {found}",
                answer.status, answer.reason
            );
            let help = "check `token_url` or `login_url`: something other than Entra ID may have answered, such as a proxy's log-in page";
            Error::Refused(Failure::new(Name::SignInAnswerInvalid, message.trim(), help))
        };
        if let Some(problem) = &answer.unreadable {
            // What is cut off was on its way: nothing was changed, and the next time it may arrive.
            let message = format!("the token endpoint's answer could not be read: {problem}");
            let help = "nothing was changed; run it again later";
            return Err(Error::Unavailable(Failure::new(Name::SignInUnavailable, message, help)));
        }
        // serde's own error may repeat a value.
        let token: Token = serde_json::from_slice(without_mark(answer.expose_body()))
            .map_err(|_| invalid("its body is no token answer"))?;
        let bearer = token.token_type.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !bearer {
            return Err(invalid("its token is of another type than Bearer"));
        }
        let given = Self::given(token.access_token).map_err(|_| invalid(&format!("its token {UNSENDABLE}")))?;
        let life_secs = token
            .expires_in
            .as_u64()
            .or_else(|| token.expires_in.as_str()?.parse().ok());
        Ok(Self {
            expires: life_secs.and_then(|secs| asked.checked_add(Duration::from_secs(secs))),
            ..given
        })
    }
}

const UNSENDABLE: &str = "is empty or holds characters that no header may";
