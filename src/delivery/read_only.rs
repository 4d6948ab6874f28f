//! `--read`: prints the incident and says of each thing that the document asks for whether it is there. Changes nothing.

use serde_json::{Value, json};

use super::answer::translate;
use super::asked::{Asked, is_as_asked};
use super::before::counts;
use super::freshness::Freshness;
use super::likeness::{Likeness, likeness};
use super::progress::{Progress, Stopped};
use super::search::is_round;
use super::session::Session;
use super::verdict;
use crate::actions::read_first::Once;
use crate::actions::update_incident::UpdateIncident;
use crate::api::Api;
use crate::api::incident::{Comment, Incident};
use crate::ground::json::pointer;
use crate::input::Input;
use crate::outcome::envelope::{AskedFor, ReadOnly};
use crate::outcome::error::{Error, Failure, Name};
use crate::outcome::refusal;
use crate::outcome::shown;

/// Reads once, again only with a fresh token, and compares.
///
/// # Errors
/// [`Error`] where the incident cannot be read; nothing is ever changed.
pub fn read(input: &Input, progress: &Progress) -> shown::Outcome {
    let session = Session::open(&input.asset, progress);
    match read_once(input, progress, &session) {
        Ok(mut reading) => {
            translate(&mut reading.answer, input);
            let outcome = Ok(shown::read_only(reading, session.gate()));
            verdict::warn(&outcome);
            outcome
        }
        Err(mut error) => {
            error.failure_mut().evidence.requests = progress.requests();
            Err(shown::error(error, session.gate()))
        }
    }
}

fn read_once(input: &Input, progress: &Progress, session: &Session<'_>) -> Result<ReadOnly, Error> {
    let mut token = match session.kept_token() {
        Some(token) => token,
        None => session.sign_in(None)?,
    };
    let mut renewed = !session.asset.sign_in.can_renew();
    for attempts in 1.. {
        progress.begin().map_err(|Stopped| session.cancelled())?;
        let request = session
            .asset
            .api
            .reading(&input.action, &input.asset.url, token.secret());
        let answer = match session.attempt("read", attempts, &request, &token) {
            Ok(answer) => answer,
            Err(fault) => {
                let mut error = refusal::unsent(&fault, "reading the incident");
                "nothing was changed; run it again".clone_into(&mut error.failure_mut().help);
                return Err(error);
            }
        };
        if token.is_refused_by(answer.status) && !renewed {
            renewed = true;
            session.discard(&token);
            token = session.sign_in(Some(&token))?;
            continue;
        }
        if let (200, Some(problem)) = (answer.status, &answer.unreadable) {
            let message =
                format!("reading the incident was answered with 200, but the answer could not be read: {problem}");
            let failure = Failure::new(Name::AnswerUnreadable, message, "nothing was changed; run it again");
            return Err(Error::Unavailable(failure).with_answer(answer));
        }
        let id = input.action.id.number();
        return match session.asset.api.incident(&answer, id) {
            Some(incident) if answer.status == 200 => Ok(ReadOnly {
                asked: compare(&incident, &input.action, Freshness::default().is_copy(&answer)),
                redirected_to: incident.redirected_to,
                requests: progress.requests(),
                answer,
            }),
            _ => Err(not_read(session.asset.api, answer)),
        };
    }
    Err(session.cancelled())
}

fn not_read(api: Api, answer: crate::http::Response) -> Error {
    if answer.status >= 300 {
        return match api.refusal(answer) {
            Error::Unknown(failure) => Error::Unavailable(Failure {
                help: "nothing was changed; run it again later".to_owned(),
                ..failure
            }),
            error => error,
        };
    }
    let words = refusal::shown_page(&answer);
    let message = format!(
        "reading the incident was answered with {}{words}, which is not {}'s incident",
        answer.status,
        api.name()
    );
    let help = "nothing was changed; check the proxy, what inspects TLS, and `url`";
    Error::Refused(Failure {
        answer: Some(Box::new(answer)),
        ..Failure::new(Name::NotDefender, message, help)
    })
}

fn compare(incident: &Incident, action: &UpdateIncident, is_copy: bool) -> Vec<AskedFor> {
    // A copy may show what is there, and never proves that something is not.
    let told = |there: Option<bool>| there.filter(|there| *there || !is_copy);
    let value = |(key, value): (&String, &Value)| AskedFor {
        at: pointer("/json_body", key),
        asked: value.clone(),
        found: incident.value(key).cloned().unwrap_or_default(),
        there: told(incident.value(key).map(|found| is_as_asked(key, value, Some(found)))),
    };
    let mut list: Vec<AskedFor> = Asked::of(action).values.iter().map(value).collect();
    let found = incident.value("tags");
    let tags = found.and_then(Value::as_array);
    let has = |tags: &[Value], tag: &String| tags.iter().any(|found| found.as_str() == Some(tag));
    if let Some(read_first) = &action.read_first {
        for (at, wanted, is_there) in [
            ("/add_tags", &read_first.add_tags, true),
            ("/remove_tags", &read_first.remove_tags, false),
        ] {
            if !wanted.is_empty() {
                list.push(AskedFor {
                    at: at.to_owned(),
                    asked: Value::from(wanted.clone()),
                    found: found.cloned().unwrap_or_default(),
                    there: told(tags.map(|tags| wanted.iter().all(|tag| has(tags, tag) == is_there))),
                });
            }
        }
    }
    if let Some(written) = action.comment() {
        let once = action.read_first.as_ref().and_then(|read_first| read_first.once);
        let (found, there) = find_comment(incident.comments.as_deref(), written, once.unwrap_or(Once::Ever));
        // The other incident may hold it, or what is behind the list's end.
        let may_be_elsewhere =
            incident.is_merged() || incident.comments.as_ref().is_some_and(|all| is_round(all.len()));
        list.push(AskedFor {
            at: "/json_body/comment".to_owned(),
            asked: written.into(),
            found: found.map_or(
                Value::Null,
                |comment| json!({"createdTime": comment.created_time, "createdBy": comment.created_by}),
            ),
            there: told(there).filter(|there| *there || !may_be_elsewhere),
        });
    }
    list
}

/// The newest comment that is this one, by whomever it was written, among those that count; one that only begins so tells
/// nothing.
fn find_comment<'a>(comments: Option<&'a [Comment]>, written: &str, once: Once) -> (Option<&'a Comment>, Option<bool>) {
    let Some(comments) = comments else { return (None, None) };
    let like = |wanted| {
        let mut newest_first = comments.iter().rev().filter(|comment| counts(comment, once));
        newest_first.find(|comment| likeness(&comment.text, written) == wanted)
    };
    match (like(Likeness::Same), like(Likeness::Beginning)) {
        (Some(same), _) => (Some(same), Some(true)),
        (None, Some(beginning)) => (Some(beginning), None),
        (None, None) => (None, Some(false)),
    }
}
