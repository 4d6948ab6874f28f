//! One HTTP/1.1 answer as the wire carries it: names in the case given, headers in the order given, any reason or none.

use super::coding::Coding;

/// An answer in parts. What is not said in `headers` about length and coding is added at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The text after `HTTP/1.1 `, such as `200 OK`, `200` or `299 Nearly All Right`; or a whole line from `HTTP/` on.
    pub status: String,
    /// Sent first, in this order and casing.
    pub headers: Vec<(String, String)>,
    /// Before it is packed.
    pub body: Vec<u8>,
    /// How the body is packed.
    pub coding: Coding,
    /// How the reader learns where the body ends.
    pub framing: Framing,
    /// Whether the connection ends after this answer.
    pub close: bool,
}

/// How the reader learns where the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `Content-Length`
    Length,
    /// `Transfer-Encoding: chunked`
    Chunked,
    /// Neither: the end of the connection is the end of the body.
    UntilClose,
}

impl Answer {
    /// An answer without headers or body.
    pub fn new(status: &str) -> Self {
        Self {
            status: status.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            coding: Coding::Identity,
            framing: Framing::Length,
            close: false,
        }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this coding, named where the old one was.
    #[must_use]
    pub fn coded(mut self, coding: Coding) -> Self {
        self.coding = coding;
        let place = self.place("Content-Encoding");
        match (coding.label(), place) {
            (Some(label), Some(place)) => self.headers[place].1 = label.to_owned(),
            (None, Some(place)) => drop(self.headers.remove(place)),
            (_, None) => (),
        }
        if coding == Coding::TransferGzip {
            self.framing = Framing::Chunked;
            self.headers
                .retain(|(name, _)| !name.eq_ignore_ascii_case("Transfer-Encoding"));
        }
        self
    }

    /// With another framing, and no header left that speaks of the old one.
    #[must_use]
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self.headers.retain(|(name, _)| {
            !name.eq_ignore_ascii_case("Transfer-Encoding") && !name.eq_ignore_ascii_case("Content-Length")
        });
        self
    }

    /// The bytes of the status line and the headers, up to and with the empty line.
    pub fn head(&self, body_bytes: usize) -> Vec<u8> {
        let line = if self.status.starts_with("HTTP/") {
            String::new()
        } else {
            "HTTP/1.1 ".to_owned()
        };
        let mut head = format!("{line}{}\r\n", self.status);
        for (name, value) in self.headers.iter().cloned().chain(self.added(body_bytes)) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The whole answer.
    pub fn to_wire(&self) -> Vec<u8> {
        self.to_wire_with(&self.coding.encode(&self.body))
    }

    /// The whole answer around a body that is packed already.
    pub fn to_wire_with(&self, packed: &[u8]) -> Vec<u8> {
        let mut wire = self.head(packed.len());
        if self.framing == Framing::Chunked {
            for chunk in packed.chunks(CHUNK) {
                wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
        } else {
            wire.extend_from_slice(packed);
        }
        wire
    }

    /// Whether the connection cannot go on after this answer.
    pub fn ends_connection(&self) -> bool {
        self.close || self.framing == Framing::UntilClose
    }

    fn added(&self, body_bytes: usize) -> Vec<(String, String)> {
        let mut added = Vec::new();
        let mut add = |name: &str, value: &str| {
            if self.place(name).is_none() {
                added.push((name.to_owned(), value.to_owned()));
            }
        };
        if let Some(label) = self.coding.label() {
            add("Content-Encoding", label);
        }
        let bodiless = self.body.is_empty() && ["204", "304"].iter().any(|code| self.status.starts_with(code));
        match self.framing {
            Framing::Chunked if self.coding == Coding::TransferGzip => add("Transfer-Encoding", "gzip, chunked"),
            Framing::Chunked => add("Transfer-Encoding", "chunked"),
            Framing::Length if !bodiless => add("Content-Length", &body_bytes.to_string()),
            Framing::Length | Framing::UntilClose => (),
        }
        if self.ends_connection() {
            add("Connection", "close");
        }
        added
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.headers
            .iter()
            .position(|(found, _)| found.eq_ignore_ascii_case(name))
    }
}

/// Small enough that an incident takes several.
const CHUNK: usize = 2_048;
