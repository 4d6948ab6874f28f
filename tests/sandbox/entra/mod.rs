//! The stand-in for Entra ID: every endpoint that gives tokens. A further one is one file here and one line in
//! `ENDPOINTS`; a further grant is one file and one line in `token_endpoint::GRANTS`; a further way for a client to prove
//! itself is one file and one line in `client_credentials::PROOFS`.

mod assertion;
mod client_credentials;
mod client_secret;
mod managed_identity;
mod password;
mod refresh_token;
mod refusal;
mod token_endpoint;
pub(crate) mod tokens;

use super::answer::Answer;
use super::api::Api;
use super::request::Recorded;
use super::settings::Settings;
use tokens::{Token, Tokens};

/// A place that gives tokens.
pub(crate) struct Endpoint {
    /// Whether a path, without its query, is this endpoint's, whatever the method.
    pub owns: fn(&Settings, &str) -> bool,
    /// The answer to one request.
    pub answer: fn(&Ask) -> Reply,
}

const ENDPOINTS: &[Endpoint] = &[
    token_endpoint::V2,
    token_endpoint::V1,
    managed_identity::IMDS,
    managed_identity::APP_SERVICE,
];

/// A request, and what an endpoint needs to judge it.
pub(crate) struct Ask<'a> {
    pub settings: &'a Settings,
    pub request: &'a Recorded,
    /// The API that the token is asked for, where that is said rightly.
    pub api: Api,
}

/// An answer, and the token that becomes valid with it.
pub(crate) struct Reply {
    pub answer: Answer,
    pub token: Option<Token>,
}

/// Whether a path is for asking tokens.
pub(crate) fn owns(settings: &Settings, path: &str) -> bool {
    ENDPOINTS.iter().any(|endpoint| (endpoint.owns)(settings, path))
}

/// Answers a request for a token. With `keep` false the token in the answer never becomes valid.
pub(crate) fn answer(settings: &Settings, tokens: &mut Tokens, request: &Recorded, keep: bool) -> Answer {
    let endpoint = ENDPOINTS
        .iter()
        .find(|endpoint| (endpoint.owns)(settings, request.path()));
    let Some(endpoint) = endpoint else {
        return Answer::new("404 Not Found");
    };
    let reply = (endpoint.answer)(&Ask {
        settings,
        request,
        api: Api::default(),
    });
    if let Some(token) = reply.token.filter(|_| keep) {
        tokens.keep(token);
    }
    reply.answer
}
