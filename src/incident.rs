//! Microsoft's incident: the vocabularies of an update, and the typed shape of the answer for those who read the output
//! schema. The answer itself is never parsed into these types; it passes through as it came.

mod answer;
mod output;

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU64;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};

pub use output::Output;

/// An incident's id: a whole number from 1 to 2^63-1, and so a path segment that needs no escaping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncidentId(NonZeroU64);

/// The states of an incident. `Redirected` is what Defender sets when it merges one incident into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[schemars(inline)]
#[allow(
    missing_docs,
    reason = "Microsoft's words; a doc on a variant would turn the schema's plain enum into oneOf"
)]
pub enum Status {
    Active,
    InProgress,
    Resolved,
    Redirected,
}

/// What an incident was. `Unknown` is Defender's word for one that is not classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[schemars(inline)]
#[allow(
    missing_docs,
    reason = "Microsoft's words; a doc on a variant would turn the schema's plain enum into oneOf"
)]
pub enum Classification {
    TruePositive,
    InformationalExpectedActivity,
    FalsePositive,
    Unknown,
}

/// What is doubtful about a determination, for the log. Nothing is refused: no published list of them is complete.
#[must_use]
pub fn doubt(determination: &str, classification: Option<Classification>) -> Option<String> {
    let Some((_, pairs)) = DETERMINATIONS.iter().find(|(word, _)| *word == determination) else {
        return Some(format!(
            "determination `{determination}` is on no published list; Microsoft may refuse it"
        ));
    };
    let classification = classification?;
    let unusual = !pairs.is_empty() && !pairs.contains(&classification);
    unusual.then(|| {
        format!("determination `{determination}` is published for {pairs:?}, not for {classification:?}; Microsoft may refuse it")
    })
}

/// Every determination that is known.
#[must_use]
pub fn determinations() -> Vec<&'static str> {
    DETERMINATIONS.iter().map(|(word, _)| *word).collect()
}

impl IncidentId {
    /// The number itself.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.get()
    }
}

/// Whether two words of the vocabulary mean the same: Microsoft's pages, and its service, have had several for some.
#[must_use]
pub fn same_word(one: &str, other: &str) -> bool {
    one == other
        || SYNONYMS
            .iter()
            .any(|words| words.contains(&one) && words.contains(&other))
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for IncidentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A number with a fraction or an exponent is not what was written any more: whoever reads the document looks at its
        // text first.
        let number = serde_json::Number::deserialize(deserializer)?;
        number
            .as_u64()
            .filter(|id| i64::try_from(*id).is_ok())
            .and_then(NonZeroU64::new)
            .map(Self)
            .ok_or_else(|| D::Error::custom("not an incident's id"))
    }
}

impl JsonSchema for IncidentId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "IncidentId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1, "maximum": i64::MAX})
    }
}

use Classification::{FalsePositive, InformationalExpectedActivity, TruePositive, Unknown};

/// Every spelling of Microsoft's pages and of what its service was seen to take and to return, with the classifications it
/// is published for; none where the pages disagree.
const DETERMINATIONS: &[(&str, &[Classification])] = &[
    ("MultiStagedAttack", &[TruePositive]),
    ("MaliciousUserActivity", &[TruePositive]),
    ("CompromisedAccount", &[TruePositive]),
    ("Malware", &[TruePositive]),
    ("Phishing", &[TruePositive]),
    ("UnwantedSoftware", &[TruePositive]),
    ("SecurityTesting", &[InformationalExpectedActivity]),
    ("LineOfBusinessApplication", &[InformationalExpectedActivity]),
    ("ConfirmedActivity", &[InformationalExpectedActivity]),
    ("NotMalicious", &[FalsePositive]),
    ("NoEnoughDataToValidate", &[FalsePositive]),
    ("NotEnoughDataToValidate", &[FalsePositive]),
    ("Other", &[TruePositive, InformationalExpectedActivity, FalsePositive]),
    ("Clean", &[FalsePositive]),
    ("InsufficientData", &[FalsePositive]),
    ("CompromisedUser", &[TruePositive]),
    ("ConfirmedUserActivity", &[InformationalExpectedActivity]),
    ("Apt", &[]),
    ("SecurityPersonnel", &[]),
    ("NotAvailable", &[Unknown]),
];

/// The states of an incident.
pub const STATUSES: &[&str] = &["Active", "InProgress", "Resolved", "Redirected"];

/// What an incident was.
pub const CLASSIFICATIONS: &[&str] = &[
    "TruePositive",
    "InformationalExpectedActivity",
    "FalsePositive",
    "Unknown",
];

/// How bad an incident is, by Microsoft's own judgement.
pub const SEVERITIES: &[&str] = &["High", "Medium", "Low", "Informational", "UnSpecified"];

/// Words for the same, by Microsoft's older and newer pages.
const SYNONYMS: &[&[&str]] = &[
    &["NoEnoughDataToValidate", "NotEnoughDataToValidate", "InsufficientData"],
    &["NotMalicious", "Clean"],
    &["CompromisedAccount", "CompromisedUser"],
    &["ConfirmedActivity", "ConfirmedUserActivity"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<String> {
        serde_json::from_str::<IncidentId>(text).ok().map(|id| id.to_string())
    }

    #[test]
    fn an_id_is_a_whole_number_in_range() {
        assert_eq!(id("552").as_deref(), Some("552"));
        assert_eq!(id("9223372036854775807").as_deref(), Some("9223372036854775807"));
        for refused in [
            "0",
            "-1",
            "552.0",
            "552.5",
            "\"552\"",
            "9223372036854775808",
            "9007199254740993.0",
            "1e300",
            "null",
        ] {
            assert_eq!(id(refused), None, "{refused}");
        }
    }

    #[test]
    fn a_condition_has_the_words_of_the_update() {
        let words = |schema: Schema| schema.get("enum").cloned();
        assert_eq!(words(schemars::schema_for!(Status)), Some(STATUSES.into()));
        assert_eq!(
            words(schemars::schema_for!(Classification)),
            Some(CLASSIFICATIONS.into())
        );
    }

    #[test]
    fn a_doubt_is_a_warning_and_no_more() {
        assert_eq!(doubt("Malware", Some(TruePositive)), None);
        assert_eq!(doubt("Malware", None), None);
        assert!(doubt("Malware", Some(FalsePositive)).is_some());
        assert!(doubt("BrandNewWord", None).is_some());
    }
}
