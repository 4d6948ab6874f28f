//! The road to a service: name lookup, TCP, a proxy's leave, TLS. One limit covers all of it, and whatever fails here, not
//! a byte of a request has left.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use http::Uri;
use ureq::{Proxy, ProxyProtocol};

use super::ahead::Leave;
use super::fault::{Fault, FaultKind, ProxyRefusal, Sent, TlsFault};
use super::network;
use super::socket::{Impatience, Socket, Stream};
use super::tls::{Connector, Refused};
use super::{lookup, socks, tunnel};
use crate::ground::cleaned::Words;
use crate::ground::service_url::bare;

/// What is needed for the way to one host.
pub(super) struct Road<'a> {
    pub(super) uri: &'a Uri,
    pub(super) proxy: Option<&'a Proxy>,
    pub(super) tls: &'a Connector,
    pub(super) until: Instant,
    /// Told what the proxy said first.
    pub(super) leave: &'a Leave,
    pub(super) impatience: Option<Impatience>,
}

impl Road<'_> {
    /// Opens it.
    pub(super) fn open(&self) -> Result<Box<dyn Stream>, Fault<Words>> {
        let opened = match self.proxy {
            None => self.directly(),
            Some(proxy) if is_socks(proxy) => self.by_socks(proxy),
            Some(proxy) => self.by_tunnel(proxy),
        };
        if self.proxy.is_some() {
            self.leave.settle(opened.is_ok());
        }
        opened
    }

    fn directly(&self) -> Result<Box<dyn Stream>, Fault<Words>> {
        let addresses = self.look_up(self.host(), self.port());
        let addresses = addresses.map_err(|error| self.failed(FaultKind::Lookup, &error, ""))?;
        let stream = self.connect(&addresses);
        let stream = stream.map_err(|error| self.failed(FaultKind::Connect, &error, ""))?;
        self.with_tls(stream)
    }

    fn by_tunnel(&self, proxy: &Proxy) -> Result<Box<dyn Stream>, Fault<Words>> {
        let mut stream = self.connect_proxy(proxy)?;
        if proxy.protocol() == ProxyProtocol::Https {
            stream = self.tls_to_proxy(proxy, stream)?;
        }
        let target = format!("{}:{}", self.host(), self.port());
        tunnel::open(&mut *stream, user(proxy), &target, self.until).map_err(|refusal| match refusal {
            tunnel::Refusal::Final(why, said) => self.fault(FaultKind::ProxyRefused(why), said),
            tunnel::Refusal::Passing(said) => self.fault(FaultKind::Proxy, said),
            tunnel::Refusal::Broken(error) => self.failed(FaultKind::Proxy, &error, ""),
        })?;
        // From here on the proxy has done its part.
        self.leave.settle(true);
        self.with_tls(stream)
    }

    fn tls_to_proxy(&self, proxy: &Proxy, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Fault<Words>> {
        match self.tls.open(proxy.host(), stream, self.until) {
            Ok(stream) => Ok(Box::new(stream)),
            Err(Refused::Tls(kind, words)) => {
                let fault = match kind {
                    FaultKind::Tls(fault) => fault,
                    _ => TlsFault::Other,
                };
                Err(self.fault(
                    FaultKind::ProxyTls(fault),
                    Words::from("TLS to the proxy itself: ").and_words(words),
                ))
            }
            Err(Refused::Below(error)) => Err(self.failed(FaultKind::Proxy, &error, "TLS to the proxy itself: ")),
        }
    }

    /// Without a name that the proxy looks up, one address after the other: a proxy's network may have no IPv6. Some proxies
    /// say yes before they know, and hang up instead.
    fn by_socks(&self, proxy: &Proxy) -> Result<Box<dyn Stream>, Fault<Words>> {
        let host = bare(self.host());
        let targets: Vec<socks::Target<'_>> = if proxy.resolve_target() {
            let found = self.look_up(self.host(), self.port());
            let found = found.map_err(|error| Fault {
                detail: in_words(&error, "").into(),
                ..self.failed(FaultKind::Lookup, &error, "")
            })?;
            found.into_iter().map(socks::Target::Address).collect()
        } else {
            let address = host.parse().map(|ip| SocketAddr::new(ip, self.port()));
            vec![address.map_or(socks::Target::Name(host, self.port()), socks::Target::Address)]
        };
        let mut left = targets.len();
        let mut last: Option<Fault<Words>> = None;
        for target in &targets {
            let road = Road {
                until: share(self.until, left),
                impatience: self.impatience.clone(),
                ..*self
            };
            match road.by_socks_to(proxy, target) {
                Err(fault) if is_about_the_address(fault.kind) => {
                    // What may pass is worth another try, whatever is said of the other addresses.
                    let stays = last.as_ref().is_some_and(|last| last.kind.may_pass());
                    last = last.filter(|_| stays && !fault.kind.may_pass()).or(Some(fault));
                }
                done => return done,
            }
            left -= 1;
        }
        Err(last.unwrap_or_else(|| self.fault(FaultKind::Lookup, "the name has no address")))
    }

    fn by_socks_to(&self, proxy: &Proxy, target: &socks::Target<'_>) -> Result<Box<dyn Stream>, Fault<Words>> {
        let mut stream = self.connect_proxy(proxy)?;
        socks::connect(&mut *stream, user(proxy), target, self.until).map_err(|refusal| match refusal {
            socks::Refusal::Final(why, said) => self.fault(FaultKind::ProxyRefused(why), said),
            socks::Refusal::Passing(said) => self.fault(FaultKind::Proxy, said),
            socks::Refusal::Broken(error) => self.failed(FaultKind::Proxy, &error, ""),
        })?;
        self.leave.settle(true);
        self.with_tls(stream)
    }

    fn connect_proxy(&self, proxy: &Proxy) -> Result<Box<dyn Stream>, Fault<Words>> {
        let addresses = self.look_up(proxy.host(), proxy.port());
        let addresses = addresses.map_err(|error| self.failed(FaultKind::Proxy, &error, ""))?;
        let stream = self.connect(&addresses);
        stream.map_err(|error| self.failed(FaultKind::Proxy, &error, ""))
    }

    fn with_tls(&self, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Fault<Words>> {
        if self.uri.scheme_str() != Some("https") {
            return Ok(stream);
        }
        match self.tls.open(self.host(), stream, self.until) {
            Ok(stream) => Ok(Box::new(stream)),
            Err(Refused::Tls(kind, words)) => Err(self.fault(kind, words)),
            Err(Refused::Below(error)) => Err(self.failed(FaultKind::Broken, &error, "in the TLS handshake: ")),
        }
    }

    /// One address after the other, each with half of what is left, the last with all of it.
    fn connect(&self, addresses: &[SocketAddr]) -> io::Result<Box<dyn Stream>> {
        let mut failed = io::ErrorKind::TimedOut.into();
        for (place, address) in addresses.iter().enumerate() {
            let within = share(self.until, addresses.len() - place).saturating_duration_since(Instant::now());
            if within.is_zero() {
                break;
            }
            match Socket::connect(*address, within, self.impatience.clone()) {
                Ok(socket) => return Ok(Box::new(socket)),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        lookup::addresses(host, port, self.until)
    }

    fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    fn port(&self) -> u16 {
        let of_scheme = if self.uri.scheme_str() == Some("https") {
            443
        } else {
            80
        };
        self.uri.port_u16().unwrap_or(of_scheme)
    }

    fn failed(&self, kind: FaultKind, error: &io::Error, place: &str) -> Fault<Words> {
        let kind = match error.kind() {
            // Where there is a proxy, it may be the proxy that is silent; what passed is the limit all the same.
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => FaultKind::TimedOut,
            io::ErrorKind::OutOfMemory => FaultKind::NoThread,
            _ => kind,
        };
        self.fault(kind, in_words(error, place))
    }

    fn fault(&self, kind: FaultKind, what: impl Into<Words>) -> Fault<Words> {
        let by_way = match self.proxy {
            Some(proxy) => format!("by way of the proxy `{}`: ", network::shown(proxy)),
            None => String::new(),
        };
        Fault {
            kind,
            sent: Sent::Nothing,
            detail: Words::from(by_way).and_words(what.into()),
        }
    }
}

fn in_words(error: &io::Error, place: &str) -> String {
    match error.kind() {
        // One of ours says more.
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock if error.get_ref().is_none() => {
            format!("{place}no connection within `connect_timeout_secs`")
        }
        io::ErrorKind::UnexpectedEof => format!("{place}the other end closed the connection"),
        _ => format!("{place}{error}"),
    }
}

/// The end of this one's share of the time, of so many that are left.
fn share(until: Instant, left: usize) -> Instant {
    if left <= 1 {
        return until;
    }
    let now = Instant::now();
    now + until.saturating_duration_since(now) / 2
}

/// Whether the next address of the same host may do better: a bastion's rules often allow IPv4 alone.
fn is_about_the_address(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Proxy
            | FaultKind::Broken
            | FaultKind::TimedOut
            | FaultKind::ProxyRefused(ProxyRefusal::Rules | ProxyRefusal::Address)
    )
}

fn is_socks(proxy: &Proxy) -> bool {
    matches!(proxy.protocol(), ProxyProtocol::Socks5 | ProxyProtocol::Socks5h)
}

fn user(proxy: &Proxy) -> Option<(&str, &str)> {
    let given = proxy.username().is_some() || proxy.password().is_some();
    given.then(|| {
        (
            proxy.username().unwrap_or_default(),
            proxy.password().unwrap_or_default(),
        )
    })
}
