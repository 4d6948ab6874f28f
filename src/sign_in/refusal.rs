//! What a failed sign-in tells its reader: Entra ID's own words first, then what to do about them. The reaction is decided
//! on the HTTP status and the OAuth error code; the AADSTS number only picks the words of help.

use serde::Deserialize;

use super::help::{HELP, OTHER_CLOUD};
use super::token_request::{TokenRequest, Via};
use crate::ground::cloud;
use crate::http::{Fault, FaultKind, Response};
use crate::outcome::error::{Error, Failure, Name};

/// The error answer of a token endpoint (RFC 6749, 5.2), with Entra ID's additions.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
    error_codes: Vec<i64>,
    /// App Service's words, which are not OAuth's.
    message: String,
    trace_id: Option<String>,
    correlation_id: Option<String>,
}

/// Puts a token endpoint's error answer into words.
#[must_use]
pub fn from_answer(answer: Response, ask: &TokenRequest) -> Error {
    let refusal = Refusal::read(&answer, ask.via);
    // Azure's metadata service says 404 and 410 while it is being brought up.
    let passing_here = ask.via == Via::Direct && matches!(answer.status, 404 | 410);
    let passing =
        passing_here || matches!(answer.status, 408 | 429 | 500..) || refusal.error == "temporarily_unavailable";
    let message = message(&answer, &refusal, ask.via);
    let retry_after_secs = crate::http::wait_asked_for(&answer).map(|wait| wait.as_secs_f64().ceil() as u32);
    if passing {
        let help = match ask.via {
            Via::Network => "nothing was changed; run it again later".to_owned(),
            Via::Direct => format!("nothing was changed; run it again later, and if it stays so: {NO_SUCH_IDENTITY}"),
        };
        let failure = Failure::new(Name::SignInUnavailable, message, help);
        return Error::Unavailable(Failure {
            answer: Some(Box::new(answer)),
            retry_after_secs,
            ..failure
        });
    }
    let (name, help) = if (300..400).contains(&answer.status) {
        (
            Name::Redirected,
            "redirects are not followed with credentials in hand; set `token_url` or `login_url` to where Entra ID is"
                .to_owned(),
        )
    } else if refusal.error.is_empty() {
        (Name::SignInAnswerInvalid, another_answered(ask.via).to_owned())
    } else {
        (Name::SignInRefused, help(&refusal, ask))
    };
    Error::Refused(Failure {
        answer: Some(Box::new(answer)),
        ..Failure::new(name, message, help)
    })
}

/// Puts a token request that got no answer into words.
#[must_use]
pub fn from_fault(fault: &Fault, ask: &TokenRequest) -> Error {
    let mut error = crate::outcome::refusal::unsent(fault, &format!("the sign-in at `{}`", ask.request.host()));
    let nobody_there = matches!(fault.kind, FaultKind::Connect | FaultKind::TimedOut | FaultKind::Lookup);
    if ask.via == Via::Direct && nobody_there {
        NO_IDENTITIES_HERE.clone_into(&mut error.failure_mut().help);
    }
    error
}

impl Refusal {
    /// Reads what can be read; an answer of another kind leaves everything empty.
    fn read(answer: &Response, via: Via) -> Self {
        let mut refusal: Self = serde_json::from_slice(&answer.body).unwrap_or_default();
        if via == Via::Direct && refusal.error.is_empty() {
            refusal.error = std::mem::take(&mut refusal.message);
        }
        refusal
    }
}

fn another_answered(via: Via) -> &'static str {
    match via {
        Via::Network => "check `token_url` or `login_url`: something other than Entra ID seems to have answered",
        Via::Direct => {
            "check the environment variable `IDENTITY_ENDPOINT` or `AZURE_POD_IDENTITY_AUTHORITY_HOST`: something other than Azure's identity service seems to have answered"
        }
    }
}

fn message(answer: &Response, refusal: &Refusal, via: Via) -> String {
    let status = format!("{} {}", answer.status, answer.reason);
    let status = status.trim();
    if let Some(location) = crate::outcome::refusal::location(answer) {
        return format!("the token endpoint answered {status} and points to {location}");
    }
    if refusal.error.is_empty() {
        let text = String::from_utf8_lossy(&answer.body);
        let words = crate::outcome::refusal::excerpt(&text);
        return format!("the token endpoint answered {status}{words}");
    }
    let who = match via {
        Via::Network => "Entra ID",
        Via::Direct => "the machine's identity service",
    };
    let mut message = format!("{who} refused the sign-in with {status}: {}", refusal.error);
    if !refusal.error_description.is_empty() {
        // The description spans lines, and repeats at its end what stands in the fields.
        let description = refusal.error_description.lines().next().unwrap_or_default();
        let description = description.split(" Trace ID:").next().unwrap_or_default();
        message.push_str(&format!(": {}", description.trim()));
    }
    let ids = [
        ("trace id", &refusal.trace_id),
        ("correlation id", &refusal.correlation_id),
    ];
    for (what, id) in ids {
        if let Some(id) = id {
            message.push_str(&format!(" ({what} {id})"));
        }
    }
    message
}

/// What to do, by the number where it is known, by the OAuth error where it is not.
fn help(refusal: &Refusal, ask: &TokenRequest) -> String {
    if ask.via == Via::Direct {
        return NO_SUCH_IDENTITY.to_owned();
    }
    if refusal.error_codes.iter().any(|code| OTHER_CLOUD.contains(code)) {
        return cloud::cure(ask.request.host(), &ask.resource);
    }
    let known = refusal
        .error_codes
        .iter()
        .find_map(|code| HELP.iter().find(|(known, _)| known == code));
    let help = match (known, refusal.error.as_str()) {
        (Some((_, help)), _) => help,
        (_, "invalid_client") => {
            "check `client_id` and the credential: it may have expired or belong to another application"
        }
        (_, "unauthorized_client") => "check `client_id` and `tenant_id`: the application is not known in this tenant",
        (_, "invalid_scope" | "invalid_resource") => "check `scope`, or leave it out: its default follows `url`",
        (_, "invalid_grant") => "the grant has expired, was revoked or was used already; get a new one",
        (_, "interaction_required") => {
            "a person has to sign in or consent first; use an application's credential for unattended runs"
        }
        _ => {
            "look the AADSTS number up at https://login.microsoftonline.com/error; the ids in the message are what support asks for"
        }
    };
    help.to_owned()
}

const NO_SUCH_IDENTITY: &str = "check that this machine has the identity (Azure portal, Identity) and that `managed_identity` names it; the system-assigned one is `system`";

const NO_IDENTITIES_HERE: &str = "nothing was changed; managed identities are there on Azure's machines alone: check that this one runs on Azure, or sign in another way";
