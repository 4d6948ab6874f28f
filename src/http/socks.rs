//! SOCKS version 5 (RFC 1928), with a password or without (RFC 1929). The HTTP crate's own link opens a socket that nobody
//! can look at, and asks for the first of a host's addresses alone.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::socket::{self, Stream};

/// What is to be connected to.
pub(super) enum Target<'a> {
    /// By its address.
    Address(SocketAddr),
    /// By its name, which the proxy looks up.
    Name(&'a str, u16),
}

/// Why it was not.
pub(super) enum Refusal {
    /// The proxy wants another user or password.
    Password(&'static str),
    /// Its rules forbid it.
    Rules,
    /// It could not reach the target, or says nothing of why.
    Unreached(&'static str),
    /// It speaks something else.
    NotSocks,
    /// The connection to it broke, or took too long.
    Broken(io::Error),
}

/// Asks the proxy at the other end to connect.
pub(super) fn connect(
    stream: &mut dyn Stream,
    user: Option<(&str, &str)>,
    target: &Target<'_>,
    until: Instant,
) -> Result<(), Refusal> {
    let methods: &[u8] = if user.is_some() {
        &[5, 2, NONE, PASSWORD]
    } else {
        &[5, 1, NONE]
    };
    send(stream, methods, until)?;
    match (read(stream, until)?, user) {
        ([5, NONE], _) => {}
        ([5, PASSWORD], Some((name, password))) => sign_in(stream, name, password, until)?,
        ([5, _], None) => return Err(Refusal::Password("it wants a user and a password")),
        ([5, _], Some(_)) => return Err(Refusal::Password("it takes no user and password")),
        _ => return Err(Refusal::NotSocks),
    }
    send(stream, &request(target)?, until)?;
    let [version, reply, _, kind] = read(stream, until)?;
    if version != 5 {
        return Err(Refusal::NotSocks);
    }
    match reply {
        0 => {}
        2 => return Err(Refusal::Rules),
        _ => {
            let words = REPLIES.get(usize::from(reply)).copied();
            return Err(Refusal::Unreached(words.unwrap_or("it gives no known reason")));
        }
    }
    // The address it has bound is of no use here.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(u8::from_be_bytes(read(stream, until)?)),
        _ => return Err(Refusal::NotSocks),
    };
    for _ in 0..length + 2 {
        let [_] = read(stream, until)?;
    }
    Ok(())
}

fn sign_in(stream: &mut dyn Stream, name: &str, password: &str, until: Instant) -> Result<(), Refusal> {
    let mut message = zeroize::Zeroizing::new(vec![1]);
    for part in [name, password] {
        let length = u8::try_from(part.len()).map_err(|_| Refusal::Password("the user or password is too long"))?;
        message.push(length);
        message.extend_from_slice(part.as_bytes());
    }
    send(stream, &message, until)?;
    match read(stream, until) {
        Ok([_, 0]) => Ok(()),
        Ok(_) => Err(Refusal::Password("it refused the user and password")),
        // RFC 1929, 2, has a server close that refuses, and some say nothing before.
        Err(Refusal::Broken(error)) if has_hung_up(&error) => {
            Err(Refusal::Password("it hung up on the user and password"))
        }
        Err(other) => Err(other),
    }
}

fn has_hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

fn request(target: &Target<'_>) -> Result<Vec<u8>, Refusal> {
    let mut message = vec![5, 1, 0];
    let port = match target {
        Target::Address(SocketAddr::V4(address)) => {
            message.push(1);
            message.extend(address.ip().octets());
            address.port()
        }
        Target::Address(SocketAddr::V6(address)) => {
            message.push(4);
            message.extend(address.ip().octets());
            address.port()
        }
        Target::Name(name, port) => {
            let length = u8::try_from(name.len()).map_err(|_| Refusal::Unreached("the host's name is too long"))?;
            message.extend([3, length]);
            message.extend(name.as_bytes());
            *port
        }
    };
    message.extend(port.to_be_bytes());
    Ok(message)
}

fn send(stream: &mut dyn Stream, bytes: &[u8], until: Instant) -> Result<(), Refusal> {
    socket::write_all(stream, bytes, until).map_err(Refusal::Broken)
}

/// Exactly so many: what comes after them is the target's.
fn read<const N: usize>(stream: &mut dyn Stream, until: Instant) -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match socket::read(stream, rest, until) {
            Ok(0) => return Err(Refusal::Broken(io::ErrorKind::UnexpectedEof.into())),
            Ok(amount) => filled += amount,
            Err(error) => return Err(Refusal::Broken(error)),
        }
    }
    Ok(bytes)
}

const NONE: u8 = 0;
const PASSWORD: u8 = 2;

/// By number (RFC 1928, 6).
const REPLIES: [&str; 9] = [
    "",
    "it failed",
    "its rules forbid it",
    "it reaches no such network",
    "it does not reach the host",
    "the host refused the connection",
    "the host is too far away",
    "it does not connect",
    "it does not know this kind of address",
];
