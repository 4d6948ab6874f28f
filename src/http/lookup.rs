//! Looking a host's name up, for no longer than is allowed.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crate::ground::service_url::bare;

/// The addresses of a host, in the order in which they are to be tried.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] where the limit passed, [`io::ErrorKind::OutOfMemory`] where no thread is to be had; otherwise what the system says.
pub(super) fn addresses(host: &str, port: u16, until: Instant) -> io::Result<Vec<SocketAddr>> {
    let host = bare(host);
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    // The system's look-up cannot be told when to stop, so that it is left behind on a thread.
    let (found_there, found) = mpsc::channel();
    let name = host.to_owned();
    let looking = thread::Builder::new().name("lookup".to_owned()).spawn(move || {
        let addresses = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
        let _ = found_there.send(addresses);
    });
    // `WouldBlock` is what the system says; to callers that would be a limit that passed.
    let no_thread = |error| {
        io::Error::new(
            io::ErrorKind::OutOfMemory,
            format!("no thread could be started: {error}"),
        )
    };
    looking.map_err(no_thread)?;
    let left = until.saturating_duration_since(Instant::now());
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, TOO_LATE);
    let addresses: Vec<_> = found.recv_timeout(left).map_err(late)??;
    if addresses.is_empty() {
        return Err(io::Error::other("the name has no address"));
    }
    Ok(addresses)
}

const TOO_LATE: &str = "the name was not looked up within `connect_timeout_secs`";
