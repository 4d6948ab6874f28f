//! Who is measured: this binary, and what somebody would use in its place, each doing the same two requests.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::programs::{Programs, ROOT};
use crate::run::{Call, Success};
use crate::service::{Place, Service};

/// One of those compared.
pub struct Peer {
    pub letter: char,
    pub name: &'static str,
    /// What its figures are to be read with.
    pub note: &'static str,
    /// The reason where this machine lacks it.
    pub call: Result<Call, String>,
}

/// This binary, to which the others are compared.
pub const OURS: usize = 0;
/// Swimlane's runner.
pub const RUNNER: usize = 1;
/// curl as one process.
pub const CURL: usize = 3;

/// All of them, in the order in which they take turns.
pub fn all(programs: &Programs, service: &Service) -> Vec<Peer> {
    let place = Place::at(service.address().port());
    vec![
        Peer {
            letter: 'A',
            name: "this binary",
            note: "checks TLS and the input, keeps a time limit",
            call: Ok(ours(&programs.binary, service, &place, SignIn::Secret)),
        },
        Peer {
            letter: 'B',
            name: "connector-def-runner",
            note: "checks TLS here because `verify_ssl` is set and `REQUESTS_CA_BUNDLE` names the CA: it does not where \
                   `verify_ssl` is left empty. No check of the input, no time limit",
            call: programs.python.clone().map(|python| runner(python, service, &place)),
        },
        Peer {
            letter: 'C',
            name: "curl twice, and jq",
            note: "a shell script: three processes beside the shell. No check of the input, no time limit",
            call: programs
                .curl
                .clone()
                .and(programs.jq.clone())
                .map(|_| curl_twice(service, &place)),
        },
        Peer {
            letter: 'D',
            name: "curl, one process",
            note: "`--next`; it cannot read the token from the first answer, so the second request carries one that was \
                   given before",
            call: programs.curl.clone().map(|curl| curl_once(curl, service, &place)),
        },
        Peer {
            letter: 'E',
            name: "Python with requests",
            note: "the shortest script that does it; no check of the input",
            call: programs.python.clone().map(|python| requests(python, service, &place)),
        },
    ]
}

/// How this binary gets its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// From the sign-in service, with a client secret.
    Secret,
    /// The asset has one.
    ReadyToken,
}

/// This binary, or the same with its functions' names.
pub fn ours(binary: &Path, service: &Service, place: &Place, sign_in: SignIn) -> Call {
    let asset = asset(service, place, sign_in, |key| service.said(key));
    call_of(binary, json!({"asset": asset, "json_body": update()}))
}

/// The same with a condition that is always met, so that each run reads the incident and then writes to it.
pub fn ours_reading_first(binary: &Path, service: &Service, place: &Place, sign_in: SignIn) -> Call {
    let asset = asset(service, place, sign_in, |key| service.said(key));
    let any = json!({"status": ["Active", "InProgress", "Resolved"]});
    call_of(binary, json!({"asset": asset, "json_body": update(), "only_if": any}))
}

/// This binary with values and a comment through Microsoft Graph, which are two requests.
pub fn ours_through_graph(binary: &Path, service: &Service, place: &Place, sign_in: SignIn) -> Call {
    let mut asset = asset(service, place, sign_in, |key| service.said_of_graph(key));
    asset["api"] = json!("graph");
    let update = json!({"status": "Resolved", "comment": "closed by playbook 7"});
    call_of(binary, json!({"asset": asset, "json_body": update}))
}

/// `api` gives the scope and the token that belong to the API.
fn asset<'s>(service: &'s Service, place: &Place, sign_in: SignIn, api: impl Fn(&'s str) -> &'s str) -> Value {
    let mut asset = json!({"url": place.api, "ca_certificate_path": service.ca()});
    match sign_in {
        SignIn::Secret => {
            asset["login_url"] = json!(place.sign_in);
            asset["tenant_id"] = json!(service.said("tenant"));
            asset["client_id"] = json!(service.said("client_id"));
            asset["client_secret"] = json!(service.said("client_secret"));
            asset["scope"] = json!(api("scope"));
        }
        SignIn::ReadyToken => asset["access_token"] = json!(api("access_token")),
    }
    asset
}

fn call_of(binary: &Path, mut document: Value) -> Call {
    document["path_parameters"] = json!({"id": 552});
    Call {
        program: binary.to_path_buf(),
        args: Vec::new(),
        env: Vec::new(),
        stdin: document.to_string(),
        success: Success::Envelope,
    }
}

/// Both requests in one process, one after the other.
pub fn curl_once(curl: PathBuf, service: &Service, place: &Place) -> Call {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let each = ["--fail", "--cacert", &service.ca(), "-w", "\\n%{http_code}\\n"];
    let token = format!("Authorization: Bearer {}", service.said("access_token"));
    let mut args = words(&["-sS"]);
    args.extend(words(&each));
    args.extend(words(&["--data", &form(service), &token_url(service, place), "--next"]));
    args.extend(words(&each));
    args.extend(words(&[
        "-X",
        "PATCH",
        "-H",
        &token,
        "-H",
        "Content-Type: application/json",
    ]));
    args.extend(words(&["--data", &update().to_string(), &incident_url(place)]));
    Call {
        program: curl,
        args,
        env: Vec::new(),
        stdin: String::new(),
        success: Success::Statuses(2),
    }
}

fn curl_twice(service: &Service, place: &Place) -> Call {
    Call {
        program: "/bin/sh".into(),
        args: vec![
            format!("{ROOT}/benches/peers/curl_twice.sh"),
            service.ca(),
            token_url(service, place),
            incident_url(place),
            form(service),
            update().to_string(),
        ],
        env: Vec::new(),
        stdin: String::new(),
        success: Success::Statuses(1),
    }
}

fn runner(python: PathBuf, service: &Service, place: &Place) -> Call {
    let input = json!({
        "url": place.api,
        "token_url": token_url(service, place),
        "client_id": service.said("client_id"),
        "client_secret": service.said("client_secret"),
        "scope": [service.said("scope")],
        "verify_ssl": true,
        "path_parameters": {"id": 552},
        "json_body": update(),
    });
    Call {
        program: python,
        args: vec![
            format!("{ROOT}/tests/runners/turbine/runner.py"),
            "update_incident".to_owned(),
        ],
        env: vec![
            (
                "ASSET_KEYS".to_owned(),
                "url,token_url,client_id,client_secret,scope,verify_ssl".to_owned(),
            ),
            ("REQUESTS_CA_BUNDLE".to_owned(), service.ca()),
        ],
        stdin: input.to_string(),
        success: Success::Envelope,
    }
}

fn requests(python: PathBuf, service: &Service, place: &Place) -> Call {
    let input = json!({
        "token_url": token_url(service, place),
        "form": {
            "grant_type": "client_credentials",
            "client_id": service.said("client_id"),
            "client_secret": service.said("client_secret"),
            "scope": service.said("scope"),
        },
        "url": incident_url(place),
        "ca": service.ca(),
        "json_body": update(),
    });
    Call {
        program: python,
        args: vec![format!("{ROOT}/benches/peers/plain_requests.py")],
        env: Vec::new(),
        stdin: input.to_string(),
        success: Success::Envelope,
    }
}

fn token_url(service: &Service, place: &Place) -> String {
    format!("{}/{}/oauth2/v2.0/token", place.sign_in, service.said("tenant"))
}

fn incident_url(place: &Place) -> String {
    format!("{}/api/incidents/552", place.api)
}

/// The values need no escaping but for the scope's.
fn form(service: &Service) -> String {
    format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
        service.said("client_id"),
        service.said("client_secret"),
        service.said("scope").replace(':', "%3A").replace('/', "%2F"),
    )
}

/// Sets values alone, so that no run finds another incident than the one before.
fn update() -> Value {
    json!({"status": "Resolved", "classification": "TruePositive", "determination": "Malware", "tags": ["reviewed"]})
}
