//! What a request that got no answer, and an answer in foreign words, tell their reader.

use serde_json::Value;

use crate::http::{Fault, FaultKind, ProxyRefusal, Response, TlsFault};
use crate::outcome::error::{Error, Failure, Name, READ_FIRST};
use crate::outcome::page;

/// Puts a request of which no byte left this machine into words.
#[must_use]
pub fn unsent(fault: &Fault, what: &str) -> Error {
    let message = format!("{what} failed: {fault}");
    let (name, help) = name_and_help(fault.kind);
    let failure = Failure::new(name, message, help);
    if fault.kind.may_pass() {
        Error::Unavailable(failure)
    } else {
        Error::Refused(failure)
    }
}

fn name_and_help(kind: FaultKind) -> (Name, String) {
    let (name, help) = match kind {
        FaultKind::ProxyTls(TlsFault::NoTls) => (
            Name::TlsFailed,
            "write `http://` in front of the proxy in `http_proxy` or `HTTPS_PROXY`: it is asked without TLS, and what goes through it to the host is under TLS all the same; nothing was changed",
        ),
        FaultKind::ProxyTls(tls) if !tls.may_pass() => {
            let help = format!(
                "this is about the proxy in `http_proxy` or `HTTPS_PROXY`, not about the host: {}",
                tls_help(tls)
            );
            return (Name::TlsFailed, help);
        }
        FaultKind::Tls(tls) | FaultKind::ProxyTls(tls) => (Name::TlsFailed, tls_help(tls)),
        FaultKind::ClientRefused => (Name::TlsFailed, CLIENT_REFUSED),
        FaultKind::Unsendable => (
            Name::BadRequest,
            "no server takes that: check the access token, the URL and the identity's header for something that does not belong there; nothing was sent",
        ),
        FaultKind::TimedOut => (
            Name::TimedOut,
            "nothing was changed; run it again later; if it stays so, raise `timeout_secs` or `connect_timeout_secs`",
        ),
        FaultKind::Unreadable => (
            Name::AnswerUnreadable,
            "check the URL: what answered does not speak HTTP as it should",
        ),
        FaultKind::Proxy => (
            Name::ConnectionFailed,
            "check `http_proxy` or `HTTPS_PROXY`, the user and password in it, and that the proxy reaches the host; nothing was changed",
        ),
        FaultKind::ProxyRefused(why) => (Name::ConnectionFailed, proxy_help(why)),
        FaultKind::Lookup => (
            Name::ConnectionFailed,
            "check the host's name in the asset's URLs and this machine's name lookup; nothing was changed",
        ),
        FaultKind::NoThread => (
            Name::ConnectionFailed,
            "this user, or this container, may start no more processes and threads: raise that limit (`ulimit -u`, `pids.max`, `--pids-limit`); nothing was changed; run it again",
        ),
        FaultKind::Connect | FaultKind::Broken | FaultKind::Uncertified => (
            Name::ConnectionFailed,
            "check that this machine may reach the host, directly or through `http_proxy`; nothing was changed",
        ),
    };
    (name, help.to_owned())
}

/// A server that refused this client before it took any request.
#[must_use]
pub fn client_refused(message: String) -> Error {
    Error::Refused(Failure::new(Name::TlsFailed, message, CLIENT_REFUSED))
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

/// What an answer that is not the service's shows, for a message: its first words, and the title of a page.
#[must_use]
pub fn shown_page(answer: &Response) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    match page::words(&text) {
        Some(words) => format!(" (a web page{})", shortened(&words, EXCERPT_CHARS)),
        None => match shortened(&text, EXCERPT_CHARS) {
            none if none.is_empty() => none,
            words => format!(" (`{}`)", words.trim_start_matches(": ")),
        },
    }
}

/// The first words of a text, or the title and the first words of a page of HTML, for a message.
#[must_use]
pub fn excerpt(text: &str) -> String {
    match page::words(text) {
        Some(words) => format!(" with a web page{}", shortened(&words, EXCERPT_CHARS)),
        None => shortened(text, EXCERPT_CHARS),
    }
}

/// What a service asks for besides the token, or has against it, where it says so in the head alone (RFC 9110, 11.6.1): the
/// claims that a policy wants are there and nowhere else.
#[must_use]
pub fn challenge(answer: &Response) -> String {
    let asked: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("WWW-Authenticate"))
        .map(|(_, value)| &**value)
        .collect();
    let asked = asked.join(", ");
    // A bare scheme says nothing that the status does not.
    if asked.contains('=') {
        format!(" (WWW-Authenticate{})", shortened(&asked, CHALLENGE_CHARS))
    } else {
        String::new()
    }
}

/// What to do where the answer is not about the request's own content or permission: a page that something in front of the
/// service shows in its place, or a policy's wish for more than the token proves.
#[must_use]
pub fn foreign_help(answer: &Response) -> Option<&'static str> {
    let page = || {
        let body: Result<Value, _> = serde_json::from_slice(&answer.body);
        let message = body
            .as_ref()
            .ok()
            .and_then(|body| body.pointer("/error/message")?.as_str());
        // Some put the page into a message of the API's own form.
        message.is_some_and(|message| page::words(message).is_some())
            || page::words(&String::from_utf8_lossy(&answer.body)).is_some()
    };
    match answer.status {
        403 if page() => {
            return Some(
                "a web page came in the API's place: a proxy or a firewall in front of it may have refused the request, so ask whoever runs it, with the page's words; nothing was changed",
            );
        }
        404 if page() => {
            return Some(
                "a web page came in the API's place: check `url`, since what answers there does not have the API at this path; nothing was changed",
            );
        }
        _ => {}
    }
    let claims = challenge(answer).contains("claims=");
    (answer.status == 401 && claims).then_some(
        "a Conditional Access policy wants more than this sign-in proves (`claims` in the message, a JSON in base64, says what): ask for an exception for the application, or run from an allowed network",
    )
}

/// On one line, after a colon.
fn shortened(text: &str, limit: usize) -> String {
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(limit) {
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
    Some(shortened(location, EXCERPT_CHARS).trim_start_matches(": ").to_owned())
}

fn proxy_help(why: ProxyRefusal) -> &'static str {
    match why {
        ProxyRefusal::Password => {
            "check the user and password in `http_proxy` or `HTTPS_PROXY`; they are shown once in a run, since more would lock an account; nothing was changed"
        }
        ProxyRefusal::NoPassword => {
            "write the user and password into `http_proxy` or `HTTPS_PROXY`, as in `http://user:password@host:port`; none was there to be shown; nothing was changed"
        }
        ProxyRefusal::Scheme => {
            "no user and password in `http_proxy` or `HTTPS_PROXY` helps: have the proxy let this machine through without one or by `Basic` (a SOCKS server by user and password), or run a local proxy in between that speaks its scheme; nothing was changed"
        }
        ProxyRefusal::Address => {
            "write `socks5h://` in `http_proxy` or `HTTPS_PROXY`, so that the proxy looks the host's name up and takes an address that it can reach; nothing was changed"
        }
        ProxyRefusal::Rules => {
            "have whoever runs the proxy in `http_proxy` or `HTTPS_PROXY` let this machine through to that host and port; nothing was changed"
        }
        ProxyRefusal::Portal => {
            "the proxy in `http_proxy` or `HTTPS_PROXY` wants a person to sign in at a page first: do that from this machine, or have it let through without; nothing was changed"
        }
        ProxyRefusal::NoProxy => {
            "check the scheme, host and port in `http_proxy` or `HTTPS_PROXY`: what answers there is no such proxy; nothing was changed"
        }
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
        TlsFault::MissingIntermediate => {
            "if that server belongs to others, have them send the whole chain, or put the missing intermediate certificate into `ca_certificate`; if a proxy of yours inspects TLS, set `ca_certificate` or `ca_certificate_path` to its CA's certificate; otherwise somebody is in between"
        }
        TlsFault::SelfSigned => {
            "if that server, or the proxy that inspects TLS, is yours, set `ca_certificate` or `ca_certificate_path` to this certificate; otherwise somebody is in between"
        }
        TlsFault::Signature => {
            "if the CA has made itself a new key, set `ca_certificate` or `ca_certificate_path` to its new certificate; if a key is too short, have whoever runs that server replace it; otherwise somebody is in between"
        }
        TlsFault::WrongHost => "the certificate is for another host: check `url`, `login_url` and `token_url`",
        TlsFault::Certificate => {
            "no setting changes that: tell whoever runs that server, or the proxy that inspects TLS, what the message says; nothing was changed"
        }
        TlsFault::NoTls => {
            "check that the URL's host and port speak TLS 1.2 or 1.3: a port for plain http, or something in between, has answered; nothing was changed"
        }
        TlsFault::Versions => {
            "that server, or what is in between, has to speak TLS 1.2 or 1.3 with a usual cipher, and to have a key of a usual kind (RSA, P-256, P-384, Ed25519); if it lets in only some clients, ask whoever runs it; nothing was changed"
        }
        TlsFault::Passing | TlsFault::Other => {
            "check that the URL's host and port speak TLS 1.2 or 1.3, and that nothing in between breaks it; nothing was changed"
        }
    }
}

const CLIENT_REFUSED: &str = "client certificates (mutual TLS) are not supported: have whoever runs that server let this client in without one, or check that the URL's host is the right one; nothing was changed";

const EXCERPT_CHARS: usize = 200;

/// A claims challenge is a JSON in base64, and of no use where it is cut.
const CHALLENGE_CHARS: usize = 1_000;
