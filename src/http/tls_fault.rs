//! What went wrong with TLS: may another try end better, and what is it in words. What the tables do not name is taken
//! for something that stays.

use std::io;

use super::fault::{FaultKind, TlsFault};
use super::tls_table::{
    ALERTS, ALGORITHMS, CERTIFICATES, CLIENT_REFUSED, ERRORS, INCOMPATIBLE, MESSAGES, MISBEHAVED, PATHS, Row,
};
use crate::ground::cleaned::{Wire, Words};

/// Sorts an error of rustls.
pub(super) fn sorted(error: &rustls::Error, wanted_certificate: bool) -> (FaultKind, Words) {
    let (fault, words, name) = match error {
        rustls::Error::AlertReceived(alert) => return of_alert(*alert, wanted_certificate),
        rustls::Error::InvalidCertificate(error) => return of_certificate(error),
        rustls::Error::InvalidMessage(error) => find(&MESSAGES, &format!("{error:?}")),
        rustls::Error::PeerIncompatible(error) => find(&INCOMPATIBLE, &format!("{error:?}")),
        rustls::Error::PeerMisbehaved(error) => find(&MISBEHAVED, &format!("{error:?}")),
        _ => find(&ERRORS, &format!("{error:?}")),
    };
    (FaultKind::Tls(fault), format!("{words} (`{name}`)").into())
}

/// Sorts an error of a connection with TLS on it; nothing where it is none of TLS.
pub(super) fn of_connection(error: &io::Error, wanted_certificate: bool) -> Option<(FaultKind, Words)> {
    let error = error.get_ref()?.downcast_ref()?;
    Some(sorted(error, wanted_certificate))
}

/// A server that will not have this client says so by an alert.
fn of_alert(alert: rustls::AlertDescription, wanted_certificate: bool) -> (FaultKind, Words) {
    let (fault, words, name) = find(&ALERTS, &format!("{alert:?}"));
    // Without having asked for a certificate, a server that refuses may mean anything, and may have taken a request.
    let is_about_us = name == NEVER_WITHOUT || wanted_certificate && CLIENT_REFUSED.contains(&name.as_str());
    let kind = if is_about_us {
        FaultKind::ClientRefused
    } else {
        FaultKind::Tls(fault)
    };
    let why = if is_about_us {
        "; it asked for a client certificate, and client certificates are not supported"
    } else {
        ""
    };
    (kind, format!("{words}{why} (alert `{name}`)").into())
}

fn of_certificate(error: &rustls::CertificateError) -> (FaultKind, Words) {
    use rustls::CertificateError as E;
    let text = format!("{error:?}");
    let (fault, words, name) = match error {
        E::Other(_) => match find(&PATHS, text.trim_start_matches("Other(OtherError(")) {
            // The name under which others know it.
            (fault @ (TlsFault::MissingIntermediate | TlsFault::SelfSigned), words, _) => {
                (fault, words, "UnknownIssuer".to_owned())
            }
            row => row,
        },
        _ => find(&CERTIFICATES, &text),
    };
    let more = match error {
        E::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id, ..
        } => format!(": {}", algorithm(signature_algorithm_id)).into(),
        E::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id,
            public_key_algorithm_id,
        } => format!(
            ": {} by a key of {}",
            algorithm(signature_algorithm_id),
            algorithm(public_key_algorithm_id)
        )
        .into(),
        // The names in it are the server's own; they are what the reader has to compare.
        E::NotValidForNameContext { .. } => Words::from(": ").and_quote(Wire::new(error.to_string())),
        E::ExpiredContext { .. } | E::NotValidYetContext { .. } => format!(": {error}").into(),
        _ => Words::default(),
    };
    let words = Words::from(words).and_words(more).and(format!(" (`{name}`)"));
    (FaultKind::Tls(fault), words)
}

/// The row whose name the text begins with, as the derived `Debug` writes a variant.
fn find(rows: &[Row], text: &str) -> (TlsFault, &'static str, String) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    let row = rows.iter().find(|(known, _, _)| *known == name);
    let (fault, words) = row.map_or((TlsFault::Other, "TLS failed"), |(_, fault, words)| (*fault, *words));
    (fault, words, name.to_owned())
}

/// An AlgorithmIdentifier (RFC 5280, 4.1.1.2) in words: what it begins with is an object identifier in DER.
fn algorithm(identifier: &[u8]) -> &'static str {
    let holds = |oid: &[u8]| identifier.windows(oid.len()).any(|part| part == oid);
    let known = ALGORITHMS.iter().find(|(oid, _)| holds(oid));
    known.map_or("an algorithm that is unknown here", |(_, name)| *name)
}

/// An alert that only a missing client certificate is answered with.
const NEVER_WITHOUT: &str = "CertificateRequired";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::cleaned::{Author, Gate};

    #[test]
    fn what_is_not_in_the_table_stays() {
        assert_eq!(find(&ERRORS, "NewError { x: 1 }").0, TlsFault::Other);
        assert!(!TlsFault::Other.may_pass());
    }

    #[test]
    fn algorithms_are_named() {
        let error = rustls::CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id: b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04".to_vec(),
            public_key_algorithm_id: b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22".to_vec(),
        };
        let (kind, words) = sorted(&rustls::Error::InvalidCertificate(error), false);
        let words = Gate::default().say(words, Author::Service);
        assert_eq!(kind, FaultKind::Tls(TlsFault::Certificate));
        assert!(
            words.contains(": ECDSA with SHA-512 by a key of P-384 (`Unsupp"),
            "{words}"
        );
    }
}
