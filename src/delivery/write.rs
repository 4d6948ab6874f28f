//! One request of a write, brought to its end: sent, and where its outcome is not plain, found out before it is repeated.

use std::time::{Duration, Instant};

use super::asked::Asked;
use super::freshness::Freshness;
use super::progress::Stopped;
use super::proof::{self, Attempt};
use super::retry::{self, Decision, Outcome, decide};
use super::search::{Reading, Seen, Sought, Unreadable, Until};
use super::session::Session;
use super::sight::{Proof, Sight};
use super::{read_back, verdict};
use crate::api::incident::Comment;
use crate::api::{Api, Part, Replay};
use crate::ground::clock::Moment;
use crate::input::Input;
use crate::outcome::envelope::Applied;
use crate::outcome::error::Error;
use crate::outcome::write::Write;
use crate::sign_in::AccessToken;

pub(super) struct Delivery<'a> {
    pub(super) input: &'a Input,
    pub(super) session: &'a Session<'a>,
    pub(super) api: Api,
    /// What the request brings.
    pub(super) part: Part,
    /// What the next attempt asks for.
    pub(super) asked: Asked,
    /// The comment that another request is to bring.
    pub(super) later: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) replay: Replay,
    /// The comments that were there before the first attempt, where the incident was read then.
    pub(super) known: Option<Vec<Comment>>,
    pub(super) token: AccessToken,
    pub(super) token_renewed: bool,
    pub(super) freshness: Freshness,
    /// When the first attempt began.
    pub(super) since: Option<Moment>,
    /// Whether all that is doubtful are attempts whose server wanted a client certificate and went without a word. If it
    /// then refuses this client in so many words, it has taken none of them.
    only_uncertified: bool,
    /// Whether an attempt before the last one may have been applied.
    doubtful_before: bool,
}

/// What reading the incident came to.
enum Found {
    Applied(Applied),
    /// It is not there, and may be sent again after a wait.
    Again(Duration),
    Failed(Error),
}

impl<'a> Delivery<'a> {
    pub(super) fn begin(input: &'a Input, session: &'a Session<'a>) -> Result<Self, Error> {
        let token = match session.kept_token() {
            Some(token) => token,
            None => {
                session.open_ahead();
                session.sign_in(None)?
            }
        };
        let api = input.asset.api;
        Ok(Self {
            input,
            session,
            api,
            part: Part::Whole,
            asked: Asked::of(&input.action),
            later: None,
            body: input.action.bytes().to_vec(),
            replay: api.replay(input.action.comment().is_some()),
            known: None,
            token,
            token_renewed: !session.asset.sign_in.can_renew(),
            freshness: Freshness::default(),
            since: None,
            only_uncertified: false,
            doubtful_before: false,
        })
    }

    pub(super) fn run(&mut self) -> Result<Applied, Error> {
        for attempts in 1.. {
            if let Some(applied) = self.prepare()? {
                return Ok(applied);
            }
            let attempt = self.write(attempts)?;
            let answered = Instant::now();
            match decide(attempt.outcome, &self.situation(attempts)) {
                Decision::Stop => return verdict::conclude(self.api, attempt, self.session.progress.write()),
                Decision::Again(wait) => self.pause(self.what(), wait)?,
                Decision::RenewToken => self.renew_token()?,
                Decision::ReadBack(wait) => {
                    self.pause("read-back", wait)?;
                    match self.find_out(attempt, attempts, answered)? {
                        Found::Applied(applied) => return Ok(applied),
                        Found::Again(wait) => self.pause(self.what(), wait)?,
                        Found::Failed(error) => return Err(error),
                    }
                }
            }
        }
        Err(self.session.cancelled())
    }

    /// One attempt at the update.
    fn write(&mut self, attempts: u32) -> Result<Attempt, Error> {
        let (action, url) = (&self.input.action, &self.session.asset.url);
        let request = self.api.write(self.part, action, &self.body, url, self.token.secret());
        let progress = self.session.progress;
        progress.begin_write().map_err(|Stopped| self.session.cancelled())?;
        let since = *self.since.get_or_insert_with(Moment::now);
        let result = self.session.attempt(self.what(), attempts, &request, &self.token);
        if let Ok(answer) = &result {
            self.freshness.note_write(answer);
        }
        let attempt = Attempt::of(
            (self.api, self.part),
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
        self.doubtful_before = doubtful;
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
                return Ok(match attempt {
                    // The service's own answer shows the update, but for values that it keeps in another way.
                    Attempt {
                        result: Ok(answer),
                        sight: Some(sight),
                        ..
                    } if until == Until::OneLook => Found::Applied(verdict::applied(answer, sight)),
                    attempt => Found::Failed(self.unread(attempt, &unreadable)),
                });
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
                self.api,
                attempt,
                &why,
                Some(&sight),
                &self.asked,
            ))),
            Proof::Absent | Proof::Half => Ok(self.absent(attempt, attempts, answered, &proof, &sight)),
        }
    }

    /// The incident could not be read. Where the values got through, a refusal of all that came after proves nothing.
    fn unread(&self, attempt: Attempt, unreadable: &Unreadable) -> Error {
        if self.part == Part::Comment && self.input.action.asks_for_values() {
            return verdict::unknown(self.api, attempt, &unreadable.why, None, &self.asked);
        }
        let before = if self.doubtful_before {
            Write::Doubtful
        } else {
            Write::NotApplied
        };
        verdict::unread(
            self.api,
            attempt,
            unreadable,
            &self.asked,
            self.only_uncertified,
            before,
        )
    }

    /// The comment is not there: it may be sent again, or that is the end.
    fn absent(&self, attempt: Attempt, attempts: u32, answered: Instant, proof: &Proof, sight: &Sight) -> Found {
        let known = if *proof == Proof::Absent {
            Write::NotApplied
        } else {
            Write::Doubtful
        };
        self.session.progress.set_write(known);
        let next = not_arrived(attempt.outcome, answered);
        match next.map(|outcome| decide(outcome, &self.situation(attempts))) {
            Some(Decision::Again(wait)) => Found::Again(wait),
            _ => Found::Failed(verdict::absent(self.api, attempt, proof, sight, &self.asked)),
        }
    }

    /// What the log calls it.
    fn what(&self) -> &'static str {
        match self.part {
            Part::Whole => "update",
            Part::Values => "values",
            Part::Comment => "comment",
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
