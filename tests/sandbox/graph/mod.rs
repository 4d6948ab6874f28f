//! The stand-in for Microsoft Graph's incidents: `/v1.0/security/incidents/{id}` and its comments. It shows and changes the
//! incidents that Defender's half holds, in the words, keys and headers of real captures, and is stricter than the real
//! service may be where no source says.

mod comment;
mod patch;
mod refusal;
mod shown;
pub mod words;

use std::collections::HashSet;
use std::time::SystemTime;

use serde_json::Value;

use super::answer::{Answer, Framing};
use super::api::{Api, Call, Keep, bearer};
use super::clock;
use super::coding::Coding;
use super::incidents::Incidents;
use super::request::Recorded;
use super::settings::Settings;
use super::unique;
use refusal::Refusal;

/// What a path of Graph's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Place {
    /// `/v1.0/security/incidents/{id}`
    #[default]
    Incident,
    /// `/v1.0/security/incidents/{id}/comments`
    Comments,
}

/// Whether a path is Graph's: the incident's id in it, whatever it looks like.
pub(crate) fn owns<'a>(settings: &Settings, path: &'a str) -> Option<(&'a str, Place)> {
    let rest = path
        .strip_prefix(settings.api_prefix.as_str())?
        .strip_prefix("/v1.0/security/incidents/")?;
    match rest.split_once('/') {
        None => Some((rest, Place::Incident)),
        Some((id, "comments")) => Some((id, Place::Comments)),
        Some(_) => None,
    }
}

/// What Graph remembers of requests.
#[derive(Default)]
pub(crate) struct Seen {
    ids: HashSet<String>,
}

impl Seen {
    /// Whether a request has an id of its own: a GUID that came in no request before.
    pub(crate) fn has_fresh_id(&mut self, request: &Recorded) -> bool {
        request
            .header("client-request-id")
            .is_some_and(|id| is_guid(id) && self.ids.insert(id.to_ascii_lowercase()))
    }
}

/// Answers a call that was counted. What is not kept does not change, whatever the answer says.
pub(crate) fn answer(call: &Call, incidents: &mut Incidents) -> Answer {
    let ids = Ids::of(call.request);
    match judge(call, incidents) {
        Ok(body) => dressed(call.settings, call.request, "200 OK", &ids, &body),
        Err(refusal) => refusal.answer(call.settings, call.request),
    }
}

/// The 401 for a token that is not taken any more.
pub(crate) fn refuse_token(settings: &Settings, request: &Recorded) -> Answer {
    Refusal::token("Lifetime validation failed, the token is revoked.").answer(settings, request)
}

fn judge(call: &Call, incidents: &mut Incidents) -> Result<Value, Refusal> {
    let Call { settings, request, .. } = call;
    authorise(call)?;
    call.counted.map_err(Refusal::too_many)?;
    if !call.has_fresh_id {
        return Err(Refusal::bad_request(
            "The client-request-id is missing, no GUID, or was in a request before.",
        ));
    }
    let (id, place) = owns(settings, request.path()).unwrap_or_default();
    let found = id.parse::<u64>().ok().filter(|id| incidents.current(*id).is_some());
    let number = found.ok_or_else(|| Refusal::no_incident(id))?;
    let time = || {
        settings
            .fixed_time
            .clone()
            .unwrap_or_else(|| clock::rfc3339(SystemTime::now()))
    };
    match (request.method.as_str(), place) {
        ("GET", Place::Incident) => {
            let incident = incidents.visible(number).unwrap_or_default();
            let newest_is_fresh = incidents.commented_within(number, settings.author_settles);
            Ok(shown::incident(
                settings,
                &incident,
                wants_every_word(request),
                newest_is_fresh,
            ))
        }
        ("PATCH", Place::Incident) => {
            let update = patch::Update::parse(request)?;
            if !wants_every_word(request) {
                return Err(Refusal::bad_request("Prefer: include-unknown-enum-members is missing."));
            }
            let mut incident = incidents.current(number).cloned().unwrap_or_default();
            update.half(call.half()).apply(&mut incident, &time());
            if call.keep != Keep::Nothing {
                incidents.put(incident.clone());
            }
            let newest_is_fresh = incidents.commented_within(number, settings.author_settles);
            Ok(shown::incident(settings, &incident, true, newest_is_fresh))
        }
        ("POST", Place::Comments) => {
            let text = settings.kept_form.of(&comment::parse(request)?);
            let mut incident = incidents.current(number).cloned().unwrap_or_default();
            if comment::is_made(call.half()) {
                comment::add(&mut incident, &text, &settings.app_name, &time());
                if call.keep != Keep::Nothing {
                    incidents.put(incident.clone());
                    incidents.commented(number);
                }
            }
            Ok(shown::comments(settings, &incident))
        }
        (method, place) => Err(Refusal::method(method, place)),
    }
}

fn authorise(call: &Call) -> Result<(), Refusal> {
    bearer(call.request).ok_or_else(|| Refusal::token("Access token is empty."))?;
    let token = call
        .token()
        .ok_or_else(|| Refusal::token("Access token validation failure."))?;
    let granted = &token.granted;
    if granted.api != Api::Graph {
        return Err(Refusal::token("Access token validation failure. Invalid audience."));
    }
    let wanted = [Api::Graph.application_permission(), Api::Graph.delegated_permission()];
    let mut given = granted.roles.iter().chain(&granted.scopes);
    if given.any(|permission| wanted.contains(&permission.as_str())) {
        Ok(())
    } else {
        Err(Refusal::role())
    }
}

/// Without this header the members of an enumeration that came later are hidden.
fn wants_every_word(request: &Recorded) -> bool {
    request.header("Prefer").is_some_and(|value| {
        value
            .split(',')
            .any(|wish| wish.trim().eq_ignore_ascii_case("include-unknown-enum-members"))
    })
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The two ids of an answer.
struct Ids {
    request: String,
    client_request: String,
}

impl Ids {
    /// A fresh one, and the client's; where the client sent none, the first stands for both.
    fn of(request: &Recorded) -> Self {
        let fresh = unique::uuid();
        let client_request = request.header("client-request-id").unwrap_or(&fresh).to_owned();
        Self {
            request: fresh,
            client_request,
        }
    }
}

/// An answer with the headers of a capture of 2024, in its casing.
fn dressed(settings: &Settings, request: &Recorded, status: &str, ids: &Ids, body: &Value) -> Answer {
    let date = settings
        .fixed_date
        .clone()
        .unwrap_or_else(|| clock::imf_fixdate(SystemTime::now()));
    let coding = Coding::negotiate_gzip(request.header("Accept-Encoding"));
    let close = request.wants_close();
    let mut answer = Answer::new(status)
        .header(
            "Content-Type",
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
        )
        .header("Transfer-Encoding", "chunked");
    if let Some(label) = coding.label() {
        answer = answer.header("Content-Encoding", label);
    }
    let answer = answer
        .header("Vary", "Accept-Encoding")
        .header("Strict-Transport-Security", "max-age=31536000")
        .header("request-id", &ids.request)
        .header("client-request-id", &ids.client_request)
        .header("x-ms-ags-diagnostic", DIAGNOSTIC)
        // On a 200 too: it leads nowhere, and nobody should follow it.
        .header("Location", "https://graph.microsoft.com")
        .header("OData-Version", "4.0")
        .header("Date", &date)
        .body(body.to_string());
    Answer {
        coding,
        framing: Framing::Chunked,
        close,
        ..answer
    }
}

const DIAGNOSTIC: &str =
    r#"{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"SANDBOX"}}"#;
