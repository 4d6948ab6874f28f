//! The formats that the input schema asserts beside JSON Schema's own: what `pattern` would say, without the engine for
//! regular expressions, which was a tenth of the program and ran anew at every start.

/// A tenant: its id, or a domain name of it.
pub const TENANT: &str = "tenant";

/// A determination.
pub const PASCAL_CASE_WORD: &str = "pascal-case-word";

/// Whether a format is one of these, which nothing but this program knows.
#[must_use]
pub fn is_own(format: &str) -> bool {
    [TENANT, PASCAL_CASE_WORD].contains(&format)
}

/// Letters and digits of ASCII, and behind the first also `.` and `-`.
#[must_use]
pub fn is_tenant(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain)
}

/// Letters and digits of ASCII, the first a capital.
#[must_use]
pub fn is_pascal_case_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_an_id_or_a_domain_name() {
        for tenant in ["11111111-1111-1111-1111-111111111111", "contoso.com", "x"] {
            assert!(is_tenant(tenant), "{tenant}");
        }
        for other in ["", "-a", ".a", "a/b", "a b", "ä", "a\n"] {
            assert!(!is_tenant(other), "{other}");
        }
    }

    #[test]
    fn a_determination_is_one_word() {
        for word in ["Malware", "Apt", "X9"] {
            assert!(is_pascal_case_word(word), "{word}");
        }
        for other in [
            "",
            "malware",
            "Security Testing",
            "Security-Testing",
            "Ärger",
            "Malware\n",
        ] {
            assert!(!is_pascal_case_word(other), "{other}");
        }
    }
}
