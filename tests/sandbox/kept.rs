//! The form in which Defender keeps a comment: services store what people type in forms of their own.

use unicode_normalization::UnicodeNormalization;

/// What a service makes of a text before it keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeptForm {
    /// As it was sent.
    #[default]
    AsSent,
    /// `&`, `<`, `>` and quotes as HTML names.
    HtmlEscaped,
    /// Quotes and what is not ASCII as HTML numbers.
    NumericEntities,
    /// Its first 80 characters.
    Shortened,
    /// Composed characters.
    Composed,
    /// Letters and their accents apart.
    Decomposed,
    /// A zero-width space after it.
    ZeroWidthAdded,
    /// Quotes, apostrophes and dashes as a word processor sets them.
    Typographic,
    /// Other white space in the place of spaces, and a line end of the other kind.
    OtherWhiteSpace,
    /// A remark of the service's after it.
    Appended,
}

impl KeptForm {
    /// The text as it is kept.
    pub fn of(self, text: &str) -> String {
        match self {
            Self::AsSent => text.to_owned(),
            Self::HtmlEscaped => text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&#39;"),
            Self::NumericEntities => text.chars().map(numeric).collect(),
            Self::Shortened => text.chars().take(80).collect(),
            Self::Composed => text.nfc().collect(),
            Self::Decomposed => text.nfd().collect(),
            Self::ZeroWidthAdded => format!("{text}\u{200B}"),
            Self::Typographic => text
                .replace(" \"", " \u{201C}")
                .replace('"', "\u{201D}")
                .replace('\'', "\u{2019}")
                .replace(" - ", " \u{2013} "),
            Self::OtherWhiteSpace => text.replace('\n', "\r\n").replace(' ', "\u{A0}"),
            Self::Appended => format!("{text} [sent by an application]"),
        }
    }
}

fn numeric(c: char) -> String {
    if c == '"' || c == '\'' || c == '&' || !c.is_ascii() {
        format!("&#x{:X};", u32::from(c))
    } else {
        c.to_string()
    }
}
