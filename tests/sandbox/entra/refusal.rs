//! Entra ID's errors: the shape is Microsoft's, the words are brief ones of the sandbox's own.

use std::time::SystemTime;

use serde_json::json;

use super::super::answer::Answer;
use super::super::{clock, unique};
use super::Ask;

/// Why there is no token.
pub(super) struct Refusal {
    /// 400 or 401.
    status: &'static str,
    /// OAuth's name for it.
    error: &'static str,
    /// The number after `AADSTS`.
    code: u32,
    message: String,
}

impl Refusal {
    /// A 400.
    pub(super) fn new(error: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self {
            status: "400 Bad Request",
            error,
            code,
            message: message.into(),
        }
    }

    /// A 401: the client did not prove itself.
    pub(super) fn invalid_client(code: u32, message: impl Into<String>) -> Self {
        Self {
            status: "401 Unauthorized",
            ..Self::new("invalid_client", code, message)
        }
    }

    /// AADSTS900144
    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!("The request body must contain the following parameter: '{parameter}'.");
        Self::new("invalid_request", 900_144, message)
    }

    /// The whole answer.
    pub(super) fn answer(&self, ask: &Ask) -> Answer {
        let (trace, correlation) = (unique::uuid(), unique::uuid());
        let timestamp = clock::entra_timestamp(SystemTime::now());
        let body = json!({
            "error": self.error,
            "error_description": format!(
                "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
                self.code, self.message
            ),
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        entra(ask, self.status, &body)
    }
}

/// An answer with the headers Entra ID sends, good news or bad.
pub(super) fn entra(ask: &Ask, status: &str, body: &serde_json::Value) -> Answer {
    let date = ask
        .settings
        .fixed_date
        .clone()
        .unwrap_or_else(|| clock::imf_fixdate(SystemTime::now()));
    let mut answer = Answer::new(status)
        .header("Cache-Control", "no-store, no-cache")
        .header("Pragma", "no-cache")
        .header("Content-Type", "application/json; charset=utf-8")
        .header("Expires", "-1")
        .header("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        .header("X-Content-Type-Options", "nosniff")
        .header("x-ms-request-id", &unique::uuid())
        .header("Date", &date)
        .body(body.to_string());
    answer.close = ask.request.wants_close();
    answer
}
