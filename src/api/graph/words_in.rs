//! What comes in, in Defender's keys and words, value for value as it was written otherwise: keys that Graph alone has stay,
//! and a word that nobody knows passes with its first letter large.

use serde_json::value::RawValue;

use super::words_out::with_first;
use crate::ground::json::Fields;

/// An incident of Graph's as Defender writes one; nothing where it is none.
pub(super) fn incident(json: &[u8]) -> Option<Vec<u8>> {
    let Fields(fields) = object(json)?;
    let is_error = fields.iter().any(|(key, _)| key == "error");
    let context = text_of(&fields, "@odata.context");
    if is_error || context.is_some_and(|context| !context.contains("incidents")) {
        return None;
    }
    number(raw_of(&fields, "id")?)?;
    let mut written = Vec::with_capacity(json.len() + json.len() / 4);
    for (key, value) in &fields {
        let name = KEYS
            .iter()
            .find(|(graph, _)| graph == key)
            .map_or(key.as_str(), |(_, name)| name);
        let value = match key.as_str() {
            "id" | "redirectIncidentId" => number(value).unwrap_or_else(|| value.get().to_owned()),
            "status" | "classification" | "determination" | "severity" => worded(key, value),
            "comments" => list(value.get()).unwrap_or_else(|| value.get().to_owned()),
            _ => value.get().to_owned(),
        };
        member(&mut written, name, &value)?;
    }
    written.push(b'}');
    Some(written)
}

/// The list of an incident's comments as an incident that has nothing else; nothing where it is none, or another incident's.
pub(super) fn comments(json: &[u8], id: u64) -> Option<Vec<u8>> {
    let Fields(fields) = object(json)?;
    let names_it = |context: String| context.contains(&format!("incidents('{id}')/comments"));
    let context = fields.iter().any(|(key, _)| key == "@odata.context");
    if context && !text_of(&fields, "@odata.context").is_some_and(names_it) {
        return None;
    }
    let list = list(raw_of(&fields, "value")?.get())?;
    Some(format!(r#"{{"incidentId":{id},"comments":{list}}}"#).into_bytes())
}

/// The same where the answer is told to be such a list, by its context or by what is in it, and is not only of that shape.
pub(super) fn told_comments(json: &[u8], id: u64) -> Option<Vec<u8>> {
    let Fields(fields) = object(json)?;
    let is_comment = |one: &&RawValue| {
        object(one.get().as_bytes()).is_some_and(|Fields(fields)| {
            raw_of(&fields, "comment").is_some() && raw_of(&fields, "createdDateTime").is_some()
        })
    };
    let list: Vec<&RawValue> = serde_json::from_str(raw_of(&fields, "value")?.get()).ok()?;
    let is_told = raw_of(&fields, "@odata.context").is_some() || (!list.is_empty() && list.iter().all(is_comment));
    is_told.then(|| comments(json, id)).flatten()
}

/// An incident with the list of another answer in the place of its own, both as they were written.
pub(super) fn with_comments(incident: &[u8], comments: &[u8]) -> Option<Vec<u8>> {
    let Fields(fields) = object(incident)?;
    let Fields(list) = object(comments)?;
    let list = raw_of(&list, "value")?.get();
    let mut written = Vec::with_capacity(incident.len() + list.len());
    let mut put = false;
    for (key, value) in &fields {
        let is_list = key == "comments";
        put |= is_list;
        member(&mut written, key, if is_list { list } else { value.get() })?;
    }
    if !put {
        member(&mut written, "comments", list)?;
    }
    written.push(b'}');
    Some(written)
}

/// Defender's word for one of Graph's.
pub(super) fn defenders_word(key: &str, graph: &str) -> String {
    match (key, graph) {
        ("determination", "unknown") => "NotAvailable".to_owned(),
        ("severity", "unknown") => "UnSpecified".to_owned(),
        _ => with_first(graph, char::to_ascii_uppercase),
    }
}

fn worded(key: &str, value: &RawValue) -> String {
    let text: Result<String, _> = serde_json::from_str(value.get());
    let word = text.ok().map(|text| defenders_word(key, &text));
    let written = word.and_then(|word| serde_json::to_string(&word).ok());
    written.unwrap_or_else(|| value.get().to_owned())
}

/// Graph writes numbers of incidents as texts.
fn number(value: &RawValue) -> Option<String> {
    let digits = value.get().strip_prefix('"')?.strip_suffix('"')?;
    let number: u64 = digits.parse().ok()?;
    // What is written in another way is another text, and perhaps another incident.
    (number.to_string() == digits).then(|| digits.to_owned())
}

/// A list of comments.
fn list(json: &str) -> Option<String> {
    let comments: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    let mut written = String::with_capacity(json.len());
    for one in comments {
        written.push(if written.is_empty() { '[' } else { ',' });
        written.push_str(&comment(one.get())?);
    }
    written.push_str(if written.is_empty() { "[]" } else { "]" });
    Some(written)
}

fn comment(json: &str) -> Option<String> {
    let Fields(fields) = object(json.as_bytes())?;
    let mut written = Vec::with_capacity(json.len());
    for (key, value) in &fields {
        let name = match key.as_str() {
            "createdByDisplayName" => "createdBy",
            "createdDateTime" => "createdTime",
            key => key,
        };
        member(&mut written, name, value.get())?;
    }
    written.extend_from_slice(if written.is_empty() { b"{}" } else { b"}" });
    String::from_utf8(written).ok()
}

fn object(json: &[u8]) -> Option<Fields<'_>> {
    serde_json::from_slice(json).ok()
}

fn member(written: &mut Vec<u8>, name: &str, value: &str) -> Option<()> {
    written.push(if written.is_empty() { b'{' } else { b',' });
    serde_json::to_writer(&mut *written, name).ok()?;
    written.push(b':');
    written.extend_from_slice(value.as_bytes());
    Some(())
}

fn raw_of<'a>(fields: &[(String, &'a RawValue)], name: &str) -> Option<&'a RawValue> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
}

fn text_of(fields: &[(String, &RawValue)], name: &str) -> Option<String> {
    serde_json::from_str(raw_of(fields, name)?.get()).ok()
}

/// Graph's keys of an incident that have another name in Defender's.
const KEYS: [(&str, &str); 6] = [
    ("id", "incidentId"),
    ("incidentWebUrl", "incidentUri"),
    ("displayName", "incidentName"),
    ("createdDateTime", "createdTime"),
    ("lastUpdateDateTime", "lastUpdateTime"),
    ("customTags", "tags"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::graph::words_out::word_of;
    use crate::incident::{CLASSIFICATIONS, STATUSES, determinations, same_word};

    fn text(json: Option<Vec<u8>>) -> Option<String> {
        json.map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn an_incident_comes_in_defenders_keys_and_words() {
        let graphs = r##"{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#security/incidents/$entity",
            "id":"552", "tenantId":"t", "status":"awaitingAction","incidentWebUrl":"https://x/552","redirectIncidentId":"560",
            "displayName":"a \ud83d\ude00","createdDateTime":"2024-06-13T06:54:26.9435211Z","lastUpdateDateTime":"x",
            "assignedTo":null,"classification":"unknown","determination":"unknown","severity":"unknown","customTags":["t"],
            "systemTags":[],"priorityScore": 1.50e2,"comments":[{"comment":"a","createdByDisplayName":null,"createdDateTime":"d","x":1}]}"##;
        assert_eq!(
            text(incident(graphs.as_bytes())).as_deref(),
            Some(
                r##"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#security/incidents/$entity","incidentId":552,"tenantId":"t","status":"AwaitingAction","incidentUri":"https://x/552","redirectIncidentId":560,"incidentName":"a \ud83d\ude00","createdTime":"2024-06-13T06:54:26.9435211Z","lastUpdateTime":"x","assignedTo":null,"classification":"Unknown","determination":"NotAvailable","severity":"UnSpecified","tags":["t"],"systemTags":[],"priorityScore":1.50e2,"comments":[{"comment":"a","createdBy":null,"createdTime":"d","x":1}]}"##
            )
        );
    }

    #[test]
    fn what_is_no_incident_is_none() {
        for none in [
            "{}",
            "[1]",
            "",
            "<html>",
            r#"{"id":552}"#,
            r#"{"id":"0552"}"#,
            r#"{"id":"+552"}"#,
            r#"{"id":"x"}"#,
            r#"{"incidentId":552}"#,
            r#"{"id":"552","error":{"code":"x"}}"#,
            r##"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users/$entity","id":"552"}"##,
        ] {
            assert_eq!(incident(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn a_list_of_comments_is_this_incidents() {
        let list = |context: &str| format!(r#"{{{context}"value":[{{"comment":"a","createdDateTime":"d"}}]}}"#);
        let seen = r#"{"incidentId":552,"comments":[{"comment":"a","createdTime":"d"}]}"#;
        let named = |id: &str| {
            format!(
                r##""@odata.context":"https://graph.microsoft.com/v1.0/$metadata#security/incidents('{id}')/comments","##
            )
        };
        assert_eq!(text(comments(list("").as_bytes(), 552)).as_deref(), Some(seen));
        assert_eq!(
            text(comments(list(&named("552")).as_bytes(), 552)).as_deref(),
            Some(seen)
        );
        for other in ["5", "5520", "1552", ""] {
            assert_eq!(comments(list(&named(other)).as_bytes(), 552), None, "{other}");
        }
        assert_eq!(comments(list(r#""@odata.context":null,"#).as_bytes(), 552), None);
        for none in [r#"{"value":[1]}"#, r#"{"value":"x"}"#, "{}", "[]", r#"{"id":"552"}"#] {
            assert_eq!(comments(none.as_bytes(), 552), None, "{none}");
        }
    }

    #[test]
    fn a_list_takes_the_place_of_the_incidents_own() {
        let put = |incident: &str| text(with_comments(incident.as_bytes(), br#"{"value": [ {"comment":"b"} ]}"#));
        assert_eq!(
            put(r#"{"id":"1","comments":[{"comment":"a"}], "summary":null}"#).as_deref(),
            Some(r#"{"id":"1","comments":[ {"comment":"b"} ],"summary":null}"#)
        );
        assert_eq!(
            put(r#"{"id":"1"}"#).as_deref(),
            Some(r#"{"id":"1","comments":[ {"comment":"b"} ]}"#)
        );
        assert_eq!(put("<html>"), None);
    }

    /// The members of the enumerations in Microsoft's own description of the service.
    #[test]
    fn every_word_that_is_known_becomes_a_member_and_comes_back_as_its_like() {
        let members = [
            "unknown",
            "apt",
            "malware",
            "securityPersonnel",
            "securityTesting",
            "unwantedSoftware",
            "other",
            "multiStagedAttack",
            "compromisedAccount",
            "phishing",
            "maliciousUserActivity",
            "notMalicious",
            "notEnoughDataToValidate",
            "confirmedActivity",
            "lineOfBusinessApplication",
        ];
        for word in determinations() {
            let graphs = word_of("determination", word);
            assert!(members.contains(&graphs.as_str()), "{word}: {graphs}");
            let back = defenders_word("determination", &graphs);
            assert!(same_word(word, &back), "{word}: {back}");
        }
        let members = [
            "unknown",
            "falsePositive",
            "truePositive",
            "informationalExpectedActivity",
        ];
        for word in CLASSIFICATIONS {
            let graphs = word_of("classification", word);
            assert!(members.contains(&graphs.as_str()), "{word}: {graphs}");
            assert_eq!(defenders_word("classification", &graphs), *word);
        }
        for word in STATUSES {
            assert_eq!(defenders_word("status", &word_of("status", word)), *word);
        }
    }
}
