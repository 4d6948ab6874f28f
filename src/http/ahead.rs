//! A connection opened ahead of its request, so that name lookup, TCP and TLS to one host overlap with the talk to another.
//! Nothing is sent over it before the request is; where it could not be opened, or did not last, the request opens its own.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use http::Uri;

use super::fault::{Fault, FaultKind, Sent};
use super::socket::Stream;
use super::tls_fault;

/// What is opened ahead, for one request.
#[derive(Clone, Default)]
pub(super) struct Ahead {
    slot: Arc<Mutex<Option<Opening>>>,
}

struct Opening {
    uri: Uri,
    leave: Leave,
    opened: Receiver<Result<Opened, Fault<String>>>,
}

type Opened = (Box<dyn Stream>, Instant);

/// Whether the proxy lets this machine through, as the first request through it finds out. Nobody else asks before: a wrong
/// password that is shown twice is closer to locking its account.
#[derive(Clone, Default)]
pub(super) struct Leave(Arc<(Mutex<Option<bool>>, Condvar)>);

impl Leave {
    /// Says what the first request has found out.
    pub(super) fn settle(&self, granted: bool) {
        let (known, changed) = &*self.0;
        lock(known).get_or_insert(granted);
        changed.notify_all();
    }

    /// Waits for that, until then. Nothing where nobody has said it.
    fn wait(&self, most: Duration) -> Option<bool> {
        let (known, changed) = &*self.0;
        let waited = changed.wait_timeout_while(lock(known), most, |known| known.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Ahead {
    /// Starts opening a connection for requests to the host of `uri`, on a thread of its own: with `leave` once a proxy has
    /// been asked by somebody else, which may take so long.
    pub(super) fn open(
        &self,
        uri: Uri,
        leave: Option<(Leave, Duration)>,
        open: impl FnOnce() -> Result<Box<dyn Stream>, Fault<String>> + Send + 'static,
    ) {
        let (opened_there, opened) = mpsc::channel();
        let waits = leave.clone();
        let opening = thread::Builder::new().name("ahead".to_owned()).spawn(move || {
            if waits.is_some_and(|(leave, most)| leave.wait(most) != Some(true)) {
                return;
            }
            let opened = open();
            // The request that has waited for it may have gone another way by now.
            let _ = opened_there.send(opened.map(|stream| (stream, Instant::now())));
        });
        let leave = leave.map(|(leave, _)| leave).unwrap_or_default();
        // Without the thread the request opens its own connection, as it would anyway.
        *lock(&self.slot) = opening.is_ok().then_some(Opening { uri, leave, opened });
    }

    /// The connection to the host of `uri`, waited for until then, where there is one that can be used.
    ///
    /// # Errors
    /// What would be met again: a proxy that wants another password is not asked once more.
    pub(super) fn take(&self, uri: &Uri, until: Instant) -> Result<Option<Box<dyn Stream>>, Fault<String>> {
        let Some(opening) = lock(&self.slot).take_if(|opening| same_host(&opening.uri, uri)) else {
            return Ok(None);
        };
        // Whoever waits for leave would wait for the one who takes.
        opening.leave.settle(false);
        let left = until.saturating_duration_since(Instant::now());
        let (mut stream, opened) = match opening.opened.recv_timeout(left) {
            Ok(Ok(opened)) => opened,
            Ok(Err(fault)) if is_final(fault.kind) => return Err(fault),
            // What was in the way then may be gone by now. A panic over there is told by the process's hook.
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => return Ok(None),
        };
        // A service closes what stays silent, and a request written at that moment would be lost. What is there already
        // can be no answer to it.
        match stream.read_now(&mut [0]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Ok(Some(stream).filter(|_| opened.elapsed() < MOST_IDLE))
            }
            Err(error) => match tls_fault::of_connection(&error, stream.wanted_certificate()) {
                Some((kind @ FaultKind::ClientRefused, detail)) => Err(Fault {
                    kind,
                    sent: Sent::Nothing,
                    detail,
                }),
                _ => Ok(None),
            },
            Ok(_) => Ok(None),
        }
    }

    /// Closes it: its service may serve one connection at a time, and others wait.
    pub(super) fn give_up(&self) {
        *lock(&self.slot) = None;
    }
}

fn is_final(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::ProxyRefused(_) | FaultKind::ClientRefused)
}

pub(super) fn same_host(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme() && one.authority() == other.authority()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Far below what any service keeps a silent connection for.
const MOST_IDLE: Duration = Duration::from_secs(10);
