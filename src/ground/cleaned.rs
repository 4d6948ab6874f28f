//! The one gate for texts of the other end: whatever came over a connection is shown as [`Cleaned`] or [`Body`], and only a
//! [`Gate`] makes these, which knows the run's secrets and takes them out in every coding in which they may have come back.
//!
//! What cannot be searched with certainty is left out, and says so.

mod body;
mod decoded;
mod entities;
mod shapes;
mod tokens;

use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, Range};

use serde::{Serialize, Serializer};

pub use body::{Body, DEEPEST_JSON};
use decoded::{Decoded, MOST_ROUNDS};
use shapes::{Anchors, Place, Shape};

use super::secret::{REDACTED, Secret};

/// A text of the other end, without this run's secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned(String);

/// Knows the secrets of a run. Those that only come up in its course, such as an access token, are learned.
#[derive(Default)]
pub struct Gate {
    secrets: RefCell<Vec<Secret>>,
    /// Rebuilt when a secret is learned.
    anchors: RefCell<[Option<Anchors>; 2]>,
}

/// Who wrote a text, and with that what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// A service, which was sent the access token. Its bodies are data, and only secrets that are long enough not to be in
    /// them by chance are searched for there.
    Service,
    /// A token endpoint, which was sent credentials and hands out tokens that are not known before.
    TokenEndpoint,
}

impl Gate {
    /// Adds a secret to those that are searched for.
    pub fn learn(&self, secret: &Secret) {
        let mut secrets = self.secrets.borrow_mut();
        if !secret.expose().is_empty() && secrets.iter().all(|known| known.expose() != secret.expose()) {
            secrets.push(secret.clone());
            *self.anchors.borrow_mut() = [None, None];
        }
    }

    /// Cleans a short text in which any credential may be echoed: a reason, a header field, a proxy's words, an error's.
    #[must_use]
    pub fn text(&self, text: String, author: Author) -> Cleaned {
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
    pub fn fields(&self, fields: &[(String, String)], author: Author) -> Vec<(Cleaned, Cleaned)> {
        // Most heads hold nothing, which one look at all of it shows.
        let mut all = Vec::with_capacity(1024);
        for text in fields.iter().flat_map(|(name, value)| [name, value]) {
            all.extend_from_slice(text.as_bytes());
            all.push(0);
        }
        let suspect = self.suspects(&all, Place::Echo) || tokens::suspected(&all, author);
        let clean = |text: &String| match suspect {
            true => self.text(text.clone(), author),
            false => Cleaned(text.clone()),
        };
        fields.iter().map(|(name, value)| (clean(name), clean(value))).collect()
    }

    /// Cleans a body, and gives it back as it came where that is not the same. A token endpoint's is shown as far as it is
    /// an error of Entra ID's.
    #[must_use]
    pub fn body(&self, bytes: Vec<u8>, author: Author) -> (Body, Option<Vec<u8>>) {
        let clean = match author {
            Author::Service => self.service_body(&bytes),
            Author::TokenEndpoint => Some(self.token_endpoint_body(&bytes)),
        };
        match clean {
            Some(clean) => (clean, Some(bytes)),
            None => (Body::new(bytes), None),
        }
    }

    /// Learns the tokens in an answer, which whoever wrote it may repeat elsewhere in it.
    fn learn_tokens_in(&self, text: &[u8]) {
        for token in tokens::values(text) {
            self.learn(&Secret::new(token));
        }
    }

    /// Whether a closer look is worth it; never false where a secret is there.
    fn suspects(&self, text: &[u8], place: Place) -> bool {
        let mut kept = self.anchors.borrow_mut();
        let Some(slot) = kept.get_mut(place as usize) else {
            return true;
        };
        let anchors = slot.get_or_insert_with(|| Anchors::of(&self.secrets.borrow(), place));
        if anchors.is_empty() {
            return false;
        }
        if anchors.are_in(text) {
            return true;
        }
        let mut rounds = 0;
        let mut text = decoded::once(text);
        while let Some(next) = text {
            rounds += 1;
            if rounds > MOST_ROUNDS || anchors.are_in(&next) {
                return true;
            }
            text = decoded::once(&next);
        }
        false
    }

    /// The text without what is to be redacted; `None` where it may stay as it is.
    fn redacted(&self, text: &[u8], place: Place, author: Author) -> Option<String> {
        let shapes = Shape::of_all(&self.secrets.borrow(), place);
        redact(text, &shapes, author)
    }
}

/// One text, as it is and with its codings undone round by round.
fn redact(text: &[u8], shapes: &[Shape], author: Author) -> Option<String> {
    let mut found = Vec::new();
    let mut view = Decoded::new(text);
    let mut rounds = 0;
    loop {
        for shape in shapes {
            shape.find(&view.text, |range| found.push(view.source(&range)));
        }
        if author == Author::TokenEndpoint {
            tokens::find(&view.text, |range| found.push(view.source(&range)));
        }
        let Some(next) = view.next() else { break };
        rounds += 1;
        if rounds > MOST_ROUNDS {
            return Some(TOO_ODD.to_owned());
        }
        view = next;
    }
    without(text, found)
}

fn without(text: &[u8], mut found: Vec<Range<usize>>) -> Option<String> {
    if found.is_empty() {
        return None;
    }
    found.sort_unstable_by_key(|range| range.start);
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    let mut open: Option<Range<usize>> = None;
    for range in found.into_iter().chain([text.len()..text.len()]) {
        match &mut open {
            Some(last) if range.start < last.end || range == *last => last.end = last.end.max(range.end),
            _ => {
                if let Some(last) = open.take() {
                    clean.push_str(&String::from_utf8_lossy(text.get(done..last.start).unwrap_or_default()));
                    clean.push_str(REDACTED);
                    done = last.end;
                }
                open = Some(range);
            }
        }
    }
    clean.push_str(&String::from_utf8_lossy(text.get(done..).unwrap_or_default()));
    Some(clean)
}

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

/// What stands for a text that is coded so often that there is no end to undoing it.
const TOO_ODD: &str = "[left out: coded too often to be searched for secrets]";

#[cfg(test)]
mod tests;
