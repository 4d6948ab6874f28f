//! The whole way of one update, against a stand-in for Entra ID and Defender on this machine: `cargo run --example demo`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

#[path = "../tests/sandbox/mod.rs"]
mod sandbox;

use std::process::ExitCode;

use defender_update_incident::envelope::Envelope;
use defender_update_incident::progress::Progress;
use defender_update_incident::secret::REDACTED;
use defender_update_incident::settings::{Environment, Framing, Mode, Settings};
use sandbox::Sandbox;
use serde_json::{Value, json};

fn main() -> ExitCode {
    let sandbox = Sandbox::start(sandbox::Settings::default());
    let input = input(&sandbox);
    let mut shown = input.clone();
    shown["asset"]["client_secret"] = json!(REDACTED);
    println!("# The input, as it would come on stdin\n{shown:#}\n");

    let settings = Settings {
        mode: Mode::Update,
        framing: Framing::Plain,
        input: None,
        environment: Environment::default(),
    };
    let outcome = defender_update_incident::run(&settings, input.to_string().as_bytes(), &Progress::default());
    match &outcome {
        Ok(envelope) => println!(
            "# The envelope, as it would go to stdout in one line\n{}\n",
            pretty(envelope)
        ),
        Err(error) => println!(
            "# The failure, as it would go to stdout in one line\n{}\n",
            pretty(error)
        ),
    }
    println!("# The requests that the stand-in received");
    for request in sandbox.requests() {
        println!("{} {}", request.method, request.target);
    }
    match outcome {
        Ok(Envelope::Applied(_)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn input(sandbox: &Sandbox) -> Value {
    let settings = sandbox.settings();
    json!({
        "asset": {
            "url": sandbox.origin(),
            "login_url": sandbox.origin(),
            "tenant_id": settings.tenant,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "scope": settings.scope,
        },
        "path_parameters": {"id": 552},
        "json_body": {"status": "Resolved", "comment": "closed by playbook 7"},
    })
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
