//! Reading, checking and writing without the network, again and again in one process: what `whole_call` measures once a
//! process, cold, is warm here.

use std::hint::black_box;
use std::io;

use criterion::{BatchSize, Criterion, Throughput};
use defender_update_incident::contract::check;
use defender_update_incident::contract::document::{self, Document};
use defender_update_incident::ground::environment::Environment;
use defender_update_incident::http::Response;
use defender_update_incident::input;
use defender_update_incident::outcome::envelope::{Applied, Envelope};
use defender_update_incident::outcome::error::Error;
use defender_update_incident::process::framing::{Frame, Framing};
use defender_update_incident::process::report;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    validation(&mut criterion);
    pipeline(&mut criterion);
    hostile(&mut criterion);
    criterion.final_summary();
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
        let outcome = Ok(Envelope::Applied(Applied {
            answer: answer(bytes),
            recovered: None,
            writes: 1,
            differs: Vec::new(),
            redirected_to: None,
            unchanged: None,
            parts: None,
            requests: Vec::new(),
        }));
        group.bench_function(name, |b| b.iter(|| call(black_box(&outcome))));
    }
    group.finish();
}

/// Documents in which as much is wrong as fits. The time has to grow with the size and no faster: 4 MiB take at most 8.5 times
/// what 512 KiB take, and at most 100 ms.
fn hostile(c: &mut Criterion) {
    let mut group = c.benchmark_group("refuse");
    for (name, bytes) in [("512 KiB", 512 * 1_024), ("4 MiB", 4 * 1_024 * 1_024)] {
        group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10);
        for (what, text) in wrong(bytes - 1_024) {
            group.bench_function(format!("{what}, {name}"), |b| b.iter(|| refuse(black_box(&text))));
        }
    }
    group.finish();
}

/// Each is about so long.
fn wrong(bytes: usize) -> [(&'static str, String); 6] {
    let list = |one: &str| vec![one; bytes / (one.len() + 1)].join(",");
    let keys: Vec<String> = (0..bytes / 13).map(|key| format!("\"k{key:07}\":1")).collect();
    let keys = keys.join(",");
    let begin = r#"{"asset": {"access_token": "eyJ-not-real"}, "path_parameters": {"id": 552}"#;
    let half = "0,".repeat(bytes / 4);
    [
        ("unknown keys", format!("{begin}, {keys}}}")),
        (
            "unknown keys of the body",
            format!("{begin}, \"json_body\": {{{keys}}}}}"),
        ),
        (
            "numbers for tags",
            format!("{begin}, \"json_body\": {{\"tags\": [{}]}}}}", list("1")),
        ),
        (
            "words of no list",
            format!("{begin}, \"only_if\": {{\"status\": [{}]}}}}", list("\"actives\"")),
        ),
        ("one key twice and twice", format!("{begin}, {}}}", list("\"a\":1"))),
        (
            "a long key before zeros",
            format!("{begin}, \"{}\": [{half}0]}}", "k".repeat(bytes / 2)),
        ),
    ]
}

fn refuse(text: &str) {
    let refused = document::read(text.as_bytes())
        .and_then(Document::of)
        .map(check::check)
        .and_then(|checked| input::parse(checked, &Environment::default()));
    assert!(matches!(refused, Err(Error::Input(_))), "it is refused for its content");
}

fn call(outcome: &Result<Envelope, Error>) -> u8 {
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
