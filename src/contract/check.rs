//! A document against the contract: jsonschema compiles the checked-in schema into a validator at build time. A check finds
//! every violation at once and never repeats a value that could be a secret.

use std::time::Duration;

use serde_json::Value;

use super::document::Document;
use super::problem::{self, Wrong};
use super::{excess, mending};
use crate::actions::read_first::ReadFirstInput;
use crate::actions::update_incident::JsonBody;
use crate::asset::AssetInput;
use crate::ground::json::written;
use crate::incident::IncidentId;
use crate::outcome::violations::Violations;

/// A document that went through the check, and what the check found. Only [`check`] makes one.
pub struct Checked {
    document: CheckedDocument,
    violations: Violations,
}

/// What remains of a document once everything that violates the schema is taken out, so that the rules behind the schema
/// can be checked in the same run.
pub struct CheckedDocument {
    /// The asset's fields.
    pub asset: AssetInput,
    /// The incident, unless it is missing or wrong.
    pub incident_id: Option<IncidentId>,
    /// The update's fields.
    pub json_body: JsonBody,
    /// What has to be read first.
    pub read_first: ReadFirstInput,
    /// The update as its author wrote it: the keys given, in the order given.
    pub json_body_bytes: Vec<u8>,
}

#[jsonschema::validator(
    path = "schemas/update_incident.input.json",
    validate_formats = true,
    formats = {
        "tenant" => crate::ground::format::is_tenant,
        "pascal-case-word" => crate::ground::format::is_pascal_case_word,
    }
)]
struct InputValidator;

/// Checks a document against the input schema.
#[must_use]
pub fn check(document: Document) -> Checked {
    let Document { mut root, form } = document;
    let mut violations = Violations::of(form);
    let mut wrong = Wrong::default();
    excess::count(&mut root, &mut violations);
    for error in InputValidator::iter_errors(&root) {
        problem::describe(&error, &root, &mut violations, &mut wrong);
    }
    if let Some(Value::Object(asset)) = root.get("asset") {
        for (at, found) in mending::faults(asset) {
            if !violations.blames(&at) {
                violations.push(&at, found);
                wrong.places.push(at);
            }
        }
    }
    let has_changes = ["json_body", "add_tags", "remove_tags"]
        .iter()
        .any(|key| root.get(*key).is_some());
    if !has_changes {
        violations.push("/json_body", problem::nothing_to_change());
    }
    wrong.take_out(&mut root);
    let json_body_bytes = root.get("json_body").map(written).unwrap_or_default();
    if wrong.places.iter().any(|at| at == "/asset") {
        violations.blame_whole_asset();
    }
    let document = CheckedDocument {
        asset: take(&mut root, "/asset", &mut violations).unwrap_or_default(),
        incident_id: take(&mut root, ID, &mut violations),
        json_body: take(&mut root, "/json_body", &mut violations).unwrap_or_default(),
        read_first: take_read_first(&mut root, &mut violations),
        json_body_bytes,
    };
    Checked { document, violations }
}

impl Checked {
    /// How long the run may take.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        self.document.asset.time_limit()
    }

    /// The document's remains and what was found wrong with it; neither is of use without the other.
    #[must_use]
    pub fn into_parts(self) -> (CheckedDocument, Violations) {
        (self.document, self.violations)
    }
}

fn take_read_first(root: &mut Value, violations: &mut Violations) -> ReadFirstInput {
    ReadFirstInput {
        once: take(root, "/once", violations),
        only_if: take(root, "/only_if", violations),
        add_tags: take(root, "/add_tags", violations),
        remove_tags: take(root, "/remove_tags", violations),
    }
}

/// Takes the value at `at` into its type; the schema has already spoken for what does not fit.
fn take<T: serde::de::DeserializeOwned>(root: &mut Value, at: &str, violations: &mut Violations) -> Option<T> {
    let value = root.pointer_mut(at)?.take();
    match serde_json::from_value(value) {
        Ok(typed) => Some(typed),
        Err(_) if violations.blames(at) => None,
        // serde's own text may repeat the value, which may be a secret.
        Err(_) => {
            violations.push(at, problem::misfit(at));
            None
        }
    }
}

impl Wrong {
    fn take_out(&self, root: &mut Value) {
        for (at, known) in &self.with_unknown_keys {
            if let Some(Value::Object(map)) = root.pointer_mut(at) {
                map.retain(|key, _| known.contains(&key.as_str()));
            }
        }
        for at in &self.places {
            remove(root, at);
        }
    }
}

/// Takes one member out of the document; array elements stay, since taking one out would move the others.
fn remove(root: &mut Value, at: &str) {
    let Some((parent, key)) = at.rsplit_once('/') else {
        return;
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    match root.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.shift_remove(&key);
        }
        Some(Value::Array(_)) => remove(root, parent),
        _ => {}
    }
}

const ID: &str = "/path_parameters/id";
