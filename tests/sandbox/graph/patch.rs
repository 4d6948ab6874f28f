//! The body of Graph's PATCH: five keys, in Graph's words alone. There is no comment among them.

use serde_json::{Map, Value, json};

use super::super::fault::Half;
use super::super::request::Recorded;
use super::refusal::Refusal;
use super::words;

/// The keys as sent, in order.
#[derive(Debug)]
pub(super) struct Update(Map<String, Value>);

impl Update {
    /// Reads and checks the body.
    pub(super) fn parse(request: &Recorded) -> Result<Self, Refusal> {
        if request.media_type() != "application/json" {
            return Err(Refusal::bad_request("Content-Type header must be application/json."));
        }
        let Ok(Value::Object(update)) = serde_json::from_slice(&request.body) else {
            return Err(Refusal::empty_payload());
        };
        if update.is_empty() {
            return Err(Refusal::empty_payload());
        }
        // A map keeps the last of two equal keys, and its text is then shorter than what came.
        if json!(update).to_string().len() < compact_length(&request.text()) {
            return Err(Refusal::invalid_body("A property is there twice."));
        }
        update.iter().try_for_each(|(key, value)| check(key, value))?;
        Ok(Self(update))
    }

    /// The part of it that is made.
    #[must_use]
    pub(super) fn half(mut self, half: Option<Half>) -> Self {
        match half {
            None | Some(Half::Values) => {}
            Some(Half::Comment) => self.0.clear(),
            Some(Half::FirstKey) => {
                let mut place = 0;
                self.0.retain(|_, _| {
                    place += 1;
                    place == 1
                });
            }
        }
        self
    }

    /// Sets what the keys say.
    pub(super) fn apply(&self, incident: &mut Value, time: &str) {
        for (key, value) in &self.0 {
            match (key.as_str(), value.as_str()) {
                ("customTags", _) => incident["tags"] = value.clone(),
                ("assignedTo", _) => incident["assignedTo"] = value.clone(),
                (key, Some(word)) => incident[key] = json!(words::to_defender(key, word)),
                _ => {}
            }
        }
        incident["lastUpdateTime"] = json!(time);
    }
}

fn check(key: &str, value: &Value) -> Result<(), Refusal> {
    let right = match key {
        "status" | "classification" | "determination" => value.as_str().is_some_and(|word| words::takes(key, word)),
        // Whether Graph takes an empty text is not known.
        "assignedTo" => value.is_null() || value.as_str().is_some_and(|text| !text.is_empty()),
        "customTags" => value.as_array().is_some_and(|tags| tags.iter().all(Value::is_string)),
        _ => {
            let message = format!("The property '{key}' does not exist on type 'microsoft.graph.security.incident'.");
            return Err(Refusal::bad_request(message));
        }
    };
    if right {
        Ok(())
    } else {
        Err(Refusal::invalid_body("Request body is incorrect"))
    }
}

/// Without the white space between tokens.
fn compact_length(text: &str) -> usize {
    let (mut within, mut escaped, mut length) = (false, false, 0);
    for letter in text.chars() {
        if within || !letter.is_ascii_whitespace() {
            length += letter.len_utf8();
        }
        match letter {
            '"' if !escaped => within = !within,
            _ => {}
        }
        escaped = within && letter == '\\' && !escaped;
    }
    length
}
