//! The folders without a twin, and why. A name ends with `_` where all that begin so are meant.

/// Why a folder has no twin.
pub(crate) fn reason(name: &str) -> Option<&'static str> {
    let is_meant = |known: &str| name == known || known.ends_with('_') && name.starts_with(known);
    LEFT_OUT
        .iter()
        .find(|(known, _)| is_meant(known))
        .map(|(_, reason)| *reason)
}

/// All of them.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    LEFT_OUT.iter().map(|(name, _)| *name)
}

const LEFT_OUT: &[(&str, &str)] = &[
    ("arguments_", "the command line is read before any API is known"),
    (
        "framing_",
        "how a platform wraps the same document and the same envelope",
    ),
    ("stdin_", "what is no document, or is read before its asset is"),
    ("input_file_", "what is no document"),
    ("check_", "another permission: tests/graph/modes.rs"),
    ("dry_run_", "two requests are shown: tests/graph/modes.rs"),
];
