//! Texts as they came over a connection, which nobody may show, and sentences in which such texts are quoted.

use std::borrow::Cow;
use std::fmt;

/// A text as it came: to decide on, and never to show. There is no `Display`, no `Serialize` and no `Deref`, `Debug` says
/// nothing, and its only way out is called `expose`; what may be shown of it is what a gate makes of it. To put it into a
/// sentence does not compile:
///
/// ```compile_fail,E0277
/// use defender_update_incident::ground::cleaned::Wire;
/// let said = Wire::new("what came");
/// let message = format!("it said {said}");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Wire(String);

/// A sentence of this program's own that quotes the other end. Each quotation is cleaned while it is whole, and cut then: a
/// secret that is cut first is found by nobody.
#[derive(Default)]
pub struct Words(pub(super) Vec<Part>);

pub(super) enum Part {
    Own(Cow<'static, str>),
    /// A text, shown up to so many characters.
    Quoted(Wire, usize),
    /// A page, of which the words are shown, after a colon.
    Page(Wire, usize),
}

impl Wire {
    /// Takes a text that came.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// The text itself, to decide on.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Words {
    /// Goes on with words of this program's own.
    #[must_use]
    pub fn and(mut self, own: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Part::Own(own.into()));
        self
    }

    /// Goes on with the beginning of a text of the other end.
    #[must_use]
    pub fn and_quote(mut self, text: Wire) -> Self {
        self.0.push(Part::Quoted(text, MOST_CHARS));
        self
    }

    /// Goes on with the first words of a page, after a colon where it has any.
    #[must_use]
    pub fn and_page(mut self, page: &[u8]) -> Self {
        let page = Wire::new(String::from_utf8_lossy(page));
        self.0.push(Part::Page(page, MOST_CHARS));
        self
    }

    /// Goes on with another sentence.
    #[must_use]
    pub fn and_words(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Words {
    fn from(own: T) -> Self {
        Self::default().and(own)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words")
    }
}

/// The first words of a page: the text outside of tags, and outside of what is not for reading.
pub(super) fn words_of_page(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        plain.push(' ');
        let name: String = tag.chars().take(6).collect::<String>().to_ascii_lowercase();
        let end = match name.as_str() {
            name if name.starts_with("style") => "</style>",
            "script" => "</script>",
            name if name.starts_with("!--") => "-->",
            _ => ">",
        };
        rest = tag.split_once(end).map_or("", |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text, cut at a character.
pub(super) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

const MOST_CHARS: usize = 200;
