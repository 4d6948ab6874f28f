//! What jsonschema found, in words for the person who wrote the input: *expected X, found Y*, with the nearest known
//! spelling where there is one. A found value is shown only where it is a number or a near miss of a published word.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::document::TOP_LEVEL;
use super::schema;
use crate::ground::cloud;
use crate::ground::json::{kind, pointer};
use crate::ground::spelling::{LONGEST_SHOWN, nearest};
use crate::outcome::violations::{Form, Violation, Violations};

/// What has to go for the rest of the document to be of use.
#[derive(Default)]
pub(super) struct Wrong {
    /// JSON Pointers to it.
    pub(super) places: Vec<String>,
    /// The objects that have keys besides those that are known there.
    pub(super) with_unknown_keys: Vec<(String, Vec<&'static str>)>,
}

/// Puts one error into words; an error about several keys becomes several violations.
pub(super) fn describe(error: &ValidationError<'_>, root: &Value, violations: &mut Violations, wrong: &mut Wrong) {
    let at = error.instance_path().to_string();
    let found = root.pointer(&at).unwrap_or(&Value::Null);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            describe_unknown_keys(unexpected, &at, schema_keys(error), violations);
            wrong.with_unknown_keys.push((at, schema_keys(error)));
        }
        _ => {
            let violation = describe_one(error, at, found);
            violations.push(&violation.at, violation.problem);
            wrong.places.push(violation.at);
        }
    }
}

fn describe_unknown_keys(unknown: &[String], at: &str, known: Vec<&'static str>, violations: &mut Violations) {
    let mut known = known;
    if at == "/asset" && violations.form() == Form::Flat {
        known.extend(TOP_LEVEL);
    }
    let mut listed = false;
    for (place, key) in unknown.iter().enumerate() {
        if violations.full(at) {
            violations.push_more(at, unknown.len() - place);
            return;
        }
        match near(key, &known) {
            Some(meant) => violations.push(&pointer(at, key), format!("unknown key; did you mean `{meant}`?")),
            // It is not shown: it may be a secret that slipped out of its place.
            None => {
                let expected = if listed {
                    "a known key".to_owned()
                } else {
                    format!("one of {}", list(&known))
                };
                let length = match key.chars().count() {
                    1 => "1 character".to_owned(),
                    count => format!("{count} characters"),
                };
                let number = if unknown.len() > 1 {
                    format!(", number {} of {} unknown ones there", place + 1, unknown.len())
                } else {
                    String::new()
                };
                violations.push(
                    at,
                    format!("expected {expected}, found an unknown key of {length}{number}"),
                );
                listed = true;
            }
        }
    }
}

fn near<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    if key.chars().count() > LONGEST_SHOWN {
        None
    } else {
        nearest(key, known)
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
        ValidationErrorKind::Enum { options } => {
            let problem = unknown_word(&at, options, found);
            Violation::new(at, problem)
        }
        ValidationErrorKind::Minimum { .. }
        | ValidationErrorKind::Maximum { .. }
        | ValidationErrorKind::ExclusiveMinimum { .. }
        | ValidationErrorKind::ExclusiveMaximum { .. } => {
            let problem = format!("expected {}, found {found}", expectation(&at));
            Violation::new(at, problem)
        }
        ValidationErrorKind::Pattern { .. } | ValidationErrorKind::Format { .. } => {
            let hint = if is_nothing(found) && is_field(&at) {
                KEEP.to_owned()
            } else {
                near_determination(&at, found)
            };
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
        Value::Null if is_field(&at) => KEEP,
        Value::String(text) if types.contains("array") && text.contains([',', ';', '\n']) => {
            "; write it as a list, each in quotes of its own, such as `[\"a\", \"b\"]`"
        }
        Value::String(text) if types.contains("array") && text.is_empty() => {
            "; write `[]` for none at all, or leave the key out to keep the value"
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

fn unknown_word(at: &str, options: &Value, found: &Value) -> String {
    let words: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let expected = format!("expected one of {}", list(&words));
    let hint = if is_nothing(found) && is_field(at) { KEEP } else { "" };
    let Some(text) = found.as_str() else {
        return format!("{expected}, found {}{hint}", kind(found));
    };
    // Clouds have many names, and one that is a few letters away is another one.
    let meant = if at == "/asset/cloud" {
        cloud::meant(text)
    } else {
        nearest(text, &words)
    };
    match meant {
        Some(near) => format!("{expected}, found `{text}`; did you mean `{near}`?"),
        None if text.is_empty() => format!("{expected}, found an empty text{hint}"),
        None => format!("{expected}, found another word"),
    }
}

/// Whether it is a field of the update.
fn is_field(at: &str) -> bool {
    at.strip_prefix("/json_body/").is_some_and(|field| !field.contains('/'))
}

/// What forms send for a box that nobody filled in.
fn is_nothing(found: &Value) -> bool {
    found.is_null() || found.as_str() == Some("")
}

/// The keys that the schema knows at the place of the error; read from the schema itself, so they cannot go stale.
fn schema_keys(error: &ValidationError<'_>) -> Vec<&'static str> {
    let path = error.schema_path().to_string();
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    schema::input()
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

/// For whoever means that nothing is to be changed.
const KEEP: &str = "; leave the key out to keep the value";
