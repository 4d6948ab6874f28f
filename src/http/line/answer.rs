//! Reading an answer off a connection: its head as it was on the wire, then its body piece by piece.

use std::io;
use std::time::Instant;

use ureq::unversioned::transport::Buffers;

use super::super::deadline::timed_out;
use super::super::fault::FaultKind;
use super::super::head::{self, Found};
use super::super::socket;
use super::{Line, Stage};

impl Line {
    /// Reads until the head is whole, and hands the HTTP crate one that it cannot misread.
    pub(super) fn read_head(&mut self, until: Instant) -> Result<(), ureq::Error> {
        let mut interim = 0;
        let head = loop {
            match head::find(&self.input) {
                Found::Whole(head, length) => {
                    self.input.drain(..length);
                    break head;
                }
                Found::NoHttp => return Err(self.seen.failed(FaultKind::Unreadable, NO_HTTP)),
                Found::Partial(start) => {
                    self.input.drain(..start);
                    interim += start;
                }
            }
            // Interim answers are done with, but not without end.
            if interim > MOST_OF_A_HEAD {
                return Err(self.seen.failed(FaultKind::Unreadable, "interim answers have no end"));
            }
            let ended = if self.input.len() < MOST_OF_A_HEAD {
                self.read_line(until)?
            } else {
                Some(None)
            };
            let Some(ended) = ended else { continue };
            let problem = if ended.is_some() { CUT_HEAD } else { LARGE_HEAD };
            // What there is of it counts.
            match (head::cut(&self.input, problem), ended) {
                (Some(head), _) => {
                    self.input.clear();
                    break Box::new(head);
                }
                (None, Some(error)) => return Err(self.broken(&error)),
                (None, None) => return Err(self.seen.failed(FaultKind::Unreadable, LARGE_HEAD)),
            }
        };
        self.give(head.synthetic().as_bytes());
        self.seen.answered(head);
        self.stage = Stage::Body;
        Ok(())
    }

    /// Reads up to the end of a line; the outer `Some` says that there is no more, the inner why.
    fn read_line(&mut self, until: Instant) -> Result<Option<Option<io::Error>>, ureq::Error> {
        loop {
            let mut piece = [0; 4096];
            match socket::read(&mut *self.stream, &mut piece, until) {
                Ok(0) => return Ok(Some(Some(io::ErrorKind::UnexpectedEof.into()))),
                Ok(amount) => {
                    let piece = piece.get(..amount).unwrap_or_default();
                    self.input.extend_from_slice(piece);
                    // What is no line can be no head, but may be no HTTP either.
                    if piece.contains(&b'\n') || self.input.len() < A_FIRST_LINE || self.input.len() >= MOST_OF_A_HEAD {
                        return Ok(None);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(timed_out()),
                Err(error) => return Ok(Some(Some(error))),
            }
        }
    }

    /// What came of the body.
    pub(super) fn read_body(&mut self, until: Instant) -> Result<bool, ureq::Error> {
        if !self.input.is_empty() {
            let room = self.buffers.input_append_buf().len();
            let piece: Vec<u8> = self.input.drain(..room.min(self.input.len())).collect();
            self.give(&piece);
            return Ok(true);
        }
        match socket::read(&mut *self.stream, self.buffers.input_append_buf(), until) {
            Ok(amount) => {
                self.buffers.input_appended(amount);
                Ok(amount > 0)
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(timed_out()),
            // Not as it is: the HTTP crate takes a reset for the end of a body whose end nothing else tells.
            Err(error) => Err(self.broken(&error)),
        }
    }

    fn give(&mut self, bytes: &[u8]) {
        let room = self.buffers.input_append_buf();
        let amount = bytes.len().min(room.len());
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.buffers.input_appended(amount);
    }
}

const NO_HTTP: &str = "what answered does not speak HTTP";

const CUT_HEAD: &str = "the answer breaks off in its head";

const LARGE_HEAD: &str = "the head of the answer is larger than 64 KiB";

/// Servers and proxies send heads of up to 32 KiB by default, few allow more.
const MOST_OF_A_HEAD: usize = 64 * 1024;

/// What tells HTTP from something else.
const A_FIRST_LINE: usize = 16;
