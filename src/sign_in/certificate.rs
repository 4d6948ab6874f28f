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
use rustls::pki_types::CertificateDer;
use serde_json::json;
use zeroize::Zeroizing;

use super::application::{ASSERTION_TYPE, Application, Field};
use super::rsa_key;
use super::token_request::TokenRequest;
use crate::ground::pem::{self, Block};
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
        if pem::is_der(pem) || is_base64_alone(pem) {
            return Err(format!(
                "{EXPECTED_PEM}, found what may be a PKCS#12 file (.pfx, .p12); {TURN_INTO_PEM}"
            ));
        }
        let blocks = pem::blocks(pem).map_err(|found| format!("{EXPECTED_PEM}, found {found}"))?;
        let der = private_key(&blocks)?;
        let key_digest = Zeroizing::new(digest(&SHA256, &der.bytes).as_ref().to_vec());
        let key = if der.pkcs8 {
            KeyPair::from_pkcs8(&der.bytes)
        } else {
            KeyPair::from_der(&der.bytes)
        };
        let key = key.map_err(|error| match error.to_string().as_str() {
            "WrongAlgorithm" => NOT_RSA.to_owned(),
            found => rsa_key::why_not(&der.bytes, der.pkcs8)
                .unwrap_or_else(|| format!("{EXPECTED_KEY}, found one that cannot be used ({found})")),
        })?;
        let chain = pem::certificates(&blocks).map_err(|found| format!("{EXPECTED_PEM}, found {found}"))?;
        let mut chain: Vec<_> = chain.into_iter().map(|(_, der)| CertificateDer::from(der)).collect();
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
        let begin = now.saturating_sub(CLOCK_SKEW_SECS);
        let client = &self.application.client_id;
        let claims = json!({
            "aud": self.application.token_endpoint.to_string(),
            "iss": client,
            "sub": client,
            "jti": URL_SAFE_NO_PAD.encode(id),
            "nbf": begin,
            "iat": begin,
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

/// A private key's content.
struct KeyDer {
    bytes: Zeroizing<Vec<u8>>,
    /// PKCS#8, or else PKCS#1.
    pkcs8: bool,
}

/// The one private key among the blocks.
fn private_key(blocks: &[Block]) -> Result<KeyDer, String> {
    let mut found: Vec<&Block> = Vec::new();
    for block in blocks.iter().filter(|block| block.label.ends_with("PRIVATE KEY")) {
        // A copy of one that is there already says nothing new.
        if !found.iter().any(|known| known.der == block.der) {
            found.push(block);
        }
    }
    let key = match found.as_slice() {
        [key] => key,
        [] => {
            return Err(format!(
                "expected a private key in PEM (`-----BEGIN PRIVATE KEY-----`), found none; {TURN_INTO_PEM}"
            ));
        }
        several => {
            let lines: Vec<String> = several.iter().map(|key| key.line.to_string()).collect();
            let lines = lines.join(" and ");
            return Err(format!(
                "expected one private key, found several (lines {lines}); leave the one of the application's certificate"
            ));
        }
    };
    let line = key.line;
    if key.encrypted {
        return Err(format!(
            "expected a private key that is not encrypted, found one with a passphrase (line {line}); \
             decrypt it with `openssl pkey -in key.pem -out plain.pem`, and put the certificate beside it"
        ));
    }
    match key.label.as_str() {
        "PRIVATE KEY" | "RSA PRIVATE KEY" => Ok(KeyDer {
            bytes: key.der.clone(),
            pkcs8: key.label == "PRIVATE KEY",
        }),
        "OPENSSH PRIVATE KEY" => Err(format!(
            "expected a private key in PEM, found one in OpenSSH's own form (line {line}); \
             change it with `ssh-keygen -p -m PKCS8 -f key.pem`"
        )),
        _ => Err(NOT_RSA.to_owned()),
    }
}

/// A PKCS#12 file goes through variables and key vaults in base64, without any line that says what it is.
fn is_base64_alone(pem: &[u8]) -> bool {
    let coded = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(byte);
    pem.starts_with(b"MI") && pem.len() > 64 && pem.iter().all(coded)
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// From now on. With the minutes before, it makes the ten that Microsoft recommends as the longest.
const LIFE_SECS: u64 = 300;

/// How far this machine's clock may be ahead of a strict server's, which refuses what begins or was made later than now.
const CLOCK_SKEW_SECS: u64 = 300;

const EXPECTED_PEM: &str = "expected the certificate and its private key in PEM";

/// What every OpenSSL 3 does with a file of Windows's, whose ciphers it otherwise takes for too old.
const TURN_INTO_PEM: &str = "turn a PKCS#12 file into PEM with `openssl pkcs12 -in file.pfx -out file.pem -nodes -legacy` \
                             (before OpenSSL 3 without `-legacy`)";

const EXPECTED_KEY: &str = rsa_key::EXPECTED;

const NOT_RSA: &str =
    "expected an RSA private key, found one of another kind; Entra ID takes no EC keys for signing in";
