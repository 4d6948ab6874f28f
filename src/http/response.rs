//! What comes back: the answer to a request, as it may be shown and as decisions are made on it.

use std::fmt;
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::ground::cleaned::{Author, Body, Cleaned, Gate, Wire, Words};

/// An answer whose head arrived: what may be shown of it, and what only decisions may be made on.
#[derive(Debug)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// The reason phrase, which may be empty.
    pub reason: Cleaned,
    /// Header fields: names in their own case, in the order of the wire.
    pub headers: Vec<(Cleaned, Cleaned)>,
    /// The body with its coding undone; empty where `unreadable` says why it could not be read.
    pub body: Body,
    /// Why the body could not be read: cut short, too large, or wrongly coded.
    pub unreadable: Option<Cleaned>,
    raw: Raw,
}

/// An answer as it came. It is not shown, so its `Debug` says nothing.
struct Raw {
    headers: Vec<(Wire, Wire)>,
    /// Where it is not the same as the clean one.
    body: Option<Zeroizing<Vec<u8>>>,
}

/// An answer as it was on the wire, before it is cleaned.
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) reason: Wire,
    pub(super) headers: Vec<(Wire, Wire)>,
    pub(super) body: Vec<u8>,
    pub(super) unreadable: Option<Words>,
}

impl Response {
    /// A header field's first value, the name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Cleaned> {
        let named = |(known, _): &&(Cleaned, Cleaned)| known.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| value)
    }

    /// All values of a header field, line by line, as they came: to decide on and not to show.
    pub(super) fn expose_headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.raw.values(name)
    }

    /// The moment of the answer by the other end's clock, cut to the second.
    #[must_use]
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.expose_header("Date")?).ok()
    }

    /// The same as it came, to decide on and not to show.
    #[must_use]
    pub fn expose_header(&self, name: &str) -> Option<&str> {
        self.raw.values(name).next()
    }

    /// The body as it came, to decide on and not to show.
    #[must_use]
    pub fn expose_body(&self) -> &[u8] {
        self.raw.body.as_ref().map_or(&self.body, |raw| raw.as_slice())
    }
}

impl Received {
    /// What may be shown of it, beside what decisions are made on.
    pub(super) fn cleaned(self, gate: &Gate, author: Author) -> Response {
        // First, since the head of an answer that holds a token may repeat it.
        let (body, raw_body) = match self.status {
            200..300 => gate.body(self.body, author),
            _ => gate.refusal(self.body, author),
        };
        Response {
            status: self.status,
            headers: gate.fields(&self.headers, author),
            reason: gate.text(self.reason, author),
            body,
            unreadable: self.unreadable.map(|problem| gate.say(problem, author)),
            raw: Raw {
                headers: self.headers,
                body: raw_body.map(Zeroizing::new),
            },
        }
    }
}

impl Raw {
    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.expose().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.expose())
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raw")
    }
}

impl Response {
    /// An answer that nobody sent, for tests and measurements of what is made of one; it has been through the gate too.
    #[must_use]
    pub fn sample(status: u16, headers: &[(&str, &str)], body: Vec<u8>) -> Self {
        let received = Received {
            status,
            reason: Wire::default(),
            headers: headers
                .iter()
                .map(|(name, value)| (Wire::new(*name), Wire::new(*value)))
                .collect(),
            body,
            unreadable: None,
        };
        received.cleaned(&Gate::default(), Author::Service)
    }
}
