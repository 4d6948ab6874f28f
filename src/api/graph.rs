//! Microsoft Graph v1.0: `PATCH security/incidents/{id}` for the values, `POST …/comments` for the comment, both over the
//! incidents that the Defender API has. Its words become Defender's on the way in, so that whoever decides knows one shape.

mod permission;
mod refusal;
mod words_in;
mod words_out;

use super::incident::Incident;
use super::terms::Replay;
use crate::actions::update_incident::UpdateIncident;
use crate::ground::api::Api;
use crate::ground::cleaned::Body;
use crate::ground::guid;
use crate::ground::secret::Secret;
use crate::ground::service_url::ServiceUrl;
use crate::http::{Method, Request, Response};

pub use permission::PERMISSION;
pub use refusal::{refusal, refused_in_its_words};
pub use words_out::{check, comment_body, values_body};

/// The write of the values.
#[must_use]
pub fn update(action: &UpdateIncident, body: &[u8], api: &ServiceUrl, token: &Secret) -> Request {
    request(Method::Patch, api.join(&path(action)), token)
        .header("Content-Type", "application/json")
        .body(body)
}

/// The write of the comment.
#[must_use]
pub fn comment(action: &UpdateIncident, body: &[u8], api: &ServiceUrl, token: &Secret) -> Request {
    request(Method::Post, api.join(&format!("{}/comments", path(action))), token)
        .header("Content-Type", "application/json")
        .body(body)
}

/// The reading of the same incident, which needs no further permission and has the comments in it.
#[must_use]
pub fn reading(action: &UpdateIncident, api: &ServiceUrl, token: &Secret) -> Request {
    request(Method::Get, api.join(&path(action)), token)
        // A copy that a gateway has kept proves nothing.
        .header("Cache-Control", "no-cache")
}

/// The incident in an answer; nothing where Graph has not written one with this number.
#[must_use]
pub fn incident(answer: &Response, id: u64) -> Option<Incident> {
    let json = words_in::incident(answer.expose_body())?;
    Incident::from_defender(&json).filter(|incident| incident.id == id)
}

/// The incident's comments, all of them, in the answer to the write of one.
#[must_use]
pub fn comments(answer: &Response, id: u64) -> Option<Incident> {
    Incident::from_defender(&words_in::comments(answer.expose_body(), id)?)
}

/// An answer's body in Defender's keys and words; nothing where it is neither an incident nor its comments.
#[must_use]
pub fn translated(body: &Body, id: u64) -> Option<Body> {
    let translate = |bodies: &[&[u8]]| {
        let [body] = bodies else { return None };
        words_in::incident(body).or_else(|| words_in::told_comments(body, id))
    };
    Body::made_of(&[body], translate)
}

/// An incident with the list that the answer to the write of a comment has, both as Graph wrote them.
#[must_use]
pub fn with_comments(incident: &Body, comments: &Body) -> Option<Body> {
    let put = |bodies: &[&[u8]]| match bodies {
        [incident, comments] => words_in::with_comments(incident, comments),
        _ => None,
    };
    Body::made_of(&[incident, comments], put)
}

/// Whether a write may be repeated: the values may, the comment is appended.
#[must_use]
pub fn replay(has_comment: bool) -> Replay {
    if has_comment {
        Replay::OnlyIfUnsent
    } else {
        Replay::Always
    }
}

fn path(action: &UpdateIncident) -> String {
    format!("{}/{}", Api::Graph.incidents_path(), action.id)
}

/// What every request carries: members that were added to a vocabulary later are told only to those who ask for them, and
/// support asks for the request's own id.
fn request(method: Method, url: ServiceUrl, token: &Secret) -> Request {
    Request::new(method, url)
        .bearer(token)
        .header("Prefer", "include-unknown-enum-members")
        .header(CLIENT_REQUEST_ID, guid::random())
}

/// The header field with the id that the client gives to a request.
pub const CLIENT_REQUEST_ID: &str = "client-request-id";

/// The header field of an answer with the id that Graph gives to the request.
pub const REQUEST_ID: &str = "request-id";
