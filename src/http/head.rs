//! The head of an answer (RFC 9112), read as browsers and curl read it: a field that no parser can read is skipped. Where
//! that may be one which says how long or how coded the body is, the body cannot be relied on, and the head says so.

use super::body_length::{self, Framing, is_chunked};
use crate::ground::cleaned::Wire;

/// The head of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// HTTP status code, never an interim one.
    pub(super) status: u16,
    /// The reason phrase.
    pub(super) reason: Wire,
    /// The fields as they were on the wire: names in their own case, in order.
    pub(super) fields: Vec<(Wire, Wire)>,
    /// How the body ends.
    pub(super) framing: Framing,
    /// Why the body cannot be relied on.
    pub(super) problem: Option<String>,
    /// Whether it speaks a version in which connections last unless it is said that they do not.
    pub(super) is_1_1: bool,
}

/// What is at the beginning of what came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing that counts yet; what was before the byte at this place is done with: interim answers, empty lines.
    Partial(usize),
    /// A whole head, and where the body begins.
    Whole(Box<Head>, usize),
    /// Something that is no HTTP.
    NoHttp,
}

/// Looks for the first head that is not interim (RFC 9110, 15.2). 101 is one too: nobody has asked for another protocol.
pub(super) fn find(input: &[u8]) -> Found {
    let mut start = 0;
    loop {
        start += blank(input.get(start..).unwrap_or_default());
        let rest = input.get(start..).unwrap_or_default();
        if !may_be_http(rest) {
            return Found::NoHttp;
        }
        let Some(length) = end(rest) else {
            return Found::Partial(start);
        };
        match read(rest.get(..length).unwrap_or_default()) {
            None => return Found::NoHttp,
            Some(head) if head.status < 200 => start += length,
            Some(head) => return Found::Whole(Box::new(head), start + length),
        }
    }
}

/// What can be told of a head of which no more comes: its status, where the first line is whole.
pub(super) fn cut(input: &[u8], problem: &str) -> Option<Head> {
    let Found::Partial(start) = find(input) else {
        return None;
    };
    let rest = input.get(start..)?;
    // The last line may be half of one.
    let whole = rest.iter().rposition(|byte| *byte == b'\n')?;
    let head = read(rest.get(..=whole)?)?;
    (head.status >= 200).then(|| Head {
        framing: Framing::Length(0),
        problem: Some(problem.to_owned()),
        ..head
    })
}

/// The same, where the first line may be half of one too: its status is what a proxy has to say.
pub(super) fn cut_anywhere(input: &[u8]) -> Option<Head> {
    let begun = || {
        let Found::Partial(start) = find(input) else {
            return None;
        };
        let (status, reason) = status_line(input.get(start..)?)?;
        (status >= 200).then(|| Head {
            status,
            reason: Wire::new(text(reason)),
            ..Head::default()
        })
    };
    cut(input, "").or_else(begun)
}

/// Whether an answer that counts has begun: whoever still writes a request can stop.
pub(super) fn has_begun(input: &[u8]) -> bool {
    match find(input) {
        Found::Partial(start) => {
            let line = input.get(start..).unwrap_or_default();
            status_line(line).is_some_and(|(status, _)| status >= 200)
        }
        Found::Whole(..) | Found::NoHttp => true,
    }
}

impl Head {
    /// All values of a field, the name in any case.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Wire> {
        body_length::values(&self.fields, name)
    }

    /// The same, to decide on and not to show.
    pub(super) fn expose_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).map(Wire::expose)
    }

    /// The codings of the body, in the order in which they were applied: those of the content, then those of the transfer.
    pub(super) fn expose_codings(&self) -> impl Iterator<Item = &str> {
        let transfer = self
            .expose_values("Transfer-Encoding")
            .flat_map(|value| value.split(','));
        let transfer = transfer.filter(|coding| !is_chunked(coding));
        self.expose_values("Content-Encoding").chain(transfer)
    }

    /// Whether the connection can serve another request after the body's end.
    pub(super) fn lasts(&self) -> bool {
        let closes = || {
            let words = self.expose_values("Connection").flat_map(|value| value.split(','));
            words.map(str::trim).any(|word| word.eq_ignore_ascii_case("close"))
        };
        self.is_1_1 && self.framing != Framing::UntilClose && self.problem.is_none() && !closes()
    }

    /// The same head as the HTTP crate needs it: what is left is for it to find the body's end.
    pub(super) fn synthetic(&self) -> String {
        let framing = match self.framing {
            Framing::UntilClose => String::new(),
            Framing::Length(length) => format!("Content-Length: {length}\r\n"),
            Framing::Chunked => "Transfer-Encoding: chunked\r\n".to_owned(),
        };
        format!("HTTP/1.1 {} -\r\n{framing}\r\n", self.status)
    }
}

/// Reads a head, empty line and all; nothing where its first line is no status line.
fn read(bytes: &[u8]) -> Option<Head> {
    let (first, rest) = line(bytes)?;
    let (status, reason) = status_line(first)?;
    let mut head = Head {
        status,
        reason: Wire::new(text(reason)),
        is_1_1: first
            .get(..8)
            .is_some_and(|version| version.eq_ignore_ascii_case(b"HTTP/1.1")),
        ..Head::default()
    };
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut rest = rest;
    // Whether the last line is one that a folded line can belong to.
    let mut kept = false;
    while let Some((this, after)) = line(rest) {
        rest = after;
        if this.is_empty() {
            continue;
        }
        if this.starts_with(b" ") || this.starts_with(b"\t") {
            // A folded line (RFC 9112, 5.2) goes on where the one before ended.
            if let Some((_, value)) = fields.last_mut().filter(|_| kept) {
                let more = text(this.trim_ascii());
                value.push_str(if value.is_empty() { "" } else { " " });
                value.push_str(&more);
            }
            continue;
        }
        kept = match field(this) {
            Some(field) => {
                fields.push(field);
                true
            }
            None => {
                if let Some(name) = FRAMING_FIELDS.iter().find(|name| may_be(this, name)) {
                    head.problem = Some(format!("its head has a `{name}` that cannot be read"));
                }
                false
            }
        };
    }
    head.fields = fields
        .into_iter()
        .map(|(name, value)| (Wire::new(name), Wire::new(value)))
        .collect();
    match body_length::framing(&head.fields) {
        Ok(framing) => head.framing = framing,
        Err(problem) => head.problem = head.problem.or(Some(problem)),
    }
    if head.problem.is_some() {
        head.framing = Framing::Length(0);
    }
    Some(head)
}

/// `HTTP/1.1 200 OK`, with or without a reason.
fn status_line(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let line = line(bytes).map_or(bytes, |(line, _)| line);
    let rest = line
        .get(..5)
        .filter(|start| start.eq_ignore_ascii_case(b"HTTP/"))
        .and(line.get(5..))?;
    let blank = rest.iter().position(|byte| *byte == b' ' || *byte == b'\t')?;
    let (version, rest) = rest.split_at_checked(blank)?;
    if version.is_empty() || !version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let (digits, reason) = rest.split_at_checked(3)?;
    let status = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let ends = reason.first().is_none_or(u8::is_ascii_whitespace);
    let status = status.parse().ok().filter(|status| ends && *status >= 100)?;
    Some((status, reason.trim_ascii()))
}

fn field(line: &[u8]) -> Option<(String, String)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?.trim_ascii());
    let name = std::str::from_utf8(name).ok().filter(|name| is_token(name))?;
    let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    if value.iter().any(is_control) {
        return None;
    }
    Some((name.to_owned(), text(value)))
}

fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

/// Whether a line that is no field may have been meant for this one: its letters are there, at the start or in the name.
fn may_be(line: &[u8], name: &str) -> bool {
    let letters = |bytes: &[u8]| -> String {
        let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic());
        letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
    };
    let named = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let name = letters(name.as_bytes());
    letters(line).starts_with(&name) || letters(named).contains(&name)
}

/// Field values are ASCII by the standard, and UTF-8 or Latin-1 by those who break it.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The first line without its end, and what comes after it.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = bytes.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), bytes.get(end + 1..)?))
}

/// Where a head ends: after its first empty line.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.find_map(|(place, _)| match bytes.get(place + 1..)? {
        [b'\n', ..] => Some(place + 2),
        [b'\r', b'\n', ..] => Some(place + 3),
        _ => None,
    })
}

/// Empty lines before an answer are skipped (RFC 9112, 2.2).
fn blank(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| **byte == b'\r' || **byte == b'\n')
        .count()
}

fn may_be_http(bytes: &[u8]) -> bool {
    let known = bytes.len().min(b"HTTP/".len());
    bytes
        .get(..known)
        .is_some_and(|start| start.eq_ignore_ascii_case(&b"HTTP/"[..known]))
}

const FRAMING_FIELDS: [&str; 3] = ["Content-Length", "Transfer-Encoding", "Content-Encoding"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> Head {
        match find(text.as_bytes()) {
            Found::Whole(head, length) => {
                assert_eq!(length, text.len(), "{text:?}");
                *head
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }

    fn with(fields: &str) -> Head {
        whole(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n"))
    }

    #[test]
    fn interim_heads_are_passed_over() {
        let both = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 101 S\r\n\r\nHTTP/1.1 200 Nearly All Right\r\nOData-Version: 4.0\r\nX: \xe9\r\n\r\n{}";
        let Found::Whole(head, length) = find(both) else {
            panic!("it is whole")
        };
        assert_eq!((head.status, head.reason.expose()), (200, "Nearly All Right"));
        let fields: Vec<(&str, &str)> = head
            .fields
            .iter()
            .map(|(name, value)| (name.expose(), value.expose()))
            .collect();
        assert_eq!(fields, [("OData-Version", "4.0"), ("X", "é")]);
        assert_eq!(&both[length..], b"{}");
    }

    #[test]
    fn half_a_head_is_none_yet() {
        assert_eq!(find(b"HTTP/1.1 200 OK\r\nDa"), Found::Partial(0));
        assert_eq!(find(b"HTTP/1.1 103 x\r\n\r\n"), Found::Partial(18));
        assert_eq!(find(b""), Found::Partial(0));
        assert_eq!(find(b"HT"), Found::Partial(0));
        for none in [
            b"SSH-2.0".as_slice(),
            b"HTTP/x 200 OK\r\n\r\n",
            b"HTTP/1.1 099 x\r\n\r\n",
            b"HTTP/1.1 2000 x\r\n\r\n",
            b"\x15\x03\x01",
        ] {
            assert_eq!(find(none), Found::NoHttp, "{none:?}");
        }
    }

    #[test]
    fn a_field_that_cannot_be_read_is_skipped() {
        for odd in [
            "no colon at all",
            "X Bad: 1",
            ": no name",
            "X-Blank : 1",
            "X-Nul: a\0b",
            "X-Cr: a\rb",
            "X(1): 2",
            "Ünï: 1",
            "HTTP/1.1 200 OK",
            "X-Bell\u{7}: 1\r\n folded",
        ] {
            let head = with(&format!("A: 1\r\n{odd}\r\nContent-Length: 5\r\nB: 2"));
            assert_eq!(head.problem, None, "{odd:?}");
            assert_eq!(head.framing, Framing::Length(5), "{odd:?}");
            assert_eq!(head.fields.len(), 3, "{odd:?}: {:?}", head.fields);
        }
    }

    #[test]
    fn one_that_may_say_how_the_body_ends_is_not() {
        for odd in [
            "Content-Length : 5",
            "Content-Length 5",
            "Content\0-Length: 5",
            "Content-Length: 5\0",
            " x\r\nContent Length: 5",
            "transfer-encoding : chunked",
            "Content-Encoding\u{b}: gzip",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5, 6",
            "Content-Length: -5",
            "Content-Length: +5",
            "Content-Length: 5x",
            "Content-Length:",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: chunked, gzip",
            "Transfer-Encoding: chunked, chunked",
        ] {
            assert!(with(odd).problem.is_some(), "{odd:?}");
        }
    }

    #[test]
    fn the_bodys_end_is_found() {
        for (fields, framing) in [
            ("Content-Length: 5, 5", Framing::Length(5)),
            ("Content-Length:\r\n 5", Framing::Length(5)),
            ("content-length:5\r\nCONTENT-LENGTH: 5", Framing::Length(5)),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5", Framing::Chunked),
            ("Transfer-Encoding: gzip, Chunked", Framing::Chunked),
            (
                "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
                Framing::Chunked,
            ),
            ("Transfer-Encoding: gzip", Framing::UntilClose),
            ("Transfer-Encoding: identity\r\nContent-Length: 5", Framing::Length(5)),
            ("X: 1", Framing::UntilClose),
        ] {
            let head = with(fields);
            assert_eq!((head.problem, head.framing), (None, framing), "{fields:?}");
        }
        let head = with("Transfer-Encoding: gzip, chunked\r\nContent-Encoding: deflate");
        assert_eq!(
            head.expose_codings().map(str::trim).collect::<Vec<_>>(),
            ["deflate", "gzip"]
        );
    }

    #[test]
    fn a_head_that_breaks_off_has_its_status() {
        let head = cut(b"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nDate: x\r\nCont", "cut").unwrap();
        assert_eq!((head.status, head.fields.len()), (200, 1));
        assert_eq!(
            (head.problem.as_deref(), head.framing),
            (Some("cut"), Framing::Length(0))
        );
        assert_eq!(cut(b"HTTP/1.1 200 O", "cut"), None);
        assert_eq!(cut(b"HTTP/1.1 100 x\r\nA: 1\r\n", "cut"), None);
    }

    #[test]
    fn an_answer_has_begun_once_its_status_counts() {
        assert!(has_begun(b"HTTP/1.1 413 Too"));
        assert!(has_begun(b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 413 "));
        assert!(!has_begun(b"HTTP/1.1 100 Continue\r\n\r\n"));
        assert!(!has_begun(b"HTTP/1.1 4"));
        assert!(has_begun(b"nonsense"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for prefix in [b"".as_slice(), b"HTTP/1.1 200 OK\r\n"] {
                let input = [prefix, &bytes].concat();
                if let Found::Whole(head, length) = find(&input) {
                    prop_assert!(length <= input.len() && head.status >= 200);
                }
                let _ = (cut(&input, ""), has_begun(&input));
            }
        }
    }
}
