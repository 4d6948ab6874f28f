//! The reading before a write: what of the update is there already, whether the incident is in the state that was asked for,
//! and what is left to send.

use serde_json::{Map, Value};

use super::asked::{Asked, is_as_asked};
use super::likeness::{Likeness, likeness};
use crate::actions::read_first::{CLOCKS_APART, Once, ReadFirst, shown};
use crate::actions::update_incident::UpdateIncident;
use crate::api::incident::{Comment, Incident};
use crate::ground::json::pointer;
use crate::ground::time;
use crate::outcome::violations::Violation;

/// What the reading came to.
#[derive(Debug)]
pub enum Before {
    /// Nothing is left to send: the incident shows all of it. With the comment that was found.
    Unchanged(Option<Comment>),
    /// This is left to send.
    Send(Asked),
    /// The incident is not in the state that was asked for.
    NotMet(Vec<Violation>),
    /// The incident was merged into another one.
    Merged(Option<u64>),
    /// A comment that only begins like the one to be written.
    Unclear(Comment),
}

/// Whether the incident's state is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditions {
    /// As the document has them.
    Count,
    /// They were met before this run wrote anything.
    AreMet,
}

/// Looks at an incident before anything is written to it; `whole` is what is asked for.
#[must_use]
pub fn look(incident: &Incident, whole: &Asked, read_first: &ReadFirst, conditions: Conditions) -> Before {
    let mut rest = Asked {
        id: whole.id,
        values: whole.values.clone(),
        comment: whole.comment.clone(),
    };
    if let Some(once) = read_first.once {
        match find_comment(incident, whole.comment.as_deref(), once) {
            // With a time, the comment since then means that the whole document was written; what somebody has changed
            // since is theirs.
            Written::There(comment) if matches!(once, Once::Since(_)) => return Before::Unchanged(Some(comment)),
            Written::There(comment) => {
                rest.comment = None;
                keep_what_is_left(&mut rest.values, incident);
                if rest.values.is_empty() {
                    return Before::Unchanged(Some(comment));
                }
            }
            Written::Perhaps(comment) => return Before::Unclear(comment),
            Written::Not => keep_what_is_left(&mut rest.values, incident),
        }
    }
    // An old list of tags must not go out where none has to change.
    if read_first.changes_tags() && !incident_lacks_tags(incident, whole) {
        rest.values.shift_remove("tags");
    }
    if rest.values.is_empty() && rest.comment.is_none() {
        return Before::Unchanged(None);
    }
    if incident.is_merged() {
        return Before::Merged(incident.redirected_to);
    }
    let unmet = match conditions {
        Conditions::Count => unmet(incident, read_first, whole),
        Conditions::AreMet => Vec::new(),
    };
    if unmet.is_empty() {
        Before::Send(rest)
    } else {
        Before::NotMet(unmet)
    }
}

/// What the document asks for, its tags worked out from those that the incident has.
#[must_use]
pub fn whole(incident: &Incident, action: &UpdateIncident, read_first: &ReadFirst) -> Asked {
    let mut asked = Asked::of(action);
    if read_first.changes_tags() {
        let mut tags: Vec<Value> = match incident.value("tags") {
            Some(Value::Array(tags)) => tags.clone(),
            _ => Vec::new(),
        };
        tags.retain(|tag| !read_first.remove_tags.iter().any(|gone| tag.as_str() == Some(gone)));
        for tag in &read_first.add_tags {
            if !tags.iter().any(|known| known.as_str() == Some(tag)) {
                tags.push(Value::from(tag.as_str()));
            }
        }
        asked.values.insert("tags".to_owned(), Value::Array(tags));
    }
    asked
}

fn incident_lacks_tags(incident: &Incident, whole: &Asked) -> bool {
    let asked = whole.values.get("tags").unwrap_or(&Value::Null);
    !is_as_asked("tags", asked, incident.value("tags"))
}

/// Takes out what the incident shows already. A determination never goes without its classification, as it has no meaning
/// without.
fn keep_what_is_left(values: &mut Map<String, Value>, incident: &Incident) {
    let left = |key: &str, asked: &Value| !is_as_asked(key, asked, incident.value(key));
    let with_determination = values
        .get("determination")
        .is_some_and(|asked| left("determination", asked));
    values.retain(|key, asked| left(key, asked) || (key == "classification" && with_determination));
}

/// Whether a comment that counts as written before is there.
#[must_use]
pub fn holds(incident: &Incident, written: &str, once: Once) -> bool {
    matches!(find_comment(incident, Some(written), once), Written::There(_))
}

/// Whether a comment is from the time that counts.
pub(super) fn counts(comment: &Comment, once: Once) -> bool {
    match once {
        Once::Ever => true,
        // One that does not tell its time may be from then.
        Once::Since(since) => {
            time::parse(&comment.created_time).is_none_or(|created| created.time + CLOCKS_APART >= since)
        }
    }
}

enum Written {
    There(Comment),
    Perhaps(Comment),
    Not,
}

fn find_comment(incident: &Incident, written: Option<&str>, once: Once) -> Written {
    let Some(written) = written else { return Written::Not };
    let mut beginning = None;
    for comment in incident
        .comments
        .iter()
        .flatten()
        .filter(|comment| counts(comment, once))
    {
        match likeness(&comment.text, written) {
            Likeness::Same => return Written::There(comment.clone()),
            Likeness::Beginning => beginning = beginning.or(Some(comment)),
            Likeness::Other => {}
        }
    }
    beginning.map_or(Written::Not, |comment| Written::Perhaps(comment.clone()))
}

/// The conditions that the incident does not meet. Under `once` a value that the document itself sets counts as met: an
/// earlier run may have set it.
fn unmet(incident: &Incident, read_first: &ReadFirst, whole: &Asked) -> Vec<Violation> {
    let mut unmet = Vec::new();
    let own = |key: &str| {
        let asked = whole.values.get(key);
        read_first.once.is_some() && asked.is_some_and(|asked| is_as_asked(key, asked, incident.value(key)))
    };
    for condition in &read_first.conditions {
        let found = incident.value(condition.key);
        let nobody = Value::Null;
        let met = condition.values.iter().any(|value| {
            let is_none = value.is_null() && found.is_none_or(|found| found.is_null() || found.as_str() == Some(""));
            is_none || is_as_asked(condition.key, value, found)
        });
        if !met && !own(condition.key) {
            let found = shown(found.unwrap_or(&nobody));
            let problem = format!("expected {}, found {found}", condition.expectation());
            unmet.push(Violation::new(pointer("/only_if", condition.key), problem));
        }
    }
    // Not with tags that are worked out from the incident's own: those always hold what is there.
    if read_first.changes_tags() || !own("tags") {
        unmet.extend(unmet_tags(incident, read_first));
    }
    unmet.extend(unmet_time(incident, read_first));
    unmet
}

fn unmet_tags(incident: &Incident, read_first: &ReadFirst) -> Option<Violation> {
    let has = |tag: &String| match incident.value("tags") {
        Some(Value::Array(tags)) => tags.iter().any(|found| found.as_str() == Some(tag)),
        _ => false,
    };
    // An earlier run of the same document may have taken it out.
    let taken_out = |tag: &String| read_first.once.is_some() && read_first.remove_tags.contains(tag);
    let missing: Vec<String> = read_first
        .condition_tags
        .iter()
        .filter(|tag| !has(tag) && !taken_out(tag))
        .map(|tag| format!("`{tag}`"))
        .collect();
    let problem = format!("expected the tags {}, found none such", missing.join(", "));
    (!missing.is_empty()).then(|| Violation::new("/only_if/tags", problem))
}

fn unmet_time(incident: &Incident, read_first: &ReadFirst) -> Option<Violation> {
    let (text, expected) = read_first.last_update_time.as_ref()?;
    let found = incident.last_update_time.as_deref().unwrap_or_default();
    let same = time::parse(found).is_some_and(|found| found.time == *expected);
    let problem = format!("expected `{text}`, found {}", shown(&Value::from(found)));
    (!same).then(|| Violation::new("/only_if/lastUpdateTime", problem))
}
