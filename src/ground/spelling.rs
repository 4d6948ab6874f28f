//! Which known word was most likely meant.

/// The word that was most likely meant: the same but for case and separators, or else a few letters away.
#[must_use]
pub fn nearest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let bare = |word: &str| {
        word.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let found = bare(found);
    // Beyond this it is no typing error, and the comparison would take its square.
    if found.is_empty() || found.len() > LONGEST_SHOWN {
        return None;
    }
    words
        .iter()
        .map(|word| (bare(word), *word))
        .filter(|(known, _)| !is_turned_round(&found, known))
        .map(|(known, word)| (strsim::damerau_levenshtein(&found, &known), word))
        .min_by_key(|(distance, _)| *distance)
        // In a word of three letters one other letter makes another word.
        .filter(|(distance, word)| *distance <= if word.len() < 4 { 0 } else { (word.len() / 4).max(1) })
        .map(|(_, word)| word)
}

/// Whether one is the other with something in front, such as `Not`, which makes it the opposite.
fn is_turned_round(one: &str, other: &str) -> bool {
    let (longer, shorter) = if one.len() > other.len() {
        (one, other)
    } else {
        (other, one)
    };
    longer.len() >= shorter.len() + 2 && longer.ends_with(shorter)
}

/// Longer than every known key, and shorter than a client secret, which has 40 characters.
pub const LONGEST_SHOWN: usize = 32;

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_the_one_meant() {
        let words = ["status", "assignedTo", "tags"];
        assert_eq!(nearest("assigned_to", &words), Some("assignedTo"));
        assert_eq!(nearest("Statsu", &words), Some("status"));
        assert_eq!(nearest("priority", &words), None);
        assert_eq!(nearest("", &words), None);
        let words = ["gcc", "gcc_high", "Resolved", "NotMalicious", "id"];
        assert_eq!(nearest("GCC-High", &words), Some("gcc_high"));
        assert_eq!(nearest("gcch", &words), None);
        assert_eq!(nearest("UnResolved", &words), None);
        assert_eq!(nearest("Malicious", &words), None);
        assert_eq!(nearest("ids", &words), None);
        assert_eq!(nearest("ID", &words), Some("id"));
        assert_eq!(nearest(&"s".repeat(5_000), &words), None);
    }
}
