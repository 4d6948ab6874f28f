//! A value that cannot be printed. Its only ways out are called `expose`, so a search for that word lists every place where
//! a credential leaves the program, or becomes a key.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use zeroize::Zeroizing;

/// A credential. `Debug` prints `[redacted]`; there is no `Display`, no `Serialize` and no `Deref`; the memory is wiped on
/// drop.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a credential.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The credential itself, for the one place that puts it on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The credential itself, to derive a key from.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "password", "writeOnly": true})
    }
}

/// Takes every one of `secrets` out of a text that somebody else wrote, such as a server's error that echoes the request:
/// as it is, and in the codings in which a server may have received it or may write it. `None` where there is none in it.
#[must_use]
pub fn redact(text: &str, secrets: &[&Secret]) -> Option<String> {
    let mut clean: Option<String> = None;
    for secret in secrets.iter().map(|secret| secret.expose()) {
        // A one-letter "secret" would only shred the text that the reader needs.
        if secret.len() < SHORTEST_REDACTED {
            continue;
        }
        // Most texts need no closer look.
        if !text.contains(telling(secret)) {
            continue;
        }
        let json = serde_json::to_string(secret).unwrap_or_default();
        let mut shapes = Zeroizing::new(vec![secret.to_owned(), json.trim_matches('"').to_owned()]);
        for kept in [FORM, NON_ALPHANUMERIC] {
            let form = utf8_percent_encode(secret, kept).to_string();
            shapes.extend([form.replace("%20", "+"), lower_hex(&form), form]);
        }
        // Most are alike, and a text may be long.
        shapes.sort_unstable();
        shapes.dedup();
        for shape in shapes.iter() {
            let text = clean.as_deref().unwrap_or(text);
            if text.contains(shape) {
                clean = Some(text.replace(shape, REDACTED));
            }
        }
    }
    clean
}

/// A part of it that no coding changes, letters and digits: the first that is long enough to tell, or else the longest.
fn telling(secret: &str) -> &str {
    let runs = || secret.split(|c: char| !c.is_ascii_alphanumeric());
    let long = runs().find(|run| run.len() >= LONG_ENOUGH_TO_TELL);
    long.or_else(|| runs().max_by_key(|run| run.len())).unwrap_or_default()
}

/// The digits of percent-encoding in the case that some servers write.
fn lower_hex(form: &str) -> String {
    let mut parts = form.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at(part.len().min(2));
        format!("{text}%{}{rest}", digits.to_ascii_lowercase())
    })
}

/// What stands in the place of a secret wherever one would have been shown.
pub const REDACTED: &str = "[redacted]";

/// What this program leaves as it is in a form: secrets of Entra ID are full of these (RFC 3986, 2.3: unreserved).
pub const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const SHORTEST_REDACTED: usize = 4;

const LONG_ENOUGH_TO_TELL: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        assert_eq!(format!("{:?}", Secret::new("hunter2-hunter2".into())), "[redacted]");
    }

    #[test]
    fn an_echoed_secret_is_taken_out_in_every_coding() {
        let secret = Secret::new("p\"a+ss/wo~rd".into());
        let text = r#"p"a+ss/wo~rd, p%22a%2Bss%2Fwo~rd, p%22a%2Bss%2Fwo%7Erd, p%22a%2bss%2fwo~rd, p\"a+ss/wo~rd"#;
        assert_eq!(
            redact(text, &[&secret]).as_deref(),
            Some("[redacted], [redacted], [redacted], [redacted], [redacted]")
        );
        assert_eq!(redact("p\"a+ss/wo~", &[&secret]), None);
    }
}
