//! JSON as text: laid out and taken together again without reading a single number or escape, so that a comparison sees
//! every byte that counts.

/// The text without its insignificant white space.
pub fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = Within::default();
    for c in text.chars() {
        if within.string(c) || !c.is_ascii_whitespace() {
            out.push(c);
        }
    }
    out
}

/// One member or element a line, indented by two spaces; empty objects and arrays stay on their line.
pub fn pretty(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut within = Within::default();
    let mut depth = 0usize;
    let compact = compact(text);
    let mut chars = compact.chars().peekable();
    while let Some(c) = chars.next() {
        if within.string(c) {
            out.push(c);
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push(c),
        }
    }
    out
}

/// Where two texts differ, line by line: what is common is left out but for the neighbourhood.
pub fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same_start = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let rest = expected.len().min(found.len()) - same_start;
    let same_end = (expected.iter().rev().zip(found.iter().rev()).take(rest))
        .take_while(|(a, b)| a == b)
        .count();
    let mut out = String::new();
    let from = same_start.saturating_sub(CONTEXT);
    let mut say = |sign: char, lines: &[&str]| {
        for line in lines.iter().take(MAX_LINES) {
            let shown: String = line.chars().take(MAX_COLUMNS).collect();
            out.push_str(&format!("  {sign} {shown}\n"));
        }
        if lines.len() > MAX_LINES {
            out.push_str(&format!("  {sign} … {} more\n", lines.len() - MAX_LINES));
        }
    };
    say(' ', &expected[from..same_start]);
    say('-', &expected[same_start..expected.len() - same_end]);
    say('+', &found[same_start..found.len() - same_end]);
    let end = expected.len() - same_end;
    say(' ', &expected[end..expected.len().min(end + CONTEXT)]);
    out
}

/// Whether the next character is part of a string.
#[derive(Default)]
struct Within {
    string: bool,
    escaped: bool,
}

impl Within {
    /// Takes one character; true where it is part of a string, its quotes included.
    fn string(&mut self, c: char) -> bool {
        match (self.string, c) {
            (false, '"') => {
                self.string = true;
                true
            }
            (false, _) => false,
            (true, _) if self.escaped => {
                self.escaped = false;
                true
            }
            (true, '\\') => {
                self.escaped = true;
                true
            }
            (true, '"') => {
                self.string = false;
                true
            }
            (true, _) => true,
        }
    }
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    // Deep nesting is tested too, and its indentation would be its square.
    out.push_str(&"  ".repeat(depth.min(40)));
}

const CONTEXT: usize = 2;
const MAX_LINES: usize = 40;
const MAX_COLUMNS: usize = 400;
