//! What an RSA private key is like that cannot be used, in words that are true of it: the library that signs tells some of
//! these apart by names that are about something else.

use crate::ground::der::{INTEGER, OCTETS, SEQUENCE, value};

/// Says what is wrong with a private key (PKCS#8 or PKCS#1), where its size or its exponent is.
pub(super) fn why_not(der: &[u8], pkcs8: bool) -> Option<String> {
    let (bits, exponent) = describe(der, pkcs8)?;
    let found = match bits {
        ..SHORTEST_BITS => format!("one of {bits} bits, fewer than 2048 bits"),
        bits if bits > LONGEST_BITS => format!("one of {bits} bits, more than 4096 bits"),
        bits if bits % STEP_BITS != 0 => {
            format!("one of {bits} bits, which is no multiple of 512; make one of 2048, 3072 or 4096 bits")
        }
        _ if exponent.is_some_and(|exponent| exponent < SMALLEST_EXPONENT) => {
            let exponent = exponent.unwrap_or_default();
            format!("one whose public exponent is {exponent}, not 65537 as usual; make another key and certificate")
        }
        _ => return None,
    };
    Some(format!("{EXPECTED}, found {found}"))
}

/// The modulus's length in bits and the public exponent, `None` where it is longer than any in use.
fn describe(der: &[u8], pkcs8: bool) -> Option<(usize, Option<u64>)> {
    let (mut body, _) = value(der, SEQUENCE)?;
    if pkcs8 {
        let (_, rest) = value(body, INTEGER)?;
        let (_, rest) = value(rest, SEQUENCE)?;
        let (key, _) = value(rest, OCTETS)?;
        (body, _) = value(key, SEQUENCE)?;
    }
    let (_, rest) = value(body, INTEGER)?;
    let (modulus, rest) = value(rest, INTEGER)?;
    let (exponent, _) = value(rest, INTEGER)?;
    let modulus = significant(modulus);
    let bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    let exponent = significant(exponent);
    let small = exponent.len() <= size_of::<u64>();
    let number = exponent.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    Some((bits, small.then_some(number)))
}

fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// What a key has to be like.
pub(super) const EXPECTED: &str = "expected an RSA key of 2048 to 4096 bits";

const SHORTEST_BITS: usize = 2048;

const LONGEST_BITS: usize = 4096;

/// The library that signs takes keys in these steps.
const STEP_BITS: usize = 512;

const SMALLEST_EXPONENT: u64 = 65537;
