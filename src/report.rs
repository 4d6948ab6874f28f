//! The one writer of stdout: what came out of a run, in the framing that was asked for.

use std::io::{self, Write};

use crate::envelope::Envelope;
use crate::error::Error;
use crate::settings::Framing;

/// Writes the outcome and returns the exit code. A reader who went away is no error of ours: what was done is done.
pub fn write(
    outcome: &Result<Envelope, Error>,
    framing: Framing,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> u8 {
    let (_, code) = match (framing, outcome) {
        (Framing::Plain, Ok(envelope)) => (line(stdout, "", envelope), exit_code(outcome)),
        (Framing::Plain, Err(error)) => (line(stdout, "", error), exit_code(outcome)),
        (Framing::Turbine, Ok(envelope)) => (line(stdout, "::set-output ", envelope), 0),
        (Framing::Turbine, Err(error)) => (line(stderr, "::set-error ", error), 1),
    };
    code
}

/// Writes a text that was asked for, such as the usage.
pub fn write_text(text: &str, stdout: &mut impl Write) -> u8 {
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    0
}

/// The caller's reaction.
fn exit_code(outcome: &Result<Envelope, Error>) -> u8 {
    match outcome {
        Ok(Envelope::Applied(_)) => 0,
        Ok(Envelope::Report(_, code)) => *code,
        Err(error) => error.exit_code(),
    }
}

fn line(out: &mut impl Write, prefix: &str, value: &impl serde::Serialize) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(BUFFER_BYTES, out);
    out.write_all(prefix.as_bytes())?;
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

const BUFFER_BYTES: usize = 64 * 1024;
