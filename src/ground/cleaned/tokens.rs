//! Tokens that are not known before: what a token endpoint, or a gateway in front of it, says about `access_token` and its
//! kin is a credential even where the answer is a failure, and so is whatever looks like a JWT.

use std::ops::Range;

use serde_json::Value;

use super::author::Author;
use super::codings::Layer;
use super::decoded::{self, MOST_ROUNDS};
use super::shapes::{holds, is_of_token};

/// Whether a closer look is worth it; never false where there is one.
pub(super) fn suspected(text: &[u8], author: Author) -> bool {
    if author != Author::TokenEndpoint {
        return false;
    }
    let hint = |text: &[u8]| {
        let small = text.to_ascii_lowercase();
        HINTS.iter().any(|hint| holds(&small, hint))
    };
    if hint(text) {
        return true;
    }
    let mut text = decoded::once(text, Layer::All);
    for _ in 0..=MOST_ROUNDS {
        match text {
            None => return false,
            Some(known) if hint(&known) => return true,
            Some(known) => text = decoded::once(&known, Layer::All),
        }
    }
    true
}

/// Calls `found` with the place of every token.
pub(super) fn find(text: &[u8], mut found: impl FnMut(Range<usize>)) {
    let small = text.to_ascii_lowercase();
    for name in NAMES {
        for start in memchr::memmem::find_iter(&small, name.as_bytes()) {
            if let Some(value) = value_behind(text, start + name.len()) {
                found(value);
            }
        }
    }
    for start in memchr::memmem::find_iter(text, JWT) {
        let inside = start
            .checked_sub(1)
            .and_then(|before| text.get(before))
            .is_some_and(|byte| is_of_token(*byte) && *byte != b'=');
        let length = text
            .get(start..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| is_of_token(**byte))
            .count();
        if !inside && length >= SHORTEST_JWT {
            found(start..start + length);
        }
    }
}

/// Whether what stands under this name is a token.
pub(super) fn is_named(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    NAMES.iter().any(|known| small.ends_with(known))
}

/// The tokens in an answer, each coding undone.
pub(super) fn values(text: &[u8]) -> Vec<String> {
    let mut values = Vec::new();
    let mut level = Some(text.to_vec());
    for _ in 0..=MOST_ROUNDS {
        let Some(text) = level else { break };
        find(&text, |range| {
            // A value that is itself coded may hold what ends one that is not.
            let mut value = text.get(range).map(<[u8]>::to_vec);
            while let Some(known) = value.filter(|value| value.len() >= SHORTEST_TOKEN) {
                values.push(String::from_utf8_lossy(&known).into_owned());
                value = decoded::once(&known, Layer::All);
            }
        });
        level = decoded::once(&text, Layer::All);
    }
    values.extend(values_in_json(text));
    values.sort_unstable();
    values.dedup();
    values
}

/// The same where the text is JSON, whose strings may hold anything.
fn values_in_json(text: &[u8]) -> Vec<String> {
    fn collect(value: &Value, values: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(token) if is_named(name) => {
                            values.push(token.clone());
                        }
                        _ => collect(value, values),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, values)),
            _ => {}
        }
    }
    let mut values = Vec::new();
    if let Ok(json) = serde_json::from_slice(text) {
        collect(&json, &mut values);
    }
    values.retain(|value| value.len() >= SHORTEST_TOKEN);
    values
}

/// `access_token=…`, `"access_token": "…"`, `<access_token>…`: what stands behind the name and a divider.
fn value_behind(text: &[u8], end: usize) -> Option<Range<usize>> {
    let rest = text.get(end..)?;
    let dividers = rest
        .iter()
        .take_while(|byte| {
            matches!(
                byte,
                b'"' | b'\'' | b'\\' | b'=' | b':' | b'>' | b' ' | b'\t' | b'[' | b'\r' | b'\n'
            )
        })
        .count();
    let divided = rest
        .get(..dividers)?
        .iter()
        .any(|byte| matches!(byte, b'=' | b':' | b'>'));
    let value = rest.get(dividers..)?;
    let length = value.iter().take_while(|byte| !is_end(**byte)).count();
    (divided && length > 0).then_some(end + dividers..end + dividers + length)
}

fn is_end(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'\'' | b'&' | b'<' | b',' | b';' | b'}' | b']' | b')' | b'\\' | 0
    ) || byte.is_ascii_whitespace()
}

/// In small letters.
const HINTS: [&str; 4] = ["oken", "client_assertion", "clientassertion", "eyj"];

/// Every `*_token` of OAuth, the same in the spelling of header fields and of some libraries, and the assertion that stands in
/// for a secret; in small letters.
const NAMES: [&str; 7] = [
    "_token",
    "-token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "client_assertion",
    "clientassertion",
];

/// How the base64 of `{"` begins.
const JWT: &[u8] = b"eyJ";

const SHORTEST_JWT: usize = 32;

const SHORTEST_TOKEN: usize = 8;
