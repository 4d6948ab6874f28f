//! A line between client and server that takes time: a TCP relay that holds every byte back for half a round trip.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Starts a relay to `server` that lasts as long as this process, and returns its port.
pub fn start(server: SocketAddr, round_trip: Duration) -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || relay(client, server, round_trip));
        }
    });
    Ok(port)
}

/// The kernel answers a SYN to this relay at once, where a real line would take a round trip before the client may send.
/// What a client sends within that round trip would have left at its end, so nothing arrives at the server earlier than one
/// and a half round trips after the connection was accepted; what is sent later takes half a round trip, as it does back.
fn relay(client: TcpStream, server: SocketAddr, round_trip: Duration) -> Option<()> {
    let opened = Instant::now() + round_trip;
    let server = TcpStream::connect(server).ok()?;
    client.set_nodelay(true).ok()?;
    server.set_nodelay(true).ok()?;
    let (client_out, server_out) = (client.try_clone().ok()?, server.try_clone().ok()?);
    let back = thread::spawn(move || carry(server, client_out, Instant::now(), round_trip / 2));
    carry(client, server_out, opened, round_trip / 2);
    back.join().ok()
}

/// Carries one direction until it ends, and then its end.
fn carry(mut from: TcpStream, to: TcpStream, opened: Instant, delay: Duration) {
    let late = deliver_late(to);
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let count = from.read(&mut buffer).unwrap_or_default();
        let due = Instant::now().max(opened) + delay;
        let bytes = buffer.get(..count).unwrap_or_default().to_vec();
        if late.send((due, bytes)).is_err() || count == 0 {
            return;
        }
    }
}

/// Writes on a thread of its own, so that what is under way does not hold up what comes after it. No bytes are the end.
fn deliver_late(mut to: TcpStream) -> Sender<(Instant, Vec<u8>)> {
    let (late, due) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        for (at, bytes) in due {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            if bytes.is_empty() || to.write_all(&bytes).is_err() {
                to.shutdown(Shutdown::Write).ok();
                return;
            }
        }
    });
    late
}
