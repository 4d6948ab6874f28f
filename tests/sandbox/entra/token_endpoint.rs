//! `POST /{tenant}/oauth2/v2.0/token`, which takes `scope`, and its elder `/{tenant}/oauth2/token`, which takes `resource`
//! and writes its numbers as strings.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::api::Api;
use super::super::clock;
use super::super::form;
use super::super::settings::Settings;
use super::refusal::{Refusal, entra};
use super::tokens::{Granted, Token};
use super::{Ask, Endpoint, Reply, client_credentials, password, refresh_token};

/// The endpoint of today.
pub(super) const V2: Endpoint = Endpoint {
    owns: |_, path| tenant_of(path, "/oauth2/v2.0/token").is_some(),
    answer: |ask| answer(ask, Version::V2),
};

/// The elder.
pub(super) const V1: Endpoint = Endpoint {
    owns: |_, path| tenant_of(path, "/oauth2/token").is_some(),
    answer: |ask| answer(ask, Version::V1),
};

/// Judges a form whose tenant, client, and scope are known to be right.
pub(super) type Grant = fn(&Ask, &[(String, String)]) -> Result<Granted, Refusal>;

const GRANTS: &[(&str, Grant)] = &[
    ("client_credentials", client_credentials::grant),
    ("password", password::grant),
    ("refresh_token", refresh_token::grant),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

fn answer(ask: &Ask, version: Version) -> Reply {
    match judge(ask, version) {
        Ok(granted) => {
            let token = Token::mint(ask.settings, granted);
            Reply {
                answer: entra(ask, "200 OK", &good_news(ask.settings, &token, version)),
                token: Some(token),
            }
        }
        Err(refusal) => Reply {
            answer: refusal.answer(ask),
            token: None,
        },
    }
}

fn judge(ask: &Ask, version: Version) -> Result<Granted, Refusal> {
    let settings = ask.settings;
    if ask.request.method != "POST" {
        let message = "The endpoint only accepts POST requests.";
        return Err(Refusal::new("invalid_request", 900_561, message));
    }
    let suffix = if version == Version::V2 {
        "/oauth2/v2.0/token"
    } else {
        "/oauth2/token"
    };
    let tenant = tenant_of(ask.request.path(), suffix).unwrap_or_default();
    if !tenant.eq_ignore_ascii_case(&settings.tenant) {
        let message = format!("Tenant '{tenant}' not found. Check that it is the right tenant and cloud.");
        return Err(Refusal::new("invalid_request", 90_002, message));
    }
    // As with Microsoft: a body of another media type is a body without parameters.
    let is_form = ask.request.media_type() == "application/x-www-form-urlencoded";
    let form = if is_form { ask.request.form() } else { Vec::new() };

    let grant_type = form::only(&form, "grant_type").ok_or_else(|| Refusal::missing("grant_type"))?;
    let Some((_, grant)) = GRANTS.iter().find(|(name, _)| *name == grant_type) else {
        let message = format!("The app requested an unsupported grant type '{grant_type}'.");
        return Err(Refusal::new("unsupported_grant_type", 70_003, message));
    };
    let client_id = form::only(&form, "client_id").ok_or_else(|| Refusal::missing("client_id"))?;
    if !client_id.eq_ignore_ascii_case(&settings.client_id) {
        let message = format!("Application with identifier '{client_id}' was not found in the directory.");
        return Err(Refusal::new("unauthorized_client", 700_016, message));
    }
    let api = api_asked_for(settings, &form, version)?;
    grant(&Ask { api, ..*ask }, &form)
}

/// One of the two there are, by its scope or its resource.
fn api_asked_for(settings: &Settings, form: &[(String, String)], version: Version) -> Result<Api, Refusal> {
    if version == Version::V1 {
        let resource = form::only(form, "resource").ok_or_else(|| Refusal::missing("resource"))?;
        let known = |api: &Api| resource.trim_end_matches('/') == settings.resource(*api);
        return Api::BOTH.into_iter().find(known).ok_or_else(|| {
            let message = format!("The resource principal named {resource} was not found in the tenant.");
            Refusal::new("invalid_resource", 500_011, message)
        });
    }
    if form.iter().any(|(name, _)| name == "resource") {
        return Err(Refusal::new(
            "invalid_request",
            901_002,
            "The 'resource' request parameter is not supported.",
        ));
    }
    let scope = form::only(form, "scope").ok_or_else(|| Refusal::missing("scope"))?;
    let known = |api: &Api| scope == settings.scope_of(*api);
    Api::BOTH.into_iter().find(known).ok_or_else(|| {
        let message = format!("The provided value for the input parameter 'scope' is not valid: '{scope}'.");
        Refusal::new("invalid_scope", 70_011, message)
    })
}

fn good_news(settings: &Settings, token: &Token, version: Version) -> Value {
    let life = settings.token_life_secs;
    match version {
        Version::V2 => json!({
            "token_type": "Bearer",
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": token.text,
        }),
        Version::V1 => {
            let now = clock::unix_secs(SystemTime::now());
            json!({
                "token_type": "Bearer",
                "expires_in": life.to_string(),
                "ext_expires_in": life.to_string(),
                "expires_on": (now + life).to_string(),
                "not_before": now.to_string(),
                "resource": settings.resource(token.granted.api),
                "access_token": token.text,
            })
        }
    }
}

fn tenant_of<'a>(path: &'a str, suffix: &str) -> Option<&'a str> {
    let tenant = path.strip_prefix('/')?.strip_suffix(suffix)?;
    (!tenant.is_empty() && !tenant.contains('/')).then_some(tenant)
}
