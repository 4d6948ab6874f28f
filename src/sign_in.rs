//! Signing in to Microsoft Entra ID. Each way is one small file that makes one request; what comes back is read here, in
//! one place, and is an [`AccessToken`] or an error that carries Entra ID's own words.

mod application;
mod client_secret;
mod refusal;

use serde::Deserialize;

use crate::error::{Error, Failure, Name};
use crate::http::{Request, Response};
use crate::secret::Secret;

pub use application::{Application, Scope};
pub use client_secret::ClientSecret;
pub use refusal::{from_answer, from_fault};

/// A way of signing in, ready to be used.
#[derive(Debug)]
pub enum SignIn {
    /// The application's client secret.
    ClientSecret(ClientSecret),
}

/// What a way of signing in sends.
#[derive(Debug)]
pub struct TokenRequest {
    /// The request itself.
    pub request: Request,
    /// The credentials in it, so that a server's echo of them can be taken out of what is shown.
    pub credentials: Vec<Secret>,
    /// The form without its credentials, for a dry run.
    pub shown_form: Vec<(&'static str, String)>,
}

/// A token for the Defender API.
#[derive(Debug, Clone)]
pub struct AccessToken(Secret);

impl SignIn {
    /// The way's name, as README and the log have it.
    #[must_use]
    pub fn way(&self) -> &'static str {
        match self {
            Self::ClientSecret(_) => "client secret",
        }
    }

    /// What is asked access to.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        match self {
            Self::ClientSecret(way) => &way.application.scope,
        }
    }

    /// The request that asks for a token.
    #[must_use]
    pub fn request(&self) -> TokenRequest {
        match self {
            Self::ClientSecret(way) => way.request(),
        }
    }
}

impl AccessToken {
    /// The token, to be sent to the Defender API and nowhere else.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Reads a token endpoint's success (RFC 6749, 5.1).
    ///
    /// # Errors
    /// [`Error::Refused`] where the answer is no token. The answer itself is not shown: it may hold one all the same.
    pub fn from_answer(answer: &Response) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Token {
            token_type: Option<String>,
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
            return Err(invalid(problem));
        }
        // serde's own error may repeat a value.
        let token: Token = serde_json::from_slice(&answer.body).map_err(|_| invalid("its body is no token answer"))?;
        let bearer = token.token_type.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let sendable = !token.access_token.expose().is_empty()
            && token.access_token.expose().bytes().all(|byte| byte.is_ascii_graphic());
        match (bearer, sendable) {
            (false, _) => Err(invalid("its token is of another type than Bearer")),
            (_, false) => Err(invalid("its token is empty or holds characters that no header may")),
            (true, true) => Ok(Self(token.access_token)),
        }
    }
}
