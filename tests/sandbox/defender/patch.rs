//! The body of an update: six keys, strictly read, and what they do to an incident. It refuses what no documentation of
//! Microsoft's names, so that a test cannot pass on a body that Defender would not take.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

use super::super::fault::Half;
use super::super::kept::KeptForm;
use super::super::request::Recorded;
use super::refusal::Refusal;

/// The keys as sent, in order.
#[derive(Debug)]
pub(super) struct Update(Vec<(String, Value)>);

impl Update {
    /// Reads and checks the body.
    pub(super) fn parse(request: &Recorded) -> Result<Self, Refusal> {
        if request.media_type() != "application/json" {
            return Err(Refusal::bad_request("The Content-Type must be application/json."));
        }
        let update: Self = serde_json::from_slice(&request.body)
            .map_err(|error| Refusal::invalid_body(format!("The body is not a JSON object: {error}.")))?;
        let keys = || update.0.iter().map(|(key, _)| key.as_str());
        if let Some(twice) = keys()
            .enumerate()
            .find(|(place, key)| keys().take(*place).any(|other| other == *key))
        {
            return Err(Refusal::invalid_body(format!(
                "The property '{}' is there twice.",
                twice.1
            )));
        }
        update.0.iter().try_for_each(|(key, value)| check(key, value))?;
        Ok(update)
    }

    /// The same with its comment in the form in which it is kept.
    #[must_use]
    pub(super) fn keeping(mut self, form: KeptForm) -> Self {
        for (key, value) in &mut self.0 {
            if let ("comment", Some(text)) = (key.as_str(), value.as_str()) {
                *value = json!(form.of(text));
            }
        }
        self
    }

    /// The part of it that is made.
    #[must_use]
    pub(super) fn half(mut self, half: Option<Half>) -> Self {
        match half {
            None => {}
            Some(Half::Values) => self.0.retain(|(key, _)| key != "comment"),
            Some(Half::Comment) => self.0.retain(|(key, _)| key == "comment"),
            Some(Half::FirstKey) => self.0.truncate(1),
        }
        self
    }

    /// Sets what the keys say; a comment is added to those there are.
    pub(super) fn apply(&self, incident: &mut Value, author: &str, time: &str) {
        for (key, value) in &self.0 {
            match (key.as_str(), value.as_str()) {
                ("comment", _) => {
                    let comment = json!({"comment": value, "createdBy": author, "createdTime": time});
                    match incident["comments"].as_array_mut() {
                        Some(comments) => comments.push(comment),
                        None => incident["comments"] = json!([comment]),
                    }
                }
                ("assignedTo", Some("")) => incident["assignedTo"] = Value::Null,
                (key, _) => incident[key] = value.clone(),
            }
        }
        incident["lastUpdateTime"] = json!(time);
    }
}

fn check(key: &str, value: &Value) -> Result<(), Refusal> {
    let right = match key {
        "status" => one_of(value, &STATUSES),
        "classification" => one_of(value, &CLASSIFICATIONS),
        "determination" => one_of(value, &DETERMINATIONS),
        "assignedTo" => value.is_string() || value.is_null(),
        "comment" => value.is_string(),
        "tags" => value.as_array().is_some_and(|tags| tags.iter().all(Value::is_string)),
        _ => {
            return Err(Refusal::invalid_body(format!("The property '{key}' is not known.")));
        }
    };
    if right {
        Ok(())
    } else {
        Err(Refusal::invalid_body(format!(
            "The value {value} of '{key}' is not valid."
        )))
    }
}

fn one_of(value: &Value, known: &[&str]) -> bool {
    value.as_str().is_some_and(|text| known.contains(&text))
}

impl<'de> Deserialize<'de> for Update {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EveryPair)
    }
}

/// Keeps a key that is there twice, which a map would hide.
struct EveryPair;

impl<'de> Visitor<'de> for EveryPair {
    type Value = Update;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Update, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Update(pairs))
    }
}

const STATUSES: [&str; 4] = ["Active", "InProgress", "Resolved", "Redirected"];
const CLASSIFICATIONS: [&str; 4] = [
    "TruePositive",
    "InformationalExpectedActivity",
    "FalsePositive",
    "Unknown",
];
/// All that any page or vendor names: no published list is fully right.
const DETERMINATIONS: [&str; 20] = [
    "MultiStagedAttack",
    "MaliciousUserActivity",
    "CompromisedAccount",
    "Malware",
    "Phishing",
    "UnwantedSoftware",
    "Other",
    "SecurityTesting",
    "LineOfBusinessApplication",
    "ConfirmedActivity",
    "NotMalicious",
    "NoEnoughDataToValidate",
    "NotEnoughDataToValidate",
    "InsufficientData",
    "Clean",
    "CompromisedUser",
    "ConfirmedUserActivity",
    "Apt",
    "SecurityPersonnel",
    "NotAvailable",
];
