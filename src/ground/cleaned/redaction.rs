//! Takes out of one text what is to be redacted in it, in whatever layer of coding it stands.

use std::borrow::Cow;
use std::ops::Range;

use super::author::Author;
use super::codings::Layer;
use super::decoded::{self, Decoded, MOST_ROUNDS};
use super::forms::Place;
use super::inside;
use super::shapes::{Anchors, Shapes};
use super::tokens;
use crate::ground::secret::REDACTED;

/// Where and by whom a text was written, and what is looked for in it.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) shapes: &'a Shapes,
    /// To look for first.
    pub(super) anchors: &'a Anchors,
    pub(super) place: Place,
    pub(super) author: Author,
}

/// The text without it; `None` where it may stay as it is.
pub(super) fn redact(text: &[u8], look: Look<'_>) -> Option<String> {
    match look.places(text, 0) {
        Some(found) => without(text, found),
        None => Some(TOO_ODD.to_owned()),
    }
}

/// Whether a closer look is worth it; never false where there is something.
pub(super) fn suspected(text: &[u8], anchors: &Anchors, place: Place, depth: usize) -> bool {
    let whole = text;
    let mut text = Cow::Borrowed(text);
    for _ in 0..=MOST_ROUNDS {
        let squeezed = (place == Place::Echo).then(|| decoded::squeezed(&text));
        for text in std::iter::once(&*text).chain(squeezed.as_deref()) {
            if anchors.are_in(text) {
                return true;
            }
            // A service's data are searched for the digits themselves.
            let within = |_, inside: &inside::Inside| {
                stand_in(&inside.bytes, anchors)
                    || inside::may_be_text(&inside.bytes) && suspected(&inside.bytes, anchors, place, depth + 1)
            };
            if place.is_decoded() && depth < DEEPEST && inside::each(text, anchors.shortest(), within) {
                return true;
            }
        }
        match decoded::once(&text, Layer::All) {
            Some(next) => text = Cow::Owned(next),
            None => {
                return place == Place::Echo && suspected_in_pieces(whole, anchors)
                    || anchors.are_odd() && suspected_layer_by_layer(whole, anchors, place);
            }
        }
    }
    true
}

/// Whether a secret stands in what digits stand for, which may be UTF-16: letters beyond Latin look like no text in it.
fn stand_in(bytes: &[u8], anchors: &Anchors) -> bool {
    let without_zeros = || -> Vec<u8> { bytes.iter().copied().filter(|byte| *byte != 0).collect() };
    anchors.are_in(bytes) || memchr::memchr(0, bytes).is_some() && anchors.plain_are_in(&without_zeros())
}

/// The same where a line's end stands within a coding's own characters: put together first, undone then.
fn suspected_in_pieces(text: &[u8], anchors: &Anchors) -> bool {
    let mut text = decoded::squeezed(text);
    for _ in 0..=MOST_ROUNDS {
        match decoded::once(&text, Layer::All) {
            Some(next) => text = next,
            None => return false,
        }
        if anchors.are_in(&text) {
            return true;
        }
    }
    true
}

/// The same with one coding undone at a time.
fn suspected_layer_by_layer(text: &[u8], anchors: &Anchors, place: Place) -> bool {
    let mut views = vec![text.to_vec()];
    let mut at = 0;
    for _ in 0..MOST_LAYERS {
        let known = views.len();
        while at < known {
            for layer in Layer::EACH {
                let Some(next) = views.get(at).and_then(|view| decoded::once(view, layer)) else {
                    continue;
                };
                if anchors.plain_are_in(&next)
                    || place == Place::Echo && anchors.plain_are_in(&decoded::squeezed(&next))
                {
                    return true;
                }
                if !views.contains(&next) {
                    // What is coded in so many ways at once is not undone to its end.
                    if views.len() == MOST_VIEWS {
                        return true;
                    }
                    views.push(next);
                }
            }
            at += 1;
        }
    }
    false
}

impl Look<'_> {
    /// The parts of a text that are to be taken out; `None` where there is no end to undoing its codings.
    fn places(self, text: &[u8], depth: usize) -> Option<Vec<Range<usize>>> {
        let mut found = Vec::new();
        let mut view = Decoded::new(text);
        for _ in 0..=MOST_ROUNDS {
            self.in_one(&view, depth, true, &mut found);
            if self.author == Author::TokenEndpoint {
                tokens::find(&view.text, |range| found.push(view.source(&range)));
            }
            if self.place == Place::Echo {
                self.in_one(&view.squeezed(), depth, false, &mut found);
            }
            match view.next(Layer::All) {
                Some(next) => view = next,
                None => {
                    if self.place == Place::Echo {
                        self.in_pieces(text, depth, &mut found);
                    }
                    let odd = self.anchors.are_odd() && (depth == 0 || inside::may_be_text(text));
                    return (!odd || self.layer_by_layer(text, &mut found)).then_some(found);
                }
            }
        }
        None
    }

    /// A line's end may stand within a coding's own characters.
    fn in_pieces(self, text: &[u8], depth: usize, found: &mut Vec<Range<usize>>) {
        let mut view = Decoded::new(text).squeezed();
        for _ in 0..=MOST_ROUNDS {
            match view.next(Layer::All) {
                Some(next) => view = next,
                None => return,
            }
            self.in_one(&view, depth, false, found);
        }
    }

    /// A secret that itself holds what looks coded is not to be found where all codings are undone at once. Says whether all
    /// of it was looked at.
    fn layer_by_layer(self, text: &[u8], found: &mut Vec<Range<usize>>) -> bool {
        let mut views = vec![Decoded::new(text)];
        let mut at = 0;
        for _ in 0..MOST_LAYERS {
            let known = views.len();
            while at < known {
                for layer in Layer::EACH {
                    let Some(next) = views.get(at).and_then(|view| view.next(layer)) else {
                        continue;
                    };
                    if self.anchors.plain_are_in(&next.text) {
                        self.in_one(&next, DEEPEST, true, found);
                    }
                    let squeezed = (self.place == Place::Echo).then(|| next.squeezed());
                    if let Some(squeezed) = squeezed.filter(|view| self.anchors.plain_are_in(&view.text)) {
                        self.in_one(&squeezed, DEEPEST, false, found);
                    }
                    if views.iter().all(|known| known.text != next.text) {
                        if views.len() == MOST_VIEWS {
                            return false;
                        }
                        views.push(next);
                    }
                }
                at += 1;
            }
        }
        true
    }

    /// In one layer. `is_spaced` says that words are apart from each other in it.
    fn in_one(self, view: &Decoded, depth: usize, is_spaced: bool, found: &mut Vec<Range<usize>>) {
        for shape in self.shapes.iter().filter(|shape| is_spaced || shape.is_exact()) {
            // In what no person has written, a short one is there by chance.
            if depth > 0 && !shape.is_exact() && !is_printable(&view.text) {
                continue;
            }
            shape.find(&view.text, |range| found.push(view.source(&range)));
        }
        if depth == DEEPEST || !self.place.is_decoded() {
            return;
        }
        let anchors = self.anchors;
        inside::each(&view.text, anchors.shortest(), |run, inside| {
            let bytes = &inside.bytes;
            let may_be_text = inside::may_be_text(bytes);
            if !(stand_in(bytes, anchors) || may_be_text && suspected(bytes, anchors, self.place, depth + 1)) {
                return false;
            }
            // What is coded too often in there is no text.
            for part in self.places(&inside.bytes, depth + 1).unwrap_or_default() {
                // The first and the last digit around it hold parts of it, and what is left says nothing.
                let mut digits = if is_spaced { run.clone() } else { inside.source(&part) };
                let behind = view.text.get(digits.end..).unwrap_or_default();
                digits.end += behind.iter().take_while(|byte| **byte == b'=').count();
                found.push(view.source(&digits));
            }
            false
        });
    }
}

fn is_printable(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| !text.contains(char::is_control))
}

fn without(text: &[u8], mut found: Vec<Range<usize>>) -> Option<String> {
    if found.is_empty() {
        return None;
    }
    found.sort_unstable_by_key(|range| range.start);
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    let mut open: Option<Range<usize>> = None;
    for range in found.into_iter().chain(std::iter::once(text.len()..text.len())) {
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

/// What stands for a text that is coded so often that there is no end to undoing it.
const TOO_ODD: &str = "[left out: coded too often to be searched for secrets]";

/// How many layers of single codings are undone in all their orders.
const MOST_LAYERS: usize = 3;

/// Of a text that is coded in several ways; the rest would take longer than a run may.
const MOST_VIEWS: usize = 40;

/// How often base64 or digits may stand in each other.
const DEEPEST: usize = 2;
