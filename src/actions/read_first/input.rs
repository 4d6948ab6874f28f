//! The keys that make a run read first, as a document gives them.

use schemars::JsonSchema;
use serde::Deserialize;

/// These keys of a document as they are given.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReadFirstInput {
    /// Reads first, and sends only what the incident does not show yet, so that the same document may be run again after
    /// any end of a run. True, or a time (RFC 3339, with a zone): then an equal comment counts only if it was written since.
    #[schemars(title = "Once", with = "OnceInput", example = true, example = serde_json::json!("2026-11-25T07:00:00Z"))]
    pub once: Option<OnceInput>,
    /// Reads first, and writes only where the incident is in this state.
    #[schemars(title = "Only If", with = "OnlyIfInput")]
    pub only_if: Option<OnlyIfInput>,
    /// Reads first, and sends the incident's tags with these added.
    #[schemars(title = "Add Tags", with = "Vec<String>", example = serde_json::json!(["reviewed"]))]
    pub add_tags: Option<Vec<String>>,
    /// Reads first, and sends the incident's tags without these.
    #[schemars(title = "Remove Tags", with = "Vec<String>", example = serde_json::json!(["tier-1"]))]
    pub remove_tags: Option<Vec<String>>,
}

/// `once` as it is given.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OnceInput {
    /// Whenever it was written.
    Ever(bool),
    /// Written since then.
    Since(String),
}

/// `only_if` as it is given: for each key a value or a list of values, null among them for none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct OnlyIfInput {
    /// One of these states.
    #[schemars(title = "Status", with = "Words", example = serde_json::json!(["Active", "InProgress"]))]
    pub status: Option<Words>,
    /// One of these owners; `[null]` for nobody.
    #[schemars(title = "Assigned To", with = "Words", example = serde_json::json!([null]))]
    pub assigned_to: Option<Words>,
    /// One of these classifications.
    #[schemars(title = "Classification", with = "Words", example = serde_json::json!("Unknown"))]
    pub classification: Option<Words>,
    /// One of these determinations.
    #[schemars(title = "Determination", with = "Words", example = serde_json::json!("NotAvailable"))]
    pub determination: Option<Words>,
    /// One of these severities.
    #[schemars(title = "Severity", with = "Words", example = serde_json::json!(["High", "Medium"]))]
    pub severity: Option<Words>,
    /// All of these tags.
    #[schemars(title = "Tags", with = "Vec<String>", example = serde_json::json!(["reviewed"]))]
    pub tags: Option<Vec<String>>,
    /// Exactly this time of the last update.
    #[schemars(title = "Last Update Time", with = "String", example = serde_json::json!("2024-09-05T07:20:44.9089383Z"))]
    pub last_update_time: Option<String>,
}

/// A word or several, null for none.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// One.
    One(String),
    /// Several.
    Several(Vec<Option<String>>),
}

impl JsonSchema for OnceInput {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Once".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["boolean", "string"]})
    }
}

impl JsonSchema for Words {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Words".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["string", "array"], "items": {"type": ["string", "null"]}})
    }
}
