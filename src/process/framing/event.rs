//! InsightConnect's event on stdout: what came out of a run, as the platform shows it and as the next step can use it.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use super::format::{Failed, Streams, line};
use crate::outcome::difference::Difference;
use crate::outcome::envelope::{Envelope, Payload, Recovered};
use crate::outcome::error::Name;
use crate::outcome::write::Update;

/// What is written, in the order in which the vendor's runtime writes it.
#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub(super) log: &'static str,
    pub(super) status: &'static str,
    pub(super) meta: Cow<'a, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<Output<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exception: Option<Exception>,
}

impl<'a> Event<'a> {
    pub(super) fn answering(repeated: &'a Value, status: &'static str) -> Self {
        Self {
            log: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"), "\n"),
            status,
            meta: repeated
                .get("meta")
                .map_or_else(|| Cow::Owned(json!({})), Cow::Borrowed),
            output: None,
            error: None,
            exception: None,
        }
    }

    pub(super) fn write(&self, repeated: &Value, streams: Streams<'_>) -> io::Result<()> {
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

/// What the next step of a workflow can use.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Output<'a> {
    Update {
        #[serde(skip_serializing_if = "Option::is_none")]
        incident: Option<Payload<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        response_text: Option<Payload<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        recovered: Option<Recovered>,
        #[serde(skip_serializing_if = "Option::is_none")]
        unchanged: Option<bool>,
        writes: u32,
        #[serde(skip_serializing_if = "<[Difference]>::is_empty")]
        differs: &'a [Difference],
        #[serde(skip_serializing_if = "Option::is_none")]
        redirected_to: Option<u64>,
    },
    Reading {
        success: bool,
        #[serde(flatten)]
        envelope: &'a Envelope,
    },
    Report {
        success: bool,
        #[serde(flatten)]
        report: &'a Value,
    },
}

impl<'a> Output<'a> {
    pub(super) fn of(envelope: &'a Envelope) -> Self {
        match envelope {
            Envelope::Applied(applied) => {
                let (incident, response_text) = match Payload::of(&applied.answer.body) {
                    json @ Payload::Json(_) => (Some(json), None),
                    text @ Payload::Text(_) => (None, Some(text)),
                };
                Self::Update {
                    incident,
                    response_text,
                    recovered: applied.recovered,
                    unchanged: applied.unchanged.as_ref().map(|_| true),
                    writes: applied.writes,
                    differs: &applied.differs,
                    redirected_to: applied.redirected_to,
                }
            }
            Envelope::ReadOnly(_) => Self::Reading {
                success: true,
                envelope,
            },
            Envelope::Report(report, _) => Self::Report { success: true, report },
        }
    }
}

/// What went wrong, as the platform shows it: `cause`, `assistance` and `data`, all texts.
#[derive(Serialize)]
pub(super) struct Exception {
    pub(super) cause: String,
    pub(super) assistance: String,
    data: String,
    #[serde(skip)]
    pub(super) update: String,
}

impl Exception {
    pub(super) fn of(failed: &Failed<'_>) -> Self {
        match failed {
            Failed::Error(error) => {
                let failure = error.failure();
                let mut data = json!({
                    "update": error.update(),
                    "name": failure.name,
                    "exit_code": error.exit_code(),
                    "message": failure.message,
                });
                if let Some(secs) = failure.retry_after_secs {
                    data["retry_after_secs"] = json!(secs);
                }
                if !failure.violations.is_empty() {
                    data["violations"] = json!(failure.violations);
                }
                Self {
                    cause: format!("{}: {}", word(failure.name), failure.message),
                    assistance: failure.help.clone(),
                    data: data.to_string(),
                    update: word(error.update()),
                }
            }
            Failed::Report(report, code) => {
                let report = serde_json::to_value(report).unwrap_or_default();
                // A reading that does not show all of it, or a token that lacks the permission.
                let (name, cause) = if report.get("read").is_some() {
                    (Name::NotShown, "the incident does not show all of it")
                } else {
                    (Name::Forbidden, "the token may not update incidents")
                };
                let mut data = json!({"update": Update::NotApplied, "name": name, "exit_code": code});
                let assistance = report
                    .get("help")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                if let (Some(data), Value::Object(report)) = (data.as_object_mut(), report) {
                    data.extend(report);
                }
                Self {
                    cause: format!("{}: {cause}", word(name)),
                    assistance,
                    data: data.to_string(),
                    update: word(Update::NotApplied),
                }
            }
        }
    }
}

/// A word as it is published.
fn word(published: impl Serialize) -> String {
    let word = serde_json::to_value(published).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

/// What answers a start.
pub(super) const EVENTS: [(&str, &str); 4] = [
    ("action_start", "action_event"),
    ("connection_test", "connection_test"),
    ("trigger_start", "trigger_event"),
    ("task_start", "task_event"),
];
