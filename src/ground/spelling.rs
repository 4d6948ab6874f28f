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
        .map(|word| (strsim::damerau_levenshtein(&found, &bare(word)), *word))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, word)| *distance <= (word.len() / 4).max(1))
        .map(|(_, word)| word)
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
        assert_eq!(nearest(&"s".repeat(5_000), &words), None);
    }
}
