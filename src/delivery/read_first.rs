//! The reading that comes before a write. It obeys every rule of readings; where it fails, this run has sent nothing.

use super::freshness::Freshness;
use super::progress::Stopped;
use super::retry::{self, Decision, Outcome};
use super::session::Session;
use crate::actions::update_incident::UpdateIncident;
use crate::api::incident::Incident;
use crate::api::{Api, Replay};
use crate::http::{Fault, Response, wait_asked_for};
use crate::outcome::error::{Error, Failure, Name};
use crate::outcome::refusal;
use crate::sign_in::AccessToken;

/// Reads the incident, again where the failure may pass. A token that is refused is replaced, once.
///
/// # Errors
/// [`Error`] with the reading's own failure.
pub fn read(
    session: &Session<'_>,
    action: &UpdateIncident,
    token: &mut AccessToken,
    token_renewed: &mut bool,
    freshness: &mut Freshness,
) -> Result<(Response, Incident), Error> {
    session.progress.read_first();
    for attempts in 1.. {
        session.progress.begin().map_err(|Stopped| session.cancelled())?;
        let request = session.asset.api.reading(action, &session.asset.url, token.secret());
        let result = session.attempt("read-first", attempts, &request, token);
        let (error, outcome) = match result {
            Ok(answer) if token.is_refused_by(answer.status) && !*token_renewed => {
                *token_renewed = true;
                session.discard(token);
                *token = session.sign_in(Some(token))?;
                continue;
            }
            Ok(answer) => match take(session.asset.api, answer, action, freshness) {
                Ok(read) => return Ok(read),
                Err(failed) => *failed,
            },
            Err(fault) => (of_fault(&fault), of_outcome(&fault)),
        };
        match retry::decide(outcome, &session.situation(Replay::Always, attempts, true)) {
            Decision::Again(wait) => session
                .pause("read-first", wait)
                .map_err(|Stopped| session.cancelled())?,
            _ => return Err(explained(error, session.progress.writes())),
        }
    }
    Err(session.cancelled())
}

type Failed = Box<(Error, Outcome)>;

fn take(
    api: Api,
    answer: Response,
    action: &UpdateIncident,
    freshness: &mut Freshness,
) -> Result<(Response, Incident), Failed> {
    let failed = |error, outcome| Err(Box::new((error, outcome)));
    if answer.status >= 300 {
        let outcome = match Outcome::of_refusal(&answer, true) {
            Outcome::TokenRefused => Outcome::Refused,
            Outcome::Unavailable(wait) => Outcome::TurnedAway(Some(wait)),
            outcome => outcome,
        };
        return failed(api.refusal(answer), outcome);
    }
    if let Some(problem) = &answer.unreadable {
        let message = format!("the answer could not be read: {problem}");
        let help = "nothing was sent; run it again";
        return failed(
            Error::Unavailable(Failure::new(Name::AnswerUnreadable, message, help)),
            Outcome::Unclear,
        );
    }
    let incident = api
        .incident(&answer, action.id.number())
        .filter(|_| answer.status == 200);
    let Some(incident) = incident else {
        let (words, name) = (refusal::shown_page(&answer), api.name());
        let message = format!(
            "it was answered with {} {}{words}, which is not {name}'s incident",
            answer.status, answer.reason
        );
        let help = format!(
            "something in between answered in {name}'s place, and nothing was sent: check the proxy, what inspects TLS, and `url`"
        );
        let failure = Failure {
            answer: Some(Box::new(answer)),
            ..Failure::new(Name::NotDefender, message, help)
        };
        return failed(Error::Refused(failure), Outcome::Unclear);
    };
    if let Some(key) = left_out(&incident, action) {
        let message = format!("it was answered with an incident that leaves out `{key}`");
        let help = "nothing was sent; let nothing in between take keys out of the API's answers; run it again";
        return failed(
            Error::Unavailable(Failure::new(Name::AnswerUnreadable, message, help)),
            Outcome::Unclear,
        );
    }
    if freshness.is_copy(&answer) {
        let wait = wait_asked_for(&answer);
        let message = "it was answered with a copy that something in between has kept";
        let help =
            "nothing was sent; if it happens again, let nothing keep copies of the API's answers; run it again later";
        let failure = Failure::new(Name::NotDefender, message, help);
        return failed(Error::Unavailable(failure), Outcome::TurnedAway(wait));
    }
    freshness.lacks_comments(incident.comments.as_ref().map_or(0, Vec::len));
    Ok((answer, incident))
}

/// What has to be looked at before this update, and is not there to look at: a list that is left out is not an empty one.
fn left_out<'a>(incident: &Incident, action: &'a UpdateIncident) -> Option<&'a str> {
    let read_first = action.read_first.as_ref()?;
    let comments = read_first.once.is_some() && action.comment().is_some() && incident.comments.is_none();
    let needs_tags = read_first.changes_tags() || !read_first.condition_tags.is_empty();
    let conditions = read_first.conditions.iter().map(|condition| condition.key);
    let mut keys = conditions.chain(needs_tags.then_some("tags"));
    let time = read_first.last_update_time.is_some() && incident.last_update_time.is_none();
    let key = || keys.find(|key| incident.value(key).is_none());
    comments
        .then_some("comments")
        .or_else(key)
        .or_else(|| time.then_some("lastUpdateTime"))
}

fn of_fault(fault: &Fault) -> Error {
    let mut error = refusal::unsent(fault, "the request");
    if fault.sent != crate::http::Sent::Nothing {
        "nothing was changed by this run; run it again".clone_into(&mut error.failure_mut().help);
    }
    error
}

/// A reading may always be repeated.
fn of_outcome(fault: &Fault) -> Outcome {
    match Outcome::of_fault(fault) {
        Outcome::Unclear => Outcome::Unsent,
        outcome => outcome,
    }
}

/// What an earlier run has done, nobody knows.
fn explained(error: Error, writes: u32) -> Error {
    let mut error = match error {
        Error::Unknown(failure) => Error::Unavailable(Failure {
            help: "nothing was changed by this run; run it again later".to_owned(),
            ..failure
        }),
        error => error,
    };
    let failure = error.failure_mut();
    let known = match writes {
        0 => "; this run has sent nothing, and what an earlier one has done is not known",
        _ => "",
    };
    failure.message = format!(
        "the incident could not be read before the update: {}{known}",
        failure.message
    );
    error
}
