//! JSON as RFC 8259 means it to be sent: one value, unique keys (a second one would silently win), nothing behind it.
//! Errors give line and column or a JSON Pointer, never content, since the content may be a secret.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::ground::json::pointer;
use crate::outcome::violations::Violation;

/// Parses exactly one value.
///
/// # Errors
/// Everything wrong with the text: a syntax error ends the reading, duplicate keys are all reported.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Vec<Violation>> {
    let refused = |problem: String| vec![Violation::new("", problem)];
    // Editors and shells on Windows put a byte order mark in front; RFC 8259, section 8.1 allows ignoring it.
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        refused(format!(
            "expected UTF-8 on stdin, found another byte at offset {}",
            error.valid_up_to()
        ))
    })?;
    let duplicates = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Node {
        at: "",
        duplicates: &duplicates,
    }
    .deserialize(&mut deserializer)
    .map_err(|error| refused(describe(&error)))?;
    deserializer.end().map_err(|error| {
        refused(format!(
            "expected one JSON document on stdin, found more behind it at line {} column {}",
            error.line(),
            error.column()
        ))
    })?;
    let duplicates = duplicates.into_inner();
    if duplicates.is_empty() {
        Ok(value)
    } else {
        Err(duplicates)
    }
}

fn describe(error: &serde_json::Error) -> String {
    // Syntax errors of serde_json carry position and grammar only; `Node` adds no data errors.
    let text = error.to_string();
    if text.starts_with("recursion limit exceeded") {
        return format!(
            "expected at most 128 levels of nesting, found more at line {} column {}",
            error.line(),
            error.column()
        );
    }
    format!("expected one JSON object on stdin, found a syntax error: {text}")
}

struct Node<'a> {
    at: &'a str,
    duplicates: &'a RefCell<Vec<Violation>>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let at = format!("{}/{}", self.at, list.len());
            match elements.next_element_seed(Node { at: &at, ..self })? {
                Some(element) => list.push(element),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let at = pointer(self.at, &key);
            let value = entries.next_value_seed(Node { at: &at, ..self })?;
            if map.insert(key, value).is_some() {
                let problem = "expected every key once, found it twice; keep the one that is meant";
                self.duplicates.borrow_mut().push(Violation::new(at, problem));
            }
        }
        Ok(Value::Object(map))
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_key_is_reported_where_it_stands() {
        let found = parse(br#"{"a": [{"b": 1, "b": 2}], "c/d": 1, "c/d": 1}"#).unwrap_err();
        let places: Vec<_> = found.iter().map(|violation| violation.at.as_str()).collect();
        assert_eq!(places, ["/a/0/b", "/c~1d"]);
    }

    #[test]
    fn numbers_and_order_are_kept() {
        let text = r#"{"z":9223372036854775807,"a":-1,"m":552.0,"s":"\u0000"}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let deep = [b'['; 10_000];
        assert!(parse(&deep).unwrap_err()[0].problem.contains("levels of nesting"));
    }
}
