//! One request, read off a connection as it came: nothing decoded, nothing lower-cased, and nothing forgiven that a strict
//! server would refuse.

use std::io::{self, Read, Write};

use super::form;

/// A request that was received to its last byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// As sent.
    pub method: String,
    /// As sent: the path and the query.
    pub target: String,
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub version: String,
    /// In the wire's case and order; values without the white space around them.
    pub headers: Vec<(String, String)>,
    /// Without its chunked framing, where it had one.
    pub body: Vec<u8>,
}

impl Recorded {
    /// The first value of a header, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The decoded pairs of the query; empty where there is none or it is broken.
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        form::parse(query.as_bytes()).unwrap_or_default()
    }

    /// The body's decoded pairs; empty where it is no form.
    pub fn form(&self) -> Vec<(String, String)> {
        form::parse(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the client wants the connection to end after the answer.
    pub fn wants_close(&self) -> bool {
        self.version == "HTTP/1.0"
            || self
                .header("Connection")
                .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// The media type of the body, without parameters, in lower case.
    pub fn media_type(&self) -> String {
        let value = self.header("Content-Type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// Why there is no request.
#[derive(Debug)]
pub enum NoRequest {
    /// The client went away, or sent nothing for too long, between two requests.
    Ended,
    /// The client went away, or fell silent, within a request.
    Partial,
    /// Not HTTP/1.1 as a strict server reads it, with the reason.
    Malformed(String),
}

/// The bytes that have come and are not used yet.
#[derive(Default)]
pub struct Incoming {
    bytes: Vec<u8>,
}

impl Incoming {
    /// Reads as far as the request line: enough to know which leg it is.
    pub fn line(&mut self, stream: &mut impl Read) -> Result<Recorded, NoRequest> {
        let line = self.text_line(stream)?;
        let parts: Vec<&str> = line.split(' ').collect();
        let [method, target, version] = parts[..] else {
            return malformed(format!("request line `{line}`"));
        };
        if !method.bytes().all(|byte| byte.is_ascii_uppercase()) || method.is_empty() {
            return malformed(format!("method `{method}`"));
        }
        if !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return malformed(format!("target `{target}`"));
        }
        if !["HTTP/1.1", "HTTP/1.0"].contains(&version) {
            return malformed(format!("version `{version}`"));
        }
        Ok(Recorded {
            method: method.to_owned(),
            target: target.to_owned(),
            version: version.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Reads the rest of the request that `line` began.
    pub fn rest(&mut self, stream: &mut (impl Read + Write), request: &mut Recorded) -> Result<(), NoRequest> {
        loop {
            let line = within(self.text_line(stream))?;
            if line.is_empty() {
                break;
            }
            match line.split_once(':') {
                Some((name, value)) if is_token(name) => {
                    request
                        .headers
                        .push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
                }
                _ => return malformed(format!("header line `{line}`")),
            }
        }
        let hosts = request
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("Host"))
            .count();
        if hosts != 1 && request.version == "HTTP/1.1" {
            return malformed(format!("{hosts} Host headers"));
        }
        if request
            .header("Expect")
            .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
        {
            stream
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                .map_err(|_| NoRequest::Partial)?;
        }
        request.body = self.body(stream, request)?;
        Ok(())
    }

    fn body(&mut self, stream: &mut impl Read, request: &Recorded) -> Result<Vec<u8>, NoRequest> {
        match (request.header("Transfer-Encoding"), request.header("Content-Length")) {
            (Some(_), Some(_)) => malformed("both Transfer-Encoding and Content-Length".to_owned()),
            (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => self.chunks(stream),
            (Some(coding), None) => malformed(format!("Transfer-Encoding `{coding}`")),
            (None, Some(length)) => match length.parse::<usize>() {
                Ok(length) if length <= MAX_BODY => self.exactly(stream, length),
                _ => malformed(format!("Content-Length `{length}`")),
            },
            (None, None) => Ok(Vec::new()),
        }
    }

    fn chunks(&mut self, stream: &mut impl Read) -> Result<Vec<u8>, NoRequest> {
        let mut body = Vec::new();
        loop {
            let line = within(self.text_line(stream))?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let Ok(size) = usize::from_str_radix(size, 16) else {
                return malformed(format!("chunk size `{line}`"));
            };
            if body.len() + size.min(MAX_BODY) > MAX_BODY || size > MAX_BODY {
                return malformed(format!("more than {MAX_BODY} bytes of body"));
            }
            if size == 0 {
                break;
            }
            body.extend(self.exactly(stream, size)?);
            if self.exactly(stream, 2)? != b"\r\n" {
                return malformed("chunk without its end".to_owned());
            }
        }
        while !within(self.text_line(stream))?.is_empty() {}
        Ok(body)
    }

    fn exactly(&mut self, stream: &mut impl Read, length: usize) -> Result<Vec<u8>, NoRequest> {
        while self.bytes.len() < length {
            within(self.more(stream))?;
        }
        Ok(self.bytes.drain(..length).collect())
    }

    /// One line without its CRLF. Bytes that are no UTF-8 are read as Latin-1.
    fn text_line(&mut self, stream: &mut impl Read) -> Result<String, NoRequest> {
        let mut seen = 0;
        let end = loop {
            if let Some(found) = self.bytes[seen..].iter().position(|byte| *byte == b'\n') {
                break seen + found;
            }
            seen = self.bytes.len();
            if seen > MAX_LINE {
                return malformed(format!("a line of more than {MAX_LINE} bytes"));
            }
            self.more(stream)?;
        };
        let mut line: Vec<u8> = self.bytes.drain(..=end).collect();
        line.pop();
        if line.pop() != Some(b'\r') {
            return malformed("a line that ends without CR".to_owned());
        }
        Ok(String::from_utf8(line)
            .unwrap_or_else(|error| error.into_bytes().iter().map(|byte| char::from(*byte)).collect()))
    }

    fn more(&mut self, stream: &mut impl Read) -> Result<(), NoRequest> {
        let nothing_yet = self.bytes.is_empty();
        let mut block = [0; 16_384];
        match stream.read(&mut block) {
            Ok(count) if count > 0 => {
                self.bytes.extend_from_slice(&block[..count]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            _ if nothing_yet => Err(NoRequest::Ended),
            _ => Err(NoRequest::Partial),
        }
    }
}

fn malformed<T>(what: String) -> Result<T, NoRequest> {
    Err(NoRequest::Malformed(what))
}

/// Once the request line is read, an end is an end within the request.
fn within<T>(result: Result<T, NoRequest>) -> Result<T, NoRequest> {
    result.map_err(|error| {
        if matches!(error, NoRequest::Ended) {
            NoRequest::Partial
        } else {
            error
        }
    })
}

/// RFC 9110 section 5.6.2: what a header's name is made of.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

const MAX_LINE: usize = 1 << 20;
const MAX_BODY: usize = 64 << 20;
