//! A connection as the HTTP crate drives it. The crate writes requests and finds the ends of bodies; what it does not do is
//! done here: the head is read as it was on the wire, an answer that comes while the request is still being written is
//! read, an end that is no proper end is told from one that is, and it is known whether all of a request left.

mod answer;

use std::fmt;
use std::io;
use std::time::Instant;

use http::Uri;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use super::deadline::{deadline, timed_out};
use super::fault::{Fault, FaultKind, Sent};
use super::head;
use super::kept::Kept;
use super::seen::{CLOSED, Seen};
use super::socket::{self, Gone, Ready, Stream};
use super::tls_fault;

/// The connection.
pub(super) struct Line {
    stream: Box<dyn Stream>,
    buffers: LazyBuffers,
    seen: Seen,
    /// What is to be sent: head and body leave together, at the latest once the answer is awaited.
    output: Vec<u8>,
    /// What came, up to the end of the head; then what came with it of the body.
    input: Vec<u8>,
    stage: Stage,
    /// Where the connection is left once its answer is read, and for which host.
    keep: (Kept, Uri),
    /// Whether an answer came over it before.
    is_used: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing has been written.
    Silent,
    /// The request is being written.
    Writing,
    /// An answer has begun; what is left of the request is for nobody.
    Answered,
    /// The head is with the HTTP crate, and the rest is the body.
    Body,
}

impl Line {
    pub(super) fn new(stream: Box<dyn Stream>, seen: Seen, keep: (Kept, Uri), is_used: bool) -> Self {
        Self {
            stream,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            seen,
            output: Vec::new(),
            input: Vec::new(),
            stage: Stage::Silent,
            keep,
            is_used,
        }
    }

    /// Writes what is there. `last` says that nothing is to come.
    fn send(&mut self, last: bool, until: Instant) -> Result<(), ureq::Error> {
        if self.stage == Stage::Silent {
            self.look_first()?;
            self.stage = Stage::Writing;
        }
        let output = std::mem::take(&mut self.output);
        let mut left = output.as_slice();
        while self.stage == Stage::Writing {
            let error = match socket::write_some(&mut *self.stream, &mut left) {
                Ok(()) => break,
                Err(error) => error,
            };
            if error.kind() != io::ErrorKind::WouldBlock {
                // Whoever has answered and gone may have left the answer.
                if !self.early()? {
                    return Err(self.broken(&error));
                }
            } else if self.wait(true, until)? == Ready::Read {
                self.early()?;
            }
        }
        if last && self.stage == Stage::Writing {
            self.seen.left();
        }
        Ok(())
    }

    /// Bytes that were there before the request left are no answer to it.
    fn look_first(&mut self) -> Result<(), ureq::Error> {
        match self.stream.read_now(&mut [0]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(self.broken(&error)),
            Ok(0) => Err(self.broken(&io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Err(self.seen.failed(FaultKind::Unreadable, SPOKE_FIRST)),
        }
    }

    /// Reads what has come while the request was being written, and says whether that is an answer.
    fn early(&mut self) -> Result<bool, ureq::Error> {
        let mut piece = [0; 4096];
        loop {
            match self.stream.read_now(&mut piece) {
                Ok(0) => break,
                Ok(amount) => self.input.extend_from_slice(piece.get(..amount).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if tls_fault::of_connection(&error, false).is_some() => return Err(self.broken(&error)),
                Err(_) => break,
            }
            if self.input.len() > INPUT_BYTES {
                break;
            }
        }
        let answered = !self.input.is_empty() && head::has_begun(&self.input);
        if answered {
            self.stage = Stage::Answered;
        }
        Ok(answered)
    }

    fn wait(&mut self, for_room: bool, until: Instant) -> Result<Ready, ureq::Error> {
        let waited = self.stream.wait(for_room, until);
        waited.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => timed_out(),
            _ => self.broken(&error),
        })
    }

    /// What a broken connection means. A server that refuses this client in the handshake of TLS 1.3 is heard only after it.
    fn broken(&self, error: &io::Error) -> ureq::Error {
        let wanted = self.stream.wanted_certificate();
        let words = match tls_fault::of_connection(error, wanted) {
            Some((FaultKind::ClientRefused, words)) if self.is_unanswered() => {
                return self.seen.fail(Fault {
                    kind: FaultKind::ClientRefused,
                    sent: Sent::Nothing,
                    detail: words,
                });
            }
            Some((_, words)) => words,
            None if error.kind() == io::ErrorKind::UnexpectedEof => CLOSED.to_owned(),
            None => error.to_string(),
        };
        if wanted && self.is_unanswered() {
            self.seen.failed(FaultKind::Uncertified, format!("{words}{WANTED}"))
        } else {
            self.seen.failed(FaultKind::Broken, words)
        }
    }

    /// Whether nothing has ever come over it: what is refused later is no handshake.
    fn is_unanswered(&self) -> bool {
        !self.is_used && self.input.is_empty() && self.stage != Stage::Body
    }
}

impl Transport for Line {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if self.stage == Stage::Answered {
            return Ok(());
        }
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        self.output.extend_from_slice(output);
        if self.output.len() >= OUTPUT_BYTES {
            // The last byte stays here until the answer is awaited: then it is known that it was the last.
            let last = self.output.split_off(self.output.len() - 1);
            let sent = self.send(false, deadline(timeout));
            self.output = last;
            sent?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let until = deadline(timeout);
        match self.stage {
            Stage::Body => return self.read_body(until),
            Stage::Silent | Stage::Writing => self.send(true, until)?,
            Stage::Answered => {}
        }
        self.read_head(until)?;
        Ok(true)
    }

    /// Asked once an answer is read to its proper end, whether the connection can serve another request. Not one of the HTTP
    /// crate's: it is left where the next request finds it.
    fn is_open(&mut self) -> bool {
        if self.input.is_empty() && self.seen.lasts() {
            let stream = std::mem::replace(&mut self.stream, Box::new(Gone));
            self.keep.0.leave(stream, self.keep.1.clone());
        }
        false
    }

    /// Said of every connection: what has to be TLS is.
    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

const SPOKE_FIRST: &str = "the other end spoke before it was asked anything";
const WANTED: &str = "; it had asked for a client certificate, and client certificates are not supported";

/// What is read at once of a body. A run moves a few kilobytes twice; the crate's default of 128 KiB each way costs more to
/// clear than to use.
pub(super) const INPUT_BYTES: usize = 32 * 1024;

/// What is written at once, and the longest line of a request's head.
pub(super) const OUTPUT_BYTES: usize = 16 * 1024;
