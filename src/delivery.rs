//! A write that is never lost and never doubled: sends the update, and finds out what became of it before anything is
//! repeated that must not be done twice.

mod answer;
pub mod asked;
pub mod before;
pub mod freshness;
mod halves;
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
mod verdict;
mod window;
mod write;

use crate::input::Input;
use crate::outcome::envelope::Applied;
use crate::outcome::error::{Error, Name};
use crate::outcome::shown;
use answer::translate;
use progress::Progress;
use session::Session;
use write::Delivery;

/// Delivers one update.
///
/// # Errors
/// [`Error`] with what became of the update.
pub fn deliver(input: &Input, progress: &Progress) -> Result<Applied, Error> {
    let session = Session::open(&input.asset, progress);
    let outcome = if input.asset.api.has_two_requests() {
        halves::deliver(input, &session)
    } else {
        Delivery::begin(input, &session).and_then(|mut delivery| delivery.run())
    };
    let (writes, requests) = (progress.writes(), progress.requests());
    match outcome {
        Ok(applied) => {
            let mut applied = shown::applied(applied, session.gate());
            verdict::warn(&applied.differs, applied.redirected_to);
            translate(&mut applied.answer, input);
            Ok(Applied {
                writes,
                requests,
                ..applied
            })
        }
        Err(mut error) => {
            let failure = error.failure_mut();
            if failure.name == Name::NotDefender {
                let host = input.asset.url.host();
                failure.message.push_str(&format!(" (`{host}` was asked)"));
            }
            let mut error = progress.told(error);
            let failure = error.failure_mut();
            (failure.evidence.writes, failure.evidence.requests) = (writes, requests);
            if let Some(answer) = &mut failure.answer {
                translate(answer, input);
            }
            Err(shown::error(error, session.gate()))
        }
    }
}
