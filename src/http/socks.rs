//! SOCKS version 5 (RFC 1928), with a password or without (RFC 1929). The HTTP crate's own link opens a socket that nobody
//! can look at, and asks for the first of a host's addresses alone.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::fault::ProxyRefusal;
use super::passing;
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
    /// The proxy refused, and would again: why, and in words.
    Final(ProxyRefusal, &'static str),
    /// It could not reach the target, for now; in words.
    Passing(&'static str),
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
        ([5, _], None) => {
            let said = "it wants a user and a password";
            return Err(Refusal::Final(ProxyRefusal::NoPassword, said));
        }
        ([5, _], Some(_)) => {
            let said = "it takes no user and password, and lets nobody through without signing in another way";
            return Err(Refusal::Final(ProxyRefusal::Scheme, said));
        }
        _ => return Err(NOT_SOCKS),
    }
    send(stream, &request(target)?, until)?;
    let [version, reply, _, kind] = read(stream, until)?;
    if version != 5 {
        return Err(NOT_SOCKS);
    }
    if reply != 0 {
        return Err(match passing::by_reply(reply) {
            (said, Some(why)) => Refusal::Final(why, said),
            (said, None) => Refusal::Passing(said),
        });
    }
    // The address it has bound is of no use here.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(u8::from_be_bytes(read(stream, until)?)),
        _ => return Err(NOT_SOCKS),
    };
    for _ in 0..length + 2 {
        let [_] = read(stream, until)?;
    }
    Ok(())
}

fn sign_in(stream: &mut dyn Stream, name: &str, password: &str, until: Instant) -> Result<(), Refusal> {
    let mut message = zeroize::Zeroizing::new(vec![1]);
    for part in [name, password] {
        let length = u8::try_from(part.len());
        let length = length.map_err(|_| wrong_password("the user or password is longer than SOCKS can say"))?;
        message.push(length);
        message.extend_from_slice(part.as_bytes());
    }
    send(stream, &message, until)?;
    match read(stream, until) {
        Ok([_, 0]) => Ok(()),
        Ok(_) => Err(wrong_password("it refused the user and password")),
        // RFC 1929, 2, has a server close that refuses, and some say nothing before.
        Err(Refusal::Broken(error)) if has_hung_up(&error) => {
            Err(wrong_password("it hung up on the user and password"))
        }
        Err(other) => Err(other),
    }
}

fn wrong_password(said: &'static str) -> Refusal {
    Refusal::Final(ProxyRefusal::Password, said)
}

fn has_hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        error.kind(),
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe
    )
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
            let length = u8::try_from(name.len()).map_err(|_| TOO_LONG)?;
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

const NOT_SOCKS: Refusal = Refusal::Final(ProxyRefusal::NoProxy, "it does not speak SOCKS version 5");
const TOO_LONG: Refusal = Refusal::Final(ProxyRefusal::Address, "the host's name is longer than SOCKS can say");
