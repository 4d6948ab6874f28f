//! The framing of nobody in particular: the document alone, one line of JSON on stdout, the reaction in the exit code.

use std::io;

use serde_json::{Map, Value};

use super::format::{Failed, Format, Order, Streams, line};
use crate::contract::document::Document;
use crate::outcome::envelope::Envelope;
use crate::outcome::error::Error;
use crate::outcome::shown::Shown;
use crate::process::mode::Mode;

pub(super) struct Plain;

impl Format for Plain {
    fn open(&self, root: Map<String, Value>, mode: Mode) -> (Result<Order, Error>, Value) {
        (Document::of(root).map(|document| Order { mode, document }), Value::Null)
    }

    fn success(&self, _: &Value, envelope: &Shown<Envelope>, streams: Streams<'_>) -> io::Result<()> {
        line(streams.stdout, "", envelope)
    }

    fn failure(&self, _: &Value, failed: &Failed<'_>, streams: Streams<'_>) -> io::Result<()> {
        line(streams.stdout, "", failed)
    }

    fn exit_code(&self, code: u8) -> u8 {
        code
    }
}
