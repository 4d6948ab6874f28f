//! The one writer of stdout: what came out of a run, in the framing that was asked for.

use std::io::{self, Write};

use crate::outcome::envelope::Envelope;
use crate::outcome::error::Error;
use crate::process::framing::{Frame, Streams};

/// Writes the outcome and returns the exit code. A reader who went away is no error of ours: what was done is done.
pub fn write(outcome: &Result<Envelope, Error>, frame: &Frame, stdout: &mut impl Write, stderr: &mut impl Write) -> u8 {
    let (written, code) = frame.write(outcome, exit_code(outcome), Streams { stdout, stderr });
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
