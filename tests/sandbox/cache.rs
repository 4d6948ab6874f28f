//! A gateway in front of Defender that keeps the answers to GETs for a while, as nginx and varnish do where they are told to.

use std::time::{Duration, Instant, SystemTime};

use super::answer::Answer;
use super::clock;

/// How such a gateway behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetCache {
    /// How long an answer is kept.
    pub keeps: Duration,
    /// How it shows in the copies.
    pub shows: CopyShows,
}

/// How it shows that an answer is a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyShows {
    /// `Age`, as RFC 9111 asks for.
    Age,
    /// The old `Date`.
    Date,
    /// Nothing but the service's own id of the answer: nginx writes a `Date` of its own.
    IdAlone,
}

/// The copy that is kept.
#[derive(Debug)]
pub struct Copy {
    at: Instant,
    answer: Answer,
}

impl Copy {
    /// Keeps an answer.
    pub fn of(answer: Answer) -> Self {
        Self {
            at: Instant::now(),
            answer,
        }
    }

    /// The answer to a reading, where it is not too old.
    pub fn answer(&self, cache: GetCache) -> Option<Answer> {
        let age = self.at.elapsed();
        if age >= cache.keeps {
            return None;
        }
        let answer = self.answer.clone();
        Some(match cache.shows {
            // Whole seconds, rounded up, so that a copy is never of age 0.
            CopyShows::Age => answer.header("Age", &(age.as_secs() + 1).to_string()),
            CopyShows::Date => answer,
            CopyShows::IdAlone => dated_now(answer),
        })
    }
}

fn dated_now(mut answer: Answer) -> Answer {
    for (name, value) in &mut answer.headers {
        if name == "Date" {
            *value = clock::imf_fixdate(SystemTime::now());
        }
    }
    answer
}
