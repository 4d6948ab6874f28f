//! The one writer of stdout: what came out of a run, in the framing that was asked for.

use std::io::{self, Write};

use crate::outcome::envelope::Envelope;
use crate::outcome::shown::Outcome;
use crate::process::framing::{Frame, Streams};

/// Writes the outcome and returns the exit code. A reader who went away is no error of ours: what was done is done.
pub fn write(outcome: &Outcome, frame: &Frame, stdout: &mut impl Write, stderr: &mut impl Write) -> u8 {
    let (written, code) = frame.write(outcome, exit_code(outcome), Streams { stdout, stderr });
    match tell_of_failure(written) {
        Ok(()) => code,
        // Whoever waits for the outcome has none, and has to look for it.
        Err(()) if code == 0 => frame.exit_code(without_outcome(outcome)),
        Err(()) => code,
    }
}

/// The reaction to a success of which nothing could be told.
fn without_outcome(outcome: &Outcome) -> u8 {
    match outcome.as_ref().map(|shown| &**shown) {
        Ok(Envelope::Report(..)) => NOT_WRITTEN,
        _ => APPLIED_UNREAD,
    }
}

/// A full disk is worth a word, which may find its way where the rest did not. A reader who went away is no failure.
fn tell_of_failure(written: io::Result<()>) -> Result<(), ()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            log::error!("the output could not be written, and the exit code is all that tells of it: {error}");
            Err(())
        }
        _ => Ok(()),
    }
}

/// Writes a text that was asked for, such as the usage.
pub fn write_text(text: &str, stdout: &mut impl Write) -> u8 {
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    tell_of_failure(written).map_or(NOT_WRITTEN, |()| 0)
}

/// The caller's reaction.
fn exit_code(outcome: &Outcome) -> u8 {
    match outcome.as_ref().map(|shown| &**shown) {
        Ok(Envelope::Applied(_)) => 0,
        Ok(Envelope::ReadOnly(reading)) => reading.exit_code(),
        Ok(Envelope::Report(_, code)) => *code,
        Err(error) => error.exit_code(),
    }
}

/// Nothing was changed, and it may be tried again.
const NOT_WRITTEN: u8 = 3;

/// The incident has to be read.
const APPLIED_UNREAD: u8 = 4;
