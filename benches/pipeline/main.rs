//! Reading, checking and writing without the network, again and again in one process: what `whole_call` measures once a
//! process, cold, is warm here.
//!
//! ```text
//! cargo bench --bench pipeline [-- --require-bounds]
//! ```
//!
//! `--require-bounds` measures the large documents alone, and makes a failure of one that takes too long.

mod bounds;

use std::hint::black_box;
use std::io::{self, Write};
use std::process::ExitCode;

use criterion::{BatchSize, Criterion, Throughput};
use defender_update_incident::contract::check;
use defender_update_incident::contract::document::{self, Document};
use defender_update_incident::ground::cleaned::Gate;
use defender_update_incident::ground::environment::Environment;
use defender_update_incident::http::Response;
use defender_update_incident::input;
use defender_update_incident::outcome::envelope::Applied;
use defender_update_incident::outcome::shown::{self, Outcome};
use defender_update_incident::process::framing::{Frame, Framing};
use defender_update_incident::process::report;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, file] = arguments.as_slice()
        && flag == bounds::MEASURE
    {
        return match bounds::measure(file) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                writeln!(io::stderr(), "{error}").ok();
                ExitCode::FAILURE
            }
        };
    }
    if arguments.iter().any(|argument| argument == "--require-bounds") {
        return bounds::require();
    }
    let mut criterion = Criterion::default().configure_from_args();
    validation(&mut criterion);
    pipeline(&mut criterion);
    large(&mut criterion);
    criterion.final_summary();
    ExitCode::SUCCESS
}

/// The check alone.
fn validation(c: &mut Criterion) {
    c.bench_function("validate a typical input", |b| {
        b.iter_batched(
            || document::read(INPUT.as_bytes()).and_then(Document::of),
            |document| document.map(check::check),
            BatchSize::SmallInput,
        );
    });
}

/// The input read, checked and made into values, and an answer of this size written as an envelope.
fn pipeline(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse, validate, envelope");
    for (name, bytes) in [("1 KiB", 1_024), ("20 MiB", 20 * 1_024 * 1_024)] {
        group.throughput(Throughput::Bytes(bytes as u64)).sample_size(20);
        let applied = Applied {
            answer: answer(bytes),
            recovered: None,
            writes: 1,
            differs: Vec::new(),
            redirected_to: None,
            unchanged: None,
            parts: None,
            requests: Vec::new(),
        };
        let outcome = Ok(shown::applied(applied, &Gate::default()));
        group.bench_function(name, |b| b.iter(|| call(black_box(&outcome))));
    }
    group.finish();
}

/// Documents as large as they may be: `bounds` says how long they may take.
fn large(c: &mut Criterion) {
    let mut group = c.benchmark_group("large documents");
    for (name, bytes) in [("512 KiB", bounds::SMALL), ("4 MiB", bounds::LARGE)] {
        group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10);
        for one in bounds::documents(bytes) {
            group.bench_function(format!("{}, {name}", one.what), |b| b.iter(|| one.read()));
        }
    }
    group.finish();
}

fn call(outcome: &Outcome) -> u8 {
    let input = document::read(INPUT.as_bytes())
        .and_then(Document::of)
        .map(check::check)
        .and_then(|checked| input::parse(checked, &Environment::default()));
    assert!(input.is_ok(), "the input is refused");
    report::write(
        outcome,
        &Frame::asked_for(Framing::Plain),
        &mut io::sink(),
        &mut io::sink(),
    )
}

/// An incident of about this size in JSON.
fn answer(bytes: usize) -> Response {
    let alert = r#"{"alertId":"da637292082891366787_322129023","severity":"Low","devices":[],"entities":[]}"#;
    let copies = (bytes / (alert.len() + 1)).max(1);
    let body = format!(r#"{{"incidentId":552,"alerts":[{}]}}"#, vec![alert; copies].join(","));
    Response::sample(200, &[("Content-Type", "application/json")], body.into_bytes())
}

const INPUT: &str = r#"{
    "asset": {"tenant_id": "11111111-1111-1111-1111-111111111111", "client_id": "22222222-2222-2222-2222-222222222222",
              "client_secret": "sandbox-secret-not-real"},
    "path_parameters": {"id": 552},
    "json_body": {"status": "Resolved", "classification": "TruePositive", "determination": "Malware",
                  "tags": ["reviewed"], "comment": "closed by playbook 7"}
}"#;
