//! What a secret looks like where it is searched for, once the codings around it are undone.

use std::ops::Range;

use memchr::memmem::{self, Finder};

use super::decoded;
use super::forms::{Extent, Place, each};
use super::inside::is_base64;
use crate::ground::secret::Secret;

/// One form of a secret.
pub(super) struct Shape {
    finder: Finder<'static>,
    extent: Extent,
}

/// All forms of all secrets.
pub(super) struct Shapes(Vec<Shape>);

/// A part of each shape, to look for first.
pub(super) struct Anchors {
    plain: Vec<Finder<'static>>,
    /// Those in base64.
    digits: Vec<Finder<'static>>,
    /// In a text of small letters alone.
    small: Vec<Finder<'static>>,
    shortest: usize,
    odd: bool,
}

impl Shapes {
    pub(super) fn of_all(secrets: &[Secret], place: Place) -> Self {
        let mut all = Vec::new();
        each(secrets, place, usize::MAX, |bytes, extent| {
            all.push(Shape {
                finder: Finder::new(bytes).into_owned(),
                extent,
            });
        });
        Self(all)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Shape> {
        self.0.iter()
    }
}

impl Shape {
    /// Whether it is the secret itself, which may be looked for where blanks were taken out.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self.extent, Extent::Exact)
    }

    /// Calls `found` with every place where a secret of this shape stands.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(Range<usize>)) {
        let length = self.finder.needle().len();
        let small = matches!(self.extent, Extent::Hex).then(|| text.to_ascii_lowercase());
        for start in self.finder.find_iter(small.as_deref().unwrap_or(text)) {
            let end = start + length;
            let (before, behind) = (
                text.get(..start).unwrap_or_default(),
                text.get(end..).unwrap_or_default(),
            );
            match self.extent {
                Extent::Exact | Extent::Hex => found(start..end),
                Extent::Word => {
                    let inside = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
                    if !inside(before.last()) && !inside(behind.first()) {
                        found(start..end);
                    }
                }
                Extent::Base64 => {
                    let is_digit = |byte: &&u8| is_base64(**byte) || **byte == b'=';
                    let back = before.iter().rev().take_while(|byte| is_base64(**byte)).count();
                    let on = behind.iter().take_while(is_digit).count();
                    found(start - back..end + on);
                }
                Extent::Token => {
                    let on = behind.iter().take_while(|byte| is_of_token(**byte)).count();
                    found(start..end + on);
                }
            }
        }
    }
}

impl Anchors {
    pub(super) fn of(secrets: &[Secret], place: Place) -> Self {
        let (mut plain, mut digits, mut small) = (Vec::new(), Vec::new(), Vec::new());
        let mut shortest = usize::MAX;
        each(secrets, place, ENOUGH_FOR_ANCHORS, |bytes, extent| {
            shortest = shortest.min(bytes.len());
            let part = bytes.get(..ANCHOR).unwrap_or(bytes);
            let parts = match extent {
                Extent::Hex => &mut small,
                Extent::Base64 => &mut digits,
                Extent::Exact | Extent::Word | Extent::Token => &mut plain,
            };
            if parts.iter().all(|known: &Vec<u8>| known != part) {
                parts.push(part.to_vec());
            }
        });
        let finders = |parts: Vec<Vec<u8>>| parts.iter().map(|part| Finder::new(part).into_owned()).collect();
        Self {
            plain: finders(plain),
            digits: finders(digits),
            small: finders(small),
            shortest,
            odd: secrets.iter().any(is_odd),
        }
    }

    /// Whether one of the secrets holds what looks coded.
    pub(super) fn are_odd(&self) -> bool {
        self.odd
    }

    pub(super) fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    pub(super) fn are_in(&self, text: &[u8]) -> bool {
        let any = |finders: &[Finder<'_>], text: &[u8]| finders.iter().any(|finder| finder.find(text).is_some());
        self.plain_are_in(text)
            || any(&self.digits, text)
            || !self.small.is_empty() && any(&self.small, &with_small_digits(text))
    }

    /// Whether a secret is there in no more coding.
    pub(super) fn plain_are_in(&self, text: &[u8]) -> bool {
        self.plain.iter().any(|finder| finder.find(text).is_some())
    }

    /// The length of the shortest that is looked for.
    pub(super) fn shortest(&self) -> usize {
        self.shortest
    }
}

/// The text with its hexadecimal digits in small letters. Other bytes may become digits too, which a first look can take; to
/// tell letters apart, one byte at a time, costs more than all else that is done to an incident.
fn with_small_digits(text: &[u8]) -> Vec<u8> {
    let mut small = text.to_vec();
    let (eights, rest) = small.as_chunks_mut::<8>();
    for eight in eights {
        *eight = (u64::from_ne_bytes(*eight) | SMALL_LETTERS).to_ne_bytes();
    }
    rest.iter_mut().for_each(|byte| *byte |= SMALL_LETTER);
    small
}

fn is_odd(secret: &Secret) -> bool {
    decoded::has_special(secret.expose().as_bytes())
}

pub(super) fn is_of_token(byte: u8) -> bool {
    is_base64(byte) || matches!(byte, b'.' | b'~' | b'=')
}

/// Whether a text is in another.
pub(super) fn holds(text: &[u8], part: &str) -> bool {
    memmem::find(text, part.as_bytes()).is_some()
}

/// What makes a letter of ASCII a small one, and leaves a digit as it is.
const SMALL_LETTER: u8 = 0x20;
const SMALL_LETTERS: u64 = u64::from_ne_bytes([SMALL_LETTER; 8]);

/// Long enough to be rare.
const ANCHOR: usize = 12;

/// What an anchor is made from: as much as its twelve bytes take where they are coded themselves.
const ENOUGH_FOR_ANCHORS: usize = 72;
