//! Places in a JSON document, kinds of values in words, and an object's members as they were written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Appends one key to a JSON Pointer (RFC 6901).
#[must_use]
pub fn pointer(parent: &str, key: &str) -> String {
    // Documents may be so wrong that there are hundreds of thousands of these.
    if key.contains(['~', '/']) {
        [parent, "/", &key.replace('~', "~0").replace('/', "~1")].concat()
    } else {
        [parent, "/", key].concat()
    }
}

/// A JSON value's kind in words, without the value.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A value's own text, into room that was made for it: a text of megabytes that outgrows its room by the last quote is copied whole.
#[must_use]
pub fn written(value: &Value) -> Vec<u8> {
    let mut text = Vec::with_capacity(length(value));
    // Nothing in a value cannot be written, and a vector takes everything.
    serde_json::to_writer(&mut text, value).ok();
    text
}

/// About how long a value's text is, where nothing in it has to be escaped.
fn length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(list) => list.iter().map(|element| length(element) + 1).sum::<usize>() + 2,
        Value::Object(map) => {
            map.iter()
                .map(|(key, value)| key.len() + length(value) + 4)
                .sum::<usize>()
                + 2
        }
    }
}

/// An object's fields in their order, those of the same name too, each value as it was written.
pub struct Fields<'a>(pub Vec<(String, &'a RawValue)>);

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
