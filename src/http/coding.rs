//! Content codings (RFC 9110, 8.4.1). They are undone here rather than in the HTTP crate, which knows no deflate, drops the
//! header fields that the envelope has to show, and fails on an empty body.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// What requests offer in `Accept-Encoding`.
pub(super) const OFFERED: &str = "gzip, deflate";

/// Undoes these codings, in the order in which they were applied, to at most `limit` bytes. An empty body stays empty
/// whatever is said about it, as a 204 may.
///
/// # Errors
/// What is wrong, in words, without content.
pub(super) fn decode<'a>(raw: Vec<u8>, applied: impl Iterator<Item = &'a str>, limit: u64) -> Result<Vec<u8>, String> {
    if raw.is_empty() {
        return Ok(raw);
    }
    let names: Vec<String> = applied
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    names
        .iter()
        .rev()
        .try_fold(raw, |body, coding| decode_one(body, coding, limit))
}

fn decode_one(body: Vec<u8>, coding: &str, limit: u64) -> Result<Vec<u8>, String> {
    match coding {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(&*body), coding, limit),
        "deflate" if has_zlib_header(&body) => read(ZlibDecoder::new(&*body), coding, limit),
        "deflate" => read(DeflateDecoder::new(&*body), coding, limit),
        _ if NOT_OFFERED.contains(&coding) => Err(format!("the answer is coded as `{coding}`, which was not offered")),
        // `utf-8`, `none`, `binary`: words that are no coding, and say nothing of the bytes.
        _ => Ok(body),
    }
}

fn read(decoder: impl Read, coding: &str, limit: u64) -> Result<Vec<u8>, String> {
    let mut decoded = Vec::new();
    let read = decoder.take(limit + 1).read_to_end(&mut decoded);
    if decoded.len() as u64 > limit {
        return Err(format!("the answer is larger than {limit} bytes after decoding"));
    }
    match read {
        Ok(_) => Ok(decoded),
        Err(error) => Err(format!("the answer is not what its coding `{coding}` says: {error}")),
    }
}

/// RFC 9110 means zlib's format (RFC 1950) by `deflate`; some servers send the bare one (RFC 1951). The header tells.
fn has_zlib_header(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

/// Codings of IANA's registry, and others in use, that cannot be undone here.
const NOT_OFFERED: [&str; 16] = [
    "aes128gcm",
    "br",
    "bzip2",
    "compress",
    "dcb",
    "dcz",
    "exi",
    "lz4",
    "lzma",
    "pack200-gzip",
    "sdch",
    "snappy",
    "x-bzip2",
    "x-compress",
    "xz",
    "zstd",
];

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn bare(text: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(raw: Vec<u8>, codings: Option<&str>, limit: u64) -> Result<Vec<u8>, String> {
        super::decode(raw, codings.into_iter(), limit)
    }

    proptest! {
        #[test]
        fn what_was_coded_comes_back(text in proptest::collection::vec(any::<u8>(), 1..2_000)) {
            for (coded, name) in [
                (gzip(&text), "GZIP"),
                (gzip(&text), "x-gzip"),
                (zlib(&text), "deflate"),
                (zlib(&gzip(&text)), "gzip, deflate"),
                (text.clone(), "identity"),
            ] {
                prop_assert_eq!(decode(coded, Some(name), 10_000).unwrap(), text.clone());
            }
            // A bare stream whose first bytes look like zlib's header cannot be told from one; encoders do not make them.
            let coded = bare(&text);
            prop_assume!(!has_zlib_header(&coded));
            prop_assert_eq!(decode(coded, Some("deflate"), 10_000).unwrap(), text);
        }

        #[test]
        fn any_bytes_end_in_a_body_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            for name in ["gzip", "deflate", "gzip, gzip", "br"] {
                let _ = decode(bytes.clone(), Some(name), 1_000);
            }
        }
    }

    #[test]
    fn an_empty_body_is_empty_whatever_its_coding() {
        assert_eq!(decode(Vec::new(), Some("gzip"), 10).unwrap(), b"");
    }

    #[test]
    fn a_word_that_is_no_coding_says_nothing_of_the_bytes() {
        for word in [
            "utf-8",
            "UTF8",
            "none",
            "identity",
            "binary",
            "",
            ",",
            "json",
            "utf-8, identity",
        ] {
            assert_eq!(decode(b"plain".to_vec(), Some(word), 10).unwrap(), b"plain", "{word}");
        }
        let coded = gzip(b"text");
        assert_eq!(decode(coded.clone(), Some("utf-8, gzip"), 10).unwrap(), b"text");
        assert_eq!(decode(coded, Some("GZip ,utf-8"), 10).unwrap(), b"text");
        for coding in NOT_OFFERED {
            assert!(decode(b"plain".to_vec(), Some(coding), 10).is_err(), "{coding}");
        }
    }

    #[test]
    fn codings_on_several_lines_are_undone_last_line_first() {
        let lines = ["gzip", "deflate"];
        let coded = zlib(&gzip(b"text"));
        assert_eq!(super::decode(coded, lines.into_iter(), 100).unwrap(), b"text");
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert!(
            decode(bomb, Some("gzip"), 1_000)
                .unwrap_err()
                .contains("larger than 1000 bytes")
        );
    }

    #[test]
    fn a_cut_or_foreign_stream_is_an_error() {
        let cut = gzip(b"some text that is long enough")[..20].to_vec();
        assert!(decode(cut, Some("gzip"), 1_000).is_err());
        assert!(decode(b"plain".to_vec(), Some("gzip"), 1_000).is_err());
        assert!(
            decode(b"plain".to_vec(), Some("zstd"), 1_000)
                .unwrap_err()
                .contains("not offered")
        );
    }
}
