//! How an answer goes out: what bytes, how fast, and how the connection goes on or ends after them.

use std::io::Write;
use std::time::{Duration, Instant};

use super::answer::{Answer, Framing};
use super::coding::Coding;
use super::connection::{Connection, OpenConnections};
use super::fault::{Fault, Late};

/// An answer on its way.
pub struct Delivery {
    bytes: Vec<u8>,
    /// Between two bytes; all at once where zero.
    drip: Duration,
    then: Then,
}

enum Then {
    NextRequest,
    Close,
    Cut,
    Reset,
    Hang,
    Repeat(Vec<u8>),
}

impl Delivery {
    /// The usual answer as it is.
    pub fn usual(answer: &Answer) -> Self {
        let then = if answer.ends_connection() {
            Then::Close
        } else {
            Then::NextRequest
        };
        Self {
            bytes: answer.to_wire(),
            drip: Duration::ZERO,
            then,
        }
    }

    /// These bytes, then the end of the connection.
    pub fn raw(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            drip: Duration::ZERO,
            then: Then::Close,
        }
    }

    /// The same, one byte at a time.
    #[must_use]
    pub fn dripping(self, every: Duration) -> Self {
        Self { drip: every, ..self }
    }

    /// What the fault makes of the usual answer.
    pub fn faulty(fault: Fault, usual: Answer) -> Self {
        match fault {
            Fault::Delay(_) | Fault::DelayUntil(_) | Fault::RevokeToken => Self::usual(&usual),
            Fault::ResetBeforeRead | Fault::ResetAfterRead | Fault::ResetAfterChange => Self::end(Then::Reset),
            Fault::CloseBeforeRead | Fault::CloseAfterChange => Self::end(Then::Close),
            Fault::HangBeforeChange | Fault::HangAfterChange => Self::end(Then::Hang),
            Fault::CutAnswer { at } | Fault::CutBeforeChange { at } => {
                let mut bytes = usual.to_wire();
                bytes.truncate(at);
                Self {
                    bytes,
                    drip: Duration::ZERO,
                    then: Then::Cut,
                }
            }
            Fault::DripAnswer { every } => Self {
                drip: every,
                ..Self::usual(&usual)
            },
            Fault::Status {
                code, headers, body, ..
            } => Self::usual(&Answer {
                headers,
                ..Answer::new(&status(code)).body(body)
            }),
            Fault::Raw { bytes, .. } => Self::raw(bytes),
            Fault::Redirect { code, location } => {
                Self::usual(&Answer::new(&status(code)).header("Location", &location))
            }
            Fault::Html { code } => Self::usual(&page(code)),
            Fault::Coding(coding) => Self::usual(&usual.coded(coding)),
            Fault::Sized(coding) => Self::usual(&usual.coded(coding).framed(Framing::Length)),
            Fault::EndlessHeaders => Self::endless(
                b"HTTP/1.1 200 OK\r\n",
                format!("X-Endless: {}\r\n", "e".repeat(100)).as_bytes(),
            ),
            Fault::EndlessBody => {
                let head = usual.coded(Coding::Identity).framed(Framing::Chunked).head(0);
                Self::endless(&head, format!("400\r\n{}\r\n", " ".repeat(0x400)).as_bytes())
            }
            Fault::Endless100 => Self::endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            Fault::ManyHeaders(count) => {
                let more = (0..count).map(|number| (format!("X-More-{number}"), "m".to_owned()));
                Self::usual(&Answer {
                    headers: usual.headers.iter().cloned().chain(more).collect(),
                    ..usual
                })
            }
            Fault::BigHeader(bytes) => Self::usual(&usual.header("X-Big", &"b".repeat(bytes))),
            Fault::Bomb { coding, decoded_bytes } => {
                let answer = usual.coded(coding).framed(Framing::Length);
                let packed = coding.encode_padded(&answer.body, decoded_bytes);
                Self {
                    bytes: answer.to_wire_with(&packed),
                    ..Self::usual(&answer)
                }
            }
            Fault::LateVisible { answer, .. } | Fault::Half { answer, .. } | Fault::Merged { answer, .. } => {
                match answer {
                    Late::Usual => Self::usual(&usual),
                    Late::Unavailable => Self::usual(&Answer::new(&status(503)).body("Service unavailable")),
                    Late::Close => Self::end(Then::Close),
                    Late::Reset => Self::end(Then::Reset),
                }
            }
        }
    }

    /// Sends it. Gives the connection back where another request may follow.
    pub fn carry_out(self, mut connection: Connection, open: &OpenConnections, limit: Duration) -> Option<Connection> {
        let sent = if self.drip.is_zero() {
            connection.write_all(&self.bytes)
        } else {
            // Each at its own time since the first: where a machine is busy, thousands of pauses that end a little late are seconds.
            let mut due = Instant::now();
            self.bytes.chunks(1).try_for_each(|byte| {
                due += self.drip;
                open.pause(due.saturating_duration_since(Instant::now()));
                connection.write_all(byte)
            })
        };
        // Where the client is gone there is nobody left to be told.
        sent.and_then(|()| connection.flush()).ok()?;
        match self.then {
            Then::NextRequest => return Some(connection),
            Then::Close => connection.close(),
            Then::Cut => connection.cut(),
            Then::Reset => connection.reset(),
            Then::Hang => connection.hang(limit),
            Then::Repeat(block) => {
                let until = Instant::now() + limit;
                while Instant::now() < until && connection.write_all(&block).is_ok() {}
            }
        }
        None
    }

    fn end(then: Then) -> Self {
        Self {
            bytes: Vec::new(),
            drip: Duration::ZERO,
            then,
        }
    }

    fn endless(head: &[u8], piece: &[u8]) -> Self {
        Self {
            bytes: head.to_vec(),
            drip: Duration::ZERO,
            then: Then::Repeat(piece.repeat(64)),
        }
    }
}

/// The status line's text with the usual reason.
pub(crate) fn status(code: u16) -> String {
    let reason = match code {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unnamed",
    };
    format!("{code} {reason}")
}

fn page(code: u16) -> Answer {
    let title = status(code);
    Answer::new(&title)
        .header("Content-Type", "text/html; charset=utf-8")
        .body(format!(
            "<!DOCTYPE html>\r\n<html><head><title>{title}</title></head>\r\n\
         <body><center><h1>{title}</h1></center><hr><center>gateway</center></body></html>\r\n"
        ))
}
