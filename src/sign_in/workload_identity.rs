//! Signing in with the token of a federated identity, which the cluster writes into a file (RFC 7523).

use super::application::{ASSERTION_TYPE, Application, Field};
use super::token_request::TokenRequest;
use crate::ground::secret::Secret;

/// A federated identity.
#[derive(Debug)]
pub struct WorkloadIdentity {
    /// Who signs in.
    pub application: Application,
    /// The token of the file, as it was when this run began.
    pub assertion: Secret,
}

impl WorkloadIdentity {
    /// The request that asks for a token.
    #[must_use]
    pub fn request(&self) -> TokenRequest {
        self.application.token_request(&[
            Field::Open("grant_type", "client_credentials"),
            Field::Open("client_assertion_type", ASSERTION_TYPE),
            Field::Secret("client_assertion", &self.assertion),
        ])
    }
}
