//! Accepts connections and serves each on a thread of its own, one request after the other.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustls::ServerConfig;
use socket2::{Domain, SockRef, Socket, Type};

use super::connection::{Connection, OpenConnections};
use super::fault::Fault;
use super::lock;
use super::request::{Incoming, NoRequest};
use super::service::Service;

/// What every connection's thread shares.
pub(crate) struct Host {
    /// Judges the requests.
    pub service: Service,
    /// For each connection, where TLS is spoken.
    pub tls: Option<Arc<ServerConfig>>,
    /// Those being served.
    pub open: Arc<OpenConnections>,
    /// Accepted so far.
    pub accepted: AtomicUsize,
}

/// Listens with a queue long enough for hundreds of clients at one moment, which std's is not.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1_024)?;
    Ok(socket.into())
}

/// Accepts until the sandbox stops. Whoever stops it makes one more connection, so that this wakes.
pub(crate) fn accept(listener: &TcpListener, host: &Arc<Host>) {
    while !host.open.stopping() {
        match listener.accept() {
            Ok(_) if host.open.stopping() => return,
            Ok((socket, _)) => {
                host.accepted.fetch_add(1, Ordering::SeqCst);
                let host = Arc::clone(host);
                thread::spawn(move || serve(socket, &host));
            }
            // Out of descriptors, most likely: others have to end first.
            Err(_) => host.open.pause(Duration::from_millis(10)),
        }
    }
}

fn serve(socket: TcpStream, host: &Host) {
    if refused(host) {
        SockRef::from(&socket).set_linger(Some(Duration::ZERO)).ok();
        return;
    }
    let idle = host.service.settings.idle_timeout;
    let Ok(Some(mut connection)) = Connection::register(socket, &host.open, idle) else {
        return;
    };
    if let Some(config) = &host.tls
        && let Err(error) = connection.handshake(config)
    {
        host.service.complain(format!("TLS handshake: {error}"));
        return connection.cut();
    }
    let mut incoming = Incoming::default();
    while let Some(next) = serve_one(connection, &mut incoming, host) {
        connection = next;
    }
}

/// One request; the connection back where another may follow.
fn serve_one(mut connection: Connection, incoming: &mut Incoming, host: &Host) -> Option<Connection> {
    let Host { service, open, .. } = host;
    let settings = &service.settings;
    let mut request = match incoming.line(&mut connection) {
        Ok(line) => line,
        Err(error) => return no_request(connection, error, service),
    };
    let plan = service.plan(&request);
    match plan.fault() {
        Some(Fault::ResetBeforeRead) => connection.reset(),
        Some(Fault::CloseBeforeRead) => connection.cut(),
        _ => {
            if let Err(error) = incoming.rest(&mut connection, &mut request) {
                return no_request(connection, error, service);
            }
            lock(&service.state).requests.push(request.clone());
            open.pause(plan.delay());
            let delivery = service.answer(&request, plan);
            open.pause(settings.answer_delay);
            return delivery.carry_out(connection, open, settings.hang_limit);
        }
    }
    None
}

fn no_request(mut connection: Connection, error: NoRequest, service: &Service) -> Option<Connection> {
    match error {
        NoRequest::Ended => connection.close(),
        NoRequest::Partial => {
            service.complain("the client ended within a request".to_owned());
            connection.close();
        }
        NoRequest::Malformed(what) => {
            use std::io::Write as _;
            let answer = super::answer::Answer::new("400 Bad Request")
                .header("Connection", "close")
                .body(&*what);
            connection.write_all(&answer.to_wire()).ok();
            service.complain(format!("malformed request: {what}"));
            connection.close();
        }
    }
    None
}

fn refused(host: &Host) -> bool {
    let mut state = lock(&host.service.state);
    let refused = state.refuse_next > 0;
    state.refuse_next = state.refuse_next.saturating_sub(1);
    refused
}
