//! Graph's words beside Defender's. They differ in their first letter, and some determinations in more than that.

/// Graph's word for one of Defender's.
pub fn to_graph(key: &str, word: &str) -> String {
    let named = match (key, word) {
        ("determination", "NoEnoughDataToValidate" | "InsufficientData") => Some("notEnoughDataToValidate"),
        ("determination", "Clean") => Some("notMalicious"),
        ("determination", "CompromisedUser") => Some("compromisedAccount"),
        ("determination", "ConfirmedUserActivity") => Some("confirmedActivity"),
        ("determination", "NotAvailable") | ("severity", "UnSpecified") => Some("unknown"),
        _ => None,
    };
    named.map_or_else(|| first(word, |letter| letter.to_ascii_lowercase()), str::to_owned)
}

/// Defender's word for one of Graph's.
pub fn to_defender(key: &str, word: &str) -> String {
    match (key, word) {
        ("determination", "unknown") => "NotAvailable".to_owned(),
        ("severity", "unknown") => "UnSpecified".to_owned(),
        _ => first(word, |letter| letter.to_ascii_uppercase()),
    }
}

/// Whether Graph takes a word in an update. `redirected` it is said to take, and then nobody can open the incident any more;
/// the stand-in does not.
pub fn takes(key: &str, word: &str) -> bool {
    let words: &[&str] = match key {
        "status" => &["active", "inProgress", "resolved"],
        "classification" => &[
            "unknown",
            "falsePositive",
            "truePositive",
            "informationalExpectedActivity",
        ],
        "determination" => &DETERMINATIONS,
        _ => &[],
    };
    words.contains(&word)
}

fn first(word: &str, change: impl Fn(char) -> char) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |letter| format!("{}{}", change(letter), letters.as_str()))
}

/// The members of the type; the older words of Microsoft's pages are none.
const DETERMINATIONS: [&str; 15] = [
    "unknown",
    "apt",
    "malware",
    "securityPersonnel",
    "securityTesting",
    "unwantedSoftware",
    "other",
    "multiStagedAttack",
    "compromisedAccount",
    "phishing",
    "maliciousUserActivity",
    "notMalicious",
    "notEnoughDataToValidate",
    "confirmedActivity",
    "lineOfBusinessApplication",
];
