//! What goes out, in Graph's keys and words. Whatever the table does not have goes by the rule: the first letter small.

use serde_json::{Map, Value, json};

use crate::actions::read_first::ReadFirst;
use crate::actions::update_incident::{JsonBody, is_blank};
use crate::incident::Status;
use crate::outcome::violations::Violations;

/// Notes what Graph does not take, or what two requests cannot keep to.
pub fn check(body: &JsonBody, read_first: Option<&ReadFirst>, violations: &mut Violations) {
    if body.status == Some(Status::Redirected) {
        let problem = "expected `Active`, `InProgress` or `Resolved`, found `Redirected`, which Microsoft Graph takes, and after which nobody can open the incident in the portal";
        violations.push("/json_body/status", problem);
    }
    let by_time =
        read_first.is_some_and(|read_first| read_first.once.is_some() && read_first.last_update_time.is_some());
    let writes_comment = body.comment.as_deref().is_some_and(|comment| !is_blank(comment));
    if by_time && writes_comment {
        let problem = "expected no `lastUpdateTime` beside `once` and a comment: under Microsoft Graph the comment is a request of its own, and whatever is written before it, by an earlier run as well, ends that time";
        violations.push("/only_if/lastUpdateTime", problem);
    }
}

/// The values in Graph's keys and words, in the order in which they were written.
#[must_use]
pub fn values_body(values: &Map<String, Value>) -> Vec<u8> {
    let body: Map<String, Value> = values
        .iter()
        .map(|(key, value)| (key_of(key).to_owned(), value_of(key, value)))
        .collect();
    serde_json::to_vec(&body).unwrap_or_default()
}

/// A comment: one object, since a list of them is refused.
#[must_use]
pub fn comment_body(text: &str) -> Vec<u8> {
    let body = json!({"@odata.type": "microsoft.graph.security.alertComment", "comment": text});
    serde_json::to_vec(&body).unwrap_or_default()
}

fn key_of(key: &str) -> &str {
    match key {
        "tags" => "customTags",
        _ => key,
    }
}

fn value_of(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("assignedTo", Value::String(nobody)) if nobody.is_empty() => {
            log::info!("`/json_body/assignedTo`: sent as null, which is Microsoft Graph's word for nobody");
            Value::Null
        }
        ("status" | "classification" | "determination", Value::String(word)) => Value::String(word_of(key, word)),
        _ => value.clone(),
    }
}

pub(super) fn word_of(key: &str, word: &str) -> String {
    let other = DETERMINATIONS.iter().find(|(defender, _)| *defender == word);
    match other.filter(|_| key == "determination") {
        Some((_, graph)) => (*graph).to_owned(),
        None => with_first(word, char::to_ascii_lowercase),
    }
}

/// A word with another first letter.
pub(super) fn with_first(word: &str, change: impl Fn(&char) -> char) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| change(&first));
    first.into_iter().chain(letters).collect()
}

/// The words that are not the same but for the first letter: Defender's older spellings, which Graph does not have.
const DETERMINATIONS: [(&str, &str); 6] = [
    ("NoEnoughDataToValidate", "notEnoughDataToValidate"),
    ("InsufficientData", "notEnoughDataToValidate"),
    ("Clean", "notMalicious"),
    ("CompromisedUser", "compromisedAccount"),
    ("ConfirmedUserActivity", "confirmedActivity"),
    ("NotAvailable", "unknown"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(values: &Value) -> String {
        String::from_utf8(values_body(values.as_object().unwrap())).unwrap()
    }

    #[test]
    fn keys_and_words_are_graphs_in_the_authors_order() {
        let values = json!({"tags": ["A", "b"], "determination": "NoEnoughDataToValidate", "status": "InProgress",
            "assignedTo": "", "classification": "InformationalExpectedActivity"});
        assert_eq!(
            sent(&values),
            r#"{"customTags":["A","b"],"determination":"notEnoughDataToValidate","status":"inProgress","assignedTo":null,"classification":"informationalExpectedActivity"}"#
        );
        assert_eq!(
            sent(&json!({"assignedTo": null, "tags": []})),
            r#"{"assignedTo":null,"customTags":[]}"#
        );
        assert_eq!(sent(&json!({"assignedTo": "Ada@x"})), r#"{"assignedTo":"Ada@x"}"#);
        assert_eq!(
            sent(&json!({"determination": "BrandNewWord"})),
            r#"{"determination":"brandNewWord"}"#
        );
        assert_eq!(
            sent(&json!({"classification": "Unknown"})),
            r#"{"classification":"unknown"}"#
        );
    }
}
