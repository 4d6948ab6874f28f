//! The proof by an assertion: the token of a federated identity, or a JWT signed with the key of the registered
//! certificate. The signature is checked by a library that the product does not use.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use rsa::pss::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::{base64, clock, form};
use super::Ask;
use super::refusal::Refusal;

/// AADSTS700027 for a JWT that is not right, AADSTS700213 for a federated token that is not known.
pub(super) fn check(ask: &Ask, form: &[(String, String)], assertion: &str) -> Result<(), Refusal> {
    if form::only(form, "client_assertion_type") != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
        return Err(Refusal::missing("client_assertion_type"));
    }
    if let Some(federated) = &ask.settings.federated_token {
        let known = federated == assertion;
        let message = "No matching federated identity record found for presented assertion subject.";
        return known
            .then_some(())
            .ok_or_else(|| Refusal::invalid_client(700_213, message));
    }
    signed(ask, assertion).map_err(|what| {
        Refusal::invalid_client(
            700_027,
            format!("The certificate with identifier used to sign is not right: {what}."),
        )
    })
}

fn signed(ask: &Ask, assertion: &str) -> Result<(), String> {
    let (der, key) = ask
        .settings
        .certificate
        .as_ref()
        .ok_or("no certificate is registered")?;
    let (message, signature) = assertion.rsplit_once('.').ok_or("no JWT")?;
    let (header, claims) = message.split_once('.').ok_or("no JWT")?;
    let header = part(header)?;
    let claims = part(claims)?;
    expect(&header["alg"], "PS256", "alg")?;
    expect(&header["typ"], "JWT", "typ")?;
    expect(
        &header["x5t#S256"],
        &base64::url_encode(&Sha256::digest(der)),
        "x5t#S256",
    )?;
    let signature = base64::decode(signature).ok_or("the signature is not base64url")?;
    let signature = Signature::try_from(signature.as_slice()).map_err(|error| error.to_string())?;
    let verifier = VerifyingKey::<Sha256>::new(key.clone());
    verifier
        .verify(message.as_bytes(), &signature)
        .map_err(|error| error.to_string())?;

    let scheme = if ask.settings.tls.is_some() { "https" } else { "http" };
    let host = ask.request.header("Host").unwrap_or_default();
    expect(
        &claims["aud"],
        &format!("{scheme}://{host}{}", ask.request.target),
        "aud",
    )?;
    expect(&claims["iss"], &ask.settings.client_id, "iss")?;
    expect(&claims["sub"], &ask.settings.client_id, "sub")?;
    let secs = |name: &str| claims[name].as_u64().ok_or(format!("no {name}"));
    let now = clock::unix_secs(SystemTime::now());
    // A server whose clock is minutes behind, or ahead, is as strict as one whose clock is right.
    let (begin, made, end) = (secs("nbf")?, secs("iat")?, secs("exp")?);
    let strict = |server: u64| begin <= server && made <= server && server < end;
    if end - begin > 600 || ![now - 240, now, now + 240].into_iter().all(strict) {
        return Err("its life is not the ten minutes around now".to_owned());
    }
    let id = claims["jti"].as_str().filter(|id| id.len() >= 16).ok_or("no jti")?;
    static SEEN: OnceLock<Mutex<HashSet<String>>> = OnceLock::new();
    let mut seen = SEEN
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if seen.insert(id.to_owned()) {
        Ok(())
    } else {
        Err("the jti was used before".to_owned())
    }
}

fn part(text: &str) -> Result<Value, String> {
    let json = base64::decode(text).ok_or("a part is not base64url")?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

fn expect(found: &Value, expected: &str, what: &str) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected}, found {found}"))
    }
}
