//! Finds a secret in what a program wrote: as it is, in the codings in which it travels, and in dumps of 16 bytes a row,
//! which a plain search misses.

/// Where a secret shows; empty where it does not.
pub fn find(output: &[u8], secret: &str) -> Vec<String> {
    let shapes = shapes(secret);
    let texts = [
        ("", output.to_vec()),
        ("the hex columns of a dump", from_hex_rows(output)),
        ("the text columns of a dump", from_text_columns(output)),
        ("the rows put together", without_row_ends(output)),
    ];
    let mut found = Vec::new();
    for (place, text) in &texts {
        for (shape, bytes) in &shapes {
            if contains(text, bytes) {
                found.push(format!(
                    "the secret {shape} in {}",
                    if place.is_empty() { "the text" } else { place }
                ));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// A secret as it may travel.
fn shapes(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let json = serde_json::to_string(secret).unwrap_or_default();
    let mut shapes = vec![
        ("as it is", secret.as_bytes().to_vec()),
        ("form-encoded", percent(secret, "%02X").into_bytes()),
        ("form-encoded in lower case", percent(secret, "%02x").into_bytes()),
        (
            "form-encoded with plus signs",
            percent(secret, "%02X").replace("%20", "+").into_bytes(),
        ),
        ("as JSON", json.trim_matches('"').as_bytes().to_vec()),
        ("in hex", hex(secret.as_bytes()).into_bytes()),
    ];
    // Base64 of a text that holds the secret depends on where in the text it starts; what is common to every such text
    // are the groups that lie wholly within the secret.
    for skip in 0..3 {
        let inner = secret.as_bytes().get(skip..).unwrap_or_default();
        let whole = &inner[..inner.len() / 3 * 3];
        if whole.len() >= SHORTEST_BASE64 {
            shapes.push(("in base64", base64(whole, b"+/")));
            shapes.push(("in URL-safe base64", base64(whole, b"-_")));
        }
    }
    // Plain letters look the same in most codings, and are named by the first.
    let mut known: Vec<Vec<u8>> = Vec::new();
    shapes.retain(|(_, bytes)| {
        let new = !bytes.is_empty() && !known.contains(bytes);
        known.push(bytes.clone());
        new
    });
    shapes
}

/// The bytes of every row of a hex dump, whatever stands in front of and behind the columns.
fn from_hex_rows(output: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(output);
    let mut bytes = Vec::new();
    for line in text.lines() {
        for word in line.split(|c: char| c.is_whitespace() || matches!(c, '|' | '[' | ']' | ',' | ':')) {
            let digits = word.strip_prefix("0x").unwrap_or(word);
            // Columns of one byte (hexdump -C) or of two (xxd); an offset in front has eight digits.
            if matches!(digits.len(), 2 | 4) && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                let pairs = digits
                    .as_bytes()
                    .chunks(2)
                    .filter_map(|pair| std::str::from_utf8(pair).ok());
                bytes.extend(pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()));
            }
        }
    }
    bytes
}

/// The last 16 characters of every row, as dumps show text: with and without a frame of `|`.
fn from_text_columns(output: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(output);
    let mut bytes = Vec::new();
    for line in text.lines() {
        let bare = line.trim_end_matches('\r');
        let column = match (bare.strip_suffix('|'), bare.rsplit_once("  ")) {
            (Some(framed), _) => framed.rsplit_once('|').map(|(_, column)| column),
            (None, Some((_, column))) => Some(column),
            (None, None) => None,
        };
        bytes.extend(column.unwrap_or_default().bytes());
    }
    bytes
}

/// Everything on one line, for a secret that is broken over several.
fn without_row_ends(output: &[u8]) -> Vec<u8> {
    output
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect()
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

fn percent(text: &str, form: &str) -> String {
    let lower = form.ends_with('x');
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if lower => out.push_str(&format!("%{byte:02x}")),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8], last_two: &[u8; 2]) -> Vec<u8> {
    let digits: Vec<u8> = (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain(*last_two)
        .collect();
    let mut out = Vec::new();
    for group in bytes.chunks_exact(3) {
        let value = group.iter().fold(0usize, |value, byte| value << 8 | usize::from(*byte));
        out.extend([18, 12, 6, 0].map(|shift| digits[value >> shift & 63]));
    }
    out
}

/// Shorter pieces could be anything.
const SHORTEST_BASE64: usize = 6;
