//! Signing in with the application's client secret (RFC 6749, 4.4).

use super::application::{Application, Field};
use super::token_request::TokenRequest;
use crate::ground::secret::Secret;

/// The application's client secret.
#[derive(Debug)]
pub struct ClientSecret {
    /// Who signs in.
    pub application: Application,
    /// The secret's value.
    pub secret: Secret,
}

impl ClientSecret {
    /// The request that asks for a token.
    #[must_use]
    pub fn request(&self) -> TokenRequest {
        self.application.token_request(&[
            Field::Open("grant_type", "client_credentials"),
            Field::Secret("client_secret", &self.secret),
        ])
    }
}
