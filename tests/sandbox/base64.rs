//! Base64: the URL alphabet without padding for tokens, the standard alphabet for bodies of scripted answers.

/// RFC 4648 section 5, no padding.
pub fn url_encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let value = group.iter().fold(0u32, |value, byte| value << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(URL[(value >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

/// Either alphabet; padding and white space are skipped. `None` for any other character.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut value, mut bits) = (Vec::new(), 0u32, 0u32);
    for byte in text.bytes().filter(|byte| *byte != b'=' && !byte.is_ascii_whitespace()) {
        let digit = match byte {
            b'+' => 62,
            b'/' => 63,
            _ => URL.iter().position(|known| *known == byte)?,
        };
        value = value << 6 | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((value >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
