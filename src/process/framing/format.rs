//! The parts that every framing has: how it is recognised, how what is on stdin becomes the document, and how success and
//! failure are written.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::contract::document::Document;
use crate::ground::environment::Environment;
use crate::outcome::envelope::Envelope;
use crate::outcome::error::Error;
use crate::outcome::shown::Shown;
use crate::process::mode::Mode;

/// One framing.
pub(super) trait Format: Sync {
    /// Whether the environment shows that its runner started this run.
    fn is_set_up(&self, _environment: &Environment) -> bool {
        false
    }

    /// Whether the object on stdin is one of its messages.
    fn is_message(&self, _root: &Map<String, Value>) -> bool {
        false
    }

    /// What an argument of its runner asks for.
    fn argument(&self, _word: &str) -> Option<Mode> {
        None
    }

    /// The options that its runner gives and that change nothing here.
    fn ignored_options(&self) -> &'static [&'static str] {
        &[]
    }

    /// The document in what was on stdin, and what its answer has to repeat of the rest.
    fn open(&self, root: Map<String, Value>, mode: Mode) -> (Result<Order, Error>, Value);

    /// Writes a success.
    fn success(&self, repeated: &Value, envelope: &Shown<Envelope>, streams: Streams<'_>) -> io::Result<()>;

    /// Writes a failure.
    fn failure(&self, repeated: &Value, failed: &Failed<'_>, streams: Streams<'_>) -> io::Result<()>;

    /// The exit code that its reader expects for the program's own.
    fn exit_code(&self, code: u8) -> u8 {
        code.min(1)
    }
}

/// What was found on stdin.
pub struct Order {
    /// What to do.
    pub mode: Mode,
    /// With what.
    pub document: Document,
}

/// Where an outcome is written.
pub struct Streams<'a> {
    /// Where nearly all goes.
    pub stdout: &'a mut dyn Write,
    /// Beside the log.
    pub stderr: &'a mut dyn Write,
}

/// A run that is no success for whoever started it.
pub(super) enum Failed<'a> {
    /// It failed.
    Error(&'a Shown<Error>),
    /// It reports what must not pass for a success, with this exit code.
    Report(&'a Shown<Envelope>, u8),
}

impl Serialize for Failed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Error(error) => error.serialize(serializer),
            Self::Report(report, _) => report.serialize(serializer),
        }
    }
}

/// Writes one whole line.
pub(super) fn line(out: &mut dyn Write, prefix: &str, value: &impl Serialize) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(BUFFER_BYTES, out);
    out.write_all(prefix.as_bytes())?;
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

const BUFFER_BYTES: usize = 64 * 1024;
