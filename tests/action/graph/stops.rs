//! A signal between the two requests, or within one of them.
#![cfg(unix)]

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::run::{copies, document, sandbox};
use sandbox::{Fault, Leg, Sandbox};

/// Runs until Graph has had so many requests, sends a signal, and returns the exit code and the envelope.
fn stopped_after(sandbox: &Sandbox, requests: usize) -> (i32, Value) {
    let mut document = document(sandbox, &json!({"status": "Resolved", "comment": "closed"}));
    document["asset"]["timeout_secs"] = json!(30);
    let mut child = support::started();
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(document.to_string().as_bytes()).expect("it reads");
    drop(stdin);
    let patience = Instant::now() + Duration::from_secs(20);
    while sandbox.requests().len() < requests + 1 {
        assert!(Instant::now() < patience, "{requests} requests never came");
        thread::sleep(Duration::from_millis(5));
    }
    // A moment more for the answer.
    thread::sleep(Duration::from_millis(200));
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    let mut text = String::new();
    let mut stdout = child.stdout.take().expect("stdout is piped");
    stdout.read_to_string(&mut text).expect("stdout is UTF-8");
    assert_eq!(text.matches('\n').count(), 1, "one whole line: {text:?}");
    let code = child.wait().expect("it ends").code().unwrap_or(-1);
    (code, serde_json::from_str(&text).expect("stdout is JSON"))
}

fn stop(faults: Vec<(Leg, Fault)>, requests: usize) -> (i32, Value, usize) {
    let sandbox = sandbox();
    for (leg, fault) in faults {
        sandbox.fault(leg, fault);
    }
    let (code, out) = stopped_after(&sandbox, requests);
    let found = copies(&sandbox, "closed");
    (code, out, found)
}

fn turned_away() -> Fault {
    Fault::Status {
        code: 429,
        change: false,
        headers: vec![("Retry-After".to_owned(), "20".to_owned())],
        body: String::new(),
    }
}

#[test]
fn a_stop_before_the_comment_has_left_says_that_the_values_are_there() {
    let (code, out, found) = stop(vec![(Leg::Comment, turned_away())], 2);
    assert_eq!(
        (code, &out["update"], &out["parts"], found),
        (
            3,
            &json!("partly_applied"),
            &json!({"values": "applied", "comment": "not_applied"}),
            0
        ),
        "{out}"
    );
}

#[test]
fn a_stop_while_the_comment_is_under_way_leaves_it_unknown() {
    for (fault, copies) in [(Fault::HangAfterChange, 1), (Fault::HangBeforeChange, 0)] {
        let (code, out, found) = stop(vec![(Leg::Comment, fault)], 2);
        assert_eq!(
            (code, &out["update"], &out["parts"], found),
            (
                4,
                &json!("unknown"),
                &json!({"values": "applied", "comment": "unknown"}),
                copies
            ),
            "{out}"
        );
    }
}

#[test]
fn a_stop_while_the_values_are_under_way_leaves_the_comment_unsent() {
    let (code, out, found) = stop(vec![(Leg::Patch, Fault::HangAfterChange)], 1);
    assert_eq!(
        (code, &out["update"], &out["parts"], found),
        (
            4,
            &json!("unknown"),
            &json!({"values": "unknown", "comment": "not_applied"}),
            0
        ),
        "{out}"
    );
    let (code, out, found) = stop(vec![(Leg::Patch, turned_away())], 1);
    assert_eq!((code, &out["update"], found), (3, &json!("not_applied"), 0), "{out}");
}

#[test]
fn values_that_answer_after_the_signal_are_told_and_no_comment_follows() {
    let (code, out, found) = stop(vec![(Leg::Patch, Fault::Delay(Duration::from_secs(1)))], 1);
    assert_eq!(
        (code, &out["update"], &out["parts"], found),
        (
            3,
            &json!("partly_applied"),
            &json!({"values": "applied", "comment": "not_applied"}),
            0
        ),
        "{out}"
    );
}
