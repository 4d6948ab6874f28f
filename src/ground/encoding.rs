//! The codings in which texts are handed over: UTF-8, and UTF-16 as Windows writes it, each with or without its mark.

use std::ops::Deref;

use zeroize::Zeroizing;

/// A text out of some bytes.
pub enum Decoded<'a> {
    /// As it stands there: of four megabytes a copy, and its wiping, is a good part of what reading them costs.
    Unchanged(&'a str),
    /// From another coding. It may hold a secret, so it is wiped.
    Made(Zeroizing<String>),
}

impl Deref for Decoded<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Unchanged(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl Decoded<'_> {
    /// A text of its own, which is wiped.
    #[must_use]
    pub fn into_owned(self) -> Zeroizing<String> {
        match self {
            Self::Unchanged(text) => Zeroizing::new(text.to_owned()),
            Self::Made(text) => text,
        }
    }
}

/// Decodes a text: UTF-8 with or without its mark, or UTF-16 with one, as PowerShell writes it.
///
/// # Errors
/// What was found, without content.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, String> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] | [1..=0xFF, 0, 0, 0, ..] | [0, 0, 0, 1..=0xFF, ..] => {
            Err(format!("UTF-32; {WRITE_UTF_8}"))
        }
        [0xFF, 0xFE, units @ ..] => utf_16(units, u16::from_le_bytes).map(Decoded::Made),
        [0xFE, 0xFF, units @ ..] => utf_16(units, u16::from_be_bytes).map(Decoded::Made),
        [0, 1..=0xFF, 0, 1..=0xFF, ..] | [1..=0xFF, 0, 1..=0xFF, 0, ..] => {
            Err(format!("UTF-16 without a byte order mark; {WRITE_UTF_8}"))
        }
        _ => match std::str::from_utf8(bytes) {
            // RFC 8259, section 8.1 allows ignoring it, and a file that was read and written again may have two.
            Ok(text) => Ok(Decoded::Unchanged(text.trim_start_matches(MARK))),
            Err(error) => Err(format!(
                "a byte of another coding, such as Windows-1252, at offset {}; {WRITE_UTF_8}",
                error.valid_up_to()
            )),
        },
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Zeroizing<String>, String> {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err("UTF-16 that ends within a character".to_owned());
    }
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    // Enough for every character, so that no copy of a part is left behind.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() / 2 * 3));
    for (place, character) in char::decode_utf16(units).enumerate() {
        let broken = |_| format!("UTF-16 with half a character in it, number {}", place + 1);
        match character.map_err(broken)? {
            // The mark was written again.
            MARK if text.is_empty() => {}
            character => text.push(character),
        }
    }
    Ok(text)
}

/// Decodes a text of which only the ASCII counts: what no coding explains is replaced, and a mark may be missing.
#[must_use]
pub fn decode_anything(bytes: &[u8]) -> Zeroizing<String> {
    let (units, unit): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        [_, 0, ..] => (bytes, u16::from_le_bytes),
        [0, _, ..] => (bytes, u16::from_be_bytes),
        _ => {
            let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
            return Zeroizing::new(text.trim_start_matches(MARK).to_owned());
        }
    };
    let units = units.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    text
}

const WRITE_UTF_8: &str = "write UTF-8, in PowerShell with `$OutputEncoding = [Text.UTF8Encoding]::new()` for a pipe \
                           or `-Encoding utf8` for a file";

/// U+FEFF, which editors put in front of a file, and copies of one carry along.
pub const MARK: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coding_with_a_mark_is_decoded() {
        let text = "{\"a\": \"\u{e4}\u{1f511}\"}";
        let utf_16 = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let (little, big) = (utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes));
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            [b"\xEF\xBB\xBF\xEF\xBB\xBF", text.as_bytes()].concat(),
            [b"\xFF\xFE", little.as_slice()].concat(),
            [b"\xFE\xFF", big.as_slice()].concat(),
            [b"\xFF\xFE\xFF\xFE", little.as_slice()].concat(),
        ] {
            assert_eq!(&*decode(&bytes).unwrap(), text);
        }
        for (bytes, words) in [
            (little.clone(), "UTF-16 without"),
            (big, "UTF-16 without"),
            ([b"\xFF\xFE", &little[..7]].concat(), "within a character"),
            (b"{\0\0\0\"\0\0\0".to_vec(), "UTF-32"),
            (b"\0\0\0{\0\0\0\"".to_vec(), "UTF-32"),
            (b"\xFF\xFE\x3D\xD8a\0".to_vec(), "half a character"),
            (b"\xFF\xFE\0\0{\0\0\0".to_vec(), "UTF-32"),
            (b"{\"a\": \"\xe4\"}".to_vec(), "Windows-1252, at offset 7"),
        ] {
            let problem = decode(&bytes).err().unwrap();
            assert!(problem.contains(words), "{problem}");
        }
        assert_eq!(&*decode(b"").unwrap(), "");
    }
}
