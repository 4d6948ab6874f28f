//! One request of a write, brought to its end: sent, and where its outcome is not plain, found out before it is repeated.

use std::time::{Duration, Instant};

use super::asked::Asked;
use super::before::{self, Before, Conditions};
use super::freshness::Freshness;
use super::progress::Stopped;
use super::proof::{self, Attempt};
use super::retry::{self, Decision, Outcome, decide};
use super::search::{Reading, Seen, Sought, Until};
use super::session::Session;
use super::sight::{Proof, Sight};
use super::{read_back, read_first, verdict};
use crate::actions::read_first::ReadFirst;
use crate::api::incident::{Comment, Incident};
use crate::api::{Api, Part, Replay};
use crate::ground::clock::Moment;
use crate::http::Response;
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
    body: Vec<u8>,
    replay: Replay,
    /// The comments that were there before the first attempt, where the incident was read then.
    pub(super) known: Option<Vec<Comment>>,
    pub(super) token: AccessToken,
    token_renewed: bool,
    freshness: Freshness,
    /// When the first attempt began.
    pub(super) since: Option<Moment>,
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

    /// Takes up what is asked for next: as much of it as this request brings.
    pub(super) fn ask(&mut self, mut asked: Asked) {
        if self.part == Part::Values {
            self.later = asked.comment.take();
        }
        self.body = match self.part {
            Part::Whole => asked.body(&self.input.action),
            Part::Values | Part::Comment => self.api.body(&asked.values, asked.comment.as_deref()),
        };
        self.replay = self.api.replay(asked.comment.is_some());
        self.asked = asked;
    }

    /// Takes up all that the document asks for.
    pub(super) fn ask_anew(&mut self) {
        let whole = Asked::of(&self.input.action);
        self.ask(whole);
    }

    /// Goes on with the comment, whose values are there.
    pub(super) fn go_on_with(&mut self, comment: String, incident: Option<Incident>) {
        self.part = Part::Comment;
        self.since = None;
        // What the incident held before the comment was sent can be none of it.
        if let Some(comments) = incident.and_then(|incident| incident.comments) {
            self.known = Some(comments);
        }
        self.ask(Asked {
            id: self.asked.id,
            values: serde_json::Map::new(),
            comment: Some(comment),
        });
    }

    /// What has to be read before the next attempt, and whether the incident's state is looked at. Before the comment of an
    /// update of two requests it was read already, and its state is now this run's own.
    fn reads_first(&self) -> Option<(&'a ReadFirst, Conditions)> {
        let read_first = self.input.action.read_first.as_ref()?;
        let is_second = self.part == Part::Comment && self.input.action.asks_for_values();
        match (is_second, self.since) {
            (false, _) => Some((read_first, Conditions::Count)),
            (true, Some(_)) if read_first.once.is_some() => Some((read_first, Conditions::AreMet)),
            (true, _) => None,
        }
    }

    /// Reads the incident where that has to come first, and works out anew what is left to send: an old list of tags must not
    /// go out a second time. Nothing is left where it shows all of it.
    fn prepare(&mut self) -> Result<Option<Applied>, Error> {
        let Some((read_first, conditions)) = self.reads_first() else {
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
        let whole = self.own(before::whole(&incident, action, read_first));
        // A condition that this run's own write has ended is no failure.
        if let (true, Some(since)) = (write.is_doubtful(), self.since) {
            let sent = self.sent(&whole);
            let known = self.known.as_deref().unwrap_or_default();
            let sight = Sight::of(&incident, &answer, &sent, since, false, known);
            if sight.is_complete() {
                return Ok(Some(verdict::recovered(answer, sight, 1)));
            }
        }
        let looked = before::look(&incident, &whole, read_first, conditions);
        self.known
            .get_or_insert_with(|| incident.comments.clone().unwrap_or_default());
        self.take_up(looked, answer, &incident, &whole)
            .map_err(|error| error.given(write))
    }

    fn take_up(
        &mut self,
        looked: Before,
        answer: Response,
        incident: &Incident,
        whole: &Asked,
    ) -> Result<Option<Applied>, Error> {
        match looked {
            Before::Send(asked) => {
                if whole.comment.is_some() && asked.comment.is_none() {
                    self.session.progress.find_comment();
                }
                self.ask(asked);
                let values_are_there = self.part == Part::Values && self.asked.values.is_empty();
                Ok(values_are_there.then(|| verdict::unchanged(answer, incident, None, whole)))
            }
            Before::Unchanged(comment) => {
                self.later = None;
                self.session.progress.find_comment();
                Ok(Some(verdict::unchanged(answer, incident, comment, whole)))
            }
            Before::NotMet(unmet) => Err(verdict::not_met(answer, unmet)),
            Before::Merged(into) => Err(verdict::merged(answer, into)),
            Before::Unclear(comment) => Err(verdict::unclear(answer, &comment)),
        }
    }

    /// As much of all that is asked for as is this request's and later ones'.
    fn own(&self, mut whole: Asked) -> Asked {
        if self.part == Part::Comment {
            whole.values.clear();
        }
        whole
    }

    /// As much of that as this request brings.
    fn sent(&self, whole: &Asked) -> Asked {
        Asked {
            id: whole.id,
            values: whole.values.clone(),
            comment: whole.comment.clone().filter(|_| self.part != Part::Values),
        }
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
                // Where the values got through, a refusal of everything else proves nothing.
                let is_second = self.part == Part::Comment && self.input.action.asks_for_values();
                return Ok(Found::Failed(if is_second {
                    verdict::unknown(self.api, attempt, &unreadable.why, None, &self.asked)
                } else {
                    verdict::unread(self.api, attempt, &unreadable, &self.asked, self.only_uncertified)
                }));
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
                    _ => Ok(Found::Failed(verdict::absent(
                        self.api,
                        attempt,
                        &proof,
                        &sight,
                        &self.asked,
                    ))),
                }
            }
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
