//! Signing in with a refresh token (RFC 6749, 6). Entra ID gives a new one in return, which this program does not store:
//! the old one stays valid for its time, and whoever owns it has to renew it.

use super::application::{Application, Field};
use super::token_request::TokenRequest;
use crate::ground::secret::Secret;

/// A refresh token and the application it was given to.
#[derive(Debug)]
pub struct RefreshToken {
    /// The application.
    pub application: Application,
    /// The refresh token.
    pub refresh_token: Secret,
    /// The application's client secret, where it has one.
    pub secret: Option<Secret>,
}

impl RefreshToken {
    /// The request that asks for a token.
    #[must_use]
    pub fn request(&self) -> TokenRequest {
        let mut fields = vec![
            Field::Open("grant_type", "refresh_token"),
            Field::Secret("refresh_token", &self.refresh_token),
        ];
        fields.extend(
            self.secret
                .as_ref()
                .map(|secret| Field::Secret("client_secret", secret)),
        );
        self.application.token_request(&fields)
    }
}
