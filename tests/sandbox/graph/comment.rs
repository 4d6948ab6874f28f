//! The body of `POST …/comments`: one object. A list, which SDKs send for alerts, is an empty payload to the service.

use serde_json::{Value, json};

use super::super::fault::Half;
use super::super::request::Recorded;
use super::refusal::Refusal;

/// The comment's text.
pub(super) fn parse(request: &Recorded) -> Result<String, Refusal> {
    if request.media_type() != "application/json" {
        return Err(Refusal::bad_request("Content-Type header must be application/json."));
    }
    let Ok(Value::Object(comment)) = serde_json::from_slice(&request.body) else {
        return Err(Refusal::empty_payload());
    };
    if comment.get("@odata.type") != Some(&json!(TYPE)) {
        return Err(Refusal::bad_request(format!("The type of the comment is not {TYPE}.")));
    }
    if let Some(key) = comment
        .keys()
        .find(|key| !["@odata.type", "comment"].contains(&key.as_str()))
    {
        let message = format!("The property '{key}' cannot be set on type '{TYPE}'.");
        return Err(Refusal::bad_request(message));
    }
    match comment.get("comment").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(Refusal::invalid_body("Request body is incorrect")),
    }
}

/// Whether a part of an update has the comment in it.
pub(super) fn is_made(half: Option<Half>) -> bool {
    half != Some(Half::Values)
}

/// Puts a comment behind those there are.
pub(super) fn add(incident: &mut Value, text: &str, author: &str, time: &str) {
    let comment = json!({"comment": text, "createdBy": author, "createdTime": time});
    match incident["comments"].as_array_mut() {
        Some(comments) => comments.push(comment),
        None => incident["comments"] = json!([comment]),
    }
    incident["lastUpdateTime"] = json!(time);
}

const TYPE: &str = "microsoft.graph.security.alertComment";
