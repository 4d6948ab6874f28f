//! CONNECT (RFC 9110, 9.3.6): asks an HTTP proxy for a tunnel. What it says is read whatever its length and form, and however
//! it breaks off, since a head that cannot be read is no reason to show a password again.

use std::io;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::body_length::Framing;
use super::fault::ProxyRefusal;
use super::head::{self, Found, Head};
use super::passing;
use super::socket::{self, Stream};
use crate::ground::cleaned::{Wire, Words};

/// Why there is no tunnel.
pub(super) enum Refusal {
    /// The proxy refused, and would again: why, and in words.
    Final(ProxyRefusal, Words),
    /// It could not, for now; in words.
    Passing(Words),
    /// The connection to it broke, or took too long.
    Broken(io::Error),
}

/// Asks the proxy at the other end for a tunnel to `host:port`.
pub(super) fn open(
    stream: &mut dyn Stream,
    user: Option<(&str, &str)>,
    target: &str,
    until: Instant,
) -> Result<(), Refusal> {
    ask(stream, user, target, until).map_err(|refusal| match refusal {
        // None was shown that could be a wrong one.
        Refusal::Final(ProxyRefusal::Password, said) if user.is_none() => {
            Refusal::Final(ProxyRefusal::NoPassword, said)
        }
        refusal => refusal,
    })
}

fn ask(stream: &mut dyn Stream, user: Option<(&str, &str)>, target: &str, until: Instant) -> Result<(), Refusal> {
    let mut request = Zeroizing::new(format!(
        "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {}\r\nProxy-Connection: Keep-Alive\r\n",
        super::request::USER_AGENT
    ));
    if let Some((name, password)) = user {
        let pair = Zeroizing::new(format!("{name}:{password}"));
        let coded = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&coded);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    socket::write_all(stream, request.as_bytes(), until).map_err(Refusal::Broken)?;
    let (head, mut rest) = answer(stream, until)?;
    if (200..300).contains(&head.status) {
        // Behind a tunnel nobody speaks before they are spoken to.
        if rest.is_empty() {
            return Ok(());
        }
        let said = Words::from(format!("it answered {} and a text of its own", head.status));
        return Err(Refusal::Final(ProxyRefusal::NoProxy, said.and_page(&rest)));
    }
    read_page(stream, &head, &mut rest, until);
    Err(refusal(&head, &rest))
}

fn answer(stream: &mut dyn Stream, until: Instant) -> Result<(Box<Head>, Vec<u8>), Refusal> {
    let mut input = Vec::new();
    let mut piece = [0; 2048];
    loop {
        match head::find(&input) {
            Found::Whole(head, length) => return Ok((head, input.split_off(length))),
            Found::NoHttp => {
                let said = Words::from("it does not speak HTTP").and_page(&input);
                return Err(Refusal::Final(ProxyRefusal::NoProxy, said));
            }
            Found::Partial(_) if input.len() > LONGEST_HEAD => {
                // A refusal is one however much is said with it.
                return Err(match head::cut_anywhere(&input) {
                    Some(head) if head.status >= 300 => refusal(&head, &[]),
                    _ => Refusal::Final(ProxyRefusal::NoProxy, "the head of its answer has no end".into()),
                });
            }
            Found::Partial(_) => {}
        }
        match socket::read(stream, &mut piece, until) {
            Ok(0) => return Err(broken_off(&input, || Refusal::Passing("it did not answer".into()))),
            Ok(amount) => input.extend_from_slice(piece.get(..amount).unwrap_or_default()),
            // However the rest was lost, by a reset, in silence or by TLS that broke: what came has been said.
            Err(error) => return Err(broken_off(&input, || Refusal::Broken(error))),
        }
    }
}

/// What an answer of which no more comes is taken for: its status counts as soon as that is there.
fn broken_off(input: &[u8], unsaid: impl FnOnce() -> Refusal) -> Refusal {
    head::cut_anywhere(input).map_or_else(unsaid, |head| refusal(&head, &[]))
}

/// The beginning of the proxy's page, as far as it comes at once: it only explains.
fn read_page(stream: &mut dyn Stream, head: &Head, page: &mut Vec<u8>, until: Instant) {
    let until = until.min(Instant::now() + A_WHILE);
    let length = match head.framing {
        Framing::Length(length) => usize::try_from(length).unwrap_or(MOST_OF_A_PAGE).min(MOST_OF_A_PAGE),
        _ => MOST_OF_A_PAGE,
    };
    let mut piece = [0; 2048];
    while page.len() < length {
        match socket::read(stream, &mut piece, until) {
            Ok(0) | Err(_) => return,
            Ok(amount) => page.extend_from_slice(piece.get(..amount).unwrap_or_default()),
        }
    }
}

fn refusal(head: &Head, page: &[u8]) -> Refusal {
    let said = said(head, page);
    match passing::by_status(head.status) {
        None => Refusal::Passing(said),
        Some(ProxyRefusal::Password) if expose_without_basic(head).is_some() => {
            Refusal::Final(ProxyRefusal::Scheme, said)
        }
        Some(why) => Refusal::Final(why, said),
    }
}

/// The schemes that a proxy takes passwords in, where `Basic` is none of them.
fn expose_without_basic(head: &Head) -> Option<Vec<&str>> {
    let offered: Vec<&str> = head
        .expose_values("Proxy-Authenticate")
        .flat_map(expose_schemes)
        .collect();
    let has_basic = offered.iter().any(|scheme| scheme.eq_ignore_ascii_case("Basic"));
    (!offered.is_empty() && !has_basic).then_some(offered)
}

/// What a proxy says of why not, in one line.
fn said(head: &Head, page: &[u8]) -> Words {
    let mut said = Words::from(format!("it answered {}", head.status));
    if !head.reason.expose().is_empty() {
        said = said.and(" ").and_quote(head.reason.clone());
    }
    if let Some(offered) = expose_without_basic(head).filter(|_| head.status == 407) {
        let offered = Wire::new(offered.join("` and `"));
        said = said.and("; it offers `").and_quote(offered);
        said = said.and("`, and only `Basic` is spoken here");
    }
    for (name, what) in [("X-Squid-Error", "; X-Squid-Error "), ("Location", "; it points to ")] {
        if let Some(value) = head.values(name).next() {
            said = said.and(what).and_quote(value.clone());
        }
    }
    said.and_page(page)
}

/// The names of the schemes in a challenge: each is the first word of a part, where that is followed by no `=`.
fn expose_schemes(challenge: &str) -> impl Iterator<Item = &str> {
    challenge.split(',').filter_map(|part| {
        let word = part.split_whitespace().next()?;
        (!word.contains('=') && !word.contains('"')).then_some(word)
    })
}

const A_WHILE: Duration = Duration::from_secs(1);
const MOST_OF_A_PAGE: usize = 8 * 1024;
const LONGEST_HEAD: usize = 64 * 1024;
