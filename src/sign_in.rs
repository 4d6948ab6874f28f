//! Signing in to Microsoft Entra ID. Each way is one small file that makes one request; what comes back is read here, in
//! one place, and is an [`AccessToken`] or an error that carries Entra ID's own words.

mod access_token;
mod application;
mod certificate;
mod client_secret;
mod help;
mod managed_identity;
mod password;
mod refresh_token;
mod refusal;
mod rsa_key;
pub mod token_cache;
mod token_request;
mod workload_identity;

use crate::ground::secret::Secret;
use crate::outcome::error::Error;

pub use access_token::AccessToken;
pub use application::{Application, Scope};
pub use certificate::Certificate;
pub use client_secret::ClientSecret;
pub use managed_identity::{IdentityService, ManagedIdentity, WhichIdentity};
pub use password::Password;
pub use refresh_token::RefreshToken;
pub use refusal::{from_answer, from_fault};
pub use token_request::{Owner, TokenRequest, Via};
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

impl SignIn {
    /// The way's name, as `docs/asset.md` and the log have it.
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
            Self::Certificate(way) => (&way.application, "", vec![way.expose_key_digest()]),
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

    /// What it signs in with, as far as it is sent as it is.
    pub fn credentials(&self) -> impl Iterator<Item = &Secret> {
        let (one, other) = match self {
            Self::ClientSecret(way) => (Some(&way.secret), None),
            Self::Certificate(_) => (None, None),
            Self::WorkloadIdentity(way) => (Some(&way.assertion), None),
            Self::Password(way) => (Some(&way.secret), Some(&way.password)),
            Self::RefreshToken(way) => (Some(&way.refresh_token), way.secret.as_ref()),
            Self::ManagedIdentity(way) => (way.header(), None),
            Self::AccessToken(token) => (Some(token.secret()), None),
        };
        one.into_iter().chain(other)
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
