//! An incident as a service shows it, in Defender's words: what a decision about a write may look at, and no more. The answer
//! itself passes through as it came.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, Visitor};
use serde_json::Value;

/// An incident that a service wrote.
#[derive(Debug)]
pub struct Incident {
    /// Its number.
    pub id: u64,
    /// The incident that it was merged into, where the service names it.
    pub redirected_to: Option<u64>,
    /// When it was last changed, as the service writes it.
    pub last_update_time: Option<String>,
    /// When it was created, as the service writes it.
    pub created_time: Option<String>,
    /// Its comments; nothing where the answer has none to look at, which is not the same as an empty list.
    pub comments: Option<Vec<Comment>>,
    values: [Option<Value>; VALUES.len()],
}

/// A comment that an incident holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its text.
    pub text: String,
    /// When it was written, as the service writes it; empty where it does not say.
    pub created_time: String,
    /// Who wrote it, as the service names them; empty where it does not say.
    pub created_by: String,
}

impl Incident {
    /// The value of a key of the update; nothing where the answer does not have the key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        let place = VALUES.iter().position(|known| *known == key)?;
        self.values.get(place)?.as_ref()
    }

    /// Whether it was merged into another one: nothing that is written to it is seen by anybody.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.redirected_to.is_some() || self.value("status").and_then(Value::as_str) == Some("Redirected")
    }

    /// Reads Defender's own shape; nothing where the text is none of its incidents.
    #[must_use]
    pub fn from_defender(json: &[u8]) -> Option<Self> {
        // serde would take a list for an object's fields in their order.
        let is_object = json.trim_ascii_start().starts_with(b"{");
        let wire: Wire = is_object.then(|| serde_json::from_slice(json).ok()).flatten()?;
        if wire.error.is_some() {
            return None;
        }
        let redirected_to = match wire.redirect_incident_id {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let comment = |comment: WireComment| Comment {
            text: comment.comment.unwrap_or_default().0,
            created_time: comment.created_time.unwrap_or_default(),
            created_by: comment.created_by.unwrap_or_default().0,
        };
        Some(Self {
            id: wire.incident_id,
            redirected_to: redirected_to.filter(|id| *id != 0),
            last_update_time: wire.last_update_time,
            created_time: wire.created_time,
            comments: wire.comments.map(|list| list.into_iter().map(comment).collect()),
            values: [
                wire.status,
                wire.assigned_to,
                wire.classification,
                wire.determination,
                wire.tags,
                wire.severity,
            ],
        })
    }
}

/// The keys whose values an update sets or a condition asks for.
const VALUES: [&str; 6] = [
    "status",
    "assignedTo",
    "classification",
    "determination",
    "tags",
    "severity",
];

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    incident_id: u64,
    #[serde(default)]
    redirect_incident_id: Option<Value>,
    #[serde(default)]
    last_update_time: Option<String>,
    #[serde(default)]
    created_time: Option<String>,
    #[serde(default, deserialize_with = "given")]
    status: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    assigned_to: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    classification: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    determination: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    severity: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    tags: Option<Value>,
    #[serde(default)]
    comments: Option<Vec<WireComment>>,
    /// What a gateway's error has beside it, and no incident.
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireComment {
    #[serde(default)]
    comment: Option<Lossy>,
    #[serde(default)]
    created_by: Option<Lossy>,
    #[serde(default)]
    created_time: Option<String>,
}

/// A text that somebody typed; half a surrogate pair in it must not make the whole incident unreadable.
#[derive(Default)]
struct Lossy(String);

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Lossy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Lossy, E> {
                Ok(Lossy(String::from_utf8_lossy(bytes).into_owned()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Lossy, E> {
                Ok(Lossy(text.to_owned()))
            }
        }
        deserializer.deserialize_bytes(Text)
    }
}

/// Keeps a null that is there apart from a key that is not.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_told_from_what_is_none() {
        for none in [
            "{}",
            "[1]",
            "552",
            r#"{"status":"blocked"}"#,
            r#"{"error":{"code":"x"}}"#,
            r#"{"incidentId":552,"error":{"code":"x"}}"#,
            r#"{"incidentId":"552"}"#,
            r#"{"value":[{"incidentId":552}]}"#,
            "<html>",
            "",
        ] {
            assert!(Incident::from_defender(none.as_bytes()).is_none(), "{none}");
        }
        let incident = Incident::from_defender(
            br#"{"incidentId":552,"redirectIncidentId":900,"assignedTo":null,"alerts":[{"x":1}],
                "comments":[{"comment":"half \ud800","createdBy":null,"createdTime":"2024-09-05T07:20:44Z"}]}"#,
        )
        .unwrap();
        assert_eq!(incident.redirected_to, Some(900));
        assert_eq!(incident.value("assignedTo"), Some(&Value::Null));
        assert_eq!(incident.value("status"), None);
        assert!(incident.comments.unwrap()[0].text.starts_with("half "));
    }
}
