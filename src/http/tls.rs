//! TLS by rustls, as a link in ureq's transport chain: Mozilla's roots compiled in, plus those that the user adds, which
//! ureq's own link could only put in their place. TLS 1.2 and 1.3, nothing older.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme,
    StreamOwned,
};
use ureq::unversioned::transport::time::Instant;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector as UreqConnector, Either, LazyBuffers, NextTimeout, Transport,
    TransportAdapter,
};

use super::fault::TlsFault;
use crate::ground::pem;
use crate::ground::service_url::bare;

/// Whom to believe.
#[derive(Debug, Clone)]
pub enum Tls {
    /// Servers whose certificate leads to one of these roots.
    Verify(Roots),
    /// Anybody: whoever sits on the line can read the credentials and answer in Microsoft's name.
    DangerAcceptAnyCertificate,
}

/// The certificates that are trusted: Mozilla's, and those that the user adds.
#[derive(Clone)]
pub struct Roots(Arc<RootCertStore>);

impl Default for Roots {
    fn default() -> Self {
        Self(Arc::new(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        }))
    }
}

impl Roots {
    /// Adds every certificate of a PEM text, or the one that a file in DER is.
    ///
    /// # Errors
    /// What was expected and what was found, in which line, without content.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), String> {
        const EXPECTED: &str = "expected one or more certificates in PEM (`-----BEGIN CERTIFICATE-----`)";
        let roots = Arc::make_mut(&mut self.0);
        if pem::is_der(pem) {
            let added = roots.add(CertificateDer::from(pem));
            return added.map_err(|_| format!("{EXPECTED}, found a binary file that is no certificate"));
        }
        let found = pem::blocks(pem).and_then(|blocks| pem::certificates(&blocks));
        let found = found.map_err(|found| format!("{EXPECTED}, found {found}"))?;
        if found.is_empty() {
            return Err(format!("{EXPECTED}, found none"));
        }
        for (line, der) in found {
            let added = roots.add(CertificateDer::from(der));
            added.map_err(|_| format!("{EXPECTED}, found one that cannot be read as X.509 (line {line})"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} roots", self.0.len())
    }
}

/// The link in the chain.
#[derive(Clone)]
pub(super) struct Connector {
    config: Arc<ClientConfig>,
}

/// A connection with TLS on it.
pub(super) struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, Socket>,
}

/// The socket, which records of TLS leave together: one by one each would be a packet, and wake the other end.
struct Socket {
    adapter: TransportAdapter,
    gathered: Vec<u8>,
}

impl Connector {
    pub(super) fn new(tls: &Tls) -> Self {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        // ring's provider has suites for both versions, so this cannot fail; the other arm would be the same, stricter.
        let builder =
            builder.unwrap_or_else(|_| ClientConfig::builder_with_protocol_versions(&[&rustls::version::TLS13]));
        let config = match tls {
            Tls::Verify(roots) => builder.with_root_certificates(roots.0.clone()).with_no_client_auth(),
            Tls::DangerAcceptAnyCertificate => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AcceptAny::new(&provider)))
                .with_no_client_auth(),
        };
        Self {
            config: Arc::new(config),
        }
    }
}

impl<In: Transport> UreqConnector<In> for Connector {
    type Out = Either<In, TlsTransport>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = bare(details.uri.host().unwrap_or_default());
        let name =
            ServerName::try_from(host).map_err(|_| ureq::Error::Tls("the host's name cannot be in a certificate"))?;
        let mut connection = ClientConnection::new(self.config.clone(), name.to_owned())?;
        let mut socket = Socket {
            adapter: TransportAdapter::new(transport.boxed(), details.current_time.clone()),
            gathered: Vec::new(),
        };
        socket.adapter.set_timeout(remaining(details));
        connection.complete_io(&mut socket)?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        let stream = StreamOwned {
            conn: connection,
            sock: socket,
        };
        Ok(Some(Either::B(TlsTransport { buffers, stream })))
    }
}

/// What is left of the time for connecting, after what the links before this one took.
fn remaining(details: &ConnectionDetails) -> NextTimeout {
    let mut timeout = details.timeout;
    if let (Instant::Exact(now), Instant::Exact(started), false) =
        ((details.current_time)(), details.now, timeout.after.is_not_happening())
    {
        timeout.after = timeout
            .after
            .saturating_sub(now.saturating_duration_since(started))
            .into();
    }
    timeout
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    /// Head and body come one after the other, and leave together, at the latest once the answer is awaited.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.adapter.set_timeout(timeout);
        let mut output = self.buffers.output().get(..amount).unwrap_or_default();
        while !output.is_empty() {
            let taken = self.stream.conn.writer().write(output)?;
            output = output.get(taken..).unwrap_or_default();
            if taken == 0 {
                self.stream.flush()?;
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.adapter.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// After a handshake of TLS 1.3 the server's session tickets wait to be read, which ureq's own look at the socket
    /// would take for the end of the connection.
    fn is_open(&mut self) -> bool {
        let moment = NextTimeout {
            after: Duration::from_millis(1).into(),
            ..NextTimeout::default()
        };
        // Once: whoever keeps sending must not keep us looking.
        self.stream.sock.adapter.set_timeout(moment);
        loop {
            match self.stream.conn.read_tls(&mut self.stream.sock) {
                Ok(0) => return false,
                Ok(_) => match self.stream.conn.process_new_packets() {
                    Ok(state) if state.peer_has_closed() || state.plaintext_bytes_to_read() > 0 => return false,
                    Ok(_) => {}
                    Err(_) => return false,
                },
                Err(error) => return matches!(ureq::Error::from(error), ureq::Error::Timeout(_)),
            }
        }
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.adapter.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(record);
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Gone from here even where it fails: what was sent in part must not be sent again.
        self.adapter.write_all(&std::mem::take(&mut self.gathered))
    }
}

/// The rustls error inside an I/O error.
pub(super) fn cause(io: &io::Error) -> Option<&rustls::Error> {
    io.get_ref()?.downcast_ref()
}

/// What a failed handshake was about.
pub(super) fn fault(error: &ureq::Error) -> TlsFault {
    let cause = match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(io) => cause(io),
        _ => None,
    };
    match cause {
        Some(rustls::Error::InvalidCertificate(certificate)) => match certificate {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownIssuer,
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => TlsFault::CaAsServer,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsFault::Expired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::WrongHost,
            _ => TlsFault::Other,
        },
        _ => TlsFault::Other,
    }
}

/// Takes any certificate, but still checks that the server holds its key: a broken handshake stays one.
#[derive(Debug)]
struct AcceptAny(WebPkiSupportedAlgorithms);

impl AcceptAny {
    fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTransport")
    }
}
