//! Sends requests. One request goes out at most once: redirects are not followed, nothing is retried here, and every failure
//! says whether a byte of the request left this machine.

use std::time::Duration;

use super::fault::Fault;
use super::message::{Request, Response};
use super::network::{self, Network};
use super::wire::INPUT_BYTES;
use super::{ahead, coding, tls, wire};
use crate::ground::service_url::ServiceUrl;

/// How long one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The name lookup, and again connecting and TLS.
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
    ahead: ahead::Ahead,
}

impl<'a> Client<'a> {
    /// A client for one network; nothing is opened yet.
    #[must_use]
    pub fn new(network: &'a Network) -> Self {
        let tls = tls::Connector::new(&network.tls);
        Self {
            network,
            tls,
            ahead: ahead::Ahead::default(),
        }
    }

    /// The same way out for requests to another service, which leave alone what is opened ahead, be it for the same host.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            network: self.network,
            tls: self.tls.clone(),
            ahead: ahead::Ahead::default(),
        }
    }

    /// Starts opening a connection for the next request to `service`, while others are talked to. Nothing is sent.
    pub fn open_ahead(&self, service: &ServiceUrl, limits: Limits) {
        let config = config(self.network.proxy_for(service.uri()), limits);
        self.ahead
            .open(service.uri().clone(), config, self.tls.clone(), limits.to_connect());
    }

    /// Sends one request, at most once, over a connection of its own.
    ///
    /// # Errors
    /// [`Fault`] where no answer's head arrived. A body that could not be read is no error here: the status says what
    /// became of the request, and [`Response::unreadable`] says what is missing.
    pub fn send(&self, request: &Request, limits: Limits) -> Result<Response, Fault> {
        let proxy = self.network.proxy_for(&request.uri);
        let wire = wire::Wire::new(proxy.as_ref().map(network::shown));
        let agent = self.agent(proxy, limits, &wire);
        let outcome = match &request.body {
            Some(body) => request.message(body.as_slice()).and_then(|message| agent.run(message)),
            None => request.message(()).and_then(|message| agent.run(message)),
        };
        let mut answer = outcome.map_err(|error| wire.fault(&error))?;
        let body = answer.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_vec();
        let head = wire.head();
        let mut response = Response {
            status: answer.status().as_u16(),
            reason: head.reason,
            headers: head.headers,
            body: Vec::new(),
            unreadable: None,
        };
        let decoded = body
            .map_err(|error| wire.fault(&error).detail)
            .and_then(|raw| coding::decode(raw, response.fields("Content-Encoding"), MAX_BODY_BYTES));
        match decoded {
            Ok(body) => response.body = body,
            Err(problem) => response.unreadable = Some(problem),
        }
        Ok(response)
    }

    fn agent(&self, proxy: Option<ureq::Proxy>, limits: Limits, wire: &wire::Wire) -> ureq::Agent {
        use ureq::unversioned::transport::Connector as _;
        let chain = ahead::links(self.ahead.clone(), self.tls.clone()).chain(wire.clone());
        ureq::Agent::with_parts(config(proxy, limits), chain, self.ahead.names())
    }
}

fn config(proxy: Option<ureq::Proxy>, limits: Limits) -> ureq::config::Config {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(proxy)
        .accept_encoding(coding::OFFERED)
        .input_buffer_size(INPUT_BYTES)
        .output_buffer_size(OUTPUT_BYTES)
        .max_idle_connections(0)
        .timeout_global(Some(limits.total))
        .timeout_resolve(Some(limits.to_connect()))
        .timeout_connect(Some(limits.to_connect()))
        .build()
}

/// An answer in one piece, read by the same parts as one that comes over a connection.
#[cfg(fuzzing)]
pub(crate) fn answer_of(bytes: &[u8]) -> Option<Response> {
    let (status, head, length) = wire::final_head_and_length(bytes)?;
    let codings = head
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Content-Encoding"))
        .map(|(_, value)| value.as_str());
    let decoded = coding::decode(bytes.get(length..)?.to_vec(), codings, MAX_BODY_BYTES);
    let (body, unreadable) = match decoded {
        Ok(body) => (body, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    Some(Response {
        status,
        reason: head.reason,
        headers: head.headers,
        body,
        unreadable,
    })
}

/// What an answer may hold after decoding; the largest incidents seen are a fraction of it.
const MAX_BODY_BYTES: u64 = 32 * 1024 * 1024;

/// What is written at once.
const OUTPUT_BYTES: usize = 16 * 1024;
