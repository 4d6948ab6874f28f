//! What a page of HTML says, where something in front of a service answers in its place: its title and its first words,
//! without the markup that would fill a message before them.

/// The words of a page; nothing where the text is none.
#[must_use]
pub fn words(text: &str) -> Option<String> {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let start = start.get(..start.floor_char_boundary(LONGEST_PAGE)).unwrap_or_default();
    let head = start.get(..start.floor_char_boundary(LONGEST_HEAD)).unwrap_or_default();
    let mut head = head.to_ascii_lowercase();
    // What XML and people put in front of it.
    while head.starts_with("<?") || head.starts_with("<!--") {
        let end = if head.starts_with("<?") { "?>" } else { "-->" };
        head = head.split_once(end)?.1.trim_start().to_owned();
    }
    let page = ["<!doctype html", "<html", "<head", "<body", "<title"];
    if !page.iter().any(|tag| head.starts_with(tag)) {
        return None;
    }
    let title = element(start, "title").map(|(title, _)| spaced(&without_tags(title)));
    let title = title.filter(|title| !title.is_empty());
    let mut body = start.to_owned();
    for name in ["head", "title", "style", "script", "svg", "noscript"] {
        while let Some((_, whole)) = element(&body, name) {
            body = body.replacen(whole, " ", 1);
        }
    }
    let body = spaced(&without_tags(&body));
    // Some repeat the title as a heading.
    let body = match &title {
        Some(title) => body
            .strip_prefix(title.as_str())
            .unwrap_or(&body)
            .trim_start()
            .to_owned(),
        None => body,
    };
    Some(match (title, body.as_str()) {
        (Some(title), "") => format!("`{title}`"),
        (Some(title), body) => format!("`{title}`: {body}"),
        (None, body) => body.to_owned(),
    })
}

/// The first element of a name: its content, and all of it; one that is not closed goes on to the end.
fn element<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    let start = loop {
        let found = from + lower.get(from..)?.find(&format!("<{name}"))?;
        let behind = found + 1 + name.len();
        // `<head` is the beginning of `<header` too.
        if lower
            .get(behind..)?
            .starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace())
        {
            break found;
        }
        from = behind;
    };
    let content = start + lower.get(start..)?.find('>')? + 1;
    let close = lower.get(content..)?.find(&format!("</{name}"));
    let content_end = close.map_or(text.len(), |at| content + at);
    let end = lower
        .get(content_end..)?
        .find('>')
        .map_or(text.len(), |at| content_end + at + 1);
    Some((text.get(content..content_end)?, text.get(start..end)?))
}

/// Entities stay as they are: one that is read here could be a part of a secret that was looked for before.
fn without_tags(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        words.push_str(before);
        words.push(' ');
        let end = if tag.starts_with("!--") { "-->" } else { ">" };
        rest = tag.split_once(end).map_or("", |(_, behind)| behind);
    }
    words.push_str(rest);
    words.replace("&nbsp;", " ")
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In bytes: far above where a page's first words are.
const LONGEST_PAGE: usize = 64 * 1024;

/// In bytes: far above what stands in front of a page.
const LONGEST_HEAD: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_its_title_and_its_words() {
        for (page, expected) in [
            (
                "<!DOCTYPE html>\n<html><head><title>Access Denied</title><style>body { color: red }</style></head><body><h1>Access Denied</h1><p>Ask <b>IT</b>.</p></body></html>",
                "`Access Denied`: Ask IT .",
            ),
            ("<HTML><BODY BGCOLOR=white>Blocked<BR>by policy", "Blocked by policy"),
            (
                "\u{feff} <?xml version=\"1.0\"?><!-- x --><html><title>T</title></html>",
                "`T`",
            ),
            (
                "<html><header>Not <!-- a > b -->the head</header></html>",
                "Not the head",
            ),
            ("<html><script>if (a < b) { x }</script>words&nbsp;here", "words here"),
            ("<html><style>unclosed { }", ""),
        ] {
            assert_eq!(words(page).as_deref(), Some(expected), "{page}");
        }
        for other in [
            "",
            "Forbidden",
            "<error>x</error>",
            "{\"a\": \"<html>\"}",
            "<?xml version=\"1.0\"?><Error/>",
            "<!-- x",
        ] {
            assert_eq!(words(other), None, "{other}");
        }
    }
}
