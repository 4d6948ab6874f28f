//! Signing in with the application's certificate: a JWT signed with its private key stands in for the secret (RFC 7523, and
//! Microsoft's certificate credentials). Only RSA keys, since Entra ID takes no others for this.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::rsa::KeyPair;
use ring::signature::RSA_PSS_SHA256;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use zeroize::Zeroizing;

use super::application::{ASSERTION_TYPE, Application, Field};
use super::token_request::TokenRequest;
use crate::ground::secret::Secret;
use crate::outcome::error::{Error, Failure, Name};

/// The application's certificate and its private key.
pub struct Certificate {
    /// Who signs in.
    pub application: Application,
    key: KeyPair,
    /// Of the private key, which ring does not give out again.
    key_digest: Zeroizing<Vec<u8>>,
    /// The key's certificate first, then those that lead to its root.
    chain: Vec<CertificateDer<'static>>,
    send_chain: bool,
}

impl Certificate {
    /// Reads one RSA private key (PKCS#8 or PKCS#1) and its certificate, in any order, from a PEM text.
    ///
    /// # Errors
    /// What was expected and what was found, without content.
    pub fn parse(application: Application, pem: &[u8], send_chain: bool) -> Result<Self, String> {
        let text = String::from_utf8_lossy(pem);
        if text.contains("ENCRYPTED") {
            return Err(
                "expected a private key that is not encrypted, found one with a passphrase; \
                        decrypt it with `openssl pkey -in key.pem -out plain.pem`"
                    .to_owned(),
            );
        }
        if text.contains("-----BEGIN") && !text.trim().contains('\n') {
            return Err(
                "expected a text in PEM, found one whose line breaks are lost; JSON has them as `\\n`".to_owned(),
            );
        }
        if text.contains("BEGIN EC PRIVATE KEY") {
            return Err(NOT_RSA.to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            "expected a private key in PEM (`-----BEGIN PRIVATE KEY-----`), found none; \
             turn a PKCS#12 file into PEM with `openssl pkcs12 -in file.pfx -out file.pem -nodes`"
                .to_owned()
        })?;
        let key_digest = Zeroizing::new(digest(&SHA256, key.secret_der()).as_ref().to_vec());
        let key = match &key {
            PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(NOT_RSA.to_owned()),
        };
        let key = key.map_err(|error| match error.to_string().as_str() {
            "WrongAlgorithm" => NOT_RSA.to_owned(),
            "TooLarge" => format!("{EXPECTED_KEY}, found one of more than 4096 bits"),
            "TooSmall" => format!("{EXPECTED_KEY}, found one of fewer than 2048 bits"),
            found => format!("{EXPECTED_KEY}, found one that cannot be used ({found})"),
        })?;
        let mut chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| "expected certificates in PEM, found one that breaks off or is not coded right".to_owned())?;
        if chain.is_empty() {
            return Err(
                "expected the certificate beside its key (`-----BEGIN CERTIFICATE-----`), found none".to_owned(),
            );
        }
        // The public key stands in its certificate as it is.
        let public = key.public().as_ref();
        let own = chain
            .iter()
            .position(|certificate| certificate.windows(public.len()).any(|bytes| bytes == public));
        let own = own.ok_or("expected the certificate of the private key, found only those of other keys")?;
        chain[..=own].rotate_right(1);
        Ok(Self {
            application,
            key,
            key_digest,
            chain,
            send_chain,
        })
    }

    /// What only the holder of the private key knows: as secret as the key itself.
    #[must_use]
    pub fn expose_key_digest(&self) -> &[u8] {
        &self.key_digest
    }

    /// The request that asks for a token.
    ///
    /// # Errors
    /// [`Error::Refused`] where the key cannot sign.
    pub fn request(&self) -> Result<TokenRequest, Error> {
        let assertion = self.assertion(SystemTime::now()).map_err(|()| {
            let help = "check the private key; nothing was sent";
            Error::Refused(Failure::new(
                Name::InternalError,
                "the assertion could not be signed",
                help,
            ))
        })?;
        Ok(self.application.token_request(&[
            Field::Open("grant_type", "client_credentials"),
            Field::Open("client_assertion_type", ASSERTION_TYPE),
            Field::Secret("client_assertion", &assertion),
        ]))
    }

    fn assertion(&self, now: SystemTime) -> Result<Secret, ()> {
        let own = self.chain.first().ok_or(())?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, own));
        let mut header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
        if self.send_chain {
            header["x5c"] = self
                .chain
                .iter()
                .map(|certificate| STANDARD.encode(certificate))
                .collect();
        }
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).map_err(|_| ())?;
        let now = now.duration_since(UNIX_EPOCH).map_err(|_| ())?.as_secs();
        let client = &self.application.client_id;
        let claims = json!({
            "aud": self.application.token_endpoint.to_string(),
            "iss": client,
            "sub": client,
            "jti": URL_SAFE_NO_PAD.encode(id),
            "nbf": now,
            "iat": now,
            "exp": now + LIFE_SECS,
        });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &random, message.as_bytes(), &mut signature)
            .map_err(|_| ())?;
        Ok(Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// What Microsoft recommends: 5 to 10 minutes.
const LIFE_SECS: u64 = 300;

const EXPECTED_KEY: &str = "expected an RSA key of 2048 to 4096 bits";

const NOT_RSA: &str =
    "expected an RSA private key, found one of another kind; Entra ID takes no EC keys for signing in";
