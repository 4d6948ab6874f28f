//! A listener at the end of ureq's transport chain. It sees what ureq does not pass on: the answer's head as it was on
//! the wire (names in their own case, the reason phrase), and whether a byte of the request left this machine.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::fault::{Fault, FaultKind, Sent};
use super::tls;

/// What was seen of one request.
#[derive(Clone)]
pub(super) struct Wire {
    seen: Arc<Mutex<Seen>>,
    /// The proxy in between, as it may be shown.
    proxy: Option<String>,
}

#[derive(Default)]
struct Seen {
    connected: bool,
    bytes_out: bool,
    head: Option<Head>,
}

/// The head of an answer, as it was on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The reason phrase.
    pub reason: String,
    /// The header fields.
    pub headers: Vec<(String, String)>,
}

/// A transport that is listened to.
pub(super) struct Listener<T> {
    inner: T,
    /// None on the way to a proxy: only what reaches the target counts.
    wire: Option<Wire>,
}

impl Wire {
    /// For one request, which goes through a proxy or does not.
    pub(super) fn new(proxy: Option<String>) -> Self {
        Self {
            seen: Arc::default(),
            proxy,
        }
    }

    /// The answer's head; empty where none was seen.
    pub(super) fn head(&self) -> Head {
        self.seen().head.clone().unwrap_or_default()
    }

    /// Puts an error of the HTTP crate into our terms.
    pub(super) fn fault(&self, error: &ureq::Error) -> Fault<String> {
        let (connected, bytes_out) = {
            let seen = self.seen();
            (seen.connected, seen.bytes_out)
        };
        let kind = match error {
            ureq::Error::Timeout(_) => FaultKind::TimedOut,
            ureq::Error::ConnectProxyFailed(said) if proxy_status(said).is_some_and(is_final) => {
                FaultKind::ProxyRefused
            }
            ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => FaultKind::Proxy,
            ureq::Error::Io(io) if self.proxy.is_some() && !connected && refused_by_socks(io) => {
                FaultKind::ProxyRefused
            }
            ureq::Error::HostNotFound => FaultKind::Lookup,
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::BodyExceedsLimit(_)
                if connected =>
            {
                FaultKind::Unreadable
            }
            ureq::Error::Protocol(_) => FaultKind::Proxy,
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => FaultKind::Tls(tls::fault(error)),
            ureq::Error::Io(io) if tls::cause(io).is_some() && !connected => FaultKind::Tls(tls::fault(error)),
            ureq::Error::Io(io) if !connected && io.to_string().contains("lookup address") => FaultKind::Lookup,
            _ if connected => FaultKind::Broken,
            _ => FaultKind::Connect,
        };
        // Where there is a proxy, it is the proxy that is looked up and connected to.
        let kind = match (kind, &self.proxy) {
            (FaultKind::Lookup | FaultKind::Connect, Some(_)) => FaultKind::Proxy,
            _ => kind,
        };
        let by_way = match &self.proxy {
            Some(proxy) if !connected => format!("by way of the proxy `{proxy}`: "),
            _ => String::new(),
        };
        let sent = if bytes_out { Sent::Perhaps } else { Sent::Nothing };
        Fault {
            kind,
            sent,
            detail: format!("{by_way}{}", describe(error)),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Plain flags: a panic elsewhere cannot have left them half-written.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve) => "the host's name was not looked up in time".to_owned(),
        ureq::Error::Timeout(ureq::Timeout::Connect) => "no connection within `connect_timeout_secs`".to_owned(),
        ureq::Error::Timeout(_) => "no answer within the time limit".to_owned(),
        ureq::Error::Io(io) if io.kind() == io::ErrorKind::UnexpectedEof => {
            "the other end closed the connection".to_owned()
        }
        ureq::Error::Io(io) => io.to_string(),
        ureq::Error::BodyExceedsLimit(limit) => format!("the answer is larger than {limit} bytes"),
        ureq::Error::ConnectProxyFailed(said) => match proxy_status(said) {
            Some(status) => format!("it answered {status}"),
            None => "it did not answer".to_owned(),
        },
        _ => error.to_string(),
    }
}

/// The status with which a proxy refused, out of the HTTP crate's words: `... responded 407/407`.
fn proxy_status(said: &str) -> Option<u16> {
    said.rsplit_once('/')?.1.parse().ok()
}

/// How a SOCKS proxy's refusals come out of the HTTP crate: as errors that are not the system's, in its own words.
fn refused_by_socks(io: &io::Error) -> bool {
    const WORDS: [&str; 2] = ["connection not allowed by ruleset", "no acceptable auth methods"];
    io.raw_os_error().is_none()
        && (io.kind() == io::ErrorKind::PermissionDenied || WORDS.contains(&io.to_string().as_str()))
}

/// Whether asking again would get the same: a wrong password that is tried again and again locks its account.
fn is_final(status: u16) -> bool {
    (300..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

impl<In: Transport> Connector<In> for Wire {
    type Out = Listener<In>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        // For the leg to a CONNECT proxy ureq runs the chain once more, with a configuration that has no proxy in it.
        let to_target = details.config.proxy().is_some() == self.proxy.is_some();
        if to_target && chained.is_some() {
            self.seen().connected = true;
        }
        Ok(chained.map(|inner| Listener {
            inner,
            wire: to_target.then(|| self.clone()),
        }))
    }
}

impl<T: Transport> Transport for Listener<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if let Some(wire) = &self.wire {
            // Before the attempt: a write that fails half-way has sent something.
            wire.seen().bytes_out |= amount > 0;
        }
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let more = self.inner.await_input(timeout)?;
        if let Some(wire) = &self.wire {
            let input = self.inner.buffers().input();
            let mut seen = wire.seen();
            if seen.head.is_none() {
                seen.head = final_head(input);
                // A full buffer takes no more bytes, which ureq would take for the end of the connection.
                if !more && seen.head.is_none() && input.len() >= INPUT_BYTES {
                    return Err(ureq::Error::LargeResponseHeader(input.len(), INPUT_BYTES));
                }
            }
        }
        Ok(more)
    }

    /// Asked once an answer is read, whether the connection can serve another request. None ever does, and to find out
    /// would take a tick of the kernel's clock: several milliseconds, more than all the rest of a call on a short line.
    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl<T> fmt::Debug for Listener<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

fn final_head(input: &[u8]) -> Option<Head> {
    final_head_and_length(input).map(|(_, head, _)| head)
}

/// The first head that is not interim (RFC 9110, 15.2), its status, and where it ends: several may have arrived in one read.
pub(super) fn final_head_and_length(input: &[u8]) -> Option<(u16, Head, usize)> {
    let mut start = 0;
    loop {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut head = httparse::Response::new(&mut fields);
        let Ok(httparse::Status::Complete(length)) = head.parse(input.get(start..)?) else {
            return None;
        };
        start += length;
        if let Some(status) = head.code.filter(|code| *code >= 200) {
            let headers = head
                .headers
                .iter()
                .map(|field| (field.name.to_owned(), text(field.value)))
                .collect();
            return Some((
                status,
                Head {
                    reason: head.reason.unwrap_or_default().to_owned(),
                    headers,
                },
                start,
            ));
        }
    }
}

/// Field values are ASCII by the standard, and UTF-8 or Latin-1 by those who break it.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// What an answer's head may hold, and what is read at once. A run moves a few kilobytes twice; the crate's default of
/// 128 KiB each way costs more to clear than to use.
pub(super) const INPUT_BYTES: usize = 32 * 1024;

/// What ureq takes; an answer with more is refused by it.
const MAX_FIELDS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interim_heads_are_passed_over() {
        let both = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 Nearly All Right\r\nOData-Version: 4.0\r\nX: \xe9\r\n\r\n{}";
        let head = final_head(both).unwrap();
        assert_eq!(head.reason, "Nearly All Right");
        assert_eq!(
            head.headers,
            [("OData-Version".into(), "4.0".into()), ("X".into(), "é".into())]
        );
    }

    #[test]
    fn half_a_head_is_none_yet() {
        assert_eq!(final_head(b"HTTP/1.1 200 OK\r\nDa"), None);
        assert_eq!(final_head(b"HTTP/1.1 103 x\r\n\r\n"), None);
        assert_eq!(final_head(b""), None);
    }
}
