//! What is wrong with a way of signing in is said where it is, and with what to do; nothing is guessed and nothing is passed
//! over in silence. Through the real binary, logging all there is to log.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::path::PathBuf;

use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use sandbox::{Fault, Leg, Sandbox, Settings, Tls};
use serde_json::{Value, json};
use support::Run;
use support::outcome::{Outcome, with};

const CLIENT: &str = "22222222-2222-2222-2222-222222222222";

fn start() -> Sandbox {
    Sandbox::start(Settings {
        tls: Some(Tls::Good),
        ..Settings::default()
    })
}

/// Updates the incident with these fields of the asset besides those that say where the sandbox is; null takes one away.
fn update(sandbox: &Sandbox, fields: &Value, env: &[(&str, &str)]) -> Outcome {
    let nobody = json!({"client_id": null, "client_secret": null, "retry_wait_secs": 0, "timeout_secs": 20});
    let asset = with(with(sandbox.asset(), &nobody), fields);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
    let run = Run::with_stdin(input.to_string()).env("RUST_LOG", "trace");
    let run = env.iter().fold(run, |run, (name, value)| run.env(name, value));
    run.outcome(&["-not-real"])
}

/// A fresh file for one test, below the folder that cargo keeps for tests.
fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::write(&path, content).expect("a file can be written");
    path.to_string_lossy().into_owned()
}

fn status(code: u16) -> Fault {
    Fault::Status {
        code,
        change: false,
        headers: Vec::new(),
        body: String::new(),
    }
}

#[test]
fn an_assertion_is_signed_anew_for_every_attempt() {
    let key = RsaPrivateKey::new(&mut rand::rngs::OsRng, 2_048).expect("a key can be made");
    let pem = key.to_pkcs8_pem(LineEnding::LF).expect("it can be written").to_string();
    let pair = rcgen::KeyPair::from_pem(&pem).expect("ring takes it");
    let certificate = rcgen::CertificateParams::default()
        .self_signed(&pair)
        .expect("it can be signed");
    let sandbox = Sandbox::start(Settings {
        tls: Some(Tls::Good),
        certificate: Some((certificate.der().to_vec(), key.to_public_key())),
        ..Settings::default()
    });
    sandbox.fault(Leg::Token, status(503));
    sandbox.fault(Leg::Token, status(503));
    let asset = json!({"client_id": CLIENT, "client_certificate": format!("{}{pem}", certificate.pem())});
    let outcome = update(&sandbox, &asset, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

#[test]
fn a_ready_token_that_is_refused_is_not_tried_again() {
    let sandbox = start();
    let token = sandbox.issue_token();
    sandbox.revoke_all_tokens();
    let outcome = update(&sandbox, &json!({"access_token": token, "tenant_id": null}), &[]);
    assert_eq!((outcome.code, outcome.text("name")), (1, "Unauthorized"));
    assert_eq!(sandbox.requests().len(), 1, "there is no other token to try with");
    assert!(outcome.text("help").contains("`access_token`"), "{outcome:?}");
}

#[test]
fn a_variable_that_is_wrong_is_named() {
    let sandbox = start();
    let silent = json!({"login_url": null, "tenant_id": null});
    let usual = [
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_AUTHORITY_HOST", "https://127.0.0.1:1"),
    ];
    let pfx = file("variable.pfx", [0x30, 0x82, 0xff, 0xfe]);
    for (variable, value, words) in [
        ("AZURE_TENANT_ID", "a/b", "expected a tenant's id"),
        ("AZURE_TENANT_ID", "a b", "expected a tenant's id"),
        ("AZURE_AUTHORITY_HOST", "http://login.example", "plain http"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere", "a file that can be read"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", &pfx, "openssl pkcs12"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/nowhere", "a file that can be read"),
    ] {
        let mut env = usual.to_vec();
        env.retain(|(name, _)| *name != variable);
        env.push((variable, value));
        if !variable.ends_with("PATH") && !variable.ends_with("FILE") {
            env.push(("AZURE_CLIENT_SECRET", "secret-not-real"));
        }
        let outcome = update(&sandbox, &silent, &env);
        outcome.assert_wrong("", &format!("environment variable `{variable}`: "));
        outcome.assert_wrong("", words);
    }
}

#[test]
fn the_authority_may_be_a_host_alone() {
    let sandbox = start();
    let Settings { client_secret, .. } = sandbox.settings();
    let host = sandbox.origin().replace("https://", "");
    let asset = json!({"client_id": CLIENT, "client_secret": client_secret, "login_url": null});
    let outcome = update(&sandbox, &asset, &[("AZURE_AUTHORITY_HOST", &host)]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

#[test]
fn a_field_that_the_way_has_no_use_for_is_not_passed_over() {
    let sandbox = start();
    for (asset, field, way) in [
        (
            json!({"managed_identity": "system", "client_id": CLIENT}),
            "client_id",
            "managed identity",
        ),
        (
            json!({"access_token": "token-not-real", "client_id": CLIENT}),
            "client_id",
            "access token",
        ),
        (
            json!({"oauth_un": "u", "oauth_pwd": "p-not-real", "oauth_cl_id": CLIENT, "oauth_cl_secret": "s-not-real", "client_id": CLIENT}),
            "client_id",
            "password",
        ),
        (
            json!({"client_id": CLIENT, "client_secret": "s-not-real", "send_certificate_chain": true}),
            "send_certificate_chain",
            "client secret",
        ),
    ] {
        let nobody = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")];
        let outcome = update(&sandbox, &asset, &nobody);
        outcome.assert_wrong(&format!("/asset/{field}"), &format!("no use in signing in by {way}"));
    }
    // A platform's form sends a box that is not ticked too.
    let asset = json!({"client_id": CLIENT, "client_secret": sandbox.settings().client_secret, "send_certificate_chain": false});
    assert_eq!(update(&sandbox, &asset, &[]).code, 0);
}

#[test]
fn a_key_or_a_file_that_cannot_be_used_is_refused_with_the_reason() {
    let sandbox = start();
    let small = RsaPrivateKey::new(&mut rand::rngs::OsRng, 1_024).expect("a key can be made");
    let small = small.to_pkcs8_pem(LineEnding::LF).expect("it can be written");
    let pfx = file("app.pfx", [0x30, 0x82, 0xff, 0xfe]);
    let large = file("large", vec![b'x'; 2 << 20]);
    for (asset, at, words) in [
        (
            json!({"client_certificate": &*small}),
            "client_certificate",
            "fewer than 2048 bits",
        ),
        (
            json!({"client_certificate": key_of_8192_bits()}),
            "client_certificate",
            "more than 4096 bits",
        ),
        (
            json!({"client_certificate_path": pfx}),
            "client_certificate_path",
            "openssl pkcs12",
        ),
        (
            json!({"client_secret_file": large}),
            "client_secret_file",
            "a larger one",
        ),
        (
            json!({"client_secret_file": pfx}),
            "client_secret_file",
            "a byte of another coding",
        ),
        (
            json!({"client_secret_file": "/dev/zero"}),
            "client_secret_file",
            "a larger one",
        ),
        (
            json!({"client_secret": "s-not-real", "http_proxy_file": file("proxy", "ftp://x-not-real")}),
            "http_proxy_file",
            "expected a proxy",
        ),
    ] {
        let mut asset = asset;
        asset["client_id"] = json!(CLIENT);
        update(&sandbox, &asset, &[]).assert_wrong(&format!("/asset/{at}"), words);
    }
    let asset = json!({"access_token_file": file("token", "Bearer x-not-real")});
    update(&sandbox, &asset, &[]).assert_wrong("/asset/access_token_file", "`Bearer`");
}

/// What has the form of a key of 8192 bits (PKCS#1): making a real one takes minutes.
fn key_of_8192_bits() -> String {
    use base64::Engine;
    let number = |first: u8, length: usize| {
        let content: Vec<u8> = [first].into_iter().chain(vec![0xff; length]).collect();
        tagged(2, &content)
    };
    let numbers: Vec<Vec<u8>> = [
        vec![
            tagged(2, &[0]),
            number(0, 1_024),
            tagged(2, &[1, 0, 1]),
            number(0x7f, 1_023),
        ],
        vec![number(0, 512); 5],
    ]
    .concat();
    let coded = base64::engine::general_purpose::STANDARD.encode(tagged(0x30, &numbers.concat()));
    format!("-----BEGIN RSA PRIVATE KEY-----\n{coded}\n-----END RSA PRIVATE KEY-----\n")
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = if length < 0x80 {
        vec![tag, length as u8]
    } else {
        vec![tag, 0x82, (length >> 8) as u8, (length & 0xff) as u8]
    };
    [head, content.to_vec()].concat()
}

#[test]
fn a_machine_without_a_managed_identity_is_told_so() {
    let machine = Sandbox::start(Settings::default());
    let origin = machine.origin();
    let system = json!({"managed_identity": "system", "timeout_secs": 5});

    let unknown = json!({"managed_identity": {"client_id": "unknown"}});
    let outcome = update(&machine, &unknown, &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &origin)]);
    assert_eq!((outcome.code, outcome.text("name")), (1, "SignInRefused"));
    assert!(outcome.text("help").contains("`managed_identity`"), "{outcome:?}");

    let nobody = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")];
    let outcome = update(&machine, &system, &nobody);
    assert_eq!((outcome.code, outcome.text("name")), (3, "ConnectionFailed"));
    assert!(outcome.text("help").contains("on Azure"), "{outcome:?}");

    // App Service's words are of another kind than Entra ID's.
    let endpoint = format!("{origin}/msi/token");
    let env = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", "header-not-real"),
    ];
    let words = json!({"statusCode": 400, "message": "No User Assigned Identity found for specified ClientId"});
    machine.fault(
        Leg::Token,
        Fault::Status {
            code: 400,
            change: false,
            headers: Vec::new(),
            body: words.to_string(),
        },
    );
    let outcome = update(&machine, &system, &env);
    assert_eq!(
        (outcome.code, outcome.text("name")),
        (1, "SignInRefused"),
        "{outcome:?}"
    );
    assert!(
        outcome.text("message").contains("No User Assigned Identity found"),
        "{outcome:?}"
    );

    update(&machine, &system, &[env[0], nobody[0]]).assert_wrong("", "`IDENTITY_HEADER` beside it");
}

#[test]
fn mixed_clouds_are_told_by_their_hosts() {
    let sandbox = start();
    let asset = json!({
        "client_id": CLIENT,
        "client_secret": sandbox.settings().client_secret,
        "scope": "https://api-gov.security.microsoft.us/.default",
    });
    let body = json!({"error": "invalid_request", "error_description": "AADSTS900382: x", "error_codes": [900_382]});
    sandbox.fault(
        Leg::Token,
        Fault::Status {
            code: 400,
            change: false,
            headers: Vec::new(),
            body: body.to_string(),
        },
    );
    let outcome = update(&sandbox, &asset, &[]);
    assert!(
        outcome.text("help").starts_with("set `cloud` to `gcc_high` or `dod`"),
        "{outcome:?}"
    );
}

#[test]
fn a_refresh_token_is_said_not_to_be_renewed() {
    let sandbox = start();
    let asset = json!({"client_id": CLIENT, "client_secret": "s-not-real", "refresh_token": "r-not-real"});
    assert!(update(&sandbox, &asset, &[]).log.contains("is not stored"));
}
