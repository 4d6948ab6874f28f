//! An update that is two requests: the values first, which may be sent again, and the comment once they are known to be set;
//! never before, and never beside them. What became of both is put together here.

use std::time::Duration;

use super::before;
use super::session::Session;
use super::sight::{CommentSight, Sight};
use super::unsent;
use super::write::Delivery;
use crate::actions::update_incident::UpdateIncident;
use crate::api::Part;
use crate::http::Limits;
use crate::input::Input;
use crate::outcome::envelope::{Applied, Recovered};
use crate::outcome::error::{Error, Failure, Name};
use crate::outcome::parts::Parts;
use crate::outcome::write::{Update, Write};

/// Delivers one update.
///
/// # Errors
/// [`Error`] of the request that failed; the caller tells it as that of both.
pub(super) fn deliver(input: &Input, session: &Session<'_>) -> Result<Applied, Error> {
    let action = &input.action;
    let has_both = action.asks_for_values() && action.comment().is_some();
    if has_both {
        session.progress.begin_values(may_be_run_again(action));
    }
    let mut delivery = Delivery::begin(input, session)?;
    let applied = if action.asks_for_values() {
        values_and_comment(&mut delivery)
    } else {
        comment_alone(&mut delivery)
    };
    let both = Parts {
        values: Update::Applied,
        comment: Update::Applied,
    };
    applied.map(|applied| Applied {
        parts: has_both.then_some(both),
        ..applied
    })
}

/// Whether the same document may be run again once its values were set: not with a condition that they may end.
fn may_be_run_again(action: &UpdateIncident) -> bool {
    let read_first = action.read_first.as_ref();
    read_first.is_none_or(|read_first| read_first.once.is_some() || !read_first.has_conditions())
}

fn values_and_comment(delivery: &mut Delivery<'_>) -> Result<Applied, Error> {
    let progress = delivery.session.progress;
    delivery.part = Part::Values;
    delivery.ask_anew();
    let values = delivery.run()?;
    let Some(comment) = delivery.later.take() else {
        return Ok(values);
    };
    if values.unchanged.is_none() {
        progress.set_write(Write::Applied);
    }
    let incident = delivery.api.incident(&values.answer, delivery.asked.id);
    if let Some(incident) = incident.as_ref().filter(|incident| incident.is_merged()) {
        progress.begin_comment();
        return Err(unsent::merged_meanwhile(values.answer, incident.redirected_to));
    }
    let once = delivery
        .input
        .action
        .read_first
        .as_ref()
        .and_then(|read_first| read_first.once);
    if let (Some(incident), Some(once)) = (&incident, once)
        && before::holds(incident, &comment, once)
    {
        progress.find_comment();
        return Ok(values);
    }
    progress.begin_comment();
    if !has_time_for_two_more(delivery.session) {
        return Err(too_late());
    }
    delivery.go_on_with(comment, incident);
    let comment = delivery.run()?;
    Ok(put_together(delivery, values, comment))
}

/// What is sent has to be looked for too, should its answer be lost.
fn has_time_for_two_more(session: &Session<'_>) -> bool {
    session.time_left() >= session.asset.timing.total / LEAST_SHARE
}

fn too_late() -> Error {
    let message = "too little of the time limit was left to send the comment and to find out what becomes of it";
    let help = "raise `timeout_secs`; nothing was changed";
    Error::Unavailable(Failure::new(Name::TimedOut, message, help))
}

/// The head of the first write, and the incident as it is after the last one.
fn put_together(delivery: &Delivery<'_>, values: Applied, comment: Applied) -> Applied {
    let is_list = comment.recovered.is_none() && comment.unchanged.is_none();
    let joined = is_list.then(|| delivery.api.with_comments(&values.answer.body, &comment.answer.body));
    let was_there = values.unchanged.is_some();
    let mut answer = match is_list && !was_there {
        true => values.answer,
        false => comment.answer,
    };
    if let Some(body) = joined.flatten() {
        answer.body = body;
    }
    let recovered = match (values.recovered, comment.recovered) {
        (Some(one), Some(other)) => Some(Recovered {
            attempts: one.attempts + other.attempts,
            ..one
        }),
        (one, other) => one.or(other),
    };
    Applied {
        answer,
        recovered,
        differs: values.differs,
        redirected_to: comment.redirected_to.or(values.redirected_to),
        unchanged: None,
        ..comment
    }
}

/// The answer to a comment has the comments alone, so the incident is read for whoever goes on with it. That the reading fails
/// changes nothing.
fn comment_alone(delivery: &mut Delivery<'_>) -> Result<Applied, Error> {
    delivery.part = Part::Comment;
    delivery.ask_anew();
    let mut applied = delivery.run()?;
    if applied.recovered.is_some() || applied.unchanged.is_some() {
        return Ok(applied);
    }
    let (session, api, asked) = (delivery.session, delivery.api, &delivery.asked);
    if session.progress.begin().is_err() {
        return Ok(applied);
    }
    let request = api.reading(&delivery.input.action, &session.asset.url, delivery.token.secret());
    let limits = session.limits();
    let limits = Limits {
        total: limits.total.min(LONGEST_READING),
        ..limits
    };
    let read = session.attempt_within("read-after", 1, &request, &delivery.token, limits);
    let Some(answer) = read.ok().filter(|answer| answer.status == 200) else {
        return Ok(applied);
    };
    let (Some(incident), Some(since)) = (api.incident(&answer, asked.id), delivery.since) else {
        return Ok(applied);
    };
    let known = delivery.known.as_deref().unwrap_or_default();
    let sight = Sight::of(&incident, &answer, asked, since, false, known);
    let shows_it = matches!(sight.comment, CommentSight::There(_));
    let joined = (!shows_it)
        .then(|| api.with_comments(&answer.body, &applied.answer.body))
        .flatten();
    applied.answer.body = joined.unwrap_or(answer.body);
    applied.redirected_to = incident.redirected_to;
    Ok(applied)
}

/// Below such a share of the time limit the comment is not begun.
const LEAST_SHARE: u32 = 20;

/// The update is done, and its runner waits.
const LONGEST_READING: Duration = Duration::from_secs(5);
