//! What can go wrong on the way, on demand. A fault is queued on a leg and taken by one request there, in order.

use std::time::{Duration, Instant};

use super::coding::Coding;

/// Which conversation a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leg {
    /// Any request that asks for a token.
    Token,
    /// The PATCH of an incident, through either API: all of an update through Defender, its values through Graph.
    Patch,
    /// `POST …/v1.0/security/incidents/{id}/comments`, Graph's alone.
    Comment,
    /// The reading of an incident, through either API.
    Get,
}

/// One deviation. "The change" is the update of the incident, or on the token leg the token's becoming valid; it happens
/// unless the text says otherwise, and only where the request deserves it: a refused request changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Waits, then does all as usual.
    Delay(Duration),
    /// Waits until then, then does all as usual.
    DelayUntil(Instant),
    /// FIN as soon as the request line has come: nothing changed, nothing recorded.
    CloseBeforeRead,
    /// RST as soon as the request line has come: nothing changed, nothing recorded.
    ResetBeforeRead,
    /// RST after the whole request: nothing changed.
    ResetAfterRead,
    /// RST in place of the answer.
    ResetAfterChange,
    /// FIN in place of the answer.
    CloseAfterChange,
    /// No answer ever: nothing changed.
    HangBeforeChange,
    /// No answer ever.
    HangAfterChange,
    /// The answer's first `at` bytes on the wire, then FIN (over TLS: without close_notify).
    CutAnswer {
        /// Bytes of HTTP, not of TLS.
        at: usize,
    },
    /// The same, and nothing changed.
    CutBeforeChange {
        /// Bytes of HTTP, not of TLS.
        at: usize,
    },
    /// The usual answer one byte at a time.
    DripAnswer {
        /// Between two bytes.
        every: Duration,
    },
    /// Another answer.
    Status {
        /// Its status; the reason is the usual one.
        code: u16,
        /// Whether the update is applied first.
        change: bool,
        /// Besides `Content-Length`.
        headers: Vec<(String, String)>,
        /// As sent.
        body: String,
    },
    /// Any bytes, then the end of the connection.
    Raw {
        /// Whether the update is applied first.
        change: bool,
        /// As sent.
        bytes: Vec<u8>,
    },
    /// Sends the client elsewhere: nothing changed.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        code: u16,
        /// Where to.
        location: String,
    },
    /// A page for people, as gateways send it: nothing changed.
    Html {
        /// Its status.
        code: u16,
    },
    /// The usual answer, coded in this way whatever the client offered.
    Coding(Coding),
    /// The usual answer, coded in this way, with `Content-Length` in place of chunks.
    Sized(Coding),
    /// Headers without end.
    EndlessHeaders,
    /// A body without end.
    EndlessBody,
    /// `100 Continue` without end.
    Endless100,
    /// The usual answer with so many more headers.
    ManyHeaders(usize),
    /// The usual answer with one more header of so many bytes.
    BigHeader(usize),
    /// The usual body with spaces after it up to so many bytes, packed small.
    Bomb {
        /// How it is packed.
        coding: Coding,
        /// What it unpacks to.
        decoded_bytes: usize,
    },
    /// The change happens at once, but GET shows it only after a while.
    LateVisible {
        /// The while.
        after: Duration,
        /// What the client gets now.
        answer: Late,
    },
    /// A part of the change happens.
    Half {
        /// Which.
        half: Half,
        /// What the client gets; the usual answer shows just that part.
        answer: Late,
    },
    /// The incident is merged into another in the meantime.
    Merged {
        /// Into which.
        into: u64,
        /// Before the change or after it.
        merge: Merge,
        /// What the client gets.
        answer: Late,
    },
    /// A 401, and the token that came with the request is worth nothing from now on: nothing changed.
    RevokeToken,
}

/// A part of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// All but the comment.
    Values,
    /// The comment alone.
    Comment,
    /// What is named first.
    FirstKey,
}

/// When an incident is merged into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "each says when, of the change")]
pub enum Merge {
    /// After the change, whose comment moves too.
    AfterChange,
    /// Before the change, which is made to the incident that was asked for.
    BeforeChange,
    /// Nothing is changed, and it is merged.
    InsteadOfChange,
}

/// What the client gets in place of, or as, the usual answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// The usual answer.
    Usual,
    /// 503
    Unavailable,
    /// FIN in place of an answer.
    Close,
    /// RST in place of an answer.
    Reset,
}

impl Fault {
    /// Whether the change is kept.
    pub fn keeps_change(&self) -> bool {
        match self {
            Self::CloseBeforeRead
            | Self::ResetBeforeRead
            | Self::ResetAfterRead
            | Self::HangBeforeChange
            | Self::CutBeforeChange { .. }
            | Self::Redirect { .. }
            | Self::Html { .. }
            | Self::RevokeToken
            | Self::Merged {
                merge: Merge::InsteadOfChange,
                ..
            } => false,
            Self::Status { change, .. } | Self::Raw { change, .. } => *change,
            _ => true,
        }
    }

    /// Whether the request is not even read.
    pub fn before_read(&self) -> bool {
        matches!(self, Self::CloseBeforeRead | Self::ResetBeforeRead)
    }
}
