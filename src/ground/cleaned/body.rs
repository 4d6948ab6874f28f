//! Bodies: a service's passes through byte for byte but for secrets in its strings and keys, a token endpoint's as far as it
//! is an error of Entra ID's.

use std::borrow::Cow;
use std::ops::Deref;

use serde_json::value::RawValue;

use crate::ground::json::Fields;
use crate::ground::secret::REDACTED;

/// A body of the other end, without this run's secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    bytes: Vec<u8>,
    /// Nested so deep that the caller's reader would fail.
    too_deep: bool,
}

impl Body {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let too_deep = is_too_deep(&bytes);
        Self { bytes, too_deep }
    }

    /// In place of one that is not shown.
    #[must_use]
    pub fn left_out(why: &str) -> Self {
        Self::new(format!("[left out: {why}]").into_bytes())
    }

    /// What is made of clean bodies alone, by renaming and putting together; nothing where nothing comes of it.
    pub fn made_of(bodies: &[&Self], make: impl FnOnce(&[&[u8]]) -> Option<Vec<u8>>) -> Option<Self> {
        let bytes: Vec<&[u8]> = bodies.iter().map(|body| body.bytes.as_slice()).collect();
        make(&bytes).map(Self::new)
    }

    /// The body as JSON text, where it is JSON that any reader takes.
    #[must_use]
    pub fn json(&self) -> Option<&RawValue> {
        if self.too_deep {
            return None;
        }
        serde_json::from_slice(&self.bytes).ok()
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// JSON with what `change` makes of the inside of its strings, keys among them; `None` where that is the same.
pub(super) fn with_strings(json: &[u8], change: impl Fn(&[u8]) -> Option<String>) -> Option<Vec<u8>> {
    let mut changed: Option<Vec<u8>> = None;
    let (mut done, mut at) = (0, 0);
    while let Some(start) = memchr::memchr(b'"', json.get(at..)?).map(|found| at + found + 1) {
        let end = start + string_length(json.get(start..)?);
        if let Some(new) = json.get(start..end).and_then(&change) {
            let all = changed.get_or_insert_default();
            all.extend_from_slice(json.get(done..start)?);
            all.extend_from_slice(new.as_bytes());
            done = end;
        }
        at = end + 1;
        if at > json.len() {
            break;
        }
    }
    let mut all = changed?;
    all.extend_from_slice(json.get(done..)?);
    Some(all)
}

/// JSON with a text in the place of each number that is to be taken out.
pub(super) fn without_numbers(json: &[u8], is_taken_out: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut kept = Vec::with_capacity(json.len());
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        let rest = json.get(at..).unwrap_or_default();
        let length = match byte {
            b'"' => 2 + string_length(rest.get(1..).unwrap_or_default()),
            b'-' | b'0'..=b'9' => rest.iter().take_while(|byte| is_of_number(**byte)).count(),
            _ => 1,
        };
        let part = rest.get(..length).unwrap_or(rest);
        if matches!(byte, b'-' | b'0'..=b'9') && is_taken_out(part) {
            kept.extend_from_slice(format!("\"{REDACTED}\"").as_bytes());
        } else {
            kept.extend_from_slice(part);
        }
        at += length;
    }
    kept
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

/// The length of the inside of a string whose opening quote was passed.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if rest.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
    rest.len()
}

/// Whether brackets stand in brackets deeper than [`DEEPEST_JSON`].
fn is_too_deep(json: &[u8]) -> bool {
    // Most bodies have fewer brackets than that altogether.
    if memchr::memchr2_iter(b'[', b'{', json).nth(DEEPEST_JSON).is_none() {
        return false;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = json.get(at) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => at += 1 + string_length(json.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
        if depth > DEEPEST_JSON {
            return true;
        }
        at += 1;
    }
    false
}

/// The fields of an error of Entra ID's, of AD FS's or of a machine's identity service, as they were written; `None` where it
/// is none.
pub(super) fn entra_fields(json: &[u8]) -> Option<Vec<u8>> {
    let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
    let Fields(fields) = serde_json::from_slice(json).ok()?;
    let shown: Vec<_> = fields
        .iter()
        .filter_map(|(name, value)| Some((name, entras(name, value)?)))
        .collect();
    if !shown.iter().any(|(name, _)| TELLING.contains(&name.as_str())) {
        return None;
    }
    let is_whole = shown.len() == fields.len() && shown.iter().all(|(_, value)| matches!(value, Cow::Borrowed(_)));
    Some(if is_whole {
        json.to_vec()
    } else {
        object(&shown).into_bytes()
    })
}

/// What is shown of a field's value: texts, numbers, and of what is nested the code and the message alone.
fn entras<'a>(name: &str, value: &'a RawValue) -> Option<Cow<'a, str>> {
    let text = value.get();
    match name {
        "error" if text.starts_with('{') => {
            let Fields(fields) = serde_json::from_str(text).ok()?;
            let shown = fields
                .iter()
                .filter(|(name, value)| matches!(name.as_str(), "code" | "message") && is_plain(value));
            let shown: Vec<_> = shown.map(|(name, value)| (name, Cow::Borrowed(value.get()))).collect();
            (!shown.is_empty()).then(|| object(&shown).into())
        }
        "error_codes" => {
            let codes: Option<Vec<&RawValue>> = serde_json::from_str(text).ok();
            let is_list = codes.is_some_and(|codes| codes.iter().all(|code| is_plain(code)));
            (is_list || is_plain(value)).then_some(text.into())
        }
        _ => (FIELDS.contains(&name) && is_plain(value)).then_some(text.into()),
    }
}

fn is_plain(value: &RawValue) -> bool {
    !value.get().starts_with(['{', '['])
}

fn object(fields: &[(&String, Cow<'_, str>)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// The fields of an error of Entra ID's (its documentation of authentication errors), and those of App Service's.
const FIELDS: [&str; 12] = [
    "error",
    "error_description",
    "error_codes",
    "timestamp",
    "trace_id",
    "correlation_id",
    "error_uri",
    "suberror",
    "claims",
    "message",
    "code",
    "statusCode",
];

/// Those without one of which it is no such error.
const TELLING: [&str; 4] = ["error", "error_description", "error_codes", "message"];

/// How deep brackets may stand in brackets in an answer that passes as JSON. Python's reader gives up at about 1,000, its
/// caller's own frames among them; incidents are nested six deep.
pub const DEEPEST_JSON: usize = 500;
