//! The connection of the last answer, kept for the next request to the same host: a run that reads before it writes pays one
//! round trip for the reading, and no second handshake.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::Uri;

use super::ahead::{lock, same_host};
use super::socket::Stream;

/// Where a connection is left, and found.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Option<Rest>>>);

struct Rest {
    stream: Box<dyn Stream>,
    uri: Uri,
    since: Instant,
}

impl Kept {
    /// Leaves a connection whose last answer has been read to its proper end.
    pub(super) fn leave(&self, stream: Box<dyn Stream>, uri: Uri) {
        let since = Instant::now();
        *lock(&self.0) = Some(Rest { stream, uri, since });
    }

    /// The connection to the host of `uri`, where it can be used: it is young, the other end has not closed it, and nothing waits
    /// on it, which could be no answer to what is sent next.
    pub(super) fn take(&self, uri: &Uri) -> Option<Box<dyn Stream>> {
        let Rest {
            mut stream,
            uri: other,
            since,
        } = lock(&self.0).take()?;
        let mut silent =
            || matches!(stream.read_now(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        (since.elapsed() < MOST_IDLE && same_host(&other, uri) && silent()).then_some(stream)
    }
}

/// Below what any service keeps a silent connection for. A request that meets the end of its connection on the way is in
/// doubt, and for one that appends that costs more than a handshake.
const MOST_IDLE: Duration = Duration::from_secs(1);
