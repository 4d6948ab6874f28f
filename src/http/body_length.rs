//! How long the body of an answer is (RFC 9112, 6.3), by the fields of its head. Where two readers could differ in that, no
//! body can be relied on.

/// How a body ends (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Framing {
    /// With the connection.
    #[default]
    UntilClose,
    /// After so many bytes.
    Length(u64),
    /// With the last chunk.
    Chunked,
}

/// How the body behind a head ends.
///
/// # Errors
/// Why that cannot be relied on, in words.
pub(super) fn framing(fields: &[(String, String)]) -> Result<Framing, String> {
    let mut transfer = values(fields, "Transfer-Encoding")
        .flat_map(|value| value.split(','))
        .peekable();
    if transfer.peek().is_some() {
        let codings: Vec<&str> = transfer.map(str::trim).filter(|coding| !coding.is_empty()).collect();
        let (last, before) = codings
            .split_last()
            .map_or(("", [].as_slice()), |(last, before)| (*last, before));
        return match (is_chunked(last), before.iter().any(|coding| is_chunked(coding))) {
            (true, false) => Ok(Framing::Chunked),
            (false, false) if !codings.iter().all(|coding| coding.eq_ignore_ascii_case("identity")) => {
                Ok(Framing::UntilClose)
            }
            (false, false) => length(fields),
            (_, true) => Err("its chunks are coded, or chunked once more".to_owned()),
        };
    }
    length(fields)
}

/// The same length twice is one; two that differ are two bodies for two readers.
fn length(fields: &[(String, String)]) -> Result<Framing, String> {
    let mut found = None;
    for value in values(fields, "Content-Length").flat_map(|value| value.split(',')) {
        let value = value.trim();
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let length = value.parse().ok().filter(|_| digits);
        let length: u64 = length.ok_or("its `Content-Length` is no number of bytes")?;
        if found.is_some_and(|known| known != length) {
            return Err("it has two `Content-Length`s that differ".to_owned());
        }
        found = Some(length);
    }
    Ok(found.map_or(Framing::UntilClose, Framing::Length))
}

pub(super) fn is_chunked(coding: &str) -> bool {
    // With parameters it is the same (RFC 9112, 7).
    let name = coding.split(';').next().unwrap_or_default();
    name.trim().eq_ignore_ascii_case("chunked")
}

/// All values of a field, the name in any case.
pub(super) fn values<'a>(fields: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    fields
        .iter()
        .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}
