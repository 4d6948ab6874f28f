//! The engines that `deploy/` has something for, by their own published code: Temporal's server and workers, GitHub
//! Actions' steps by `act`, and Airflow.
//!
//! `.ci/platform-tools` installs them into `target/platforms`; without them the tests say SKIPPED.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

mod engines;
mod sandbox;

use std::io::Write;
use std::time::{Duration, Instant};

use engines::airflow::Airflow;
use engines::temporal::{Engine, Queue};
use engines::{asset, children, copies, put_incidents, runs, terminate, text, until, updates};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};

fn refusal(code: u16) -> Fault {
    Fault::Status {
        code,
        change: false,
        headers: Vec::new(),
        body: String::new(),
    }
}

/// A refusal that asks for a wait of so many seconds.
fn too_many(wait: &str) -> Fault {
    Fault::Status {
        code: 429,
        change: false,
        headers: vec![("Retry-After".to_owned(), wait.to_owned())],
        body: String::new(),
    }
}

/// `once` is left to the wrapper, or said to be unwanted.
fn document(id: u64, comment: &str, once: bool) -> Value {
    let mut document = json!({"path_parameters": {"id": id}, "json_body": {"status": "Resolved", "comment": comment}});
    if !once {
        document["once"] = json!(false);
    }
    document
}

#[test]
fn temporal_updates_and_says_what_failed() {
    let Some(engine) = Engine::start("temporal-one") else {
        return;
    };
    let sandbox = Sandbox::start(Settings::default());
    put_incidents(&sandbox, 5);
    let queue = Queue {
        name: "one",
        at_once: 2,
        per_minute: 6_000,
        asset: asset(&sandbox),
    };
    let _worker = engine.worker(&queue);

    let output = engine.update("one", "applied", &document(1, "by the engine", true));
    assert!(output.status.success(), "{}{}", text(&output), engine.log());
    let result: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!(
        (&result["incident"], &result["status"]),
        (&json!(1), &json!("Resolved"))
    );
    assert_eq!(copies(&sandbox, 1, "by the engine"), 1);

    let mut refused = document(2, "never", true);
    refused["json_body"]["status"] = json!("resolved");
    let output = engine.update("one", "refused", &refused);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("did you mean `Resolved`?"), "{}", text(&output));
    assert!(text(&output).contains(r#""exit_code": 2"#), "{}", text(&output));

    // The exit code stands, however often: an interpreter that is torn down with the client's threads in it crashes now and then.
    for again in 0..10 {
        let output = engine.update("one", &format!("refused-{again}"), &refused);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    }

    sandbox.fault(Leg::Patch, refusal(403));
    let output = engine.update("one", "forbidden", &document(3, "never", true));
    assert!(
        text(&output).contains("Forbidden") && text(&output).contains("Incident.ReadWrite.All"),
        "{}",
        text(&output)
    );
    assert_eq!(copies(&sandbox, 3, "never"), 0);

    // What is stored, and what is logged, holds no secret.
    let secret = &sandbox.settings().client_secret;
    for id in ["applied", "refused", "forbidden"] {
        assert!(!engine.history(id).to_string().contains(secret), "{id}");
    }
    assert!(!engine.log().contains(secret));
}

#[test]
fn temporal_tells_that_the_outcome_is_unknown_where_nothing_may_be_repeated() {
    let Some(engine) = Engine::start("temporal-unknown") else {
        return;
    };
    let sandbox = Sandbox::start(Settings::default());
    put_incidents(&sandbox, 1);
    let mut asset = asset(&sandbox);
    asset["timeout_secs"] = json!(3);
    let queue = Queue {
        name: "unknown",
        at_once: 1,
        per_minute: 6_000,
        asset,
    };
    let _worker = engine.worker(&queue);
    sandbox.fault(Leg::Patch, Fault::CloseAfterChange);
    sandbox.fault(Leg::Get, refusal(403));
    let output = engine.update("unknown", "unknown", &document(1, "closed", false));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains(r#""update": "unknown""#), "{}", text(&output));
    assert_eq!(updates(&sandbox), 1, "not repeated");
}

#[test]
fn a_worker_that_is_asked_to_end_lets_its_write_answer() {
    let Some(engine) = Engine::start("temporal-term") else {
        return;
    };
    let sandbox = Sandbox::start(Settings::default());
    put_incidents(&sandbox, 1);
    let queue = Queue {
        name: "term",
        at_once: 1,
        per_minute: 6_000,
        asset: asset(&sandbox),
    };
    let mut worker = engine.worker(&queue);
    // An answer that takes about 2 s to come.
    sandbox.fault(Leg::Patch, Fault::DripAnswer { every: SLOW });
    let fleet = engine.outcomes("term", &[document(1, "closed", true)]);
    until("the write is under way", Duration::from_secs(60), || {
        updates(&sandbox) == 1
    });
    terminate(&worker);
    assert!(worker.0.wait().expect("it was started").success());
    // The engine has the outcome, but needs a worker to take note of it.
    let _other = engine.worker(&queue);
    assert_eq!(fleet.ended(Duration::from_secs(120)), ["applied"], "{}", engine.log());
    assert_eq!((updates(&sandbox), copies(&sandbox, 1, "closed")), (1, 1));
}

#[test]
fn a_github_workflow_updates_and_says_what_failed() {
    let sandbox = Sandbox::start(Settings::default());
    // A comment that would be run if it stood in a script.
    let comment = "closed by $(id) `id` ${{ github.actor }} '\" && exit 7 #";
    let changes = json!({"status": "Resolved", "comment": comment});
    let Some(output) = engines::act::workflow(&sandbox, "552", &changes, &json!({})) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(copies(&sandbox, 552, comment), 1, "{}", text(&output));

    for (id, changes, fault, words, sent) in [
        (
            "552",
            json!({"status": "resolved"}),
            None,
            "did you mean `Resolved`?",
            0,
        ),
        ("552; exit 9", json!({"status": "Resolved"}), None, "InvalidInput", 0),
        (
            "552",
            json!({"status": "Active"}),
            Some(refusal(403)),
            "Incident.ReadWrite.All",
            1,
        ),
    ] {
        // Under load act ends before it has read a step's last line: then it is asked once more.
        let (output, updated) = (0..5)
            .map(|_| {
                let before = updates(&sandbox);
                if let Some(fault) = &fault {
                    sandbox.fault(Leg::Patch, fault.clone());
                }
                let output = engines::act::workflow(&sandbox, id, &changes, &json!({})).expect("it ran before");
                (output, updates(&sandbox) - before)
            })
            .find(|(output, _)| text(output).contains("::error::"))
            .expect("the workflow's error is shown");
        assert!(!output.status.success());
        assert!(text(&output).contains(words), "{}", text(&output));
        assert_eq!(updated, sent, "{}", text(&output));
        assert!(!text(&output).contains(&sandbox.settings().client_secret));
    }
}

/// A job that is over its time is killed, and a later step then has nothing to go by.
#[test]
fn a_github_workflow_gives_its_outputs_within_the_jobs_time() {
    let job = &engines::act::file()["jobs"]["update"];
    let minutes = |value: &Value| value.as_u64().expect("a number");
    let (update, job) = (
        minutes(&job["steps"][0]["env"]["MINUTES"]),
        minutes(&job["timeout-minutes"]),
    );
    assert!(update + 2 <= job, "{update} of {job} leave nothing for the other steps");

    if engines::act::program().is_none() {
        return;
    }
    let changes = json!({"status": "Resolved"});
    // Longer than the asset's time, so that the run itself does not wait.
    let short = json!({"timeout_secs": 4});
    let no_time_left = (update * 60).to_string();
    for (wait, tries, outputs) in [
        (
            None,
            1,
            json!({"exit_code": "0", "update": "applied", "status": "Resolved"}),
        ),
        (
            Some("5"),
            3,
            json!({"exit_code": "3", "update": "not_applied", "status": ""}),
        ),
        (
            Some(no_time_left.as_str()),
            1,
            json!({"exit_code": "3", "update": "not_applied", "status": ""}),
        ),
    ] {
        let ended = (0..5).find_map(|_| {
            let sandbox = Sandbox::start(Settings::default());
            for wait in wait.iter().cycle().take(tries) {
                sandbox.fault(Leg::Patch, too_many(wait));
            }
            let output = engines::act::workflow(&sandbox, "552", &changes, &short)?;
            let shown = engines::act::outputs(&output)?;
            Some((output, shown, updates(&sandbox)))
        });
        let (output, shown, updated) = ended.expect("the outputs are shown");
        assert_eq!((&shown, updated), (&outputs, tries), "{}", text(&output));
        assert_eq!(output.status.success(), wait.is_none(), "{}", text(&output));
        assert_eq!(
            text(&output).contains("TooManyRequests"),
            wait.is_some(),
            "{}",
            text(&output)
        );
    }
}

#[test]
fn airflow_updates_a_list_and_repeats_what_was_not_applied_alone() {
    let sandbox = Sandbox::start(Settings::default());
    put_incidents(&sandbox, 4);
    let Some(airflow) = Airflow::start(&sandbox) else {
        return;
    };
    let output = airflow.update(&[document(1, "by the DAG", true), document(2, "by the DAG", true)]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(
        (copies(&sandbox, 1, "by the DAG"), copies(&sandbox, 2, "by the DAG")),
        (1, 1)
    );
    assert_eq!(updates(&sandbox), 2);

    // Refused: one write, and no second.
    let mut refused = document(3, "never", true);
    refused["json_body"]["status"] = json!("resolved");
    let output = airflow.update(&[refused]);
    assert!(text(&output).contains("did you mean `Resolved`?"), "{}", text(&output));
    assert_eq!(updates(&sandbox), 2);
    sandbox.fault(Leg::Patch, refusal(403));
    let output = airflow.update(&[document(3, "never", true)]);
    assert!(text(&output).contains("Forbidden"), "{}", text(&output));
    assert_eq!(updates(&sandbox), 3, "{}", text(&output));
    assert_eq!(copies(&sandbox, 3, "never"), 0);
    assert!(!text(&output).contains(&sandbox.settings().client_secret));

    // Not applied, as the wait is longer than a run has: Airflow runs the task again.
    sandbox.fault(Leg::Patch, too_many("600"));
    let output = airflow.update(&[document(4, "by the second try", true)]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(
        (updates(&sandbox), copies(&sandbox, 4, "by the second try")),
        (5, 1),
        "{}",
        text(&output)
    );
}

#[test]
fn a_fleet_whose_workers_are_killed_applies_each_update_once() {
    applies_each_once("temporal-once", FLEET);
}

#[test]
#[ignore = "takes minutes: run it by name before a release"]
fn soak_a_fleet_of_a_thousand() {
    applies_each_once("temporal-soak", 1_000);
}

fn applies_each_once(name: &str, count: u64) {
    let Some(fleet) = run_fleet(name, count, true) else {
        return;
    };
    assert!(fleet.failures.is_empty(), "{:?}", fleet.failures);
    assert_eq!((fleet.doubled, fleet.false_successes), (0, 0));
}

/// It shows that the test above can fail.
#[test]
fn without_once_such_a_fleet_doubles_comments() {
    let Some(fleet) = run_fleet("temporal-not-once", 60, false) else {
        return;
    };
    assert!(fleet.doubled > 0, "every comment stands there once at most");
}

/// What came of many updates.
struct Ended {
    failures: Vec<String>,
    doubled: usize,
    false_successes: usize,
}

/// So many updates over four workers, two of which are killed with writes under way and then replaced; answers are lost at random.
fn run_fleet(name: &str, count: u64, once: bool) -> Option<Ended> {
    let engine = Engine::start(name)?;
    // So a kill meets writes that are applied and not answered.
    let sandbox = Sandbox::start(Settings {
        answer_delay: Duration::from_secs(1),
        ..Settings::default()
    });
    put_incidents(&sandbox, count);
    lose_answers(&sandbox, count);
    let mut asset = asset(&sandbox);
    asset["timeout_secs"] = json!(10);
    asset["settle_secs"] = json!(1);
    asset["token_cache_dir"] = json!(engine.folder.0.join("tokens"));
    let queue = Queue {
        name,
        at_once: 4,
        per_minute: 60_000,
        asset,
    };
    let mut workers: Vec<_> = (0..4).map(|_| engine.worker(&queue)).collect();
    let documents: Vec<_> = (1..=count).map(|id| document(id, &comment(id), once)).collect();
    let started = Instant::now();
    let fleet = engine.outcomes(name, &documents);
    for killed in 1..=2 {
        let writes = updates(&sandbox) + 10;
        until("a worker writes", Duration::from_secs(120), || {
            updates(&sandbox) >= writes && children(workers[0].0.id()).len() > 2
        });
        let orphans = children(workers[0].0.id());
        drop(workers.remove(0));
        until("what it started is dead too", Duration::from_secs(2), || {
            !orphans.iter().any(|pid| runs(*pid))
        });
        workers.push(engine.worker(&queue));
        writeln!(
            std::io::stderr(),
            "{name}: kill {killed} took {} runs with it",
            orphans.len()
        )
        .expect("a line");
    }
    // Ten attempts of one update with the waits between them, and a slow machine.
    let outcomes = fleet.ended(Duration::from_secs(600 + 2 * count));
    let seconds = started.elapsed().as_secs_f32();
    let copies: Vec<_> = (1..=count).map(|id| copies(&sandbox, id, &comment(id))).collect();
    let told = |outcome: &str| outcome == "applied";
    let ended = Ended {
        failures: outcomes.iter().filter(|outcome| !told(outcome)).cloned().collect(),
        doubled: copies.iter().filter(|copies| **copies > 1).count(),
        false_successes: outcomes
            .iter()
            .zip(&copies)
            .filter(|(outcome, copies)| told(outcome) && **copies == 0)
            .count(),
    };
    writeln!(
        std::io::stderr(),
        "{name}: updates {count}, applied {}, failed {}, comments twice {}, successes without their comment {}, writes {}, {seconds:.0} s",
        outcomes.len() - ended.failures.len(),
        ended.failures.len(),
        ended.doubled,
        ended.false_successes,
        updates(&sandbox)
    )
    .expect("a line");
    Some(ended)
}

fn comment(id: u64) -> String {
    format!("closed by playbook run {id}")
}

/// Four in ten answers are lost, after the change or before it.
fn lose_answers(sandbox: &Sandbox, count: u64) {
    let mut random = StdRng::seed_from_u64(17);
    for _ in 0..count * 2 {
        sandbox.fault(
            Leg::Patch,
            match random.gen_range(0..10) {
                0 => Fault::CloseAfterChange,
                1 => Fault::ResetAfterChange,
                2 => Fault::CutAnswer { at: 20 },
                3 => Fault::ResetAfterRead,
                _ => Fault::Delay(Duration::ZERO),
            },
        );
    }
}

/// How many updates the fleet makes.
const FLEET: u64 = 200;

/// Between two bytes of an answer of some thousand: about two seconds in all.
const SLOW: Duration = Duration::from_micros(600);
