//! Nothing that a run is started with, signs in with or is given ever comes out of it: a service that repeats all of it, in
//! every part of its answers and in every coding, is talked to in every way of signing in, with the most talkative logs.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

#[path = "gate/codings.rs"]
mod codings;
#[path = "gate/detector.rs"]
mod detector;
#[path = "gate/echo.rs"]
mod echo;
mod sandbox;
mod support;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use codings::{CODINGS, Coding, DEEP, IN_EACH_OTHER};
use echo::{Echo, Place};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use support::Run;

/// One run to come.
struct Combination {
    way: &'static str,
    framing: &'static str,
    coding: Coding,
    place: Place,
    filter: &'static str,
}

#[test]
fn no_service_gets_a_secret_repeated() {
    let all = combinations();
    assert!(all.len() >= 2_000, "{} combinations", all.len());
    let problems: Vec<String> = support::in_parallel(&all, problems_of).into_iter().flatten().collect();
    let first: Vec<&str> = problems.iter().take(30).map(String::as_str).collect();
    assert!(
        problems.is_empty(),
        "{} of {}:\n{}",
        problems.len(),
        all.len(),
        first.join("\n")
    );
}

/// Every coding at every place, every coding in every way of signing in, and every place in every way: a third of all, so
/// that each two meet. Then codings in each other.
fn combinations() -> Vec<Combination> {
    let mut all = Vec::new();
    let mut push = |way, coding, place| {
        let number = all.len();
        all.push(Combination {
            way,
            framing: FRAMINGS[number % FRAMINGS.len()],
            coding,
            place,
            filter: FILTERS[number / FRAMINGS.len() % FILTERS.len()],
        });
    };
    for (first, way) in WAYS.into_iter().enumerate() {
        for (second, place) in places(way).into_iter().enumerate() {
            for (third, coding) in CODINGS.iter().enumerate() {
                let deep = DEEP.contains(&coding.0) && place.is_an_incident();
                if (first + second + third) % 3 == 0 && !deep {
                    push(way, Coding::of(coding), place);
                }
            }
        }
    }
    let named = |name: &&str| {
        CODINGS
            .iter()
            .find(|coding| coding.0 == *name)
            .expect("it is one of them")
    };
    let known: Vec<_> = IN_EACH_OTHER.iter().map(named).collect();
    for (number, inner) in known.iter().enumerate() {
        for outer in &known {
            for way in ["client secret", "password"] {
                let places = places(way);
                for step in 0..3 {
                    let place = places[(number * 5 + step * 7) % places.len()];
                    let twice = ["base64", "hexadecimal"];
                    if place.is_an_incident() && twice.contains(&outer.0) {
                        continue;
                    }
                    push(way, Coding { inner, outer }, place);
                }
            }
        }
    }
    all
}

fn places(way: &str) -> Vec<Place> {
    let signs_in = [
        Place::SignedIn,
        Place::SignInRefused,
        Place::SignInRefusedByAnother,
        Place::SignInRefusedByAPage,
        Place::SignInRedirected,
        Place::Token,
    ];
    let updates = [
        Place::Updated,
        Place::UpdateRefused,
        Place::UpdateRefusedByAPage,
        Place::UpdateCodedOddly,
        Place::Challenged,
        Place::InChunks,
        Place::ReadBack,
        Place::Read,
        Place::NotMet,
        Place::Proxy,
        Place::ProxyWantsAnother,
        Place::ProxyRedirects,
        Place::ProxyTalks,
        Place::ProxySpeaksNoHttp,
    ];
    let signs_in = signs_in.into_iter().filter(|_| way != "access token");
    signs_in.chain(updates).collect()
}

fn problems_of(combination: &Combination) -> Vec<String> {
    let Combination {
        way,
        framing,
        coding,
        place,
        filter,
    } = combination;
    let sent = secrets_of(way)
        .iter()
        .copied()
        .chain((*place != Place::Token && !place.is_proxys() && *way != "access token").then_some(TOKEN));
    let sent = sent.chain(place.is_proxys().then_some(PROXY_PASSWORD));
    let secrets: Vec<String> = sent.map(str::to_owned).collect();
    let echo = Echo::start(*place, *coding, TOKEN, &secrets);
    let origin = format!("http://{}", echo.address);
    let mut asset = asset(way);
    asset["url"] = json!(origin);
    asset["retry_wait_secs"] = json!(0.01);
    asset["settle_secs"] = json!(0.01);
    asset["timeout_secs"] = json!(10);
    if place.is_proxys() {
        asset["url"] = json!("https://api.example.test");
        asset["http_proxy"] = json!(format!("http://proxy-user:{PROXY_PASSWORD}@{}", echo.address));
    }
    let login = if place.is_proxys() {
        "https://login.example.test"
    } else {
        &origin
    };
    if *way != "managed identity" && *way != "access token" {
        asset["token_url"] = json!(format!("{login}/t/oauth2/v2.0/token"));
    }
    let mut input = json!({
        "asset": asset, "path_parameters": {"id": 552}, "json_body": {"tags": ["seen"], "comment": "closed by playbook 7"},
    });
    if *place == Place::NotMet {
        input["only_if"] = json!({"status": "Active"});
    }
    if *framing == "insightconnect" {
        input = as_message(&input);
    }
    let mut run = Run::with_stdin(input.to_string())
        .args(&["--framing", framing])
        .env("RUST_LOG", filter)
        .env("IDENTITY_ENDPOINT", &format!("{origin}/msi/token"))
        .env("IDENTITY_HEADER", IDENTITY_HEADER);
    if *place == Place::Token {
        run.args.push("--check".to_owned());
    }
    if *place == Place::Read {
        run.args.push("--read".to_owned());
    }
    let ran = run.go();
    let (echoed, secrets) = echo.stop();
    let what = format!("{way}, {framing}, {} at {place:?}, {filter}", coding.name());
    let ran = match ran {
        Ok(ran) => ran,
        Err(problem) => return vec![format!("{what}: {problem}")],
    };
    // Logs and envelope may stand on one stream or on two, and so are searched together.
    let output = format!("{}\n{}", ran.stdout_text(), ran.stderr_text());
    let mut problems: Vec<String> = detector::shown(&output, &secrets)
        .into_iter()
        .map(|secret| {
            format!(
                "{what}: `{secret}` in {}",
                output.chars().take(3_000).collect::<String>()
            )
        })
        .collect();
    if echoed == 0 {
        problems.push(format!("{what}: nothing was repeated: {output}"));
    }
    let shows_answer =
        *framing != "insightconnect" && !place.is_proxys() && *place != Place::Token && *place != Place::SignedIn;
    if shows_answer && !output.contains("\"status_code\":") {
        problems.push(format!("{what}: no answer was shown: {output}"));
    }
    problems
}

/// As InsightConnect hands it over.
fn as_message(document: &Value) -> Value {
    let mut input = document["json_body"].clone();
    input["incident_id"] = document["path_parameters"]["id"].clone();
    if !document["only_if"].is_null() {
        input["only_if"] = document["only_if"].clone();
    }
    let body = json!({"action": "update_incident", "meta": {}, "input": input, "connection": document["asset"]});
    json!({"version": "v1", "type": "action_start", "body": body})
}

fn asset(way: &str) -> Value {
    let id = json!("11111111-2222-3333-4444-555555555555");
    match way {
        "client secret" => json!({"client_id": id, "client_secret": CLIENT_SECRET}),
        "certificate" => json!({"client_id": id, "client_certificate": certificate()}),
        "workload identity" => json!({"client_id": id, "federated_token_file": federated_token_file()}),
        "managed identity" => json!({"managed_identity": "system"}),
        "password" => {
            json!({"oauth_un": "u@contoso.com", "oauth_pwd": PASSWORD, "oauth_cl_id": id, "oauth_cl_secret": CLIENT_SECRET})
        }
        "refresh token" => json!({"client_id": id, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}),
        _ => json!({"access_token": GIVEN_TOKEN}),
    }
}

/// What is sent to sign in; assertions are made anew for each request, and noted when they come.
fn secrets_of(way: &str) -> &'static [&'static str] {
    match way {
        "client secret" => &[CLIENT_SECRET],
        "workload identity" => &[FEDERATED_TOKEN],
        "managed identity" => &[IDENTITY_HEADER],
        "password" => &[CLIENT_SECRET, PASSWORD],
        "refresh token" => &[CLIENT_SECRET, REFRESH_TOKEN],
        "access token" => &[GIVEN_TOKEN],
        _ => &[],
    }
}

/// A key and its certificate, made once.
fn certificate() -> &'static str {
    static PEM: OnceLock<String> = OnceLock::new();
    PEM.get_or_init(|| {
        let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2_048).expect("a key can be made");
        let key = key.to_pkcs8_pem(LineEnding::LF).expect("it can be written").to_string();
        let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&key, &PKCS_RSA_SHA256).expect("ring takes it");
        let params = CertificateParams::new(vec!["playbook".to_owned()]).expect("the name is ASCII");
        let certificate = params.self_signed(&pair).expect("it can be signed");
        format!("{key}{}", certificate.pem())
    })
}

fn federated_token_file() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("gate-{}-{number}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, FEDERATED_TOKEN).expect("the folder for temporary files takes one");
        path
    });
    file.to_string_lossy().into_owned()
}

const WAYS: [&str; 7] = [
    "client secret",
    "certificate",
    "workload identity",
    "managed identity",
    "password",
    "refresh token",
    "access token",
];

const FRAMINGS: [&str; 3] = ["plain", "turbine", "insightconnect"];

/// Everything; and each crate by its name that has seen the wire.
const FILTERS: [&str; 4] = [
    "trace",
    "ureq=trace,ureq_proto=trace",
    "ureq_proto::util=trace",
    "rustls=trace,debug",
];

const CLIENT_SECRET: &str = "cli~Secret+\"<&>'%41/ä\\x =0815";
const PASSWORD: &str = "pass&W\u{f6}rd +\"<1>%25\\n";
const REFRESH_TOKEN: &str = "0.refresh-token_of/this+test~not.real";
const FEDERATED_TOKEN: &str = "eyJmZWRlcmF0ZWQ.token-of_this.test-not-real";
const IDENTITY_HEADER: &str = "identity~header+of/this=test";
const GIVEN_TOKEN: &str = "eyJnaXZlbiI6MX0.given+token/of~this=case_not.real";
const PROXY_PASSWORD: &str = "proxyPassw0rd-of_this.test";
const TOKEN: &str = "access+token/of~this.test-\"not<real>&%41='\\";
