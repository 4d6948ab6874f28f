//! What an update asks for, held against what an incident shows.

use serde_json::{Map, Value};

use crate::actions::update_incident::UpdateIncident;
use crate::api::incident::Incident;
use crate::ground::json::pointer;
use crate::incident::same_word;
use crate::outcome::difference::Difference;

/// What an update asks for.
#[derive(Debug)]
pub struct Asked {
    /// The incident's number.
    pub id: u64,
    /// The values, in their author's order.
    pub values: Map<String, Value>,
    /// The comment.
    pub comment: Option<String>,
}

impl Asked {
    /// What an action asks for.
    #[must_use]
    pub fn of(action: &UpdateIncident) -> Self {
        let mut values: Map<String, Value> = serde_json::from_slice(action.bytes()).unwrap_or_default();
        values.shift_remove("comment");
        Self {
            id: action.id.number(),
            values,
            comment: action.comment().map(str::to_owned),
        }
    }

    /// The body that asks for it, in the order in which its author wrote the keys.
    #[must_use]
    pub fn body(&self, action: &UpdateIncident) -> Vec<u8> {
        let written: Map<String, Value> = serde_json::from_slice(action.bytes()).unwrap_or_default();
        let mut body = Map::new();
        for (key, value) in written {
            match (key.as_str(), self.values.get(&key)) {
                ("comment", _) if self.comment.is_some() => drop(body.insert(key, value)),
                (_, Some(value)) => drop(body.insert(key, value.clone())),
                _ => {}
            }
        }
        // Tags that are added or taken out stand behind the author's own keys.
        for (key, value) in &self.values {
            if !body.contains_key(key) {
                body.insert(key.clone(), value.clone());
            }
        }
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// The values that an incident does not show as they were asked for.
    #[must_use]
    pub fn differences(&self, incident: &Incident) -> Vec<Difference> {
        let differs = |(key, asked): (&String, &Value)| {
            let found = incident.value(key);
            (!is_as_asked(key, asked, found)).then(|| Difference {
                at: pointer("/json_body", key),
                asked: asked.clone(),
                found: found.cloned().unwrap_or_default(),
            })
        };
        self.values.iter().filter_map(differs).collect()
    }

    /// Whether an incident has every key that was asked for, with whatever value: one that has not shows nothing.
    #[must_use]
    pub fn is_shown_by(&self, incident: &Incident) -> bool {
        let has_values = self.values.keys().all(|key| incident.value(key).is_some());
        has_values && (self.comment.is_none() || incident.comments.is_some())
    }
}

/// Whether a value is as it was asked for: the same, or the vocabulary's other word for it; tags in any order.
#[must_use]
pub fn is_as_asked(key: &str, asked: &Value, found: Option<&Value>) -> bool {
    let Some(found) = found else { return false };
    match (key, asked, found) {
        ("tags", Value::Array(asked), Value::Array(found)) => {
            asked.iter().all(|tag| found.contains(tag)) && found.iter().all(|tag| asked.contains(tag))
        }
        // Microsoft documents both ways of taking the owner away.
        ("assignedTo", asked, found) if is_nobody(asked) => is_nobody(found),
        (_, Value::String(asked), Value::String(found)) => asked == found || same_word(asked, found),
        _ => asked == found,
    }
}

fn is_nobody(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
