//! What was seen of one request while the HTTP crate had it: the answer's head as it was on the wire, what failed, and
//! whether all of the request left. The crate's own errors tell none of these.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::fault::{Fault, FaultKind, Sent};
use super::head::Head;

/// What is seen of one request.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Sight>>);

#[derive(Default)]
struct Sight {
    all_sent: bool,
    head: Option<Box<Head>>,
    fault: Option<Fault<String>>,
}

impl Seen {
    /// The head of the answer.
    pub(super) fn head(&self) -> Option<Box<Head>> {
        self.lock().head.take()
    }

    /// Whether the connection can serve another request: nothing is left of this one, and the other end said nothing against
    /// it. After a failure a new connection may lead to another machine, in better health.
    pub(super) fn lasts(&self) -> bool {
        let seen = self.lock();
        let head = seen.head.as_ref();
        seen.all_sent && head.is_some_and(|head| (200..300).contains(&head.status) && head.lasts())
    }

    /// Notes what failed, for the one who asks once the HTTP crate has given up.
    pub(super) fn fail(&self, fault: Fault<String>) -> ureq::Error {
        self.lock().fault = Some(fault);
        ureq::Error::Io(io::Error::other("see the fault"))
    }

    /// The same, for what failed after the connection was there.
    pub(super) fn failed(&self, kind: FaultKind, detail: impl Into<String>) -> ureq::Error {
        let sent = self.sent();
        self.fail(Fault {
            kind,
            sent,
            detail: detail.into(),
        })
    }

    /// What failed, in our terms.
    pub(super) fn fault(&self, error: &ureq::Error) -> Fault<String> {
        if let Some(fault) = self.lock().fault.take() {
            return fault;
        }
        let sent = self.sent();
        let (kind, detail) = match error {
            ureq::Error::Timeout(_) => (FaultKind::TimedOut, NO_ANSWER.to_owned()),
            ureq::Error::BodyExceedsLimit(limit) => (
                FaultKind::Unreadable,
                format!("the answer is larger than {limit} bytes"),
            ),
            ureq::Error::Http(_) => (FaultKind::Unsendable, "a header field holds what none can".to_owned()),
            ureq::Error::Io(io) if io.kind() == io::ErrorKind::UnexpectedEof => (FaultKind::Broken, CLOSED.to_owned()),
            ureq::Error::Io(io) => (FaultKind::Broken, io.to_string()),
            _ => (FaultKind::Unreadable, error.to_string()),
        };
        Fault { kind, sent, detail }
    }

    /// Notes that all of the request has left.
    pub(super) fn left(&self) {
        self.lock().all_sent = true;
    }

    /// Hands over the head of the answer.
    pub(super) fn answered(&self, head: Box<Head>) {
        self.lock().head = Some(head);
    }

    /// Whether a request that is not whole could be taken for one: none could.
    fn sent(&self) -> Sent {
        if self.lock().all_sent {
            Sent::Perhaps
        } else {
            Sent::Nothing
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sight> {
        // Plain values: a panic elsewhere cannot have left them half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seen")
    }
}

/// What the end of a connection comes to where more was awaited.
pub(super) const CLOSED: &str = "the other end closed the connection";
const NO_ANSWER: &str = "no answer within the time limit";
