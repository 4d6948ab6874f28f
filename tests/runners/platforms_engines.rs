//! The engines that `deploy/` has something for, by their own published code: Temporal's server and workers, GitHub
//! Actions' steps by `act`, and Airflow.
//!
//! `.ci/platform-tools` installs them into `target/platforms`; without them the tests say SKIPPED.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::io::Write;
use std::time::{Duration, Instant};

use crate::engines::airflow::Airflow;
use crate::engines::temporal::{Engine, Queue, Worker};
use crate::engines::{asset, children, copies, put_incidents, runs, terminate, text, until, updates};
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
    asset["timeout_secs"] = json!(10);
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
    terminate(&worker.process);
    assert!(worker.process.0.wait().expect("it was started").success());
    // The engine has the outcome, but needs a worker to take note of it.
    let _other = engine.worker(&queue);
    assert_eq!(fleet.ended(Duration::from_secs(120)), ["applied"], "{}", engine.log());
    assert_eq!((updates(&sandbox), copies(&sandbox, 1, "closed")), (1, 1));
}

#[test]
fn a_cancelled_update_ends_with_what_became_of_its_write() {
    let Some(engine) = Engine::start("temporal-cancel") else {
        return;
    };
    let sandbox = Sandbox::start(Settings::default());
    put_incidents(&sandbox, 2);
    let queue = Queue {
        name: "cancel",
        at_once: 1,
        per_minute: 6_000,
        asset: asset(&sandbox),
    };
    let _worker = engine.worker(&queue);
    for (id, fault, success, words) in [
        // Longer than a worker takes to hear of it.
        (1, Fault::Delay(Duration::from_secs(4)), true, r#""status": "Resolved""#),
        (2, Fault::HangAfterChange, false, r#""update": "unknown""#),
    ] {
        sandbox.fault(Leg::Patch, fault);
        let before = updates(&sandbox);
        let workflow = format!("cancelled-{id}");
        let starting = engine.start_update("cancel", &workflow, &document(id, "closed", true));
        until("the write is under way", Duration::from_secs(60), || {
            updates(&sandbox) > before
        });
        let asked = engine.temporal(&["workflow", "cancel", "--workflow-id", &workflow]);
        assert!(asked.status.success(), "{}", text(&asked));
        let output = starting.wait_with_output().expect("it ends");
        assert_eq!(output.status.success(), success, "{}{}", text(&output), engine.log());
        assert!(text(&output).contains(words), "{}{}", text(&output), engine.log());
        assert_eq!(updates(&sandbox), before + 1, "not repeated");
    }
}

/// Microsoft's quota is for an application in a tenant, however many workers there are.
#[test]
fn the_queue_keeps_its_quota_over_all_workers() {
    let Some(engine) = Engine::start("temporal-quota") else {
        return;
    };
    let sandbox = Sandbox::start(Settings::default());
    put_incidents(&sandbox, QUOTA_UPDATES);
    let queue = Queue {
        name: "quota",
        at_once: 8,
        per_minute: 60,
        asset: asset(&sandbox),
    };
    let _workers = [engine.worker(&queue), engine.worker(&queue)];
    let documents: Vec<_> = (1..=QUOTA_UPDATES).map(|id| document(id, "closed", true)).collect();
    let fleet = engine.outcomes("quota", &documents);
    let came = |count: usize| {
        until("the updates come", Duration::from_secs(120), || {
            updates(&sandbox) >= count
        });
        Instant::now()
    };
    let first = came(1);
    let took = came(documents.len()) - first;
    assert!(
        fleet
            .ended(Duration::from_secs(60))
            .iter()
            .all(|outcome| outcome == "applied")
    );
    writeln!(
        std::io::stderr(),
        "quota: {QUOTA_UPDATES} at one a second took {took:?}"
    )
    .expect("a line");
    assert!(took >= Duration::from_secs(QUOTA_UPDATES / 2), "{took:?}");
}

/// What makes the engine's retries safe: by the time of the next attempt this one is over, and its write has had time to show.
#[test]
fn an_attempt_is_over_and_its_write_shows_before_the_next_one() {
    let Some(engine) = Engine::start("temporal-limits") else {
        return;
    };
    let schema: Value = serde_json::from_str(include_str!("../../schemas/update_incident.input.json")).expect("JSON");
    let defaults = &schema["$defs"]["AssetInput"]["properties"];
    let default = |name: &str| defaults[name]["default"].as_f64().expect("a number");
    let sandbox = Sandbox::start(Settings::default());
    put_incidents(&sandbox, 3);
    let mut own = asset(&sandbox);
    own["timeout_secs"] = json!(2.5);
    own["settle_secs"] = json!(0);
    for (id, name, asset, timeout, settle) in [
        (
            1,
            "limits-by-default",
            asset(&sandbox),
            default("timeout_secs"),
            default("settle_secs"),
        ),
        (2, "limits-of-its-own", own, 2.5, 0.0),
    ] {
        let queue = Queue {
            name,
            at_once: 1,
            per_minute: 6_000,
            asset,
        };
        let worker = engine.worker(&queue);
        let output = engine.update(name, name, &document(id, "closed", true));
        assert!(output.status.success(), "{}{}", text(&output), engine.log());
        let history = engine.history(name);
        let scheduled = &history["events"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|event| event.get("activityTaskScheduledEventAttributes"))
            .expect("an activity was scheduled");
        assert!(
            seconds(&scheduled["startToCloseTimeout"]) > timeout + 10.0,
            "{scheduled}"
        );
        assert!(
            seconds(&scheduled["retryPolicy"]["initialInterval"]) > settle,
            "{scheduled}"
        );
        assert!(seconds(&scheduled["heartbeatTimeout"]) <= 0.0, "{scheduled}");
        if id == 1 {
            continue;
        }
        // A file that is edited meanwhile, as one on another worker may differ: the engine would give the attempt up and start the next
        // while this one goes on.
        let mut edited = queue.asset.clone();
        edited["timeout_secs"] = json!(100);
        std::fs::write(&worker.asset, edited.to_string()).expect("the file takes it");
        sandbox.fault(Leg::Patch, Fault::HangAfterChange);
        for _ in 0..10 {
            sandbox.fault(Leg::Get, Fault::HangBeforeChange);
        }
        let before = updates(&sandbox);
        let output = engine.update(name, "edited", &document(3, "closed", false));
        assert!(
            text(&output).contains(r#""update": "unknown""#),
            "{}{}",
            text(&output),
            engine.log()
        );
        assert_eq!(updates(&sandbox), before + 1, "the attempt ended by itself");
    }
}

/// A duration in the engine's JSON, such as `"17.500s"`; none is as good as 0.
fn seconds(duration: &Value) -> f64 {
    let text = duration.as_str().unwrap_or("0s");
    let number = text.strip_suffix('s').and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("{duration} is no duration"))
}

#[test]
fn a_github_workflow_updates_and_says_what_failed() {
    let sandbox = Sandbox::start(Settings::default());
    // A comment that would be run if it stood in a script.
    let comment = "closed by $(id) `id` ${{ github.actor }} '\" && exit 7 #";
    let changes = json!({"status": "Resolved", "comment": comment});
    let Some(output) = crate::engines::act::workflow(&sandbox, "552", &changes, &json!({})) else {
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
                let output = crate::engines::act::workflow(&sandbox, id, &changes, &json!({})).expect("it ran before");
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
    let job = &crate::engines::act::file()["jobs"]["update"];
    let minutes = |value: &Value| value.as_u64().expect("a number");
    let (update, job) = (
        minutes(&job["steps"][0]["env"]["MINUTES"]),
        minutes(&job["timeout-minutes"]),
    );
    assert!(update + 2 <= job, "{update} of {job} leave nothing for the other steps");

    if crate::engines::act::program().is_none() {
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
            let output = crate::engines::act::workflow(&sandbox, "552", &changes, &short)?;
            let shown = crate::engines::act::outputs(&output)?;
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

    // Asked to end: the write that is under way answers first, and the task says so.
    put_incidents(&sandbox, 1);
    sandbox.fault(Leg::Patch, Fault::DripAnswer { every: SLOW });
    let mut running = airflow.start_update(&[document(1, "under way", true)]);
    until("the write is under way", Duration::from_secs(120), || {
        updates(&sandbox) == 6
    });
    terminate(&running);
    assert!(running.0.wait().expect("it was started").success());
    assert_eq!((updates(&sandbox), copies(&sandbox, 1, "under way")), (6, 1));
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
    // One of them can be told from the others by its requests' `Host`.
    let mut told_apart = Queue {
        asset: queue.asset.clone(),
        ..queue
    };
    told_apart.asset["url"] = json!(sandbox.origin().replace("127.0.0.1", VICTIM));
    let mut victim = engine.worker(&told_apart);
    let _others: Vec<_> = (1..4).map(|_| engine.worker(&queue)).collect();
    let documents: Vec<_> = (1..=count).map(|id| document(id, &comment(id), once)).collect();
    let started = Instant::now();
    let fleet = engine.outcomes(name, &documents);
    let (mut kills, mut with_a_write) = (0, 0);
    while with_a_write < 2 {
        let (runs, wrote) = kill_at_its_next_write(&sandbox, victim);
        victim = engine.worker(&told_apart);
        kills += 1;
        with_a_write += usize::from(wrote);
        writeln!(
            std::io::stderr(),
            "{name}: kill {kills} took {runs} runs with it, a write among them: {wrote}"
        )
        .expect("a line");
        assert!(
            kills < 6,
            "this machine is too slow to kill a worker while a write of its has no answer"
        );
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

/// Kills a worker, and what it started dies with it: how many runs, and whether a write of it had come to the sandbox by then and not been
/// answered.
fn kill_at_its_next_write(sandbox: &Sandbox, worker: Worker) -> (usize, bool) {
    let writes = || {
        let requests = sandbox.requests();
        let of_worker = requests.iter().filter(|request| {
            request.method == "PATCH" && request.header("Host").is_some_and(|host| host.starts_with(VICTIM))
        });
        of_worker.count()
    };
    let before = writes();
    let mut not_there = Instant::now();
    until("the worker writes", Duration::from_secs(120), || {
        let now = Instant::now();
        if writes() > before {
            return true;
        }
        not_there = now;
        false
    });
    let orphans = children(worker.process.0.id());
    drop(worker);
    until("what it started is dead too", Duration::from_secs(2), || {
        !orphans.iter().any(|pid| runs(*pid))
    });
    // No answer goes out sooner, whatever it is.
    (orphans.len(), not_there.elapsed() < sandbox.settings().answer_delay)
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

/// How many updates find out whether a quota is kept.
const QUOTA_UPDATES: u64 = 8;

/// The same address by another name.
const VICTIM: &str = "localhost";

/// Between two bytes of an answer of some thousand: about two seconds in all.
const SLOW: Duration = Duration::from_micros(400);
