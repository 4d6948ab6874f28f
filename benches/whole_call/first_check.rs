//! The first check of a document in a process, the making of the validator included: this program runs itself for it, since
//! whatever is made on first use is made only once.

use std::process::Command;
use std::time::Instant;

use defender_update_incident::contract::check;
use defender_update_incident::contract::document::{self, Document};
use defender_update_incident::input;
use serde_json::json;

use crate::stats::Spread;

/// What tells this program to do the check and nothing else.
pub const ARGUMENT: &str = "--first-check";

/// Microseconds of the first check, each in a process of its own.
pub fn micros(rounds: usize) -> Result<Spread, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let figures = (0..rounds).map(|_| {
        let output = Command::new(&this)
            .arg(ARGUMENT)
            .output()
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim()
            .parse::<f64>()
            .map_err(|error| format!("the first check said `{text}`: {error}"))
    });
    figures.collect::<Result<Vec<_>, _>>().map(Spread::of)
}

/// Does it, and prints the microseconds.
pub fn print() -> Result<(), String> {
    let typical = json!({
        "asset": {
            "tenant_id": "11111111-1111-1111-1111-111111111111",
            "client_id": "22222222-2222-2222-2222-222222222222",
            "client_secret": "sandbox-secret-not-real",
        },
        "path_parameters": {"id": 552},
        "json_body": {
            "status": "Resolved", "assignedTo": "analyst@contoso.com", "classification": "TruePositive",
            "determination": "Malware", "tags": ["reviewed", "tier-1"], "comment": "closed by playbook 7",
        },
    });
    let document = document::read(typical.to_string().as_bytes())
        .and_then(Document::of)
        .map_err(|_| "the document cannot be read")?;
    let started = Instant::now();
    let checked = check::check(document);
    let took = started.elapsed();
    input::parse(
        checked,
        &defender_update_incident::ground::environment::Environment::default(),
    )
    .map_err(|_| "the document is refused")?;
    println!("{}", took.as_secs_f64() * 1e6);
    Ok(())
}
