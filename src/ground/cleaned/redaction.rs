//! Takes out of one text what is to be redacted in it, in whatever layer of coding it stands.

use std::ops::Range;

use super::author::Author;
use super::decoded::{Decoded, MOST_ROUNDS};
use super::shapes::{Place, Shape};
use super::tokens;
use crate::ground::secret::REDACTED;

/// One text, as it is and with its codings undone round by round.
pub(super) fn redact(text: &[u8], shapes: &[Shape], place: Place, author: Author) -> Option<String> {
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
        if place == Place::Echo {
            let view = view.squeezed();
            for shape in shapes.iter().filter(|shape| shape.is_exact()) {
                shape.find(&view.text, |range| found.push(view.source(&range)));
            }
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
