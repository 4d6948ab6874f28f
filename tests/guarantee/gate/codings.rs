//! The codings in which a server may write what it was sent.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// One coding, by its name.
pub(crate) type Named = (&'static str, fn(&str) -> String);

/// A coding within another.
#[derive(Clone, Copy)]
pub(crate) struct Coding {
    pub(crate) inner: &'static Named,
    pub(crate) outer: &'static Named,
}

impl Coding {
    /// One coding alone.
    pub(crate) fn of(one: &'static Named) -> Self {
        Self {
            inner: one,
            outer: &CODINGS[0],
        }
    }

    pub(crate) fn name(&self) -> String {
        match self.outer.0 {
            "raw" => self.inner.0.to_owned(),
            outer => format!("{} in {outer}", self.inner.0),
        }
    }

    pub(crate) fn apply(&self, text: &str) -> String {
        (self.outer.1)(&(self.inner.1)(text))
    }

    /// Whether what comes out is already the inside of a string of JSON.
    pub(crate) fn is_json(&self) -> bool {
        let last = if self.outer.0 == "raw" { self.inner } else { self.outer };
        last.0.starts_with("JSON")
    }
}

pub(crate) const CODINGS: &[Named] = &[
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
    ("hexadecimal", hex),
    ("hexadecimal, upper case", |text| {
        text.bytes().map(|byte| format!("{byte:02X}")).collect()
    }),
    ("two lines", |text| split(text, text.len() / 2, "\r\n ")),
    ("two lines of a page", |text| split(text, text.len() / 3, "<br />\r\n")),
    ("a line after each percent sign", |text| {
        percent(text, NON_ALPHANUMERIC).replace('%', "%\r\n")
    }),
    ("percent, two lines", |text| {
        let coded = percent(text, NON_ALPHANUMERIC);
        let within = coded.find('%').map_or(coded.len() / 2, |at| at + 2);
        split(&coded, within, "\n")
    }),
    ("base64, two lines", |text| {
        let coded = STANDARD.encode(text);
        split(&coded, coded.len() / 2, "\r\n")
    }),
    ("percent, either case", |text| {
        either_case(&percent(text, NON_ALPHANUMERIC), false)
    }),
    ("percent, for JavaScript", |text| {
        units(text, |unit| format!("%u{unit:04X}"))
    }),
    ("JSON, two lines", |text| {
        let coded = within_json(text);
        let middle = coded.find('\\').unwrap_or(coded.len() / 2);
        split(&coded, middle, "\\n")
    }),
    ("JavaScript, in braces", |text| {
        text.chars()
            .map(|letter| format!("\\u{{{:x}}}", u32::from(letter)))
            .collect()
    }),
    ("UTF-16 in escapes", |text| {
        text.chars()
            .map(|letter| format!("{}\\u0000", within_json(&letter.to_string())))
            .collect()
    }),
    ("JSON, form", |text| {
        within_json(&percent(text, FORM).replace("%20", "+"))
    }),
    ("JSON escapes, percent", |text| {
        percent(&units(text, |unit| format!("\\u{unit:04x}")), NON_ALPHANUMERIC)
    }),
    ("entities, many zeros", |text| {
        text.chars()
            .map(|letter| format!("&#{:05};", u32::from(letter)))
            .collect()
    }),
    ("entities, left open", |text| {
        // A semicolon of the text's own would close one.
        named(&text.replace(';', "&semi"))
            .replace("&amp;semi", "&semi")
            .replace(';', "")
    }),
    ("entities, decimal and left open", |text| {
        // A digit behind one that is left open would be one of its own.
        let mut is_open = false;
        let mut coded = String::new();
        for letter in text.chars() {
            is_open = !letter.is_ascii_alphanumeric() || is_open && letter.is_ascii_digit();
            if is_open {
                coded.push_str(&format!("&#{:05}", u32::from(letter)));
            } else {
                coded.push(letter);
            }
        }
        coded
    }),
    ("entities in JSON", |text| within_json(&named(text))),
    ("entities twice", |text| named(&named(text))),
    ("base64, one before", |text| STANDARD.encode(format!("x{text}"))),
    ("base64, two before", |text| {
        URL_SAFE_NO_PAD.encode(format!("xy{text}z"))
    }),
    ("base64 twice", |text| STANDARD.encode(STANDARD.encode(text))),
    ("base64 of percent, lower case", |text| {
        STANDARD.encode(lower_digits(&percent(text, NON_ALPHANUMERIC)))
    }),
    ("base64 of JSON", |text| STANDARD.encode(within_json(text))),
    ("base64 of UTF-16", |text| {
        STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
    }),
    ("base64, percent", |text| {
        percent(&STANDARD.encode(text), NON_ALPHANUMERIC)
    }),
    ("hexadecimal, either case", |text| {
        either_case(&hex(text).to_ascii_uppercase(), true)
    }),
    ("hexadecimal of base64", |text| hex(&STANDARD.encode(text))),
    ("a user of a URL", |text| {
        format!("https://{}@host.example/", percent(text, NON_ALPHANUMERIC))
    }),
    ("a user and a password of a URL", |text| {
        format!("https://user:{}@host.example/x", percent(text, FORM))
    }),
];

/// Those in which servers and what stands before them write, which are tried in each other.
pub(crate) const IN_EACH_OTHER: [&str; 8] = [
    "form",
    "percent",
    "JSON",
    "JSON, every character",
    "entities",
    "entities, decimal",
    "base64",
    "hexadecimal",
];

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn split(text: &str, at: usize, between: &str) -> String {
    let middle = (at..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    format!("{}{between}{}", &text[..middle], &text[middle..])
}

/// With some hexadecimal digits in small letters: those behind percent signs, or all where it is nothing else.
fn either_case(text: &str, is_digits: bool) -> String {
    let mut behind = 0;
    let either = |(place, letter): (usize, char)| {
        let is_digit = is_digits || behind > 0;
        behind = if letter == '%' {
            2
        } else {
            behind - i32::from(behind > 0)
        };
        if is_digit && place % 3 == 0 {
            letter.to_ascii_lowercase()
        } else {
            letter
        }
    };
    text.chars().enumerate().map(either).collect()
}

/// What is looked for in refusals and heads, and not in an incident, all of which would have to be decoded.
pub(crate) const DEEP: [&str; 4] = [
    "base64 twice",
    "base64 of UTF-16",
    "base64 of percent, lower case",
    "hexadecimal of base64",
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

pub(crate) fn within_json(text: &str) -> String {
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
