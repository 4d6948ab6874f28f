//! A request that got no answer: what failed, and whether a byte of the request left this machine.

use std::fmt;

use crate::ground::cleaned::{Author, Cleaned, Gate};

/// A request that got no answer.
#[derive(Debug)]
pub struct Fault<Text = Cleaned> {
    /// What failed.
    pub kind: FaultKind,
    /// Whether the request can have reached anybody.
    pub sent: Sent,
    /// What failed, in words.
    pub detail: Text,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The host's name could not be looked up.
    Lookup,
    /// The host could not be connected to.
    Connect,
    /// The proxy could not be used, for now.
    Proxy,
    /// The proxy refused, and would again: it wants another password, or lets nobody through to there.
    ProxyRefused,
    /// The TLS handshake failed.
    Tls(TlsFault),
    /// A time limit passed.
    TimedOut,
    /// The connection broke.
    Broken,
    /// What came back is no HTTP, or its head is too large.
    Unreadable,
}

/// What a failed handshake was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// The certificate's issuer is not trusted.
    UnknownIssuer,
    /// The certificate is past its end, or not yet valid.
    Expired,
    /// The certificate is for another host.
    WrongHost,
    /// The certificate is a CA's own, such as `openssl req -x509` makes, and no server's.
    CaAsServer,
    /// Anything else.
    Other,
}

/// Whether a request can have reached anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// No byte of it left this machine.
    Nothing,
    /// Some of it did.
    Perhaps,
}

impl Fault<String> {
    /// The same in words that may be shown: the other end may have had a part in them.
    pub(super) fn cleaned(self, gate: &Gate, author: Author) -> Fault {
        Fault {
            kind: self.kind,
            sent: self.sent,
            detail: gate.text(self.detail, author),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}
