//! The gate itself: it knows the secrets of a run, and only it makes a text of the other end one that may be shown.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::author::Author;
use super::body::{Body, entra_fields, with_strings, without_numbers};
use super::forms::Place;
use super::redaction::{Look, redact, suspected};
use super::shapes::{Anchors, Shapes};
use super::tokens;
use super::wire::{Part, Wire, Words, shortened, words_of_page};
use crate::ground::secret::Secret;

/// A text of the other end, without this run's secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned(String);

/// Knows the secrets of a run. Those that only come up in its course, such as an access token, are learned.
#[derive(Default)]
pub struct Gate {
    secrets: RefCell<Vec<Secret>>,
    /// What they look like at each place, made anew when one is learned: to look for first, and all of it.
    anchors: RefCell<[Option<Rc<Anchors>>; 3]>,
    shapes: RefCell<[Option<Rc<Shapes>>; 3]>,
}

impl Gate {
    /// Adds a secret to those that are searched for.
    pub fn learn(&self, secret: &Secret) {
        let mut secrets = self.secrets.borrow_mut();
        if !secret.expose().is_empty() && secrets.iter().all(|known| known.expose() != secret.expose()) {
            secrets.push(secret.clone());
            *self.anchors.borrow_mut() = [None, None, None];
            *self.shapes.borrow_mut() = [None, None, None];
        }
    }

    /// Cleans a short text in which any credential may be echoed: a reason, a header field, a proxy's words, an error's.
    #[must_use]
    pub fn text(&self, text: Wire, author: Author) -> Cleaned {
        self.echo(text.into_text(), author)
    }

    /// Cleans a sentence with quotations in it: each by itself, before it is cut, and then all of it.
    #[must_use]
    pub fn say(&self, words: Words, author: Author) -> Cleaned {
        let mut sentence = String::new();
        for part in words.0 {
            match part {
                Part::Own(own) => sentence.push_str(&own),
                Part::Quoted(text, most) => sentence.push_str(&shortened(&self.text(text, author), most)),
                Part::Page(page, most) => {
                    let page = self.text(page, author);
                    // What tags stood between may only now be a secret.
                    let words = self.echo(words_of_page(&page), author);
                    if !words.is_empty() {
                        sentence.push_str(": ");
                        sentence.push_str(&shortened(&words, most));
                    }
                }
            }
        }
        // A line of the log is one line.
        self.echo(sentence.replace(|c: char| c.is_control() && c != '\0', " "), author)
    }

    fn echo(&self, text: String, author: Author) -> Cleaned {
        if text.contains('\0') {
            return Cleaned(ODD_TEXT.to_owned());
        }
        if !self.suspects(text.as_bytes(), Place::Echo) && !tokens::suspected(text.as_bytes(), author) {
            return Cleaned(text);
        }
        match self.redacted(text.as_bytes(), Place::Echo, author) {
            Some(clean) => Cleaned(clean),
            None => Cleaned(text),
        }
    }

    /// Cleans header fields, names and values.
    #[must_use]
    pub fn fields(&self, fields: &[(Wire, Wire)], author: Author) -> Vec<(Cleaned, Cleaned)> {
        // Most heads hold nothing, which one look at all of it shows.
        let mut all = Vec::with_capacity(1024);
        for text in fields.iter().flat_map(|(name, value)| [name, value]) {
            all.extend_from_slice(text.expose().as_bytes());
            all.push(0);
        }
        let tokens = tokens::suspected(&all, author);
        if tokens {
            let named = fields.iter().filter(|(name, _)| tokens::is_named(name.expose()));
            named.for_each(|(_, value)| self.learn(&Secret::new(value.expose().to_owned())));
        }
        if tokens {
            fields
                .iter()
                .for_each(|(_, value)| self.learn_tokens_in(value.expose().as_bytes()));
        }
        let suspect = tokens || self.suspects(&all, Place::Echo);
        let clean = |text: &Wire| match suspect {
            true => self.text(text.clone(), author),
            false => Cleaned(text.expose().to_owned()),
        };
        fields.iter().map(|(name, value)| (clean(name), clean(value))).collect()
    }

    /// Cleans what was made of a service's data for a decision, in which case it comes from the body as it was.
    #[must_use]
    pub fn words(&self, words: String) -> String {
        if !self.suspects(words.as_bytes(), Place::Data) {
            return words;
        }
        let clean = self.redacted(words.as_bytes(), Place::Data, Author::Service);
        clean.unwrap_or(words)
    }

    /// The same for a value of JSON.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.words(text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.into_iter();
                fields
                    .map(|(name, value)| (self.words(name), self.value(value)))
                    .collect()
            }
            other => other,
        }
    }

    /// Cleans a body, and gives it back as it came where that is not the same. A token endpoint's is shown as far as it is
    /// an error of Entra ID's.
    #[must_use]
    pub fn body(&self, bytes: Vec<u8>, author: Author) -> (Body, Option<Vec<u8>>) {
        self.body_in(Place::Data, bytes, author)
    }

    /// The same for what was answered in the place of what was asked for: nothing has to be fast in it, and whoever wrote it
    /// may have repeated what it was sent.
    #[must_use]
    pub fn refusal(&self, bytes: Vec<u8>, author: Author) -> (Body, Option<Vec<u8>>) {
        let place = if bytes.len() <= MOST_DECODED {
            Place::Refusal
        } else {
            Place::Data
        };
        self.body_in(place, bytes, author)
    }

    fn body_in(&self, place: Place, bytes: Vec<u8>, author: Author) -> (Body, Option<Vec<u8>>) {
        let clean = match author {
            Author::Service => self.service_body(&bytes, place),
            Author::TokenEndpoint => Some(self.token_endpoint_body(&bytes)),
        };
        match clean {
            Some(clean) => (clean, Some(bytes)),
            None => (Body::new(bytes), None),
        }
    }

    /// `None` where it may be shown as it is.
    fn service_body(&self, bytes: &[u8], place: Place) -> Option<Body> {
        if memchr::memchr(0, bytes).is_some() {
            return Some(Body::left_out("it is no text, or one in UTF-16"));
        }
        if !self.suspects(bytes, place) {
            return None;
        }
        let look = Look {
            shapes: &self.shapes(place),
            anchors: &self.anchors(place),
            place,
            author: Author::Service,
        };
        let clean = if serde_json::from_slice::<&RawValue>(bytes).is_ok() {
            let inner = |string: &[u8]| {
                let suspect = self.suspects(string, place);
                suspect.then(|| redact(string, look)).flatten()
            };
            with_strings(bytes, inner)
        } else {
            redact(bytes, look).map(String::into_bytes)
        };
        clean.map(Body::new)
    }

    fn token_endpoint_body(&self, bytes: &[u8]) -> Body {
        self.learn_tokens_in(bytes);
        if bytes.is_empty() {
            return Body::default();
        }
        let Some(fields) = entra_fields(bytes) else {
            return Body::left_out("it is no error of Entra ID's, and may repeat credentials");
        };
        let look = Look {
            shapes: &self.shapes(Place::Echo),
            anchors: &self.anchors(Place::Echo),
            place: Place::Echo,
            author: Author::TokenEndpoint,
        };
        let clean = |text: &[u8]| redact(text, look);
        let fields = with_strings(&fields, clean).unwrap_or(fields);
        // A password of digits may come back as a number.
        Body::new(without_numbers(&fields, |number| clean(number).is_some()))
    }

    /// Learns the tokens in an answer, which whoever wrote it may repeat elsewhere in it.
    fn learn_tokens_in(&self, text: &[u8]) {
        for token in tokens::values(text) {
            self.learn(&Secret::new(token));
        }
    }

    /// Whether a closer look is worth it; never false where a secret is there.
    fn suspects(&self, text: &[u8], place: Place) -> bool {
        let anchors = self.anchors(place);
        !anchors.is_empty() && suspected(text, &anchors, place, 0)
    }

    fn anchors(&self, place: Place) -> Rc<Anchors> {
        kept(&self.anchors, place, || Anchors::of(&self.secrets.borrow(), place))
    }

    fn shapes(&self, place: Place) -> Rc<Shapes> {
        kept(&self.shapes, place, || Shapes::of_all(&self.secrets.borrow(), place))
    }

    /// The text without what is to be redacted; `None` where it may stay as it is.
    fn redacted(&self, text: &[u8], place: Place, author: Author) -> Option<String> {
        let (shapes, anchors) = (&*self.shapes(place), &*self.anchors(place));
        redact(
            text,
            Look {
                shapes,
                anchors,
                place,
                author,
            },
        )
    }
}

fn kept<T>(all: &RefCell<[Option<Rc<T>>; 3]>, place: Place, make: impl Fn() -> T) -> Rc<T> {
    match all.borrow_mut().get_mut(place as usize) {
        Some(slot) => Rc::clone(slot.get_or_insert_with(|| Rc::new(make()))),
        None => Rc::new(make()),
    }
}

/// In bytes: far above what a refusal says.
const MOST_DECODED: usize = 256 * 1024;

/// In place of a text with bytes in it that no text has.
const ODD_TEXT: &str = "[left out: it is no text, or one in UTF-16]";

impl Deref for Cleaned {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cleaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Cleaned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
