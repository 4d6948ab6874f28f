//! Every way of signing in, through the real binary and over TLS, against a stand-in for Entra ID that checks what each way
//! has to prove. Every run logs at the most detailed level, and no credential may show.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use sandbox::{Sandbox, Settings, Tls};
use serde_json::{Value, json};
use support::outcome::{Outcome, with};
use support::{Run, leaks};

fn start(change: impl FnOnce(&mut Settings)) -> Sandbox {
    let mut settings = Settings {
        tls: Some(Tls::Good),
        ..Settings::default()
    };
    change(&mut settings);
    Sandbox::start(settings)
}

/// Updates incident 552 with these fields of the asset, on top of those that say where the sandbox is.
fn update(sandbox: &Sandbox, fields: Value, env: &[(&str, &str)], secrets: &[&str]) -> Outcome {
    let nobody = json!({"client_id": null, "client_secret": null, "retry_wait_secs": 0.01, "timeout_secs": 20});
    let asset = with(with(sandbox.asset(), &nobody), &fields);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
    let run = Run::with_stdin(input.to_string()).env("RUST_LOG", "trace");
    let run = env.iter().fold(run, |run, (name, value)| run.env(name, value));
    run.outcome(secrets)
}

fn assert_applied(sandbox: &Sandbox, outcome: &Outcome, way: &str) {
    assert_eq!(outcome.code, 0, "{}", outcome.out);
    assert_eq!(sandbox.incident(552).expect("it is there")["status"], "Resolved");
    assert!(
        outcome.log.contains(&format!("signing in by {way}:")),
        "{}",
        outcome.log
    );
}

/// A file that is gone when the test is.
struct TempFile(PathBuf);

impl TempFile {
    fn new(text: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("defender-update-incident-{}-{number}", std::process::id()));
        std::fs::write(&path, text).expect("the folder for temporary files takes one");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the path is UTF-8")
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

/// An RSA key and its certificate, made once.
struct Rsa {
    key: RsaPrivateKey,
    pkcs8: String,
    pkcs1: String,
    certificate: String,
    der: Vec<u8>,
}

fn rsa() -> &'static Rsa {
    static RSA: OnceLock<Rsa> = OnceLock::new();
    RSA.get_or_init(|| {
        let key = RsaPrivateKey::new(&mut rand::rngs::OsRng, 2_048).expect("a key can be made");
        let pkcs8 = key.to_pkcs8_pem(LineEnding::LF).expect("it can be written").to_string();
        let pkcs1 = key.to_pkcs1_pem(LineEnding::LF).expect("it can be written").to_string();
        let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&pkcs8, &PKCS_RSA_SHA256).expect("ring takes it");
        let params = CertificateParams::new(vec!["playbook".to_owned()]).expect("the name is ASCII");
        let certificate = params.self_signed(&pair).expect("it can be signed");
        Rsa {
            key,
            pkcs8,
            pkcs1,
            certificate: certificate.pem(),
            der: certificate.der().to_vec(),
        }
    })
}

fn with_certificate() -> Sandbox {
    start(|settings| settings.certificate = Some((rsa().der.clone(), rsa().key.to_public_key())))
}

/// The last line of a PEM's content: enough to find the key by, wherever it is shown.
fn part_of(pem: &str) -> &str {
    pem.lines().nth(5).expect("a key has lines")
}

#[test]
fn a_client_secret_signs_in() {
    let sandbox = start(|_| {});
    let Settings {
        client_id,
        client_secret,
        ..
    } = sandbox.settings().clone();
    let outcome = update(
        &sandbox,
        json!({"client_id": client_id, "client_secret": client_secret}),
        &[],
        &[&client_secret],
    );
    assert_applied(&sandbox, &outcome, "client secret");
    assert!(
        outcome.log.contains("`client_secret` from the asset"),
        "{}",
        outcome.log
    );
}

#[test]
fn a_secret_may_come_from_a_file() {
    let sandbox = start(|_| {});
    let Settings {
        client_id,
        client_secret,
        ..
    } = sandbox.settings().clone();
    let file = TempFile::new(&format!("{client_secret}\r\n"));
    let fields = json!({"client_id": client_id, "client_secret_file": file.path()});
    assert_applied(
        &sandbox,
        &update(&sandbox, fields, &[], &[&client_secret]),
        "client secret",
    );

    let both = json!({"client_id": client_id, "client_secret": client_secret, "client_secret_file": file.path()});
    let outcome = update(&sandbox, both, &[], &[&client_secret]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.violation("/asset/client_secret_file").contains("found both"));

    let empty = TempFile::new("\n");
    for (path, words) in [(empty.path(), "empty"), ("/does/not/exist", "No such file")] {
        let outcome = update(
            &sandbox,
            json!({"client_id": client_id, "client_secret_file": path}),
            &[],
            &[],
        );
        assert_eq!(outcome.code, 2);
        let problem = outcome.violation("/asset/client_secret_file");
        assert!(problem.contains(words), "{problem}");
    }
}

#[test]
fn a_certificate_signs_in_with_either_form_of_its_key() {
    let rsa = rsa();
    for (key, order) in [(&rsa.pkcs8, "key first"), (&rsa.pkcs1, "certificate first")] {
        let sandbox = with_certificate();
        let client_id = &sandbox.settings().client_id;
        let pem = if order == "key first" {
            format!("{key}{}", rsa.certificate)
        } else {
            format!("{}{key}", rsa.certificate)
        };
        let outcome = update(
            &sandbox,
            json!({"client_id": client_id, "client_certificate": pem}),
            &[],
            &[part_of(key)],
        );
        assert_applied(&sandbox, &outcome, "certificate");
        let assertion = sandbox.requests()[0]
            .form()
            .iter()
            .find(|(name, _)| name == "client_assertion")
            .cloned();
        let (_, assertion) = assertion.expect("it was sent");
        assert!(
            leaks::find(outcome.log.as_bytes(), &assertion[assertion.len() - 40..]).is_empty(),
            "the assertion is in the log"
        );
    }
}

#[test]
fn a_certificate_may_come_from_a_file_and_send_its_chain() {
    let rsa = rsa();
    let file = TempFile::new(&format!("{}{}", rsa.pkcs8, rsa.certificate));
    for field in ["client_certificate_path", "client_certificate_file"] {
        let sandbox = with_certificate();
        let fields =
            json!({"client_id": sandbox.settings().client_id, field: file.path(), "send_certificate_chain": true});
        let outcome = update(&sandbox, fields, &[], &[part_of(&rsa.pkcs8)]);
        assert_applied(&sandbox, &outcome, "certificate");
        let form = sandbox.requests()[0].form();
        let (_, assertion) = form
            .iter()
            .find(|(name, _)| name == "client_assertion")
            .expect("it was sent");
        let header = sandbox::base64::decode(assertion.split('.').next().expect("a JWT")).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        let sent = header["x5c"][0]
            .as_str()
            .and_then(sandbox::base64::decode)
            .expect("x5c is there");
        assert_eq!(sent, rsa.der);
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_with_the_reason() {
    let rsa = rsa();
    let other = RsaPrivateKey::new(&mut rand::rngs::OsRng, 2_048).expect("a key can be made");
    let other = other
        .to_pkcs8_pem(LineEnding::LF)
        .expect("it can be written")
        .to_string();
    let small = RsaPrivateKey::new(&mut rand::rngs::OsRng, 1_024).expect("a key can be made");
    let small = small
        .to_pkcs8_pem(LineEnding::LF)
        .expect("it can be written")
        .to_string();
    let ec = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
        .expect("a key can be made")
        .serialize_pem();
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned();
    let sandbox = with_certificate();
    for (what, pem, words) in [
        ("no key", rsa.certificate.clone(), "found none"),
        ("no certificate", rsa.pkcs8.clone(), "certificate beside its key"),
        (
            "another key",
            format!("{other}{}", rsa.certificate),
            "only those of other keys",
        ),
        (
            "a small key",
            format!("{small}{}", rsa.certificate),
            "2048 to 4096 bits",
        ),
        (
            "an EC key",
            format!("{ec}{}", rsa.certificate),
            "Entra ID takes no EC keys",
        ),
        (
            "an encrypted key",
            format!("{encrypted}{}", rsa.certificate),
            "passphrase",
        ),
        ("no PEM", "example".to_owned(), "openssl pkcs12"),
        (
            "PEM on one line",
            format!("{}{}", rsa.pkcs8, rsa.certificate).replace('\n', " "),
            "line breaks are lost",
        ),
    ] {
        let fields = json!({"client_id": sandbox.settings().client_id, "client_certificate": pem});
        let outcome = update(&sandbox, fields, &[], &[]);
        assert_eq!(outcome.code, 2, "{what}");
        let problem = outcome.violation("/asset/client_certificate");
        assert!(problem.contains(words), "{what}: {problem}");
    }
    assert_eq!(sandbox.connections(), 0, "nothing left the machine");
}

#[test]
fn a_certificate_that_is_not_registered_is_explained() {
    let rsa = rsa();
    let sandbox = start(|_| {});
    let pem = format!("{}{}", rsa.pkcs8, rsa.certificate);
    let outcome = update(
        &sandbox,
        json!({"client_id": sandbox.settings().client_id, "client_certificate": pem}),
        &[],
        &[],
    );
    assert_eq!((outcome.code, &outcome.out["name"]), (1, &json!("SignInRefused")));
    assert!(
        outcome.out["help"]
            .as_str()
            .expect("help")
            .contains("upload this certificate"),
        "{}",
        outcome.out
    );
}

#[test]
fn a_federated_token_signs_in() {
    let sandbox = start(|settings| settings.federated_token = Some("federated.token.not-real".to_owned()));
    let client_id = sandbox.settings().client_id.clone();
    let file = TempFile::new("federated.token.not-real\n");
    let fields = json!({"client_id": client_id, "federated_token_file": file.path()});
    assert_applied(
        &sandbox,
        &update(&sandbox, fields, &[], &["federated.token"]),
        "workload identity",
    );

    let stale = TempFile::new("stale.token.not-real");
    let outcome = update(
        &sandbox,
        json!({"client_id": client_id, "federated_token_file": stale.path()}),
        &[],
        &["stale.token"],
    );
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.out["help"]
            .as_str()
            .expect("help")
            .contains("federated credential"),
        "{}",
        outcome.out
    );

    let empty = TempFile::new("");
    for (path, words) in [(empty.path(), "empty"), ("/does/not/exist", "No such file")] {
        let outcome = update(
            &sandbox,
            json!({"client_id": client_id, "federated_token_file": path}),
            &[],
            &[],
        );
        assert_eq!(outcome.code, 2);
        assert!(
            outcome.violation("/asset/federated_token_file").contains(words),
            "{}",
            outcome.out
        );
    }
}

#[test]
fn a_managed_identity_signs_in_by_the_metadata_service() {
    // Never through a proxy: the one named here leads nowhere.
    for (identity, expected) in [
        (json!("system"), None),
        (json!({"client_id": "33333333"}), Some("33333333")),
    ] {
        let metadata = Sandbox::start(Settings {
            identity: Some("33333333".to_owned()),
            ..Settings::default()
        });
        let origin = metadata.origin();
        // Not ready yet, as machines are while they start.
        for code in [404, 410, 429, 500] {
            let fault = sandbox::Fault::Status {
                code,
                change: false,
                headers: Vec::new(),
                body: String::new(),
            };
            metadata.fault(sandbox::Leg::Token, fault);
        }
        let fields = json!({"managed_identity": identity, "url": origin, "timeout_secs": 20});
        let env = [
            ("AZURE_POD_IDENTITY_AUTHORITY_HOST", origin.as_str()),
            ("ALL_PROXY", "http://127.0.0.1:1"),
        ];
        let outcome = update(&metadata, fields, &env, &[]);
        assert_applied(&metadata, &outcome, "managed identity");
        let asked = &metadata.requests()[0];
        assert_eq!((asked.method.as_str(), asked.header("Metadata")), ("GET", Some("true")));
        let client = asked
            .query()
            .into_iter()
            .find(|(name, _)| name == "client_id")
            .map(|(_, value)| value);
        assert_eq!(client.as_deref(), expected);
        assert_eq!(asked.body, b"");
    }
}

#[test]
fn a_managed_identity_signs_in_by_app_service() {
    for (identity, parameter) in [
        (json!("system"), None),
        (json!({"object_id": "o"}), Some(("principal_id", "o"))),
        (json!({"resource_id": "/r"}), Some(("mi_res_id", "/r"))),
    ] {
        let service = Sandbox::start(Settings {
            identity_header: Some("header-not-real".to_owned()),
            ..Settings::default()
        });
        let endpoint = format!("{}/msi/token", service.origin());
        let env = [
            ("IDENTITY_ENDPOINT", endpoint.as_str()),
            ("IDENTITY_HEADER", "header-not-real"),
        ];
        let outcome = update(
            &service,
            json!({"managed_identity": identity}),
            &env,
            &["header-not-real"],
        );
        assert_applied(&service, &outcome, "managed identity");
        let query = service.requests()[0].query();
        if let Some((name, value)) = parameter {
            assert!(query.contains(&(name.to_owned(), value.to_owned())), "{query:?}");
        }
    }
}

#[test]
fn a_managed_identity_that_is_not_there_is_explained() {
    let metadata = Sandbox::start(Settings::default());
    let origin = metadata.origin();
    let env = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", origin.as_str())];
    let outcome = update(
        &metadata,
        json!({"managed_identity": {"client_id": "unknown"}}),
        &env,
        &[],
    );
    assert_eq!((outcome.code, &outcome.out["name"]), (1, &json!("SignInRefused")));
    assert!(
        outcome.out["message"]
            .as_str()
            .expect("a text")
            .contains("Identity not found"),
        "{}",
        outcome.out
    );

    let env = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://identity.example")];
    let outcome = update(&metadata, json!({"managed_identity": "system"}), &env, &[]);
    assert!(
        outcome.violation("").contains("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
        "{}",
        outcome.out
    );

    for wrong in [
        json!("user"),
        json!({}),
        json!({"client_id": "a", "object_id": "b"}),
        json!({"name": "x"}),
        json!(5),
    ] {
        let outcome = update(&metadata, json!({"managed_identity": wrong}), &[], &[]);
        assert_eq!(outcome.code, 2, "{wrong}");
    }
}

#[test]
fn a_password_signs_in_by_turbines_fields() {
    let user = || Some(("analyst@contoso.com".to_owned(), "password-not-real".to_owned()));
    let sandbox = start(|settings| settings.user = user());
    let Settings {
        client_id,
        client_secret,
        ..
    } = sandbox.settings().clone();
    let fields = |password: &str| json!({"oauth_un": "analyst@contoso.com", "oauth_pwd": password, "oauth_cl_id": client_id, "oauth_cl_secret": client_secret});
    let secrets = ["password-not-real", client_secret.as_str()];
    assert_applied(
        &sandbox,
        &update(&sandbox, fields("password-not-real"), &[], &secrets),
        "password",
    );

    let outcome = update(&sandbox, fields("wrong-password"), &[], &["wrong-password"]);
    assert!(
        outcome.out["help"].as_str().expect("help").contains("`oauth_pwd`"),
        "{}",
        outcome.out
    );

    let strict = start(|settings| {
        settings.user = user();
        settings.second_factor = true;
    });
    let outcome = update(&strict, fields("password-not-real"), &[], &secrets);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.out["help"].as_str().expect("help").contains("second factor"),
        "{}",
        outcome.out
    );

    let outcome = update(&sandbox, json!({"oauth_un": "analyst@contoso.com"}), &[], &[]);
    for field in ["oauth_pwd", "oauth_cl_id", "oauth_cl_secret"] {
        assert!(outcome.violation(&format!("/asset/{field}")).contains("found nothing"));
    }
}

#[test]
fn a_refresh_token_signs_in_with_and_without_a_secret() {
    let sandbox = start(|settings| settings.refresh_token = Some("refresh-not-real".to_owned()));
    let Settings {
        client_id,
        client_secret,
        ..
    } = sandbox.settings().clone();
    for fields in [
        json!({"client_id": client_id, "refresh_token": "refresh-not-real"}),
        json!({"client_id": client_id, "refresh_token": "refresh-not-real", "client_secret": client_secret}),
    ] {
        assert_applied(
            &sandbox,
            &update(&sandbox, fields, &[], &["refresh-not-real"]),
            "refresh token",
        );
    }
    let outcome = update(
        &sandbox,
        json!({"client_id": client_id, "refresh_token": "old-not-real"}),
        &[],
        &["old-not-real"],
    );
    assert!(
        outcome.out["help"]
            .as_str()
            .expect("help")
            .contains("refresh token has expired"),
        "{}",
        outcome.out
    );
}

#[test]
fn a_ready_token_needs_no_sign_in() {
    let sandbox = start(|_| {});
    let token = sandbox.issue_token();
    let outcome = update(&sandbox, json!({"access_token": token}), &[], &[&token]);
    assert_applied(&sandbox, &outcome, "access token");
    assert_eq!(sandbox.requests().len(), 1);

    let outcome = update(
        &sandbox,
        json!({"access_token": "stale.token.not-real"}),
        &[],
        &["stale.token"],
    );
    assert_eq!((outcome.code, &outcome.out["name"]), (1, &json!("Unauthorized")));
    let outcome = update(&sandbox, json!({"access_token": "a\r\nX: b"}), &[], &[]);
    assert_eq!(outcome.code, 2);
}

#[test]
fn every_secret_may_come_from_its_file() {
    let file = |text: &str| TempFile::new(&format!("{text}\n"));
    let sandbox = start(|settings| {
        settings.user = Some(("analyst@contoso.com".to_owned(), "password-not-real".to_owned()));
        settings.refresh_token = Some("refresh-not-real".to_owned());
    });
    let Settings {
        client_id,
        client_secret,
        ..
    } = sandbox.settings().clone();
    let secrets = ["password-not-real", "refresh-not-real", client_secret.as_str()];
    let (password, secret, refresh) = (
        file("password-not-real"),
        file(&client_secret),
        file("refresh-not-real"),
    );
    let token = file(&sandbox.issue_token());
    for (fields, way) in [
        (
            json!({"oauth_un": "analyst@contoso.com", "oauth_pwd_file": password.path(), "oauth_cl_id": client_id, "oauth_cl_secret_file": secret.path()}),
            "password",
        ),
        (
            json!({"client_id": client_id, "refresh_token_file": refresh.path(), "client_secret_file": secret.path()}),
            "refresh token",
        ),
        (json!({"access_token_file": token.path()}), "access token"),
    ] {
        assert_applied(&sandbox, &update(&sandbox, fields, &[], &secrets), way);
    }
}

#[test]
fn the_azure_variables_fill_in_what_the_asset_leaves_out() {
    let sandbox = start(|_| {});
    let Settings {
        client_id,
        client_secret,
        tenant,
        ..
    } = sandbox.settings().clone();
    let origin = sandbox.origin();
    let rest = [
        ("AZURE_CLIENT_ID", client_id.as_str()),
        ("AZURE_TENANT_ID", tenant.as_str()),
        ("AZURE_AUTHORITY_HOST", origin.as_str()),
    ];
    let without = json!({"tenant_id": null, "login_url": null});

    let env: Vec<_> = rest
        .iter()
        .copied()
        .chain([("AZURE_CLIENT_SECRET", client_secret.as_str())])
        .collect();
    let outcome = update(&sandbox, without.clone(), &env, &[&client_secret]);
    assert_applied(&sandbox, &outcome, "client secret");
    for variable in [
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_AUTHORITY_HOST",
        "AZURE_CLIENT_SECRET",
    ] {
        assert!(
            outcome.log.contains(&format!("from {variable}")),
            "{variable} in {}",
            outcome.log
        );
    }

    let registered = with_certificate();
    let origin = registered.origin();
    let file = TempFile::new(&format!("{}{}", rsa().pkcs8, rsa().certificate));
    let env: Vec<_> = rest[..2]
        .iter()
        .copied()
        .chain([
            ("AZURE_AUTHORITY_HOST", origin.as_str()),
            ("AZURE_CLIENT_CERTIFICATE_PATH", file.path()),
        ])
        .collect();
    assert_applied(
        &registered,
        &update(&registered, without.clone(), &env, &[part_of(&rsa().pkcs8)]),
        "certificate",
    );

    let federated = start(|settings| settings.federated_token = Some("federated.token.not-real".to_owned()));
    let origin = federated.origin();
    let file = TempFile::new("federated.token.not-real");
    let env: Vec<_> = rest[..2]
        .iter()
        .copied()
        .chain([
            ("AZURE_AUTHORITY_HOST", origin.as_str()),
            ("AZURE_FEDERATED_TOKEN_FILE", file.path()),
        ])
        .collect();
    assert_applied(
        &federated,
        &update(&federated, without, &env, &["federated.token"]),
        "workload identity",
    );

    // The asset wins.
    let fields = json!({"client_id": client_id, "client_secret": client_secret});
    let env = [
        ("AZURE_CLIENT_ID", "other"),
        ("AZURE_CLIENT_SECRET", "other-not-real"),
        ("AZURE_TENANT_ID", "other"),
    ];
    assert_applied(
        &sandbox,
        &update(&sandbox, fields, &env, &[&client_secret]),
        "client secret",
    );
}

#[test]
fn an_asset_that_fits_none_or_two_ways_is_told_what_each_takes() {
    let sandbox = start(|_| {});
    for (fields, words) in [
        (json!({"client_id": "x"}), "found none"),
        (
            json!({"client_id": "x", "client_secret": "a-not-real", "access_token": "b"}),
            "found client secret and access token",
        ),
        (
            json!({"managed_identity": "system", "federated_token_file": "/x"}),
            "found workload identity and managed identity",
        ),
        (
            json!({"oauth_un": "u", "refresh_token": "r"}),
            "found password and refresh token",
        ),
    ] {
        let outcome = update(&sandbox, fields, &[], &["a-not-real"]);
        assert_eq!(outcome.code, 2);
        let problem = outcome.violation("/asset");
        assert!(problem.contains(words), "{problem}");
        for way in [
            "`client_secret`",
            "`client_certificate`",
            "`federated_token_file`",
            "`managed_identity`",
            "`oauth_un`",
            "`refresh_token`",
            "`access_token`",
        ] {
            assert!(problem.contains(way), "{way} in {problem}");
        }
    }
    assert_eq!(sandbox.connections(), 0);
}

#[test]
fn a_cloud_fills_in_its_addresses_and_each_can_be_set_by_hand() {
    let show = |fields: Value| {
        let mut asset = json!({"tenant_id": "t", "client_id": "c", "client_secret": "s-not-real"});
        for (name, value) in fields.as_object().expect("fields are an object") {
            asset[name] = value.clone();
        }
        let input = json!({"asset": asset, "path_parameters": {"id": 1}, "json_body": {"status": "Resolved"}});
        let ran = Run::with_stdin(input.to_string())
            .args(&["--dry-run"])
            .go()
            .expect("the binary ends by itself");
        let out: Value = serde_json::from_str(&ran.stdout_text()).expect("stdout is JSON");
        let text = |at: &str| {
            out.pointer(at)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("{at} in {out}"))
                .to_owned()
        };
        (text("/write/url"), text("/sign_in/url"), text("/sign_in/scope"))
    };
    let public = "https://api.security.microsoft.com";
    let gcc = "https://api-gcc.security.microsoft.us";
    let gov = "https://api-gov.security.microsoft.us";
    for (cloud, api, login) in [
        ("public", public, "https://login.microsoftonline.com"),
        ("gcc", gcc, "https://login.microsoftonline.com"),
        ("gcc_high", gov, "https://login.microsoftonline.us"),
        ("dod", gov, "https://login.microsoftonline.us"),
    ] {
        let expected = (
            format!("{api}/api/incidents/1"),
            format!("{login}/t/oauth2/v2.0/token"),
            format!("{api}/.default"),
        );
        assert_eq!(show(json!({"cloud": cloud})), expected, "{cloud}");
    }
    let by_hand = json!({"cloud": "gcc_high", "url": "https://gateway.example", "login_url": "https://login.example", "scope": "https://s/.default"});
    let expected = (
        "https://gateway.example/api/incidents/1",
        "https://login.example/t/oauth2/v2.0/token",
        "https://s/.default",
    );
    let found = show(by_hand);
    assert_eq!((found.0.as_str(), found.1.as_str(), found.2.as_str()), expected);
    assert_eq!(
        show(json!({"cloud": "dod", "url": "https://gateway.example"})).2,
        format!("{gov}/.default")
    );
}

#[test]
fn a_tenant_of_another_cloud_is_told_which_to_set() {
    let sandbox = start(|_| {});
    let Settings {
        client_id,
        client_secret,
        ..
    } = sandbox.settings().clone();
    for code in [90_038, 900_382, 900_432, 90_002] {
        let body =
            json!({"error": "invalid_request", "error_description": format!("AADSTS{code}: x"), "error_codes": [code]});
        let fault = sandbox::Fault::Status {
            code: 400,
            change: false,
            headers: Vec::new(),
            body: body.to_string(),
        };
        sandbox.fault(sandbox::Leg::Token, fault);
        let outcome = update(
            &sandbox,
            json!({"client_id": client_id, "client_secret": client_secret}),
            &[],
            &[],
        );
        let help = outcome.out["help"].as_str().expect("help");
        assert!(
            help.contains("`cloud`") && help.contains("`gcc_high`"),
            "{code}: {help}"
        );
    }
}

#[test]
fn the_tokens_of_every_way_with_a_credential_are_kept() {
    let rsa = rsa();
    let by_certificate = with_certificate();
    let sandbox = start(|settings| {
        settings.federated_token = Some("federated.token.not-real".to_owned());
        settings.user = Some(("analyst@contoso.com".to_owned(), "password-not-real".to_owned()));
        settings.refresh_token = Some("refresh-not-real".to_owned());
    });
    let (id, secret) = (&sandbox.settings().client_id, &sandbox.settings().client_secret);
    let federated = TempFile::new("federated.token.not-real");
    let pem = format!("{}{}", rsa.pkcs8, rsa.certificate);
    let folder = std::env::temp_dir().join(format!("defender-kept-tokens-{}", std::process::id()));
    for (sandbox, mut fields) in [
        (&by_certificate, json!({"client_id": id, "client_certificate": pem})),
        (&sandbox, json!({"client_id": id, "client_secret": secret})),
        (
            &sandbox,
            json!({"client_id": id, "federated_token_file": federated.path()}),
        ),
        (
            &sandbox,
            json!({"oauth_un": "analyst@contoso.com", "oauth_pwd": "password-not-real", "oauth_cl_id": id, "oauth_cl_secret": secret}),
        ),
        (&sandbox, json!({"client_id": id, "refresh_token": "refresh-not-real"})),
        (
            &sandbox,
            json!({"client_id": id, "refresh_token": "refresh-not-real", "client_secret": secret}),
        ),
    ] {
        fields["token_cache_dir"] = json!(folder);
        let sign_ins = || {
            sandbox
                .requests()
                .iter()
                .filter(|request| request.method == "POST")
                .count()
        };
        let before = sign_ins();
        for _ in 0..2 {
            let outcome = update(sandbox, fields.clone(), &[], &[secret, "password-not-real"]);
            assert_eq!(outcome.code, 0, "{}", outcome.out);
        }
        assert_eq!(sign_ins(), before + 1, "{fields}");
    }
    std::fs::remove_dir_all(&folder).expect("it is there");
}
