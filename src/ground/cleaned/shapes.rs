//! What a secret looks like where it is searched for, once the codings that can be undone are undone: as it is, in base64 at
//! any place of a longer text, and in hexadecimal digits.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem::{self, Finder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::decoded;
use crate::ground::secret::{FORM, Secret};

/// Where a text stands, and with that how long a secret has to be that is searched for there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where whoever answers may repeat credentials: all of them, however short.
    Echo,
    /// In a service's data: none that may be there by chance.
    Data,
}

/// One form of a secret.
pub(super) struct Shape {
    finder: Finder<'static>,
    extent: Extent,
}

/// How far around it goes what is taken out.
#[derive(Clone, Copy)]
enum Extent {
    /// No further.
    Exact,
    /// Only where it is a word of its own: it is too short to be told from a part of another.
    Word,
    /// All of the base64 around it, whose first and last digits hold parts of the secret.
    Base64,
    /// To the end of the token, of which this is the beginning.
    Token,
}

/// A part of each shape, to look for first.
pub(super) struct Anchors(Vec<Finder<'static>>);

impl Shape {
    pub(super) fn of_all(secrets: &[Secret], place: Place) -> Vec<Self> {
        let mut shapes = Vec::new();
        each(secrets, place, usize::MAX, |bytes, extent| {
            shapes.push(Self {
                finder: Finder::new(bytes).into_owned(),
                extent,
            });
        });
        shapes
    }

    /// Whether it is the secret itself, which may be looked for where blanks were taken out.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self.extent, Extent::Exact)
    }

    /// Calls `found` with every place where a secret of this shape stands.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(Range<usize>)) {
        let length = self.finder.needle().len();
        for start in self.finder.find_iter(text) {
            let end = start + length;
            let (before, behind) = (
                text.get(..start).unwrap_or_default(),
                text.get(end..).unwrap_or_default(),
            );
            match self.extent {
                Extent::Exact => found(start..end),
                Extent::Word => {
                    let inside = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
                    if !inside(before.last()) && !inside(behind.first()) {
                        found(start..end);
                    }
                }
                Extent::Base64 => {
                    let back = before.iter().rev().take_while(|byte| is_base64(**byte)).count();
                    let on = behind.iter().take_while(|byte| is_base64(**byte)).count();
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
        let mut parts: Vec<Vec<u8>> = Vec::new();
        each(secrets, place, ENOUGH_FOR_ANCHORS, |bytes, _| {
            let part = bytes.get(..ANCHOR).unwrap_or(bytes);
            if parts.iter().all(|known| known != part) {
                parts.push(part.to_vec());
            }
        });
        Self(parts.iter().map(|part| Finder::new(part).into_owned()).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn are_in(&self, text: &[u8]) -> bool {
        self.0.iter().any(|finder| finder.find(text).is_some())
    }
}

/// Calls `shape` with the shapes of all secrets, made from no more than their first `limit` bytes.
fn each(secrets: &[Secret], place: Place, limit: usize, mut shape: impl FnMut(&[u8], Extent)) {
    for secret in secrets {
        let whole = secret.expose();
        let shortest = match place {
            Place::Echo => SHORTEST_ECHOED,
            Place::Data => SHORTEST_IN_DATA,
        };
        if whole.len() < shortest {
            if place == Place::Echo {
                shape(whole.as_bytes(), Extent::Word);
            }
            continue;
        }
        plain(whole, limit, shortest, &mut shape);
        if place == Place::Echo && whole.len() > TELLING_START {
            // What echoes a token often cuts it short.
            shape(whole.as_bytes().get(..TELLING_START).unwrap_or_default(), Extent::Token);
        }
        let start = start_of(whole, limit);
        for form in within_base64(start) {
            in_base64(form.as_bytes(), &mut shape);
        }
        for hex in [lower_hex(start.as_bytes()), upper_hex(start.as_bytes())] {
            shape(hex.as_bytes(), Extent::Exact);
        }
    }
}

/// As it is; with `+` for blanks, as forms have it; without them; in Latin-1; and each as it would be if it were itself taken
/// for coded.
fn plain(whole: &str, limit: usize, shortest: usize, shape: &mut impl FnMut(&[u8], Extent)) {
    let mut forms = vec![Zeroizing::new(whole.as_bytes().to_vec())];
    if whole.contains(' ') {
        forms.push(Zeroizing::new(whole.replace(' ', "+").into_bytes()));
    }
    if !whole.is_ascii() {
        let letters = whole.chars().map(|letter| u8::try_from(u32::from(letter)).ok());
        let latin: Option<Vec<u8>> = letters.collect();
        forms.extend(latin.map(Zeroizing::new));
    }
    for form in forms {
        let mut next = Some(form);
        while let Some(form) = next {
            for form in [&form, &Zeroizing::new(decoded::squeezed(&form))] {
                if form.len() >= shortest {
                    shape(form.get(..limit).unwrap_or(form), Extent::Exact);
                }
            }
            next = decoded::once(&form).map(Zeroizing::new);
        }
    }
}

/// The forms in which it may stand in a text that is then put into base64, where no round undoes them: as it is, as `Basic`
/// has it (RFC 6749, 2.3.1) by the several readings of what a form has to encode, and as JSON and HTML have it.
fn within_base64(start: &str) -> Vec<Zeroizing<String>> {
    let mut forms = vec![Zeroizing::new(start.to_owned())];
    let mut add = |form: String| {
        let form = Zeroizing::new(form);
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    if start
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    {
        // As most tokens are; none of these changes them.
        return forms;
    }
    for kept in [FORM, FORM_OF_BROWSERS, URI_COMPONENT, NON_ALPHANUMERIC] {
        let form = utf8_percent_encode(start, kept).to_string();
        add(form.replace("%20", "+"));
        add(form);
    }
    add(serde_json::to_string(start)
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned());
    let html = start
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    add(html.replace('\'', "&#39;"));
    add(html);
    forms
}

/// The digits that the secret alone decides, for each of the three ways in which groups of three bytes may fall on it.
fn in_base64(bytes: &[u8], shape: &mut impl FnMut(&[u8], Extent)) {
    for (before, first) in [(0, 0), (1, 2), (2, 3)] {
        let mut padded = Zeroizing::new(vec![0; before]);
        padded.extend_from_slice(bytes);
        let digits = Zeroizing::new(STANDARD_NO_PAD.encode(&*padded));
        let Some(own) = digits.get(first..padded.len() * 8 / 6) else {
            continue;
        };
        shape(own.as_bytes(), Extent::Base64);
        if own.contains(['+', '/']) {
            let for_urls = Zeroizing::new(own.replace('+', "-").replace('/', "_"));
            shape(for_urls.as_bytes(), Extent::Base64);
        }
    }
}

fn start_of(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or(text)
}

fn lower_hex(bytes: &[u8]) -> Zeroizing<String> {
    in_hex(bytes, b"0123456789abcdef")
}

fn upper_hex(bytes: &[u8]) -> Zeroizing<String> {
    in_hex(bytes, b"0123456789ABCDEF")
}

fn in_hex(bytes: &[u8], digits: &[u8; 16]) -> Zeroizing<String> {
    let digit = |number: u8| digits.get(usize::from(number)).map_or('0', |digit| char::from(*digit));
    let both = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    Zeroizing::new(both.collect())
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

pub(super) fn is_of_token(byte: u8) -> bool {
    is_base64(byte) || matches!(byte, b'.' | b'~')
}

/// Whether a text is in another.
pub(super) fn holds(text: &[u8], part: &str) -> bool {
    memmem::find(text, part.as_bytes()).is_some()
}

/// A shorter one is searched for as a word of its own.
const SHORTEST_ECHOED: usize = 4;

/// What is shorter may be in an incident by chance.
const SHORTEST_IN_DATA: usize = 8;

/// How much of a long secret tells it from others.
const TELLING_START: usize = 48;

/// Long enough to be rare.
const ANCHOR: usize = 12;

/// What an anchor is made from: as much as its twelve bytes take in the shortest coding.
const ENOUGH_FOR_ANCHORS: usize = 24;

/// What browsers leave as it is in a form (the URL standard, application/x-www-form-urlencoded).
const FORM_OF_BROWSERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// What JavaScript's `encodeURIComponent` leaves.
const URI_COMPONENT: &AsciiSet = &FORM.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
