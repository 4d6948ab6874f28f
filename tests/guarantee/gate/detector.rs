//! Finds secrets in what a run wrote, by reading every place in every way in which it can be read: written apart from the
//! product's own reading, and held against every coding by a test of its own.

use std::collections::HashSet;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The secrets that show, whole or as a telling part.
pub(crate) fn shown<'a>(output: &str, secrets: &'a [String]) -> Vec<&'a str> {
    let mut texts = vec![letters(output)];
    texts.extend(inside(output, 0, &mut HashSet::new()));
    let shows = |part: &str| {
        let part: Vec<char> = part.chars().collect();
        texts.iter().any(|text| is_in(text, &part))
    };
    let shown = secrets
        .iter()
        .filter(|secret| parts(secret).iter().any(|part| shows(part)));
    shown.map(String::as_str).collect()
}

/// All of it, and of a longer one its last third, which no other has.
fn parts(secret: &str) -> Vec<String> {
    let letters: Vec<char> = secret.chars().collect();
    let mut parts = vec![secret.to_owned()];
    if letters.len() >= 24 {
        parts.push(letters[letters.len() * 2 / 3..].iter().collect());
    }
    parts
}

fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Whether a text can be read as one that has this part in it.
fn is_in(text: &[char], part: &[char]) -> bool {
    let Some(first) = part.first() else {
        return false;
    };
    (0..text.len()).any(|start| {
        let here = text[start];
        (here == *first || opens(here)) && begins(text, start, part)
    })
}

/// Whether what begins here can be read as this part: where each of its letters may end is followed from letter to letter.
fn begins(text: &[char], start: usize, part: &[char]) -> bool {
    let mut places = vec![start];
    for (number, letter) in part.iter().enumerate() {
        let mut next = Vec::new();
        while let Some(place) = places.pop() {
            for (read, end) in read(text, place, MOST_LAYERS) {
                if read == *letter {
                    next.push(end);
                } else if number > 0 && is_nothing(read) {
                    // What a line's end leaves behind, and the other half of a letter of UTF-16.
                    places.push(end);
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        places = next;
        if places.is_empty() {
            return false;
        }
    }
    true
}

fn is_nothing(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n' | '\0')
}

/// Whether a letter may begin another's coded form.
fn opens(letter: char) -> bool {
    matches!(letter, '%' | '\\' | '&' | '+')
}

/// All letters that may stand here, at most so many codings deep, each with where the next one begins.
fn read(text: &[char], at: usize, layers: usize) -> Vec<(char, usize)> {
    let at = past_breaks(text, at);
    let Some(here) = text.get(at) else {
        return Vec::new();
    };
    if layers == 0 || !opens(*here) {
        return vec![(*here, at + 1)];
    }
    let mut found = read(text, at, layers - 1);
    for (letter, next) in found.clone() {
        match letter {
            '+' => found.push((' ', next)),
            '%' => found.extend(percent(text, next, layers - 1)),
            '\\' => found.extend(escape(text, next, layers - 1)),
            '&' => found.extend(entity(text, next, layers - 1)),
            _ => {}
        }
    }
    // A line that ends in the middle of a coded letter.
    for (letter, next) in found.clone() {
        if matches!(letter, '\r' | '\n') {
            found.extend(read(text, next, layers));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Behind the ends of lines, a page's among them.
fn past_breaks(text: &[char], mut at: usize) -> usize {
    loop {
        match text.get(at..) {
            Some(['\r' | '\n', ..]) => at += 1,
            Some(['<', 'b', 'r', rest @ ..]) => {
                let Some(end) = rest.iter().take(4).position(|letter| *letter == '>') else {
                    return at;
                };
                at += 3 + end + 1;
            }
            _ => return at,
        }
    }
}

/// A number of exactly so many digits, and where it ends.
fn digits(text: &[char], at: usize, layers: usize, count: usize, radix: u32) -> Vec<(u32, usize)> {
    let mut numbers = vec![(0_u32, at)];
    for _ in 0..count {
        let longer = |(number, at): (u32, usize)| -> Vec<(u32, usize)> {
            let digits = read(text, at, layers).into_iter();
            let digits = digits.filter_map(|(letter, next)| Some((letter.to_digit(radix)?, next)));
            digits
                .filter_map(|(digit, next)| Some((number.checked_mul(radix)?.checked_add(digit)?, next)))
                .collect()
        };
        numbers = numbers.into_iter().flat_map(longer).collect();
    }
    numbers
}

fn characters(numbers: Vec<(u32, usize)>) -> impl Iterator<Item = (char, usize)> {
    numbers
        .into_iter()
        .filter_map(|(number, end)| Some((char::from_u32(number)?, end)))
}

/// Where one of these letters ends that stands here.
fn after(text: &[char], at: usize, layers: usize, one: &[char]) -> Vec<usize> {
    let found = read(text, at, layers).into_iter();
    found
        .filter(|(letter, _)| one.contains(letter))
        .map(|(_, next)| next)
        .collect()
}

/// `%41`, of which several may be one letter, and `%u0041`.
fn percent(text: &[char], at: usize, layers: usize) -> Vec<(char, usize)> {
    let mut found = Vec::new();
    for (byte, end) in digits(text, at, layers, 2, 16) {
        let more = match byte {
            0..0x80 => 0,
            0xC0..0xE0 => 1,
            0xE0..0xF0 => 2,
            0xF0..0xF8 => 3,
            _ => continue,
        };
        let mut letters = vec![(vec![byte as u8], end)];
        for _ in 0..more {
            let longer = |(bytes, end): (Vec<u8>, usize)| -> Vec<(Vec<u8>, usize)> {
                let next = after(text, end, layers, &['%']).into_iter();
                let next = next.flat_map(|end| digits(text, end, layers, 2, 16));
                next.map(|(byte, end)| ([bytes.as_slice(), &[byte as u8]].concat(), end))
                    .collect()
            };
            letters = letters.into_iter().flat_map(longer).collect();
        }
        for (bytes, end) in letters {
            if let Some(letter) = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
                found.push((letter, end));
            }
        }
    }
    for end in after(text, at, layers, &['u', 'U']) {
        found.extend(characters(digits(text, end, layers, 4, 16)));
    }
    found
}

/// `\u0041`, `\u{41}`, `\n` and the like.
fn escape(text: &[char], at: usize, layers: usize) -> Vec<(char, usize)> {
    let mut found = Vec::new();
    for (letter, end) in read(text, at, layers) {
        match letter {
            'n' => found.push(('\n', end)),
            'r' => found.push(('\r', end)),
            't' => found.push(('\t', end)),
            'u' => {
                found.extend(characters(digits(text, end, layers, 4, 16)));
                for end in after(text, end, layers, &['{']) {
                    for count in 1..=6 {
                        let closed = characters(digits(text, end, layers, count, 16));
                        let closed = closed.flat_map(|(letter, end)| {
                            let ends = after(text, end, layers, &['}']).into_iter();
                            ends.map(move |end| (letter, end))
                        });
                        found.extend(closed);
                    }
                }
            }
            other => found.push((other, end)),
        }
    }
    found
}

/// `&#65;`, `&#x41;` and those with names, closed or left open.
fn entity(text: &[char], at: usize, layers: usize) -> Vec<(char, usize)> {
    let mut found = Vec::new();
    for end in after(text, at, layers, &['#']) {
        for count in 2..=7 {
            let numbers = digits(text, end, layers, count, 10).into_iter();
            // Nobody leaves a number before its last digit.
            let whole = numbers.filter(|(_, end)| digits(text, *end, layers, 1, 10).is_empty());
            found.extend(characters(whole.collect()));
        }
        for end in after(text, end, layers, &['x', 'X']) {
            for count in 2..=6 {
                found.extend(characters(digits(text, end, layers, count, 16)));
            }
        }
    }
    for (name, letter) in ENTITIES {
        let mut ends = vec![at];
        for one in name.chars() {
            ends = ends
                .into_iter()
                .flat_map(|end| after(text, end, layers, &[one]))
                .collect();
        }
        found.extend(ends.into_iter().map(|end| (letter, end)));
    }
    let closed: Vec<(char, usize)> = found
        .iter()
        .flat_map(|(letter, end)| {
            let ends = after(text, *end, layers, &[';']).into_iter();
            ends.map(|end| (*letter, end))
        })
        .collect();
    found.extend(closed);
    found
}

/// What stands in base64 or in hexadecimal digits in a text, in each other too.
fn inside(text: &str, depth: usize, known: &mut HashSet<String>) -> Vec<Vec<char>> {
    let mut found = Vec::new();
    let mut level = text.to_owned();
    for _ in 0..MOST_LAYERS {
        let joined: String = level.split(['\r', '\n']).map(str::trim).collect();
        for run in runs(&level).chain(runs(&joined)) {
            if !known.insert(run.to_owned()) {
                continue;
            }
            for decoded in from_base64(run)
                .iter()
                .chain(&from_hex(run))
                .flat_map(|bytes| texts(bytes))
            {
                if depth < MOST_RUNS_IN_RUNS && runs(&decoded).next().is_some() {
                    found.extend(inside(&decoded, depth + 1, known));
                }
                found.push(letters(&decoded));
            }
        }
        // Digits are the same in whichever way the rest is read.
        let next = flat(&level);
        if next == level {
            break;
        }
        level = next;
    }
    found
}

/// What bytes may be as a text: UTF-8, or UTF-16 from either byte on, which is either order for letters of one byte.
fn texts(bytes: &[u8]) -> Vec<String> {
    let mut texts = vec![String::from_utf8_lossy(bytes).into_owned()];
    if bytes.contains(&0) {
        for start in 0..2 {
            let pairs = bytes.get(start..).unwrap_or_default().chunks_exact(2);
            let units: Vec<u16> = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            texts.push(String::from_utf16_lossy(&units));
        }
    }
    texts
}

fn runs(text: &str) -> impl Iterator<Item = &str> {
    let is_digit = |letter: char| letter.is_ascii_alphanumeric() || "+/-_".contains(letter);
    text.split(move |letter| !is_digit(letter))
        .filter(|run| run.len() >= SHORTEST_RUN)
}

fn from_base64(run: &str) -> Vec<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let run = run.replace('-', "+").replace('_', "/");
    let from = |start: usize| {
        let digits = &run[start..];
        let whole = &digits[..digits.len() - usize::from(digits.len() % 4 == 1)];
        engine.decode(whole).ok()
    };
    (0..4).filter_map(from).collect()
}

fn from_hex(run: &str) -> Vec<Vec<u8>> {
    let runs = run.split(|letter: char| !letter.is_ascii_hexdigit());
    let from = |run: &str, start: usize| -> Vec<u8> {
        let pairs = run.as_bytes()[start..].chunks_exact(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        pairs.filter_map(byte).collect()
    };
    let long = runs.filter(|run| run.len() >= SHORTEST_RUN);
    long.flat_map(|run| [from(run, 0), from(run, 1)]).collect()
}

/// The text with one layer of every coding taken off at once, each letter read in the way that takes the most with it.
fn flat(text: &str) -> String {
    let text = letters(text);
    let (mut out, mut at) = (String::new(), 0);
    while at < text.len() {
        let mut end = at + 1;
        let mut letter = text[at];
        if opens(letter) && letter != '+' {
            let longest = read(&text, at, 1).into_iter().max_by_key(|(_, end)| *end);
            (letter, end) = longest.unwrap_or((letter, end));
        }
        out.push(letter);
        at = end;
    }
    out
}

/// Codings within each other: two of the service's, a framing's, an envelope's, and one to spare.
const MOST_LAYERS: usize = 5;

const MOST_RUNS_IN_RUNS: usize = 2;

/// In digits: shorter ones hold no secret that is searched for.
const SHORTEST_RUN: usize = 10;

const ENTITIES: [(&str, char); 9] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("plus", '+'),
    ("sol", '/'),
    ("auml", 'ä'),
    ("semi", ';'),
];
