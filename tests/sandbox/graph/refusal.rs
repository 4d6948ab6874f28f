//! Graph's errors: `{"error":{"code","message","innerError":{"date","request-id","client-request-id"}}}`. Where the service
//! behind it refuses, its own error stands as text within the message, and the tracking id in that.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::clock;
use super::super::request::Recorded;
use super::super::settings::Settings;
use super::super::unique;
use super::{Ids, Place, dressed};

/// Why a request was not done.
pub(super) struct Refusal {
    status: &'static str,
    code: &'static str,
    message: String,
    /// The code and the words of the service behind, where it was that which refused.
    inner: Option<Box<(&'static str, String)>>,
    header: Option<Box<(&'static str, String)>>,
}

impl Refusal {
    /// 401
    pub(super) fn token(message: &str) -> Self {
        let challenge = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
                         client_id=\"00000003-0000-0000-c000-000000000000\"";
        Self {
            header: Some(Box::new(("WWW-Authenticate", challenge.to_owned()))),
            ..Self::plain("401 Unauthorized", "InvalidAuthenticationToken", message)
        }
    }

    /// 403
    pub(super) fn role() -> Self {
        let message = "Auth token does not contain valid permissions or user does not have valid roles";
        Self::plain("403 Forbidden", "Forbidden", message)
    }

    /// 404
    pub(super) fn no_incident(id: &str) -> Self {
        Self {
            inner: Some(Box::new(("ResourceNotFound", format!("Incident {id} was not found.")))),
            ..Self::plain(
                "404 Not Found",
                "NotFound",
                "Request failed with error. statusCode=NotFound : ",
            )
        }
    }

    /// 405
    pub(super) fn method(method: &str, place: Place) -> Self {
        let allowed = match place {
            Place::Incident => "GET, PATCH",
            Place::Comments => "POST",
        };
        let message = format!("Specified HTTP method {method} is not allowed for the request target.");
        Self {
            header: Some(Box::new(("Allow", allowed.to_owned()))),
            ..Self::plain("405 Method Not Allowed", "Request_BadRequest", message)
        }
    }

    /// 429
    pub(super) fn too_many(wait_secs: u64) -> Self {
        Self {
            header: Some(Box::new(("Retry-After", wait_secs.to_string()))),
            ..Self::plain("429 Too Many Requests", "TooManyRequests", "Too many requests")
        }
    }

    /// 400 in Graph's own words.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::plain("400 Bad Request", "BadRequest", message)
    }

    /// 400 for a body that is not one object.
    pub(super) fn empty_payload() -> Self {
        Self::bad_request("Empty Payload. JSON content expected.")
    }

    /// 400 in the words of the service behind.
    pub(super) fn invalid_body(message: impl Into<String>) -> Self {
        Self {
            inner: Some(Box::new(("InvalidRequestBody", message.into()))),
            ..Self::bad_request("Request failed with error. statusCode=BadRequest : ")
        }
    }

    /// The whole answer.
    pub(super) fn answer(&self, settings: &Settings, request: &Recorded) -> Answer {
        let ids = Ids::of(request);
        let inner = self.inner.as_deref().map(|(code, message)| {
            let target = settings.fixed_tracking_id.clone().unwrap_or_else(unique::tracking_id);
            json!({"error": {"code": code, "message": message, "target": target}}).to_string()
        });
        let date = clock::rfc3339(SystemTime::now());
        let body: Value = json!({"error": {
            "code": self.code,
            "message": format!("{}{}", self.message, inner.unwrap_or_default()),
            "innerError": {
                // Without fractions and without a zone.
                "date": date.split('.').next(),
                "request-id": ids.request,
                "client-request-id": ids.client_request,
            },
        }});
        let answer = dressed(settings, request, self.status, &ids, &body);
        match self.header.as_deref() {
            Some((name, value)) => answer.header(name, value),
            None => answer,
        }
    }

    fn plain(status: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            inner: None,
            header: None,
        }
    }
}
