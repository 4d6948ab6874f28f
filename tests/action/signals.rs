//! A runner that cancels, a container that stops: one envelope comes out, whole, and says what became of the update.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};
use support::guarantee::asset;

struct Running {
    child: Child,
    sandbox: Sandbox,
}

fn start(faults: Vec<(Leg, Fault)>) -> Running {
    let sandbox = Sandbox::start(Settings::default());
    for (leg, fault) in faults {
        sandbox.fault(leg, fault);
    }
    let mut asset = asset(&sandbox);
    asset["retry_wait_secs"] = json!(60);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"comment": "closed"}});
    let child = spawn_with(&input);
    Running { child, sandbox }
}

fn spawn_with(input: &Value) -> Child {
    let mut child = spawn();
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(input.to_string().as_bytes()).expect("it reads");
    child
}

fn spawn() -> Child {
    support::started()
}

impl Running {
    /// Waits for so many requests to have arrived, then a moment more for their answers.
    fn after_requests(self, count: usize) -> Self {
        let patience = Instant::now() + Duration::from_secs(20);
        while self.sandbox.requests().len() < count {
            assert!(Instant::now() < patience, "{count} requests never came");
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(200));
        self
    }

    fn stop(self, signal: Signal) -> (i32, Value, usize, Duration) {
        let Self { mut child, sandbox } = self;
        let started = Instant::now();
        let (code, out) = stop(&mut child, signal);
        let incident = sandbox.incident(552).expect("the incident is there");
        let copies = incident["comments"].as_array().map_or(0, Vec::len);
        (code, out, copies, started.elapsed())
    }
}

fn stop(child: &mut Child, signal: Signal) -> (i32, Value) {
    let pid = Pid::from_child(child);
    kill_process(pid, signal).expect("it runs");
    let (code, text) = support::ended(child);
    assert_eq!(text.matches('\n').count(), 1, "one whole line: {text:?}");
    (code.unwrap_or(-1), serde_json::from_str(&text).expect("stdout is JSON"))
}

#[test]
fn before_the_write_nothing_was_applied() {
    let run = start(vec![(Leg::Token, Fault::HangBeforeChange)]).after_requests(1);
    let (code, out, copies, took) = run.stop(Signal::TERM);
    assert_eq!(
        (code, &out["name"], &out["update"], copies),
        (3, &json!("Cancelled"), &json!("not_applied"), 0)
    );
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[test]
fn while_stdin_is_open_nothing_was_applied() {
    let mut child = spawn();
    let stdin = child.stdin.take();
    thread::sleep(Duration::from_millis(500));
    let (code, out) = stop(&mut child, Signal::INT);
    assert_eq!((code, &out["update"]), (3, &json!("not_applied")));
    drop(stdin);
}

#[test]
fn a_write_in_flight_gets_time_to_answer() {
    let run = start(vec![(Leg::Patch, Fault::Delay(Duration::from_secs(2)))]).after_requests(2);
    let (code, out, copies, _) = run.stop(Signal::TERM);
    assert_eq!((code, &out["status_code"], copies), (0, &json!(200), 1));
}

#[test]
fn a_run_that_is_held_while_it_stops_goes_on() {
    let mut run = start(vec![(Leg::Patch, Fault::Delay(Duration::from_secs(2)))]).after_requests(2);
    let pid = Pid::from_child(&run.child);
    for signal in [Signal::TERM, Signal::STOP, Signal::CONT] {
        kill_process(pid, signal).expect("it runs");
        thread::sleep(Duration::from_millis(200));
    }
    let mut text = String::new();
    let mut stdout = run.child.stdout.take().expect("stdout is piped");
    stdout.read_to_string(&mut text).expect("stdout is UTF-8");
    assert_eq!(run.child.wait().expect("it ends").code(), Some(0), "{text}");
    assert_eq!(text.matches('\n').count(), 1, "{text:?}");
}

/// A gateway may say 503 after the service has done its work.
#[test]
fn a_comment_that_was_turned_away_may_be_there_all_the_same() {
    for change in [true, false] {
        let turned_away = Fault::Status {
            code: 503,
            change,
            headers: vec![("Retry-After".to_owned(), "20".to_owned())],
            body: String::new(),
        };
        let run = start(vec![(Leg::Patch, turned_away)]).after_requests(2);
        let (code, out, copies, _) = run.stop(Signal::TERM);
        assert_eq!(
            (code, &out["update"], copies),
            (4, &json!("unknown"), usize::from(change)),
            "{out}"
        );
    }
}

#[test]
fn a_reader_that_does_not_read_keeps_nobody_from_ending_it() {
    let sandbox = Sandbox::start(Settings::default());
    sandbox.put_incident(sandbox::big_incident(552, 4_000_000));
    let input = json!({"asset": asset(&sandbox), "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
    let child = spawn_with(&input);
    let mut run = Running { child, sandbox }.after_requests(2);
    // The first byte of the line: the outcome is known, and the rest waits for a reader.
    let mut stdout = run.child.stdout.take().expect("stdout is piped");
    stdout.read_exact(&mut [0]).expect("it writes");
    let pid = Pid::from_child(&run.child);
    kill_process(pid, Signal::TERM).expect("it runs");
    thread::sleep(Duration::from_millis(200));
    assert_eq!(
        run.child.try_wait().expect("it can be asked"),
        None,
        "one signal leaves the line whole"
    );
    kill_process(pid, Signal::TERM).expect("it runs");
    let patience = Instant::now() + Duration::from_secs(10);
    let ended = loop {
        if let Some(status) = run.child.try_wait().expect("it can be asked") {
            break status;
        }
        assert!(Instant::now() < patience, "nothing ends it");
        thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(ended.signal(), Some(Signal::TERM.as_raw()), "{ended}");
}

#[test]
fn a_file_that_never_ends_keeps_to_the_time_limit() {
    let pipe = std::env::temp_dir().join(format!("defender-update-incident-pipe-{}", std::process::id()));
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo is there")
            .success()
    );
    let sandbox = Sandbox::start(Settings::default());
    let mut asset = asset(&sandbox);
    asset["client_secret"] = json!(null);
    asset["client_secret_file"] = json!(pipe);
    asset["timeout_secs"] = json!(1);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
    let started = Instant::now();
    let child = spawn_with(&input);
    let output = child.wait_with_output().expect("it ends");
    std::fs::remove_file(&pipe).ok();
    let out: Value = serde_json::from_slice(&output.stdout).expect("stdout is JSON");
    assert_eq!(
        (output.status.code(), &out["name"]),
        (Some(3), &json!("TimedOut")),
        "{out}"
    );
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_write_that_does_not_answer_is_unknown() {
    for (fault, copies) in [(Fault::HangAfterChange, 1), (Fault::HangBeforeChange, 0)] {
        let run = start(vec![(Leg::Patch, fault)]).after_requests(2);
        let (code, out, found, took) = run.stop(Signal::TERM);
        assert_eq!(
            (code, &out["name"], &out["update"], found),
            (4, &json!("Cancelled"), &json!("unknown"), copies)
        );
        assert!((5..9).contains(&took.as_secs()), "{took:?}");
    }
}

#[test]
fn a_wait_ends_at_once_and_nothing_new_starts() {
    let throttled = Fault::Status {
        code: 429,
        change: false,
        headers: Vec::new(),
        body: String::new(),
    };
    let run = start(vec![(Leg::Patch, throttled.clone()), (Leg::Patch, throttled)]).after_requests(2);
    let requests = run.sandbox.requests().len();
    let (code, out, copies, took) = run.stop(Signal::TERM);
    // The first wait may be short by chance, and then the second attempt was turned away as well.
    assert!((2..=3).contains(&requests));
    assert_eq!((code, &out["update"], copies), (3, &json!("not_applied"), 0));
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[test]
fn a_reader_who_went_away_is_no_fault_of_ours() {
    let Running { mut child, sandbox } = start(Vec::new());
    drop(child.stdout.take());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(0), "applied, whoever reads it");
    assert_eq!(sandbox.requests().len(), 2);
}
