//! The shape of the envelope that comes out. These types exist for the output schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::answer::Incident;
use crate::outcome::difference::Difference;
use crate::outcome::envelope::{FoundComment, Recovered};
use crate::outcome::error::Name;
use crate::outcome::parts::Parts;
use crate::outcome::requests::RequestIds;
use crate::outcome::violations::Violation;
use crate::outcome::write::Update;

/// What is printed on stdout: one object on one line.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "Update Incident by ID: output")]
#[allow(clippy::large_enum_variant, reason = "it stands for a schema, and is never made")]
pub enum Output {
    /// The update was applied.
    Success(Success),
    /// It was not, or nobody can say, or its answer could not be read.
    Failure(Failure),
}

/// An applied update: `json_body` or `response_text`, never both.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = one_payload)]
pub struct Success {
    /// HTTP status code.
    #[schemars(title = "Status Code", example = 200)]
    status_code: u16,
    /// Header fields, names as on the wire, several of one name joined with a comma.
    #[schemars(title = "Response Headers")]
    response_headers: BTreeMap<String, String>,
    /// The reason phrase of the wire, which may be empty.
    #[schemars(title = "Reason", example = serde_json::json!("OK"))]
    reason: String,
    /// The incident, as Microsoft wrote it; where `api` is `graph`, in Defender's keys and words, unless `answer` is `graph`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "JSON Body", with = "Incident", transform = or_graphs)]
    json_body: Option<Incident>,
    /// The body where it is no JSON; empty where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Response Text", with = "String")]
    response_text: Option<String>,
    /// How the outcome was found out, where the update's own answer was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Recovered")]
    recovered: Option<Recovered>,
    /// True where nothing was written, since the incident showed all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Unchanged", with = "bool", example = true)]
    unchanged: Option<bool>,
    /// The comment that was there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Found", with = "FoundComment")]
    found: Option<FoundComment>,
    /// How many times an update that may have arrived was sent; those that were refused unread (429, 401) are not counted.
    #[schemars(title = "Writes", example = 1)]
    writes: u32,
    /// What the incident shows in another way than it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Differs", with = "Vec<Difference>")]
    differs: Option<Vec<Difference>>,
    /// The incident that this one was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Redirected To", with = "u64", example = 560)]
    redirected_to: Option<u64>,
    /// What became of values and comment, where `api` is `graph` and both were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Parts", with = "Parts")]
    parts: Option<Parts>,
    /// The requests to Microsoft Graph, by the ids that support asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Requests", with = "Vec<RequestIds>")]
    requests: Option<Vec<RequestIds>>,
}

/// Everything else. The first keys are those of the answer, where there was one.
#[derive(Serialize, JsonSchema)]
pub struct Failure {
    /// HTTP status code of the answer that said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Status Code", with = "u16", example = 403)]
    status_code: Option<u16>,
    /// Header fields of that answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Response Headers", with = "BTreeMap<String, String>")]
    response_headers: Option<BTreeMap<String, String>>,
    /// Its reason phrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Reason", with = "String", example = serde_json::json!("Forbidden"))]
    reason: Option<String>,
    /// Its body: any JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "JSON Body", with = "Value")]
    json_body: Option<Value>,
    /// Its body where it is no JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Response Text", with = "String")]
    response_text: Option<String>,
    /// The stable name to branch on.
    #[schemars(title = "Name", example = Name::Forbidden)]
    name: Name,
    /// What happened, with the vendor's own words.
    #[schemars(title = "Message")]
    message: String,
    /// What to do next.
    #[schemars(title = "Help")]
    help: String,
    /// What became of the update.
    #[schemars(title = "Update")]
    update: Update,
    /// How many times an update that may have arrived was sent; those that were refused unread (429, 401) are not counted.
    #[schemars(title = "Writes", example = 1)]
    writes: u32,
    /// What the incident shows in another way than it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Differs", with = "Vec<Difference>")]
    differs: Option<Vec<Difference>>,
    /// The incident that this one was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Redirected To", with = "u64", example = 560)]
    redirected_to: Option<u64>,
    /// What became of values and comment, where `api` is `graph` and both were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Parts", with = "Parts")]
    parts: Option<Parts>,
    /// The requests to Microsoft Graph, by the ids that support asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Requests", with = "Vec<RequestIds>")]
    requests: Option<Vec<RequestIds>>,
    /// Seconds after which to try again, where the service asked for a wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", example = 30)]
    retry_after_secs: Option<u64>,
    /// Everything that is wrong with the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Violation>")]
    violations: Option<Vec<Violation>>,
}

/// What an incident comes as besides where `api` is `graph`. A platform, which follows no references, is told the usual one.
fn or_graphs(schema: &mut schemars::Schema) {
    let Some(usual) = schema.remove("$ref") else { return };
    schema.insert(
        "anyOf".to_owned(),
        serde_json::json!([
            {"$ref": usual},
            {
                "type": "object",
                "description": "The comments, where a comment was all there was to send, and the incident could not be read afterwards.",
                "required": ["incidentId", "comments"],
                "maxProperties": 2,
            },
            {
                "type": "object",
                "description": "As Microsoft Graph wrote it, where `answer` is `graph`.",
                "anyOf": [{"required": ["id"]}, {"required": ["value"]}],
            },
        ]),
    );
}

/// Exactly one of the two payloads, which serde cannot say of two optional fields.
fn one_payload(schema: &mut schemars::Schema) {
    schema.insert(
        "oneOf".to_owned(),
        serde_json::json!([{"required": ["json_body"]}, {"required": ["response_text"]}]),
    );
}
