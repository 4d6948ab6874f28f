//! Every folder of `tests/cases/` through the real binary: what is on stdin, what must be on the wire, what comes out.
//!
//! `CASE=words cargo test --test action cases::` runs those alone whose name contains the words. `BLESS=1` writes what came out to
//! `stdout.json` and `stderr.json` in place of comparing; read the difference before you commit it.

use std::collections::BTreeMap;
use std::time::Instant;

use defender_update_incident::contract::schema::Kind;
use serde_json::Value;
use serde_json::value::RawValue;
use support::case::{Case, Outcome};

#[test]
fn every_case_comes_out_as_its_files_say() {
    let started = Instant::now();
    let (cases, bless) = (Case::all(), blessing());
    let schema: Value = serde_json::from_str(Kind::Output.text()).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let failures: Vec<String> = support::in_parallel(&cases, |case| {
        let problems = match case.run(&[]) {
            Ok(outcome) => {
                let mut problems = case.problems(&outcome, bless);
                problems.extend(against_schema(case, &outcome, &validator));
                problems
            }
            Err(problem) => vec![problem],
        };
        (!problems.is_empty()).then(|| format!("── {}\n{}\n", case.name, problems.join("\n")))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(!cases.is_empty(), "no case has such a name");
    assert!(
        failures.is_empty(),
        "{} of {} cases failed in {:.1?}\n\n{}",
        failures.len(),
        cases.len(),
        started.elapsed(),
        failures.join("\n")
    );
}

fn against_schema(case: &Case, outcome: &Outcome, validator: &jsonschema::Validator) -> Vec<String> {
    let Some(text) = case.envelope(&outcome.ran) else {
        return Vec::new();
    };
    let entries: BTreeMap<String, Box<RawValue>> = match serde_json::from_str(&text) {
        Ok(entries) => entries,
        Err(error) => return vec![format!("the envelope is no JSON object: {error}")],
    };
    let envelope: Value = entries
        .into_iter()
        .map(|(key, raw)| {
            let value = serde_json::from_str(raw.get()).unwrap_or_default();
            let value = if key == "json_body" { completed(value) } else { value };
            (key, value)
        })
        .collect();
    validator
        .iter_errors(&envelope)
        .map(|error| {
            format!(
                "the envelope does not fit the output schema at `{}`: {error}",
                error.instance_path()
            )
        })
        .collect()
}

#[allow(
    clippy::disallowed_methods,
    reason = "the ban is about the product; this is for the person at the test"
)]
fn blessing() -> bool {
    std::env::var("BLESS").is_ok_and(|value| value == "1")
}

/// Most cases let the server answer with the least that shows the update, for brevity; the rest is as in the seed.
fn completed(body: Value) -> Value {
    let Value::Object(brief) = body else { return body };
    if !brief.contains_key("incidentId") {
        return Value::Object(brief);
    }
    let mut incident = sandbox::seed_incident();
    for (key, value) in brief {
        incident[key] = value;
    }
    incident
}
