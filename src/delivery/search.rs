//! What readings have shown so far, and whether one more is of use.

use std::time::{Duration, Instant, SystemTime};

use super::asked::Asked;
use super::freshness::Freshness;
use super::session::Session;
use super::sight::{CommentSight, Sight};
use crate::api::Api;
use crate::api::incident::Comment;
use crate::ground::clock::Moment;
use crate::http::{Fault, FaultKind, Response, wait_asked_for};

/// What a reading looks for.
pub struct Sought<'a> {
    /// What was asked for.
    pub asked: &'a Asked,
    /// When the first attempt began.
    pub since: Moment,
    /// Comments that were there before it.
    pub known: &'a [Comment],
    /// When to stop looking.
    pub until: Until,
}

/// When to stop looking for what is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After one more look.
    OneLook,
    /// When the incident has settled.
    Settled,
}

/// What a reading found.
pub enum Reading {
    /// The incident.
    Seen(Box<Seen>),
    /// The incident could not be read.
    Unreadable(Unreadable),
}

/// An incident that was read.
pub struct Seen {
    /// The answer to the last reading.
    pub answer: Response,
    /// What it shows.
    pub sight: Sight,
    /// How many times it was read.
    pub attempts: u32,
    /// Why nothing can be taken for absent, where it cannot.
    pub doubt: Option<String>,
}

/// Why an incident could not be read.
pub struct Unreadable {
    /// Why, in words.
    pub why: String,
    /// Whether the reading was refused (3xx, 4xx).
    pub is_refused: bool,
    /// What failed, where no answer came.
    pub fault: Option<FaultKind>,
}

/// What was found so far.
pub struct Search<'a> {
    api: Api,
    sought: &'a Sought<'a>,
    settle: Duration,
    unreadable: u32,
    /// Since when the same state is seen, and the `Date` of the first look at it.
    settling: Option<(Instant, Option<SystemTime>)>,
    last: Option<(Response, Sight, u32)>,
    doubt: Option<String>,
    fault: Option<FaultKind>,
}

/// What to do after an answer.
pub enum Step {
    /// Nothing more.
    End(Reading),
    /// Read again.
    On {
        /// What was seen, in words.
        why: String,
        /// How long the service asked to wait.
        wait: Option<Duration>,
    },
}

impl<'a> Search<'a> {
    pub(super) fn new(api: Api, sought: &'a Sought<'a>, settle: Duration) -> Self {
        Self {
            api,
            sought,
            settle,
            unreadable: 0,
            settling: None,
            last: None,
            doubt: None,
            fault: None,
        }
    }

    /// Takes an answer that came.
    pub(super) fn take(&mut self, answer: Response, attempts: u32, freshness: &mut Freshness) -> Step {
        if answer.status != 200 {
            return self.take_refusal(&answer);
        }
        if let Some(problem) = &answer.unreadable {
            // A line that breaks may hold the next time; an incident that is too large stays so.
            return self.count_unreadable(problem.to_string());
        }
        let Some(incident) = self.api.incident(&answer, self.sought.asked.id) else {
            let name = self.api.name();
            return self.count_unreadable(format!("what answered is not this incident of {name}'s"));
        };
        if !self.sought.asked.is_shown_by(&incident) {
            return self.count_unreadable("the answer leaves out what was asked for".to_owned());
        }
        let Sought {
            asked, since, known, ..
        } = self.sought;
        let sight = Sight::of(&incident, &answer, asked, *since, false, known);
        let is_copy = freshness.is_copy(&answer);
        let fewer = freshness.lacks_comments(sight.comments);
        self.look(answer, sight, attempts, is_copy, fewer)
    }

    fn look(&mut self, answer: Response, sight: Sight, attempts: u32, is_copy: bool, fewer: bool) -> Step {
        let date = answer.date();
        if sight.is_complete() || self.sought.until == Until::OneLook {
            return Step::End(self.seen(answer, sight, attempts));
        }
        if let CommentSight::Doubtful(why) = &sight.comment {
            self.doubt.get_or_insert_with(|| why.clone());
        }
        if self.sought.asked.comment.is_some() && (fewer || is_round(sight.comments)) {
            let why = format!("it shows {} comments, which may not be all", sight.comments);
            self.doubt.get_or_insert(why);
        }
        if is_copy {
            return self.on(
                answer,
                sight,
                attempts,
                "the answer is a copy that something in between has kept",
            );
        }
        let is_same = self.last.as_ref().is_some_and(|(_, last, _)| last.is_same_as(&sight));
        match self.settling {
            Some((first, first_date)) if is_same => {
                // A second later the service's clock has moved on, and a copy's has not.
                let is_one = first_date.is_some() && first_date == date && first.elapsed() >= A_SECOND;
                if first.elapsed() >= self.settle && !is_one {
                    return Step::End(self.seen(answer, sight, attempts));
                }
            }
            _ => self.settling = Some((Instant::now(), date)),
        }
        self.on(answer, sight, attempts, "it does not show all of it yet")
    }

    fn on(&mut self, answer: Response, sight: Sight, attempts: u32, why: &str) -> Step {
        self.last = Some((answer, sight, attempts));
        Step::On {
            why: why.to_owned(),
            wait: None,
        }
    }

    fn seen(&mut self, answer: Response, sight: Sight, attempts: u32) -> Reading {
        Reading::Seen(Box::new(Seen {
            answer,
            sight,
            attempts,
            doubt: self.doubt.take(),
        }))
    }

    fn take_refusal(&mut self, answer: &Response) -> Step {
        let why = format!("{} {}", answer.status, answer.reason).trim_end().to_owned();
        // 404 among them: an incident that is gone shows nothing of what was written to it.
        if (201..500).contains(&answer.status) && !matches!(answer.status, 408 | 429) {
            let mut end = self.unreadable(why);
            if let Reading::Unreadable(unreadable) = &mut end {
                unreadable.is_refused = answer.status >= 300;
            }
            return Step::End(end);
        }
        Step::On {
            why,
            wait: wait_asked_for(answer),
        }
    }

    fn count_unreadable(&mut self, why: String) -> Step {
        self.unreadable += 1;
        if self.unreadable >= MOST_UNREADABLE {
            return Step::End(self.unreadable(why));
        }
        Step::On { why, wait: None }
    }

    pub(super) fn fault(&mut self, fault: &Fault) -> String {
        self.fault = Some(fault.kind);
        fault.to_string()
    }

    pub(super) fn unreadable(&self, why: String) -> Reading {
        Reading::Unreadable(Unreadable {
            why,
            is_refused: false,
            fault: self.fault,
        })
    }

    /// No further reading is possible: the last look counts, but proves no absence.
    pub(super) fn out_of_time(&mut self, why: &str) -> Reading {
        self.end(format!("{why}, and the time limit allows no further reading"))
    }

    /// The same of as many readings as a run makes.
    pub(super) fn out_of_readings(&mut self, why: &str, attempts: u32) -> Reading {
        self.end(format!("{why}, after {attempts} readings"))
    }

    fn end(&mut self, why: String) -> Reading {
        match self.last.take() {
            Some((answer, sight, attempts)) => {
                self.doubt.get_or_insert(why);
                self.seen(answer, sight, attempts)
            }
            None => self.unreadable(why),
        }
    }

    /// Growing waits, but no longer than until the incident counts as settled; a longer one where it was asked for.
    pub(super) fn next_wait(&self, attempts: u32, first_wait: Duration, asked_for: Option<Duration>) -> Duration {
        let growing = first_wait
            .saturating_mul(1 << attempts.saturating_sub(1).min(MOST_DOUBLINGS))
            .max(SHORTEST_WAIT);
        let wait = match self.settling {
            Some((first, _)) if first.elapsed() < self.settle => {
                growing.min(self.settle.saturating_sub(first.elapsed()).max(SHORTEST_WAIT))
            }
            // What is wrong with the readings, a settled incident does not mend.
            _ => growing,
        };
        asked_for.map_or(wait, |asked| asked.max(wait))
    }

    /// As many as doubling waits allow in the time limit of the run, and a few that a settling incident takes.
    pub(super) fn most_readings(&self, session: &Session<'_>) -> u32 {
        let first = session.asset.timing.first_wait.max(SHORTEST_WAIT);
        let ratio = session.asset.timing.total.as_secs_f64() / first.as_secs_f64();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a logarithm of a time limit of an hour is below 32"
        )]
        let doublings = ratio.max(1.0).log2().ceil() as u32;
        doublings + LEAST_READINGS
    }
}

/// A list that ends at such a number may have been cut there.
pub(super) fn is_round(comments: usize) -> bool {
    comments >= 10 && (comments.is_multiple_of(10) || comments.is_multiple_of(25))
}

const MOST_UNREADABLE: u32 = 3;

const LEAST_READINGS: u32 = 3;

const MOST_DOUBLINGS: u32 = 16;

const A_SECOND: Duration = Duration::from_secs(1);

const SHORTEST_WAIT: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wait_is_never_shorter_than_the_growing_one_but_to_see_an_incident_settle() {
        let asked = Asked {
            id: 552,
            values: serde_json::Map::new(),
            comment: Some("closed".to_owned()),
        };
        let sought = Sought {
            asked: &asked,
            since: Moment::now(),
            known: &[],
            until: Until::Settled,
        };
        let settle = Duration::from_secs(3);
        let mut search = Search::new(Api::Defender, &sought, settle);
        let second = Duration::from_secs(1);
        let waits = |search: &Search<'_>| [1, 3, 6].map(|attempts| search.next_wait(attempts, second, None).as_secs());
        // Nothing but refusals so far.
        assert_eq!(waits(&search), [1, 4, 32]);
        let asked_for = Some(Duration::from_secs(9));
        assert_eq!(search.next_wait(1, second, asked_for).as_secs(), 9);
        assert_eq!(search.next_wait(5, second, asked_for).as_secs(), 16);
        let body = json!({"incidentId": 552, "comments": []}).to_string().into_bytes();
        let answer = Response::sample(200, &[("Date", "Thu, 05 Sep 2024 07:20:44 GMT")], body);
        assert!(matches!(
            search.take(answer, 1, &mut Freshness::default()),
            Step::On { .. }
        ));
        let [first, third, sixth] = waits(&search);
        assert!(
            first <= 1 && third < 3 && sixth < 3,
            "until it has settled, and no longer"
        );
        // Settled long since, and still no end: it is the readings that are wrong.
        search.settling = Some((Instant::now().checked_sub(settle * 2).unwrap(), None));
        assert_eq!(waits(&search), [1, 4, 32]);
    }
}
