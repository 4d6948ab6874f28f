//! What comes before an attempt: what is asked for next, and the reading where one has to come first.

use super::asked::Asked;
use super::before::{self, Before, Conditions};
use super::sight::Sight;
use super::write::Delivery;
use super::{read_first, unsent, verdict};
use crate::actions::read_first::ReadFirst;
use crate::api::Part;
use crate::api::incident::Incident;
use crate::http::Response;
use crate::outcome::envelope::Applied;
use crate::outcome::error::Error;

impl<'a> Delivery<'a> {
    /// Takes up what is asked for next: as much of it as this request brings.
    pub(super) fn ask(&mut self, mut asked: Asked) {
        if self.part == Part::Values {
            self.later = asked.comment.take();
        }
        self.body = match self.part {
            Part::Whole => asked.body(&self.input.action),
            Part::Values | Part::Comment => self.api.body_of_part(&asked.values, asked.comment.as_deref()),
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
    pub(super) fn prepare(&mut self) -> Result<Option<Applied>, Error> {
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
                Ok(values_are_there.then(|| self.found(unsent::unchanged(answer, incident, None, whole))))
            }
            Before::Unchanged(comment) => {
                self.later = None;
                self.session.progress.find_comment();
                Ok(Some(self.found(unsent::unchanged(answer, incident, comment, whole))))
            }
            Before::NotMet(unmet) => Err(unsent::not_met(answer, unmet)),
            Before::Merged(into) => Err(unsent::merged(answer, into)),
            Before::Unclear(comment) => Err(unsent::unclear(answer, &comment)),
        }
    }

    /// What is there without another attempt: where this run has sent one before, that has written it.
    fn found(&self, unchanged: Applied) -> Applied {
        match self.session.progress.writes_of_this() {
            0 => unchanged,
            _ => verdict::by_reading(unchanged, 1),
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
}
