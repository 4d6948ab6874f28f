//! Searching a stream for a secret in every shape in which one could have got there.

use sandbox::base64;

/// Whether a stream shows a secret: as it is, percent-encoded, inside base64, or in the rows of a hexadecimal dump.
pub fn shows(text: &str, secret: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned();
    let dump: Vec<u8> = text.lines().flat_map(hex_bytes).collect();
    let columns: String = text
        .lines()
        .map(|line| line.get(line.len().saturating_sub(16)..).unwrap_or_default())
        .collect();
    let base64: String = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || "+/-_=".contains(c)))
        .filter(|word| word.len() >= 12)
        .map(|word| String::from_utf8_lossy(&base64::decode(word).unwrap_or_default()).into_owned())
        .collect();
    let streams = [text, &decoded, &String::from_utf8_lossy(&dump), &columns, &base64];
    streams.iter().any(|stream| stream.contains(secret))
}

/// The bytes of every two-digit hexadecimal word in a line.
fn hex_bytes(line: &str) -> Vec<u8> {
    line.split_whitespace()
        .filter(|word| word.len() == 2)
        .filter_map(|word| u8::from_str_radix(word, 16).ok())
        .collect()
}
