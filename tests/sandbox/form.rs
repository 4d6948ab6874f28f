//! `application/x-www-form-urlencoded`, read strictly: a stray `%` or a pair without `=` is an error, not a guess.

/// The decoded pairs in order; `None` where the text is not such a form.
pub fn parse(text: &[u8]) -> Option<Vec<(String, String)>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(|byte| *byte == b'&')
        .map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            Some((decode(&pair[..equals])?, decode(&pair[equals + 1..])?))
        })
        .collect()
}

/// The value of the only pair with this name; `None` where it is missing, empty or there twice.
pub fn only<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values = pairs
        .iter()
        .filter(|(found, _)| found == name)
        .map(|(_, value)| value.as_str());
    values
        .next()
        .filter(|value| !value.is_empty() && values.next().is_none())
}

fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            plain => *plain,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
