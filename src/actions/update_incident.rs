//! Update Incident by ID: `PATCH api/incidents/{id}`. What is sent is what the author wrote, key for key and in the same
//! order; an absent key, null, `""` and `[]` stay four different things.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::ground::format::PASCAL_CASE_WORD;
use crate::incident::{self, Classification, IncidentId, Status};

/// The action's name: the optional first argument, and the name of its file in `actions/`.
pub const NAME: &str = "update_incident";

/// Which incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathParameters {
    /// Incident ID.
    #[schemars(title = "ID", example = 552)]
    pub id: IncidentId,
}

/// What to change. A field left out stays as it is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(extend("minProperties" = 1))]
pub struct JsonBody {
    /// Specifies the current status of the incident.
    #[serde(deserialize_with = "given")]
    #[schemars(title = "Status", with = "Status", example = Status::Resolved)]
    pub status: Option<Status>,
    /// Owner of the incident; null or an empty string takes the owner away.
    #[serde(deserialize_with = "given")]
    #[schemars(title = "Assigned To", with = "Option<String>", example = serde_json::json!("analyst@contoso.com"))]
    pub assigned_to: Option<Option<String>>,
    /// Specification of the incident.
    #[serde(deserialize_with = "given")]
    #[schemars(title = "Classification", with = "Classification", example = Classification::TruePositive)]
    pub classification: Option<Classification>,
    /// Specifies the determination of the incident: one word in PascalCase. The list that Microsoft accepts grows, so
    /// words that are not known here are sent too, with a warning on the log.
    #[serde(deserialize_with = "given")]
    #[schemars(
        title = "Determination",
        with = "String",
        extend("format" = PASCAL_CASE_WORD),
        extend("examples" = incident::determinations())
    )]
    pub determination: Option<String>,
    /// List of Incident tags. It replaces the incident's tags; an empty list is sent as it is.
    #[serde(deserialize_with = "given")]
    #[schemars(title = "Tags", with = "Vec<String>", example = serde_json::json!(["reviewed", "tier-1"]))]
    pub tags: Option<Vec<String>>,
    /// Comment to be added to the incident. A comment can never be removed again.
    #[serde(deserialize_with = "given")]
    #[schemars(title = "Comment", with = "String", example = serde_json::json!("closed by playbook 7"))]
    pub comment: Option<String>,
}

/// A checked update, never empty.
#[derive(Debug)]
pub struct IncidentUpdate {
    fields: JsonBody,
    bytes: Vec<u8>,
}

/// The update of one incident.
#[derive(Debug)]
pub struct UpdateIncident {
    /// Which incident.
    pub id: IncidentId,
    /// What to change.
    pub update: IncidentUpdate,
}

impl IncidentUpdate {
    /// Takes the typed fields and the bytes they were read from; `None` where there is nothing to change.
    #[must_use]
    pub fn parse(fields: JsonBody, bytes: Vec<u8>) -> Option<Self> {
        let JsonBody {
            status,
            assigned_to,
            classification,
            determination,
            tags,
            comment,
        } = &fields;
        let changes_something = status.is_some()
            || assigned_to.is_some()
            || classification.is_some()
            || determination.is_some()
            || tags.is_some()
            || comment.is_some();
        if let Some(determination) = determination
            && let Some(doubt) = incident::doubt(determination, *classification)
        {
            log::warn!("{doubt}");
        }
        changes_something.then_some(Self { fields, bytes })
    }
}

impl UpdateIncident {
    /// The update as its author wrote it: the keys given, in the order given.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.update.bytes
    }

    /// The comment, which the service appends each time it receives it: the one part of an update that cannot be repeated.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.update.fields.comment.as_deref()
    }
}

/// Keeps a null that was given apart from a field that was not.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
