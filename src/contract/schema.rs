//! The contract as JSON Schema, made from the Rust types by schemars. The checked-in copies are what is published.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::actions::read_first::ReadFirstInput;
use crate::actions::update_incident::{JsonBody, PathParameters};
use crate::asset::AssetInput;
use crate::ground::format;

/// The document on stdin: who signs in where, which incident, and what to change.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "Update Incident by ID: input",
    extend("examples" = [input_example()])
)]
pub struct InputDocument {
    /// Who signs in, and where to. Fields left out, null or empty count as absent.
    #[serde(default)]
    pub asset: AssetInput,
    /// Which incident.
    pub path_parameters: PathParameters,
    /// What to change: at least one field. It may be left out where tags are added or taken out.
    #[serde(default)]
    #[schemars(with = "JsonBody")]
    pub json_body: Option<JsonBody>,
    /// What has to be read before anything is written.
    #[serde(flatten)]
    pub read_first: ReadFirstInput,
}

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

/// Whether a key is one of the input's, wherever it stands. One that is not may be a secret that slipped out of its place.
#[must_use]
pub fn knows(key: &str) -> bool {
    static KEYS: OnceLock<BTreeSet<String>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let mut keys = BTreeSet::new();
        collect_keys(input(), &mut keys);
        keys
    });
    keys.contains(key)
}

/// The input's schema as it is published.
pub(super) fn input() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| serde_json::from_str(Kind::Input.text()).unwrap_or_default())
}

fn collect_keys(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            map.values().for_each(|value| collect_keys(value, keys));
        }
        Value::Array(list) => list.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
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
            map.retain(|key, value| key != "format" || !value.as_str().is_some_and(format::is_own));
            map.values_mut().for_each(|value| drop_keywords(value, dropped));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| drop_keywords(value, dropped)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::ASSET_KEYS;

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
