//! A connection opened ahead of its request, so that name lookup, TCP and TLS to one host overlap with the talk to another.
//! Nothing is sent over it before the request is; where it could not be opened, or did not last, the request opens its own.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, SocksConnector, TcpConnector, Transport, time,
};

use super::tls;
use crate::ground::service_url::bare;

/// The link in the chain that hands the connection over, once. It is the first, so that the others find their work done.
#[derive(Clone, Default)]
pub(super) struct Ahead {
    slot: Arc<Mutex<Option<Opening>>>,
    names: Names,
}

struct Opening {
    uri: Uri,
    opened: Receiver<Result<Opened, ureq::Error>>,
}

type Opened = (Box<dyn Transport>, Instant);

/// A resolver that spares the first request over a connection that is open the look-up that led to it. ureq's
/// own starts a thread for each look-up that may not last for ever, which costs as much as a look-up in `/etc/hosts`.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<Option<(Uri, ResolvedSocketAddrs)>>>);

impl Ahead {
    /// Starts opening a connection for requests to the host of `uri`, on a thread of its own.
    pub(super) fn open(&self, uri: Uri, config: Config, tls: tls::Connector, connect: Duration) {
        let target = uri.clone();
        let names = self.names.clone();
        let (opened_there, opened) = mpsc::channel();
        let opening = thread::Builder::new().name("ahead".to_owned()).spawn(move || {
            let opened = connect_now(&target, &config, tls, &names, connect);
            // The request that has waited for it may have gone another way by now.
            let _ = opened_there.send(opened.map(|transport| (transport, Instant::now())));
        });
        // Without the thread the request opens its own connection, as it would anyway.
        *lock(&self.slot) = opening.is_ok().then_some(Opening { uri, opened });
    }

    /// The resolver that belongs to it.
    pub(super) fn names(&self) -> Names {
        self.names.clone()
    }

    fn take(&self, uri: &Uri) -> Option<Opening> {
        lock(&self.slot).take_if(|opening| same_host(&opening.uri, uri))
    }
}

impl Connector<()> for Ahead {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(opening) = self.take(details.uri) else {
            return Ok(None);
        };
        let (mut transport, opened) = match opening.opened.recv_timeout(*details.timeout.after) {
            Ok(Ok(opened)) => opened,
            // A proxy that wants another password is not asked once more.
            Ok(Err(error @ ureq::Error::ConnectProxyFailed(_))) => return Err(error),
            // What was in the way then may be gone by now. A panic over there is told by the process's hook.
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => return Err(ureq::Error::Timeout(details.timeout.reason)),
        };
        // A service closes what stays silent, and a request written at that moment would be lost.
        let usable = match opened.elapsed() {
            age if age < FRESH => true,
            age if age < MOST_IDLE => transport.is_open(),
            _ => false,
        };
        Ok(usable.then_some(transport))
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        match lock(&self.0).take_if(|(known, _)| same_host(known, uri)) {
            Some((_, addresses)) => Ok(addresses),
            None if is_address(uri) => look_up_here(uri, config),
            None => look_up_there(uri.clone(), config.clone(), timeout),
        }
    }
}

/// Looks a name up on a thread of its own, for no longer than is left. ureq's own resolver panics where no thread can be
/// started.
fn look_up_there(uri: Uri, config: Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
    let (found_there, found) = mpsc::channel();
    let looking = thread::Builder::new().name("resolver".to_owned()).spawn(move || {
        // Whoever asked may have given up by now.
        let _ = found_there.send(look_up_here(&uri, &config));
    });
    looking.map_err(|error| ureq::Error::Io(io::Error::other(format!("no thread could be started: {error}"))))?;
    match found.recv_timeout(*timeout.after) {
        Ok(found) => found,
        Err(RecvTimeoutError::Timeout) => Err(ureq::Error::Timeout(timeout.reason)),
        // A panic over there is told by the process's hook.
        Err(RecvTimeoutError::Disconnected) => Err(ureq::Error::HostNotFound),
    }
}

/// Looks a name up on this thread, for as long as that takes.
fn look_up_here(uri: &Uri, config: &Config) -> Result<ResolvedSocketAddrs, ureq::Error> {
    let for_ever = NextTimeout {
        after: time::Duration::NotHappening,
        ..NextTimeout::default()
    };
    DefaultResolver::default().resolve(uri, config, for_ever)
}

/// Whether there is no name to be looked up.
fn is_address(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| bare(host).parse::<IpAddr>().is_ok())
}

fn same_host(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme() && one.authority() == other.authority()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ahead")
    }
}

/// The links between nothing and a connection that a request can be sent over.
pub(super) fn links<In: Transport>(
    first: impl Connector<(), Out = In>,
    tls: tls::Connector,
) -> impl Connector<(), Out = impl Transport> {
    first
        .chain(SocksConnector::default())
        .chain(ConnectProxyConnector::default())
        .chain(TcpConnector::default())
        .chain(tls)
}

fn connect_now(
    uri: &Uri,
    config: &Config,
    tls: tls::Connector,
    names: &Names,
    connect: Duration,
) -> Result<Box<dyn Transport>, ureq::Error> {
    let chain = Arc::new(links(Ahead::default(), tls));
    let timeout = NextTimeout {
        after: connect.into(),
        reason: ureq::Timeout::Connect,
        ..NextTimeout::default()
    };
    let resolver = DefaultResolver::default();
    // Through a proxy the target's name is the proxy's to look up.
    let looked_up_there = config.proxy().is_some_and(|proxy| !proxy.resolve_target());
    let addrs = if looked_up_there {
        resolver.empty()
    } else {
        // Whoever waits for this thread waits no longer than they may, so that the look-up needs no thread of its own.
        let addrs = look_up_here(uri, config)?;
        *lock(&names.0) = Some((uri.clone(), addrs.clone()));
        addrs
    };
    let to_proxy = Arc::clone(&chain);
    let details = ConnectionDetails {
        uri,
        addrs,
        config,
        request_level: false,
        resolver: &resolver,
        now: time::Instant::now(),
        timeout,
        current_time: Arc::new(time::Instant::now),
        run_connector: Arc::new(move |details| {
            let transport = to_proxy.connect(details, None)?.ok_or(ureq::Error::ConnectionFailed)?;
            Ok(Box::new(transport) as Box<dyn Transport>)
        }),
        register_shutdown: Arc::new(|_| Ok(())),
    };
    let transport = chain.connect(&details, None)?.ok_or(ureq::Error::ConnectionFailed)?;
    Ok(Box::new(transport))
}

/// So young that hardly a service has closed it; a look at it would cost every run a moment.
const FRESH: Duration = Duration::from_secs(1);

/// Far below what any service keeps a silent connection for.
const MOST_IDLE: Duration = Duration::from_secs(10);
