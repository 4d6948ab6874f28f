//! One accepted connection, plain or TLS, and the ways it can end: politely, cut, or reset.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection};
use socket2::SockRef;

use super::lock;

/// Reads and writes the application's bytes. Dropping it closes the socket without a word of TLS.
pub struct Connection {
    tls: Option<Box<ServerConnection>>,
    /// Before `socket`, so that the registry lets go first: a reset needs the last owner to close.
    _registration: Registration,
    socket: Arc<TcpStream>,
}

impl Connection {
    /// `None` where the sandbox is stopping.
    pub fn register(socket: TcpStream, open: &Arc<OpenConnections>, idle: Duration) -> io::Result<Option<Self>> {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(idle))?;
        socket.set_write_timeout(Some(idle))?;
        let socket = Arc::new(socket);
        let registration = open.register(&socket);
        Ok(registration.map(|_registration| Self {
            tls: None,
            _registration,
            socket,
        }))
    }

    /// Does the server's side of the handshake.
    pub fn handshake(&mut self, config: &Arc<ServerConfig>) -> io::Result<()> {
        let mut tls = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut &*self.socket)?;
        }
        self.tls = Some(Box::new(tls));
        Ok(())
    }

    /// Ends as a good server does: close_notify, FIN, and patience until the client has read it.
    pub fn close(mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // A client that is gone already makes this fail, and needs it no more.
            tls.complete_io(&mut &*self.socket).ok();
        }
        self.cut();
    }

    /// Ends with a FIN alone; what the client still sends is thrown away, so that no RST overtakes the answer.
    pub fn cut(self) {
        self.socket.shutdown(Shutdown::Write).ok();
        self.socket.set_read_timeout(Some(LINGER)).ok();
        let until = Instant::now() + LINGER;
        let mut thrown_away = [0; 4_096];
        while Instant::now() < until && matches!((&*self.socket).read(&mut thrown_away), Ok(1..)) {}
    }

    /// Ends with an RST.
    pub fn reset(self) {
        SockRef::from(&*self.socket)
            .set_linger(Some(Duration::ZERO))
            .expect("a TCP socket takes SO_LINGER");
    }

    /// Says nothing more until the client ends the connection, the sandbox stops, or the limit is reached.
    pub fn hang(self, limit: Duration) {
        let until = Instant::now() + limit;
        let mut thrown_away = [0; 4_096];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.socket.set_read_timeout(Some(left)).is_err() {
                return;
            }
            if !matches!((&*self.socket).read(&mut thrown_away), Ok(1..)) {
                return;
            }
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut &*self.socket).read(buffer),
            None => (&*self.socket).read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut &*self.socket).write(bytes),
            None => (&*self.socket).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut &*self.socket).flush(),
            None => Ok(()),
        }
    }
}

/// The sockets in use, so that a stop can wake whoever waits on one.
#[derive(Default)]
pub struct OpenConnections {
    state: Mutex<Open>,
    changed: Condvar,
}

#[derive(Default)]
struct Open {
    stopping: bool,
    next: u64,
    sockets: HashMap<u64, Arc<TcpStream>>,
}

impl OpenConnections {
    fn register(self: &Arc<Self>, socket: &Arc<TcpStream>) -> Option<Registration> {
        let mut open = lock(&self.state);
        if open.stopping {
            return None;
        }
        let number = open.next;
        open.next += 1;
        open.sockets.insert(number, Arc::clone(socket));
        Some(Registration {
            number,
            open: Arc::clone(self),
        })
    }

    /// Whether `stop` was called.
    pub fn stopping(&self) -> bool {
        lock(&self.state).stopping
    }

    /// Waits, but not past a stop.
    pub fn pause(&self, time: Duration) {
        if !time.is_zero() {
            let open = lock(&self.state);
            let _woken = self.changed.wait_timeout_while(open, time, |open| !open.stopping);
        }
    }

    /// Shuts every socket down, then waits for their threads for a few seconds at most.
    pub fn stop(&self) {
        let mut open = lock(&self.state);
        open.stopping = true;
        for socket in open.sockets.values() {
            socket.shutdown(Shutdown::Both).ok();
        }
        self.changed.notify_all();
        let _ended = self
            .changed
            .wait_timeout_while(open, STOP_LIMIT, |open| !open.sockets.is_empty());
    }
}

struct Registration {
    number: u64,
    open: Arc<OpenConnections>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        lock(&self.open.state).sockets.remove(&self.number);
        self.open.changed.notify_all();
    }
}

const LINGER: Duration = Duration::from_secs(2);
const STOP_LIMIT: Duration = Duration::from_secs(5);
