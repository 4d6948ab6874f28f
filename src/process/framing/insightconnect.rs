//! Rapid7 InsightConnect's framing: a start message on stdin, whose `body` holds the inputs and the connection, and an event
//! on stdout, which repeats the message's `meta`. What nobody filled in arrives as null, "" or [], and counts as left out.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::format::{Failed, Format, Order, Streams, line};
use crate::actions::update_incident::NAME;
use crate::contract::document::{Document, TOP_LEVEL};
use crate::ground::json::{kind, pointer};
use crate::outcome::envelope::Envelope;
use crate::outcome::error::{Error, Name};
use crate::outcome::violations::{Form, Violation};
use crate::outcome::write::Update;
use crate::process::mode::Mode;

pub(super) struct InsightConnect;

impl Format for InsightConnect {
    fn is_message(&self, root: &Map<String, Value>) -> bool {
        // Both together are in no document; beside a document's own keys they are a mistake, not a message.
        let of_a_document = |key: &String| key == "asset" || TOP_LEVEL.contains(&key.as_str());
        root.contains_key("type") && root.contains_key("body") && !root.keys().any(of_a_document)
    }

    fn argument(&self, word: &str) -> Option<Mode> {
        match word {
            "run" => Some(Mode::Update),
            "test" => Some(Mode::Check),
            _ => None,
        }
    }

    fn ignored_options(&self) -> &'static [&'static str] {
        &["debug"]
    }

    fn open(&self, mut root: Map<String, Value>, mode: Mode) -> (Result<Order, Error>, Value) {
        let started = root.get("type").and_then(Value::as_str).unwrap_or_default();
        let event = EVENTS.iter().find(|(start, _)| *start == started);
        let repeated = json!({
            "type": event.map(|(_, event)| event),
            "meta": root.get("body").and_then(|body| body.get("meta")).unwrap_or(&json!({})),
        });
        let order = message_problems(&root, mode)
            .and_then(|mode| Ok((mode, document(&mut root)?)))
            .map(|(mode, document)| Order { mode, document });
        (order, repeated)
    }

    fn success(&self, repeated: &Value, envelope: &Envelope, streams: Streams<'_>) -> io::Result<()> {
        let event = Event {
            output: Some(Output::of(envelope)?),
            ..Event::answering(repeated, "ok")
        };
        event.write(repeated, streams)
    }

    fn failure(&self, repeated: &Value, failed: &Failed<'_>, streams: Streams<'_>) -> io::Result<()> {
        let exception = Exception::of(failed);
        let event = Event {
            // The platform shows this text first, and perhaps alone.
            error: Some(exception.text()),
            exception: Some(exception),
            ..Event::answering(repeated, "error")
        };
        event.write(repeated, streams)
    }
}

/// What is wrong with the message around the document, or what it asks for.
fn message_problems(root: &Map<String, Value>, mode: Mode) -> Result<Mode, Error> {
    let mut problems = Vec::new();
    let mut wrong = |at: &str, problem: String| problems.push(Violation::new(at, problem));
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    if root.get("version").is_some_and(|version| version != "v1") {
        wrong("/version", "expected `v1`, found another version".to_owned());
    }
    let started = text(root.get("type"));
    let tests = started.as_deref() == Some("connection_test");
    match started.as_deref() {
        Some("action_start" | "connection_test") => {}
        Some("trigger_start" | "task_start") => wrong(
            "/type",
            "expected `action_start` or `connection_test`, found another: there are no triggers and no tasks"
                .to_owned(),
        ),
        _ => wrong(
            "/type",
            "expected `action_start` or `connection_test`, found something else".to_owned(),
        ),
    }
    if tests && mode == Mode::DryRun {
        wrong(
            "/type",
            "expected `action_start` for a dry run, found `connection_test`".to_owned(),
        );
    }
    match root.get("body") {
        Some(Value::Object(body)) => {
            if started.as_deref() == Some("action_start") && text(body.get("action")).as_deref() != Some(NAME) {
                wrong("/body/action", format!("expected `{NAME}`, found something else"));
            }
            for part in ["input", "connection"] {
                if let Some(found) = body.get(part).filter(|found| !found.is_object() && !found.is_null()) {
                    wrong(
                        &pointer("/body", part),
                        format!("expected an object, found {}", kind(found)),
                    );
                }
            }
        }
        found => {
            let found = found.map_or("nothing", kind);
            wrong("/body", format!("expected an object, found {found}"));
        }
    }
    if !problems.is_empty() {
        return Err(Error::input(problems));
    }
    Ok(if tests { Mode::Check } else { mode })
}

/// The document in the documented form, with its parts at the places that the message has them.
fn document(root: &mut Map<String, Value>) -> Result<Document, Error> {
    let mut part = |name: &str| match root.get_mut("body").and_then(|body| body.get_mut(name)) {
        Some(Value::Object(part)) => std::mem::take(part),
        _ => Map::new(),
    };
    let (input, connection) = (part("input"), part("connection"));
    let asset: Map<String, Value> = connection.into_iter().map(|(key, value)| (key, bare(value))).collect();
    let mut document = Map::new();
    let (mut path_parameters, mut json_body) = (Map::new(), Map::new());
    let mut problems = Vec::new();
    for (key, value) in input.into_iter().filter(|(_, value)| !is_unfilled(value)) {
        match INPUTS.iter().find(|(input, _, _)| *input == key) {
            Some((_, true, parameter)) => path_parameters.insert((*parameter).to_owned(), value),
            Some((_, false, field)) => json_body.insert((*field).to_owned(), value),
            // The name of the same field elsewhere would be a second way to say one thing.
            None if INPUTS.iter().any(|(_, in_path, field)| !in_path && *field == key) => {
                let at = pointer("/body/input", &key);
                let meant = INPUTS
                    .iter()
                    .find(|(_, _, field)| *field == key)
                    .map_or("", |(input, _, _)| input);
                problems.push(Violation::new(at, format!("unknown key; did you mean `{meant}`?")));
                None
            }
            None if is_beside_the_body(&key) => document.insert(key, value),
            None => json_body.insert(key, value),
        };
    }
    if !problems.is_empty() {
        return Err(Error::input(problems));
    }
    document.insert("asset".to_owned(), Value::Object(asset));
    document.insert("path_parameters".to_owned(), Value::Object(path_parameters));
    document.insert("json_body".to_owned(), Value::Object(json_body));
    Document::of(document).map(|document| Document {
        form: Form::Renamed(PLACES),
        ..document
    })
}

/// A credential without the object that the platform puts around it.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(mut credential) if credential.len() == 1 && credential.contains_key(SECRET_KEY) => {
            credential.remove(SECRET_KEY).unwrap_or_default()
        }
        Value::Object(empty) if empty.is_empty() => Value::Null,
        value => value,
    }
}

fn is_unfilled(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// Whether the document has a key of this name that is neither the incident's nor the update's.
fn is_beside_the_body(key: &str) -> bool {
    TOP_LEVEL.contains(&key) && !["path_parameters", "json_body"].contains(&key)
}

/// What is written, in the order in which the vendor's runtime writes it.
#[derive(Serialize)]
struct Event<'a> {
    log: &'static str,
    status: &'static str,
    meta: Cow<'a, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Output>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<Exception>,
}

impl<'a> Event<'a> {
    fn answering(repeated: &'a Value, status: &'static str) -> Self {
        Self {
            // The log goes to stderr, as everywhere.
            log: "",
            status,
            meta: repeated
                .get("meta")
                .map_or_else(|| Cow::Owned(json!({})), Cow::Borrowed),
            output: None,
            error: None,
            exception: None,
        }
    }

    fn write(&self, repeated: &Value, streams: Streams<'_>) -> io::Result<()> {
        #[derive(Serialize)]
        struct Message<'a> {
            body: &'a Event<'a>,
            version: &'static str,
            r#type: &'a Value,
        }
        // A run that ended before its message was read was most likely to run the action.
        let unread = json!("action_event");
        let message = Message {
            body: self,
            version: "v1",
            r#type: repeated.get("type").unwrap_or(&unread),
        };
        line(streams.stdout, "", &message)
    }
}

/// What the next step of a workflow can use: the envelope's entries without those of HTTP, and `incident` in the place of
/// `json_body`. Each is passed on as text, so that nothing of Microsoft's answer is retyped.
struct Output(BTreeMap<String, Box<RawValue>>);

impl Output {
    fn of(envelope: &Envelope) -> serde_json::Result<Self> {
        let mut entries: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&serde_json::to_string(envelope)?)?;
        entries.retain(|name, _| !OF_HTTP.contains(&name.as_str()));
        if let Some(incident) = entries.remove("json_body") {
            entries.insert("incident".to_owned(), incident);
        }
        if matches!(envelope, Envelope::Report(..)) {
            // What the platform looks for after a test of the connection.
            entries.insert("success".to_owned(), serde_json::value::to_raw_value(&true)?);
        }
        Ok(Self(entries))
    }
}

impl Serialize for Output {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

/// What went wrong, as the platform shows it: `cause`, `assistance` and `data`, all texts.
#[derive(Serialize)]
struct Exception {
    cause: String,
    assistance: String,
    data: String,
    /// What became of the update, for the text that stands first.
    #[serde(skip)]
    update: Option<String>,
}

impl Exception {
    /// All that a person needs to know, in one line.
    fn text(&self) -> String {
        let update = self.update.as_deref().map(|update| format!(" (update: {update})"));
        [
            &self.cause,
            update.as_deref().unwrap_or_default(),
            "; ",
            &self.assistance,
        ]
        .concat()
    }

    fn of(failed: &Failed<'_>) -> Self {
        let mut told = match serde_json::to_value(failed) {
            Ok(Value::Object(told)) => told,
            _ => Map::new(),
        };
        told.retain(|name, _| {
            !OF_HTTP.contains(&name.as_str()) && !["json_body", "response_text"].contains(&name.as_str())
        });
        let mut text = |key: &str| match told.shift_remove(key) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let assistance = text("help");
        let mut data = Map::new();
        let (cause, code) = match failed {
            Failed::Error(error) => {
                data.insert("update".to_owned(), told.shift_remove("update").unwrap_or_default());
                data.insert("name".to_owned(), told.shift_remove("name").unwrap_or_default());
                (error.failure().message.clone(), error.exit_code())
            }
            // A sign-in that worked, and does not help.
            Failed::Report(Envelope::Report(..), code) => {
                data.insert("update".to_owned(), json!(Update::NotApplied));
                data.insert("name".to_owned(), json!(Name::Forbidden));
                ("the token may not update incidents".to_owned(), *code)
            }
            Failed::Report(_, code) => ("the incident does not show all that was asked for".to_owned(), *code),
        };
        data.insert("exit_code".to_owned(), json!(code));
        data.extend(told);
        let word = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            cause: word("name").map_or_else(|| cause.clone(), |name| format!("{name}: {cause}")),
            assistance,
            update: word("update"),
            data: Value::Object(data).to_string(),
        }
    }
}

/// What an envelope says of HTTP, which is of no use in a workflow.
const OF_HTTP: [&str; 3] = ["status_code", "response_headers", "reason"];

const SECRET_KEY: &str = "secretKey";

/// What answers a start.
const EVENTS: [(&str, &str); 4] = [
    ("action_start", "action_event"),
    ("connection_test", "connection_test"),
    ("trigger_start", "trigger_event"),
    ("task_start", "task_event"),
];

/// The inputs whose names are not those of the document, which of them are of the path, and what the document calls them.
const INPUTS: [(&str, bool, &str); 2] = [("incident_id", true, "id"), ("assigned_to", false, "assignedTo")];

/// Where the message has what the documented form has elsewhere, the longest place first.
const PLACES: &[(&str, &str)] = &[
    ("/path_parameters/id", "/body/input/incident_id"),
    ("/path_parameters", "/body/input"),
    ("/json_body/assignedTo", "/body/input/assigned_to"),
    ("/json_body", "/body/input"),
    ("/asset", "/body/connection"),
    ("", "/body/input"),
];
