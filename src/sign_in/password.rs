//! Signing in with a user's name and password (RFC 6749, 4.3): Turbine's second asset. It cannot answer a second factor.

use super::application::{Application, Field};
use super::token_request::TokenRequest;
use crate::ground::secret::Secret;

/// A user and the application that they use.
#[derive(Debug)]
pub struct Password {
    /// The application.
    pub application: Application,
    /// The user's name.
    pub username: String,
    /// The user's password.
    pub password: Secret,
    /// The value of the application's client secret.
    pub secret: Secret,
}

impl Password {
    /// The request that asks for a token.
    #[must_use]
    pub fn request(&self) -> TokenRequest {
        self.application.token_request(&[
            Field::Open("grant_type", "password"),
            Field::Open("username", &self.username),
            Field::Secret("password", &self.password),
            Field::Secret("client_secret", &self.secret),
        ])
    }
}
