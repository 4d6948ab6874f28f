//! The identity services of Azure's machines: the Instance Metadata Service, and the endpoint of App Service. Their numbers
//! are strings.

use std::time::SystemTime;

use serde_json::json;

use super::super::answer::Answer;
use super::super::api::Api;
use super::super::clock;
use super::tokens::{Granted, Token};
use super::{Ask, Endpoint, Reply};

/// `GET /metadata/identity/oauth2/token`
pub(super) const IMDS: Endpoint = Endpoint {
    owns: |_, path| path == "/metadata/identity/oauth2/token",
    answer: |ask| {
        let header = ask.request.header("Metadata") == Some("true");
        answer(ask, header, "2018-02-01", "client_id")
    },
};

/// `GET /msi/token`
pub(super) const APP_SERVICE: Endpoint = Endpoint {
    owns: |_, path| path == "/msi/token",
    answer: |ask| {
        let expected = ask.settings.identity_header.as_deref();
        let header = expected.is_some() && ask.request.header("X-IDENTITY-HEADER") == expected;
        answer(ask, header, "2019-08-01", "client_id")
    },
};

fn answer(ask: &Ask, header: bool, version: &str, identity: &str) -> Reply {
    let query = ask.request.query();
    let value = |name: &str| {
        query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    let known = |api: &Api| value("resource") == Some(ask.settings.resource(*api));
    let api = Api::BOTH.into_iter().find(known);
    let problem = if ask.request.method != "GET" || !header {
        Some("Required metadata header not specified")
    } else if value("api-version") != Some(version) {
        Some("The api-version is not supported")
    } else if api.is_none() {
        Some("The resource is not known")
    } else if value(identity).is_some() && value(identity) != ask.settings.identity.as_deref() {
        Some("Identity not found")
    } else {
        None
    };
    if let Some(problem) = problem {
        let body = json!({"error": "invalid_request", "error_description": problem}).to_string();
        let answer = Answer::new("400 Bad Request")
            .header("Content-Type", "application/json")
            .body(body);
        return Reply { answer, token: None };
    }
    let api = api.unwrap_or_default();
    let token = Token::mint(
        ask.settings,
        Granted {
            roles: ask.settings.roles_of(api),
            scopes: Vec::new(),
            api,
        },
    );
    let life = ask.settings.token_life_secs;
    let body = json!({
        "access_token": token.text,
        "client_id": ask.settings.client_id,
        "expires_in": life.to_string(),
        "expires_on": (clock::unix_secs(SystemTime::now()) + life).to_string(),
        "resource": ask.settings.resource(api),
        "token_type": "Bearer",
    });
    let answer = Answer::new("200 OK")
        .header("Content-Type", "application/json")
        .body(body.to_string());
    Reply {
        answer,
        token: Some(token),
    }
}
