//! `--read`: prints the incident and says of each thing that the document asks for whether it is there. Changes nothing.

use super::answer::translate;
use super::asked::Asked;
use super::progress::{Progress, Stopped};
use super::session::Session;
use crate::actions::update_incident::UpdateIncident;
use crate::api::Api;
use crate::api::incident::{Comment, Incident};
use crate::delivery::asked::is_as_asked;
use crate::delivery::likeness::{Likeness, likeness};
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
            Ok(shown::read_only(reading, session.gate()))
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
        let asked = Asked::of(&input.action);
        return match session.asset.api.incident(&answer, asked.id) {
            Some(incident) if answer.status == 200 => Ok(ReadOnly {
                asked: compare(&incident, &asked, &input.action),
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

fn compare(incident: &Incident, asked: &Asked, action: &UpdateIncident) -> Vec<AskedFor> {
    let value = |(key, value): (&String, &serde_json::Value)| AskedFor {
        at: pointer("/json_body", key),
        asked: value.clone(),
        found: incident.value(key).cloned().unwrap_or_default(),
        there: incident.value(key).map(|found| is_as_asked(key, value, Some(found))),
    };
    let mut list: Vec<AskedFor> = asked.values.iter().map(value).collect();
    if let Some(written) = action.comment() {
        let (found, there) = find_comment(incident.comments.as_deref(), written);
        list.push(AskedFor {
            at: "/json_body/comment".to_owned(),
            asked: written.into(),
            found: found.map_or(
                serde_json::Value::Null,
                |comment| serde_json::json!({"createdTime": comment.created_time, "createdBy": comment.created_by}),
            ),
            there,
        });
    }
    list
}

/// The newest comment that is this one, whenever and by whomever it was written; one that only begins so tells nothing.
fn find_comment<'a>(comments: Option<&'a [Comment]>, written: &str) -> (Option<&'a Comment>, Option<bool>) {
    let Some(comments) = comments else { return (None, None) };
    let like = |wanted| {
        let newest_first = comments.iter().rev();
        newest_first
            .clone()
            .find(|comment| likeness(&comment.text, written) == wanted)
    };
    match (like(Likeness::Same), like(Likeness::Beginning)) {
        (Some(same), _) => (Some(same), Some(true)),
        (None, Some(beginning)) => (Some(beginning), None),
        (None, None) => (None, Some(false)),
    }
}
