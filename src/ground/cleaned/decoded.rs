//! Texts with their codings undone: percent-encoding, the escapes of JSON and JavaScript, HTML's entities, line breaks, and
//! the zeros of UTF-16.
//! A round undoes one layer of all of them; rounds are repeated until nothing is left to undo.

use std::ops::Range;

use super::codings::{Layer, undo};

/// A text after some rounds, which knows where in the original each of its bytes came from.
pub(super) struct Decoded {
    pub(super) text: Vec<u8>,
    /// For each byte where its part of the original starts and ends.
    sources: Vec<(u32, u32)>,
}

/// Where a round puts its result.
trait Sink {
    /// Bytes that came of a part of the text.
    fn put(&mut self, bytes: &[u8], part: Range<usize>);
    /// A stretch that is no coding.
    fn copy(&mut self, text: &[u8], part: Range<usize>);
    /// Blanks in front of a line break.
    fn drop_blanks(&mut self);
}

impl Decoded {
    pub(super) fn new(text: &[u8]) -> Self {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let sources = (0..text.len()).map(|at| (place(at), place(at + 1))).collect();
        Self {
            text: text.to_vec(),
            sources,
        }
    }

    /// The part of the original that a part of this text came from.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.sources.get(range.start).map_or(0, |(start, _)| *start as usize);
        let last = range.end.saturating_sub(1);
        let end = self.sources.get(last).map_or(start, |(_, end)| *end as usize);
        start..end
    }

    /// Without blanks.
    pub(super) fn squeezed(&self) -> Self {
        let both = self.text.iter().zip(&self.sources);
        let (text, sources) = both.filter(|(byte, _)| !byte.is_ascii_whitespace()).unzip();
        Self { text, sources }
    }

    /// One more round; `None` where there is nothing to undo.
    pub(super) fn next(&self, layer: Layer) -> Option<Self> {
        let next = Self {
            text: Vec::with_capacity(self.text.len()),
            sources: Vec::with_capacity(self.text.len()),
        };
        let mut sink = Mapped { before: self, next };
        round(&self.text, layer, &mut sink).then_some(sink.next)
    }
}

/// Without blanks, which is what folding makes of line breaks in a header field.
pub(super) fn squeezed(text: &[u8]) -> Vec<u8> {
    text.iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect()
}

/// One round without the way back; `None` where there is nothing to undo.
pub(super) fn once(text: &[u8], layer: Layer) -> Option<Vec<u8>> {
    if !has_special(text) {
        return None;
    }
    let mut next = Vec::with_capacity(text.len());
    round(text, layer, &mut next).then_some(next)
}

/// Undoes one layer, and says whether there was any.
fn round(text: &[u8], layer: Layer, sink: &mut impl Sink) -> bool {
    let mut changed = false;
    let mut specials = Specials::of(text);
    let mut at = 0;
    while at < text.len() {
        let special = specials.next(at);
        sink.copy(text, at..special);
        at = special;
        let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) else {
            break;
        };
        if let Some(length) = line_break(rest, layer) {
            sink.drop_blanks();
            at += length;
            changed = true;
            continue;
        }
        if let ([0, ..], true) = (rest, layer.has(Layer::Lines)) {
            at += 1;
            changed = true;
            continue;
        }
        let mut buffer = [0; 4];
        match undo(rest, layer, &mut buffer) {
            Some((written, taken)) => {
                sink.put(buffer.get(..written).unwrap_or_default(), at..at + taken);
                at += taken;
                changed = true;
            }
            None => {
                sink.copy(text, at..at + 1);
                at += 1;
            }
        }
    }
    changed
}

/// The length of a line's end at the start of the text, in a text or in a page of HTML, with the blanks of the next line.
fn line_break(rest: &[u8], layer: Layer) -> Option<usize> {
    let own = match rest {
        [b'\r' | b'\n', ..] if layer.has(Layer::Lines) => 1,
        [b'<', ..] if layer.has(Layer::Tags) => TAGS.iter().find_map(|tag| {
            let name = rest.get(1..=tag.len())?;
            let behind = rest.get(tag.len() + 1..)?;
            let end = behind.iter().take(LONGEST_TAG).position(|byte| *byte == b'>')?;
            let only = behind.get(..end)?.iter().all(|byte| matches!(byte, b' ' | b'/'));
            (only && name.eq_ignore_ascii_case(tag.as_bytes())).then_some(tag.len() + end + 2)
        })?,
        _ => return None,
    };
    let blanks = rest.get(own..)?.iter();
    let blanks = blanks.take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'));
    Some(own + blanks.count())
}

/// Whether there is anything that a coding may begin with.
pub(super) fn has_special(text: &[u8]) -> bool {
    KINDS.iter().any(|find| find(text).is_some())
}

/// Where codings may begin. Each kind is looked for once in each part of a text: to look for all of them from every place
/// would take the square of its length.
struct Specials<'a> {
    text: &'a [u8],
    kinds: [(usize, Find); 3],
}

type Find = fn(&[u8]) -> Option<usize>;

/// All that codings begin with, in as many looks as it takes.
const KINDS: [Find; 3] = [
    |rest| memchr::memchr3(b'%', b'\\', b'&', rest),
    |rest| memchr::memchr2(b'\r', b'\n', rest),
    |rest| memchr::memchr2(b'<', 0, rest),
];

impl<'a> Specials<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self {
            text,
            kinds: KINDS.map(|find| (find(text).unwrap_or(text.len()), find)),
        }
    }

    /// The first from there on, or the end; no later call is for an earlier place.
    fn next(&mut self, at: usize) -> usize {
        let text = self.text;
        let known = self.kinds.iter_mut().map(|(place, find)| {
            if *place < at {
                let found = text.get(at..).and_then(*find);
                *place = found.map_or(text.len(), |found| at + found);
            }
            *place
        });
        known.min().unwrap_or(text.len())
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8], _: Range<usize>) {
        self.extend_from_slice(bytes);
    }

    fn copy(&mut self, text: &[u8], part: Range<usize>) {
        self.extend_from_slice(text.get(part).unwrap_or_default());
    }

    fn drop_blanks(&mut self) {
        while let Some(b' ' | b'\t') = self.last() {
            self.pop();
        }
    }
}

struct Mapped<'a> {
    before: &'a Decoded,
    next: Decoded,
}

impl Sink for Mapped<'_> {
    fn put(&mut self, bytes: &[u8], part: Range<usize>) {
        let source = self.before.source(&part);
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.next.text.extend_from_slice(bytes);
        let sources = bytes.iter().map(|_| (place(source.start), place(source.end)));
        self.next.sources.extend(sources);
    }

    fn copy(&mut self, text: &[u8], part: Range<usize>) {
        self.next
            .text
            .extend_from_slice(text.get(part.clone()).unwrap_or_default());
        let sources = self.before.sources.get(part).unwrap_or_default();
        self.next.sources.extend_from_slice(sources);
    }

    fn drop_blanks(&mut self) {
        self.next.text.drop_blanks();
        self.next.sources.truncate(self.next.text.len());
    }
}

/// The tags that end a line, or may.
const TAGS: [&str; 2] = ["br", "wbr"];

const LONGEST_TAG: usize = 8;

/// Many more than honest texts have: what is still coded then is left out.
pub(super) const MOST_ROUNDS: usize = 8;
