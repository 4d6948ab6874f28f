//! An incident as Graph shows it: the keys of real captures, in their order, and never an alert.

use serde_json::{Value, json};

use super::super::settings::Settings;
use super::words;

/// The whole incident. Where not every word was asked for, one that was added later reads `unknownFutureValue`.
pub(super) fn incident(settings: &Settings, held: &Value, every_word: bool, newest_is_fresh: bool) -> Value {
    let word = |key: &str| match held[key].as_str() {
        Some("AwaitingAction") if !every_word => json!("unknownFutureValue"),
        Some(word) => json!(words::to_graph(key, word)),
        None => Value::Null,
    };
    let number = |key: &str| held[key].as_u64().map_or(Value::Null, |id| json!(id.to_string()));
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#security/incidents/$entity",
        "id": number("incidentId"),
        "tenantId": settings.tenant,
        "status": word("status"),
        "incidentWebUrl": held["incidentUri"].as_str().map(web_url),
        "redirectIncidentId": number("redirectIncidentId"),
        "displayName": held["incidentName"],
        "createdDateTime": held["createdTime"],
        "lastUpdateDateTime": held["lastUpdateTime"],
        "assignedTo": held["assignedTo"],
        "classification": word("classification"),
        "determination": word("determination"),
        "severity": word("severity"),
        "customTags": held["tags"],
        "systemTags": [],
        "description": null,
        "lastModifiedBy": format!("API-App:{}", settings.app_name),
        "resolvingComment": null,
        "summary": null,
        "priorityScore": null,
        "comments": list(settings, held, newest_is_fresh),
    })
}

/// The answer to a comment: all there are, the newest last, signed as it is only just now.
pub(super) fn comments(settings: &Settings, held: &Value) -> Value {
    let id = held["incidentId"].as_u64().unwrap_or_default();
    json!({
        "@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#security/incidents('{id}')/comments"),
        "value": list(settings, held, true),
    })
}

fn list(settings: &Settings, held: &Value, newest_is_fresh: bool) -> Value {
    let comments = held["comments"].as_array().map_or(&[][..], Vec::as_slice);
    let shown = comments.iter().enumerate().map(|(place, comment)| {
        let fresh = newest_is_fresh && place + 1 == comments.len();
        // An application's comment is signed in another way a moment later.
        let author = match comment["createdBy"].as_str() {
            Some(name) if name == settings.app_name && !fresh => json!(format!("API-App:{name}")),
            _ => comment["createdBy"].clone(),
        };
        json!({
            "comment": comment["comment"],
            "createdByDisplayName": author,
            "createdDateTime": comment["createdTime"],
        })
    });
    shown.collect()
}

/// The portal's address of today.
fn web_url(uri: &str) -> String {
    match uri
        .split_once("/incidents/")
        .map(|(host, rest)| (host, rest.split_once('?')))
    {
        Some((host, Some((id, query)))) => format!("{host}/incident2/{id}/overview?{query}"),
        _ => uri.to_owned(),
    }
}
