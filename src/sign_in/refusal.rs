//! What a failed sign-in tells its reader: Entra ID's own words first, then what to do about them. The reaction is decided
//! on the HTTP status and the OAuth error code; the AADSTS number picks the words of help, and says what passes by itself.

use serde_json::Value;

use super::help::{OTHER_CLOUD, by_msis_number, by_number, may_pass, number_in};
use super::token_request::{TokenRequest, Via};
use crate::ground::cloud;
use crate::http::{Fault, FaultKind, Response};
use crate::outcome::error::{Error, Failure, Name};

/// The error answer of a token endpoint (RFC 6749, 5.2), with Entra ID's additions.
#[derive(Default)]
struct Refusal {
    error: String,
    error_description: String,
    error_codes: Vec<i64>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
}

/// Puts a token endpoint's error answer into words.
#[must_use]
pub fn from_answer(answer: Response, ask: &TokenRequest) -> Error {
    let refusal = Refusal::read(&answer, ask.via);
    // Azure's metadata service says 404 and 410 while it is being brought up.
    let passing_here = ask.via == Via::Direct && matches!(answer.status, 404 | 410);
    // Entra ID says 400 for faults of its own, too.
    let passing_there = ask.via == Via::Network && may_pass(&refusal.error_codes, &refusal.error_description);
    let passing = passing_here
        || passing_there
        || matches!(answer.status, 408 | 429 | 500..)
        || refusal.error == "temporarily_unavailable";
    let message = message(&answer, &refusal, ask.via);
    let retry_after_secs = crate::http::wait_asked_for(&answer).map(|wait| wait.as_secs_f64().ceil() as u32);
    if passing {
        let help = match ask.via {
            Via::Network if passing_there => help(&refusal, ask),
            Via::Network => "nothing was changed; run it again later".to_owned(),
            Via::Direct => format!("nothing was changed; run it again later; if it stays so: {NO_SUCH_IDENTITY}"),
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
    } else if refusal.is_empty() {
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
    /// Reads each field by itself: one that is null or of another kind leaves the others as they are. An answer of another
    /// kind leaves everything empty.
    fn read(answer: &Response, via: Via) -> Self {
        let body: Value = serde_json::from_slice(without_mark(&answer.body)).unwrap_or_default();
        let text = |value: &Value| {
            value
                .as_str()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let field = |name: &str| text(&body[name]);
        // App Service's words are not OAuth's, and some services nest theirs.
        let error = field("error").or_else(|| text(&body["error"]["code"]));
        let error = error.or_else(|| field("message").filter(|_| via == Via::Direct));
        let description = field("error_description").or_else(|| text(&body["error"]["message"]));
        let description = description.unwrap_or_default();
        let code = |value: &Value| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
        let codes = &body["error_codes"];
        let mut error_codes: Vec<i64> = match codes.as_array() {
            Some(list) => list.iter().filter_map(code).collect(),
            None => code(codes).into_iter().collect(),
        };
        // The words have the number too, and in some answers they alone.
        error_codes.extend(number_in(&description, "AADSTS"));
        Self {
            error: error.unwrap_or_default(),
            error_description: description,
            error_codes,
            trace_id: field("trace_id"),
            correlation_id: field("correlation_id"),
        }
    }

    /// Whether it says nothing that a sign-in service says.
    fn is_empty(&self) -> bool {
        self.error.is_empty() && self.error_codes.is_empty() && self.msis().is_none()
    }

    /// The number of AD FS, which answers in Entra ID's place where an organisation runs its own.
    fn msis(&self) -> Option<i64> {
        number_in(&self.error_description, "MSIS")
    }
}

/// Some gateways put a byte order mark in front of a JSON.
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
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
    if refusal.is_empty() {
        let text = String::from_utf8_lossy(&answer.body);
        let words = crate::outcome::refusal::excerpt(&text);
        let challenge = crate::outcome::refusal::challenge(answer);
        return format!("the token endpoint answered {status}{words}{challenge}");
    }
    let who = match via {
        Via::Network if refusal.msis().is_some() => "AD FS",
        Via::Network => "Entra ID",
        Via::Direct => "the machine's identity service",
    };
    let mut message = format!("{who} refused the sign-in with {status}");
    if !refusal.error.is_empty() {
        message.push_str(&format!(": {}", refusal.error));
    }
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
    message.push_str(&crate::outcome::refusal::challenge(answer));
    message
}

/// What to do, by the number where it is known, by the OAuth error where it is not.
fn help(refusal: &Refusal, ask: &TokenRequest) -> String {
    let codes = &refusal.error_codes;
    if ask.via == Via::Direct {
        let resource = codes.iter().any(|code| [500_011, 50_001, 70_011].contains(code));
        let help = if resource || refusal.error == "invalid_resource" {
            "check `scope`, or leave it out: this tenant does not know the resource"
        } else {
            NO_SUCH_IDENTITY
        };
        return help.to_owned();
    }
    if codes.iter().any(|code| OTHER_CLOUD.contains(code)) {
        return cloud::cure(ask.request.host(), &ask.resource);
    }
    if let Some(code) = refusal.msis() {
        return by_msis_number(code).to_owned();
    }
    let known = codes
        .iter()
        .find_map(|code| by_number(*code, &refusal.error_description));
    let help = match (known, refusal.error.as_str()) {
        (Some(help), _) => help,
        (_, "invalid_client") => {
            "check `client_id` and the credential: it may have expired or belong to another application"
        }
        (_, "unauthorized_client") => "check `client_id` and `tenant_id`: the application is not known in this tenant",
        (_, "invalid_scope" | "invalid_resource") => "check `scope`, or leave it out: its default follows `url`",
        (_, "invalid_grant") => "the grant has expired, was revoked or was used already; get a new one",
        (_, "interaction_required") => {
            "a person has to sign in or consent first; use an application's credential for unattended runs"
        }
        _ if codes.is_empty() => {
            "check the asset's fields for signing in, and that `token_url` or `login_url` is Entra ID's; the ids in the message are what support asks for"
        }
        _ => {
            "look the AADSTS number up at https://login.microsoftonline.com/error; the ids in the message are what support asks for"
        }
    };
    help.to_owned()
}

const NO_SUCH_IDENTITY: &str = "check that this machine has the identity (Azure portal, Identity) and that `managed_identity` names it; the system-assigned one is `system`";

const NO_IDENTITIES_HERE: &str = "nothing was changed; managed identities are there on Azure's machines alone: check that this one runs on Azure, or sign in another way";
