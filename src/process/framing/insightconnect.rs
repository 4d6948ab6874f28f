//! Rapid7 InsightConnect's framing: a start message on stdin, whose `body` holds the inputs and the connection, and an event
//! on stdout, which repeats the message's `meta`. What nobody filled in arrives as null, "" or [], and counts as left out.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::format::{Failed, Format, Order, Streams, line};
use crate::actions::update_incident::NAME;
use crate::contract::document::{Document, TOP_LEVEL};
use crate::outcome::envelope::Envelope;
use crate::outcome::error::{Error, Name};
use crate::outcome::shown::Shown;
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
        let order = mode_of(&root, mode)
            .and_then(|mode| Ok((mode, document(&mut root)?)))
            .map(|(mode, document)| Order { mode, document });
        (order, repeated)
    }

    fn success(&self, repeated: &Value, envelope: &Shown<Envelope>, streams: Streams<'_>) -> io::Result<()> {
        let event = Event {
            output: Some(output(envelope)?),
            ..Event::answering(repeated, "ok")
        };
        event.write(repeated, streams)
    }

    fn failure(&self, repeated: &Value, failed: &Failed<'_>, streams: Streams<'_>) -> io::Result<()> {
        let (exception, shown) = Exception::of(failed);
        let event = Event {
            error: Some(shown),
            exception: Some(exception),
            ..Event::answering(repeated, "error")
        };
        event.write(repeated, streams)
    }
}

/// What the message asks for, if it is one that can be answered.
fn mode_of(root: &Map<String, Value>, mode: Mode) -> Result<Mode, Error> {
    let started = root.get("type").and_then(Value::as_str).unwrap_or_default();
    let body = root.get("body").unwrap_or(&Value::Null);
    let runs_another = body.get("action").is_none_or(|action| action != NAME);
    let is_part = |name| body.get(name).is_none_or(|part| part.is_object() || part.is_null());
    let rules = [
        (
            "/version",
            root.get("version").is_none_or(|version| version == "v1"),
            "`v1`",
        ),
        // There are no triggers and no tasks.
        (
            "/type",
            ["action_start", "connection_test"].contains(&started),
            "`action_start` or `connection_test`",
        ),
        (
            "/type",
            started != "connection_test" || mode != Mode::DryRun,
            "`action_start` for a dry run",
        ),
        ("/body", body.is_object(), "an object"),
        (
            "/body/action",
            started != "action_start" || !body.is_object() || !runs_another,
            "`update_incident`",
        ),
        ("/body/input", is_part("input"), "an object"),
        ("/body/connection", is_part("connection"), "an object"),
    ];
    let broken = rules.into_iter().filter(|(_, holds, _)| !holds);
    let problems: Vec<Violation> = broken
        .map(|(at, _, expected)| Violation::new(at, format!("expected {expected}, found something else")))
        .collect();
    match (problems.is_empty(), started) {
        (false, _) => Err(Error::input(problems)),
        (true, "connection_test") => Ok(Mode::Check),
        (true, _) => Ok(mode),
    }
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
    for (key, value) in input.into_iter().filter(|(_, value)| !is_unfilled(value)) {
        match key.as_str() {
            "incident_id" => path_parameters.insert("id".to_owned(), value),
            "assigned_to" => json_body.insert("assignedTo".to_owned(), value),
            // A second name would be a second way to say one thing.
            "assignedTo" => {
                let problem = "unknown key; did you mean `assigned_to`?";
                return Err(Error::input(vec![Violation::new("/body/input/assignedTo", problem)]));
            }
            _ if is_beside_the_body(&key) => document.insert(key, value),
            _ => json_body.insert(key, value),
        };
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
fn output(envelope: &Shown<Envelope>) -> serde_json::Result<Output> {
    let mut entries: Output = serde_json::from_str(&serde_json::to_string(envelope)?)?;
    entries.retain(|name, _| !OF_HTTP.contains(&name.as_str()));
    if let Some(incident) = entries.remove("json_body") {
        entries.insert("incident".to_owned(), incident);
    }
    if matches!(&**envelope, Envelope::Report(..)) {
        // What the platform looks for after a test of the connection.
        entries.insert("success".to_owned(), serde_json::value::to_raw_value(&true)?);
    }
    Ok(entries)
}

type Output = BTreeMap<String, Box<RawValue>>;

/// What went wrong, as the platform shows it: `cause`, `assistance` and `data`, all texts.
#[derive(Serialize)]
struct Exception {
    cause: String,
    assistance: String,
    data: String,
}

impl Exception {
    /// Beside the text that the platform shows first, and perhaps alone.
    fn of(failed: &Failed<'_>) -> (Self, String) {
        let mut told = match serde_json::to_value(failed) {
            Ok(Value::Object(told)) => told,
            _ => Map::new(),
        };
        told.retain(|name, _| {
            !OF_HTTP.contains(&name.as_str()) && !["json_body", "response_text"].contains(&name.as_str())
        });
        let help = told.shift_remove("help").unwrap_or_default();
        let assistance = help.as_str().unwrap_or_default().to_owned();
        let mut data = Map::new();
        let (cause, code) = match failed {
            Failed::Error(error) => {
                data.insert("update".to_owned(), told.shift_remove("update").unwrap_or_default());
                data.insert("name".to_owned(), told.shift_remove("name").unwrap_or_default());
                (error.failure().message.clone(), error.exit_code())
            }
            // A sign-in that worked, and does not help.
            Failed::Report(shown, code) if matches!(&***shown, Envelope::Report(..)) => {
                data.insert("update".to_owned(), json!(Update::NotApplied));
                data.insert("name".to_owned(), json!(Name::Forbidden));
                ("the token may not update incidents".to_owned(), *code)
            }
            Failed::Report(_, code) => ("the incident does not show all that was asked for".to_owned(), *code),
        };
        data.insert("exit_code".to_owned(), json!(code));
        data.extend(told);
        let word = |key: &str| data.get(key).and_then(Value::as_str);
        let cause = word("name").map_or_else(|| cause.clone(), |name| format!("{name}: {cause}"));
        let update = word("update").map_or_else(String::new, |update| format!(" (update: {update})"));
        let shown = format!("{cause}{update}; {assistance}");
        let data = Value::Object(data).to_string();
        let exception = Self {
            cause,
            assistance,
            data,
        };
        (exception, shown)
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

/// Where the message has what the documented form has elsewhere, the longest place first.
const PLACES: &[(&str, &str)] = &[
    ("/path_parameters/id", "/body/input/incident_id"),
    ("/path_parameters", "/body/input"),
    ("/json_body/assignedTo", "/body/input/assigned_to"),
    ("/json_body", "/body/input"),
    ("/asset", "/body/connection"),
    ("", "/body/input"),
];
