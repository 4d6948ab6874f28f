//! A value that cannot be printed. Its one way out is [`Secret::expose`], so a search for `expose` lists every place where
//! a credential leaves the program.

use std::borrow::Cow;
use std::fmt;

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
/// as it is, and in the two codings in which a server may have received it.
#[must_use]
pub fn redact(text: &str, secrets: &[&Secret]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.iter().map(|secret| secret.expose()) {
        // A one-letter "secret" would only shred the text that the reader needs.
        if secret.len() < SHORTEST_REDACTED {
            continue;
        }
        let form = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
        let json = serde_json::to_string(secret).unwrap_or_default();
        for shape in [secret, &form, json.trim_matches('"')] {
            clean = clean.replace(shape, REDACTED);
        }
    }
    clean
}

/// What stands in the place of a secret wherever one would have been shown.
pub const REDACTED: &str = "[redacted]";

const SHORTEST_REDACTED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        assert_eq!(format!("{:?}", Secret::new("hunter2-hunter2".into())), "[redacted]");
    }

    #[test]
    fn an_echoed_secret_is_taken_out_in_every_coding() {
        let secret = Secret::new("p\"a+ss/word".into());
        let text = r#"got p"a+ss/word, p%22a%2Bss%2Fword and p\"a+ss/word"#;
        assert_eq!(redact(text, &[&secret]), "got [redacted], [redacted] and [redacted]");
    }
}
