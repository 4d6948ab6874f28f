//! The Microsoft Defender XDR API: `PATCH api/incidents/{id}`, Microsoft's code, message and tracking id in a refusal, and
//! what to do next.

use serde::Deserialize;

use super::incident::Incident;
use super::reaction;
use super::terms::{Permission, Replay};
use crate::actions::update_incident::UpdateIncident;
use crate::ground::api::Api;
use crate::ground::secret::Secret;
use crate::ground::service_url::ServiceUrl;
use crate::http::{Method, Request, Response};
use crate::outcome::error::{Error, Name};
use crate::outcome::page;
use crate::outcome::refusal::excerpt;

/// The write.
#[must_use]
pub fn update(action: &UpdateIncident, body: &[u8], api: &ServiceUrl, token: &Secret) -> Request {
    Request::new(Method::Patch, api.join(&path(action)))
        .bearer(token)
        .header("Content-Type", "application/json")
        .body(body)
}

/// The reading of the same incident, which needs no further permission.
#[must_use]
pub fn reading(action: &UpdateIncident, api: &ServiceUrl, token: &Secret) -> Request {
    Request::new(Method::Get, api.join(&path(action)))
        .bearer(token)
        // A copy that a gateway has kept proves nothing.
        .header("Cache-Control", "no-cache")
}

/// The incident in an answer; nothing where Defender has not written one with this number.
#[must_use]
pub fn incident(answer: &Response, id: u64) -> Option<Incident> {
    Incident::from_defender(answer.expose_body()).filter(|incident| incident.id == id)
}

/// Whether a refusal is in Defender's own words.
#[must_use]
pub fn refused_in_its_words(answer: &Response) -> bool {
    serde_json::from_slice::<Body>(&answer.body)
        .is_ok_and(|Body { error }| !error.code.is_empty() || !error.message.is_empty())
}

/// Whether a write may be repeated: without a comment it sets values, with one it appends.
#[must_use]
pub fn replay(has_comment: bool) -> Replay {
    if has_comment {
        Replay::OnlyIfUnsent
    } else {
        Replay::Always
    }
}

fn path(action: &UpdateIncident) -> String {
    format!("{}/{}", Api::Defender.incidents_path(), action.id)
}

/// Defender's error body.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    code: String,
    message: String,
    target: Option<String>,
}

/// Puts an answer that does not say the update was applied into words and into the caller's reaction.
#[must_use]
pub fn refusal(answer: Response) -> Error {
    let message = reaction::message(&answer, "Defender", told);
    let (name, help) = match answer.status {
        400 => (Name::BadRequest, CHECK_VALUES),
        403 => (Name::Forbidden, PERMISSION.grant),
        429 => (Name::TooManyRequests, QUOTA),
        status => reaction::of_status(status),
    };
    reaction::to(answer, name, message, help)
}

/// Defender's code, words and id.
fn told(answer: &Response) -> Option<String> {
    let Body { error } = serde_json::from_slice(&answer.body).ok()?;
    if error.message.is_empty() && error.code.is_empty() {
        return None;
    }
    let tracking = error.target.map(|target| format!(" (tracking id {target})"));
    let words = match page::words(&error.message) {
        Some(_) => excerpt(&error.message),
        None => format!(": {}", error.message),
    };
    Some(format!(": {}{words}{}", error.code, tracking.unwrap_or_default()))
}

/// What an application has to be allowed.
pub const PERMISSION: Permission = Permission {
    application: "Incident.ReadWrite.All",
    delegated: "Incident.ReadWrite",
    reading_application: "Incident.Read.All",
    reading_delegated: "Incident.Read",
    grant: "give the application the permission `Incident.ReadWrite.All` of Microsoft Threat Protection (where a user signs in, the delegated `Incident.ReadWrite`) and have an administrator consent to it",
};

const CHECK_VALUES: &str = "check the values of `json_body`; Microsoft's words are in the message, and its tracking id is what support asks for";

const QUOTA: &str = "the quota is 50 updates a minute and 1500 an hour for an application in a tenant";
