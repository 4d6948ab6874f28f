//! Ids that nobody else has made.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A random GUID (RFC 9562, version 4), from the randomness that the standard library seeds its hash maps with: it names a
/// request, and keeps no secret.
#[must_use]
pub fn random() -> String {
    let bits = || u128::from(RandomState::new().build_hasher().finish());
    let bits = bits() << 64 | bits();
    let bits = bits & !(0xF << 76) | (0x4 << 76);
    let bits = bits & !(0b11 << 62) | (0b10 << 62);
    let digits = format!("{bits:032x}");
    let mut guid = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            guid.push('-');
        }
        guid.push(digit);
    }
    guid
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::random;

    #[test]
    fn each_is_a_guid_of_its_own() {
        let many: HashSet<String> = (0..1000).map(|_| random()).collect();
        assert_eq!(many.len(), 1000);
        for guid in many {
            let lengths: Vec<usize> = guid.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{guid}");
            assert!(
                guid.chars()
                    .all(|c| c == '-' || c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
            );
            assert_eq!(guid.as_bytes()[14], b'4', "{guid}");
            assert!(b"89ab".contains(&guid.as_bytes()[19]), "{guid}");
        }
    }
}
