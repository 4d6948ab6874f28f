//! How far a run has come, shared between the thread that does the work and the one that answers for it. Whoever is asked
//! to stop learns from here, at any moment, what became of the update.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::interrupted::{Halves, Known};
use crate::outcome::error::{Error, Name};
use crate::outcome::half_done;
use crate::outcome::requests::RequestIds;
use crate::outcome::write::Write;

/// How far a run has come.
#[derive(Debug, Default)]
pub struct Progress {
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stop: bool,
    write: Write,
    /// Attempts at the write that have ended and may have arrived.
    writes: u32,
    /// Those of the request before this one.
    writes_before: u32,
    /// Whether the incident is read before it is written to, since an earlier run may have written.
    reads_first: bool,
    /// Where values and comment are two requests, and both were asked for.
    halves: Option<Halves>,
    requests: Vec<RequestIds>,
    /// When the first byte of the input came.
    began: Option<Instant>,
    end: Option<Instant>,
    clock: Clock,
}

impl State {
    fn writes(&self) -> u32 {
        self.writes_before + self.writes_of_this()
    }

    fn writes_of_this(&self) -> u32 {
        self.writes + u32::from(matches!(self.write, Write::InFlight { .. }))
    }
}

/// Who has set the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clock {
    /// Nobody yet: no byte of the input was there.
    #[default]
    NotStarted,
    /// The input's first byte; how long the run may take is not known yet.
    InputBegan,
    /// The input, which has said how long the run may take.
    Set,
}

/// The run was asked to stop: nothing new may be started.
#[derive(Debug)]
pub struct Stopped;

impl Progress {
    /// Says that the input's first byte came: from now on the run may take so long, until the input says otherwise.
    pub fn begin_input(&self, now: Instant, limit: Duration) {
        let mut state = self.state();
        (state.began, state.end, state.clock) = (Some(now), Some(now + limit), Clock::InputBegan);
    }

    /// Says how long the run may take, from the input's first byte on.
    pub fn set_limit(&self, limit: Duration) {
        let mut state = self.state();
        let began = state.began.unwrap_or_else(Instant::now);
        (state.end, state.clock) = (Some(began + limit), Clock::Set);
    }

    /// Says when the run has to be over.
    pub fn set_end(&self, end: Instant) {
        let mut state = self.state();
        (state.end, state.clock) = (Some(end), Clock::Set);
    }

    /// Who has set the clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.state().clock
    }

    /// When the run has to be over, once that is known.
    #[must_use]
    pub fn end(&self) -> Option<Instant> {
        self.state().end
    }

    /// Says that the incident is read before anything is sent, as an earlier run may have sent it.
    pub fn read_first(&self) {
        self.state().reads_first = true;
    }

    /// Asks before a request that changes nothing.
    ///
    /// # Errors
    /// [`Stopped`] where nothing new may be started.
    pub fn begin(&self) -> Result<(), Stopped> {
        if self.state().stop { Err(Stopped) } else { Ok(()) }
    }

    /// Asks before the write.
    ///
    /// # Errors
    /// [`Stopped`] where nothing new may be started.
    pub fn begin_write(&self) -> Result<(), Stopped> {
        let mut state = self.state();
        if state.stop {
            return Err(Stopped);
        }
        state.write = Write::InFlight {
            doubtful: state.write.is_doubtful(),
        };
        Ok(())
    }

    /// Says that values and comment are two requests of which the values come first. `repeatable` is whether the document may
    /// be run again once they are set.
    pub fn begin_values(&self, repeatable: bool) {
        self.state().halves = Some(Halves {
            at_comment: false,
            has_comment: false,
            repeatable,
        });
    }

    /// Says that the comment was there before this run, and that only the values are sent.
    pub fn find_comment(&self) {
        if let Some(halves) = &mut self.state().halves {
            halves.has_comment = true;
        }
    }

    /// Says that the values are there, and that the comment is what comes next. Where this run has not sent them, a document
    /// may be run again whatever it asks for.
    pub fn begin_comment(&self) {
        let mut state = self.state();
        let has_sent = state.write == Write::Applied;
        (state.writes_before, state.writes) = (state.writes_before + state.writes, 0);
        state.write = Write::NotApplied;
        if let Some(halves) = &mut state.halves {
            halves.at_comment = true;
            halves.repeatable |= !has_sent;
        }
    }

    /// The failure of the request under way as that of both; the same where there is but one, or where that was done.
    #[must_use]
    pub fn told(&self, error: Error) -> Error {
        match self.state().halves {
            Some(halves) if error.failure().evidence.parts.is_none() => {
                let update = error.update();
                half_done::told(error, halves.parts(update), halves.repeatable)
            }
            _ => error,
        }
    }

    /// Notes a request that is about to go out, and returns its place.
    pub fn begin_request(&self, ids: RequestIds) -> usize {
        let mut state = self.state();
        state.requests.push(ids);
        state.requests.len() - 1
    }

    /// Notes its answer.
    pub fn end_request(&self, place: usize, status: u16, request_id: Option<String>) {
        if let Some(ids) = self.state().requests.get_mut(place) {
            (ids.status_code, ids.request_id) = (Some(status), request_id);
        }
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestIds> {
        self.state().requests.clone()
    }

    /// Says what is known of the write now.
    pub fn set_write(&self, write: Write) {
        self.state().write = write;
    }

    /// Says what is known of the write now that an attempt has ended, and whether that attempt may have arrived.
    pub fn end_write(&self, write: Write, arrived: bool) {
        let mut state = self.state();
        state.write = write;
        state.writes += u32::from(arrived);
    }

    /// How many times a write that may have arrived was sent, the one under way among them.
    #[must_use]
    pub fn writes(&self) -> u32 {
        self.state().writes()
    }

    /// The same of the request under way alone, where values and comment are two.
    #[must_use]
    pub fn writes_of_this(&self) -> u32 {
        self.state().writes_of_this()
    }

    /// What is known of the write.
    #[must_use]
    pub fn write(&self) -> Write {
        self.state().write
    }

    /// Waits.
    ///
    /// # Errors
    /// [`Stopped`] as soon as nothing new may be started.
    pub fn pause(&self, wait: Duration) -> Result<(), Stopped> {
        let state = self.state();
        let (state, _) = self
            .stopped
            .wait_timeout_while(state, wait, |state| !state.stop)
            .unwrap_or_else(PoisonError::into_inner);
        if state.stop { Err(Stopped) } else { Ok(()) }
    }

    /// From now on nothing new is started. Returns what is known of the write at this moment.
    pub fn stop(&self) -> Write {
        let mut state = self.state();
        state.stop = true;
        self.stopped.notify_all();
        state.write
    }

    /// The failure of a run that ends from outside: `why` and what to do, and the reaction that fits what is known. From now
    /// on nothing new is started, so that it stays true.
    #[must_use]
    pub fn interrupted(&self, name: Name, why: &str) -> Error {
        // In one look: between two of them the other thread could go on from the values to the comment, which would then be
        // told by what became of the values.
        let known = {
            let mut state = self.state();
            state.stop = true;
            self.stopped.notify_all();
            Known {
                write: state.write,
                writes: state.writes(),
                halves: state.halves,
                requests: state.requests.clone(),
                reads_first: state.reads_first,
            }
        };
        known.told(name, why)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Plain values: a panic elsewhere cannot have left them half-written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_new_starts_after_a_stop() {
        let progress = Progress::default();
        assert!(progress.begin_write().is_ok());
        assert_eq!(progress.stop(), Write::InFlight { doubtful: false });
        assert!(progress.begin().is_err() && progress.begin_write().is_err());
        assert!(progress.pause(Duration::from_secs(600)).is_err());
    }

    #[test]
    fn the_limit_counts_from_the_first_byte() {
        let progress = Progress::default();
        let began = Instant::now() - Duration::from_secs(7);
        progress.begin_input(began, Duration::from_secs(100));
        assert_eq!(progress.end(), Some(began + Duration::from_secs(100)));
        assert_eq!(progress.clock(), Clock::InputBegan);
        progress.set_limit(Duration::from_secs(10));
        assert_eq!(progress.end(), Some(began + Duration::from_secs(10)));
        assert_eq!(progress.clock(), Clock::Set);
    }

    #[test]
    fn what_is_known_of_the_write_decides_the_reaction() {
        let code = |write| {
            let progress = Progress::default();
            progress.set_write(write);
            progress.interrupted(Name::Cancelled, "stopped").exit_code()
        };
        assert_eq!(code(Write::NotApplied), 3);
        assert_eq!(code(Write::InFlight { doubtful: false }), 4);
        assert_eq!(code(Write::Doubtful), 4);
        assert_eq!(code(Write::Applied), 4);
    }
}
