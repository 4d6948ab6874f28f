//! The codings in which a server may write what it was sent.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub(crate) type Coding = (&'static str, fn(&str) -> String);

pub(crate) const CODINGS: &[Coding] = &[
    ("raw", str::to_owned),
    ("form", |text| percent(text, FORM).replace("%20", "+")),
    ("percent", |text| percent(text, NON_ALPHANUMERIC)),
    ("percent, lower case", |text| {
        lower_digits(&percent(text, NON_ALPHANUMERIC))
    }),
    ("percent, every byte", |text| {
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    }),
    ("percent twice", |text| {
        percent(&percent(text, NON_ALPHANUMERIC), NON_ALPHANUMERIC)
    }),
    ("JSON", |text| within_json(text)),
    ("JSON in JSON", |text| within_json(&within_json(text))),
    ("JSON, every character", |text| {
        units(text, |unit| format!("\\u{unit:04X}"))
    }),
    ("JSON, what is not ASCII or plain", |text| {
        text.chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() {
                    letter.to_string()
                } else {
                    units(&letter.to_string(), |unit| format!("\\u{unit:04x}"))
                }
            })
            .collect()
    }),
    ("entities", named),
    ("entities, decimal", |text| {
        text.chars().map(|letter| format!("&#{};", u32::from(letter))).collect()
    }),
    ("entities, hexadecimal", |text| {
        text.chars()
            .map(|letter| format!("&#x{:X};", u32::from(letter)))
            .collect()
    }),
    ("base64", |text| STANDARD.encode(text)),
    ("Basic", |text| {
        format!("Basic {}", STANDARD.encode(format!("user:{text}")))
    }),
    ("Basic, form-encoded", |text| {
        format!("Basic {}", STANDARD.encode(format!("a:{}", percent(text, FORM))))
    }),
    ("base64 in the middle", |text| STANDARD.encode(format!("<<{text}>>"))),
    ("base64url", |text| URL_SAFE_NO_PAD.encode(text)),
    ("hexadecimal", |text| {
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }),
    ("hexadecimal, upper case", |text| {
        text.bytes().map(|byte| format!("{byte:02X}")).collect()
    }),
    ("two lines", |text| {
        let middle = (text.len() / 2..)
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or_default();
        format!("{}\r\n {}", &text[..middle], &text[middle..])
    }),
];

const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b' ')
    .add(b' ');

fn percent(text: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(text, set).to_string()
}

fn lower_digits(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        format!("{all}%{}{}", part[..2].to_lowercase(), &part[2..])
    })
}

fn within_json(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

fn units(text: &str, form: impl Fn(u16) -> String) -> String {
    text.encode_utf16().map(form).collect()
}

fn named(text: &str) -> String {
    let pairs = [
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
        ("'", "&apos;"),
        ("+", "&plus;"),
        ("/", "&sol;"),
        ("ä", "&auml;"),
    ];
    pairs
        .iter()
        .fold(text.to_owned(), |text, (plain, entity)| text.replace(plain, entity))
}
