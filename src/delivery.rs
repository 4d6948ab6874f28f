//! A write that is never lost and never doubled: sends the update, and finds out what became of it before anything is
//! repeated that must not be done twice.

pub mod asked;
pub mod before;
pub mod freshness;
pub mod likeness;
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

use std::time::{Duration, Instant};

use crate::api::incident::Comment;
use crate::api::{Replay, defender};
use crate::ground::clock::Moment;
use crate::input::Input;
use crate::outcome::envelope::Applied;
use crate::outcome::error::Error;
use crate::outcome::shown;
use crate::outcome::write::Write;
use crate::sign_in::AccessToken;
use asked::Asked;
use before::Before;
use freshness::Freshness;
use progress::{Progress, Stopped};
use proof::Attempt;
use retry::{Decision, Outcome, decide};
use search::{Reading, Seen, Sought, Until};
use session::Session;
use sight::{Proof, Sight};

/// Delivers one update.
///
/// # Errors
/// [`Error`] with what became of the update.
pub fn deliver(input: &Input, progress: &Progress) -> Result<Applied, Error> {
    let session = Session::open(&input.asset, progress);
    let outcome = Delivery::begin(input, &session).and_then(|mut delivery| delivery.run());
    let writes = progress.writes();
    match outcome {
        Ok(applied) => {
            let applied = shown::applied(applied, session.gate());
            verdict::warn(&applied.differs, applied.redirected_to);
            Ok(Applied { writes, ..applied })
        }
        Err(mut error) => {
            error.failure_mut().evidence.writes = writes;
            Err(shown::error(error, session.gate()))
        }
    }
}

struct Delivery<'a> {
    input: &'a Input,
    session: &'a Session<'a>,
    /// What the next attempt asks for.
    asked: Asked,
    body: Vec<u8>,
    replay: Replay,
    /// The comments that were there before the first attempt, where the incident was read then.
    known: Option<Vec<Comment>>,
    token: AccessToken,
    token_renewed: bool,
    freshness: Freshness,
    /// When the first attempt began.
    since: Option<Moment>,
    /// Whether all that is doubtful are attempts whose server wanted a client certificate and went without a word. If it
    /// then refuses this client in so many words, it has taken none of them.
    only_uncertified: bool,
}

/// What reading the incident came to.
enum Found {
    Applied(Applied),
    /// It is not there, and may be sent again after a wait.
    Again(Duration),
    Failed(Error),
}

impl<'a> Delivery<'a> {
    fn begin(input: &'a Input, session: &'a Session<'a>) -> Result<Self, Error> {
        let token = match session.kept_token() {
            Some(token) => token,
            None => {
                session.open_ahead();
                session.sign_in(None)?
            }
        };
        Ok(Self {
            input,
            session,
            asked: Asked::of(&input.action),
            body: input.action.bytes().to_vec(),
            replay: defender::replay(input.action.comment().is_some()),
            known: None,
            token,
            token_renewed: !session.asset.sign_in.can_renew(),
            freshness: Freshness::default(),
            since: None,
            only_uncertified: false,
        })
    }

    fn run(&mut self) -> Result<Applied, Error> {
        for attempts in 1.. {
            if let Some(applied) = self.prepare()? {
                return Ok(applied);
            }
            let attempt = self.write(attempts)?;
            let answered = Instant::now();
            match decide(attempt.outcome, &self.situation(attempts)) {
                Decision::Stop => return verdict::conclude(attempt, self.session.progress.write()),
                Decision::Again(wait) => self.pause("update", wait)?,
                Decision::RenewToken => self.renew_token()?,
                Decision::ReadBack(wait) => {
                    self.pause("read-back", wait)?;
                    match self.find_out(attempt, attempts, answered)? {
                        Found::Applied(applied) => return Ok(applied),
                        Found::Again(wait) => self.pause("update", wait)?,
                        Found::Failed(error) => return Err(error),
                    }
                }
            }
        }
        Err(self.session.cancelled())
    }

    /// Reads the incident where that has to come first, and works out anew what is left to send: an old list of tags must not
    /// go out a second time. Nothing is left where it shows all of it.
    fn prepare(&mut self) -> Result<Option<Applied>, Error> {
        let Some(read_first) = &self.input.action.read_first else {
            return Ok(None);
        };
        let action = &self.input.action;
        let write = self.session.progress.write();
        let (answer, incident) = read_first::read(
            self.session,
            action,
            &mut self.token,
            &mut self.token_renewed,
            &mut self.freshness,
        )
        .map_err(|error| error.given(write))?;
        // A condition that this run's own write has ended is no failure.
        if let (true, Some(since)) = (write.is_doubtful(), self.since) {
            let whole = before::whole(&incident, action, read_first);
            let known = self.known.as_deref().unwrap_or_default();
            let sight = Sight::of(&incident, &answer, &whole, since, false, known);
            if sight.is_complete() {
                return Ok(Some(verdict::recovered(answer, sight, 1)));
            }
        }
        let looked = before::look(&incident, action, read_first);
        self.known
            .get_or_insert_with(|| incident.comments.clone().unwrap_or_default());
        match looked {
            Before::Send(asked) => {
                self.body = asked.body(action);
                self.replay = defender::replay(asked.comment.is_some());
                self.asked = asked;
                Ok(None)
            }
            Before::Unchanged(comment) => {
                let whole = before::whole(&incident, action, read_first);
                Ok(Some(verdict::unchanged(answer, &incident, comment, &whole)))
            }
            Before::NotMet(unmet) => Err(verdict::not_met(answer, unmet).given(write)),
            Before::Merged(into) => Err(verdict::merged(answer, into).given(write)),
            Before::Unclear(comment) => Err(verdict::unclear(answer, &comment).given(write)),
        }
    }

    /// One attempt at the update.
    fn write(&mut self, attempts: u32) -> Result<Attempt, Error> {
        let request = defender::update(
            &self.input.action,
            &self.body,
            &self.session.asset.url,
            self.token.secret(),
        );
        let progress = self.session.progress;
        progress.begin_write().map_err(|Stopped| self.session.cancelled())?;
        let since = *self.since.get_or_insert_with(Moment::now);
        let result = self.session.attempt("update", attempts, &request, &self.token);
        if let Ok(answer) = &result {
            self.freshness.note_write(answer);
        }
        let attempt = Attempt::of(
            result,
            &self.asked,
            since,
            self.known.as_deref().unwrap_or_default(),
            &self.token,
        );
        if attempt.outcome == Outcome::TokenRefused {
            self.session.discard(&self.token);
        }
        let doubtful = progress.write().is_doubtful();
        self.only_uncertified =
            (self.only_uncertified || !doubtful) && (attempt.is_uncertified() || !attempt.may_have_arrived());
        let settled = self.only_uncertified && attempt.is_client_refused();
        let known = attempt.known(self.replay, doubtful && !settled);
        progress.end_write(known, attempt.may_have_arrived());
        Ok(attempt)
    }

    fn renew_token(&mut self) -> Result<(), Error> {
        self.token_renewed = true;
        let fresh = self.session.sign_in(Some(&self.token));
        self.token = fresh.map_err(|error| error.given(self.session.progress.write()))?;
        Ok(())
    }

    /// Reads what became of an attempt.
    fn find_out(&mut self, attempt: Attempt, attempts: u32, answered: Instant) -> Result<Found, Error> {
        let until = if proof::differs_in_values_alone(attempt.sight.as_ref()) {
            Until::OneLook
        } else {
            Until::Settled
        };
        let sought = Sought {
            asked: &self.asked,
            since: self.since.unwrap_or_else(Moment::now),
            known: self.known.as_deref().unwrap_or_default(),
            until,
        };
        let action = &self.input.action;
        let reading = read_back::read(self.session, action, &mut self.token, &mut self.freshness, &sought);
        let reading = reading.map_err(|Stopped| self.session.cancelled())?;
        let Seen {
            answer,
            sight,
            attempts: readings,
            doubt,
        } = match reading {
            Reading::Seen(seen) => *seen,
            Reading::Unreadable(unreadable) => {
                let error = verdict::unread(attempt, &unreadable, &self.asked, self.only_uncertified);
                return Ok(Found::Failed(error));
            }
        };
        let proof = match (until, sight.proves(), doubt) {
            // Only values differ between the service's own answer and what was asked for, which is told.
            (Until::OneLook, ..) => Proof::Applied,
            (_, Proof::Applied, _) if sight.is_complete() => Proof::Applied,
            (_, Proof::Absent | Proof::Half, Some(doubt)) => Proof::Open(doubt),
            (_, proof, _) => proof,
        };
        match proof {
            Proof::Applied => Ok(Found::Applied(verdict::recovered(answer, sight, readings))),
            Proof::Open(why) => Ok(Found::Failed(verdict::unknown(
                attempt,
                &why,
                Some(&sight),
                &self.asked,
            ))),
            Proof::Absent | Proof::Half => {
                let known = if proof == Proof::Absent {
                    Write::NotApplied
                } else {
                    Write::Doubtful
                };
                self.session.progress.set_write(known);
                let next = not_arrived(attempt.outcome, answered);
                match next.map(|outcome| decide(outcome, &self.situation(attempts))) {
                    Some(Decision::Again(wait)) => Ok(Found::Again(wait)),
                    _ => Ok(Found::Failed(verdict::absent(attempt, &proof, &sight, &self.asked))),
                }
            }
        }
    }

    fn situation(&self, attempts: u32) -> retry::Situation {
        self.session.situation(self.replay, attempts, self.token_renewed)
    }

    fn pause(&self, what: &str, wait: Duration) -> Result<(), Error> {
        let paused = self.session.pause(what, wait);
        paused.map_err(|Stopped| self.session.cancelled())
    }
}

/// What an outcome comes to once readings have shown that the update did not arrive; nothing where it may not be sent again:
/// after a success, and after a refusal. A wait that the service asked for goes on all the same.
fn not_arrived(outcome: Outcome, answered: Instant) -> Option<Outcome> {
    match outcome {
        Outcome::Unavailable(wait) => Some(Outcome::TurnedAway(Some(wait.saturating_sub(answered.elapsed())))),
        Outcome::Unclear => Some(Outcome::Unsent),
        _ => None,
    }
}
