//! Bytes on stdin become one JSON object. Both forms of the document are taken, the documented one with an `asset` object
//! and Turbine's with the asset's fields at the top level; what is unclear is refused, never guessed.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use zeroize::Zeroize;

use super::mending;
use super::strict_json::{self, Refused};
use super::whole_number::{self, Said};
use crate::asset::ASSET_KEYS;
use crate::ground::encoding;
use crate::ground::json::{kind, pointer};
use crate::outcome::error::Error;
use crate::outcome::violations::{Form, Violation};

/// One JSON object in the documented form, and the form it came in.
pub struct Document {
    /// In the documented form, whatever form it came in.
    pub root: Value,
    /// The form it came in, so that errors point to where its author wrote.
    pub form: Form,
}

/// Reads one object. A reader that says [`ErrorKind::WouldBlock`] tells of a silence: what came is taken for all there is where
/// it is a whole JSON object, since some runners never close a pipe.
///
/// # Errors
/// [`Error::Input`] where stdin holds anything but one JSON object of at most 4 MiB and 20,000 values, with unique keys, or an
/// id that is no whole number.
pub fn read(stdin: impl Read) -> Result<Map<String, Value>, Error> {
    let read = read_bytes(stdin)?;
    let bytes = read.0.as_slice();
    if bytes.trim_ascii().is_empty() {
        return Err(refused("expected one JSON object on stdin, found nothing"));
    }
    let text = encoding::decode(bytes).map_err(|found| refused(format!("expected UTF-8 on stdin, found {found}")))?;
    if text.as_bytes().trim_ascii().is_empty() {
        return Err(refused(
            "expected one JSON object on stdin, found nothing but a byte order mark",
        ));
    }
    match strict_json::parse(&text).map_err(refused_all)? {
        Value::Object(mut root) => {
            settle_ids(&mut root, &text).map_err(|violation| Error::input(vec![violation]))?;
            Ok(root)
        }
        other => Err(refused(format!(
            "expected one JSON object on stdin, found {}",
            kind(&other)
        ))),
    }
}

impl Document {
    /// Takes an object for a document, in whichever form.
    ///
    /// # Errors
    /// [`Error::Input`] where it mixes both forms.
    pub fn of(root: Map<String, Value>) -> Result<Self, Error> {
        normalise(root).map_err(Error::input)
    }
}

/// What came on stdin, wiped at its end. It has room for all that is read, so that it never moves and leaves no copy behind.
/// Room that nothing was written to is not wiped: that would bring in a thousand pages of memory for a document of one.
struct Wiped(Vec<u8>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

fn read_bytes(mut stdin: impl Read) -> Result<Wiped, Error> {
    let mut read = Wiped(Vec::with_capacity(MAX_INPUT_BYTES as usize + 1));
    let bytes = &mut read.0;
    let mut looked_at = 0;
    loop {
        let left = (MAX_INPUT_BYTES + 1).saturating_sub(bytes.len() as u64);
        match stdin.by_ref().take(left).read_to_end(bytes) {
            Ok(_) if bytes.len() as u64 > MAX_INPUT_BYTES => {
                return Err(refused(format!(
                    "expected at most {MAX_INPUT_BYTES} bytes on stdin, found more"
                )));
            }
            Ok(_) => return Ok(read),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let news = bytes.len() != std::mem::replace(&mut looked_at, bytes.len());
                if news && encoding::decode(bytes).is_ok_and(|text| strict_json::is_whole_object(&text)) {
                    log::warn!(
                        "stdin was not closed: a whole document came and then nothing, so that is taken for all"
                    );
                    return Ok(read);
                }
            }
            Err(error) => return Err(refused(format!("the input could not be read: {error}"))),
        }
    }
}

fn refused(problem: impl Into<String>) -> Error {
    Error::input(vec![Violation::new("", problem)])
}

fn refused_all(refused: Refused) -> Error {
    Error::input_of_many(refused.violations, refused.more)
}

/// Looks at the texts of ids that were read as floating point numbers: one that is certain is put in its place, and one that
/// is not whole is refused, since a reader's rounding may make another incident of it.
fn settle_ids(root: &mut Map<String, Value>, text: &str) -> Result<(), Violation> {
    for (at, keys) in IDS {
        let (first, inner) = keys.split_first().unwrap_or((&"", &[]));
        let mut id = root.get_mut(*first);
        for key in inner {
            id = id.and_then(|value| value.get_mut(*key));
        }
        let Some(id) = id.filter(|id| id.is_f64()) else {
            continue;
        };
        match raw_at(text, keys).map(whole_number::read) {
            Some(Said::Whole(number)) => *id = number.into(),
            Some(Said::NotWhole) => {
                let problem = "expected a whole number from 1 to 9223372036854775807, found one with a fraction";
                return Err(Violation::new(at, problem));
            }
            Some(Said::Uncertain) | None => {}
        }
    }
    Ok(())
}

/// A member's own text, some objects deep.
fn raw_at<'a>(text: &'a str, keys: &[&str]) -> Option<&'a str> {
    let mut raw = text;
    for key in keys {
        let members: HashMap<String, &'a RawValue> = serde_json::from_str(raw).ok()?;
        raw = members.get(*key)?.get();
    }
    Some(raw)
}

/// Where an incident's id may stand, in a document and in a message of InsightConnect's.
const IDS: [(&str, &[&str]); 2] = [
    ("/path_parameters/id", &["path_parameters", "id"]),
    ("/body/input/incident_id", &["body", "input", "incident_id"]),
];

/// Brings either form into the documented one, and drops what a platform sends for a field that nobody filled in.
fn normalise(mut root: Map<String, Value>) -> Result<Document, Vec<Violation>> {
    drop_what_nobody_filled_in(&mut root);
    if root.get("asset").is_some_and(is_unset) {
        root.shift_remove("asset");
    }
    let flat_keys: Vec<String> = root.keys().filter(|key| is_asset_key(key)).cloned().collect();
    let form = if root.contains_key("asset") || flat_keys.is_empty() {
        Form::Nested
    } else {
        Form::Flat
    };
    if form == Form::Flat {
        gather_asset(&mut root);
    } else {
        flat_keys.iter().for_each(|key| {
            if root.get(key).is_some_and(is_unset) {
                root.shift_remove(key);
            }
        });
        let mixed: Vec<Violation> = flat_keys
            .iter()
            .filter(|key| root.contains_key(*key))
            .map(|key| mixed_forms(key))
            .collect();
        if !mixed.is_empty() {
            return Err(mixed);
        }
    }
    if let Some(Value::Object(asset)) = root.get_mut("asset") {
        asset.retain(|_, value| !is_unset(value));
        mending::mend(asset);
    }
    Ok(Document {
        root: Value::Object(root),
        form,
    })
}

/// Platforms send something for every box of a form.
fn drop_what_nobody_filled_in(root: &mut Map<String, Value>) {
    if let Some(Value::Object(only_if)) = root.get_mut("only_if") {
        only_if.retain(|_, value| !is_empty(value));
    }
    let is_unused = |value: &Value| is_empty(value) || *value == Value::Bool(false);
    for key in EMPTY_WHEN_UNUSED {
        if root.get(*key).is_some_and(is_empty) {
            root.shift_remove(*key);
        }
    }
    for key in READ_FIRST {
        if root.get(*key).is_some_and(is_unused) {
            root.shift_remove(*key);
        }
    }
    let changes_tags = ["add_tags", "remove_tags"].iter().any(|key| root.contains_key(*key));
    if changes_tags && root.get("json_body").is_some_and(is_empty) {
        root.shift_remove("json_body");
    }
}

fn mixed_forms(key: &str) -> Violation {
    let problem =
        "an asset's field stands beside `asset`; put all of them into `asset`, or all of them at the top level";
    Violation::new(pointer("", key), problem)
}

fn gather_asset(root: &mut Map<String, Value>) {
    // In one go: taking keys out of a large object one by one takes the square of its size.
    let (own, asset): (Map<_, _>, Map<_, _>) = std::mem::take(root)
        .into_iter()
        .partition(|(key, _)| TOP_LEVEL.contains(&key.as_str()));
    *root = own;
    root.insert("asset".to_owned(), Value::Object(asset));
}

fn is_unset(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn is_empty(value: &Value) -> bool {
    is_unset(value) || value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// Whether a top-level key is a field of the asset, which makes a document Turbine's form.
fn is_asset_key(key: &str) -> bool {
    ASSET_KEYS.contains(&key)
}

/// The document's own keys, in either form.
pub const TOP_LEVEL: &[&str] = &[
    "path_parameters",
    "json_body",
    "once",
    "only_if",
    "add_tags",
    "remove_tags",
];

/// What a platform sends for every action, used or not.
const EMPTY_WHEN_UNUSED: &[&str] = &["parameters", "headers", "data_body", "files"];

/// What makes a run read first.
const READ_FIRST: &[&str] = &["once", "only_if", "add_tags", "remove_tags"];

/// Far above any real document, far below what hurts.
const MAX_INPUT_BYTES: u64 = 4 * 1024 * 1024;
