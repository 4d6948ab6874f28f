//! May this request go out again, and when? One pure function over the rule of the request, the outcome of its last
//! attempt, the attempts made and the time left; the clock and the randomness are passed in.

use std::time::Duration;

use crate::api::Replay;
use crate::http::{Fault, Response, Sent, wait_asked_for};

/// The outcome of one attempt, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, and here is the answer.
    Done,
    /// A success was answered, and not by an incident that shows all that was asked for.
    Unshown(Unshown),
    /// It was refused for good.
    Refused,
    /// It was refused, but not in the service's own words: a filter that looks at answers refuses after the write.
    RefusedBySomebody,
    /// The access token was not accepted.
    TokenRefused,
    /// It was turned away unread, perhaps with a wait asked for.
    TurnedAway(Option<Duration>),
    /// The service is not available and asked for a wait; whether something in front of it says so cannot be seen.
    Unavailable(Duration),
    /// No byte of it left this machine, for a reason that may pass.
    Unsent,
    /// It left, and nobody knows what became of it.
    Unclear,
}

/// What a success was answered with in the place of an incident that shows the update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unshown {
    /// The incident, which does not show all of it.
    Incident,
    /// A page or a text of something in between, or another incident.
    Foreign,
    /// Nothing.
    Empty,
    /// 202: it will be done later.
    Later,
    /// A body that could not be read.
    Unreadable,
}

/// All that a decision depends on besides the outcome.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// The rule of the request.
    pub replay: Replay,
    /// Attempts made so far, the last one included.
    pub attempts: u32,
    /// How many of them may have arrived.
    pub writes: u32,
    /// Whether a fresh token was tried before.
    pub token_renewed: bool,
    /// What is left of the time limit.
    pub time_left: Duration,
    /// The longest first wait; it doubles from attempt to attempt.
    pub first_wait: Duration,
    /// From 0 to 1, evenly spread.
    pub random: f64,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: the outcome stands.
    Stop,
    /// Send it again after a wait.
    Again(Duration),
    /// Sign in anew and send it again.
    RenewToken,
    /// Find out by reading, after a wait, what became of it.
    ReadBack(Duration),
}

/// Decides.
#[must_use]
pub fn decide(outcome: Outcome, situation: &Situation) -> Decision {
    use Decision::{Again, ReadBack, RenewToken, Stop};
    let again = |wait| if situation.allows(wait) { Again(wait) } else { Stop };
    match (outcome, situation.replay) {
        (Outcome::Done | Outcome::Refused, _) => Stop,
        (Outcome::Unshown(_), _) | (Outcome::RefusedBySomebody, Replay::OnlyIfUnsent) => ReadBack(Duration::ZERO),
        (Outcome::RefusedBySomebody, Replay::Always) => Stop,
        (Outcome::TokenRefused, _) if situation.token_renewed => Stop,
        (Outcome::TokenRefused, _) => RenewToken,
        (Outcome::TurnedAway(Some(wait)), _) => again(situation.spread(wait)),
        (Outcome::TurnedAway(None) | Outcome::Unsent, _) => again(situation.backoff()),
        (Outcome::Unavailable(wait), Replay::Always) => again(situation.spread(wait)),
        (Outcome::Unclear, Replay::Always) => again(situation.backoff()),
        // A gateway may say 503 after the service has done its work, and what appends must not be done twice.
        (Outcome::Unavailable(wait), Replay::OnlyIfUnsent) if situation.allows(wait) => ReadBack(wait),
        (Outcome::Unavailable(_) | Outcome::Unclear, Replay::OnlyIfUnsent) => ReadBack(Duration::ZERO),
    }
}

impl Situation {
    /// Exponential with full jitter: any time from none to the doubled wait.
    #[must_use]
    pub fn backoff(&self) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(MOST_DOUBLINGS);
        self.first_wait.saturating_mul(1 << doublings).mul_f64(self.random)
    }

    /// A wait that was asked for, and a little more, so that those who were turned away together do not return together.
    fn spread(&self, wait: Duration) -> Duration {
        let most = (wait / 10).max(self.first_wait);
        wait.saturating_add(most.mul_f64(self.random))
    }

    fn allows(&self, wait: Duration) -> bool {
        // What appends goes out once more after its absence was proved, and never a third time.
        let may_write = self.replay == Replay::Always || self.writes < MOST_WRITES;
        may_write && self.attempts < MOST_ATTEMPTS && wait < self.time_left
    }
}

impl Outcome {
    /// The outcome of an attempt that was answered, but by no success.
    #[must_use]
    pub fn of_refusal(answer: &Response, in_own_words: bool) -> Self {
        match answer.status {
            401 => Self::TokenRefused,
            429 => Self::TurnedAway(wait_asked_for(answer)),
            503 => wait_asked_for(answer).map_or(Self::Unclear, Self::Unavailable),
            501 | 505 => Self::Refused,
            // 0..200 is no final status, and so no answer to rely on.
            408 | 500.. | 0..200 => Self::Unclear,
            400..500 if !in_own_words => Self::RefusedBySomebody,
            _ => Self::Refused,
        }
    }

    /// The outcome of an attempt that was not.
    #[must_use]
    pub fn of_fault(fault: &Fault) -> Self {
        match fault.sent {
            Sent::Perhaps => Self::Unclear,
            Sent::Nothing if fault.kind.may_pass() => Self::Unsent,
            Sent::Nothing => Self::Refused,
        }
    }

    /// Whether the attempt may have reached whoever does the work. One that was turned away unread has not.
    #[must_use]
    pub fn may_have_arrived(self) -> bool {
        !matches!(self, Self::TokenRefused | Self::TurnedAway(_) | Self::Unsent)
    }
}

/// A number from 0 to 1, evenly spread, from the randomness that the standard library seeds its hash maps with.
#[must_use]
pub fn random() -> f64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let bits = RandomState::new().build_hasher().finish();
    #[allow(clippy::cast_precision_loss, reason = "a wait needs no more than 53 bits")]
    let fraction = bits as f64 / u64::MAX as f64;
    fraction
}

/// With full jitter from half a second on, eight attempts take about a minute.
const MOST_ATTEMPTS: u32 = 8;

const MOST_WRITES: u32 = 2;

const MOST_DOUBLINGS: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every cell of (outcome, rule), with room left and without.
    #[test]
    fn the_table_of_decisions() {
        use Decision::{Again, ReadBack, RenewToken, Stop};
        const SEC: Duration = Duration::from_secs(1);
        let situation = |replay| Situation {
            replay,
            attempts: 1,
            writes: 1,
            token_renewed: false,
            time_left: Duration::from_secs(10),
            first_wait: SEC,
            random: 0.5,
        };
        let backoff = Again(SEC / 2);
        let asked = Again(Duration::from_millis(2_500));
        let table = [
            // outcome, (repeatable: with room, last attempt), (appending: with room, last attempt)
            (Outcome::Done, (Stop, Stop), (Stop, Stop)),
            (
                Outcome::Unshown(Unshown::Empty),
                (ReadBack(Duration::ZERO), ReadBack(Duration::ZERO)),
                (ReadBack(Duration::ZERO), ReadBack(Duration::ZERO)),
            ),
            (
                Outcome::RefusedBySomebody,
                (Stop, Stop),
                (ReadBack(Duration::ZERO), ReadBack(Duration::ZERO)),
            ),
            (Outcome::Refused, (Stop, Stop), (Stop, Stop)),
            (
                Outcome::TokenRefused,
                (RenewToken, RenewToken),
                (RenewToken, RenewToken),
            ),
            (Outcome::TurnedAway(None), (backoff, Stop), (backoff, Stop)),
            (Outcome::TurnedAway(Some(2 * SEC)), (asked, Stop), (asked, Stop)),
            (Outcome::TurnedAway(Some(20 * SEC)), (Stop, Stop), (Stop, Stop)),
            (
                Outcome::Unavailable(2 * SEC),
                (asked, Stop),
                (ReadBack(2 * SEC), ReadBack(Duration::ZERO)),
            ),
            (
                Outcome::Unavailable(20 * SEC),
                (Stop, Stop),
                (ReadBack(Duration::ZERO), ReadBack(Duration::ZERO)),
            ),
            (Outcome::Unsent, (backoff, Stop), (backoff, Stop)),
            (
                Outcome::Unclear,
                (backoff, Stop),
                (ReadBack(Duration::ZERO), ReadBack(Duration::ZERO)),
            ),
        ];
        for (outcome, repeatable, appending) in table {
            for (replay, (early, last)) in [(Replay::Always, repeatable), (Replay::OnlyIfUnsent, appending)] {
                assert_eq!(decide(outcome, &situation(replay)), early, "{outcome:?} {replay:?}");
                let at_end = Situation {
                    attempts: MOST_ATTEMPTS,
                    ..situation(replay)
                };
                assert_eq!(
                    decide(outcome, &at_end),
                    last,
                    "{outcome:?} {replay:?} at the last attempt"
                );
                let late = Situation {
                    time_left: Duration::ZERO,
                    ..situation(replay)
                };
                assert!(
                    !matches!(decide(outcome, &late), Again(_)),
                    "{outcome:?} {replay:?} without time"
                );
            }
        }
        let twice = Situation {
            writes: 2,
            ..situation(Replay::OnlyIfUnsent)
        };
        assert_eq!(decide(Outcome::Unsent, &twice), Stop);
        assert_eq!(decide(Outcome::TurnedAway(None), &twice), Stop);
        let renewed = Situation {
            token_renewed: true,
            ..situation(Replay::Always)
        };
        assert_eq!(decide(Outcome::TokenRefused, &renewed), Stop);
    }

    #[test]
    fn waits_double_and_never_exceed_their_bound() {
        for attempts in 1..=MOST_ATTEMPTS {
            for random in [0.0, 0.3, 1.0] {
                let situation = Situation {
                    replay: Replay::Always,
                    attempts,
                    writes: 0,
                    token_renewed: false,
                    time_left: Duration::MAX,
                    first_wait: Duration::from_millis(500),
                    random,
                };
                let bound = Duration::from_millis(500) * 2_u32.pow(attempts - 1);
                assert_eq!(situation.backoff(), bound.mul_f64(random));
            }
        }
        assert!((0..100).map(|_| random()).all(|random| (0.0..=1.0).contains(&random)));
    }
}
