//! Bytes on stdin become one JSON object. Both forms of the document are taken, the documented one with an `asset` object
//! and Turbine's with the asset's fields at the top level; what is unclear is refused, never guessed.

use std::io::Read;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::strict_json;
use crate::asset::ASSET_KEYS;
use crate::ground::json::{kind, pointer};
use crate::outcome::error::Error;
use crate::outcome::violations::{Form, Violation};

/// One JSON object in the documented form, and the form it came in.
pub struct Document {
    /// In the documented form, whatever form it came in.
    pub root: Value,
    /// The form it came in, so that errors point to where its author wrote.
    pub form: Form,
}

/// Reads one document.
///
/// # Errors
/// [`Error::Input`] where stdin holds anything but one JSON object of at most 4 MiB with unique keys, or mixes both forms.
pub fn read(stdin: impl Read) -> Result<Document, Error> {
    let mut bytes = Zeroizing::new(Vec::new());
    if let Err(error) = stdin.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes) {
        return Err(refused(format!("the input could not be read: {error}")));
    }
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(refused(format!(
            "expected at most {MAX_INPUT_BYTES} bytes on stdin, found more"
        )));
    }
    if bytes.trim_ascii().is_empty() {
        return Err(refused("expected one JSON object on stdin, found nothing"));
    }
    match strict_json::parse(&bytes).map_err(Error::input)? {
        Value::Object(root) => normalise(root).map_err(Error::input),
        other => Err(refused(format!(
            "expected one JSON object on stdin, found {}",
            kind(&other)
        ))),
    }
}

fn refused(problem: impl Into<String>) -> Error {
    Error::input(vec![Violation::new("", problem)])
}

/// Brings either form into the documented one, and drops what a platform sends for a field that nobody filled in.
fn normalise(mut root: Map<String, Value>) -> Result<Document, Vec<Violation>> {
    drop_what_nobody_filled_in(&mut root);
    if root.get("asset").is_some_and(is_unset) {
        root.shift_remove("asset");
    }
    let flat_keys: Vec<String> = root.keys().filter(|key| is_asset_key(key)).cloned().collect();
    let form = if root.contains_key("asset") || flat_keys.is_empty() {
        Form::Nested
    } else {
        Form::Flat
    };
    match form {
        Form::Nested => {
            flat_keys.iter().for_each(|key| {
                if root.get(key).is_some_and(is_unset) {
                    root.shift_remove(key);
                }
            });
            let mixed: Vec<Violation> = flat_keys
                .iter()
                .filter(|key| root.contains_key(*key))
                .map(|key| mixed_forms(key))
                .collect();
            if !mixed.is_empty() {
                return Err(mixed);
            }
        }
        Form::Flat => gather_asset(&mut root),
    }
    if let Some(Value::Object(asset)) = root.get_mut("asset") {
        asset.retain(|_, value| !is_unset(value));
    }
    Ok(Document {
        root: Value::Object(root),
        form,
    })
}

/// Platforms send something for every box of a form.
fn drop_what_nobody_filled_in(root: &mut Map<String, Value>) {
    if let Some(Value::Object(only_if)) = root.get_mut("only_if") {
        only_if.retain(|_, value| !is_empty(value));
    }
    let is_unused = |value: &Value| is_empty(value) || *value == Value::Bool(false);
    for key in EMPTY_WHEN_UNUSED {
        if root.get(*key).is_some_and(is_empty) {
            root.shift_remove(*key);
        }
    }
    for key in READ_FIRST {
        if root.get(*key).is_some_and(is_unused) {
            root.shift_remove(*key);
        }
    }
    let changes_tags = ["add_tags", "remove_tags"].iter().any(|key| root.contains_key(*key));
    if changes_tags && root.get("json_body").is_some_and(is_empty) {
        root.shift_remove("json_body");
    }
}

fn mixed_forms(key: &str) -> Violation {
    let problem =
        "an asset's field stands beside `asset`; put all of them into `asset`, or all of them at the top level";
    Violation::new(pointer("", key), problem)
}

fn gather_asset(root: &mut Map<String, Value>) {
    let mut asset = Map::new();
    for key in root.keys().cloned().collect::<Vec<_>>() {
        if !TOP_LEVEL.contains(&key.as_str())
            && let Some(value) = root.shift_remove(&key)
        {
            asset.insert(key, value);
        }
    }
    root.insert("asset".to_owned(), Value::Object(asset));
}

fn is_unset(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn is_empty(value: &Value) -> bool {
    is_unset(value) || value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// Whether a top-level key is a field of the asset, which makes a document Turbine's form.
fn is_asset_key(key: &str) -> bool {
    ASSET_KEYS.contains(&key)
}

/// The document's own keys, in either form.
pub const TOP_LEVEL: &[&str] = &[
    "path_parameters",
    "json_body",
    "once",
    "only_if",
    "add_tags",
    "remove_tags",
];

/// What a platform sends for every action, used or not.
const EMPTY_WHEN_UNUSED: &[&str] = &["parameters", "headers", "data_body", "files"];

/// What makes a run read first.
const READ_FIRST: &[&str] = &["once", "only_if", "add_tags", "remove_tags"];

/// Far above any real document, far below what hurts.
const MAX_INPUT_BYTES: u64 = 4 * 1024 * 1024;
