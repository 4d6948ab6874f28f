//! What stands inside base64 and inside hexadecimal digits, wherever in a longer text they begin.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Bytes that digits stand for.
pub(super) struct Inside {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Where the first digit is.
    first: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Base64,
    Hex,
}

impl Inside {
    /// The digits that a part of these bytes came from.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let (start, end) = match self.kind {
            Kind::Base64 => (range.start * 4 / 3, (range.end * 4).div_ceil(3)),
            Kind::Hex => (range.start * 2, range.end * 2),
        };
        self.first + start..self.first + end
    }
}

/// Calls `look` with what every run of digits may stand for that is long enough for so many bytes, until it says that it has
/// seen enough. A run's digits may begin in the middle of it: a word of the text around them is made of digits too.
pub(super) fn each(text: &[u8], shortest: usize, mut look: impl FnMut(Range<usize>, &Inside) -> bool) -> bool {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().take_while(|byte| is_base64(**byte)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let run = at..at + length;
        at = run.end;
        // So many bytes may leave a part of the last digit unused.
        if length * 3 / 4 >= shortest
            && let Some(digits) = text.get(run.clone())
            && (base64(digits, run.start).any(|inside| look(run.clone(), &inside))
                || hex(digits, run.start, shortest).any(|inside| look(run.clone(), &inside)))
        {
            return true;
        }
    }
    false
}

/// Whether there is enough in it that may be a text, be it in UTF-16: what looks like digits is most often a word.
pub(super) fn may_be_text(bytes: &[u8]) -> bool {
    let is_between = |letter: char| letter.is_control() && letter != '\0';
    bytes.utf8_chunks().any(|chunk| {
        let mut parts = chunk.valid().split(is_between);
        parts.any(|part| part.len() >= SHORTEST_TEXT)
    })
}

fn base64(digits: &[u8], start: usize) -> impl Iterator<Item = Inside> {
    // What stands behind padding is the next one's.
    let plain: Vec<u8> = digits
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => *byte,
        })
        .collect();
    (0..4).filter_map(move |skipped| {
        let digits = plain.get(skipped..)?;
        let whole = digits.len() - usize::from(digits.len() % 4 == 1);
        let bytes = ANY_END.decode(digits.get(..whole)?).ok()?;
        Some(Inside {
            bytes: Zeroizing::new(bytes),
            first: start + skipped,
            kind: Kind::Base64,
        })
    })
}

fn hex(run: &[u8], start: usize, shortest: usize) -> impl Iterator<Item = Inside> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < run.len() {
        let rest = run.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if length / 2 >= shortest {
            for skipped in 0..2 {
                let digits = rest.get(skipped..length).unwrap_or_default();
                parts.push(Inside {
                    bytes: Zeroizing::new(digits.chunks_exact(2).filter_map(pair).collect()),
                    first: start + at + skipped,
                    kind: Kind::Hex,
                });
            }
        }
        at += length.max(1);
    }
    parts.into_iter()
}

fn pair(digits: &[u8]) -> Option<u8> {
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    match digits {
        [high, low] => u8::try_from(value(high)? << 4 | value(low)?).ok(),
        _ => None,
    }
}

pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// As it comes, cut anywhere.
const ANY_END: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A shorter one is there by chance, and no secret fits into it that is coded once more.
const SHORTEST_TEXT: usize = 8;
