//! What jsonschema found, in words for the person who wrote the input: *expected X, found Y*, with the nearest known
//! spelling where there is one. A found value is shown only where it is a number or a near miss of a published word.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::document::TOP_LEVEL;
use super::schema::Kind;
use crate::ground::json::{kind, pointer};
use crate::ground::spelling::{LONGEST_SHOWN, nearest};
use crate::outcome::violations::Form;
use crate::outcome::violations::Violation;

/// A violation, and the JSON Pointer to what has to go for the rest of the document to be of use. The two differ where the
/// culprit's own name must not be shown.
pub(super) struct Found {
    pub(super) culprit: String,
    pub(super) violation: Violation,
}

/// Puts one error into words; an error about several keys becomes several violations.
pub(super) fn describe(error: &ValidationError<'_>, root: &Value, form: Form) -> Vec<Found> {
    let at = error.instance_path().to_string();
    let found = root.pointer(&at).unwrap_or(&Value::Null);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_keys(error, &at, form);
            let unknown = |key: &String| Found {
                culprit: pointer(&at, key),
                violation: unknown_key(&at, key, &known),
            };
            unexpected.iter().map(unknown).collect()
        }
        _ => {
            let violation = describe_one(error, at, found);
            vec![Found {
                culprit: violation.at.clone(),
                violation,
            }]
        }
    }
}

fn describe_one(error: &ValidationError<'_>, at: String, found: &Value) -> Violation {
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let at = pointer(&at, key);
            let problem = format!("expected {}, found nothing", expectation(&at));
            Violation::new(at, problem)
        }
        ValidationErrorKind::Type { kind: expected } => wrong_type(at, expected, found),
        ValidationErrorKind::Enum { options } => Violation::new(at, unknown_word(options, found)),
        ValidationErrorKind::Minimum { .. }
        | ValidationErrorKind::Maximum { .. }
        | ValidationErrorKind::ExclusiveMinimum { .. }
        | ValidationErrorKind::ExclusiveMaximum { .. } => {
            let problem = format!("expected {}, found {found}", expectation(&at));
            Violation::new(at, problem)
        }
        ValidationErrorKind::Pattern { .. } | ValidationErrorKind::Format { .. } => {
            let hint = near_determination(&at, found);
            let problem = format!(
                "expected {}, found {} that is none{hint}",
                expectation(&at),
                kind(found)
            );
            Violation::new(at, problem)
        }
        _ => {
            let problem = format!("expected {}, found {}", expectation(&at), size(found));
            Violation::new(at, problem)
        }
    }
}

/// What belongs at a place, in words. Everything that the schema constrains beyond its type has its line here.
fn expectation(at: &str) -> &'static str {
    match at {
        "/path_parameters" => "an object with `id`",
        "/path_parameters/id" => "a whole number from 1 to 9223372036854775807",
        "/json_body" => "at least one of `status`, `assignedTo`, `classification`, `determination`, `tags`, `comment`",
        "/json_body/determination" => "one word in PascalCase such as `Malware`",
        "/once" => "true, or a time such as `2026-11-25T07:00:00Z`",
        "/only_if" => "an object with conditions",
        "/add_tags" | "/remove_tags" => "an array of tags",
        "/asset/timeout_secs" | "/asset/connect_timeout_secs" => "a number of seconds above 0 and at most 3600",
        "/asset/settle_secs" | "/asset/retry_wait_secs" => "a number of seconds from 0 to 3600",
        "/asset/tenant_id" => "a tenant's id or domain name: letters, digits, `.` and `-`",
        "/asset/managed_identity" => {
            "`system`, or an object with exactly one of `client_id`, `object_id`, `resource_id`"
        }
        "/asset/scope" => "one scope or an array of scopes",
        _ => "a value of the kind that `--schema input` shows",
    }
}

/// A document that changes nothing.
pub(super) fn nothing_to_change() -> String {
    format!("expected {}, found nothing", expectation("/json_body"))
}

/// What the schema lets pass and the type does not take.
pub(super) fn misfit(at: &str) -> String {
    let found = match at {
        "/path_parameters/id" => {
            "one with a fraction or exponent that several whole numbers share; write out its digits"
        }
        _ => "a value that does not fit; `--schema input` prints what is accepted",
    };
    format!("expected {}, found {found}", expectation(at))
}

fn wrong_type(at: String, expected: &TypeKind, found: &Value) -> Violation {
    let types = match expected {
        TypeKind::Single(only) => only.to_string(),
        TypeKind::Multiple(set) => {
            let mut types: Vec<String> = set.iter().map(|one| one.to_string()).collect();
            types.sort_by_key(|name| name == "null");
            types.join(" or ")
        }
    };
    let types = types.replace("integer", "whole number");
    let hint = match found {
        Value::String(text) if types.contains("number") && text.trim().parse::<f64>().is_ok() => {
            "; write the number without quotes"
        }
        Value::String(text)
            if types.contains("boolean") && ["true", "false"].contains(&text.to_lowercase().as_str()) =>
        {
            "; write it without quotes"
        }
        Value::Number(_) if types.contains("string") => "; put it into quotes",
        Value::Null if at.starts_with("/json_body/") && at.matches('/').count() == 2 => {
            "; leave the key out to keep the value"
        }
        Value::String(_) if types.contains("array") => "; put it into brackets",
        _ => "",
    };
    let found = match found {
        Value::Number(number) if types.contains("number") => format!("{number}"),
        other => kind(other).to_owned(),
    };
    Violation::new(at, format!("expected {} {types}, found {found}{hint}", article(&types)))
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

fn unknown_word(options: &Value, found: &Value) -> String {
    let words: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let expected = format!("expected one of {}", list(&words));
    match found.as_str() {
        Some(text) => match nearest(text, &words) {
            Some(near) => format!("{expected}, found `{text}`; did you mean `{near}`?"),
            None => format!("{expected}, found another word"),
        },
        None => format!("{expected}, found {}", kind(found)),
    }
}

fn unknown_key(parent: &str, key: &str, known: &[&str]) -> Violation {
    // A key as long as a credential may be one that slipped out of its place.
    if key.chars().count() > LONGEST_SHOWN {
        let problem = format!(
            "expected one of {}, found an unknown key of {} characters",
            list(known),
            key.chars().count()
        );
        return Violation::new(parent, problem);
    }
    let problem = match nearest(key, known) {
        Some(near) => format!("unknown key; did you mean `{near}`?"),
        None => format!("unknown key; the known ones are {}", list(known)),
    };
    Violation::new(pointer(parent, key), problem)
}

/// The keys that the schema knows at the place of the error; read from the schema itself, so they cannot go stale.
fn known_keys(error: &ValidationError<'_>, at: &str, form: Form) -> Vec<&'static str> {
    let mut known = schema_keys(error);
    match form {
        Form::Flat if at == "/asset" => known.extend(TOP_LEVEL),
        _ => {}
    }
    known
}

fn schema_keys(error: &ValidationError<'_>) -> Vec<&'static str> {
    static SCHEMA: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
    let schema = SCHEMA.get_or_init(|| serde_json::from_str(Kind::Input.text()).unwrap_or_default());
    let path = error.schema_path().to_string();
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    schema
        .pointer(&format!("{parent}/properties"))
        .and_then(Value::as_object)
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

fn near_determination(at: &str, found: &Value) -> String {
    let text = found.as_str().unwrap_or_default();
    match nearest(text, &crate::incident::determinations()) {
        Some(near) if at == "/json_body/determination" => format!("; did you mean `{near}`?"),
        _ => String::new(),
    }
}

fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn size(value: &Value) -> String {
    match value {
        Value::String(text) => format!("a string of {} characters", text.chars().count()),
        Value::Array(list) => format!("an array of {}", list.len()),
        Value::Object(map) => format!("an object with {} keys", map.len()),
        other => kind(other).to_owned(),
    }
}
