//! TLS over any connection, a tunnel through a proxy or TLS to that proxy among them.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustls::client::ResolvesClientCert;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, SignatureScheme};

use super::socket::{Ready, Stream};

/// A connection with TLS on it.
pub(super) struct TlsStream {
    tls: ClientConnection,
    below: Box<dyn Stream>,
    /// Records that are to be sent together: one by one each would be a packet, and wake the other end.
    records: Vec<u8>,
    asked: Asked,
}

/// Whether the server asked for a client certificate. It gets none.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicBool>);

impl TlsStream {
    /// Shakes hands, until then.
    ///
    /// # Errors
    /// What TLS found wrong, as [`rustls::Error`] inside; or what is wrong with the connection below.
    pub(super) fn open(
        config: &ClientConfig,
        host: ServerName<'static>,
        below: Box<dyn Stream>,
        until: Instant,
    ) -> Result<Self, Failed> {
        let asked = Asked::default();
        let mut config = config.clone();
        config.client_auth_cert_resolver = Arc::new(asked.clone());
        let failed = |error| Failed {
            error,
            wanted_certificate: asked.wanted(),
        };
        let tls = ClientConnection::new(Arc::new(config), host).map_err(|error| failed(inside(error)))?;
        let mut stream = Self {
            tls,
            below,
            records: Vec::new(),
            asked: asked.clone(),
        };
        stream.shake_hands(until).map_err(failed)?;
        Ok(stream)
    }

    fn shake_hands(&mut self, until: Instant) -> io::Result<()> {
        loop {
            match self.flush_now() {
                Ok(()) if !self.tls.is_handshaking() => return Ok(()),
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.below.wait(true, until)?;
                    continue;
                }
                Err(error) => return self.last_words(error),
            }
            match self.take_records() {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.below.wait(false, until)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A write that fails may do so because the other end has said why it goes, and gone.
    fn last_words(&mut self, error: io::Error) -> io::Result<()> {
        match self.take_records() {
            Err(said) if said.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => Err(said),
            _ => Err(error),
        }
    }

    /// Reads and undoes what has come; 0 at the end of the connection below.
    fn take_records(&mut self) -> io::Result<usize> {
        let amount = self.tls.read_tls(&mut Below(&mut *self.below))?;
        if let Err(error) = self.tls.process_new_packets() {
            // The other end learns what was wrong, where it still listens.
            let _ = self.flush_now();
            return Err(inside(error));
        }
        Ok(amount)
    }
}

/// A handshake that failed.
pub(super) struct Failed {
    pub(super) error: io::Error,
    pub(super) wanted_certificate: bool,
}

impl Stream for TlsStream {
    fn read_now(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // An end without a word of goodbye is an error of rustls's: anybody on the line could have made it.
                done => return done,
            }
            self.take_records()?;
            if self.tls.wants_write() {
                let _ = self.flush_now();
            }
        }
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // What was taken before goes first, so that no more than one piece is ever held.
        if self.records.len() + bytes.len() > HELD {
            self.flush_now()?;
        }
        let taken = self.tls.writer().write(bytes)?;
        self.encrypted()?;
        Ok(taken)
    }

    fn flush_now(&mut self) -> io::Result<()> {
        self.encrypted()?;
        while !self.records.is_empty() {
            let sent = self.below.write_now(&self.records)?;
            self.records.drain(..sent);
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.below.flush_now()
    }

    fn wait(&mut self, for_room: bool, until: Instant) -> io::Result<Ready> {
        self.below.wait(for_room, until)
    }

    fn wanted_certificate(&self) -> bool {
        self.asked.wanted()
    }
}

impl TlsStream {
    fn encrypted(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.records)?;
        }
        Ok(())
    }
}

/// The connection below, as rustls reads from it.
struct Below<'a>(&'a mut dyn Stream);

impl Read for Below<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_now(buffer)
    }
}

impl Asked {
    fn wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    // Without any, rustls would not ask, and nobody would know that the server did.
    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}

fn inside(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Of records that wait for room.
const HELD: usize = 64 * 1024;
