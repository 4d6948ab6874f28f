//! The stand-in for Microsoft Defender's incidents: who may call, how often, and what the answer looks like.

pub mod incidents;
pub mod kept;
mod patch;
mod refusal;

use std::time::{Instant, SystemTime};

use serde_json::Value;

use super::answer::{Answer, Framing};
use super::clock;
use super::coding::Coding;
use super::entra::tokens::Tokens;
use super::fault::Half;
use super::quota::Usage;
use super::request::Recorded;
use super::settings::Settings;
use super::unique;
use incidents::Incidents;
use refusal::Refusal;

/// What Defender remembers.
#[derive(Default)]
pub struct Defender {
    /// The incidents there are.
    pub incidents: Incidents,
    /// Requests answered 429.
    pub over_quota: usize,
    patches: Usage,
    gets: Usage,
}

/// How much of an update is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of it.
    All,
    /// A part.
    Half(Half),
    /// None of it, whatever the answer says.
    Nothing,
}

/// Whether a path is Defender's: the incident's id in it, whatever it looks like.
pub fn owns<'a>(settings: &Settings, path: &'a str) -> Option<&'a str> {
    let id = path
        .strip_prefix(settings.api_prefix.as_str())?
        .strip_prefix("/api/incidents/")?;
    (!id.contains('/')).then_some(id)
}

impl Defender {
    /// Counts a call against its quota; the seconds to wait where it is one too many.
    pub fn count(&mut self, settings: &Settings, request: &Recorded) -> Result<(), u64> {
        let now = Instant::now();
        let counted = match request.method.as_str() {
            "PATCH" => self.patches.count(settings.quota, now),
            "GET" => self.gets.count(settings.get_quota, now),
            _ => Ok(()),
        };
        self.over_quota += usize::from(counted.is_err());
        counted
    }

    /// Answers a call that was counted. What is not in `keep` does not change, whatever the answer says.
    pub fn answer(
        &mut self,
        settings: &Settings,
        tokens: &Tokens,
        request: &Recorded,
        counted: Result<(), u64>,
        keep: Keep,
    ) -> Answer {
        match self.judge(settings, tokens, request, counted, keep) {
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
    pub fn refuse_token(settings: &Settings, request: &Recorded) -> Answer {
        Refusal::token("The token has been revoked.").answer(settings, request)
    }

    fn judge(
        &mut self,
        settings: &Settings,
        tokens: &Tokens,
        request: &Recorded,
        counted: Result<(), u64>,
        keep: Keep,
    ) -> Result<Value, Refusal> {
        authorise(tokens, request)?;
        counted.map_err(Refusal::too_many)?;
        let id = owns(settings, request.path()).unwrap_or_default();
        let found = id
            .parse::<u64>()
            .ok()
            .filter(|id| self.incidents.current(*id).is_some());
        let number = found.ok_or_else(|| Refusal::no_incident(id))?;
        match request.method.as_str() {
            "GET" => Ok(self.incidents.visible(number).unwrap_or_default()),
            "PATCH" => {
                let update = patch::Update::parse(request)?;
                let time = settings
                    .fixed_time
                    .clone()
                    .unwrap_or_else(|| clock::rfc3339(SystemTime::now()));
                let mut incident = self.incidents.current(number).cloned().unwrap_or_default();
                let update = update.keeping(settings.kept_form);
                let half = match keep {
                    Keep::Half(half) => Some(half),
                    Keep::All | Keep::Nothing => None,
                };
                update.half(half).apply(&mut incident, &settings.app_name, &time);
                if keep != Keep::Nothing {
                    self.incidents.put(incident.clone());
                }
                Ok(incident)
            }
            method => Err(Refusal::method(method)),
        }
    }
}

/// The bearer token of a request, whether it is worth something or not.
pub fn bearer(request: &Recorded) -> Option<&str> {
    let (scheme, token) = request.header("Authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}

fn authorise(tokens: &Tokens, request: &Recorded) -> Result<(), Refusal> {
    let text = bearer(request).ok_or_else(|| Refusal::token("The request has no bearer token."))?;
    let token = tokens
        .find(text)
        .ok_or_else(|| Refusal::token("The token is unknown, revoked or expired."))?;
    let granted = &token.granted;
    let permitted = granted.roles.iter().any(|role| role == "Incident.ReadWrite.All")
        || granted.scopes.iter().any(|scope| scope == "Incident.ReadWrite");
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
