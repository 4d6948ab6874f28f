//! What a run says that ends from outside, by a signal or its time limit, whatever it was about.

use crate::outcome::error::{Error, Failure, Name, READ_FIRST};
use crate::outcome::half_done;
use crate::outcome::parts::Parts;
use crate::outcome::requests::RequestIds;
use crate::outcome::write::{Update, Write};

/// What is known at that moment.
pub(super) struct Known {
    pub(super) write: Write,
    /// How many times a write that may have arrived was sent.
    pub(super) writes: u32,
    pub(super) halves: Option<Halves>,
    pub(super) requests: Vec<RequestIds>,
    /// Whether the incident is read before it is written to, since an earlier run may have written.
    pub(super) reads_first: bool,
}

/// Which of two requests is under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Halves {
    /// The comment, which comes after the values.
    pub(super) at_comment: bool,
    /// The comment was there before this run.
    pub(super) has_comment: bool,
    /// Whether the same document may be run again after the values were set.
    pub(super) repeatable: bool,
}

impl Halves {
    /// What became of both, where this became of the one under way.
    pub(super) fn parts(self, update: Update) -> Parts {
        if self.at_comment {
            return Parts {
                values: Update::Applied,
                comment: update,
            };
        }
        let there = self.has_comment;
        Parts {
            values: update,
            comment: if there { Update::Applied } else { Update::NotApplied },
        }
    }
}

impl Known {
    /// The failure, with the reaction that fits.
    pub(super) fn told(self, name: Name, why: &str) -> Error {
        let Self {
            write,
            writes,
            halves,
            requests,
            reads_first,
        } = self;
        let update = halves.map_or(write.update(), |halves| halves.parts(write.update()).update());
        let (message, help) = match update {
            // What is half done is told below.
            Update::PartlyApplied => (why.to_owned(), ""),
            Update::NotApplied if reads_first && writes == 0 => (
                format!("{why}; this run has sent nothing, and what an earlier one has done is not known"),
                "nothing was changed by this run; run it again",
            ),
            Update::NotApplied => (
                format!("{why}; the update was not applied"),
                "nothing was changed; run it again",
            ),
            Update::Applied => (
                format!("{why}; the update was applied"),
                "do not repeat it; read the incident for its present state",
            ),
            Update::Unknown => (
                format!("{why}; the update was sent, and its outcome is not known"),
                READ_FIRST,
            ),
        };
        let mut failure = Failure::new(name, message, help);
        failure.evidence.writes = writes;
        failure.evidence.requests = requests;
        let error = match update {
            Update::NotApplied | Update::PartlyApplied => Error::Unavailable(failure),
            Update::Applied => Error::Unread(failure),
            Update::Unknown => Error::Unknown(failure),
        };
        match halves {
            Some(halves) => half_done::told(error, halves.parts(write.update()), halves.repeatable),
            None => error,
        }
    }
}
