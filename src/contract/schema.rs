//! The contract as JSON Schema: schemars makes it from the Rust types, jsonschema compiles the checked-in copy into a
//! validator at build time. A check finds every violation at once and never repeats a value that could be a secret.

use std::time::Duration;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::problem;
use crate::actions::update_incident::JsonBody;
use crate::asset::{ASSET_KEYS, AssetInput};
use crate::incident::IncidentId;
use crate::input::{Document, InputDocument};
use crate::outcome::violations::Violations;

/// Which of the two published schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The document on stdin.
    Input,
    /// The envelope on stdout, success and failure.
    Output,
}

impl Kind {
    /// The schema as it is published, embedded at build time.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Input => include_str!("../../schemas/update_incident.input.json"),
            Self::Output => include_str!("../../schemas/update_incident.output.json"),
        }
    }

    /// The schema as the Rust types have it now: what the published file has to be.
    #[must_use]
    pub fn generate(self) -> Value {
        let mut schema = self.generate_with(SchemaSettings::draft2020_12());
        schema["$comment"] = json!("generated from the Rust types; do not edit");
        schema
    }

    /// The same as a platform reads it: without references, since it may follow none; without patterns, since it sends ""
    /// for what nobody filled in; and an output without what has to be there or in range, since a key that Microsoft
    /// leaves out must not make a failure of an applied update.
    #[must_use]
    pub fn generate_for_platform(self) -> Value {
        let mut schema =
            self.generate_with(SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true));
        let dropped: &[&str] = match self {
            Self::Input => &["pattern"],
            Self::Output => &["pattern", "required", "minimum", "maximum", "format"],
        };
        drop_keywords(&mut schema, dropped);
        schema
    }

    fn generate_with(self, settings: SchemaSettings) -> Value {
        let schema = match self {
            Self::Input => settings
                .for_deserialize()
                .into_generator()
                .into_root_schema_for::<InputDocument>(),
            Self::Output => settings
                .for_serialize()
                .into_generator()
                .into_root_schema_for::<crate::incident::Output>(),
        };
        let mut value = schema.to_value();
        drop_null_defaults(&mut value);
        value
    }
}

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
    let mut wrong = Vec::new();
    for error in InputValidator::iter_errors(&root) {
        for problem::Found { culprit, violation } in problem::describe(&error, &root, form) {
            wrong.push(culprit);
            violations.push(&violation.at, violation.problem);
        }
    }
    let json_body_bytes = root
        .get("json_body")
        .map(ToString::to_string)
        .unwrap_or_default()
        .into_bytes();
    for at in &wrong {
        remove(&mut root, at);
    }
    if wrong.iter().any(|at| at == "/asset") {
        violations.blame_whole_asset();
    }
    let document = CheckedDocument {
        asset: take(&mut root, "/asset", &mut violations).unwrap_or_default(),
        incident_id: take(&mut root, "/path_parameters/id", &mut violations),
        json_body: take(&mut root, "/json_body", &mut violations).unwrap_or_default(),
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

/// Whether a top-level key is a field of the asset, which makes a document Turbine's form.
#[must_use]
pub fn is_asset_key(key: &str) -> bool {
    ASSET_KEYS.contains(&key)
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

/// The input that README and the schema show.
#[must_use]
pub fn input_example() -> Value {
    json!({
        "asset": {
            "url": "https://api.security.microsoft.com",
            "tenant_id": "11111111-1111-1111-1111-111111111111",
            "client_id": "22222222-2222-2222-2222-222222222222",
            "client_secret": "the secret's value, not its id"
        },
        "path_parameters": {"id": 552},
        "json_body": {"status": "Resolved", "comment": "closed by playbook 7"}
    })
}

/// serde's default of an optional field is "absent", which schemars can only write as null, and null is not accepted.
fn drop_null_defaults(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.retain(|key, value| !(key == "default" && value.is_null()));
            map.values_mut().for_each(drop_null_defaults);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_null_defaults),
        _ => {}
    }
}

/// Drops keywords from a schema and from those inside it; the names of properties are no keywords.
fn drop_keywords(schema: &mut Value, dropped: &[&str]) {
    match schema {
        Value::Object(map) => {
            // A choice between sets of required keys says nothing once these are gone.
            if dropped.contains(&"required") {
                map.retain(|key, value| key != "oneOf" || value.pointer("/0/required").is_none());
            }
            map.retain(|key, value| !dropped.contains(&key.as_str()) || value.get("type").is_some());
            map.retain(|key, value| key != "format" || !value.as_str().is_some_and(crate::ground::format::is_own));
            map.values_mut().for_each(|value| drop_keywords(value, dropped));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| drop_keywords(value, dropped)),
        _ => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assets_keys_are_those_of_its_schema() {
        let schema = Kind::Input.generate();
        let keys = schema
            .pointer("/$defs/AssetInput/properties")
            .and_then(Value::as_object)
            .unwrap();
        assert_eq!(keys.keys().map(String::as_str).collect::<Vec<_>>(), ASSET_KEYS);
    }
}
