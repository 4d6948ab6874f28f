//! A stand-in for Entra ID, Defender and Microsoft Graph on loopback, over http or https, for tests and examples: it checks requests as
//! strictly as the real services could, holds incidents, and fails in every way a network can, on demand. It knows nothing
//! of the product and shares no code with it.
#![allow(clippy::expect_used, reason = "a sandbox that cannot start ends its test")]

pub mod answer;
pub mod api;
pub mod base64;
pub mod cache;
pub mod clock;
pub mod coding;
mod connection;
mod defender;
mod delivery;
mod entra;
pub mod exchange;
pub mod fault;
pub mod form;
mod graph;
mod incidents;
mod kept;
mod listen;
pub mod quota;
pub mod request;
pub mod script;
mod service;
pub mod settings;
pub mod tls;
mod unique;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

pub use answer::{Answer, Framing};
pub use api::Api;
pub use cache::{CopyShows, GetCache};
pub use coding::Coding;
pub use fault::{Fault, Half, Late, Leg, Merge};
pub use graph::words;
pub use kept::KeptForm;
pub use request::Recorded;
pub use script::{ANY, Expect, Reply, Scripted};
pub use settings::{Quota, Settings, TlsVersions};
pub use tls::Tls;

use connection::OpenConnections;
use entra::tokens::{Granted, Token};
use listen::Host;
use service::{Service, State};
use tls::Identity;

/// A running server; it stops, with all its connections, when this is dropped.
pub struct Sandbox {
    address: SocketAddr,
    identity: Option<Identity>,
    host: Arc<Host>,
    accepting: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts one, ready for connections when this returns.
    ///
    /// # Panics
    /// Where it cannot listen or cannot make its certificates.
    pub fn start(settings: Settings) -> Self {
        let identity = settings.tls.map(|tls| Identity::make(tls, &settings));
        let listener = listen::bind(SocketAddr::new(settings.bind, settings.port)).expect("the address is free");
        let address = listener.local_addr().expect("a listener has an address");
        let host = Arc::new(Host {
            service: Service {
                settings,
                state: Mutex::default(),
            },
            tls: identity.as_ref().map(|identity| Arc::clone(&identity.config)),
            open: Arc::new(OpenConnections::default()),
            accepted: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&host);
        let accepting = Some(thread::spawn(move || listen::accept(&listener, &shared)));
        Self {
            address,
            identity,
            host,
            accepting,
        }
    }

    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`; the address in place of the name where it is another one.
    pub fn origin(&self) -> String {
        match &self.identity {
            Some(_) if self.address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) => {
                format!("https://localhost:{}", self.address.port())
            }
            Some(_) => format!("https://{}", self.address),
            None => format!("http://{}", self.address),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As chosen at the start.
    pub fn settings(&self) -> &Settings {
        &self.host.service.settings
    }

    /// The keys of an asset that say where it is, and whom it knows.
    pub fn asset(&self) -> Value {
        let settings = self.settings();
        let mut asset = json!({
            "url": self.origin(),
            "login_url": self.origin(),
            "tenant_id": settings.tenant,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "scope": settings.scope,
        });
        if let Some(ca) = self.ca_pem() {
            asset["ca_certificate"] = json!(ca);
        }
        asset
    }

    /// The CA to trust, where TLS is spoken. With `Tls::SelfSigned` it did not sign the certificate.
    pub fn ca_pem(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.ca_pem.as_str())
    }

    /// The certificate the server shows, where TLS is spoken.
    pub fn leaf_pem(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.leaf_pem.as_str())
    }

    /// Every request fully received, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.clone()
    }

    /// What came and was no request: broken ones, ended ones, failed handshakes.
    pub fn complaints(&self) -> Vec<String> {
        self.state().complaints.clone()
    }

    /// TCP connections accepted so far.
    pub fn connections(&self) -> usize {
        self.host.accepted.load(Ordering::SeqCst)
    }

    /// An incident's current state: exactly what was applied, even where GET does not show it yet.
    pub fn incident(&self, id: u64) -> Option<Value> {
        self.state().incidents.current(id).cloned()
    }

    /// Adds or replaces an incident.
    ///
    /// # Panics
    /// Where it has no positive `incidentId`.
    pub fn put_incident(&self, incident: Value) {
        self.state().incidents.put(incident);
    }

    /// Queues a fault: each is taken by one request on its leg, in order.
    pub fn fault(&self, leg: Leg, fault: Fault) {
        self.state().faults.entry(leg).or_default().push_back(fault);
    }

    /// From now on all goes well.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Faults that no request has taken yet.
    pub fn faults_left(&self) -> usize {
        self.state().faults.values().map(std::collections::VecDeque::len).sum()
    }

    /// Resets the next so many connections as soon as they are accepted.
    pub fn refuse_next(&self, count: usize) {
        self.state().refuse_next += count;
    }

    /// From now on requests are compared with these, in order, and nothing else is answered.
    pub fn script(&self, answers: Vec<Scripted>) {
        self.state().script.get_or_insert_default().extend(answers);
    }

    /// What differed from the script, one line each, and what it still expects.
    pub fn finish_script(&self) -> Result<(), String> {
        self.state().script.as_ref().map_or(Ok(()), script::Script::finish)
    }

    /// A valid token for Defender, for a test that has no use for the token leg.
    pub fn issue_token(&self) -> String {
        self.issue_token_for(Api::Defender)
    }

    /// A valid token for one of the APIs.
    pub fn issue_token_for(&self, api: Api) -> String {
        let settings = self.settings();
        let granted = Granted {
            roles: settings.roles_of(api),
            scopes: Vec::new(),
            api,
        };
        let token = Token::mint(settings, granted);
        let text = token.text.clone();
        self.state().tokens.keep(token);
        text
    }

    /// No token given so far is worth anything.
    pub fn revoke_all_tokens(&self) {
        self.state().tokens.revoke_all();
    }

    /// Requests answered 429 because of a quota.
    pub fn over_quota(&self) -> usize {
        let state = self.state();
        state.defender.over_quota + state.graph.over_quota
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.host.service.state)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.host.open.stop();
        // Wakes the thread that accepts.
        TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).ok();
        if let Some(accepting) = self.accepting.take() {
            accepting.join().ok();
        }
    }
}

/// The incident of the specification's example.
pub fn seed_incident() -> Value {
    incidents::seed()
}

/// The same under another number, with so many alerts that its compact JSON has at least `bytes` bytes.
pub fn big_incident(id: u64, bytes: usize) -> Value {
    incidents::big(id, bytes)
}

/// A panic elsewhere does not make the state unreadable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
