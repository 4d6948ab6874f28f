//! An answer as the platform reads it: `status_code`, `response_headers`, `reason`, then `json_body` or `response_text`,
//! never both and never neither. The body passes through as Microsoft wrote it: no key is dropped, reordered or retyped.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::difference::Difference;
use crate::ground::cleaned::{Body, Cleaned};
use crate::http::Response;
use crate::outcome::error::Error;
use crate::outcome::parts::Parts;
use crate::outcome::requests::RequestIds;
use crate::outcome::violations::Violation;

/// What a run prints: an answer, a failure, or a report that was asked for.
#[derive(Debug)]
pub enum Envelope {
    /// The update was applied and this is the answer.
    Applied(Applied),
    /// The incident as it is, held against what was asked for.
    ReadOnly(ReadOnly),
    /// What `--dry-run` and `--check` print, with the exit code that goes with it.
    Report(serde_json::Value, u8),
}

/// An applied update.
#[derive(Debug)]
pub struct Applied {
    /// Microsoft's answer to the update or, after a recovery, to the reading of the incident.
    pub answer: Response,
    /// How the outcome was found out, where the update's own answer did not show it.
    pub recovered: Option<Recovered>,
    /// How many times an update that may have arrived was sent.
    pub writes: u32,
    /// What the incident shows in another way than it was asked for.
    pub differs: Vec<Difference>,
    /// The incident that this one was merged into.
    pub redirected_to: Option<u64>,
    /// That nothing was written, since the incident showed all of it.
    pub unchanged: Option<Unchanged>,
    /// What became of values and comment, where they are two requests and both were asked for.
    pub parts: Option<Parts>,
    /// The requests, where the service gives them ids.
    pub requests: Vec<RequestIds>,
}

/// Nothing was written, since the incident showed all of it.
#[derive(Debug, Clone)]
pub struct Unchanged {
    /// The comment, where one was asked for.
    pub found: Option<FoundComment>,
}

/// When and by whom a comment was written that was there already.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundComment {
    /// When, as the service writes it.
    pub created_time: String,
    /// By whom, as the service names them.
    pub created_by: String,
}

/// What reading an incident shows of an update, without writing anything.
#[derive(Debug)]
pub struct ReadOnly {
    /// The service's answer to the reading.
    pub answer: Response,
    /// Each thing that was asked for.
    pub asked: Vec<AskedFor>,
    /// The incident that this one was merged into.
    pub redirected_to: Option<u64>,
    /// The requests, where the service gives them ids.
    pub requests: Vec<RequestIds>,
}

/// One thing that an update asks for, and whether the incident shows it.
#[derive(Debug, serde::Serialize)]
pub struct AskedFor {
    /// JSON Pointer (RFC 6901) to it.
    pub at: String,
    /// What is asked for.
    pub asked: serde_json::Value,
    /// What the incident shows; null also where it shows nothing.
    pub found: serde_json::Value,
    /// Whether it is there; null where that cannot be told.
    pub there: Option<bool>,
}

/// How the outcome of an update was found out when its own answer was lost.
#[derive(Debug, Clone, Copy, serde::Serialize, schemars::JsonSchema)]
pub struct Recovered {
    /// The means: reading the incident back.
    pub by: RecoveredBy,
    /// How many times the incident was read.
    pub attempts: u32,
}

/// A means of finding out what became of an update.
#[derive(Debug, Clone, Copy, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecoveredBy {
    /// The incident was read: it shows the comment of this update, or the update was known to be applied.
    ReadBack,
}

impl Envelope {
    /// Writes its entries; called by what may be shown alone.
    pub(super) fn entries<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Applied(applied) => {
                let mut map = serializer.serialize_map(None)?;
                answer_entries(&mut map, &applied.answer)?;
                if let Some(recovered) = &applied.recovered {
                    map.serialize_entry("recovered", recovered)?;
                }
                if let Some(unchanged) = &applied.unchanged {
                    map.serialize_entry("unchanged", &true)?;
                    if let Some(found) = &unchanged.found {
                        map.serialize_entry("found", found)?;
                    }
                }
                map.serialize_entry("writes", &applied.writes)?;
                doubts(&mut map, &applied.differs, applied.redirected_to)?;
                by_request(&mut map, applied.parts, &applied.requests)?;
                map.end()
            }
            Self::ReadOnly(reading) => {
                let mut map = serializer.serialize_map(None)?;
                answer_entries(&mut map, &reading.answer)?;
                map.serialize_entry("read", &true)?;
                map.serialize_entry("writes", &0)?;
                map.serialize_entry("asked", &reading.asked)?;
                doubts(&mut map, &[], reading.redirected_to)?;
                by_request(&mut map, None, &reading.requests)?;
                map.end()
            }
            Self::Report(report, _) => report.serialize(serializer),
        }
    }
}

/// Writes a failure's entries; called by what may be shown alone.
pub(super) fn error_entries<S: Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
    let failure = error.failure();
    let mut map = serializer.serialize_map(None)?;
    if let Some(answer) = &failure.answer {
        answer_entries(&mut map, answer)?;
    }
    map.serialize_entry("name", &failure.name)?;
    map.serialize_entry("message", &failure.message)?;
    map.serialize_entry("help", &failure.help)?;
    map.serialize_entry("update", &error.update())?;
    map.serialize_entry("writes", &failure.evidence.writes)?;
    let evidence = &failure.evidence;
    doubts(&mut map, &evidence.differs, evidence.redirected_to)?;
    by_request(&mut map, evidence.parts, &evidence.requests)?;
    if let Some(secs) = failure.retry_after_secs {
        map.serialize_entry("retry_after_secs", &secs)?;
    }
    if !failure.violations.is_empty() {
        map.serialize_entry::<_, [Violation]>("violations", &failure.violations)?;
    }
    map.end()
}

fn doubts<M: SerializeMap>(map: &mut M, differs: &[Difference], redirected_to: Option<u64>) -> Result<(), M::Error> {
    if !differs.is_empty() {
        map.serialize_entry("differs", differs)?;
    }
    if let Some(id) = redirected_to {
        map.serialize_entry("redirected_to", &id)?;
    }
    Ok(())
}

fn by_request<M: SerializeMap>(map: &mut M, parts: Option<Parts>, requests: &[RequestIds]) -> Result<(), M::Error> {
    if let Some(parts) = parts {
        map.serialize_entry("parts", &parts)?;
    }
    if !requests.is_empty() {
        map.serialize_entry("requests", requests)?;
    }
    Ok(())
}

impl ReadOnly {
    /// 0 where all of it is there, 3 where something is not, 4 where that cannot be told.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let any = |state| self.asked.iter().any(|asked| asked.there == state);
        match (any(Some(false)), any(None)) {
            (false, false) => 0,
            (_, true) => 4,
            (true, false) => 3,
        }
    }
}

/// The body in the one of its two shapes that fits.
enum Payload<'a> {
    Json(Cow<'a, RawValue>),
    Text(Cow<'a, str>),
}

impl<'a> Payload<'a> {
    fn of(body: &'a Body) -> Self {
        // The platform reads JSON whatever the Content-Type says, and so does every playbook that was written against it.
        match body.json() {
            Some(json) => Self::Json(on_one_line(json)),
            None => Self::Text(String::from_utf8_lossy(body)),
        }
    }
}

/// A line break in valid JSON can only be insignificant white space, and the envelope is exactly one line.
fn on_one_line(json: &RawValue) -> Cow<'_, RawValue> {
    if memchr::memchr2(b'\n', b'\r', json.get().as_bytes()).is_none() {
        return Cow::Borrowed(json);
    }
    RawValue::from_string(json.get().replace(['\n', '\r'], "")).map_or(Cow::Borrowed(json), Cow::Owned)
}

fn answer_entries<M: SerializeMap>(map: &mut M, answer: &Response) -> Result<(), M::Error> {
    map.serialize_entry("status_code", &answer.status)?;
    map.serialize_entry("response_headers", &JoinedHeaders(&answer.headers))?;
    map.serialize_entry("reason", &answer.reason)?;
    match Payload::of(&answer.body) {
        Payload::Json(json) => map.serialize_entry("json_body", &json),
        Payload::Text(text) => map.serialize_entry("response_text", &text),
    }
}

/// Header fields in the order of the wire, those of one name joined with `, ` at the place of the first (RFC 9110, 5.3).
struct JoinedHeaders<'a>(&'a [(Cleaned, Cleaned)]);

impl Serialize for JoinedHeaders<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut joined: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(self.0.len());
        for (name, value) in self.0 {
            match joined.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some((_, values)) => *values = format!("{values}, {value}").into(),
                None => joined.push((name, Cow::Borrowed(value))),
            }
        }
        serializer.collect_map(joined)
    }
}
