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

/// The keys of the envelope that a folder's twin has another value for.
pub(crate) fn keys_of(name: &str) -> &'static [&'static str] {
    let found = DIFFERS.iter().find(|(known, ..)| *known == name);
    found.map_or(&[], |(_, keys, _)| keys)
}

const LEFT_OUT: &[(&str, &str)] = &[
    ("arguments_", "the command line is read before any API is known"),
    (
        "asset_",
        "who signs in, and where; what chooses the API: tests/action/graph/modes.rs",
    ),
    ("check_", "another permission: tests/action/graph/modes.rs"),
    ("dry_run_", "two requests are shown: tests/action/graph/modes.rs"),
    ("form_", "where in the document the asset stands"),
    (
        "framing_",
        "how a platform wraps the same document and the same envelope",
    ),
    ("graph_", "they speak of Graph themselves"),
    (
        "half_of_it_",
        "one request of which a half is made; here each half is a request: tests/action/graph/parts.rs",
    ),
    ("head_", "how an answer's head is read, before any API is known"),
    ("input_file_", "what is no document"),
    ("proxy_", "the network before any API"),
    ("retry_after_", "how a wait is read, before any API is known"),
    ("stdin_", "what is no document, or is read before its asset is"),
    (
        "answer_200_of_an_array_was_not_applied",
        "its numbers are more than this test can hold; another object is answered in its place elsewhere",
    ),
    (
        "answer_403_page_and_the_reading_is_refused_too",
        "the values went the same way a moment before, so that it is unknown: the fault matrix has it",
    ),
    (
        "field_status_redirected_is_a_word",
        "it is refused: tests/action/graph/wire.rs",
    ),
    (
        "id_far_too_large_is_refused",
        "its number is more than this test can hold",
    ),
    (
        "merged_incident_that_shows_it_names_the_other",
        "the comment is not sent: tests/action/graph/parts.rs",
    ),
    ("refused_an_empty_object", "there is no asset to choose an API"),
];

/// Folder, keys of the envelope, reason.
const DIFFERS: &[(&str, &[&str], &str)] = &[
    (
        "answer_200_of_another_incident_was_not_applied",
        &["message"],
        "it quotes what was answered, which is in Graph's words",
    ),
    (
        "answer_200_without_the_comment_is_not_shown",
        &["json_body", "message"],
        "what failed is the comment, whose answer is a list",
    ),
    (
        "merged_incident_without_the_comment_is_unknown",
        &["differs"],
        "that the values are there was known before the merge",
    ),
];
