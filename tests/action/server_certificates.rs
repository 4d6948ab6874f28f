//! Certificates that servers show, and proxies that inspect TLS, made and served by `openssl`: what cannot be believed ends the
//! run at once, in words that say what is wrong with it; what is only unusual is believed.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use support::Run;
use support::outcome::Outcome;
use support::tools;

/// A folder in which `openssl` makes keys and certificates.
struct Made(PathBuf);

/// What a certificate says of itself, for a CA and for a server.
const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";
const SERVER: &str = "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth";

const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
const P521: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const RSA_3000: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3000"];
const RSA_1024: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
const RSA_OF_3: &[&str] = &[
    "-algorithm",
    "RSA",
    "-pkeyopt",
    "rsa_keygen_bits:2048",
    "-pkeyopt",
    "rsa_keygen_pubexp:3",
];
const ED25519: &[&str] = &["-algorithm", "ed25519"];
const ED448: &[&str] = &["-algorithm", "ed448"];

impl Made {
    /// `None` where there is no `openssl` here, which is then said.
    fn new(name: &str) -> Option<Self> {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("server-certificates-{}-{name}", std::process::id()));
        if let Err(error) = Command::new("openssl").arg("version").output() {
            writeln!(std::io::stderr(), "SKIPPED: openssl cannot be started: {error}").expect("a line");
            return None;
        }
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Some(Self(folder))
    }

    fn openssl(&self, args: &[&str]) {
        tools::openssl(&self.0, args);
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(format!("{name}.pem"))).expect("the file is there")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("a file can be written");
    }

    /// Makes a key and its certificate, signed by another, or by itself where that has the same name. Of version 1 where it
    /// says nothing of itself.
    fn certificate(&self, name: &str, key: &[&str], issuer: &str, digest: &str, says: &str) {
        let (key_file, request) = (format!("{name}.key"), format!("{name}.csr"));
        self.openssl(&[&["genpkey", "-out", &key_file], key].concat());
        let subject = format!("/CN={name}");
        self.openssl(&["req", "-new", "-key", &key_file, "-subj", &subject, "-out", &request]);
        let (issuer_file, issuer_key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
        let (digest, out) = (format!("-{digest}"), format!("{name}.pem"));
        let mut args = vec!["x509", "-req", "-in", &request, "-days", "2", "-out", &out];
        if issuer == name {
            args.extend(["-signkey", &key_file]);
        } else {
            args.extend(["-CA", &issuer_file, "-CAkey", &issuer_key, "-CAcreateserial"]);
        }
        // Neither of these has one.
        if !key.contains(&"ed25519") && !key.contains(&"ed448") || issuer != name {
            args.push(&digest);
        }
        let says_file = format!("{name}.ext");
        if !says.is_empty() {
            self.write(&says_file, says);
            args.extend(["-extfile", &says_file]);
        }
        self.openssl(&args);
    }

    /// Newer ones of `openssl` make none of version 1.
    fn is_of_version_1(&self, name: &str) -> bool {
        let file = format!("{name}.pem");
        let shown = Command::new("openssl")
            .args(["x509", "-noout", "-text", "-in", &file])
            .current_dir(&self.0)
            .output();
        let is = String::from_utf8_lossy(&shown.expect("openssl can be started").stdout).contains("Version: 1 ");
        if !is {
            writeln!(
                std::io::stderr(),
                "SKIPPED: this openssl makes no certificate of version 1"
            )
            .expect("a line");
        }
        is
    }

    /// Serves with one certificate, those of `sent` behind it, and updates over it with one that is trusted.
    fn update(&self, name: &str, sent: &[&str], trusted: &str) -> Outcome {
        let chain: String = sent.iter().map(|name| self.text(name)).collect();
        self.write("chain.pem", &chain);
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port is free")
            .port();
        let (accept, own, key) = (
            format!("127.0.0.1:{port}"),
            format!("{name}.pem"),
            format!("{name}.key"),
        );
        let mut args = vec!["s_server", "-accept", &accept, "-cert", &own, "-key", &key, "-rev"];
        args.extend(["-cipher", "ALL:@SECLEVEL=0"]);
        if !sent.is_empty() {
            args.extend(["-cert_chain", "chain.pem"]);
        }
        let server = Command::new("openssl")
            .args(&args)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let _server = Server::ready(server.expect("openssl can be started"), port);
        let input = json!({
            "asset": {
                "url": format!("https://localhost:{port}"),
                "access_token": "eyJ-not-real.eyJ-not-real.not-real",
                "ca_certificate": self.text(trusted),
                "timeout_secs": 20,
                // Another try would take all of the time.
                "retry_wait_secs": 60,
                "settle_secs": 0.1,
            },
            "path_parameters": {"id": 552},
            "json_body": {"comment": "closed"},
        });
        Run::with_stdin(input.to_string()).outcome(&[])
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

struct Server(Child);

impl Server {
    /// Once it takes connections.
    fn ready(child: Child, port: u16) -> Self {
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "`openssl s_server` takes no connection");
            thread::sleep(Duration::from_millis(10));
        }
        Self(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// What this file looks for.
trait Judged {
    #[track_caller]
    fn assert_stops(&self, what: &str, words: &str, help: &str);

    /// The server speaks no HTTP, so that it is past TLS if that is what is wrong.
    #[track_caller]
    fn assert_believed(&self, what: &str);
}

impl Judged for Outcome {
    #[track_caller]
    fn assert_stops(&self, what: &str, words: &str, help: &str) {
        let Self { code, out, took, .. } = self;
        assert_eq!(
            (*code, &out["name"], &out["update"]),
            (1, &json!("TlsFailed"), &json!("not_applied")),
            "{what}: {out}"
        );
        let text = |key: &str| out[key].as_str().expect("a text");
        assert!(text("message").contains(words), "{what}: expected `{words}`: {out}");
        assert!(text("help").contains(help), "{what}: expected the help `{help}`: {out}");
        assert!(text("message").len() < 500, "{what}: too long to be read: {out}");
        assert!(*took < Duration::from_secs(15), "{what}: took {took:?}");
    }

    #[track_caller]
    fn assert_believed(&self, what: &str) {
        assert_eq!(self.out["name"], "AnswerUnreadable", "{what}: {}", self.out);
    }
}

const TELL: &str = "tell whoever runs that server";

#[test]
fn what_is_signed_in_a_way_that_cannot_be_checked_is_named() {
    let Some(made) = Made::new("signed") else { return };
    for (name, key) in [
        ("p256", P256),
        ("p384", P384),
        ("p521", P521),
        ("rsa", RSA),
        ("short", RSA_1024),
    ] {
        made.certificate(name, key, name, "sha256", CA);
    }
    for (ca, digest, words) in [
        ("p384", "sha512", "ECDSA with SHA-512"),
        ("p256", "sha512", "ECDSA with SHA-512"),
        ("p521", "sha512", "ECDSA with SHA-512"),
        ("p521", "sha256", "ECDSA with SHA-256 by a key of P-521"),
        ("p256", "sha1", "ECDSA with SHA-1"),
        ("rsa", "sha1", "RSA with SHA-1"),
        ("rsa", "md5", "RSA with MD5"),
    ] {
        made.certificate("server", P256, ca, digest, SERVER);
        let outcome = made.update("server", &[], ca);
        outcome.assert_stops(&format!("{ca} {digest}"), words, TELL);
    }
    made.certificate("server", P256, "short", "sha256", SERVER);
    let outcome = made.update("server", &[], "short");
    outcome.assert_stops("a CA of 1024 bits", "fewer than 2048 bits", "too short");
    made.certificate("server", RSA_1024, "rsa", "sha256", SERVER);
    let outcome = made.update("server", &[], "rsa");
    outcome.assert_stops("a server of 1024 bits", "fewer than 2048 bits", "too short");
}

#[test]
fn a_key_of_a_kind_that_is_not_spoken_is_no_wish_for_a_client_certificate() {
    let Some(made) = Made::new("kinds") else { return };
    made.certificate("ca", P256, "ca", "sha256", CA);
    for (what, key) in [("P-521", P521), ("Ed448", ED448)] {
        made.certificate("server", key, "ca", "sha256", SERVER);
        let outcome = made.update("server", &[], "ca");
        outcome.assert_stops(what, "nothing in common with it", "P-384");
        let said = outcome.out.to_string();
        assert!(!said.contains("client certificate"), "{what}: {said}");
    }
}

#[test]
fn what_a_certificate_says_of_itself_is_named_where_it_does_not_fit() {
    let Some(made) = Made::new("says") else { return };
    made.certificate("ca", P256, "ca", "sha256", CA);
    for (what, says, words, help) in [
        ("version 1", "", "not of X.509 version 3", TELL),
        (
            "for clients",
            "subjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth",
            "not meant for servers",
            TELL,
        ),
        (
            "an unknown extension",
            "subjectAltName=DNS:localhost\n1.2.3.4=critical,DER:0500",
            "an extension that must be understood",
            TELL,
        ),
        (
            "another host",
            "subjectAltName=DNS:other.example",
            "for another host",
            "check `url`",
        ),
        (
            "a name in its subject alone",
            "extendedKeyUsage=serverAuth",
            "for another host",
            "check `url`",
        ),
        (
            "an address alone",
            "subjectAltName=IP:127.0.0.1",
            "for another host",
            "check `url`",
        ),
        (
            "a CA",
            "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:TRUE",
            "a CA's own certificate",
            "one that this CA has signed",
        ),
    ] {
        made.certificate("server", P256, "ca", "sha256", says);
        if says.is_empty() && !made.is_of_version_1("server") {
            continue;
        }
        made.update("server", &[], "ca").assert_stops(what, words, help);
    }
}

#[test]
fn what_stands_above_a_certificate_is_named_where_it_does_not_fit() {
    let Some(made) = Made::new("above") else { return };
    made.certificate("ca", P256, "ca", "sha256", CA);
    for (what, says, words, help) in [
        (
            "name constraints",
            "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:corp.example",
            "its name constraints",
            TELL,
        ),
        (
            "excluded names",
            "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,excluded;DNS:localhost",
            "its name constraints",
            TELL,
        ),
        (
            "an unknown extension",
            "basicConstraints=critical,CA:TRUE\n1.2.3.4=critical,DER:0500",
            "an extension that must be understood",
            TELL,
        ),
        ("no CA", SERVER, "through one that is no CA's", TELL),
        (
            "for clients",
            "basicConstraints=critical,CA:TRUE\nextendedKeyUsage=clientAuth",
            "not meant for servers",
            TELL,
        ),
    ] {
        made.certificate("between", P256, "ca", "sha256", says);
        made.certificate("server", P256, "between", "sha256", SERVER);
        made.update("server", &["between"], "ca")
            .assert_stops(what, words, help);
    }
    made.certificate(
        "first",
        P256,
        "ca",
        "sha256",
        "basicConstraints=critical,CA:TRUE,pathlen:0",
    );
    made.certificate("second", P256, "first", "sha256", CA);
    made.certificate("server", P256, "second", "sha256", SERVER);
    let outcome = made.update("server", &["second", "first"], "ca");
    outcome.assert_stops("path length", "its path length", TELL);
}

#[test]
fn a_chain_that_is_not_whole_is_told_from_one_that_nobody_trusts() {
    let Some(made) = Made::new("whole") else { return };
    for name in ["ca", "other"] {
        made.certificate(name, P256, name, "sha256", CA);
    }
    made.certificate("between", P256, "ca", "sha256", CA);
    made.certificate("server", P256, "between", "sha256", SERVER);
    made.update("server", &["between"], "ca")
        .assert_believed("a whole chain");
    made.update("server", &["between", "ca"], "ca")
        .assert_believed("and its root");
    let missing = "sent no certificate of its issuer's";
    for (what, sent) in [
        ("nothing", [].as_slice()),
        ("itself again", &["server"]),
        ("another's", &["other"]),
    ] {
        let outcome = made.update("server", sent, "ca");
        outcome.assert_stops(what, missing, "the missing intermediate certificate");
    }
    let outcome = made.update("server", &["between", "ca"], "other");
    outcome.assert_stops(
        "a whole chain of others",
        "issued by nobody who is trusted (",
        "`ca_certificate`",
    );
    made.certificate("own", P256, "own", "sha256", SERVER);
    let outcome = made.update("own", &[], "ca");
    outcome.assert_stops("signed by itself", "signed by itself", "to this certificate");
    made.update("own", &[], "own")
        .assert_believed("signed by itself, and trusted");
    // A CA that was made anew under its old name.
    let old = made.text("other");
    made.certificate("other", P256, "other", "sha256", CA);
    made.certificate("server", P256, "other", "sha256", SERVER);
    made.write("old.pem", &old);
    let outcome = made.update("server", &[], "old");
    outcome.assert_stops("another key of the same name", "does not hold", "its new certificate");
}

#[test]
fn what_is_only_unusual_is_believed() {
    let Some(made) = Made::new("unusual") else { return };
    for (what, ca_key, digest, key) in [
        ("P-384 with SHA-384", P384, "sha384", P384),
        ("P-384 with SHA-256", P384, "sha256", P256),
        ("P-256 with SHA-384", P256, "sha384", P256),
        ("RSA with SHA-512", RSA, "sha512", P256),
        ("RSA of 3000 bits", RSA_3000, "sha256", RSA_3000),
        ("RSA with the exponent 3", RSA_OF_3, "sha256", RSA_OF_3),
        ("Ed25519", P256, "sha256", ED25519),
    ] {
        made.certificate("ca", ca_key, "ca", digest, CA);
        made.certificate("server", key, "ca", digest, SERVER);
        made.update("server", &[], "ca").assert_believed(what);
    }
    // A root of version 1 is trusted for its name and key, which is all that a root is.
    made.certificate("ca", P256, "ca", "sha256", "");
    if !made.is_of_version_1("ca") {
        return;
    }
    made.certificate("server", P256, "ca", "sha256", SERVER);
    made.update("server", &[], "ca").assert_believed("a root of version 1");
}
