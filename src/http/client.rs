//! Sends requests. One request goes out at most once: redirects are not followed, nothing is retried here, and every failure
//! says whether a byte of the request left this machine.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};

use super::ahead::{Ahead, Leave};
use super::deadline::deadline;
use super::fault::{Fault, FaultKind, Sent};
use super::head::Head;
use super::kept::Kept;
use super::line::{INPUT_BYTES, Line, OUTPUT_BYTES};
use super::network::Network;
use super::request::Request;
use super::response::{Received, Response};
use super::road::Road;
use super::seen::Seen;
use super::socket::Impatience;
use super::{coding, tls};
#[cfg(feature = "fuzzing")]
use crate::ground::cleaned::Author;
use crate::ground::cleaned::{Gate, Words};
use crate::ground::service_url::ServiceUrl;

/// How long one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All of connecting: the name lookup, TCP, the proxy's leave, TLS.
    pub connect: Duration,
    /// Everything, to the last byte of the answer.
    pub total: Duration,
}

impl Limits {
    fn to_connect(self) -> Duration {
        self.connect.min(self.total)
    }
}

/// Sends requests over one [`Network`].
pub struct Client<'a> {
    network: &'a Network,
    tls: tls::Connector,
    ahead: Ahead,
    kept: Kept,
    /// What the network's proxy said first.
    leave: Leave,
    /// What another client of the same way has open ahead, and gives up where this one gets no answer.
    rival: Option<Ahead>,
}

impl<'a> Client<'a> {
    /// A client for one network; nothing is opened yet.
    #[must_use]
    pub fn new(network: &'a Network) -> Self {
        Self {
            network,
            tls: tls::Connector::new(&network.tls),
            ahead: Ahead::default(),
            kept: Kept::default(),
            leave: Leave::default(),
            rival: None,
        }
    }

    /// The same way out for requests to another service, which leave alone what is opened ahead, be it for the same host;
    /// unless they get no answer beside it.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            network: self.network,
            tls: self.tls.clone(),
            ahead: Ahead::default(),
            kept: Kept::default(),
            leave: self.leave.clone(),
            rival: Some(self.ahead.clone()),
        }
    }

    /// Starts opening a connection for the next request to `service`, while others are talked to. Nothing is sent.
    pub fn open_ahead(&self, service: &ServiceUrl, limits: Limits) {
        let proxy = self.network.proxy_for(service.uri());
        let leave = proxy.is_some().then(|| (self.leave.clone(), limits.total));
        let (uri, tls, granted) = (service.uri().clone(), self.tls.clone(), self.leave.clone());
        self.ahead.open(service.uri().clone(), leave, move || {
            let road = Road {
                uri: &uri,
                proxy: proxy.as_ref(),
                tls: &tls,
                until: Instant::now() + limits.to_connect(),
                leave: &granted,
                impatience: None,
            };
            road.open()
        });
    }

    /// Sends one request, at most once, over the connection of the answer just before, or one of its own. What comes back has been through the gate.
    ///
    /// # Errors
    /// [`Fault`] where no answer's head arrived. A body that could not be read is no error here: the status says what
    /// became of the request, and [`Response::unreadable`] says what is missing.
    pub fn send(&self, request: &Request, limits: Limits, gate: &Gate) -> Result<Response, Fault> {
        match self.receive(request, limits) {
            Ok(received) => Ok(received.cleaned(gate, request.author())),
            Err(fault) => Err(fault.cleaned(gate, request.author())),
        }
    }

    fn receive(&self, request: &Request, limits: Limits) -> Result<Received, Fault<Words>> {
        request.check_lengths(OUTPUT_BYTES).map_err(|detail| Fault {
            kind: FaultKind::Unsendable,
            sent: Sent::Nothing,
            detail: detail.into(),
        })?;
        let seen = Seen::default();
        let agent = self.agent(request, limits, &seen);
        let outcome = match &request.body {
            Some(body) => request.message(body.as_slice()).and_then(|message| agent.run(message)),
            None => request.message(()).and_then(|message| agent.run(message)),
        };
        let mut answer = outcome.map_err(|error| seen.fault(&error))?;
        let body = answer.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_vec();
        let head = seen.head().unwrap_or_default();
        let decoded = match &head.problem {
            Some(problem) => Err(problem.clone().into()),
            None => body
                .map_err(|error| seen.fault(&error).detail)
                .and_then(|raw| coding::decode(raw, head.expose_codings(), MAX_BODY_BYTES).map_err(Words::from)),
        };
        Ok(response(*head, decoded))
    }

    fn agent(&self, request: &Request, limits: Limits, seen: &Seen) -> ureq::Agent {
        let proxy = self.network.proxy_for(&request.uri);
        let rival = self.rival.clone().map(|ahead| Impatience {
            from: Instant::now() + LONGEST_PATIENCE.min(limits.total / 2),
            act: Arc::new(move || ahead.give_up()),
        });
        let way = Way {
            proxy,
            tls: self.tls.clone(),
            ahead: self.ahead.clone(),
            kept: self.kept.clone(),
            leave: self.leave.clone(),
            seen: seen.clone(),
            impatience: rival,
        };
        ureq::Agent::with_parts(config(limits), way, NoLookup)
    }
}

/// The whole way to a service, as the HTTP crate's only link.
struct Way {
    proxy: Option<ureq::Proxy>,
    tls: tls::Connector,
    ahead: Ahead,
    kept: Kept,
    leave: Leave,
    seen: Seen,
    impatience: Option<Impatience>,
}

impl Connector<()> for Way {
    type Out = Line;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Line>, ureq::Error> {
        let line = |stream, is_used| {
            let keep = (self.kept.clone(), details.uri.clone());
            Ok(Some(Line::new(stream, self.seen.clone(), keep, is_used)))
        };
        if let Some(stream) = self.kept.take(details.uri) {
            return line(stream, true);
        }
        let until = deadline(details.timeout);
        let road = Road {
            uri: details.uri,
            proxy: self.proxy.as_ref(),
            tls: &self.tls,
            until,
            leave: &self.leave,
            impatience: self.impatience.clone(),
        };
        let opened = match self.ahead.take(details.uri, until) {
            Ok(Some(stream)) => Ok(stream),
            Ok(None) => road.open(),
            Err(fault) => Err(fault),
        };
        let stream = opened.map_err(|fault| self.seen.fail(fault))?;
        line(stream, false)
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Way")
    }
}

/// The road looks names up itself, within the limit for connecting.
#[derive(Debug)]
struct NoLookup;

impl Resolver for NoLookup {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

fn config(limits: Limits) -> Config {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .accept_encoding(coding::OFFERED)
        .input_buffer_size(INPUT_BYTES)
        .output_buffer_size(OUTPUT_BYTES)
        .max_idle_connections(0)
        .timeout_global(Some(limits.total))
        .timeout_connect(Some(limits.to_connect()))
        .build()
}

fn response(head: Head, decoded: Result<Vec<u8>, Words>) -> Received {
    let (body, unreadable) = match decoded {
        Ok(body) => (body, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    Received {
        status: head.status,
        reason: head.reason,
        headers: head.fields,
        body,
        unreadable,
    }
}

/// An answer in one piece, read by the same parts as one that comes over a connection.
#[cfg(feature = "fuzzing")]
pub(crate) fn answer_of(bytes: &[u8], gate: &Gate, author: Author) -> Option<Response> {
    let super::head::Found::Whole(head, length) = super::head::find(bytes) else {
        return None;
    };
    let decoded = match &head.problem {
        Some(problem) => Err(problem.clone().into()),
        None => {
            coding::decode(bytes.get(length..)?.to_vec(), head.expose_codings(), MAX_BODY_BYTES).map_err(Words::from)
        }
    };
    Some(response(*head, decoded).cleaned(gate, author))
}

/// What an answer may hold after decoding; the largest incidents seen are a fraction of it.
const MAX_BODY_BYTES: u64 = 32 * 1024 * 1024;

/// So long a sign-in is waited for before the connection that is open ahead is taken for what is in its way.
const LONGEST_PATIENCE: Duration = Duration::from_secs(3);
