//! Nothing that a run is started with, signs in with or is given ever comes out of it: a service that repeats all of it, in
//! every part of its answers and in every coding, is talked to in every way of signing in, with the most talkative logs.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

mod codings;
mod detector;
mod echo;

use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use codings::{CODINGS, Coding, DEEP, IN_EACH_OTHER};
use echo::{Echo, Place};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use support::Run;

/// One run to come: each of its codings is a combination of its own.
struct Repeated {
    way: &'static str,
    framing: &'static str,
    codings: Vec<Coding>,
    place: Place,
    filter: &'static str,
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test's own setting")]
fn no_service_gets_a_secret_repeated() {
    let all = runs();
    let combinations: usize = all.iter().map(|run| run.codings.len()).sum();
    assert!(combinations >= 2_000, "{combinations} combinations");
    // The gate looks at every byte again and again, for which a build without optimisation takes minutes.
    let shipped = std::env::var_os("STATIC_BINARY").map(PathBuf::from);
    let all: Vec<Repeated> = match shipped {
        Some(_) => all,
        None => {
            let why = "STATIC_BINARY names no optimised build; deploy/build.sh makes it";
            writeln!(std::io::stderr(), "SKIPPED: seven runs of eight, as {why}").expect("stderr takes a line");
            all.into_iter().step_by(8).collect()
        }
    };
    let problems = support::in_parallel(&all, |repeated| problems_of(repeated, shipped.as_ref()));
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    let first: Vec<&str> = problems.iter().take(30).map(String::as_str).collect();
    assert!(
        problems.is_empty(),
        "{} of {} runs, {combinations} combinations:\n{}",
        problems.len(),
        all.len(),
        first.join("\n")
    );
}

/// Every coding at every place, every coding in every way of signing in, and every place in every way: half of all, so
/// that each two meet. Then codings in each other; and a proxy's words, which are the same in every way. Several codings stand
/// in one answer, but for those that are long, and for a proxy's words, of which the first alone are shown.
fn runs() -> Vec<Repeated> {
    let mut all = Vec::new();
    let mut push = |way: &'static str, place: Place, codings: Vec<Coding>, at_once: usize| {
        for codings in codings.chunks(at_once) {
            let number = all.len();
            all.push(Repeated {
                way,
                framing: FRAMINGS[number % FRAMINGS.len()],
                codings: codings.to_vec(),
                place,
                filter: FILTERS[number / FRAMINGS.len() % FILTERS.len()],
            });
        }
    };
    for (first, way) in WAYS.into_iter().enumerate() {
        // An assertion fills a head by itself.
        let (part, at_once) = if way == "certificate" { (12, 1) } else { (2, 13) };
        for (second, place) in places(way).into_iter().enumerate() {
            let numbered = CODINGS.iter().enumerate();
            let chosen = numbered.filter(|(third, _)| (first + second + third) % part == 0);
            let chosen = chosen
                .map(|(_, coding)| coding)
                .filter(|coding| is_searched(coding.0, place));
            push(way, place, chosen.map(Coding::of).collect(), at_once);
        }
    }
    for (number, place) in PROXYS.into_iter().enumerate() {
        push(WAYS[number], place, CODINGS.iter().map(Coding::of).collect(), 2);
    }
    let known: Vec<_> = CODINGS
        .iter()
        .filter(|coding| IN_EACH_OTHER.contains(&coding.0))
        .collect();
    for (number, inner) in known.iter().enumerate() {
        for step in 0..3 {
            let place = places("client secret")[(number * 5 + step * 4) % places("client secret").len()];
            let outer = known
                .iter()
                .filter(|outer| !(place.is_an_incident() && is_digits(outer.0)));
            push(
                "client secret",
                place,
                outer.map(|outer| Coding { inner, outer }).collect(),
                // More fill a head past what is read of one.
                5,
            );
        }
    }
    all
}

/// An incident is not decoded where it looks like base64 or digits: it is searched for a secret's own digits there.
fn is_searched(coding: &str, place: Place) -> bool {
    !(place.is_an_incident() && DEEP.contains(&coding))
}

fn is_digits(coding: &str) -> bool {
    matches!(coding, "base64" | "hexadecimal")
}

fn places(way: &str) -> Vec<Place> {
    let signs_in = [
        Place::SignedIn,
        Place::SignInRefused,
        Place::SignInRefusedByAnother,
        Place::SignInRefusedByAPage,
        Place::SignInRedirected,
        Place::SignInFails,
        Place::Token,
    ];
    let updates = [
        Place::Updated,
        Place::UpdateRefused,
        Place::UpdateRedirected,
        Place::UpdateRefusedByAPage,
        Place::UpdateCodedOddly,
        Place::Challenged,
        Place::InChunks,
        Place::ReadBack,
        Place::Read,
        Place::NotMet,
        Place::GraphUpdated,
        Place::GraphRefused,
        Place::GraphCommentRefused,
        Place::GraphRead,
    ];
    let signs_in = signs_in.into_iter().filter(|_| way != "access token");
    signs_in.chain(updates).collect()
}

fn problems_of(repeated: &Repeated, shipped: Option<&PathBuf>) -> Vec<String> {
    let Repeated {
        way,
        framing,
        codings,
        place,
        filter,
    } = repeated;
    let sent = secrets_of(way)
        .iter()
        .copied()
        .chain((*place != Place::Token && !place.is_proxys() && *way != "access token").then_some(TOKEN));
    let sent = sent.chain(place.is_proxys().then_some(PROXY_PASSWORD));
    let secrets: Vec<String> = sent.map(str::to_owned).collect();
    let echo = Echo::start(*place, codings, TOKEN, &secrets);
    let origin = format!("http://{}", echo.address);
    let mut asset = asset(way);
    asset["url"] = json!(origin);
    asset["retry_wait_secs"] = json!(0.01);
    asset["settle_secs"] = json!(0.01);
    // Without optimisation, beside other tests, one answer full of codings may take half a minute.
    asset["timeout_secs"] = json!(100);
    if place.is_graphs() {
        asset["api"] = json!("graph");
    }
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
        .by(shipped.cloned())
        .args(&["--framing", framing])
        .env("RUST_LOG", filter)
        .env("IDENTITY_ENDPOINT", &format!("{origin}/msi/token"))
        .env("IDENTITY_HEADER", IDENTITY_HEADER);
    if *place == Place::Token {
        run.args.push("--check".to_owned());
    }
    if matches!(place, Place::Read | Place::GraphRead) {
        run.args.push("--read".to_owned());
    }
    let ran = run.go();
    let (echoed, secrets) = echo.stop();
    let names: Vec<String> = codings.iter().map(Coding::name).collect();
    let what = format!("{way}, {framing}, {} at {place:?}, {filter}", names.join(" and "));
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

/// Without this, a coding that nobody can read back would count as one in which nothing is shown.
#[test]
fn a_secret_in_any_coding_is_found_where_it_is_shown() {
    let single = CODINGS.iter().map(Coding::of);
    let known: Vec<_> = CODINGS
        .iter()
        .filter(|coding| IN_EACH_OTHER.contains(&coding.0))
        .collect();
    let nested = known
        .iter()
        .flat_map(|inner| known.iter().map(|outer| Coding { inner, outer }));
    let mut combinations = 0;
    let mut missed = Vec::new();
    for coding in single.chain(nested) {
        for secret in SECRETS {
            let coded = coding.apply(secret);
            let inner = if coding.is_json() {
                coded.clone()
            } else {
                codings::within_json(&coded)
            };
            for (place, text) in [
                ("alone", format!("it said ({coded}) and no more")),
                (
                    "in an envelope",
                    format!("{{\"message\":\"it said ({inner}) and no more\"}}"),
                ),
                (
                    "in a log within an envelope",
                    format!(
                        "{{\"log\":\"{}\"}}",
                        codings::within_json(&format!("it said ({inner}) and no more"))
                    ),
                ),
            ] {
                combinations += 1;
                let secrets = [secret.to_owned()];
                if detector::shown(&text, &secrets).is_empty() {
                    missed.push(format!("{} of `{secret}` {place}: {text}", coding.name()));
                }
            }
        }
    }
    assert!(combinations >= 2_000, "{combinations} combinations");
    assert!(
        missed.is_empty(),
        "{} of {combinations}:\n{}",
        missed.len(),
        missed.join("\n")
    );
    // And nothing is found where nothing is.
    let innocent =
        json!({"json_body": incident_like(), "message": "[redacted] \n %41 \\u0041 &amp; c2VjcmV0IG9mIG5vYm9keQ=="});
    let secrets = SECRETS.map(str::to_owned);
    assert!(detector::shown(&innocent.to_string(), &secrets).is_empty());
}

fn incident_like() -> Value {
    json!({"incidentId": 552, "status": "Resolved", "comments": [{"comment": "closed by playbook 7"}], "tags": ["seen"]})
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

const PROXYS: [Place; 5] = [
    Place::Proxy,
    Place::ProxyWantsAnother,
    Place::ProxyRedirects,
    Place::ProxyTalks,
    Place::ProxySpeaksNoHttp,
];

const FRAMINGS: [&str; 3] = ["plain", "turbine", "insightconnect"];

/// Everything; and each crate by its name that has seen the wire.
const FILTERS: [&str; 4] = [
    "trace",
    "ureq=trace,ureq_proto=trace",
    "ureq_proto::util=trace",
    "rustls=trace,debug",
];

const SECRETS: [&str; 8] = [
    CLIENT_SECRET,
    PASSWORD,
    REFRESH_TOKEN,
    FEDERATED_TOKEN,
    IDENTITY_HEADER,
    GIVEN_TOKEN,
    PROXY_PASSWORD,
    TOKEN,
];

const CLIENT_SECRET: &str = "cli~Secret+\"<&>'%4z/ä\\q =0815";
const PASSWORD: &str = "pass&W\u{f6}rd\u{431} +\"<1>%25\\n";
const REFRESH_TOKEN: &str = "0.refresh-token_of/this+test~not.real";
const FEDERATED_TOKEN: &str = "eyJmZWRlcmF0ZWQ.token-of_this.test-not-real";
const IDENTITY_HEADER: &str = "identity~header+of/this=test";
const GIVEN_TOKEN: &str = "given+token/of~this-case_not.real";
const PROXY_PASSWORD: &str = "proxyPassw0rd-of_this.test";
const TOKEN: &str = "access+token/of~this.test-\"not<real>&%4z='\\";
