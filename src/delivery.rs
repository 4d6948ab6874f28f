//! A write that is never lost and never doubled: sends the update, and finds out what became of it before anything is
//! repeated that must not be done twice.

mod answer;
pub mod asked;
pub mod before;
pub mod freshness;
mod halves;
mod interrupted;
pub mod likeness;
mod prepare;
pub mod progress;
pub mod proof;
pub mod read_back;
pub mod read_first;
pub mod read_only;
pub mod retry;
pub mod search;
pub mod session;
pub mod sight;
mod unsent;
mod verdict;
mod window;
mod write;

use crate::input::Input;
use crate::outcome::envelope::Applied;
use crate::outcome::error::Name;
use crate::outcome::shown;
use answer::translate;
use progress::Progress;
use session::Session;
use write::Delivery;

/// Delivers one update.
///
/// # Errors
/// [`Error`](crate::outcome::error::Error) with what became of the update.
pub fn deliver(input: &Input, progress: &Progress) -> shown::Outcome {
    let session = Session::open(&input.asset, progress);
    let outcome = if input.asset.api.has_two_requests() {
        halves::deliver(input, &session)
    } else {
        Delivery::begin(input, &session).and_then(|mut delivery| delivery.run())
    };
    let (writes, requests) = (progress.writes(), progress.requests());
    let outcome = match outcome {
        Ok(applied) => {
            let mut applied = Applied {
                writes,
                requests,
                ..applied
            };
            translate(&mut applied.answer, input);
            Ok(shown::applied(applied, session.gate()))
        }
        Err(mut error) => {
            if error.failure().name == Name::NotDefender {
                let asked = format!(" (`{}` was asked)", input.asset.url.host());
                error.failure_mut().message.push_str(&asked);
            }
            let mut error = progress.told(error);
            let failure = error.failure_mut();
            (failure.evidence.writes, failure.evidence.requests) = (writes, requests);
            if let Some(answer) = &mut failure.answer {
                translate(answer, input);
            }
            Err(shown::error(error, session.gate()))
        }
    };
    verdict::warn(&outcome);
    outcome
}
