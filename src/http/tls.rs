//! Whom to believe, by rustls: Mozilla's roots compiled in, plus those that the user adds, which the HTTP crate's own TLS
//! could only put in their place. TLS 1.2 and 1.3, nothing older.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use super::fault::{FaultKind, TlsFault};
use super::socket::Stream;
use super::tls_fault::of_connection;
use super::tls_stream::{Failed, TlsStream};
use crate::ground::service_url::bare;
use crate::ground::{der, pem};

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

/// Puts TLS on connections.
#[derive(Clone)]
pub(super) struct Connector {
    config: Arc<ClientConfig>,
}

impl Connector {
    pub(super) fn new(tls: &Tls) -> Self {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        // ring's provider has suites for both versions, so this cannot fail; the other arm would be the same, stricter.
        let builder =
            builder.unwrap_or_else(|_| ClientConfig::builder_with_protocol_versions(&[&rustls::version::TLS13]));
        let config = match tls {
            Tls::Verify(roots) => match Telling::new(roots, &provider) {
                Some(telling) => builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(telling))
                    .with_no_client_auth(),
                None => builder.with_root_certificates(roots.0.clone()).with_no_client_auth(),
            },
            Tls::DangerAcceptAnyCertificate => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AcceptAny::new(&provider)))
                .with_no_client_auth(),
        };
        Self {
            config: Arc::new(config),
        }
    }

    /// Shakes hands with `host` over a connection, until then.
    pub(super) fn open(&self, host: &str, below: Box<dyn Stream>, until: Instant) -> Result<TlsStream, Refused> {
        let Ok(name) = ServerName::try_from(bare(host)) else {
            let words = "the host's name cannot be in a certificate".to_owned();
            return Err(Refused::Tls(FaultKind::Tls(TlsFault::WrongHost), words));
        };
        let opened = TlsStream::open(&self.config, name.to_owned(), below, until);
        opened.map_err(
            |Failed {
                 error,
                 wanted_certificate,
             }| {
                match of_connection(&error, wanted_certificate) {
                    Some((kind, words)) => Refused::Tls(kind, words),
                    None => Refused::Below(error),
                }
            },
        )
    }
}

/// A handshake that failed, sorted and in words.
pub(super) enum Refused {
    /// TLS itself.
    Tls(FaultKind, String),
    /// What is below it.
    Below(std::io::Error),
}

/// Checks certificates as rustls does, and tells a chain that its server has not sent from one that nobody trusts.
#[derive(Debug)]
struct Telling(Arc<WebPkiServerVerifier>);

impl Telling {
    /// Nothing where there are no roots to check against.
    fn new(roots: &Roots, provider: &Arc<CryptoProvider>) -> Option<Self> {
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.0.clone(), provider.clone());
        verifier.build().ok().map(Self)
    }
}

impl ServerCertVerifier for Telling {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.0.verify_server_cert(certificate, intermediates, host, ocsp, now);
        verified.map_err(|error| match error {
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                let why = why_unknown(certificate, intermediates);
                rustls::Error::InvalidCertificate(why.unwrap_or(CertificateError::UnknownIssuer))
            }
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Why nobody who is trusted stands above a certificate, where what was sent tells.
fn why_unknown(certificate: &CertificateDer<'_>, sent: &[CertificateDer<'_>]) -> Option<CertificateError> {
    let own = der::names(certificate)?;
    if own.issuer == own.subject {
        return Some(CertificateError::Other(OtherError(Arc::new(OwnIssuer))));
    }
    let is_issuer = |other: &CertificateDer<'_>| der::names(other).is_some_and(|names| names.subject == own.issuer);
    let not_sent = !sent.iter().any(is_issuer);
    not_sent.then(|| CertificateError::Other(OtherError(Arc::new(IssuerNotSent))))
}

/// A certificate of an issuer that is not trusted, sent without that issuer's.
#[derive(Debug, PartialEq, Eq)]
struct IssuerNotSent;

/// A certificate that is its own issuer, and not trusted.
#[derive(Debug, PartialEq, Eq)]
struct OwnIssuer;

impl fmt::Display for IssuerNotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the issuer's certificate was not sent")
    }
}

impl fmt::Display for OwnIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate is signed by itself")
    }
}

impl std::error::Error for IssuerNotSent {}

impl std::error::Error for OwnIssuer {}

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
