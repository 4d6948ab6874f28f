//! Graph's error, and what to do about it. Its message may hold a whole second error, of the service behind it, and either
//! may be without a word; then the ids are all that support can go by.

use serde::Deserialize;
use serde_json::Value;

use super::REQUEST_ID;
use super::permission::{PERMISSION, QUOTA};
use crate::api::reaction;
use crate::http::Response;
use crate::outcome::error::{Error, Name};
use crate::outcome::page;
use crate::outcome::refusal::excerpt;

/// Graph's error body.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    code: Option<String>,
    message: Option<String>,
    /// What it is about, or the id by which the service behind knows it.
    target: Option<String>,
    #[serde(alias = "innererror")]
    #[serde(rename = "innerError")]
    inner: Option<Inner>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Inner {
    date: Option<Value>,
    request_id: Option<String>,
}

impl Words {
    fn of(answer: &Response) -> Option<Self> {
        let Body { error } = serde_json::from_slice(&answer.body).ok()?;
        let told = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let named = error.inner.as_ref().is_some_and(|inner| told(&inner.request_id));
        (told(&error.code) || told(&error.message) || named).then_some(error)
    }
}

/// Whether a refusal is in Graph's own words.
#[must_use]
pub fn refused_in_its_words(answer: &Response) -> bool {
    Words::of(answer).is_some()
}

/// Puts an answer that does not say the update was applied into words and into the caller's reaction.
#[must_use]
pub fn refusal(answer: Response) -> Error {
    let message = reaction::message(&answer, "Microsoft Graph", told);
    let lacks_it = message.contains("Resource not found for the segment");
    let (name, help) = match answer.status {
        400 | 404 if lacks_it => (Name::NotFound, NO_SEGMENT),
        400 => (Name::BadRequest, CHECK_VALUES),
        403 => (Name::Forbidden, PERMISSION.grant),
        429 => (Name::TooManyRequests, QUOTA),
        status => reaction::of_status(status),
    };
    reaction::to(answer, name, message, help)
}

/// Codes, words and ids, those of the service behind among them.
fn told(answer: &Response) -> Option<String> {
    let words = Words::of(answer)?;
    let request_id = answer.header(REQUEST_ID).map(|id| id.to_string());
    let message = words.message.unwrap_or_default();
    let (own, behind) = match nested(&message) {
        Some((before, behind)) => (before, Some(behind)),
        None => (message.as_str(), None),
    };
    let code = words.code.unwrap_or_default();
    let mut parts = match page::words(own) {
        Some(_) => vec![format!("{code}{}", excerpt(own)).trim_start().to_owned()],
        None => vec![code, own.to_owned()],
    };
    let mut targets = vec![words.target];
    if let Some(behind) = behind {
        parts.extend([behind.code, behind.message].map(Option::unwrap_or_default));
        targets.push(behind.target);
    }
    parts.retain(|part| !part.is_empty());
    let inner = words.inner.unwrap_or_default();
    let date = inner
        .date
        .and_then(|date| date.as_str().map(|date| format!(" of {date}")));
    let mut ids: Vec<String> = targets
        .into_iter()
        .flatten()
        .filter(|target| !target.is_empty())
        .map(|target| format!("tracking id {target}"))
        .collect();
    if let Some(id) = inner.request_id.or(request_id).filter(|id| !id.is_empty()) {
        ids.push(format!("request-id {id}{}", date.unwrap_or_default()));
    }
    let words = match parts.join(": ") {
        none if none.is_empty() => String::new(),
        words => format!(": {words}"),
    };
    Some(match ids.join(", ") {
        none if none.is_empty() => words,
        ids => format!("{words} ({ids})"),
    })
}

/// A JSON error at the end of a message, and the words before it.
fn nested(message: &str) -> Option<(&str, Words)> {
    let start = message.find('{')?;
    let (before, json) = message.split_at_checked(start)?;
    let mut errors = serde_json::Deserializer::from_str(json).into_iter::<Body>();
    let Body { error } = errors.next()?.ok()?;
    let told = error.code.is_some() || error.message.is_some();
    told.then(|| (before.trim_end_matches([' ', ':', '.']), error))
}

const NO_SEGMENT: &str = "Microsoft Graph has no security incidents in the cloud that `url` is of: check `cloud` and `url`, or set `api` to `defender`; nothing was changed";

const CHECK_VALUES: &str = "check the values of `json_body`; Microsoft's words are in the message, and its request-id is what support asks for";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(status: u16, body: &Value) -> (String, String, u8) {
        let answer = Response::sample(status, &[("request-id", "head")], body.to_string().into_bytes());
        let error = refusal(answer);
        let failure = error.failure();
        (failure.message.clone(), failure.help.clone(), error.exit_code())
    }

    #[test]
    fn codes_words_and_ids_are_told_wherever_they_stand() {
        let inner = json!({"date": "2025-02-13T10:17:05", "request-id": "r", "client-request-id": "c"});
        let ids = "(request-id r of 2025-02-13T10:17:05)";
        for key in ["innerError", "innererror"] {
            let (message, ..) = said(
                400,
                &json!({"error": {"code": "BadRequest", "message": "no", key: inner}}),
            );
            assert_eq!(message, format!("Microsoft Graph answered 400: BadRequest: no {ids}"));
        }
        let (message, ..) = said(
            500,
            &json!({"error": {"code": "UnknownError", "message": "", "innerError": inner}}),
        );
        assert_eq!(message, format!("Microsoft Graph answered 500: UnknownError {ids}"));
        let (message, ..) = said(400, &json!({"error": {"code": "", "message": "", "innerError": inner}}));
        assert_eq!(message, format!("Microsoft Graph answered 400 {ids}"));
        let nested = r#"it failed with statusCode=BadRequest : {"error":{"code":"InvalidRequestBody","message":"Request body is incorrect","target":"|7e"}}"#;
        let (message, ..) = said(
            400,
            &json!({"error": {"code": "BadRequest", "message": nested, "innerError": inner}}),
        );
        assert_eq!(
            message,
            "Microsoft Graph answered 400: BadRequest: it failed with statusCode=BadRequest: InvalidRequestBody: Request body is incorrect (tracking id |7e, request-id r of 2025-02-13T10:17:05)"
        );
        let (message, ..) = said(400, &json!({"error": {"code": "x", "message": "a {b} c"}}));
        assert_eq!(message, "Microsoft Graph answered 400: x: a {b} c (request-id head)");
    }

    #[test]
    fn the_cure_is_graphs() {
        let (_, help, code) = said(
            403,
            &json!({"error": {"code": "Forbidden", "message": "Auth token does not contain valid permissions"}}),
        );
        assert!(
            help.contains("SecurityIncident.ReadWrite.All") && help.contains("Security Operator"),
            "{help}"
        );
        assert_eq!(code, 1);
        for status in [400, 404] {
            let body =
                json!({"error": {"code": "BadRequest", "message": "Resource not found for the segment 'incidents'."}});
            let (_, help, code) = said(status, &body);
            assert!(help.contains("cloud") && code == 1, "{help}");
        }
        let (_, help, code) = said(429, &json!({"error": {"code": "TooManyRequests", "message": "x"}}));
        assert!(help.contains("150 calls") && code == 3, "{help}");
        assert_eq!(said(503, &json!({})).2, 4);
    }
}
