//! What a secret looks like where it is searched for, once the codings around it are undone.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem::{self, Finder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::decoded::{self, Layer};
use super::inside::is_base64;
use crate::ground::secret::{FORM, Secret};

/// Where a text stands, and with that how long a secret has to be that is searched for there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where whoever answers may repeat credentials: all of them, however short.
    Echo,
    /// In a service's data: none that may be there by chance.
    Data,
    /// In a service's refusal: the same, but what stands inside base64 and digits is looked at too, as in an echo.
    Refusal,
}

impl Place {
    /// Whether whatever looks like base64 or digits is decoded. It takes longer than all else that is done to an incident.
    pub(super) fn is_decoded(self) -> bool {
        self != Self::Data
    }
}

/// One form of a secret.
pub(super) struct Shape {
    finder: Finder<'static>,
    extent: Extent,
}

/// All forms of all secrets.
pub(super) struct Shapes(Vec<Shape>);

/// How far around it goes what is taken out.
#[derive(Clone, Copy)]
enum Extent {
    /// No further.
    Exact,
    /// Only where it is a word of its own: it is too short to be told from a part of another.
    Word,
    /// All of the base64 around it, whose first and last digits hold parts of the secret.
    Base64,
    /// No further, and the case of letters does not matter.
    Hex,
    /// To the end of the token, of which this is the beginning.
    Token,
}

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
            || !self.small.is_empty() && any(&self.small, &text.to_ascii_lowercase())
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

fn is_odd(secret: &Secret) -> bool {
    secret.expose().bytes().any(decoded::is_special)
}

/// Calls `shape` with the shapes of all secrets, made from no more than their first `limit` bytes.
fn each(secrets: &[Secret], place: Place, limit: usize, mut shape: impl FnMut(&[u8], Extent)) {
    for secret in secrets {
        let whole = secret.expose();
        let shortest = match place {
            Place::Echo => SHORTEST_ECHOED,
            Place::Data | Place::Refusal => SHORTEST_IN_DATA,
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
        if place == Place::Data {
            // What is short is decoded; a whole incident is searched for the digits.
            let start = start_of(whole, limit.min(whole.len()));
            for form in within_base64(start) {
                in_base64(&form, &mut shape);
            }
            shape(in_hex(start.as_bytes()).as_bytes(), Extent::Hex);
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
            next = decoded::once(&form, Layer::All).map(Zeroizing::new);
        }
    }
}

/// The forms in which it may stand in a text that is then put into base64, where no round undoes them: as it is, as `Basic`
/// has it (RFC 6749, 2.3.1) by the several readings of what a form has to encode, and as JSON and HTML have it.
fn within_base64(start: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![Zeroizing::new(start.as_bytes().to_vec())];
    let mut add = |form: Vec<u8>| {
        let form = Zeroizing::new(form);
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    if start
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    {
        // As most tokens are; no other changes them.
        return forms;
    }
    for kept in [FORM, FORM_OF_BROWSERS, URI_COMPONENT, NON_ALPHANUMERIC] {
        let form = utf8_percent_encode(start, kept).to_string();
        add(form.replace("%20", "+").into_bytes());
        add(small_digits(&form).into_bytes());
        add(form.into_bytes());
    }
    add(serde_json::to_string(start)
        .unwrap_or_default()
        .trim_matches('"')
        .as_bytes()
        .to_vec());
    let html = start
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    add(html.replace('\'', "&#39;").into_bytes());
    add(html.into_bytes());
    forms
}

/// A percent-encoded text with `%2f` for `%2F`.
fn small_digits(coded: &str) -> String {
    let mut parts = coded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        format!("{all}%{}{rest}", digits.to_ascii_lowercase())
    })
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

fn in_hex(bytes: &[u8]) -> Zeroizing<String> {
    let digit = |number: u8| char::from_digit(u32::from(number), 16).unwrap_or('0');
    let both = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    Zeroizing::new(both.collect())
}

pub(super) fn is_of_token(byte: u8) -> bool {
    is_base64(byte) || matches!(byte, b'.' | b'~' | b'=')
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

/// What an anchor is made from: as much as its twelve bytes take where they are coded themselves.
const ENOUGH_FOR_ANCHORS: usize = 72;

/// What browsers leave as it is in a form (the URL standard, application/x-www-form-urlencoded).
const FORM_OF_BROWSERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// What JavaScript's `encodeURIComponent` leaves.
const URI_COMPONENT: &AsciiSet = &FORM.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
