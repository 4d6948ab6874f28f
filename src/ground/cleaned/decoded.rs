//! Texts with their codings undone: percent-encoding, the escapes of JSON and JavaScript, HTML's entities, line breaks, and
//! the zeros of UTF-16.
//! A round undoes one layer of all of them; rounds are repeated until nothing is left to undo.

use std::ops::Range;

use super::entities;

/// A text after some rounds, which knows where in the original each of its bytes came from.
pub(super) struct Decoded {
    pub(super) text: Vec<u8>,
    /// For each byte where its part of the original starts and ends.
    sources: Vec<(u32, u32)>,
}

/// What a round undoes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// Everything, and what was coded again and again at once, so that the number of rounds stays small.
    All,
    /// One layer of one coding, and nothing else: what a secret itself has that looks like another stays as it is.
    Percent,
    Escapes,
    Entities,
    Lines,
    Tags,
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
    text.iter().position(|byte| is_special(*byte))?;
    let mut next = Vec::with_capacity(text.len());
    round(text, layer, &mut next).then_some(next)
}

/// Undoes one layer, and says whether there was any.
fn round(text: &[u8], layer: Layer, sink: &mut impl Sink) -> bool {
    let mut changed = false;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = next_special(rest);
        sink.copy(text, at..at + plain);
        at += plain;
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

/// Whether a coding may begin with it.
pub(super) fn is_special(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&' | b'\r' | b'\n' | b'<' | 0)
}

fn next_special(rest: &[u8]) -> usize {
    let coding = memchr::memchr3(b'%', b'\\', b'&', rest).unwrap_or(rest.len());
    let before = rest.get(..coding).unwrap_or(rest);
    let line = memchr::memchr2(b'\r', b'\n', before).unwrap_or(coding);
    let before = rest.get(..line).unwrap_or(rest);
    memchr::memchr2(b'<', 0, before).unwrap_or(line)
}

/// The bytes that a coding at the start of the text stands for, and its length.
fn undo(rest: &[u8], layer: Layer, buffer: &mut [u8; 4]) -> Option<(usize, usize)> {
    match rest.first()? {
        b'%' if layer.has(Layer::Percent) => percent(rest, layer, buffer),
        b'\\' if layer.has(Layer::Escapes) => escape(rest, layer, buffer),
        b'&' if layer.has(Layer::Entities) => entity(rest, layer, buffer),
        _ => None,
    }
}

fn percent(rest: &[u8], layer: Layer, buffer: &mut [u8; 4]) -> Option<(usize, usize)> {
    match rest {
        [b'%', b'u' | b'U', digits @ ..] => Some((char_of(hex(digits, 4)?, buffer), 6)),
        [b'%', b'2', b'5', more @ ..] => {
            let again = more.chunks_exact(2).take_while(|pair| *pair == b"25").count();
            buffer[0] = b'%';
            Some((1, 3 + 2 * layer.many(again)))
        }
        [b'%', digits @ ..] => {
            buffer[0] = u8::try_from(hex(digits, 2)?).ok()?;
            Some((1, 3))
        }
        _ => None,
    }
}

fn escape(rest: &[u8], layer: Layer, buffer: &mut [u8; 4]) -> Option<(usize, usize)> {
    match rest {
        [b'\\', b'\\', more @ ..] => {
            let again = more.iter().take_while(|byte| **byte == b'\\').count();
            buffer[0] = b'\\';
            Some((1, 2 + layer.many(again)))
        }
        [b'\\', b'u', b'{', digits @ ..] => braced_char(digits, buffer),
        [b'\\', b'u' | b'U', digits @ ..] => escaped_char(digits, buffer),
        [b'\\', b'x' | b'X', digits @ ..] => Some((char_of(hex(digits, 2)?, buffer), 4)),
        [b'\\', letter, ..] => {
            buffer[0] = match letter {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'"' | b'\'' | b'/' | b'\n' | b'\r' => *letter,
                _ => return None,
            };
            Some((1, 2))
        }
        _ => None,
    }
}

fn entity(rest: &[u8], layer: Layer, buffer: &mut [u8; 4]) -> Option<(usize, usize)> {
    match rest {
        [b'&', b'#', b'x' | b'X', digits @ ..] => numbered(digits, 16, 3, buffer),
        [b'&', b'#', digits @ ..] => numbered(digits, 10, 2, buffer),
        [b'&', name @ ..] => {
            let (character, length) = entities::named(name)?;
            // `&amp;amp;lt;` is one layer too.
            let again = match character {
                '&' => name
                    .get(length..)?
                    .chunks_exact(4)
                    .take_while(|part| *part == b"amp;")
                    .count(),
                _ => 0,
            };
            Some((character.encode_utf8(buffer).len(), 1 + length + 4 * layer.many(again)))
        }
        _ => None,
    }
}

impl Layer {
    /// One coding at a time.
    pub(super) const EACH: [Self; 5] = [Self::Percent, Self::Escapes, Self::Entities, Self::Lines, Self::Tags];

    fn has(self, other: Self) -> bool {
        self == other || self == Self::All
    }

    /// How many layers more are undone with the first.
    fn many(self, again: usize) -> usize {
        if self == Self::All { again } else { 0 }
    }
}

/// `\uXXXX`, two of which may be one character.
fn escaped_char(digits: &[u8], buffer: &mut [u8; 4]) -> Option<(usize, usize)> {
    let first = hex(digits, 4)?;
    if let 0xd800..0xdc00 = first
        && let Some([b'\\', b'u' | b'U', digits @ ..]) = digits.get(4..)
        && let Some(second @ 0xdc00..0xe000) = hex(digits, 4)
    {
        let both = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return Some((char_of(both, buffer), 12));
    }
    Some((char_of(first, buffer), 6))
}

/// `\u{X}`, as JavaScript has it.
fn braced_char(digits: &[u8], buffer: &mut [u8; 4]) -> Option<(usize, usize)> {
    let length = digits.iter().take_while(|digit| digit.is_ascii_hexdigit()).count();
    let number = digits.get(..length).filter(|digits| !digits.is_empty())?;
    let number = u32::from_str_radix(std::str::from_utf8(number).ok()?, 16).unwrap_or(u32::MAX);
    (digits.get(length) == Some(&b'}')).then(|| (char_of(number, buffer), length + 4))
}

fn numbered(digits: &[u8], radix: u32, before: usize, buffer: &mut [u8; 4]) -> Option<(usize, usize)> {
    let length = digits
        .iter()
        .take_while(|digit| char::from(**digit).is_digit(radix))
        .count();
    let number = digits
        .get(..length)
        .and_then(|digits| std::str::from_utf8(digits).ok())?;
    if number.is_empty() {
        return None;
    }
    // Leading zeros are many in a text that wants to be overlooked.
    let number = u32::from_str_radix(number, radix).unwrap_or(u32::MAX);
    let closed = usize::from(digits.get(length) == Some(&b';'));
    Some((char_of(number, buffer), before + length + closed))
}

/// A number that is no character, such as half of a pair, is the replacement character.
fn char_of(number: u32, buffer: &mut [u8; 4]) -> usize {
    let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
    character.encode_utf8(buffer).len()
}

fn hex(digits: &[u8], length: usize) -> Option<u32> {
    digits
        .get(..length)?
        .iter()
        .try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
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
