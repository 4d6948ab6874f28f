//! Defender's errors: `{"error":{"code","message","target"}}`, where the target is the tracking id for support.

use serde_json::json;

use super::super::answer::Answer;
use super::super::request::Recorded;
use super::super::settings::Settings;
use super::super::unique;
use super::dressed;

/// Why a request was not done.
pub(super) struct Refusal {
    status: &'static str,
    code: &'static str,
    message: String,
    header: Option<(&'static str, String)>,
}

impl Refusal {
    /// 401, with the challenge that RFC 6750 asks for.
    pub(super) fn token(message: &str) -> Self {
        let challenge = format!(
            "Bearer authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             error=\"invalid_token\", error_description=\"{message}\""
        );
        Self {
            header: Some(("WWW-Authenticate", challenge)),
            ..Self::plain("401 Unauthorized", "Unauthorized", message)
        }
    }

    /// 403
    pub(super) fn role(roles: &[String]) -> Self {
        let message = format!(
            "Missing application roles. API required roles: Incident.ReadWrite.All, application roles: {}.",
            if roles.is_empty() {
                "none".to_owned()
            } else {
                roles.join(", ")
            }
        );
        Self::plain("403 Forbidden", "Forbidden", message)
    }

    /// 404
    pub(super) fn no_incident(id: &str) -> Self {
        Self::plain(
            "404 Not Found",
            "ResourceNotFound",
            format!("Incident {id} was not found."),
        )
    }

    /// 405
    pub(super) fn method(method: &str) -> Self {
        let message = format!("The method {method} is not allowed here.");
        Self {
            header: Some(("Allow", "GET, PATCH".to_owned())),
            ..Self::plain("405 Method Not Allowed", "BadRequest", message)
        }
    }

    /// 429
    pub(super) fn too_many(wait_secs: u64) -> Self {
        let message = format!("Rate limit is exceeded. Try again in {wait_secs} seconds.");
        Self {
            header: Some(("Retry-After", wait_secs.to_string())),
            ..Self::plain("429 Too Many Requests", "TooManyRequests", message)
        }
    }

    /// 400 for what is around the body.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::plain("400 Bad Request", "BadRequest", message)
    }

    /// 400 for what is in the body.
    pub(super) fn invalid_body(message: impl Into<String>) -> Self {
        Self::plain("400 Bad Request", "InvalidRequestBody", message)
    }

    /// The whole answer.
    pub(super) fn answer(&self, settings: &Settings, request: &Recorded) -> Answer {
        let target = settings.fixed_tracking_id.clone().unwrap_or_else(unique::tracking_id);
        let body = json!({"error": {"code": self.code, "message": self.message, "target": target}});
        let answer = dressed(settings, request, self.status, None, &body);
        match &self.header {
            Some((name, value)) => answer.header(name, value),
            None => answer,
        }
    }

    fn plain(status: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            header: None,
        }
    }
}
