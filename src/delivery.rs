//! A write that is never lost and never doubled: sends the update, and finds out what became of it before anything is
//! repeated that must not be done twice.

pub mod progress;
pub mod read_back;
pub mod retry;
pub mod session;

use std::time::Instant;

use crate::api::{Replay, defender};
use crate::http::{Fault, Response, Sent};
use crate::input::Input;
use crate::outcome::envelope::{Applied, Recovered, RecoveredBy};
use crate::outcome::error::Error;
use crate::outcome::refusal;
use crate::outcome::write::Write;
use crate::sign_in::AccessToken;
use progress::{Progress, Stopped};
use read_back::{Reading, Sought};
use retry::{Decision, Outcome, decide};
use session::Session;

/// Delivers one update.
///
/// # Errors
/// [`Error`] with what became of the update.
pub fn deliver(input: &Input, progress: &Progress) -> Result<Applied, Error> {
    let session = Session::open(&input.asset, progress);
    let mut token = match session.kept_token() {
        Some(token) => token,
        None => {
            session.open_ahead();
            session.sign_in(None)?
        }
    };
    let replay = defender::replay(&input.action);
    let first_sent = Instant::now();
    let mut renewed = !session.asset.sign_in.can_renew();
    let stopped = |Stopped| session.cancelled();
    for attempts in 1.. {
        let request = defender::update(&input.action, &input.asset.url, token.secret());
        progress.begin_write().map_err(stopped)?;
        let result = session.attempt("update", attempts, &request, &token);
        let answered = Instant::now();
        let outcome = outcome_of(&result, &token);
        if outcome == Outcome::TokenRefused {
            session.discard(&token);
        }
        progress.set_write(known(outcome, replay, progress.write().is_doubtful()));
        match decide(outcome, &session.situation(replay, attempts, renewed)) {
            Decision::Stop => return conclude(result, progress.write()),
            Decision::Again(wait) => session.pause("update", wait).map_err(stopped)?,
            Decision::RenewToken => {
                renewed = true;
                let fresh = session.sign_in(Some(&token));
                token = fresh.map_err(|error| error.given(progress.write()))?;
            }
            Decision::ReadBack(wait) => {
                session.pause("read-back", wait).map_err(stopped)?;
                let sought = sought(outcome, input.action.comment(), first_sent);
                match read_back::read(&session, &input.action, &mut token, &sought).map_err(stopped)? {
                    Reading::Applied { incident, attempts } => return Ok(recovered(incident, attempts)),
                    Reading::Unreadable { why } => return Err(unreadable(result, outcome, &why)),
                    Reading::Absent => {
                        progress.set_write(Write::NotApplied);
                        let outcome = not_arrived(outcome, answered);
                        match decide(outcome, &session.situation(replay, attempts, renewed)) {
                            Decision::Again(wait) => session.pause("update", wait).map_err(stopped)?,
                            _ => return Err(error_of(result).given(Write::NotApplied)),
                        }
                    }
                }
            }
        }
    }
    Err(session.cancelled())
}

fn sought(outcome: Outcome, comment: Option<&str>, since: Instant) -> Sought<'_> {
    match (outcome, comment) {
        (Outcome::DoneUnread, _) | (_, None) => Sought::Incident,
        (_, Some(text)) => Sought::Comment { text, since },
    }
}

/// What an outcome comes to once a reading has shown that the update did not arrive. A wait that the service asked for goes on
/// all the same.
fn not_arrived(outcome: Outcome, answered: Instant) -> Outcome {
    match outcome {
        Outcome::Unavailable(wait) => Outcome::TurnedAway(Some(wait.saturating_sub(answered.elapsed()))),
        _ => Outcome::Unsent,
    }
}

fn outcome_of(result: &Result<Response, Fault>, token: &AccessToken) -> Outcome {
    match result {
        Ok(answer) if token.is_refused_by(answer.status) => Outcome::TokenRefused,
        Ok(answer) => Outcome::of_answer(answer),
        Err(fault) => Outcome::of_fault(fault),
    }
}

/// What is known of the write after an attempt; an earlier one that may have been applied stays so.
fn known(outcome: Outcome, replay: Replay, doubtful: bool) -> Write {
    match outcome {
        Outcome::Done | Outcome::DoneUnread => Write::Applied,
        Outcome::Unclear => Write::Doubtful,
        // Taken at its word only where being wrong does no harm.
        Outcome::Unavailable(_) if replay == Replay::OnlyIfUnsent => Write::Doubtful,
        _ if doubtful => Write::Doubtful,
        _ => Write::NotApplied,
    }
}

fn conclude(result: Result<Response, Fault>, write: Write) -> Result<Applied, Error> {
    match result {
        Ok(answer) if write == Write::Applied => Ok(Applied {
            answer,
            recovered: None,
        }),
        other => Err(error_of(other).given(write)),
    }
}

fn recovered(answer: Response, attempts: u32) -> Applied {
    Applied {
        answer,
        recovered: Some(Recovered {
            by: RecoveredBy::ReadBack,
            attempts,
        }),
    }
}

/// The update was sent, and the incident could not be read: what is known is what the update's own attempt said.
fn unreadable(result: Result<Response, Fault>, outcome: Outcome, why: &str) -> Error {
    let mut error = match (result, outcome) {
        (Ok(answer), Outcome::DoneUnread) => refusal::unread(answer),
        (other, _) => error_of(other).given(Write::Doubtful),
    };
    error
        .failure_mut()
        .message
        .push_str(&format!("; the incident could not be read back: {why}"));
    error
}

fn error_of(result: Result<Response, Fault>) -> Error {
    match result {
        Ok(answer) => defender::refusal(answer),
        Err(fault) if fault.sent == Sent::Nothing => refusal::unsent(&fault, "the update"),
        Err(fault) => refusal::lost(&fault),
    }
}
