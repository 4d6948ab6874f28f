//! Texts as people and tools hand them over: with something around them that is certainly no part of them, or as the
//! placeholder that a template left behind.

use super::encoding::MARK;

/// What a text may have around it for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Nothing of what [`mend`] takes off: ids, addresses, paths, secrets that Entra ID made.
    Bare,
    /// A person thought it up: blanks inside quotes belong to it, and it may read like anything.
    Password,
    /// A token, which quotes show to be a piece of something else.
    Token,
}

/// Takes off what stands around a text and is certainly no part of it, in place, and says what that was.
pub fn mend(text: &mut String, ends: Ends) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    take_off(text, &mut found, is_no_part);
    if ends != Ends::Token && has_quotes(text) {
        text.pop();
        text.remove(0);
        found.push("quotes".to_owned());
        let kept = |c: char| ends == Ends::Password && c == ' ';
        take_off(text, &mut found, |c| is_no_part(c) && !kept(c));
    }
    (!found.is_empty()).then(|| found.join(" and "))
}

fn take_off(text: &mut String, found: &mut Vec<String>, no_part: impl Fn(char) -> bool) {
    let end = text.trim_end_matches(&no_part).len();
    let start = end - text.get(..end).unwrap_or_default().trim_start_matches(&no_part).len();
    let around = text.char_indices().filter(|(place, _)| *place < start || *place >= end);
    for name in around.map(|(_, c)| name(c)) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    text.truncate(end);
    text.drain(..start);
}

/// What no credential, id, address or path begins or ends with.
fn is_no_part(c: char) -> bool {
    c.is_whitespace() || c.is_control() || INVISIBLE.contains(&c)
}

fn name(c: char) -> String {
    match c {
        '\n' | '\r' => "a line break".to_owned(),
        ' ' => "a blank".to_owned(),
        '\t' => "a tab".to_owned(),
        MARK => "a byte order mark (U+FEFF)".to_owned(),
        '\u{a0}' => "a no-break space (U+00A0)".to_owned(),
        other => format!("an invisible character (U+{:04X})", u32::from(other)),
    }
}

/// Whether it stands in a pair of quotes; a text of one character does not.
fn has_quotes(text: &str) -> bool {
    let mut characters = text.chars();
    let (first, last) = (characters.next(), characters.next_back());
    QUOTES
        .iter()
        .any(|(open, close)| (first, last) == (Some(*open), Some(*close)))
}

/// Why a text cannot be what it was given for; nothing of it is repeated.
#[must_use]
pub fn fault(text: &str, ends: Ends) -> Option<&'static str> {
    if text.is_empty() {
        return Some("an empty text");
    }
    if text.contains(['\n', '\r']) {
        return Some("a line break inside it");
    }
    if ends == Ends::Password {
        return None;
    }
    if text.contains(is_no_letter) {
        return Some("an invisible character inside it");
    }
    if let Some(found) = placeholder(text) {
        return Some(found);
    }
    let quoted = |c: char| QUOTES.iter().any(|(open, close)| [*open, *close].contains(&c));
    match ends {
        Ends::Token if text.starts_with(['{', '[']) => {
            Some("a whole JSON answer; give the value of its `accessToken` or `access_token` alone")
        }
        Ends::Token if text.contains(quoted) => Some("quotes; give the token alone, as `az` prints it with `-o tsv`"),
        // Where quotes do belong to a secret, one more pair around it says so.
        _ if has_quotes(text) => None,
        _ if text.starts_with(quoted) || text.ends_with(quoted) => {
            Some("a quote at one end alone; take it off, or, where it belongs there, put the whole into one more pair")
        }
        _ => None,
    }
}

/// What a template or a runner writes for a value that it does not have.
fn placeholder(text: &str) -> Option<&'static str> {
    let between = |open: &str, close: &str| text.len() > open.len() && text.starts_with(open) && text.ends_with(close);
    let is_name = |name: &str| {
        let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(known)
    };
    let inside = |end: &str| {
        text.strip_suffix(end)
            .and_then(|text| text.get(1..))
            .unwrap_or_default()
    };
    if NO_VALUES.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some("a word that a runner writes for a value that it does not have");
    }
    if text.contains("{{") && text.contains("}}") || between("${", "}") || between("{%", "%}") {
        return Some("a template's placeholder that nothing was filled in for");
    }
    if between("$", "") && is_name(inside("")) || between("%", "%") && is_name(inside("%")) {
        return Some("the name of a variable that no shell replaced");
    }
    if text.starts_with("<!")
        || text.starts_with("<?")
        || text.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("<html"))
    {
        return Some("a page or a document of a server; whatever fetched it was answered with an error");
    }
    if between("<", ">") {
        return Some("a placeholder in angle brackets; put the value in its place");
    }
    if text.chars().all(|c| matches!(c, '*' | '\u{2022}' | '\u{25cf}')) || text.eq_ignore_ascii_case("[redacted]") {
        return Some("what is shown in place of a secret, not the secret itself");
    }
    None
}

/// Why a text cannot be a path: what only a shell or a browser makes one of.
#[must_use]
pub fn path_fault(path: &str) -> Option<&'static str> {
    let variable = path.strip_prefix('%').is_some_and(|rest| rest.contains('%'));
    if path.starts_with('~') {
        Some("`~`, which only a shell replaces; write the path in full")
    } else if path.starts_with('$') || variable {
        Some("a variable, which only a shell replaces; write the path in full")
    } else if path.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:")) {
        Some("a URL; write the path alone")
    } else {
        None
    }
}

fn is_no_letter(c: char) -> bool {
    c.is_control() || INVISIBLE.contains(&c)
}

/// Zero width: spaces, joiners, marks of direction.
const INVISIBLE: [char; 8] = [
    MARK, '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{ad}',
];

const QUOTES: [(char, char); 6] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{201e}', '\u{201c}'),
];

const NO_VALUES: [&str; 7] = ["undefined", "null", "none", "nil", "nan", "[object Object]", "(null)"];

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str, ends: Ends) -> (String, Option<String>) {
        let mut text = text.to_owned();
        let found = mend(&mut text, ends);
        (text, found)
    }

    #[test]
    fn what_stands_around_a_text_is_taken_off_and_said() {
        for (text, left, found) in [
            ("abc", "abc", None),
            ("abc\n", "abc", Some("a line break")),
            ("abc\r\n", "abc", Some("a line break")),
            (" abc\t", "abc", Some("a blank and a tab")),
            ("\u{feff}abc", "abc", Some("a byte order mark (U+FEFF)")),
            ("abc\u{a0}", "abc", Some("a no-break space (U+00A0)")),
            ("\u{200b}abc", "abc", Some("an invisible character (U+200B)")),
            ("\"abc\"", "abc", Some("quotes")),
            ("'abc'\n", "abc", Some("a line break and quotes")),
            ("\u{201c}abc\u{201d}", "abc", Some("quotes")),
            ("\" abc\n\"", "abc", Some("quotes and a blank and a line break")),
            ("\"\"abc\"\"", "\"abc\"", Some("quotes")),
            ("a\"b'c", "a\"b'c", None),
            ("\"", "\"", None),
            (" \n", "", Some("a blank and a line break")),
            ("a b", "a b", None),
        ] {
            let expected = (left.to_owned(), found.map(str::to_owned));
            assert_eq!(mended(text, Ends::Bare), expected, "{text:?}");
        }
        assert_eq!(mended("\" a b \"", Ends::Password).0, " a b ");
        assert_eq!(mended("\"abc\"\n", Ends::Token).0, "\"abc\"");
    }

    #[test]
    fn what_cannot_be_a_value_is_told_from_what_can() {
        for text in [
            "",
            "undefined",
            "Null",
            "None",
            "[object Object]",
            "{{ inputs.secret }}",
            "https://{{host}}",
            "${SECRET}",
            "$SECRET",
            "%SECRET%",
            "<your secret>",
            "********",
            "[redacted]",
            "a\nb",
            "a\u{200b}b",
            "a\0b",
            "\"abc",
            "abc'",
        ] {
            assert!(fault(text, Ends::Bare).is_some(), "{text:?}");
        }
        for text in [
            "abc",
            "a b",
            "$ecret",
            "a{b}c",
            "%abc",
            "<abc",
            "nullable",
            "\"abc\"",
            "a\"b",
            "p&=+%\u{fc} \"\\/~.-_x",
        ] {
            assert_eq!(fault(text, Ends::Bare), None, "{text:?}");
        }
        for text in [
            "\"abc\"",
            "{\"accessToken\": \"abc\"}",
            "[1]",
            "\"abc",
            "undefined",
            "a'c",
        ] {
            assert!(fault(text, Ends::Token).is_some(), "{text:?}");
        }
        assert!(fault("a\nb", Ends::Password).is_some() && fault("", Ends::Password).is_some());
        assert_eq!(fault("{{undefined}} '", Ends::Password), None);
    }

    #[test]
    fn a_path_is_written_in_full() {
        for path in [
            "~",
            "~/.cache/x",
            "~user/x",
            "$HOME/x",
            "${HOME}/x",
            "%USERPROFILE%\\x",
            "file:///x",
        ] {
            assert!(path_fault(path).is_some(), "{path}");
        }
        for path in ["/x", "x", "./~x", "a~b", "C:\\x", "/a%20b"] {
            assert_eq!(path_fault(path), None, "{path}");
        }
    }
}
