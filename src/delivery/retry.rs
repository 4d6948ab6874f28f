//! May this request go out again, and when? One pure function over the rule of the request, the outcome of its last
//! attempt, the attempts made and the time left; the clock and the randomness are passed in.

use std::time::{Duration, SystemTime};

use crate::http::{Fault, FaultKind, Response, Sent, TlsFault};

/// What sending a request a second time would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// The same as sending it once: it reads, or it sets values.
    Always,
    /// More than sending it once: it appends. It goes out again only where the first did not arrive.
    OnlyIfUnsent,
}

/// The outcome of one attempt, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, and here is the answer.
    Done,
    /// It was done, but the answer's body is lost.
    DoneUnread,
    /// It was refused for good.
    Refused,
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

/// All that a decision depends on besides the outcome.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// The rule of the request.
    pub replay: Replay,
    /// Attempts made so far, the last one included.
    pub attempts: u32,
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
        (Outcome::DoneUnread, _) => ReadBack(Duration::ZERO),
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
        self.attempts < MOST_ATTEMPTS && wait < self.time_left
    }
}

impl Outcome {
    /// The outcome of an attempt that was answered.
    #[must_use]
    pub fn of_answer(answer: &Response) -> Self {
        match answer.status {
            200..300 if answer.unreadable.is_some() => Self::DoneUnread,
            200..300 => Self::Done,
            401 => Self::TokenRefused,
            429 => Self::TurnedAway(wait_asked_for(answer)),
            503 => wait_asked_for(answer).map_or(Self::Unclear, Self::Unavailable),
            // 0..200 is no final status, and so no answer to rely on.
            408 | 500.. | 0..200 => Self::Unclear,
            300..500 => Self::Refused,
        }
    }

    /// The outcome of an attempt that was not.
    #[must_use]
    pub fn of_fault(fault: &Fault) -> Self {
        match (fault.sent, fault.kind) {
            (Sent::Perhaps, _) => Self::Unclear,
            (Sent::Nothing, FaultKind::Tls(TlsFault::Other)) => Self::Unsent,
            // A certificate stays what it is for the time of a run, and so does what a proxy wants.
            (Sent::Nothing, FaultKind::Tls(_) | FaultKind::ProxyRefused) => Self::Refused,
            (Sent::Nothing, _) => Self::Unsent,
        }
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

/// How long the service asks its callers to wait: in a header field, or in the words of a 429's body.
#[must_use]
pub fn wait_asked_for(answer: &Response) -> Option<Duration> {
    let millis = ["retry-after-ms", "x-ms-retry-after-ms"]
        .iter()
        .find_map(|name| answer.header(name)?.trim().parse().ok());
    if let Some(millis) = millis {
        return Some(Duration::from_millis(millis));
    }
    match answer.header("Retry-After") {
        Some(value) => wait_in_header(value.trim(), SystemTime::now()),
        None if answer.status == 429 => wait_in_words(&String::from_utf8_lossy(&answer.body)),
        None => None,
    }
}

/// `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3).
fn wait_in_header(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(secs) = value.parse() {
        return Some(Duration::from_secs(secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// One of Microsoft's pages says that the wait stands in the body, none in which form: the first number in front of a word
/// for seconds is taken.
fn wait_in_words(body: &str) -> Option<Duration> {
    let words: Vec<&str> = body
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(2).find_map(|pair| match pair {
        [number, unit] if unit.to_ascii_lowercase().starts_with("second") => {
            number.parse().ok().map(Duration::from_secs)
        }
        _ => None,
    })
}

/// With full jitter from half a second on, eight attempts take about a minute.
const MOST_ATTEMPTS: u32 = 8;

const MOST_DOUBLINGS: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        Response {
            status,
            reason: String::new(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.into(),
            unreadable: None,
        }
    }

    /// Every cell of (outcome, rule), with room left and without.
    #[test]
    fn the_table_of_decisions() {
        use Decision::{Again, ReadBack, RenewToken, Stop};
        const SEC: Duration = Duration::from_secs(1);
        let situation = |replay| Situation {
            replay,
            attempts: 1,
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
                Outcome::DoneUnread,
                (ReadBack(Duration::ZERO), ReadBack(Duration::ZERO)),
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

    #[test]
    fn the_wait_is_found_wherever_it_stands() {
        let secs =
            |status, headers: &[_], body| wait_asked_for(&answer(status, headers, body)).map(|wait| wait.as_secs_f64());
        assert_eq!(secs(429, &[("retry-after", "7")], ""), Some(7.0));
        assert_eq!(
            secs(503, &[("Retry-After", "7"), ("x-ms-retry-after-ms", "250")], ""),
            Some(0.25)
        );
        assert_eq!(
            secs(429, &[], r#"{"error":{"message":"Try again in 12 seconds."}}"#),
            Some(12.0)
        );
        assert_eq!(secs(503, &[], "in 12 seconds"), None);
        assert_eq!(secs(429, &[("Retry-After", "soon")], ""), None);
        assert_eq!(
            secs(429, &[("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], ""),
            Some(0.0)
        );
    }

    #[test]
    fn a_date_is_counted_from_now() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        assert_eq!(
            wait_in_header("Wed, 21 Oct 2015 07:28:30 GMT", now),
            Some(Duration::from_secs(30))
        );
    }
}
