//! Finds secrets in what a run wrote, by undoing every coding again and again: written apart from the product's own reading.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The secrets that show, whole or as a telling part.
pub(crate) fn shown<'a>(output: &str, secrets: &'a [String]) -> Vec<&'a str> {
    let mut texts = Vec::new();
    let mut level = output.to_owned();
    for _ in 0..6 {
        let joined: String = level.split(['\r', '\n']).map(str::trim).collect();
        for text in [&level, &joined] {
            texts.push(text.clone().into_bytes());
            texts.extend(inside_base64(text));
            texts.extend(inside_hex(text));
        }
        let next = entities(&escapes(
            &percent_encoding::percent_decode_str(&level).decode_utf8_lossy(),
        ));
        if next == level {
            break;
        }
        level = next;
    }
    let coded: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| percent_encoding::percent_decode(text).collect::<Vec<u8>>())
        .collect();
    texts.extend(coded);
    let shows = |part: &str| {
        texts
            .iter()
            .any(|text| memchr::memmem::find(text, part.as_bytes()).is_some())
    };
    let shown = secrets
        .iter()
        .filter(|secret| parts(secret).iter().any(|part| shows(part)));
    shown.map(String::as_str).collect()
}

/// All of it, and of a longer one its last third, which no other has.
fn parts(secret: &str) -> Vec<String> {
    let letters: Vec<char> = secret.chars().collect();
    let mut parts = vec![secret.to_owned(), secret.replace(' ', "+")];
    if letters.len() >= 24 {
        parts.push(letters[letters.len() * 2 / 3..].iter().collect());
    }
    parts
}

fn escapes(text: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = |from: usize, to: usize| {
            rest.get(from..to)
                .and_then(|digits| u16::from_str_radix(digits, 16).ok())
        };
        if let Some(unit) = rest.strip_prefix("\\u").and_then(|_| digits(2, 6)) {
            units.push(unit);
            rest = &rest[6..];
        } else if let Some(letter) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) {
            let meant = match letter {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            };
            units.extend(meant.encode_utf16(&mut [0; 2]).iter());
            rest = &rest[1 + letter.len_utf8()..];
        } else {
            units.extend(first.encode_utf16(&mut [0; 2]).iter());
            rest = &rest[first.len_utf8()..];
        }
    }
    String::from_utf16_lossy(&units)
}

fn entities(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap_or(("", part));
        let number = match name.strip_prefix('#') {
            Some(hex) if hex.starts_with(['x', 'X']) => u32::from_str_radix(&hex[1..], 16).ok(),
            Some(decimal) => decimal.parse().ok(),
            None => None,
        };
        let character = number.and_then(char::from_u32).or(match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "plus" => Some('+'),
            "sol" => Some('/'),
            "auml" => Some('ä'),
            _ => None,
        });
        match character {
            Some(character) => {
                out.push(character);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(part);
            }
        }
    }
    out
}

fn inside_base64(text: &str) -> Vec<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let is_digit = |letter: char| letter.is_ascii_alphanumeric() || "+/-_".contains(letter);
    let mut found = Vec::new();
    for run in text.split(|letter| !is_digit(letter)).filter(|run| run.len() >= 10) {
        let run = run.replace('-', "+").replace('_', "/");
        for start in 0..4 {
            let digits = &run[start..];
            let whole = &digits[..digits.len() - usize::from(digits.len() % 4 == 1)];
            found.extend(engine.decode(whole));
        }
    }
    found
}

fn inside_hex(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for run in text
        .split(|letter: char| !letter.is_ascii_hexdigit())
        .filter(|run| run.len() >= 16)
    {
        for start in 0..2 {
            let pairs = run.as_bytes()[start..].chunks_exact(2);
            let bytes = pairs.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
            found.push(bytes.collect());
        }
    }
    found
}
