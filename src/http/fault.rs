//! A request that got no answer: what failed, and whether a byte of the request left this machine.

use std::fmt;

use crate::ground::cleaned::{Author, Cleaned, Gate, Words};

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
    /// No thread could be started to look it up.
    NoThread,
    /// The host could not be connected to.
    Connect,
    /// The proxy could not be used, for now.
    Proxy,
    /// The proxy refused, and would again.
    ProxyRefused(ProxyRefusal),
    /// TLS to the proxy itself failed.
    ProxyTls(TlsFault),
    /// TLS failed.
    Tls(TlsFault),
    /// The server refused this client in the handshake, before it took any request: it wants a certificate of it, say.
    ClientRefused,
    /// A time limit passed.
    TimedOut,
    /// The connection broke.
    Broken,
    /// The connection broke before an answer, and the server had asked for a client certificate: the words with which it
    /// refused this client may be lost.
    Uncertified,
    /// What came back is no HTTP.
    Unreadable,
    /// The request cannot be written: a header field is too long, or holds what no field can.
    Unsendable,
}

/// Why a proxy lets nobody through, whoever asks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyRefusal {
    /// It wants another user or password.
    Password,
    /// It wants a user and a password, and was shown none.
    NoPassword,
    /// It takes passwords in none of the ways that are spoken here.
    Scheme,
    /// Its rules forbid it.
    Rules,
    /// It takes no address of this kind.
    Address,
    /// It sends to a page at which a person signs in.
    Portal,
    /// It is no such proxy.
    NoProxy,
}

/// What TLS failed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// The certificate's issuer is not trusted.
    UnknownIssuer,
    /// The same, and the server has sent no certificate above its own.
    MissingIntermediate,
    /// The certificate is its own issuer, and nobody has said that it is trusted.
    SelfSigned,
    /// A signature by a certificate of the chain does not hold.
    Signature,
    /// The certificate is past its end, or not yet valid.
    Expired,
    /// The certificate is for another host.
    WrongHost,
    /// The certificate is a CA's own, such as `openssl req -x509` makes, and no server's.
    CaAsServer,
    /// The certificate, or one above it, is not as it has to be, or cannot be checked.
    Certificate,
    /// What answered does not speak TLS.
    NoTls,
    /// Both ends have no version or kind of TLS in common.
    Versions,
    /// Something that another try may not meet.
    Passing,
    /// Anything else, which stays.
    Other,
}

/// Whether a request can have reached anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It cannot: not all of it left this machine, or the other end refused this client before it took any request.
    Nothing,
    /// All of it left.
    Perhaps,
}

impl Fault<Words> {
    /// The same in words that may be shown: the other end may have had a part in them.
    pub(super) fn cleaned(self, gate: &Gate, author: Author) -> Fault {
        Fault {
            kind: self.kind,
            sent: self.sent,
            detail: gate.say(self.detail, author),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}
