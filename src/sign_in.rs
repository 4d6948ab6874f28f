//! Signing in to Microsoft Entra ID. Each way is one small file that makes one request; what comes back is read here, in
//! one place, and is an [`AccessToken`] or an error that carries Entra ID's own words.

mod application;
mod certificate;
mod client_secret;
mod help;
mod managed_identity;
mod password;
mod refresh_token;
mod refusal;
mod workload_identity;

use serde::Deserialize;

use crate::error::{Error, Failure, Name};
use crate::http::{Request, Response};
use crate::secret::Secret;

pub use application::{Application, Scope};
pub use certificate::Certificate;
pub use client_secret::ClientSecret;
pub use managed_identity::{IdentityService, ManagedIdentity, WhichIdentity};
pub use password::Password;
pub use refresh_token::RefreshToken;
pub use refusal::{from_answer, from_fault};
pub use workload_identity::WorkloadIdentity;

/// A way of signing in, ready to be used.
#[derive(Debug)]
pub enum SignIn {
    /// The application's client secret.
    ClientSecret(ClientSecret),
    /// The application's certificate.
    Certificate(Certificate),
    /// The token of a federated identity.
    WorkloadIdentity(WorkloadIdentity),
    /// The identity that Azure gave to this machine.
    ManagedIdentity(ManagedIdentity),
    /// A user's name and password.
    Password(Password),
    /// A refresh token.
    RefreshToken(RefreshToken),
    /// A token that the runner came by itself.
    AccessToken(AccessToken),
}

/// What a way of signing in needs.
#[derive(Debug)]
pub enum Step {
    /// Nothing: the token is there.
    Ready(AccessToken),
    /// A request.
    Ask(Box<TokenRequest>),
}

/// What a way of signing in sends.
#[derive(Debug)]
pub struct TokenRequest {
    /// The request itself.
    pub request: Request,
    /// What is asked access to.
    pub resource: String,
    /// The credentials in it, so that a server's echo of them can be taken out of what is shown.
    pub credentials: Vec<Secret>,
    /// The form or query without its credentials, for a dry run.
    pub shown_form: Vec<(&'static str, String)>,
    /// The way it goes.
    pub via: Via,
}

/// The way a token request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Through the network, to Entra ID.
    Network,
    /// To this machine's own identity service, and never through a proxy.
    Direct,
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
            Self::Certificate(_) => "certificate",
            Self::WorkloadIdentity(_) => "workload identity",
            Self::ManagedIdentity(_) => "managed identity",
            Self::Password(_) => "password",
            Self::RefreshToken(_) => "refresh token",
            Self::AccessToken(_) => "access token",
        }
    }

    /// What is asked access to; nothing where the token is there already.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match self {
            Self::ClientSecret(way) => Some(&way.application.scope),
            Self::Certificate(way) => Some(&way.application.scope),
            Self::WorkloadIdentity(way) => Some(&way.application.scope),
            Self::ManagedIdentity(way) => Some(&way.scope),
            Self::Password(way) => Some(&way.application.scope),
            Self::RefreshToken(way) => Some(&way.application.scope),
            Self::AccessToken(_) => None,
        }
    }

    /// Whether another token can be had.
    #[must_use]
    pub fn can_renew(&self) -> bool {
        !matches!(self, Self::AccessToken(_))
    }

    /// What has to be done for a token.
    ///
    /// # Errors
    /// [`Error::Refused`] where the request cannot be made.
    pub fn step(&self) -> Result<Step, Error> {
        let ask = match self {
            Self::ClientSecret(way) => way.request(),
            Self::Certificate(way) => way.request()?,
            Self::WorkloadIdentity(way) => way.request(),
            Self::ManagedIdentity(way) => way.request(),
            Self::Password(way) => way.request(),
            Self::RefreshToken(way) => way.request(),
            Self::AccessToken(token) => return Ok(Step::Ready(token.clone())),
        };
        Ok(Step::Ask(Box::new(ask)))
    }
}

impl AccessToken {
    /// The token, to be sent to the Defender API and nowhere else.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Takes a token that somebody else came by.
    ///
    /// # Errors
    /// What was expected and what was found, without the token.
    pub fn given(token: Secret) -> Result<Self, String> {
        let sendable = !token.expose().is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic());
        if sendable {
            Ok(Self(token))
        } else {
            Err(format!(
                "expected a token alone, without `Bearer` in front, found one that {UNSENDABLE}"
            ))
        }
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
            // What is cut off was on its way: nothing was changed, and the next time it may arrive.
            let message = format!("the token endpoint's answer could not be read: {problem}");
            let help = "nothing was changed; run it again later";
            return Err(Error::Unavailable(Failure::new(Name::SignInUnavailable, message, help)));
        }
        // serde's own error may repeat a value.
        let token: Token = serde_json::from_slice(&answer.body).map_err(|_| invalid("its body is no token answer"))?;
        let bearer = token.token_type.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !bearer {
            return Err(invalid("its token is of another type than Bearer"));
        }
        Self::given(token.access_token).map_err(|_| invalid(&format!("its token {UNSENDABLE}")))
    }
}

const UNSENDABLE: &str = "is empty or holds characters that no header may";
