//! A write that survives the death of its process: a run is killed at any moment and the same document is run again until it
//! ends. With `once` the incident then holds the comment once; without it the same test finds comments that stand there twice.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a run that cannot be made ends its test; a test's own settings"
)]

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sandbox::{Api, Fault, Late, Leg, Sandbox, Settings, seed_incident};
use serde_json::{Value, json};
use support::guarantee::{COMMENT, asset_of};

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Kill {
    /// So long after its start; at once is before it has connected to anything.
    After(Duration),
    /// As soon as it has connected, and asks for a token.
    AtConnection,
    /// As soon as the sandbox has seen so many requests.
    AtRequest(usize),
    /// So long after the incident holds the comment: at once, or when a part of the answer is out.
    AtChange(Duration),
}

#[derive(Debug, Default)]
struct Count {
    kills: usize,
    doubled: usize,
    lost: usize,
    lied: usize,
    wrong: Vec<String>,
}

#[test]
fn after_any_kill_the_same_document_with_once_leaves_the_comment_there_once() {
    let count = run_all(KILLS, true);
    print(&count, "kills with `once`");
    assert_kept(&count, 500);
}

#[test]
fn without_once_the_same_kills_double_comments() {
    let count = run_all(60, false);
    print(&count, "kills without `once`");
    assert!(count.doubled > 0, "the test cannot tell");
}

#[test]
#[ignore = "takes some minutes: cargo test --test guarantee kills::soak -- --ignored"]
fn soak() {
    let count = run_all(6_000, true);
    print(&count, "soak of kills with `once`");
    assert_kept(&count, 5_000);
}

/// Of at least so many kills none doubled or lost a comment, or ended in a lie.
#[track_caller]
fn assert_kept(count: &Count, least: usize) {
    assert!(count.kills >= least, "{} kills", count.kills);
    assert_eq!(
        (count.doubled, count.lost, count.lied),
        (0, 0, 0),
        "{}",
        count.wrong.join("\n")
    );
}

fn print(count: &Count, what: &str) {
    let mut err = std::io::stderr().lock();
    writeln!(
        err,
        "{what}: kills {}, doubled {}, lost {}, lied {}",
        count.kills, count.doubled, count.lost, count.lied
    )
    .expect("stderr takes a line");
}

fn run_all(kills: usize, once: bool) -> Count {
    let next = AtomicUsize::new(0);
    let count = Mutex::new(Count::default());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= kills {
                        break;
                    }
                    one(number, once, &count);
                }
            });
        }
    });
    count.into_inner().expect("no thread panicked")
}

/// One document, one killed run, and then runs to the end: at most five.
fn one(number: usize, once: bool, count: &Mutex<Count>) {
    let sandbox = Sandbox::start(Settings {
        answer_delay: Duration::from_millis(15),
        ..Settings::default()
    });
    let mut incident = seed_incident();
    incident["status"] = json!("Active");
    sandbox.put_incident(incident);
    // Every fourth through the API that has two requests, whose values and comment meet faults in turns.
    let api = if number / 8 % 4 == 3 { Api::Graph } else { Api::Defender };
    if let Some(fault) = fault(number) {
        let leg = match api {
            Api::Graph if number.is_multiple_of(2) => Leg::Comment,
            _ => Leg::Patch,
        };
        sandbox.fault(leg, fault);
    }
    let mut input = document(&sandbox, api, once);
    let tokens = std::env::temp_dir().join(format!(
        "defender-update-incident-kills-{}-{once}-{number}",
        std::process::id()
    ));
    if (number / 2).is_multiple_of(2) {
        // The machine's files outlive the run, a token that it has kept among them.
        input["asset"]["token_cache_dir"] = json!(tokens);
    }
    let kill = kill(number);
    let was_killed = killed(&input, kill, &sandbox);
    // A write of the dead run may still be on its way: every back-off waits for it.
    thread::sleep(SETTLE);
    let mut last = None;
    for _ in 0..5 {
        let ran = support::guarantee::run(&input);
        let done = ran.code == 0;
        last = Some(ran);
        if done {
            break;
        }
        thread::sleep(SETTLE);
    }
    std::fs::remove_dir_all(&tokens).ok();
    let last = last.expect("it was run");
    let incident = sandbox.incident(552).expect("it is there");
    let copies = incident["comments"].as_array().map_or(0, |comments| {
        comments.iter().filter(|found| found["comment"] == COMMENT).count()
    });
    let is_set = incident["status"] == "Resolved";
    let mut count = count.lock().expect("no thread panicked");
    count.kills += usize::from(was_killed);
    count.doubled += usize::from(copies > 1);
    count.lost += usize::from(copies == 0 || !is_set);
    let told = last.out["json_body"]["comments"].as_array();
    let told = told.into_iter().flatten().filter(|found| found["comment"] == COMMENT);
    // What is unchanged was not written, and what was written is not unchanged.
    let unchanged = last.out["unchanged"] == true;
    let lied = last.code != 0
        || last.out["json_body"]["status"] != "Resolved"
        || told.count() != copies
        || unchanged != (last.out["writes"] == 0);
    count.lied += usize::from(lied);
    if copies != 1 || !is_set || lied {
        let line = format!("{number} {kill:?}: {copies} copies, exit {}, {}", last.code, last.text);
        count.wrong.push(line);
    }
}

/// Moments that the sandbox can see, and any others in between.
fn kill(number: usize) -> Kill {
    match number % 8 {
        0 => Kill::After(Duration::ZERO),
        1 => Kill::AtConnection,
        2 => Kill::AtRequest(1),
        3 => Kill::AtRequest(2),
        4 => Kill::AtRequest(3),
        5 => Kill::AtChange(Duration::ZERO),
        6 => Kill::AtChange(Duration::from_millis(20)),
        _ => Kill::After(Duration::from_micros((number as u64 * 7_919) % 120_000)),
    }
}

/// What else happens to the write of the run that is killed.
fn fault(number: usize) -> Option<Fault> {
    // Anything up to the time that a back-off leaves.
    let late = SETTLE * (number / 9 % 10) as u32 / 10;
    match number % 9 {
        1 => Some(Fault::CloseAfterChange),
        2 => Some(Fault::CutAnswer { at: 120 }),
        3 => Some(Fault::LateVisible {
            after: late,
            answer: Late::Usual,
        }),
        4 => Some(Fault::ResetAfterRead),
        5 => Some(Fault::HangAfterChange),
        // The write of the run that is dead by then arrives late.
        6 => Some(Fault::Delay(late)),
        // The body is cut, or its head is still on its way.
        7 => Some(Fault::CutAnswer { at: 700 }),
        8 => Some(Fault::DripAnswer {
            every: Duration::from_millis(1),
        }),
        _ => None,
    }
}

fn killed(input: &Value, kill: Kill, sandbox: &Sandbox) -> bool {
    let mut child = start(input);
    let started = Instant::now();
    let patience = Duration::from_secs(3);
    loop {
        let now = match kill {
            Kill::After(moment) => started.elapsed() >= moment,
            Kill::AtConnection => sandbox.connections() > 0,
            Kill::AtRequest(number) => sandbox.requests().len() >= number,
            Kill::AtChange(_) => sandbox.incident(552).is_some_and(|incident| {
                incident["comments"]
                    .as_array()
                    .is_some_and(|comments| !comments.is_empty())
            }),
        };
        if let (true, Kill::AtChange(later)) = (now, kill) {
            thread::sleep(later);
        }
        if now || started.elapsed() > patience {
            break;
        }
        if child.try_wait().expect("it can be asked").is_some() {
            return false;
        }
        thread::sleep(Duration::from_micros(300));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    true
}

fn start(input: &Value) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_defender-update-incident"))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(input.to_string().as_bytes()).expect("it reads");
    child
}

fn document(sandbox: &Sandbox, api: Api, once: bool) -> Value {
    let mut asset = asset_of(sandbox, api);
    asset["timeout_secs"] = json!(6);
    asset["settle_secs"] = json!(SETTLE.as_secs_f64());
    let mut document = json!({
        "asset": asset,
        "path_parameters": {"id": 552},
        "only_if": {"status": "Active"},
        "json_body": {"status": "Resolved", "comment": COMMENT},
    });
    if once {
        document["once"] = json!(true);
    } else {
        document.as_object_mut().expect("it is an object").remove("only_if");
    }
    document
}

/// Some runs end before they are killed.
const KILLS: usize = 560;

const AT_A_TIME: usize = 16;

const SETTLE: Duration = Duration::from_millis(200);
