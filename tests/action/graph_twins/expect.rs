//! What a twin has to come to: what its folder says, but for the keys and words that the pages name.

use serde_json::{Map, Value, json};

use super::convert::Twin;
use super::{Files, left_out, texts};
use sandbox::words;

pub(crate) fn problems(
    name: &str,
    files: &Files,
    twin: &Twin,
    code: Option<i32>,
    found: &Value,
    stderr: &str,
) -> Vec<String> {
    let mut problems = Vec::new();
    let exit = files.run["exit"].as_i64().unwrap_or_default();
    if code.map(i64::from) != Some(exit) {
        problems.push(format!("exit code: expected {exit}, found {code:?}"));
    }
    let expected = expected(files, twin);
    problems.extend(twin.has_two.then(|| of_parts(found)).flatten());
    let mut found = general(found);
    if twin.has_two {
        found.remove("help");
    }
    let keys = expected.keys().chain(found.keys());
    for key in keys.filter(|key| !left_out::keys_of(name).contains(&key.as_str())) {
        let (wanted, is) = (&expected.get(key), &found.get(key));
        if wanted != is && !problems.iter().any(|known| known.starts_with(&format!("{key}: "))) {
            let show = |value: &Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            problems.push(format!("{key}: expected\n  {}\nfound\n  {}", show(wanted), show(is)));
        }
    }
    for key in left_out::keys_of(name) {
        if expected.get(*key) == found.get(*key) {
            problems.push(format!(
                "{key}: no other than the folder's, so it is not to be left out"
            ));
        }
    }
    for words in texts(&files.run["stderr"]) {
        if !stderr.contains(&words) {
            problems.push(format!("stderr: expected `{words}` in it, found `{stderr}`"));
        }
    }
    if !problems.is_empty() {
        problems.push(format!("all of it: {}", Value::from(found)));
    }
    problems
}

/// The folder's envelope as Graph's run has it.
fn expected(files: &Files, twin: &Twin) -> Map<String, Value> {
    let mut envelope = general(&files.stdout);
    if twin.has_two {
        // What to do is another thing where the values are there: tests/action/graph/parts.rs.
        envelope.remove("help");
        if envelope.get("update") == Some(&json!("not_applied")) {
            envelope["update"] = json!("partly_applied");
        }
        if let Some(writes) = envelope.get_mut("writes") {
            *writes = json!(writes.as_u64().unwrap_or_default() + 1);
        }
    }
    if let Some(body) = envelope.get_mut("json_body")
        && body.get("incidentId").is_some()
    {
        *body = back(body);
    }
    envelope
}

/// What is said of the two parts, where the values met no fault.
fn of_parts(found: &Value) -> Option<String> {
    let comment = match found["update"].as_str() {
        Some("partly_applied") => "not_applied",
        Some(word) => word,
        None => "applied",
    };
    let parts = json!({"values": "applied", "comment": comment});
    let asked = found["requests"].as_array().map_or(0, Vec::len);
    (found["parts"] != parts || asked < 2)
        .then(|| format!("parts and requests: {} {}", found["parts"], found["requests"]))
}

/// Without what belongs to one API alone, and in words that name none.
fn general(envelope: &Value) -> Map<String, Value> {
    let pairs = envelope.as_object().into_iter().flatten();
    let mut general: Map<String, Value> = pairs
        .filter(|(key, _)| !["parts", "requests"].contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    // Its bytes are not the same ones.
    if let Some(headers) = general.get_mut("response_headers").and_then(Value::as_object_mut) {
        headers.remove("Content-Length");
    }
    let cure_is_graphs = ["Forbidden", "TooManyRequests", "BadRequest"].map(Value::from);
    let has_own_cure = general.get("name").is_some_and(|name| cure_is_graphs.contains(name));
    if has_own_cure {
        general.remove("help");
    }
    for key in ["message", "help"] {
        if let Some(Value::String(text)) = general.get(key) {
            let one_part = AFTER_THE_VALUES
                .iter()
                .fold(text.clone(), |text, more| text.replace(more, ""));
            general[key] = json!(one_part.replace("Microsoft Graph", "Defender"));
        }
    }
    general
}

/// An incident as it comes back: without alerts, and each word in the one spelling that Graph has.
fn back(incident: &Value) -> Value {
    let pairs = incident.as_object().into_iter().flatten();
    pairs
        .filter(|(key, _)| *key != "alerts")
        .map(|(key, value)| {
            let value = match (key.as_str(), value) {
                ("@odata.context", _) => json!("https://graph.microsoft.com/v1.0/$metadata#security/incidents/$entity"),
                ("status" | "classification" | "determination" | "severity", Value::String(word)) => {
                    json!(words::to_defender(key, &words::to_graph(key, word)))
                }
                _ => value.clone(),
            };
            (key.clone(), value)
        })
        .collect()
}

/// What is said more of a comment after values that are there.
const AFTER_THE_VALUES: [&str; 2] = [
    "; the values are set, and the comment is not there",
    "; the values are set, and whether the comment is there is not known",
];
