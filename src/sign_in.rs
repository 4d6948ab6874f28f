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

use std::time::{Duration, SystemTime};

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
    Certificate(Box<Certificate>),
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

/// Whom a token belongs to, for a cache: two that differ in anything here never share one.
pub struct Owner<'a> {
    /// Where it comes from, for whom and for what: the endpoint, the way, the application, the scope, the user.
    pub public: Vec<String>,
    /// All the credentials it is got with.
    pub credentials: Vec<&'a [u8]>,
}

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

    /// Whom its tokens belong to. Nothing where there is no credential to keep them by: the token is there, or this
    /// machine's own service hands it out, and keeps it itself.
    #[must_use]
    pub fn owner(&self) -> Option<Owner<'_>> {
        let (application, user, credentials) = match self {
            Self::ClientSecret(way) => (&way.application, "", vec![way.secret.expose_bytes()]),
            Self::Certificate(way) => (&way.application, "", vec![way.key_digest()]),
            Self::WorkloadIdentity(way) => (&way.application, "", vec![way.assertion.expose_bytes()]),
            Self::Password(way) => {
                let credentials = vec![way.secret.expose_bytes(), way.password.expose_bytes()];
                (&way.application, way.username.as_str(), credentials)
            }
            Self::RefreshToken(way) => {
                let credentials = [Some(&way.refresh_token), way.secret.as_ref()];
                let credentials = credentials.into_iter().flatten().map(Secret::expose_bytes).collect();
                (&way.application, "", credentials)
            }
            Self::ManagedIdentity(_) | Self::AccessToken(_) => return None,
        };
        let public = [
            application.token_endpoint.to_string(),
            self.way().to_owned(),
            application.client_id.clone(),
            application.scope.to_string(),
            user.to_owned(),
        ];
        Some(Owner {
            public: public.into(),
            credentials,
        })
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
        let token: Token = serde_json::from_slice(&answer.body).map_err(|_| invalid("its body is no token answer"))?;
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
