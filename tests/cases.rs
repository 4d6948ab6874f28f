//! Every behaviour as a folder of small files, run through the real binary against a scripted server that compares the
//! whole request. `BLESS=1 cargo test --test cases` writes what came out to `stdout.json`: read the difference before it
//! is committed.

mod sandbox;
mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use support::case::{Case, Outcome};
use support::one_line;

#[test]
fn every_case_comes_out_as_its_files_say() {
    let cases = Case::all();
    let schema: Value =
        serde_json::from_str(include_str!("../schemas/update_incident.output.json")).expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(problem) = check(case, &case.run(&[]), &schema) {
                        wrong
                            .lock()
                            .expect("no thread panicked")
                            .push(format!("{}: {problem}", case.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panicked");
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n\n")
    );
}

fn check(case: &Case, outcome: &Outcome, schema: &jsonschema::Validator) -> Result<(), String> {
    let Outcome { ran, script, origin } = outcome;
    let (stdout, stderr) = (ran.stdout(), ran.stderr());
    let seen = format!("exit {}\nstdout {stdout}\nstderr {stderr}", ran.code);
    script.clone().map_err(|problem| format!("{problem}\n{seen}"))?;
    if ran.code != case.run.exit {
        return Err(format!("expected exit {}, found {seen}", case.run.exit));
    }
    let line = match (case.run.turbine, ran.code) {
        (false, _) => one_line(&stdout, "")?,
        (true, 0) => one_line(&stdout, "::set-output ")?,
        (true, _) if stdout.is_empty() => stderr
            .lines()
            .find_map(|line| line.strip_prefix("::set-error "))
            .ok_or("no `::set-error` on stderr")?,
        (true, _) => return Err(format!("expected nothing on stdout, found {seen}")),
    };
    let found: Value = serde_json::from_str(line).map_err(|error| format!("{error}\n{seen}"))?;
    let is_report = found.get("dry_run").is_some() || found.get("check").is_some();
    // Any JSON is an answer, but only an incident is what the schema describes.
    let is_incident = found
        .get("json_body")
        .is_none_or(|body| body.get("incidentId").is_some());
    let is_failure = found.get("name").is_some();
    if !is_report && (is_incident || is_failure) {
        schema
            .validate(&found)
            .map_err(|error| format!("not as the output schema says: {error}\n{seen}"))?;
    }
    for words in &case.run.stderr {
        if !stderr.contains(words) {
            return Err(format!("expected `{words}` on stderr, found {seen}"));
        }
    }
    let quiet = case.run.stderr.is_empty() && !(case.run.turbine && ran.code != 0);
    if quiet && !stderr.is_empty() {
        return Err(format!("expected nothing on stderr, found {seen}"));
    }
    compare(case, &found, origin)
}

#[allow(clippy::disallowed_methods, reason = "a test's own setting")]
fn compare(case: &Case, found: &Value, origin: &str) -> Result<(), String> {
    if std::env::var_os("BLESS").is_some() {
        let text = format!("{found:#}\n").replace(origin, "{{origin}}");
        return std::fs::write(case.folder.join("stdout.json"), text).map_err(|error| error.to_string());
    }
    let expected = case.expected(origin).ok_or("there is no stdout.json")?;
    let found = found.to_string();
    if expected == found {
        Ok(())
    } else {
        Err(format!("expected {expected}\nfound    {found}"))
    }
}
