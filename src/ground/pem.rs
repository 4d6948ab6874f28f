//! PEM (RFC 7468) as tools and people write it: with a byte order mark, in UTF-16, indented, glued together, with remarks in
//! between. Every line that begins a block gives its block, or is named with its number: a certificate that is passed over
//! in silence shows much later, as a server that is not trusted.

use std::iter;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::encoding::{MARK, decode_anything};

/// What stands between `-----BEGIN` and `-----END`.
pub struct Block {
    /// What it says that it is, such as `CERTIFICATE`.
    pub label: String,
    /// The line that it begins in, from 1.
    pub line: usize,
    /// Its content; worthless where it is encrypted.
    pub der: Zeroizing<Vec<u8>>,
    /// Whether it takes a passphrase to read it, as its label or its head says.
    pub encrypted: bool,
}

/// Whether this is no text at all, but one value in DER: a sequence is what certificates, keys and PKCS#12 files are.
#[must_use]
pub fn is_der(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x80..=0x84, ..])
}

/// All blocks of a text, in order.
///
/// # Errors
/// What was found and in which line, without content.
pub fn blocks(bytes: &[u8]) -> Result<Vec<Block>, String> {
    let text = decode_anything(bytes);
    let text = text.as_str();
    if text.contains(BEGIN) && !text.trim().contains(['\n', '\r']) {
        return Err("a text whose line breaks are lost; JSON has them as `\\n`".to_owned());
    }
    let mut blocks = Vec::new();
    let mut rest = Rest { text, line: 1 };
    while let Some(start) = rest.text.find(BEGIN) {
        let gap = rest.take(start);
        let line = rest.line;
        check_gap(gap, line)?;
        check_own_line(gap, line)?;
        if is_remark(gap) {
            rest.take(BEGIN.len());
            continue;
        }
        blocks.push(block(&mut rest).map_err(|(line, problem)| format!("{problem} (line {line})"))?);
    }
    let line = rest.line + line_breaks(rest.text);
    check_gap(rest.text, line)?;
    Ok(blocks)
}

/// The certificates among them, each with the line that it begins in.
///
/// # Errors
/// What was found and in which line, where a block is a certificate in a form that this program does not read.
pub fn certificates(blocks: &[Block]) -> Result<Vec<(usize, Vec<u8>)>, String> {
    let mut found = Vec::new();
    for Block { label, line, der, .. } in blocks {
        match label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => found.push((*line, der.to_vec())),
            "TRUSTED CERTIFICATE" => {
                return Err(format!(
                    "a `TRUSTED CERTIFICATE`, OpenSSL's own form (line {line}); make it plain with `openssl x509 -in file.pem -out plain.pem`"
                ));
            }
            "PKCS7" | "CMS" => {
                return Err(format!(
                    "a `{label}` (line {line}); take the certificates out with `openssl pkcs7 -in file.p7b -print_certs -out file.pem`"
                ));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// What is not read yet, and the line that it begins in.
struct Rest<'a> {
    text: &'a str,
    line: usize,
}

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.text.split_at(length);
        self.line += line_breaks(taken);
        self.text = rest;
        taken
    }
}

/// One block, from its `-----BEGIN` on. The dashes at its end are left there: they may begin the next as well.
fn block(rest: &mut Rest<'_>) -> Result<Block, (usize, &'static str)> {
    let line = rest.line;
    rest.take(BEGIN.len());
    let first = rest.text.lines().next().unwrap_or_default();
    let length = first
        .find(DASHES)
        .ok_or((line, "a `-----BEGIN` without five dashes at its end"))?;
    let label = rest.take(length).trim().to_owned();
    rest.take(DASHES.len());
    let body_line = rest.line;
    let length = rest
        .text
        .find(END)
        .filter(|end| rest.text.get(..*end).is_some_and(|body| !body.contains(BEGIN)))
        .ok_or((line, "a block that has no `-----END`"))?;
    let body = rest.take(length);
    rest.take(END.len());
    let ends_as = rest.text.lines().next().unwrap_or_default();
    let length = ends_as
        .find(DASHES)
        .ok_or((rest.line, "an `-----END` without five dashes at its end"))?;
    if rest.take(length).trim() != label {
        return Err((rest.line, "an `-----END` of another kind than its `-----BEGIN`"));
    }
    let (head, content) = split_head(body);
    let encrypted = label.starts_with("ENCRYPTED ") || head.contains("ENCRYPTED");
    let der = decode(content, body_line + line_breaks(head))?;
    Ok(Block {
        label,
        line,
        der,
        encrypted,
    })
}

/// The head that older keys have (`Proc-Type: 4,ENCRYPTED`), and what follows it.
fn split_head(body: &str) -> (&str, &str) {
    // A machine's own bundle has some hundred blocks, and none of them a head.
    let Some(last) = memchr::memrchr(b':', body.as_bytes()) else {
        return ("", body);
    };
    let line_end = body.get(last..).and_then(|rest| rest.find(['\n', '\r']));
    body.split_at(line_end.map_or(body.len(), |end| last + end + 1))
}

fn decode(content: &str, first_line: usize) -> Result<Zeroizing<Vec<u8>>, (usize, &'static str)> {
    let mut coded = Zeroizing::new(Vec::with_capacity(content.len()));
    let breaks = memchr::memchr2_iter(b'\n', b'\r', content.as_bytes());
    let mut start = 0;
    for end in breaks.chain(iter::once(content.len())) {
        let line = content.get(start..end).unwrap_or_default().trim_ascii();
        if line.bytes().all(is_base64) {
            coded.extend_from_slice(line.as_bytes());
        } else {
            let before = || content.get(..start).unwrap_or_default();
            check(line).map_err(|problem| (first_line + line_breaks(before()), problem))?;
            coded.extend(line.bytes().filter(|byte| is_base64(*byte)));
        }
        start = end + 1;
    }
    match FORGIVING.decode(coded.as_slice()) {
        Ok(der) if !der.is_empty() => Ok(Zeroizing::new(der)),
        Ok(_) => Err((first_line, "an empty block")),
        Err(_) => Err((first_line, "a block that is cut off or not coded right")),
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Blanks of any kind and a mark may stand within a line, and nothing else.
fn check(line: &str) -> Result<(), &'static str> {
    let strange = |c: &char| !(u8::try_from(*c).is_ok_and(is_base64) || c.is_whitespace() || *c == MARK);
    match line.chars().find(strange) {
        None => Ok(()),
        Some('\\') => Err("a backslash: the line breaks are written as `\\n`, two characters"),
        Some(_) => Err("a character that base64 does not have"),
    }
}

/// Remarks may stand between blocks, but not what was meant to be one.
fn check_gap(gap: &str, line: usize) -> Result<(), String> {
    let gap = gap.strip_prefix(DASHES).unwrap_or(gap);
    for text in gap.split(['\n', '\r']).map(|text| text.trim().to_uppercase()) {
        let dashed = text.starts_with([
            '-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}',
        ]);
        let marks = text.contains("BEGIN") || text.contains("END ");
        if dashed && marks && (text.contains("CERTIFICATE") || text.contains("KEY")) {
            return Err(format!(
                "a line that should begin or end a block, but does not read `-----BEGIN …-----` (at or before line {line})"
            ));
        }
    }
    Ok(())
}

/// Nothing but a remark's mark may stand in front of a block in its own line.
fn check_own_line(gap: &str, line: usize) -> Result<(), String> {
    let gap = gap.strip_prefix(DASHES).unwrap_or(gap);
    let own = gap.rsplit(['\n', '\r']).next().unwrap_or_default();
    let own = own.trim_matches(|c: char| c.is_whitespace() || c == MARK);
    if own.is_empty() || own.starts_with('#') {
        Ok(())
    } else {
        Err(format!("other text in front of `-----BEGIN` (line {line})"))
    }
}

/// Whether the line that goes on behind `gap` is a remark as a whole.
fn is_remark(gap: &str) -> bool {
    let own = gap.rsplit(['\n', '\r']).next().unwrap_or_default();
    own.trim_start().starts_with('#')
}

/// `\r\n` is one, and so is either of them alone.
fn line_breaks(text: &str) -> usize {
    let bytes = text.as_bytes();
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let returns = memchr::memchr_iter(b'\r', bytes).count();
    feeds.max(returns)
}

const DASHES: &str = "-----";

const BEGIN: &str = "-----BEGIN ";

const END: &str = "-----END ";

/// Some tools leave the padding out.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END CERTIFICATE-----\n";

    fn found(text: impl AsRef<[u8]>) -> Vec<(String, usize, Vec<u8>)> {
        let blocks = blocks(text.as_ref()).unwrap();
        blocks
            .into_iter()
            .map(|one| (one.label, one.line, one.der.to_vec()))
            .collect()
    }

    #[track_caller]
    fn assert_two(text: impl AsRef<[u8]>) {
        let found = found(text);
        assert_eq!(found.len(), 2);
        assert!(
            found
                .iter()
                .all(|(label, _, der)| label == "CERTIFICATE" && der == &[0, 1, 2, 3, 4, 5])
        );
    }

    #[test]
    fn as_many_blocks_as_begin_lines() {
        assert_two(format!("{ONE}{ONE}"));
        assert_two(format!("{}{ONE}", ONE.trim_end()));
        assert_two(format!("{}{}", ONE.trim_end().trim_end_matches('-'), ONE));
        assert_two(format!("{ONE}{ONE}").replace('\n', "\r\n"));
        assert_two(format!("{ONE}{ONE}").replace('\n', "\r"));
        assert_two(format!("{ONE}{ONE}").replace('\n', "\n\t  "));
        assert_two(format!("\u{feff}{ONE}\u{feff}{ONE}"));
        assert_two(format!(
            "# -----BEGIN CERTIFICATE-----\n# AAAA\n{ONE}Bag Attributes: ENCRYPTED\n\n{ONE}"
        ));
        let both = format!("{ONE}{ONE}");
        let le: Vec<u8> = both.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = both.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_two([&[0xff, 0xfe], le.as_slice()].concat());
        assert_two([&[0xfe, 0xff], be.as_slice()].concat());
        assert_two(le);
        assert_two(be);
        assert_two([b"# M\xfcller\n", both.as_bytes()].concat());
        assert_eq!(found(format!("one\ntwo\n\n{ONE}"))[0].1, 4);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, words) in [
            (ONE.replace("AwQF", "Aw!F"), "base64 does not have (line 3)"),
            (ONE.replace("\nAwQF", "\\nAwQF"), "two characters (line 2)"),
            (ONE.replace("AwQF", "AwQFA"), "cut off or not coded right"),
            (ONE.replace("AAEC\nAwQF\n", ""), "empty block"),
            (
                format!("{ONE}{}", ONE.replace("-----END CERTIFICATE-----\n", "")),
                "no `-----END` (line 5)",
            ),
            (
                format!("{}{ONE}", ONE.replace("-----END CERTIFICATE-----\n", "")),
                "no `-----END` (line 1)",
            ),
            (
                ONE.replace("END CERTIFICATE", "END PRIVATE KEY"),
                "another kind than its `-----BEGIN` (line 4)",
            ),
            (
                ONE.replace("END CERTIFICATE-----", "END CERTIFICATE---"),
                "five dashes at its end (line 4)",
            ),
            (
                ONE.replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE---"),
                "five dashes at its end (line 1)",
            ),
            (
                format!("{ONE}{}", ONE.replace("-----BEGIN", "----BEGIN")),
                "does not read `-----BEGIN",
            ),
            (
                format!("{ONE}{}", ONE.replace("-----BEGIN", "\u{2014}\u{2013}BEGIN")),
                "does not read `-----BEGIN",
            ),
            (
                format!("{ONE}{}", ONE.replace("-----BEGIN", "-----begin")),
                "does not read `-----BEGIN",
            ),
            (format!("\"{ONE}"), "other text in front of `-----BEGIN` (line 1)"),
            (ONE.replace('\n', " "), "line breaks are lost"),
        ] {
            let problem = blocks(text.as_bytes()).err().unwrap_or_default();
            assert!(problem.contains(words), "{text}: {problem}");
        }
    }

    #[test]
    fn a_passphrase_is_told_by_the_block_alone() {
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAEC\n-----END RSA PRIVATE KEY-----\n";
        for (text, encrypted) in [
            (old.to_owned(), true),
            (ONE.replace("CERTIFICATE", "ENCRYPTED PRIVATE KEY"), true),
            (format!("friendlyName: ENCRYPTED PRIVATE KEY\n{ONE}"), false),
        ] {
            assert_eq!(blocks(text.as_bytes()).unwrap()[0].encrypted, encrypted, "{text}");
        }
    }

    #[test]
    fn certificates_in_foreign_forms_are_named() {
        for (label, words) in [("TRUSTED CERTIFICATE", "openssl x509"), ("PKCS7", "openssl pkcs7")] {
            let text = format!("{ONE}{}", ONE.replace("CERTIFICATE", label));
            let problem = certificates(&blocks(text.as_bytes()).unwrap()).unwrap_err();
            assert!(problem.contains(words) && problem.contains("line 5"), "{problem}");
        }
    }
}
