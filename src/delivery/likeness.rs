//! Whether a comment that the incident holds is the one that was written. Services keep what people type in forms of their
//! own: HTML-escaped, in another Unicode form, with other white space and quotes, or shortened.

use unicode_normalization::UnicodeNormalization;

/// How much a comment is like the one that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same words.
    Same,
    /// Its beginning, long enough to be what a service leaves of it; another text may truly begin so.
    Beginning,
    /// Another text.
    Other,
}

/// Compares a found comment with the written one.
#[must_use]
pub fn likeness(found: &str, written: &str) -> Likeness {
    // Most comments are kept as they were written.
    if found == written {
        return Likeness::Same;
    }
    let (kept, asked) = (canonical(found), canonical(written));
    if !asked.contains(char::is_alphanumeric) {
        // Without a letter or digit nothing is left to tell it by but its own signs.
        let same = found.split_whitespace().eq(written.split_whitespace());
        return if same { Likeness::Same } else { Likeness::Other };
    }
    if kept == asked {
        return Likeness::Same;
    }
    // What a service has left is counted as it stands there, blanks and all.
    let is_long = found.trim_end_matches(['.', '…']).chars().count() >= LEAST_BEGINNING;
    if is_long && asked.starts_with(kept.trim_end_matches('.')) {
        return Likeness::Beginning;
    }
    Likeness::Other
}

/// The words alone: entities of HTML undone, one Unicode form, one shape of quotes and dashes, neither white space nor what
/// nobody sees.
fn canonical(text: &str) -> String {
    // Twice, since a gateway may escape what a service has escaped.
    let plain = without_entities(&without_entities(text));
    let plain = without_line_tags(&plain);
    plain
        .nfkc()
        .map(one_shape)
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(*c))
        .collect()
}

fn one_shape(c: char) -> char {
    match c {
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2035}' | '\u{2039}' | '\u{203A}' | '`' | '\u{B4}' | '\u{2BC}' => {
            '\''
        }
        '\u{201C}'..='\u{201F}' | '\u{2033}' | '\u{2036}' | '\u{AB}' | '\u{BB}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

/// Format characters, joiners and selectors: there, and not to be seen.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Line breaks that a service has written as HTML.
fn without_line_tags(text: &str) -> String {
    if !text.contains('<') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        plain.push_str(before);
        let end = tag.find('>').map(|end| end + 1);
        let name = end.and_then(|end| tag.get(1..end - 1)).unwrap_or_default();
        let name = name.trim_matches(['/', ' ']);
        match end {
            Some(end) if LINE_TAGS.iter().any(|known| name.eq_ignore_ascii_case(known)) => {
                rest = tag.get(end..).unwrap_or_default();
            }
            _ => {
                plain.push('<');
                rest = tag.get(1..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Undoes one layer of HTML's escapes: the names that escapers write, and numbers.
fn without_entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, entity) = rest.split_at(start);
        plain.push_str(before);
        let name = entity.get(1..).unwrap_or_default();
        let end = name.find(';').filter(|end| *end <= LONGEST_ENTITY);
        match end.and_then(|end| Some((end, character(name.get(..end)?)?))) {
            Some((end, c)) => {
                plain.push(c);
                rest = name.get(end + 1..).unwrap_or_default();
            }
            None => {
                plain.push('&');
                rest = name;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn character(entity: &str) -> Option<char> {
    if let Some(number) = entity.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    ENTITIES.iter().find(|(name, _)| *name == entity).map(|(_, c)| *c)
}

const ENTITIES: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("shy", '\u{AD}'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("ecirc", 'ê'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("ccedil", 'ç'),
    ("ntilde", 'ñ'),
    ("iacute", 'í'),
    ("oacute", 'ó'),
    ("uacute", 'ú'),
    ("aring", 'å'),
    ("aelig", 'æ'),
    ("oslash", 'ø'),
    ("euro", '€'),
    ("copy", '©'),
    ("reg", '®'),
    ("deg", '°'),
    ("middot", '·'),
    ("bull", '•'),
    ("lpar", '('),
    ("rpar", ')'),
    ("num", '#'),
    ("colon", ':'),
    ("comma", ','),
    ("sol", '/'),
    ("bsol", '\\'),
    ("grave", '`'),
    ("equals", '='),
];

const LINE_TAGS: [&str; 3] = ["br", "p", "div"];

const LONGEST_ENTITY: usize = 10;

/// Characters below which a common beginning says nothing.
const LEAST_BEGINNING: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_in_which_services_keep_a_comment_are_the_same() {
        let written = "Closed by \"playbook 7\" — café & <R&D>: it's done";
        for kept in [
            written.to_owned(),
            written
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
            written.replace('"', "&#34;").replace('\'', "&#x27;"),
            written.replace('&', "&amp;amp;"),
            written.nfd().collect(),
            written.nfkc().collect(),
            format!("\u{200B}{written}\u{FEFF}"),
            written.replace(' ', "\u{A0}"),
            written.replace(' ', "\r\n"),
            written.replace(' ', "<br/>"),
            written.replace('"', "\u{201D}").replace('\'', "\u{2019}"),
            format!("  {written}\n"),
        ] {
            assert_eq!(likeness(&kept, written), Likeness::Same, "{kept}");
        }
    }

    #[test]
    fn another_text_is_another() {
        for (kept, written) in [
            ("closed", "closed by playbook 7"),
            ("closed by playbook 8", "closed by playbook 7"),
            ("Closed by playbook 7", "closed by playbook 7"),
            ("closed by playbook 7, again", "closed by playbook 7"),
            ("", "closed"),
            ("!!", "!!!"),
            ("…", "!!!"),
        ] {
            assert_eq!(likeness(kept, written), Likeness::Other, "{kept} {written}");
        }
        assert_eq!(likeness(" !!! ", "!!!"), Likeness::Same);
    }

    #[test]
    fn a_long_beginning_may_be_what_a_service_left() {
        let written = "a sentence that goes on and on ".repeat(5);
        let beginning: String = written.chars().take(90).collect();
        assert_eq!(likeness(&beginning, &written), Likeness::Beginning);
        assert_eq!(likeness(&format!("{beginning}…"), &written), Likeness::Beginning);
        let at_the_bound = |count| written.chars().take(count).collect::<String>();
        assert_eq!(likeness(&at_the_bound(64), &written), Likeness::Beginning);
        assert_eq!(
            likeness(&format!("{}…", at_the_bound(64)), &written),
            Likeness::Beginning
        );
        assert_eq!(likeness(&at_the_bound(63), &written), Likeness::Other);
        assert_eq!(likeness(&format!("{}...", at_the_bound(61)), &written), Likeness::Other);
    }
}
