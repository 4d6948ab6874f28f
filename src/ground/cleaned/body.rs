//! Bodies: a service's passes through byte for byte but for secrets in its strings and keys, a token endpoint's as far as it
//! is an error of Entra ID's.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

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

/// The fields of an error of Entra ID's or of a machine's identity service, as they were written; `None` where it is none.
pub(super) fn entra_fields(json: &[u8]) -> Option<Vec<u8>> {
    let Fields(fields) = serde_json::from_slice(json).ok()?;
    let shown: Vec<_> = fields.iter().filter(|(name, value)| is_entras(name, value)).collect();
    if !shown
        .iter()
        .any(|(name, _)| matches!(name.as_str(), "error" | "message"))
    {
        return None;
    }
    if shown.len() == fields.len() {
        return Some(json.to_vec());
    }
    let shown: Vec<String> = shown
        .iter()
        .map(|(name, value)| format!("\"{name}\":{}", value.get()))
        .collect();
    Some(format!("{{{}}}", shown.join(",")).into_bytes())
}

fn is_entras(name: &str, value: &RawValue) -> bool {
    let is_number = || serde_json::from_str::<i64>(value.get()).is_ok();
    match name {
        "error_codes" => serde_json::from_str::<Option<Vec<i64>>>(value.get()).is_ok(),
        "statusCode" => is_number(),
        _ => FIELDS.contains(&name) && (value.get().starts_with('"') || value.get() == "null"),
    }
}

/// An object's fields in their order, those of the same name too.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// The texts of an error of Entra ID's (its documentation of authentication errors), and the one of App Service's.
const FIELDS: [&str; 10] = [
    "error",
    "error_description",
    "timestamp",
    "trace_id",
    "correlation_id",
    "error_uri",
    "suberror",
    "claims",
    "message",
    "code",
];

/// How deep brackets may stand in brackets in an answer that passes as JSON. Python's reader gives up at about 1,000, its
/// caller's own frames among them; incidents are nested six deep.
pub const DEEPEST_JSON: usize = 500;
