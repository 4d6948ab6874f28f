//! The forms in which a secret may stand in a text, by where that is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::codings::Layer;
use super::decoded;
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

/// How far around it goes what is taken out.
#[derive(Clone, Copy)]
pub(super) enum Extent {
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

/// Calls `shape` with the shapes of all secrets, made from no more than their first `limit` bytes.
pub(super) fn each(secrets: &[Secret], place: Place, limit: usize, mut shape: impl FnMut(&[u8], Extent)) {
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

/// As it is; with `+` for blanks, as forms have it; without them; in Latin-1, and in UTF-16 without its zeros; and each as it
/// would be if it were itself taken for coded.
fn plain(whole: &str, limit: usize, shortest: usize, shape: &mut impl FnMut(&[u8], Extent)) {
    let mut forms = vec![(Zeroizing::new(whole.as_bytes().to_vec()), shortest)];
    if whole.contains(' ') {
        forms.push((Zeroizing::new(whole.replace(' ', "+").into_bytes()), shortest));
    }
    if !whole.is_ascii() {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes = whole.encode_utf16().flat_map(order).filter(|byte| *byte != 0);
            // A letter that is three bytes elsewhere is two of them.
            forms.push((Zeroizing::new(bytes.collect()), shortest * 2 / 3));
        }
        // For letters that are all Latin, both are the same.
        forms.dedup();
    }
    for (form, shortest) in forms {
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

/// A shorter one is searched for as a word of its own.
const SHORTEST_ECHOED: usize = 4;

/// What is shorter may be in an incident by chance.
const SHORTEST_IN_DATA: usize = 8;

/// How much of a long secret tells it from others.
const TELLING_START: usize = 48;

/// What browsers leave as it is in a form (the URL standard, application/x-www-form-urlencoded).
const FORM_OF_BROWSERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// What JavaScript's `encodeURIComponent` leaves.
const URI_COMPONENT: &AsciiSet = &FORM.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
