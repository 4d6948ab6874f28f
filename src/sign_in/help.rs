//! What to do about a refusal, by Entra ID's number (AADSTS) or AD FS's (MSIS). Microsoft says that
//! programs must not decide on them. So they are help for the reader, and one thing is decided: that a fault of Entra ID's own
//! may pass, where being wrong costs a few tries.

mod application;
mod passing;
mod request;
mod user;

/// What to do, by the number and, where one number is used for several causes, by the words with it.
pub(super) fn by_number(code: i64, description: &str) -> Option<&'static str> {
    let description = description.to_ascii_lowercase();
    let by_words = BY_WORDS
        .iter()
        .find(|(known, words, _)| *known == code && description.contains(words))
        .map(|(_, _, help)| *help);
    by_words.or_else(|| {
        HELP.iter()
            .copied()
            .flatten()
            .find(|(known, _)| *known == code)
            .map(|(_, help)| *help)
    })
}

/// The same for the numbers of AD FS.
pub(super) fn by_msis_number(code: i64) -> &'static str {
    MSIS.iter()
        .find(|(known, _)| *known == code)
        .map_or(UNKNOWN_MSIS, |(_, help)| *help)
}

/// Whether Entra ID may give a token at another try, though its status speaks of a bad request.
pub(super) fn may_pass(codes: &[i64], description: &str) -> bool {
    // The first that is known is the one whose cure is shown.
    let first = codes.iter().find(|code| by_number(**code, description).is_some());
    let passes = first.is_some_and(|code| passing::HELP.iter().any(|(known, _)| known == code));
    passes && !codes.iter().any(|code| OTHER_CLOUD.contains(code))
}

/// The number behind a prefix such as `AADSTS`, where the words have one.
pub(super) fn number_in(description: &str, prefix: &str) -> Option<i64> {
    let (_, rest) = description.split_once(prefix)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// One number, several causes.
const BY_WORDS: &[(i64, &str, &str)] = &[
    (
        700_027,
        "expired",
        "the certificate has expired: make a new one, upload it to the application in Entra ID under Certificates & secrets, and set `client_certificate` or `client_certificate_path` to it",
    ),
    (700_023, "audience", ASSERTION_ELSEWHERE),
    (
        50_053,
        "malicious",
        "Entra ID blocks the address that this machine comes from, because of malicious activity: run from another one, or have an administrator look at the sign-in's log",
    ),
];

const HELP: [&[(i64, &str)]; 4] = [application::HELP, request::HELP, user::HELP, passing::HELP];

/// No such tenant here, a tenant of another cloud, and an application or a resource of another cloud.
pub(super) const OTHER_CLOUD: [i64; 7] = [90_002, 90_038, 90_043, 90_051, 900_382, 900_432, 1_000_104];

/// By AD FS's number (MSIS).
const MSIS: &[(i64, &str)] = &[
    (9_602, "check `scope` or `url`: AD FS knows no such resource"),
    (
        9_605,
        "AD FS does not let this application use the resource: whoever runs it has to grant the permission",
    ),
    (9_607, "check `client_id`: AD FS knows no such application"),
    (
        9_622,
        "check the client secret or the certificate: AD FS does not accept it; its event log says why",
    ),
    (
        9_659,
        "check `oauth_un` and `oauth_pwd`: the user's name or password is wrong",
    ),
];

const UNKNOWN_MSIS: &str = "AD FS has answered, not Entra ID: check `token_url` or `login_url`; if AD FS is meant, its event log says more about the MSIS number";

const ASSERTION_ELSEWHERE: &str =
    "the assertion is made out to another token endpoint: check `token_url`, or `login_url` and `tenant_id`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_stands_twice() {
        let mut all: Vec<i64> = HELP
            .iter()
            .copied()
            .flatten()
            .map(|(code, _)| *code)
            .chain(OTHER_CLOUD)
            .collect();
        let number = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), number);
    }

    #[test]
    fn a_number_is_found_in_words() {
        assert_eq!(number_in("AADSTS700016: x", "AADSTS"), Some(700_016));
        assert_eq!(number_in("MSIS9607: x", "MSIS"), Some(9_607));
        assert_eq!(number_in("no AADSTS here", "AADSTS"), None);
        assert_eq!(number_in("", "AADSTS"), None);
    }
}
