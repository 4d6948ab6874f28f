//! A folder's document, requests and answers in Graph's form. The one request of an update becomes one or two; where it
//! fails and has both parts, the values meet no fault and the comment meets the one that the folder has.

use serde_json::{Map, Value, json};

use super::Files;
use sandbox::words;

/// What is on stdin and on the wire.
pub(crate) struct Twin {
    pub(crate) stdin: Value,
    pub(crate) exchange: Option<Vec<Value>>,
    /// Whether values and comment both went out.
    pub(crate) has_two: bool,
}

pub(crate) fn twin(files: &Files) -> Result<Twin, String> {
    let mut stdin = files.stdin.clone().ok_or("stdin.json is no JSON")?;
    let asset = stdin["asset"].as_object_mut().ok_or("there is no asset")?;
    asset.insert("api".to_owned(), json!("graph"));
    let asks_for_values = stdin["json_body"]
        .as_object()
        .is_some_and(|body| body.keys().any(|key| key != "comment"))
        || ["add_tags", "remove_tags"].iter().any(|key| !stdin[key].is_null());
    let mut way = Way {
        asks_for_values,
        known: known(files),
        ..Way::default()
    };
    let exchange = files.exchange.as_ref().map(|entries| {
        for entry in entries {
            way.take(entry);
        }
        way.entries.clone()
    });
    Ok(Twin {
        stdin,
        exchange,
        has_two: way.has_two,
    })
}

/// The exchange as far as it is turned into Graph's.
#[derive(Default)]
struct Way {
    entries: Vec<Value>,
    /// Whether the values are known to be set.
    values_are_set: bool,
    has_two: bool,
    /// Whether the document is more than a comment.
    asks_for_values: bool,
    /// The incident as the folder shows it in the end.
    known: Option<Value>,
}

impl Way {
    fn take(&mut self, entry: &Value) {
        let request = &entry["request"];
        let path = request["path"].as_str().unwrap_or_default();
        if !path.contains("/api/incidents/") {
            return self.entries.push(entry.clone());
        }
        let path = path.replace("/api/incidents/", "/v1.0/security/incidents/");
        if request["method"] == "GET" {
            let entry = asked(request, "GET", &path, None, answer(&entry["answer"], incident));
            return self.entries.push(entry);
        }
        let Some(body) = body_of(request) else {
            // A body that is not compared.
            let entry = asked(request, "PATCH", &path, None, answer(&entry["answer"], incident));
            return self.entries.push(entry);
        };
        let comment = body.get("comment").and_then(Value::as_str);
        let values: Map<String, Value> = body.iter().filter(|(key, _)| *key != "comment").map(graphs).collect();
        let Some(comment) = comment else {
            let converted = answer(&entry["answer"], incident);
            let body = Value::from(values).to_string();
            return self.entries.push(asked(request, "PATCH", &path, Some(body), converted));
        };
        let shows_it = comment_shown(&entry["answer"], comment);
        if !values.is_empty() && !self.values_are_set {
            (self.values_are_set, self.has_two) = (true, true);
            let set = if shows_it {
                answer(&entry["answer"], |shown| incident(&without_newest(shown)))
            } else {
                self.plain_success(&path, &values, comment)
            };
            let body = Value::from(values.clone()).to_string();
            self.entries.push(asked(request, "PATCH", &path, Some(body), set));
        }
        let body = json!({"@odata.type": "microsoft.graph.security.alertComment", "comment": comment}).to_string();
        let list = answer(&entry["answer"], list);
        let comments = format!("{path}/comments");
        self.entries.push(asked(request, "POST", &comments, Some(body), list));
        // A comment alone tells nothing of the incident, so it is read once.
        if shows_it && !self.asks_for_values {
            let reading = answer(&entry["answer"], incident);
            let mut bodiless = request.clone();
            bodiless["headers"]
                .as_object_mut()
                .map(|headers| headers.remove("Content-Type"));
            self.entries.push(asked(&bodiless, "GET", &path, None, reading));
        }
    }

    /// The values' answer where the folder has none, since its one answer is the comment's: the incident without the
    /// comment, merged into none.
    fn plain_success(&self, path: &str, values: &Map<String, Value>, comment: &str) -> Value {
        let id = path.rsplit('/').next().unwrap_or_default();
        let mut before = self.known.as_ref().map_or_else(|| json!({"comments": []}), incident);
        before["id"] = json!(id);
        before["redirectIncidentId"] = Value::Null;
        if let Some(comments) = before["comments"].as_array_mut() {
            comments.retain(|one| one["comment"] != comment);
        }
        for (key, value) in values {
            before[key] = value.clone();
        }
        json!({
            "headers": [["Content-Type", "application/json"], ["Date", "Thu, 05 Sep 2024 07:20:44 GMT"]],
            "json": before,
        })
    }
}

/// The last incident that is in an answer.
fn known(files: &Files) -> Option<Value> {
    let entries = files.exchange.iter().flatten();
    entries.filter_map(|entry| incident_in(&entry["answer"])).next_back()
}

/// A request as Graph gets it. Its body is compared byte for byte.
fn asked(request: &Value, method: &str, path: &str, body: Option<String>, answer: Value) -> Value {
    let mut headers = request["headers"].clone();
    if !headers.is_object() {
        headers = json!({});
    }
    headers["client-request-id"] = json!("{{any}}");
    headers["Prefer"] = json!("include-unknown-enum-members");
    let mut asked = json!({"method": method, "path": path, "headers": headers});
    if !request["absent"].is_null() {
        asked["absent"] = request["absent"].clone();
    }
    match body {
        Some(body) => asked["body"] = json!(body),
        None if request["any_body"] == true => asked["any_body"] = json!(true),
        None => {}
    }
    json!({"request": asked, "answer": answer})
}

fn body_of(request: &Value) -> Option<Map<String, Value>> {
    let text = request["body"].as_str().map(serde_json::from_str::<Value>);
    let body = text.map_or_else(|| request["json"].clone(), Result::unwrap_or_default);
    body.as_object().cloned()
}

fn graphs((key, value): (&String, &Value)) -> (String, Value) {
    match (key.as_str(), value) {
        ("tags", _) => ("customTags".to_owned(), value.clone()),
        ("assignedTo", Value::String(nobody)) if nobody.is_empty() => (key.clone(), Value::Null),
        ("status" | "classification" | "determination", Value::String(word)) => {
            (key.clone(), json!(words::to_graph(key, word)))
        }
        _ => (key.clone(), value.clone()),
    }
}

/// An answer whose body is an incident, with that body turned into something else; any other as it is.
fn answer(answer: &Value, turn: impl Fn(&Value) -> Value) -> Value {
    let mut turned = answer.clone();
    if let Some(raw) = answer["raw"].as_str()
        && let Some((head, body)) = raw.rsplit_once("\r\n\r\n")
        && let Some(shown) = shown(body)
    {
        let new = turn(&shown).to_string();
        let length = |length: usize| format!("Content-Length: {length}");
        turned["raw"] = json!(format!(
            "{}\r\n\r\n{new}",
            head.replace(&length(body.len()), &length(new.len()))
        ));
    }
    if let Some(shown) = incident_in(answer) {
        turned.as_object_mut().map(|answer| answer.remove("body"));
        turned["json"] = turn(&shown);
    }
    turned
}

fn incident_in(answer: &Value) -> Option<Value> {
    let text = answer["body"].as_str().map(str::to_owned);
    shown(&text.unwrap_or_else(|| answer["json"].to_string()))
}

fn shown(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    value.get("incidentId").is_some().then_some(value)
}

/// An incident in Graph's keys and words, as many of them as it has.
fn incident(defender: &Value) -> Value {
    let pairs = defender.as_object().into_iter().flatten();
    pairs
        .filter(|(key, _)| *key != "alerts")
        .map(|(key, value)| one_key(key, value))
        .collect()
}

fn one_key(key: &str, value: &Value) -> (String, Value) {
    let number = || value.as_u64().map_or_else(|| value.clone(), |id| json!(id.to_string()));
    let (key, value) = match (key, value) {
        ("@odata.context", _) => (key, json!(CONTEXT)),
        ("incidentId", _) => ("id", number()),
        ("redirectIncidentId", _) => (key, number()),
        ("incidentUri", _) => ("incidentWebUrl", value.clone()),
        ("incidentName", _) => ("displayName", value.clone()),
        ("createdTime", _) => ("createdDateTime", value.clone()),
        ("lastUpdateTime", _) => ("lastUpdateDateTime", value.clone()),
        ("tags", _) => ("customTags", value.clone()),
        ("comments", Value::Array(list)) => (key, list.iter().map(one_comment).collect()),
        ("status" | "classification" | "determination" | "severity", Value::String(word)) => {
            (key, json!(words::to_graph(key, word)))
        }
        _ => (key, value.clone()),
    };
    (key.to_owned(), value)
}

fn one_comment(comment: &Value) -> Value {
    let pairs = comment.as_object().into_iter().flatten();
    pairs
        .map(|(key, value)| {
            let key = match key.as_str() {
                "createdBy" => "createdByDisplayName",
                "createdTime" => "createdDateTime",
                key => key,
            };
            (key.to_owned(), value.clone())
        })
        .collect()
}

/// The incident's comments, as the answer to one.
fn list(defender: &Value) -> Value {
    let id = defender["incidentId"].to_string();
    let graph = incident(defender);
    json!({
        "@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#security/incidents('{id}')/comments"),
        "value": graph.get("comments").cloned().unwrap_or_else(|| json!([])),
    })
}

fn comment_shown(answer: &Value, comment: &str) -> bool {
    let succeeded = answer["status"].as_str().is_none_or(|status| status.starts_with('2'));
    let shown = incident_in(answer).unwrap_or_default();
    let comments = shown["comments"].as_array().cloned().unwrap_or_default();
    succeeded && comments.iter().any(|one| one["comment"] == comment)
}

fn without_newest(defender: &Value) -> Value {
    let mut before = defender.clone();
    before["comments"].as_array_mut().map(Vec::pop);
    before
}

const CONTEXT: &str = "https://graph.microsoft.com/v1.0/$metadata#security/incidents/$entity";
