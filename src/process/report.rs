//! The one writer of stdout: what came out of a run, in the framing that was asked for.

use std::io::{self, Write};

use crate::outcome::envelope::Envelope;
use crate::outcome::error::Error;
use crate::process::settings::Framing;

/// Writes the outcome and returns the exit code. A reader who went away is no error of ours: what was done is done.
pub fn write(
    outcome: &Result<Envelope, Error>,
    framing: Framing,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> u8 {
    let code = exit_code(outcome);
    let (written, code) = match (framing, outcome) {
        (Framing::Plain, Ok(envelope)) => (line(stdout, "", envelope), code),
        (Framing::Plain, Err(error)) => (line(stdout, "", error), code),
        (Framing::Turbine, Ok(envelope)) if code == 0 => (line(stdout, "::set-output ", envelope), 0),
        (Framing::Turbine, Ok(report)) => (line(stderr, "::set-error ", report), 1),
        (Framing::Turbine, Err(error)) => (line(stderr, "::set-error ", error), 1),
    };
    tell_of_failure(written);
    code
}

/// A full disk is worth a word, which may find its way where the rest did not.
fn tell_of_failure(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        log::error!("the output could not be written, and the exit code is all that tells of it: {error}");
    }
}

/// Writes a text that was asked for, such as the usage.
pub fn write_text(text: &str, stdout: &mut impl Write) -> u8 {
    tell_of_failure(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
    0
}

/// The caller's reaction.
fn exit_code(outcome: &Result<Envelope, Error>) -> u8 {
    match outcome {
        Ok(Envelope::Applied(_)) => 0,
        Ok(Envelope::ReadOnly(reading)) => reading.exit_code(),
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
