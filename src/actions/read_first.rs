//! What has to be known of an incident before anything is written to it: whether the update was written before (`once`),
//! whether the incident is in a certain state (`only_if`), and which tags it has (`add_tags`, `remove_tags`).

mod input;

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::ground::json::{kind, pointer};
use crate::ground::spelling::nearest;
use crate::ground::time;
use crate::incident;
use crate::outcome::violations::Violations;
pub use input::{OnceInput, OnlyIfInput, ReadFirstInput, Words};

/// What has to be read first, each value checked.
#[derive(Debug, Default)]
pub struct ReadFirst {
    /// Send only what is not there yet.
    pub once: Option<Once>,
    /// The state that the incident has to be in.
    pub conditions: Vec<Condition>,
    /// Tags that it has to have.
    pub condition_tags: Vec<String>,
    /// The time of its last update.
    pub last_update_time: Option<(String, SystemTime)>,
    /// Tags to add.
    pub add_tags: Vec<String>,
    /// Tags to take out.
    pub remove_tags: Vec<String>,
}

/// Since when an equal comment counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// Whenever it was written.
    Ever,
    /// Since this time; engines' clocks and the service's differ, so some time before it counts too.
    Since(SystemTime),
}

/// One condition: a key has one of these values.
#[derive(Debug)]
pub struct Condition {
    /// The incident's key.
    pub key: &'static str,
    /// The values.
    pub values: Vec<Value>,
}

impl ReadFirst {
    /// Checks what is given; nothing where nothing has to be read first.
    #[must_use]
    pub fn parse(input: ReadFirstInput, sets_tags: bool, violations: &mut Violations) -> Option<Self> {
        let mut read_first = Self {
            once: input.once.and_then(|once| parse_once(once, violations)),
            ..Self::default()
        };
        let (add, remove) = (
            input.add_tags.unwrap_or_default(),
            input.remove_tags.unwrap_or_default(),
        );
        for (key, tags) in [("/add_tags", &add), ("/remove_tags", &remove)] {
            if sets_tags && !tags.is_empty() {
                let problem =
                    "`json_body.tags` replaces all tags; give that, or `add_tags` and `remove_tags`, not both";
                violations.push(key, problem);
            }
            if tags.iter().any(|tag| tag.trim().is_empty()) {
                violations.push(key, "expected tags, found one without a letter");
            }
        }
        let added: HashSet<&String> = add.iter().collect();
        if remove.iter().any(|tag| added.contains(tag)) {
            violations.push(
                "/remove_tags",
                "expected tags that `add_tags` does not have, found the same in both",
            );
        }
        (read_first.add_tags, read_first.remove_tags) = (add, remove);
        if let Some(only_if) = input.only_if {
            read_first.take_conditions(only_if, violations);
        }
        (!read_first.is_empty()).then_some(read_first)
    }

    /// Whether nothing has to be read.
    fn is_empty(&self) -> bool {
        self.once.is_none() && !self.has_conditions() && !self.changes_tags()
    }

    /// Whether the incident has to be in a certain state.
    #[must_use]
    pub fn has_conditions(&self) -> bool {
        !self.conditions.is_empty() || !self.condition_tags.is_empty() || self.last_update_time.is_some()
    }

    /// Whether tags are added or taken out.
    #[must_use]
    pub fn changes_tags(&self) -> bool {
        !self.add_tags.is_empty() || !self.remove_tags.is_empty()
    }

    fn take_conditions(&mut self, only_if: OnlyIfInput, violations: &mut Violations) {
        let determinations = incident::determinations();
        let fields: [(&'static str, Option<Words>, &[&str]); 5] = [
            ("status", only_if.status, incident::STATUSES),
            ("assignedTo", only_if.assigned_to, &[]),
            ("classification", only_if.classification, incident::CLASSIFICATIONS),
            ("determination", only_if.determination, &determinations),
            ("severity", only_if.severity, incident::SEVERITIES),
        ];
        for (key, words, known) in fields {
            let Some(words) = words else { continue };
            let values = match words {
                Words::One(word) => vec![Some(word)],
                Words::Several(words) => words,
            };
            for word in values.iter().flatten() {
                check_word(key, word, known, violations);
            }
            let values: Vec<Value> = values.into_iter().map(Value::from).collect();
            if !values.is_empty() {
                self.conditions.push(Condition { key, values });
            }
        }
        self.condition_tags = only_if.tags.unwrap_or_default();
        if let Some(text) = only_if.last_update_time {
            match time::parse(&text).filter(|written| written.has_zone) {
                Some(written) => self.last_update_time = Some((text, written.time)),
                None => violations.push("/only_if/lastUpdateTime", EXPECTED_TIME),
            }
        }
    }
}

fn parse_once(once: OnceInput, violations: &mut Violations) -> Option<Once> {
    let text = match once {
        OnceInput::Ever(true) => return Some(Once::Ever),
        OnceInput::Ever(false) => return None,
        OnceInput::Since(text) => text,
    };
    match time::parse(&text).filter(|written| written.has_zone) {
        Some(written) if written.time > SystemTime::now() + CLOCKS_APART => {
            violations.push(
                "/once",
                "expected a time that has been, found one in the future; check the engine's clock",
            );
            None
        }
        Some(written) => Some(Once::Since(written.time)),
        None => {
            violations.push(
                "/once",
                format!("expected true, or {}", EXPECTED_TIME.trim_start_matches("expected ")),
            );
            None
        }
    }
}

/// A word that no incident can have would never be met; a determination may be newer than the list.
fn check_word(key: &str, word: &str, known: &[&str], violations: &mut Violations) {
    if known.is_empty() || known.contains(&word) {
        return;
    }
    let at = pointer("/only_if", key);
    if violations.full(&at) {
        return violations.push_more(&at, 1);
    }
    let near = nearest(word, known);
    if key == "determination" {
        if let Some(near) = near {
            violations.push(
                &at,
                format!("expected a determination, found another word; did you mean `{near}`?"),
            );
        }
        return;
    }
    let words: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    let found = match near {
        Some(near) => format!("`{word}`; did you mean `{near}`?"),
        None if word.contains([',', ';']) => {
            "several in one text; write them as a list, each in quotes of its own, such as `[\"Active\", \"InProgress\"]`"
                .to_owned()
        }
        None => "another word".to_owned(),
    };
    violations.push(&at, format!("expected one of {}, found {found}", words.join(", ")));
}

impl Condition {
    /// What was expected, in words.
    #[must_use]
    pub fn expectation(&self) -> String {
        let words: Vec<String> = self.values.iter().map(shown).collect();
        match words.as_slice() {
            [only] => only.clone(),
            _ => format!("one of {}", words.join(", ")),
        }
    }
}

/// A value of an incident, in words.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        Value::Null => "nothing".to_owned(),
        other => kind(other).to_owned(),
    }
}

/// How far the clocks of engines and of the service may differ.
pub const CLOCKS_APART: Duration = Duration::from_secs(60);

const EXPECTED_TIME: &str =
    "expected a time such as `2026-11-25T07:00:00Z` (RFC 3339, with a zone), found something else";
