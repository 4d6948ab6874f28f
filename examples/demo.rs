//! The whole way on this machine alone: `cargo run --example demo` starts the stand-in for Entra ID and Defender, runs
//! one update through the same code as the program, and prints the input, secrets redacted, and the envelope.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

use std::process::ExitCode;
use std::sync::Arc;

use defender_update_incident::delivery::progress::Progress;
use defender_update_incident::ground::environment::Environment;
use defender_update_incident::ground::secret::REDACTED;
use defender_update_incident::outcome::shown::Outcome;
use defender_update_incident::process::framing::{Frame, Framing};
use defender_update_incident::process::mode::Mode;
use defender_update_incident::process::report;
use defender_update_incident::process::settings::Settings;
use defender_update_incident::run;
use sandbox::Sandbox;
use serde_json::{Value, json};

fn main() -> ExitCode {
    let sandbox = Sandbox::start(sandbox::Settings::default());
    let input = input(&sandbox);
    println!(
        "On stdin, with the sandbox at {}:\n{:#}\n",
        sandbox.origin(),
        redacted(&input)
    );

    let settings = Settings {
        mode: Mode::Update,
        frame: Arc::new(Frame::asked_for(Framing::Plain)),
        input: None,
        environment: Environment::default(),
    };
    let outcome = run(&settings, input.to_string().as_bytes(), &Progress::default());
    let (code, envelope) = printed(&outcome);
    println!("On stdout, on one line there, and exit code {code}:\n{envelope}");

    let applied = sandbox
        .incident(INCIDENT)
        .is_some_and(|incident| incident["tags"] == input["json_body"]["tags"]);
    if code == 0 && applied {
        ExitCode::SUCCESS
    } else {
        eprintln!("the sandbox's incident was not updated");
        ExitCode::from(code.max(1))
    }
}

/// The documented form, for the sandbox's tenant and application.
fn input(sandbox: &Sandbox) -> Value {
    json!({
        "asset": sandbox.asset(),
        "path_parameters": {"id": INCIDENT},
        "json_body": {
            "status": "Resolved",
            "classification": "TruePositive",
            "determination": "Phishing",
            "tags": ["reviewed", "tier-1"],
            "comment": "closed by playbook 7",
        },
    })
}

fn redacted(input: &Value) -> Value {
    let mut shown = input.clone();
    shown["asset"]["client_secret"] = json!(REDACTED);
    shown
}

/// The exit code, and the one line laid out for a person.
fn printed(outcome: &Outcome) -> (u8, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let code = report::write(outcome, &Frame::asked_for(Framing::Plain), &mut stdout, &mut stderr);
    let line = String::from_utf8_lossy(&stdout).into_owned();
    let pretty = serde_json::from_str::<Value>(&line).map_or(line, |envelope| format!("{envelope:#}"));
    (code, pretty)
}

const INCIDENT: u64 = 552;
