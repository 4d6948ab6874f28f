//! The failure of one of the two requests of an update, told as that of both: what is there, and what to do about the rest.

use super::error::{Error, Name};
use super::parts::Parts;
use super::write::Update;

/// The failure of one of the two as that of both. `repeatable` is whether the same document may be run again after the
/// values were set.
#[must_use]
pub fn told(error: Error, parts: Parts, repeatable: bool) -> Error {
    let mut error = match (parts.values, parts.comment) {
        (Update::Applied, Update::NotApplied) => half_done(error, repeatable),
        (Update::Applied, Update::Unknown) => with_words(
            error,
            "the values are set, and whether the comment is there is not known",
            LOOK_FOR_COMMENT,
        ),
        (Update::Unknown, Update::NotApplied) => {
            let help = if repeatable {
                SAFE_AGAIN
            } else {
                SAFE_AGAIN_WITH_CONDITION
            };
            with_words(error, "the comment was not sent", help)
        }
        _ => error,
    };
    error.failure_mut().evidence.parts = Some(parts);
    error
}

fn half_done(error: Error, repeatable: bool) -> Error {
    let passing = matches!(error, Error::Unavailable(_));
    let mut failure = error.into_failure();
    failure
        .message
        .push_str("; the values are set, and the comment is not there");
    let next = match (failure.name, passing, repeatable) {
        (Name::IncidentMerged, ..) => "",
        (_, true, true) => RUN_AGAIN,
        (_, true, false) => NOT_WITH_CONDITION,
        (_, false, _) => SEND_ALONE,
    };
    failure.help = joined(&cure(&failure.help), next);
    if passing && repeatable {
        Error::Unavailable(failure)
    } else {
        Error::Refused(failure)
    }
}

fn with_words(mut error: Error, said: &str, help: &str) -> Error {
    let failure = error.failure_mut();
    failure.message.push_str("; ");
    failure.message.push_str(said);
    help.clone_into(&mut failure.help);
    error
}

/// What there is to mend, without what is said of a run that has changed nothing.
fn cure(help: &str) -> String {
    let help = help
        .replace(", and nothing was changed", "")
        .replace(", and nothing was sent", "");
    let kept = help
        .split("; ")
        .filter(|said| !said.starts_with("nothing was") && !said.starts_with("run it again"));
    kept.collect::<Vec<_>>().join("; ")
}

fn joined(one: &str, other: &str) -> String {
    let both = [one, other];
    let said: Vec<&str> = both.into_iter().filter(|said| !said.is_empty()).collect();
    said.join("; ")
}

const RUN_AGAIN: &str =
    "run the same document again later: it sets the values to the same, and writes the comment once";

const NOT_WITH_CONDITION: &str =
    "send the comment alone later, in a document without `only_if`, which would meet this run's own change";

const SEND_ALONE: &str = "once that is mended, send the comment alone: the values are set";

const LOOK_FOR_COMMENT: &str = "read the incident before repeating the comment, since it can never be removed; the same document with `--read` prints it, says what is there, and changes nothing";

const SAFE_AGAIN: &str =
    "running it again is safe: the values are set to the same, and the comment has not been written";

const SAFE_AGAIN_WITH_CONDITION: &str = "running it again is safe, as the comment has not been written, and `only_if` holds it back if it meets this run's own change; the same document with `--read` says what is there";

#[cfg(test)]
mod tests {
    use super::Update::{Applied, NotApplied, PartlyApplied, Unknown};
    use super::*;
    use crate::outcome::error::Failure;

    /// Every combination: what became of values and comment, the failing request's own reaction, whether the document may be
    /// run again → update, exit code, and a word of the help.
    #[test]
    fn the_table_of_all_combinations() {
        type Reaction = fn(Failure) -> Error;
        let table: [(Update, Update, Reaction, bool, Update, u8, &str); 12] = [
            (NotApplied, NotApplied, Error::Refused, true, NotApplied, 1, "cure"),
            (NotApplied, NotApplied, Error::Unavailable, true, NotApplied, 3, "cure"),
            (NotApplied, NotApplied, Error::Unavailable, false, NotApplied, 3, "cure"),
            (NotApplied, Applied, Error::Refused, true, NotApplied, 1, "cure"),
            (
                Unknown,
                NotApplied,
                Error::Unknown,
                true,
                Unknown,
                4,
                "running it again is safe",
            ),
            (
                Unknown,
                NotApplied,
                Error::Unknown,
                false,
                Unknown,
                4,
                "running it again is safe",
            ),
            (Unknown, Applied, Error::Unknown, true, Unknown, 4, "cure"),
            (
                Applied,
                NotApplied,
                Error::Refused,
                true,
                PartlyApplied,
                1,
                "send the comment alone",
            ),
            (
                Applied,
                NotApplied,
                Error::Unavailable,
                true,
                PartlyApplied,
                3,
                "run the same document again",
            ),
            (
                Applied,
                NotApplied,
                Error::Unavailable,
                false,
                PartlyApplied,
                1,
                "without `only_if`",
            ),
            (Applied, Unknown, Error::Unknown, true, Unknown, 4, "read the incident"),
            (Applied, Applied, Error::Unread, true, Applied, 4, "cure"),
        ];
        for (values, comment, reaction, repeatable, update, code, word) in table {
            let error = reaction(Failure::new(
                Name::ServerError,
                "it failed",
                "cure; nothing was changed",
            ));
            let error = told(error, Parts { values, comment }, repeatable);
            let what = format!("{values:?} {comment:?} {repeatable}");
            assert_eq!((error.update(), error.exit_code()), (update, code), "{what}");
            let failure = error.failure();
            assert!(failure.help.contains(word), "{what}: {}", failure.help);
            assert!(failure.message.starts_with("it failed"), "{what}");
            let says_unchanged = failure.help.contains("nothing was changed");
            assert!(
                !says_unchanged || values != Applied || comment == Applied,
                "{what}: {}",
                failure.help
            );
            assert_eq!(failure.evidence.parts, Some(Parts { values, comment }));
        }
    }

    #[test]
    fn a_cure_stays_and_what_is_not_true_goes() {
        assert_eq!(cure("check `url`; nothing was changed"), "check `url`");
        assert_eq!(cure("nothing was changed; run it again later"), "");
        assert_eq!(
            cure("something answered, and nothing was changed: check the proxy"),
            "something answered: check the proxy"
        );
        assert_eq!(
            cure("nothing was changed; run it again later; if it stays so, raise `timeout_secs`"),
            "if it stays so, raise `timeout_secs`"
        );
        assert_eq!(joined("", RUN_AGAIN), RUN_AGAIN);
    }
}
