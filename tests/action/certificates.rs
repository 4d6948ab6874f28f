//! Certificates and keys as real tools write them (`openssl`), in the shapes in which people pass them on: what can be read
//! signs in, what cannot is refused in true words. Through the real binary; no key may show.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use rsa::RsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use sandbox::{Sandbox, Settings, Tls};
use serde_json::{Value, json};
use support::Run;
use support::outcome::{Outcome, with};
use support::tools;

/// What this file looks for.
trait Judged {
    #[track_caller]
    fn assert_refused(&self, what: &str, words: &str);
}

impl Judged for Outcome {
    #[track_caller]
    fn assert_refused(&self, what: &str, words: &str) {
        assert_eq!(self.code, 2, "{what}: {}", self.out);
        let problems = self.problems();
        assert!(problems.contains(words), "{what}: expected `{words}`, found {problems}");
    }
}

/// A folder with a key and its certificate in it, made by `openssl`.
struct Made(PathBuf);

impl Made {
    /// `None` where there is no `openssl` here, which is then said.
    fn new(name: &str, key: &[&str]) -> Option<Self> {
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("certificates-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let made = Self(folder);
        if let Err(error) = Command::new("openssl").arg("version").output() {
            writeln!(std::io::stderr(), "SKIPPED: openssl cannot be started: {error}").expect("a line");
            return None;
        }
        made.openssl(&[&["genpkey", "-algorithm", "RSA", "-out", "key.pem"], key].concat());
        made.openssl(&[
            "req",
            "-x509",
            "-key",
            "key.pem",
            "-subj",
            "/CN=playbook",
            "-days",
            "2",
            "-out",
            "own.pem",
        ]);
        Some(made)
    }

    fn openssl(&self, args: &[&str]) {
        tools::openssl(&self.0, args);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("the file is there")
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("it is a text")
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), bytes).expect("a file can be written");
        self.path(name)
    }

    /// A sandbox at which the certificate is registered.
    fn sandbox(&self) -> Sandbox {
        self.openssl(&["x509", "-in", "own.pem", "-outform", "der", "-out", "own.der"]);
        self.openssl(&["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
        let public = RsaPublicKey::from_public_key_pem(&self.text("public.pem")).expect("it is RSA");
        Sandbox::start(Settings {
            tls: Some(Tls::Good),
            certificate: Some((self.bytes("own.der"), public)),
            ..Settings::default()
        })
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn update(sandbox: &Sandbox, fields: &Value) -> Outcome {
    let no_secret = json!({"client_secret": null, "retry_wait_secs": 0, "timeout_secs": 20});
    let asset = with(with(sandbox.asset(), &no_secret), fields);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
    Run::with_stdin(input.to_string())
        .env("RUST_LOG", "trace")
        .outcome(&["-not-real", "MII"])
}

fn ca_of(sandbox: &Sandbox) -> &str {
    sandbox.ca_pem().expect("the sandbox speaks TLS")
}

fn with_file(sandbox: &Sandbox, path: &Path) -> Outcome {
    update(sandbox, &json!({"client_certificate_path": path}))
}

#[test]
fn a_pem_is_read_in_every_shape_in_which_it_is_passed_on() {
    let Some(made) = Made::new("shapes", &["-pkeyopt", "rsa_keygen_bits:2048"]) else {
        return;
    };
    let (key, own) = (made.text("key.pem"), made.text("own.pem"));
    let pem = format!("{key}{own}");
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(pem.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    made.openssl(&["rsa", "-in", "key.pem", "-traditional", "-out", "pkcs1.pem"]);
    let sandbox = made.sandbox();
    for (what, bytes) in [
        ("as it is", pem.clone().into_bytes()),
        ("certificate first", format!("{own}{key}").into_bytes()),
        ("PKCS#1", format!("{}{own}", made.text("pkcs1.pem")).into_bytes()),
        ("glued", format!("{}{}", key.trim_end(), own.trim_end()).into_bytes()),
        ("a byte order mark", format!("\u{feff}{pem}").into_bytes()),
        ("a mark in the middle", format!("{key}\u{feff}{own}").into_bytes()),
        ("UTF-16", utf16),
        ("Windows's line ends", pem.replace('\n', "\r\n").into_bytes()),
        ("old Macs' line ends", pem.replace('\n', "\r").into_bytes()),
        (
            "indented",
            pem.lines()
                .map(|line| format!("    {line}\n"))
                .collect::<String>()
                .into_bytes(),
        ),
        ("blanks at the ends", pem.replace('\n', " \t\n").into_bytes()),
        ("no padding", pem.replace('=', "").into_bytes()),
        (
            "the word in an attribute",
            format!("Bag Attributes\n    friendlyName: ENCRYPTED PRIVATE KEY\n{pem}").into_bytes(),
        ),
        (
            "a remark",
            format!("# -----BEGIN PRIVATE KEY-----\n# old\n{pem}").into_bytes(),
        ),
        ("the key twice", format!("{key}{pem}").into_bytes()),
        (
            "another certificate before it",
            format!("{}{pem}", ca_of(&sandbox)).into_bytes(),
        ),
    ] {
        let outcome = with_file(&sandbox, &made.write("shape.pem", bytes));
        assert_eq!(outcome.code, 0, "{what}: {}", outcome.out);
    }
}

#[test]
fn a_pem_that_cannot_be_read_is_refused_with_the_line() {
    let Some(made) = Made::new("wrong", &["-pkeyopt", "rsa_keygen_bits:2048"]) else {
        return;
    };
    let (key, own) = (made.text("key.pem"), made.text("own.pem"));
    let key_lines = key.lines().count();
    made.openssl(&["x509", "-in", "own.pem", "-trustout", "-out", "trusted.pem"]);
    made.openssl(&["crl2pkcs7", "-nocrl", "-certfile", "own.pem", "-out", "own.p7b"]);
    made.openssl(&[
        "pkey",
        "-in",
        "key.pem",
        "-aes256",
        "-passout",
        "pass:passphrase-not-real",
        "-out",
        "locked.pem",
    ]);
    made.openssl(&[
        "rsa",
        "-in",
        "key.pem",
        "-traditional",
        "-aes256",
        "-passout",
        "pass:passphrase-not-real",
        "-out",
        "old.pem",
    ]);
    made.openssl(&[
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-out",
        "other.pem",
    ]);
    made.openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-out", "ec.pem"]);
    let sandbox = made.sandbox();
    let at = format!("(line {})", key_lines + 1);
    for (what, text, words) in [
        ("trusted", format!("{key}{}", made.text("trusted.pem")), "openssl x509"),
        ("trusted", format!("{key}{}", made.text("trusted.pem")), at.as_str()),
        ("PKCS#7", format!("{key}{}", made.text("own.p7b")), "openssl pkcs7"),
        (
            "PKCS#8 with a passphrase",
            format!("{}{own}", made.text("locked.pem")),
            "one with a passphrase (line 1)",
        ),
        (
            "PKCS#1 with a passphrase",
            format!("{own}{}", made.text("old.pem")),
            "one with a passphrase",
        ),
        (
            "two keys",
            format!("{key}{own}{}", made.text("other.pem")),
            "several (lines 1 and",
        ),
        ("an EC key", format!("{}{own}", made.text("ec.pem")), "no EC keys"),
        (
            "no end",
            format!("{key}{}", own.replace("-----END CERTIFICATE-----\n", "")),
            at.as_str(),
        ),
        (
            "a long dash",
            format!("{key}{}", own.replacen("-----", "\u{2014}--", 1)),
            "does not read `-----BEGIN",
        ),
        (
            "line breaks as two characters",
            format!("{key}{}", own.replace('\n', "\\n")),
            "two characters",
        ),
        (
            "in quotes",
            format!("\"{key}{own}\""),
            "in front of `-----BEGIN` (line 1)",
        ),
        ("cut", format!("{key}{}", own.replacen("MII", "M", 1)), "line"),
    ] {
        with_file(&sandbox, &made.write("wrong.pem", &text)).assert_refused(what, words);
    }
    assert_eq!(sandbox.connections(), 0, "nothing left the machine");
}

#[test]
fn a_key_that_cannot_be_used_is_described_as_it_is() {
    for (name, options, words) in [
        (
            "bits-3000",
            ["-pkeyopt", "rsa_keygen_bits:3000"].as_slice(),
            "3000 bits, which is no multiple of 512",
        ),
        (
            "bits-1024",
            &["-pkeyopt", "rsa_keygen_bits:1024"],
            "1024 bits, fewer than 2048 bits",
        ),
        (
            "bits-2047",
            &["-pkeyopt", "rsa_keygen_bits:2047"],
            "2047 bits, fewer than 2048 bits",
        ),
        (
            "exponent-3",
            &["-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
            "public exponent is 3",
        ),
        (
            "exponent-17",
            &["-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:17"],
            "public exponent is 17",
        ),
    ] {
        let Some(made) = Made::new(name, options) else { return };
        let sandbox = made.sandbox();
        made.openssl(&["rsa", "-in", "key.pem", "-traditional", "-out", "pkcs1.pem"]);
        for key in ["key.pem", "pkcs1.pem"] {
            let pem = format!("{}{}", made.text(key), made.text("own.pem"));
            with_file(&sandbox, &made.write("both.pem", pem)).assert_refused(name, words);
        }
    }
}

#[test]
fn a_pkcs12_file_is_named_and_the_line_that_turns_it_into_pem_works() {
    let Some(made) = Made::new("pfx", &["-pkeyopt", "rsa_keygen_bits:2048"]) else {
        return;
    };
    let sandbox = made.sandbox();
    let export = [
        "pkcs12",
        "-export",
        "-inkey",
        "key.pem",
        "-in",
        "own.pem",
        "-passout",
        "pass:passphrase-not-real",
        "-out",
        "file.pfx",
    ];
    for (what, more) in [
        ("RC2 and 3DES, as Windows exported for decades", ["-legacy"].as_slice()),
        ("3DES alone", &["-legacy", "-certpbe", "PBE-SHA1-3DES"]),
        ("AES, as it does now", &[]),
    ] {
        made.openssl(&[export.as_slice(), more].concat());
        let outcome = with_file(&sandbox, &made.path("file.pfx"));
        outcome.assert_refused(what, "a PKCS#12 file");
        // The very line that is shown, with a password besides.
        let problem = outcome.problems();
        let line = problem
            .split('`')
            .find(|part| part.starts_with("openssl pkcs12"))
            .expect("a line is shown");
        let mut args: Vec<&str> = line.split(' ').skip(1).collect();
        args.extend(["-passin", "pass:passphrase-not-real"]);
        made.openssl(&args);
        let outcome = with_file(&sandbox, &made.path("file.pem"));
        assert_eq!(outcome.code, 0, "{what}: {}", outcome.out);
    }
    made.openssl(&["base64", "-in", "file.pfx", "-out", "file.b64"]);
    let text = json!({"client_certificate": made.text("file.b64")});
    update(&sandbox, &text).assert_refused("in base64, as key vaults hand it out", "a PKCS#12 file");
}

#[test]
fn a_ca_is_trusted_in_every_shape_in_which_it_is_passed_on() {
    let Some(made) = Made::new("ca", &["-pkeyopt", "rsa_keygen_bits:2048"]) else {
        return;
    };
    let sandbox = made.sandbox();
    let secret = sandbox.settings().client_secret.clone();
    let (ca, other) = (ca_of(&sandbox).to_owned(), made.text("own.pem"));
    made.write("ca.pem", &ca);
    made.openssl(&["x509", "-in", "ca.pem", "-outform", "der", "-out", "ca.der"]);
    made.openssl(&["x509", "-in", "ca.pem", "-trustout", "-out", "trusted.pem"]);
    let utf16: Vec<u8> = format!("\u{feff}{other}{ca}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let trust = |path: &Path| {
        update(
            &sandbox,
            &json!({"client_secret": secret, "ca_certificate": null, "ca_certificate_path": path}),
        )
    };
    for (what, bytes) in [
        ("as it is", ca.clone().into_bytes()),
        ("glued", format!("{}{}", other.trim_end(), ca).into_bytes()),
        ("a byte order mark", format!("\u{feff}{ca}").into_bytes()),
        ("UTF-16", utf16),
        (
            "indented",
            ca.lines()
                .map(|line| format!("\t{line}\n"))
                .collect::<String>()
                .into_bytes(),
        ),
        ("remarks in another coding", [b"# M\xfcller\n", ca.as_bytes()].concat()),
        ("DER, as Windows exports it", made.bytes("ca.der")),
    ] {
        let outcome = trust(&made.write("shape.pem", bytes));
        assert_eq!(outcome.code, 0, "{what}: {}", outcome.out);
    }
    let lines = other.lines().count();
    for (what, text, words) in [
        ("trusted", made.text("trusted.pem"), "openssl x509".to_owned()),
        (
            "the second is cut",
            format!("{other}{}", ca.replacen("MII", "M", 1)),
            "line".to_owned(),
        ),
        (
            "the second is no certificate",
            format!("{other}-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n"),
            format!("cannot be read as X.509 (line {})", lines + 1),
        ),
        ("a key alone", made.text("key.pem"), "found none".to_owned()),
        ("nothing", String::new(), "found none".to_owned()),
        ("another binary file", "\u{30}\u{1}".to_owned(), "found none".to_owned()),
    ] {
        trust(&made.write("wrong.pem", text)).assert_refused(what, &words);
    }
}

#[test]
fn the_identity_service_is_believed_by_the_assets_certificates() {
    let service = Sandbox::start(Settings {
        tls: Some(Tls::Good),
        identity_header: Some("header-not-real".to_owned()),
        ..Settings::default()
    });
    let endpoint = format!("{}/msi/token", service.origin());
    let run = |asset: Value| {
        let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
        let run = Run::with_stdin(input.to_string());
        let ran = run
            .env("IDENTITY_ENDPOINT", &endpoint)
            .env("IDENTITY_HEADER", "header-not-real")
            .go();
        let ran = ran.expect("it ends by itself");
        (ran.code, ran.stdout_text())
    };
    let asset = |ca: Option<&str>| {
        let mut asset = json!({"url": service.origin(), "managed_identity": "system", "scope": service.settings().scope, "timeout_secs": 20});
        if let Some(ca) = ca {
            asset["ca_certificate"] = json!(ca);
        }
        asset
    };
    let (code, out) = run(asset(Some(ca_of(&service))));
    assert_eq!(code, Some(0), "{out}");
    let (code, out) = run(asset(None));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("`ca_certificate`"), "{out}");
}
