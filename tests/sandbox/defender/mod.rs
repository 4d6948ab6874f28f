//! The stand-in for Microsoft Defender's incidents: who may call, how often, and what the answer looks like.

mod patch;
mod refusal;

use std::time::SystemTime;

use serde_json::Value;

use super::answer::{Answer, Framing};
use super::api::{Api, Call, Keep, bearer};
use super::clock;
use super::coding::Coding;
use super::incidents::{self, Incidents};
use super::request::Recorded;
use super::settings::Settings;
use super::unique;
use refusal::Refusal;

/// Whether a path is Defender's: the incident's id in it, whatever it looks like.
pub(crate) fn owns<'a>(settings: &Settings, path: &'a str) -> Option<&'a str> {
    let id = path
        .strip_prefix(settings.api_prefix.as_str())?
        .strip_prefix("/api/incidents/")?;
    (!id.contains('/')).then_some(id)
}

/// Answers a call that was counted. What is not kept does not change, whatever the answer says.
pub(crate) fn answer(call: &Call, incidents: &mut Incidents) -> Answer {
    let Call { settings, request, .. } = call;
    match judge(call, incidents) {
        Ok(incident) => {
            let seed = settings.seed_answer && request.method == "PATCH";
            let (incident, date) = if seed {
                (incidents::seed(), Some(SEED_DATE))
            } else {
                (incident, None)
            };
            dressed(settings, request, "200 OK", date, &incident)
        }
        Err(refusal) => refusal.answer(settings, request),
    }
}

/// The 401 for a token that is not taken any more.
pub(crate) fn refuse_token(settings: &Settings, request: &Recorded) -> Answer {
    Refusal::token("The token has been revoked.").answer(settings, request)
}

fn judge(call: &Call, incidents: &mut Incidents) -> Result<Value, Refusal> {
    let Call { settings, request, .. } = call;
    authorise(call)?;
    call.counted.map_err(Refusal::too_many)?;
    let id = owns(settings, request.path()).unwrap_or_default();
    let found = id.parse::<u64>().ok().filter(|id| incidents.current(*id).is_some());
    let number = found.ok_or_else(|| Refusal::no_incident(id))?;
    match request.method.as_str() {
        "GET" => Ok(incidents.visible(number).unwrap_or_default()),
        "PATCH" => {
            let update = patch::Update::parse(request)?.keeping(settings.kept_form);
            let time = settings
                .fixed_time
                .clone()
                .unwrap_or_else(|| clock::rfc3339(SystemTime::now()));
            let mut incident = incidents.current(number).cloned().unwrap_or_default();
            update.half(call.half()).apply(&mut incident, &settings.app_name, &time);
            if call.keep != Keep::Nothing {
                incidents.put(incident.clone());
            }
            Ok(incident)
        }
        method => Err(Refusal::method(method)),
    }
}

fn authorise(call: &Call) -> Result<(), Refusal> {
    bearer(call.request).ok_or_else(|| Refusal::token("The request has no bearer token."))?;
    let token = call
        .token()
        .ok_or_else(|| Refusal::token("The token is unknown, revoked or expired."))?;
    let granted = &token.granted;
    if granted.api != Api::Defender {
        return Err(Refusal::token("The audience of the token is not this API."));
    }
    let permitted = granted
        .roles
        .iter()
        .any(|role| role == Api::Defender.application_permission())
        || granted
            .scopes
            .iter()
            .any(|scope| scope == Api::Defender.delegated_permission());
    if permitted {
        Ok(())
    } else {
        Err(Refusal::role(&granted.roles))
    }
}

/// An answer with the headers Defender sends, in its order and casing.
fn dressed(settings: &Settings, request: &Recorded, status: &str, date: Option<&str>, body: &Value) -> Answer {
    let now = || clock::imf_fixdate(SystemTime::now());
    let date = date
        .map(str::to_owned)
        .or_else(|| settings.fixed_date.clone())
        .unwrap_or_else(now);
    let coding = Coding::negotiate(request.header("Accept-Encoding"));
    let close = request.wants_close();
    let mut answer = Answer::new(status)
        .header("Date", &date)
        .header(
            "Content-Type",
            "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8",
        )
        .header("Transfer-Encoding", "chunked")
        .header("Connection", if close { "close" } else { "keep-alive" });
    if let Some(label) = coding.label() {
        answer = answer.header("Content-Encoding", label);
    }
    if settings.answer_ids {
        answer = answer.header("mise-correlation-id", &unique::tracking_id());
    }
    let answer = answer
        .header("Vary", "Accept-Encoding")
        .header("OData-Version", "4.0")
        .header("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        .body(body.to_string());
    Answer {
        coding,
        framing: Framing::Chunked,
        close,
        ..answer
    }
}

/// As in the specification's example.
const SEED_DATE: &str = "Thu, 05 Sep 2024 07:20:44 GMT";
