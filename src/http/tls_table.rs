//! Every error of rustls and of webpki that is known today: may another try end better, and what is it in words. A test
//! holds the tables against the sources that Cargo.lock pins.

use super::fault::TlsFault;
use TlsFault::{
    CaAsServer, Certificate, Expired, MissingIntermediate, NoTls, Other, Passing, SelfSigned, Signature, UnknownIssuer,
    Versions, WrongHost,
};

/// A variant, whether it may pass, and what it is in words.
pub(super) type Row = (&'static str, TlsFault, &'static str);

/// More than one may be in an identifier: the curve of a key comes before the fact that it has one.
pub(super) const ALGORITHMS: [(&[u8], &str); 16] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", "RSA with MD5"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "RSA with SHA-1"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "RSA with SHA-256"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "RSA with SHA-384"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "RSA with SHA-512"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "RSA-PSS"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "RSA"),
    (b"\x2a\x86\x48\xce\x3d\x04\x01", "ECDSA with SHA-1"),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x02", "ECDSA with SHA-256"),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x03", "ECDSA with SHA-384"),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x04", "ECDSA with SHA-512"),
    (b"\x2a\x86\x48\xce\x3d\x03\x01\x07", "P-256"),
    (b"\x2b\x81\x04\x00\x22", "P-384"),
    (b"\x2b\x81\x04\x00\x23", "P-521"),
    (b"\x2b\x65\x70", "Ed25519"),
    (b"\x2b\x65\x71", "Ed448"),
];

/// Alerts by which a server refuses the client, not the handshake's form: no request is processed before it.
pub(super) const CLIENT_REFUSED: [&str; 10] = [
    "HandshakeFailure",
    "NoCertificate",
    "BadCertificate",
    "UnsupportedCertificate",
    "CertificateRevoked",
    "CertificateExpired",
    "CertificateUnknown",
    "UnknownCA",
    "AccessDenied",
    "CertificateRequired",
];

const REFUSED: &str = "the server refused this client";
const BROKEN: &str = "the server broke TLS off";
const NOT_SPOKEN: &str = "what answered does not speak TLS";
const GARBLED: &str = "the server sent something that is no proper TLS";
const NONE_IN_COMMON: &str = "the server and this program have no version or kind of TLS in common";
const UNTRUSTED: &str = "the server's certificate was issued by nobody who is trusted";
const FALSE_SIGNATURE: &str = "a signature by the server's certificate, or by one above it, does not hold: it is another's of the same name that is trusted, or its key is an RSA key of fewer than 2048 bits";
const OUT_OF_TIME: &str = "the server's certificate is outside its validity";
const OTHER_NAME: &str = "the server's certificate is for another host";
const ALGORITHM: &str = "the server's certificate, or one above it, is signed in a way that cannot be checked here, where P-256 with SHA-256, P-384 with SHA-384, RSA with SHA-256 or more, and Ed25519 can";
const NOT_WELL_FORMED: &str = "the server's certificate, or one above it, is not well formed";
const PURPOSE: &str = "the server's certificate, or one above it, is not meant for servers (its extended key usage)";
const EXTENSION: &str =
    "the server's certificate, or one above it, has an extension that must be understood and is not";
const CONSTRAINTS: &str = "a CA above the server's certificate may not issue for this name (its name constraints)";
const TOO_LONG: &str = "the chain above the server's certificate is too long or too tangled to be checked";
const REVOKED: &str = "the server's certificate is revoked, or whether it is cannot be told";
const OURS: &str = "TLS could not be set up on this machine";

pub(super) const ALERTS: [Row; 35] = [
    ("CloseNotify", Passing, BROKEN),
    ("UnexpectedMessage", Other, BROKEN),
    ("BadRecordMac", Passing, BROKEN),
    ("DecryptionFailed", Passing, BROKEN),
    ("RecordOverflow", Other, BROKEN),
    ("DecompressionFailure", Other, BROKEN),
    (
        "HandshakeFailure",
        Versions,
        "the server refused this client, or has nothing in common with it",
    ),
    ("NoCertificate", Other, REFUSED),
    ("BadCertificate", Other, REFUSED),
    ("UnsupportedCertificate", Other, REFUSED),
    ("CertificateRevoked", Other, REFUSED),
    ("CertificateExpired", Other, REFUSED),
    ("CertificateUnknown", Other, REFUSED),
    ("IllegalParameter", Other, BROKEN),
    ("UnknownCA", Other, REFUSED),
    ("AccessDenied", Other, REFUSED),
    ("DecodeError", Other, BROKEN),
    ("DecryptError", Passing, BROKEN),
    ("ExportRestriction", Other, BROKEN),
    ("ProtocolVersion", Versions, NONE_IN_COMMON),
    ("InsufficientSecurity", Versions, NONE_IN_COMMON),
    ("InternalError", Passing, BROKEN),
    ("InappropriateFallback", Versions, NONE_IN_COMMON),
    ("UserCanceled", Passing, BROKEN),
    ("NoRenegotiation", Other, BROKEN),
    ("MissingExtension", Other, BROKEN),
    ("UnsupportedExtension", Other, BROKEN),
    ("CertificateUnobtainable", Other, BROKEN),
    ("UnrecognisedName", WrongHost, "the server serves no host of this name"),
    ("BadCertificateStatusResponse", Other, BROKEN),
    ("BadCertificateHashValue", Other, BROKEN),
    ("UnknownPSKIdentity", Other, BROKEN),
    ("CertificateRequired", Other, REFUSED),
    ("NoApplicationProtocol", Other, BROKEN),
    ("EncryptedClientHelloRequired", Other, BROKEN),
];

pub(super) const ERRORS: [Row; 22] = [
    ("InappropriateMessage", Other, GARBLED),
    ("InappropriateHandshakeMessage", Other, GARBLED),
    ("InvalidEncryptedClientHello", Other, OURS),
    ("InvalidMessage", Other, GARBLED),
    (
        "NoCertificatesPresented",
        Certificate,
        "the server showed no certificate",
    ),
    ("UnsupportedNameType", Other, OURS),
    // A bit that fell over on the way is not there at another try.
    ("DecryptError", Passing, GARBLED),
    ("EncryptError", Passing, OURS),
    ("PeerIncompatible", Versions, NONE_IN_COMMON),
    ("PeerMisbehaved", Other, GARBLED),
    ("AlertReceived", Other, BROKEN),
    ("InvalidCertificate", Certificate, NOT_WELL_FORMED),
    ("InvalidCertRevocationList", Certificate, REVOKED),
    ("General", Other, OURS),
    ("FailedToGetCurrentTime", Other, OURS),
    ("FailedToGetRandomBytes", Other, OURS),
    ("HandshakeNotComplete", Other, OURS),
    ("PeerSentOversizedRecord", Other, GARBLED),
    ("NoApplicationProtocol", Other, NONE_IN_COMMON),
    ("BadMaxFragmentSize", Other, OURS),
    ("InconsistentKeys", Other, OURS),
    ("Other", Other, OURS),
];

pub(super) const CERTIFICATES: [Row; 22] = [
    ("BadEncoding", Certificate, NOT_WELL_FORMED),
    ("Expired", Expired, OUT_OF_TIME),
    ("ExpiredContext", Expired, OUT_OF_TIME),
    ("NotValidYet", Expired, OUT_OF_TIME),
    ("NotValidYetContext", Expired, OUT_OF_TIME),
    ("Revoked", Certificate, REVOKED),
    ("UnhandledCriticalExtension", Certificate, EXTENSION),
    ("UnknownIssuer", UnknownIssuer, UNTRUSTED),
    ("UnknownRevocationStatus", Certificate, REVOKED),
    ("ExpiredRevocationList", Certificate, REVOKED),
    ("ExpiredRevocationListContext", Certificate, REVOKED),
    ("BadSignature", Signature, FALSE_SIGNATURE),
    ("UnsupportedSignatureAlgorithm", Certificate, ALGORITHM),
    ("UnsupportedSignatureAlgorithmContext", Certificate, ALGORITHM),
    (
        "UnsupportedSignatureAlgorithmForPublicKeyContext",
        Certificate,
        ALGORITHM,
    ),
    ("NotValidForName", WrongHost, OTHER_NAME),
    ("NotValidForNameContext", WrongHost, OTHER_NAME),
    ("InvalidPurpose", Certificate, PURPOSE),
    ("InvalidPurposeContext", Certificate, PURPOSE),
    ("InvalidOcspResponse", Certificate, REVOKED),
    ("ApplicationVerificationFailure", Certificate, NOT_WELL_FORMED),
    ("Other", Certificate, NOT_WELL_FORMED),
];

/// Errors of webpki that rustls passes on as they are, and the ways of this program's own verifier.
pub(super) const PATHS: [Row; 53] = [
    ("BadDer", Certificate, NOT_WELL_FORMED),
    ("BadDerTime", Certificate, NOT_WELL_FORMED),
    (
        "CaUsedAsEndEntity",
        CaAsServer,
        "the server shows a CA's own certificate",
    ),
    (
        "CertDistrusted",
        Certificate,
        "a CA above the server's certificate is distrusted",
    ),
    ("CertExpired", Expired, OUT_OF_TIME),
    ("CertNotValidForName", WrongHost, OTHER_NAME),
    ("CertNotValidYet", Expired, OUT_OF_TIME),
    ("CertRevoked", Certificate, REVOKED),
    ("CrlExpired", Certificate, REVOKED),
    ("EmptyEkuExtension", Certificate, PURPOSE),
    (
        "EndEntityUsedAsCa",
        Certificate,
        "the chain above the server's certificate goes through one that is no CA's",
    ),
    ("ExtensionValueInvalid", Certificate, NOT_WELL_FORMED),
    ("InvalidCertValidity", Expired, OUT_OF_TIME),
    ("InvalidCrlNumber", Certificate, REVOKED),
    ("InvalidNetworkMaskConstraint", Certificate, CONSTRAINTS),
    ("InvalidSerialNumber", Certificate, NOT_WELL_FORMED),
    ("InvalidCrlSignatureForPublicKey", Certificate, REVOKED),
    ("InvalidSignatureForPublicKey", Signature, FALSE_SIGNATURE),
    ("IssuerNotCrlSigner", Certificate, REVOKED),
    ("MalformedDnsIdentifier", Certificate, NOT_WELL_FORMED),
    ("MalformedExtensions", Certificate, NOT_WELL_FORMED),
    ("MalformedNameConstraint", Certificate, CONSTRAINTS),
    ("MaximumNameConstraintComparisonsExceeded", Certificate, TOO_LONG),
    ("MaximumPathBuildCallsExceeded", Certificate, TOO_LONG),
    ("MaximumPathDepthExceeded", Certificate, TOO_LONG),
    ("MaximumSignatureChecksExceeded", Certificate, TOO_LONG),
    ("NameConstraintViolation", Certificate, CONSTRAINTS),
    (
        "PathLenConstraintViolated",
        Certificate,
        "a CA above the server's certificate may not have so many CAs below it (its path length)",
    ),
    ("RequiredEkuNotFound", Certificate, PURPOSE),
    ("RequiredEkuNotFoundContext", Certificate, PURPOSE),
    ("SignatureAlgorithmMismatch", Certificate, ALGORITHM),
    ("TrailingData", Certificate, NOT_WELL_FORMED),
    ("UnknownIssuer", UnknownIssuer, UNTRUSTED),
    ("UnknownRevocationStatus", Certificate, REVOKED),
    (
        "UnsupportedCertVersion",
        Certificate,
        "the server's certificate, or one above it, is not of X.509 version 3",
    ),
    ("UnsupportedCriticalExtension", Certificate, EXTENSION),
    ("UnsupportedCrlIssuingDistributionPoint", Certificate, REVOKED),
    ("UnsupportedCrlVersion", Certificate, REVOKED),
    ("UnsupportedDeltaCrl", Certificate, REVOKED),
    ("UnsupportedIndirectCrl", Certificate, REVOKED),
    ("UnsupportedNameType", Certificate, NOT_WELL_FORMED),
    ("UnsupportedRevocationReason", Certificate, REVOKED),
    ("UnsupportedRevocationReasonsPartitioning", Certificate, REVOKED),
    ("UnsupportedCrlSignatureAlgorithm", Certificate, REVOKED),
    ("UnsupportedCrlSignatureAlgorithmContext", Certificate, REVOKED),
    ("UnsupportedSignatureAlgorithm", Certificate, ALGORITHM),
    ("UnsupportedSignatureAlgorithmContext", Certificate, ALGORITHM),
    ("UnsupportedCrlSignatureAlgorithmForPublicKey", Certificate, REVOKED),
    (
        "UnsupportedCrlSignatureAlgorithmForPublicKeyContext",
        Certificate,
        REVOKED,
    ),
    ("UnsupportedSignatureAlgorithmForPublicKey", Certificate, ALGORITHM),
    (
        "UnsupportedSignatureAlgorithmForPublicKeyContext",
        Certificate,
        ALGORITHM,
    ),
    (
        "IssuerNotSent",
        MissingIntermediate,
        "the server's certificate was issued by nobody who is trusted, and the server sent no certificate of its issuer's with it",
    ),
    (
        "OwnIssuer",
        SelfSigned,
        "the server's certificate is signed by itself, and is not among those that are trusted",
    ),
];

pub(super) const MESSAGES: [Row; 28] = [
    ("CertificatePayloadTooLarge", Other, GARBLED),
    ("HandshakePayloadTooLarge", Other, GARBLED),
    ("InvalidCcs", Other, GARBLED),
    ("InvalidContentType", NoTls, NOT_SPOKEN),
    ("InvalidCertificateStatusType", Other, GARBLED),
    ("InvalidCertRequest", Other, GARBLED),
    ("InvalidDhParams", Other, GARBLED),
    ("InvalidEmptyPayload", Other, GARBLED),
    ("InvalidKeyUpdate", Other, GARBLED),
    ("InvalidServerName", Other, GARBLED),
    ("MessageTooLarge", Other, GARBLED),
    ("MessageTooShort", Other, GARBLED),
    ("MissingData", Other, GARBLED),
    ("MissingKeyExchange", Other, GARBLED),
    ("NoSignatureSchemes", Other, GARBLED),
    ("TrailingData", Other, GARBLED),
    ("UnexpectedMessage", Other, GARBLED),
    ("UnknownProtocolVersion", NoTls, NOT_SPOKEN),
    ("UnsupportedCompression", Other, GARBLED),
    ("UnsupportedCurveType", Other, GARBLED),
    ("UnsupportedKeyExchangeAlgorithm", Other, GARBLED),
    ("EmptyTicketValue", Other, GARBLED),
    ("IllegalEmptyList", Other, GARBLED),
    ("IllegalEmptyValue", Other, GARBLED),
    ("DuplicateExtension", Other, GARBLED),
    ("PreSharedKeyIsNotFinalExtension", Other, GARBLED),
    ("UnknownHelloRetryRequestExtension", Other, GARBLED),
    ("UnknownCertificateExtension", Other, GARBLED),
];

pub(super) const INCOMPATIBLE: [Row; 22] = [
    ("EcPointsExtensionRequired", Versions, NONE_IN_COMMON),
    ("ExtendedMasterSecretExtensionRequired", Versions, NONE_IN_COMMON),
    ("IncorrectCertificateTypeExtension", Versions, NONE_IN_COMMON),
    ("KeyShareExtensionRequired", Versions, NONE_IN_COMMON),
    ("NamedGroupsExtensionRequired", Versions, NONE_IN_COMMON),
    ("NoCertificateRequestSignatureSchemesInCommon", Versions, NONE_IN_COMMON),
    ("NoCipherSuitesInCommon", Versions, NONE_IN_COMMON),
    ("NoEcPointFormatsInCommon", Versions, NONE_IN_COMMON),
    ("NoKxGroupsInCommon", Versions, NONE_IN_COMMON),
    ("NoSignatureSchemesInCommon", Versions, NONE_IN_COMMON),
    ("NullCompressionRequired", Versions, NONE_IN_COMMON),
    ("ServerDoesNotSupportTls12Or13", Versions, NONE_IN_COMMON),
    (
        "ServerSentHelloRetryRequestWithUnknownExtension",
        Versions,
        NONE_IN_COMMON,
    ),
    ("ServerTlsVersionIsDisabledByOurConfig", Versions, NONE_IN_COMMON),
    ("SignatureAlgorithmsExtensionRequired", Versions, NONE_IN_COMMON),
    ("SupportedVersionsExtensionRequired", Versions, NONE_IN_COMMON),
    ("Tls12NotOffered", Versions, NONE_IN_COMMON),
    ("Tls12NotOfferedOrEnabled", Versions, NONE_IN_COMMON),
    ("Tls13RequiredForQuic", Versions, NONE_IN_COMMON),
    ("UncompressedEcPointsRequired", Versions, NONE_IN_COMMON),
    ("UnsolicitedCertificateTypeExtension", Versions, NONE_IN_COMMON),
    ("ServerRejectedEncryptedClientHello", Versions, NONE_IN_COMMON),
];

/// Whoever breaks the protocol so breaks it again.
pub(super) const MISBEHAVED: [Row; 78] = [
    ("AttemptedDowngradeToTls12WhenTls13IsSupported", Other, GARBLED),
    ("BadCertChainExtensions", Other, GARBLED),
    ("CipherSuiteDifferedOnRetry", Other, GARBLED),
    ("DisallowedEncryptedExtension", Other, GARBLED),
    ("DuplicateClientHelloExtensions", Other, GARBLED),
    ("DuplicateEncryptedExtensions", Other, GARBLED),
    ("DuplicateHelloRetryRequestExtensions", Other, GARBLED),
    ("DuplicateNewSessionTicketExtensions", Other, GARBLED),
    ("DuplicateServerHelloExtensions", Other, GARBLED),
    ("DuplicateServerNameTypes", Other, GARBLED),
    ("EarlyDataAttemptedInSecondClientHello", Other, GARBLED),
    ("EarlyDataExtensionWithoutResumption", Other, GARBLED),
    ("EarlyDataOfferedWithVariedCipherSuite", Other, GARBLED),
    ("EchAcceptanceVariedAfterRetry", Other, GARBLED),
    ("HandshakeHashVariedAfterRetry", Other, GARBLED),
    ("IllegalHelloRetryRequestWithEmptyCookie", Other, GARBLED),
    ("IllegalHelloRetryRequestWithNoChanges", Other, GARBLED),
    ("IllegalHelloRetryRequestWithOfferedGroup", Other, GARBLED),
    ("IllegalHelloRetryRequestWithUnofferedCipherSuite", Other, GARBLED),
    ("IllegalHelloRetryRequestWithUnofferedNamedGroup", Other, GARBLED),
    ("IllegalHelloRetryRequestWithUnsupportedVersion", Other, GARBLED),
    ("IllegalHelloRetryRequestWithWrongSessionId", Other, GARBLED),
    ("IllegalHelloRetryRequestWithInvalidEch", Other, GARBLED),
    ("IllegalMiddleboxChangeCipherSpec", Other, GARBLED),
    ("IllegalTlsInnerPlaintext", Other, GARBLED),
    ("IncorrectBinder", Other, GARBLED),
    ("InvalidCertCompression", Other, GARBLED),
    ("InvalidMaxEarlyDataSize", Other, GARBLED),
    ("InvalidKeyShare", Other, GARBLED),
    ("KeyEpochWithPendingFragment", Other, GARBLED),
    ("KeyUpdateReceivedInQuicConnection", Other, GARBLED),
    ("MessageInterleavedWithHandshakeMessage", Other, GARBLED),
    ("MissingBinderInPskExtension", Other, GARBLED),
    ("MissingKeyShare", Other, GARBLED),
    ("MissingPskExtensionInSecondClientHello", Other, GARBLED),
    ("MissingPskModesExtension", Other, GARBLED),
    ("MissingQuicTransportParameters", Other, GARBLED),
    ("OfferedDuplicateCertificateCompressions", Other, GARBLED),
    ("OfferedDuplicateKeyShares", Other, GARBLED),
    ("OfferedEarlyDataWithOldProtocolVersion", Other, GARBLED),
    ("OfferedEmptyApplicationProtocol", Other, GARBLED),
    ("OfferedIncorrectCompressions", Other, GARBLED),
    ("PskExtensionMustBeLast", Other, GARBLED),
    ("PskExtensionWithMismatchedIdsAndBinders", Other, GARBLED),
    ("RefusedToFollowHelloRetryRequest", Other, GARBLED),
    ("RejectedEarlyDataInterleavedWithHandshakeMessage", Other, GARBLED),
    ("ResumptionAttemptedWithVariedEms", Other, GARBLED),
    ("ResumptionOfferedWithVariedCipherSuite", Other, GARBLED),
    ("ResumptionOfferedWithVariedEms", Other, GARBLED),
    ("ResumptionOfferedWithIncompatibleCipherSuite", Other, GARBLED),
    ("SelectedDifferentCipherSuiteAfterRetry", Other, GARBLED),
    ("SelectedInvalidPsk", Other, GARBLED),
    ("SelectedTls12UsingTls13VersionExtension", Other, GARBLED),
    ("SelectedUnofferedApplicationProtocol", Other, GARBLED),
    ("SelectedUnofferedCertCompression", Other, GARBLED),
    ("SelectedUnofferedCipherSuite", Other, GARBLED),
    ("SelectedUnofferedCompression", Other, GARBLED),
    ("SelectedUnofferedKxGroup", Other, GARBLED),
    ("SelectedUnofferedPsk", Other, GARBLED),
    ("SelectedUnusableCipherSuiteForVersion", Other, GARBLED),
    ("ServerEchoedCompatibilitySessionId", Other, GARBLED),
    ("ServerHelloMustOfferUncompressedEcPoints", Other, GARBLED),
    ("ServerNameDifferedOnRetry", Other, GARBLED),
    ("ServerNameMustContainOneHostName", Other, GARBLED),
    ("SignedKxWithWrongAlgorithm", Other, GARBLED),
    ("SignedHandshakeWithUnadvertisedSigScheme", Other, GARBLED),
    ("TooManyEmptyFragments", Other, GARBLED),
    ("TooManyKeyUpdateRequests", Other, GARBLED),
    ("TooManyRenegotiationRequests", Other, GARBLED),
    ("TooManyWarningAlertsReceived", Other, GARBLED),
    ("TooMuchEarlyDataReceived", Other, GARBLED),
    ("UnexpectedCleartextExtension", Other, GARBLED),
    ("UnsolicitedCertExtension", Other, GARBLED),
    ("UnsolicitedEncryptedExtension", Other, GARBLED),
    ("UnsolicitedSctList", Other, GARBLED),
    ("UnsolicitedServerHelloExtension", Other, GARBLED),
    ("WrongGroupForKeyShare", Other, GARBLED),
    ("UnsolicitedEchExtension", Other, GARBLED),
];

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::*;

    fn host(cargo: &str) -> String {
        let said = Command::new(cargo).args(["-vV"]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let host = said.lines().find_map(|line| line.strip_prefix("host: "));
        host.unwrap().to_owned()
    }

    /// The folder of a crate's source, as Cargo.lock pins it.
    fn source_of(package: &str) -> PathBuf {
        #[allow(clippy::disallowed_methods, reason = "the ban is about the product")]
        let cargo = std::env::var("CARGO").unwrap();
        let said = Command::new(&cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--offline"])
            // Crates of other platforms need not be here.
            .args(["--filter-platform", &host(&cargo)])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let metadata: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let found = packages.iter().find(|known| known["name"] == package).unwrap();
        let manifest = Path::new(found["manifest_path"].as_str().unwrap());
        manifest.parent().unwrap().join("src")
    }

    /// The names of an enum's variants, read from its source.
    fn variants(source: &str, name: &str) -> Vec<String> {
        let start = source.find(&format!("pub enum {name} {{")).unwrap();
        let body = &source[start..];
        let indent = body.lines().nth(1).unwrap().chars().take_while(|c| *c == ' ').count();
        let end = format!("\n{}}}", " ".repeat(indent - 4));
        let body = &body[..body.find(&end).unwrap()];
        let names = body.lines().filter_map(|line| {
            let rest = line.strip_prefix(" ".repeat(indent).as_str())?;
            rest.starts_with(|c: char| c.is_ascii_uppercase()).then(|| {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
                rest[..end].to_owned()
            })
        });
        names.collect()
    }

    #[test]
    fn every_error_of_the_pinned_sources_is_sorted() {
        let (tls, paths) = (source_of("rustls"), source_of("rustls-webpki"));
        for (rows, file, name) in [
            (ERRORS.as_slice(), tls.join("error.rs"), "Error"),
            (&CERTIFICATES, tls.join("error.rs"), "CertificateError"),
            (&MESSAGES, tls.join("error.rs"), "InvalidMessage"),
            (&INCOMPATIBLE, tls.join("error.rs"), "PeerIncompatible"),
            (&MISBEHAVED, tls.join("error.rs"), "PeerMisbehaved"),
            (&ALERTS, tls.join("enums.rs"), "AlertDescription"),
            (&PATHS, paths.join("error.rs"), "Error"),
        ] {
            let variants = variants(&std::fs::read_to_string(file).unwrap(), name);
            assert!(variants.len() > 15, "{name}: {variants:?}");
            let mut sorted: Vec<&str> = rows.iter().map(|(known, _, _)| *known).collect();
            sorted.retain(|known| !["IssuerNotSent", "OwnIssuer"].contains(known));
            let missing: Vec<_> = variants
                .iter()
                .filter(|known| !sorted.contains(&known.as_str()))
                .collect();
            assert!(missing.is_empty(), "{name} is not sorted: {missing:?}");
            assert_eq!(
                sorted.len(),
                variants.len(),
                "{name}: the table has rows that the source has not"
            );
        }
        assert!(
            CLIENT_REFUSED
                .iter()
                .all(|name| ALERTS.iter().any(|(known, _, _)| known == name))
        );
    }
}
