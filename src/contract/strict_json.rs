//! JSON as RFC 8259 means it to be sent: one value, unique keys (a second one would silently win), nothing behind it.
//! Errors give line and column or a JSON Pointer, never content, since the content may be a secret.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::schema;
use crate::ground::json::pointer;
use crate::outcome::violations::{MOST_SHOWN, Violation};

/// Everything that is wrong with a text, and how many more things beyond those that are shown.
#[derive(Debug, Default)]
pub(super) struct Refused {
    pub(super) violations: Vec<Violation>,
    pub(super) more: usize,
}

/// Parses exactly one value.
///
/// # Errors
/// Everything wrong with the text: a syntax error ends the reading, duplicate keys are all reported.
pub(super) fn parse(text: &str) -> Result<Value, Refused> {
    let refused = |problem: String| Refused {
        violations: vec![Violation::new("", problem)],
        more: 0,
    };
    let (duplicates, left) = (RefCell::default(), Cell::new(MOST_VALUES));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Node {
        at: Place::Root,
        duplicates: &duplicates,
        left: &left,
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
    if duplicates.violations.is_empty() {
        Ok(value)
    } else {
        Err(duplicates)
    }
}

/// Whether a text is a whole JSON object, and nothing has to follow.
pub(super) fn is_whole_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn describe(error: &serde_json::Error) -> String {
    // Syntax errors of serde_json carry position and grammar only, and so does the one that `Node` adds.
    let text = error.to_string();
    if text.starts_with(TOO_MANY) {
        return format!(
            "expected at most {MOST_VALUES} values in the document, found more at line {} column {}",
            error.line(),
            error.column()
        );
    }
    if text.starts_with("recursion limit exceeded") {
        return format!(
            "expected at most 128 levels of nesting, found more at line {} column {}",
            error.line(),
            error.column()
        );
    }
    format!("expected one JSON object on stdin, found a syntax error: {text}")
}

#[derive(Clone, Copy)]
struct Node<'a> {
    at: Place<'a>,
    duplicates: &'a RefCell<Refused>,
    /// How many values may still come.
    left: &'a Cell<usize>,
}

/// Where a value stands. It is put into words only where something is wrong there: keys may be long, and values many.
#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl Place<'_> {
    /// The JSON Pointer to it, as far as its keys are known: another one may be a secret that slipped in.
    fn known(&self) -> Result<String, String> {
        match self {
            Self::Root => Ok(String::new()),
            Self::Key(parent, key) => {
                let parent = parent.known()?;
                if schema::knows(key) {
                    Ok(pointer(&parent, key))
                } else {
                    Err(parent)
                }
            }
            Self::Element(parent, place) => Ok(format!("{}/{place}", parent.known()?)),
        }
    }
}

impl Refused {
    fn push_duplicate(&mut self, place: &Place<'_>) {
        if self.violations.len() >= MOST_SHOWN {
            self.more += 1;
            return;
        }
        self.violations.push(match place.known() {
            Ok(at) => Violation::new(
                at,
                "expected every key once, found it twice; keep the one that is meant",
            ),
            Err(at) => Violation::new(at, "expected every key once, found an unknown one twice, here or below"),
        });
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom(TOO_MANY))?);
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
            let at = Place::Element(&self.at, list.len());
            match elements.next_element_seed(Node { at, ..self })? {
                Some(element) => list.push(element),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let at = Place::Key(&self.at, &key);
            let value = entries.next_value_seed(Node { at, ..self })?;
            match map.entry(key) {
                Entry::Vacant(free) => {
                    free.insert(value);
                }
                Entry::Occupied(taken) => {
                    let at = Place::Key(&self.at, taken.key());
                    self.duplicates.borrow_mut().push_duplicate(&at);
                }
            }
        }
        Ok(Value::Object(map))
    }
}

/// Far above any real document, far below what takes long: each is an allocation or two here, and again in every step after this.
const MOST_VALUES: usize = 20_000;

const TOO_MANY: &str = "too many values";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_key_is_reported_where_it_stands() {
        let text = r#"{"asset": {"scope": [{"url": 1, "url": 2}]}, "hunter2": 1, "hunter2": {"id": 1, "id": 2}, "id": {"x": 1, "x": 2}}"#;
        let found = parse(text).unwrap_err();
        let places: Vec<_> = found.violations.iter().map(|violation| violation.at.as_str()).collect();
        assert_eq!(places, ["/asset/scope/0/url", "", "", "/id"]);
        assert!(!format!("{found:?}").contains("hunter2"));
    }

    #[test]
    fn duplicates_without_end_are_counted() {
        let found = parse(&format!("{{{}\"a\": 1}}", "\"a\": 1, ".repeat(1_000))).unwrap_err();
        assert_eq!((found.violations.len(), found.more), (MOST_SHOWN, 1_000 - MOST_SHOWN));
    }

    #[test]
    fn numbers_and_order_are_kept() {
        let text = r#"{"z":9223372036854775807,"a":-1,"m":552.0,"s":"\u0000"}"#;
        assert_eq!(parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let deep = "[".repeat(10_000);
        assert!(
            parse(&deep).unwrap_err().violations[0]
                .problem
                .contains("levels of nesting")
        );
    }

    #[test]
    fn values_without_end_are_refused() {
        let list = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
        assert!(parse(&list(MOST_VALUES)).is_ok());
        // However they are divided among lists and objects.
        let objects = format!("[{}0]", "{\"a\":0,\"b\":0},".repeat(MOST_VALUES / 3 + 1));
        for text in [list(MOST_VALUES + 1), objects] {
            let found = parse(&text).map(drop).unwrap_err();
            let problem = &found.violations[0].problem;
            assert!(
                problem.starts_with("expected at most 20000 values in the document, found more at line 1 column "),
                "{problem}"
            );
        }
    }

    #[test]
    fn an_object_is_whole_or_not() {
        for text in ["{}", " {\"a\": [1, {}]}\n"] {
            assert!(is_whole_object(text), "{text}");
        }
        for text in ["", "{", "{}}", "{} {}", "[]", "1", "{\"a\": 1", "{\"a\": \"}"] {
            assert!(!is_whole_object(text), "{text}");
        }
    }
}
