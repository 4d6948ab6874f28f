//! Update Incident by ID: `PATCH api/incidents/{id}`. What is sent is what the author wrote, key for key and in the same
//! order; an absent key, null, `""` and `[]` stay four different things.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::read_first::ReadFirst;
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
    /// What to change; nothing where only tags are added or taken out.
    pub update: Option<IncidentUpdate>,
    /// What has to be read before anything is written.
    pub read_first: Option<ReadFirst>,
}

impl JsonBody {
    /// Whether a comment that adds nothing is all there is.
    #[must_use]
    pub fn is_a_blank_comment(&self) -> bool {
        !self.has_values() && self.comment.as_deref().is_some_and(is_blank)
    }

    fn has_values(&self) -> bool {
        self.status.is_some()
            || self.assigned_to.is_some()
            || self.classification.is_some()
            || self.determination.is_some()
            || self.tags.is_some()
    }
}

impl IncidentUpdate {
    /// Takes the typed fields and the bytes they were read from; `None` where there is nothing to change. A blank comment
    /// adds nothing to an incident, and could not be found in it again, so it is left out.
    #[must_use]
    pub fn parse(mut fields: JsonBody, mut bytes: Vec<u8>) -> Option<Self> {
        if fields.comment.as_deref().is_some_and(is_blank) {
            fields.comment = None;
            bytes = without_comment(&bytes);
            log::warn!("`/json_body/comment` is blank: it is left out, as it would add nothing");
        }
        if fields.status == Some(Status::Redirected) {
            log::warn!(
                "`/json_body/status`: `Redirected` is what Defender sets on a merge; set by hand it may make the incident impossible to open in the portal"
            );
        }
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
        self.update.as_ref().map_or(b"{}", |update| &update.bytes)
    }

    /// Whether anything but a comment is asked for.
    #[must_use]
    pub fn asks_for_values(&self) -> bool {
        let values = |update: &IncidentUpdate| update.fields.has_values();
        self.update.as_ref().is_some_and(values) || self.read_first.as_ref().is_some_and(ReadFirst::changes_tags)
    }

    /// The comment, which the service appends each time it receives it: the one part of an update that cannot be repeated.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.update.as_ref()?.fields.comment.as_deref()
    }
}

/// Whether a comment has nothing to read in it.
#[must_use]
pub fn is_blank(comment: &str) -> bool {
    comment
        .chars()
        .all(|c| c.is_whitespace() || c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{FEFF}'))
}

fn without_comment(bytes: &[u8]) -> Vec<u8> {
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(bytes).unwrap_or_default();
    fields.shift_remove("comment");
    serde_json::to_vec(&fields).unwrap_or_default()
}

/// Keeps a null that was given apart from a field that was not.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
