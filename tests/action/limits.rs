//! Answers that are meant to exhaust: each ends within the time limit, in little memory, and in a clear error.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::thread;
use std::time::{Duration, Instant};

use sandbox::{Coding, Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};
use support::guarantee::asset;

struct Ran {
    code: i32,
    out: Value,
    bytes: usize,
    peak_bytes: usize,
    took: Duration,
}

/// Runs the binary against a sandbox that always fails in one way.
fn run_against(fault: &Fault, timeout_secs: f64) -> Ran {
    let sandbox = Sandbox::start(Settings {
        hang_limit: Duration::from_secs(20),
        ..Settings::default()
    });
    for _ in 0..200 {
        sandbox.fault(Leg::Patch, fault.clone());
        sandbox.fault(Leg::Get, fault.clone());
    }
    let mut asset = asset(&sandbox);
    asset["timeout_secs"] = json!(timeout_secs);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"comment": "closed"}}).to_string();
    run(&input)
}

/// Runs the binary and watches its memory. The kernel's own figure at the end would not do: it counts what the process
/// that started it had in memory at that moment.
fn run(input: &str) -> Ran {
    let started = Instant::now();
    let child = support::started();
    let status = format!("/proc/{}/status", child.id());
    let watching = thread::spawn(move || {
        let mut peak = 0;
        // The file, or the line in it, is gone once the process is.
        while let Some(bytes) = std::fs::read_to_string(&status).ok().as_deref().and_then(peak_memory) {
            peak = peak.max(bytes);
            thread::sleep(Duration::from_millis(1));
        }
        peak
    });
    let (code, text) = support::fed(child, input);
    let peak_bytes = watching.join().expect("the watch ends");
    assert!(peak_bytes > 0, "the memory could not be watched");
    let out = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    Ran {
        code: code.unwrap_or(-1),
        out,
        bytes: text.len(),
        peak_bytes,
        took: started.elapsed(),
    }
}

fn peak_memory(status: &str) -> Option<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

fn assert_clear_error(what: &str, fault: &Fault, words: &str, limit_secs: f64) {
    let ran = run_against(fault, limit_secs);
    let message = ran.out["message"].as_str().unwrap_or_default();
    assert_eq!(ran.code, 4, "{what}: {}", ran.out);
    assert!(message.contains(words), "{what}: expected `{words}` in `{message}`");
    assert!(
        ran.peak_bytes < 64 * 1024 * 1024,
        "{what}: {} bytes of memory",
        ran.peak_bytes
    );
    // The limit, the second that is promised, and time for a busy machine to start a process.
    assert!(
        ran.took < Duration::from_secs_f64(limit_secs + 1.0 + 3.0),
        "{what}: took {:?}",
        ran.took
    );
}

#[test]
fn bombs_end_in_a_clear_error_and_little_memory() {
    for coding in [Coding::Gzip, Coding::DeflateZlib, Coding::DeflateRaw] {
        // A thousand times its size on the wire.
        let fault = Fault::Bomb {
            coding,
            decoded_bytes: 256 * 1024 * 1024,
        };
        assert_clear_error(&format!("{coding:?}"), &fault, "larger than 33554432 bytes", 20.0);
    }
}

#[test]
fn an_endless_body_ends_in_a_clear_error() {
    assert_clear_error("endless body", &Fault::EndlessBody, "could not be read", 3.0);
}

#[test]
fn heads_without_measure_end_in_a_clear_error() {
    // Time enough to come to their measure, on a slow machine too; the last has none but the time.
    for (what, fault, words, limit_secs) in [
        (
            "a field of 100 KiB",
            Fault::BigHeader(100 * 1024),
            "head of the answer",
            10.0,
        ),
        ("10,000 fields", Fault::ManyHeaders(10_000), "head of the answer", 10.0),
        ("endless fields", Fault::EndlessHeaders, "head of the answer", 10.0),
        ("endless interim answers", Fault::Endless100, "no answer came", 2.0),
    ] {
        assert_clear_error(what, &fault, words, limit_secs);
    }
}

#[test]
fn a_large_incident_passes_in_little_memory() {
    let size = 20 * 1024 * 1024;
    let sandbox = Sandbox::start(Settings::default());
    sandbox.put_incident(sandbox::big_incident(552, size));
    let mut asset = asset(&sandbox);
    asset["timeout_secs"] = json!(60);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"comment": "closed"}}).to_string();
    let ran = run(&input);
    assert_eq!(Some(&ran.out["json_body"]), sandbox.incident(552).as_ref());
    let bound = 2 * ran.bytes + 16 * 1024 * 1024;
    assert!(
        ran.peak_bytes < bound,
        "{} bytes of memory for {} bytes of answer",
        ran.peak_bytes,
        ran.bytes
    );
}
