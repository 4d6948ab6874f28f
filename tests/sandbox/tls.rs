//! The sandbox's certificates, made afresh at each start, right and wrong ones. Keys are ECDSA P-256, which are made at once,
//! or RSA-2048 in a chain with an intermediate, where what a client does has to cost what it costs against public services.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

use super::settings::{Settings, TlsVersions};

/// Which certificate the server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// For localhost, 127.0.0.1, ::1 and the bound address, signed by the sandbox's CA.
    Good,
    /// The same, but over since 2021.
    Expired,
    /// Signed by the sandbox's CA, for another name.
    WrongHost,
    /// Signed by its own key; the sandbox's CA has nothing to do with it.
    SelfSigned,
    /// The same, and a CA's, as `openssl req -x509` makes them.
    SelfSignedCa,
}

/// What the server needs to speak TLS, and what clients need to trust it.
pub struct Identity {
    /// For each connection.
    pub config: Arc<ServerConfig>,
    /// The CA's certificate.
    pub ca_pem: String,
    /// The certificate the server shows.
    pub leaf_pem: String,
}

impl Identity {
    /// Makes a CA and what it signs, as the settings say.
    pub fn make(tls: Tls, settings: &Settings) -> Self {
        let ca_key = new_key(settings.rsa_chain);
        let ca_params = authority("Sandbox CA, not for trust");
        let ca = ca_params.self_signed(&ca_key).expect("the CA's parameters are sound");
        let leaf_key = settings.leaf_key_pem.as_deref().map_or_else(
            || new_key(settings.rsa_chain),
            |pem| KeyPair::from_pem(pem).expect("leaf_key_pem is a PKCS#8 private key that ring can use"),
        );
        let params = leaf(tls, settings.bind);
        let ca_issuer = Issuer::new(ca_params, ca_key);
        let mut chain = Vec::new();
        let leaf = if matches!(tls, Tls::SelfSigned | Tls::SelfSignedCa) {
            params.self_signed(&leaf_key)
        } else if settings.rsa_chain {
            let (intermediate, issuer) = intermediate(&ca_issuer);
            chain.push(intermediate.der().clone());
            params.signed_by(&leaf_key, &issuer)
        } else {
            params.signed_by(&leaf_key, &ca_issuer)
        }
        .expect("the leaf's parameters are sound");
        chain.insert(0, leaf.der().clone());

        let key = PrivateKeyDer::try_from(leaf_key.serialize_der()).expect("rcgen writes PKCS#8");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&versions(settings.tls_versions))
            .expect("ring has suites for both versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("the key belongs to the certificate");
        Self {
            config: Arc::new(config),
            ca_pem: ca.pem(),
            leaf_pem: leaf.pem(),
        }
    }
}

/// rcgen on ring makes no RSA keys, but takes them.
fn new_key(rsa: bool) -> KeyPair {
    if !rsa {
        return KeyPair::generate().expect("ring makes P-256 keys");
    }
    let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, RSA_BITS).expect("2048 bits are enough for a key");
    let pem = key.to_pkcs8_pem(LineEnding::LF).expect("a key of its own making");
    KeyPair::from_pem(&pem).expect("ring takes RSA keys of 2048 bits")
}

fn intermediate(ca: &Issuer<'_, KeyPair>) -> (Certificate, Issuer<'static, KeyPair>) {
    let key = new_key(true);
    let mut params = authority("Sandbox intermediate, not for trust");
    params.use_authority_key_identifier_extension = true;
    let certificate = params
        .signed_by(&key, ca)
        .expect("the intermediate's parameters are sound");
    (certificate, Issuer::new(params, key))
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf(tls: Tls, bind: IpAddr) -> CertificateParams {
    let names = match tls {
        Tls::WrongHost => vec!["wrong-host.example.test".to_owned()],
        _ => ["localhost", "127.0.0.1", "::1", &bind.to_string()]
            .map(str::to_owned)
            .into(),
    };
    let mut params = CertificateParams::new(names).expect("the names are ASCII");
    params.distinguished_name.push(DnType::CommonName, "Sandbox");
    params.use_authority_key_identifier_extension = true;
    if tls == Tls::SelfSignedCa {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    if tls == Tls::Expired {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    params
}

fn versions(versions: TlsVersions) -> Vec<&'static rustls::SupportedProtocolVersion> {
    match versions {
        TlsVersions::Both => rustls::ALL_VERSIONS.to_vec(),
        TlsVersions::Only12 => vec![&rustls::version::TLS12],
        TlsVersions::Only13 => vec![&rustls::version::TLS13],
    }
}

const RSA_BITS: usize = 2_048;
