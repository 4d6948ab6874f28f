//! What a failed call to the Defender API tells its reader: Microsoft's code, message and tracking id, and what to do next.

use serde::Deserialize;

use crate::http::{Fault, FaultKind, Response, TlsFault};
use crate::outcome::error::{Error, Failure, Name, READ_FIRST};

/// Defender's error body.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    code: String,
    message: String,
    target: Option<String>,
}

/// Puts an answer that does not say the update was applied into words and into the caller's reaction.
#[must_use]
pub fn from_answer(answer: Response) -> Error {
    let message = message(&answer);
    let retry_after_secs = crate::http::wait_asked_for(&answer).map(|wait| wait.as_secs_f64().ceil() as u64);
    let (name, help) = reaction(answer.status);
    let help = match (name, retry_after_secs) {
        (Name::TooManyRequests, Some(secs)) => format!("{help}; run it again in {secs} s"),
        (Name::TooManyRequests, None) => format!("{help}; run it again in a minute"),
        (Name::Forbidden, _) => format!("{help}; `--check` shows what the token carries"),
        _ => help.to_owned(),
    };
    let failure = Failure {
        answer: Some(Box::new(answer)),
        retry_after_secs,
        ..Failure::new(name, message, help)
    };
    match name {
        Name::TooManyRequests => Error::Unavailable(failure),
        // A service that asks for a wait has turned the update away.
        Name::ServerError
            if failure.answer.as_ref().is_some_and(|answer| answer.status == 503) && retry_after_secs.is_some() =>
        {
            let help = format!(
                "nothing was changed; run it again in {} s",
                retry_after_secs.unwrap_or_default()
            );
            Error::Unavailable(Failure { help, ..failure })
        }
        Name::ServerError => Error::Unknown(failure),
        _ => Error::Refused(failure),
    }
}

/// Puts a request of which no byte left this machine into words.
#[must_use]
pub fn unsent(fault: &Fault, what: &str) -> Error {
    let message = format!("{what} failed: {fault}");
    match fault.kind {
        // Whatever broke the handshake may pass, and was tried again.
        FaultKind::Tls(TlsFault::Other) => {
            Error::Unavailable(Failure::new(Name::TlsFailed, message, tls_help(TlsFault::Other)))
        }
        FaultKind::Tls(tls) => Error::Refused(Failure::new(Name::TlsFailed, message, tls_help(tls))),
        FaultKind::TimedOut => {
            let help = "nothing was changed; run it again later, or raise `timeout_secs` or `connect_timeout_secs`";
            Error::Unavailable(Failure::new(Name::TimedOut, message, help))
        }
        FaultKind::Unreadable => {
            let help = "check the URL: what answered does not speak HTTP as it should";
            Error::Unavailable(Failure::new(Name::AnswerUnreadable, message, help))
        }
        FaultKind::Proxy => {
            let help = "check `http_proxy` or `HTTPS_PROXY`, the user and password in it, and that the proxy reaches the host; nothing was changed";
            Error::Unavailable(Failure::new(Name::ConnectionFailed, message, help))
        }
        FaultKind::ProxyRefused => {
            let help = "check the user and password in `http_proxy` or `HTTPS_PROXY`, and that the proxy lets this machine through to the host; nothing was changed";
            Error::Refused(Failure::new(Name::ConnectionFailed, message, help))
        }
        FaultKind::Lookup => {
            let help = "check the host's name in the asset's URLs and this machine's name lookup; nothing was changed";
            Error::Unavailable(Failure::new(Name::ConnectionFailed, message, help))
        }
        FaultKind::Connect | FaultKind::Broken => {
            let help =
                "check that this machine may reach the host, directly or through `http_proxy`; nothing was changed";
            Error::Unavailable(Failure::new(Name::ConnectionFailed, message, help))
        }
    }
}

/// Puts a write of which some bytes left this machine, and that got no answer, into words.
#[must_use]
pub fn lost(fault: &Fault) -> Error {
    let name = match fault.kind {
        FaultKind::TimedOut => Name::TimedOut,
        FaultKind::Unreadable => Name::AnswerUnreadable,
        _ => Name::ConnectionLost,
    };
    let message = format!("the update was sent, but no answer came: {fault}");
    Error::Unknown(Failure::new(name, message, READ_FIRST))
}

/// Puts an applied update whose answer could not be read into words.
#[must_use]
pub fn unread(answer: Response) -> Error {
    let problem = answer.unreadable.clone().unwrap_or_default();
    let message = format!(
        "the update was applied ({}), but its answer could not be read: {problem}",
        answer.status
    );
    let help = "do not repeat it; read the incident for its present state";
    Error::Unread(Failure {
        answer: Some(Box::new(answer)),
        ..Failure::new(Name::AnswerUnreadable, message, help)
    })
}

/// The first words of a text that may be a page of HTML, for a message.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(EXCERPT_CHARS) {
        _ if words.is_empty() => String::new(),
        Some((end, _)) => format!(": {}…", words.get(..end).unwrap_or_default()),
        None => format!(": {words}"),
    }
}

/// Where a redirect points to.
pub(crate) fn location(answer: &Response) -> Option<String> {
    let location = answer
        .header("Location")
        .filter(|_| (300..400).contains(&answer.status))?;
    Some(excerpt(location).trim_start_matches(": ").to_owned())
}

fn message(answer: &Response) -> String {
    let status = format!("{} {}", answer.status, answer.reason);
    let status = status.trim();
    if let Some(location) = location(answer) {
        return format!("Defender answered {status} and points to {location}");
    }
    if let Some(problem) = &answer.unreadable {
        return format!("Defender answered {status}, and its words could not be read: {problem}");
    }
    match serde_json::from_slice::<Body>(&answer.body) {
        Ok(Body { error }) if !error.message.is_empty() || !error.code.is_empty() => {
            let tracking = error
                .target
                .map(|target| format!(" (tracking id {target})"))
                .unwrap_or_default();
            format!(
                "Defender answered {status}: {}: {}{tracking}",
                error.code, error.message
            )
        }
        _ => format!(
            "Defender answered {status}{}",
            excerpt(&String::from_utf8_lossy(&answer.body))
        ),
    }
}

fn reaction(status: u16) -> (Name, &'static str) {
    match status {
        300..400 => (
            Name::Redirected,
            "redirects are not followed, since they turn an update into a read; set `url` to where the API is",
        ),
        400 => (
            Name::BadRequest,
            "check the values of `json_body`; Microsoft's words are in the message, and its tracking id is what support asks for",
        ),
        401 => (
            Name::Unauthorized,
            "the access token was not accepted: check that `scope` belongs to `url`, and that an `access_token` of the asset is still valid; `--check` shows what the token is for",
        ),
        403 => (Name::Forbidden, GRANT_PERMISSION),
        404 => (
            Name::NotFound,
            "check `path_parameters.id`, and that `url` and `tenant_id` belong to the tenant that has the incident",
        ),
        429 => (
            Name::TooManyRequests,
            "the quota is 50 updates a minute and 1500 an hour for an application in a tenant",
        ),
        408 | 500.. => (Name::ServerError, READ_FIRST),
        _ => (
            Name::UnexpectedStatus,
            "this API does not document that status; check `url`",
        ),
    }
}

fn tls_help(fault: TlsFault) -> &'static str {
    match fault {
        TlsFault::UnknownIssuer => {
            "if a proxy of yours inspects TLS, set `ca_certificate` or `ca_certificate_path` to its CA's certificate; otherwise somebody is in between"
        }
        TlsFault::Expired => {
            "the server's certificate is outside its validity: check this machine's clock, then tell whoever runs that server"
        }
        TlsFault::CaAsServer => {
            "the server shows a CA's own certificate, which no setting makes a server's: have it show one that this CA has signed, and set `ca_certificate` or `ca_certificate_path` to the CA's"
        }
        TlsFault::WrongHost => "the certificate is for another host: check `url`, `login_url` and `token_url`",
        TlsFault::Other => {
            "check that the URL's host and port speak TLS 1.2 or 1.3, and that nothing in between breaks it; nothing was changed"
        }
    }
}

/// What an application lacks that may not update incidents.
pub(crate) const GRANT_PERMISSION: &str = "give the application the permission `Incident.ReadWrite.All` of Microsoft Threat Protection (where a user signs in, the delegated `Incident.ReadWrite`) and have an administrator consent to it";

const EXCERPT_CHARS: usize = 200;
