//! Swimlane Turbine's framing: the document alone (in its form, though either is taken everywhere), and a command in front of
//! the outcome, on stdout for a success and on stderr for a failure.

use std::io;

use serde_json::{Map, Value};

use super::format::{Failed, Format, Order, Streams, line};
use crate::contract::document::Document;
use crate::ground::environment::Environment;
use crate::outcome::envelope::Envelope;
use crate::outcome::error::Error;
use crate::outcome::shown::Shown;
use crate::process::mode::Mode;

pub(super) struct Turbine;

impl Format for Turbine {
    fn is_set_up(&self, environment: &Environment) -> bool {
        environment.get("ASSET_KEYS").is_some()
    }

    fn open(&self, root: Map<String, Value>, mode: Mode) -> (Result<Order, Error>, Value) {
        (Document::of(root).map(|document| Order { mode, document }), Value::Null)
    }

    fn success(&self, _: &Value, envelope: &Shown<Envelope>, streams: Streams<'_>) -> io::Result<()> {
        line(streams.stdout, "::set-output ", envelope)
    }

    fn failure(&self, _: &Value, failed: &Failed<'_>, streams: Streams<'_>) -> io::Result<()> {
        line(streams.stderr, "::set-error ", failed)
    }
}
