//! The codings themselves: what a coding at the start of a text stands for.

use super::entities;

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

impl Layer {
    /// One coding at a time.
    pub(super) const EACH: [Self; 5] = [Self::Percent, Self::Escapes, Self::Entities, Self::Lines, Self::Tags];

    pub(super) fn has(self, other: Self) -> bool {
        self == other || self == Self::All
    }

    /// How many layers more are undone with the first.
    fn many(self, again: usize) -> usize {
        if self == Self::All { again } else { 0 }
    }
}

/// The bytes that a coding at the start of the text stands for, and its length.
pub(super) fn undo(rest: &[u8], layer: Layer, buffer: &mut [u8; 4]) -> Option<(usize, usize)> {
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
