//! DER (X.690), as much as is read of it here: values one after the other, and what is inside of them.

/// The content of a value with this tag, and what follows it.
#[must_use]
pub fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(*length & 0x7f).min(LONGEST_LENGTH))?;
        (
            digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
            rest,
        )
    };
    let content = rest.split_at_checked(length)?;
    (*first == tag).then_some(content)
}

/// Whose a certificate is, as its content says (RFC 5280, 4.1).
pub struct Names<'a> {
    /// Who signed it.
    pub issuer: &'a [u8],
    /// Whose it is.
    pub subject: &'a [u8],
}

/// The names in a certificate, where it is one.
#[must_use]
pub fn names(certificate: &[u8]) -> Option<Names<'_>> {
    let (whole, _) = value(certificate, SEQUENCE)?;
    let (signed, _) = value(whole, SEQUENCE)?;
    // Version 1 is not written.
    let rest = value(signed, VERSION).map_or(signed, |(_, rest)| rest);
    let (_, rest) = value(rest, INTEGER)?;
    let (_, rest) = value(rest, SEQUENCE)?;
    let (issuer, rest) = value(rest, SEQUENCE)?;
    let (_, rest) = value(rest, SEQUENCE)?;
    let (subject, _) = value(rest, SEQUENCE)?;
    Some(Names { issuer, subject })
}

/// SEQUENCE.
pub const SEQUENCE: u8 = 0x30;

/// INTEGER.
pub const INTEGER: u8 = 0x02;

/// OCTET STRING.
pub const OCTETS: u8 = 0x04;

/// `[0]`, in front of a certificate's version.
const VERSION: u8 = 0xa0;

/// Digits of a length: far above any key or certificate.
const LONGEST_LENGTH: usize = 4;
