//! The reading that comes before a write, and `--read`: what each may be believed, and that nothing is sent, or called absent,
//! on the word of an answer that does not tell. Through the real binary.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::thread;
use std::time::{Duration, Instant};

use sandbox::{Fault, Half, Late, Leg, Sandbox, Settings};
use serde_json::{Value, json};
use support::Run;
use support::outcome::{Outcome, with};

const COMMENT: &str = "closed by playbook 7";

fn start() -> Sandbox {
    Sandbox::start(Settings::default())
}

/// Runs a document with these keys beside those that lead to the sandbox.
fn run(sandbox: &Sandbox, keys: &Value, args: &[&str]) -> Outcome {
    let asset = with(
        sandbox.asset(),
        &json!({"retry_wait_secs": 0, "settle_secs": 0, "timeout_secs": 4}),
    );
    let document = with(json!({"asset": asset, "path_parameters": {"id": 552}}), keys);
    Run::with_stdin(document.to_string())
        .args(args)
        .env("RUST_LOG", "warn")
        .outcome(&[])
}

/// As many as a run may ask for.
fn each_reading(sandbox: &Sandbox, fault: &Fault) {
    for _ in 0..20 {
        sandbox.fault(Leg::Get, fault.clone());
    }
}

fn answer(code: u16, headers: &[(&str, &str)], body: impl ToString) -> Fault {
    let json = [("Content-Type", "application/json")];
    Fault::Status {
        code,
        change: false,
        headers: json
            .iter()
            .chain(headers)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_string(),
    }
}

/// The incident as the sandbox has it, but for these keys; null takes one away.
fn shown(sandbox: &Sandbox, but: &Value) -> Value {
    with(sandbox.incident(552).expect("it is there"), but)
}

fn comment(text: &str) -> Value {
    json!({"comment": text, "createdBy": "ada@contoso.com", "createdTime": "2024-09-03T07:20:44.5Z"})
}

fn copies(sandbox: &Sandbox) -> usize {
    let incident = sandbox.incident(552).expect("it is there");
    let comments = incident["comments"].as_array().expect("it has comments");
    comments.iter().filter(|one| one["comment"] == COMMENT).count()
}

/// Of the requests about the incident.
fn methods(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests().into_iter();
    requests
        .filter(|request| !request.path().ends_with("/token"))
        .map(|request| request.method)
        .collect()
}

#[test]
fn where_the_first_reading_fails_this_run_has_sent_nothing_and_says_so() {
    let once = json!({"once": true, "json_body": {"comment": COMMENT}});
    let only_if =
        json!({"only_if": {"status": ["Active", "InProgress", "Resolved"]}, "json_body": {"comment": COMMENT}});
    let add_tags = json!({"add_tags": ["ours"]});
    let words = json!({"error": {"code": "ResourceNotFound", "message": "no such incident"}});
    let forbidden = json!({"error": {"code": "Forbidden", "message": "not this application"}});
    let sandbox = start();
    let whole = |but: &Value| shown(&sandbox, but);
    let cut = Fault::CutAnswer { at: 400 };
    let rows: Vec<(&str, &Value, Fault, i32, &str)> = vec![
        ("a page", &once, Fault::Html { code: 200 }, 1, "NotDefender"),
        ("a page", &only_if, Fault::Html { code: 200 }, 1, "NotDefender"),
        (
            "other JSON",
            &add_tags,
            answer(200, &[], r#"{"status":"blocked"}"#),
            1,
            "NotDefender",
        ),
        (
            "another incident",
            &once,
            answer(200, &[], whole(&json!({"incidentId": 999}))),
            1,
            "NotDefender",
        ),
        (
            "another incident",
            &add_tags,
            answer(200, &[], whole(&json!({"incidentId": 999}))),
            1,
            "NotDefender",
        ),
        ("202", &once, answer(202, &[], whole(&json!({}))), 1, "NotDefender"),
        ("404", &once, answer(404, &[], &words), 1, "NotFound"),
        ("403", &only_if, answer(403, &[], &forbidden), 1, "Forbidden"),
        ("403 of a page", &once, Fault::Html { code: 403 }, 1, "Forbidden"),
        (
            "401 again and again",
            &add_tags,
            answer(401, &[], ""),
            1,
            "Unauthorized",
        ),
        ("503", &once, answer(503, &[], ""), 3, "ServerError"),
        (
            "429 for longer than there is time",
            &only_if,
            answer(429, &[("Retry-After", "600")], ""),
            3,
            "TooManyRequests",
        ),
        ("no answer", &once, Fault::HangBeforeChange, 3, "TimedOut"),
        ("a reset", &once, Fault::ResetAfterRead, 3, "ConnectionFailed"),
        ("a body that is cut", &once, cut, 3, "AnswerUnreadable"),
        (
            "a copy",
            &once,
            answer(200, &[("Age", "7")], whole(&json!({}))),
            3,
            "NotDefender",
        ),
        (
            "a copy",
            &add_tags,
            answer(200, &[("X-Cache", "HIT from gw")], whole(&json!({}))),
            3,
            "NotDefender",
        ),
        (
            "no comments to look at",
            &once,
            answer(200, &[], whole(&json!({"comments": null}))),
            3,
            "AnswerUnreadable",
        ),
        (
            "no tags to add to",
            &add_tags,
            answer(200, &[], whole(&json!({"tags": null}))),
            3,
            "AnswerUnreadable",
        ),
        (
            "no status to compare",
            &only_if,
            answer(200, &[], whole(&json!({"status": null}))),
            3,
            "AnswerUnreadable",
        ),
    ];
    let went = support::in_parallel(&rows, |(what, keys, fault, code, name)| {
        let sandbox = start();
        each_reading(&sandbox, fault);
        let outcome = run(&sandbox, keys, &[]);
        let what = format!("{what} {keys}: {}", outcome.out);
        assert_eq!((outcome.code, outcome.text("name")), (*code, *name), "{what}");
        assert_eq!(
            (outcome.text("update"), &outcome.out["writes"]),
            ("not_applied", &json!(0)),
            "{what}"
        );
        let message = outcome.text("message");
        assert!(
            message.contains("this run has sent nothing, and what an earlier one has done is not known"),
            "{what}"
        );
        assert!(methods(&sandbox).iter().all(|method| method == "GET"), "{what}");
        assert_eq!(copies(&sandbox), 0, "{what}");
    });
    assert_eq!(went.len(), rows.len());
}

/// A key may also be there and null, which is a value where nobody owns the incident.
#[test]
fn an_owner_of_null_is_nobody_and_an_owner_that_is_left_out_is_not() {
    let nobody = json!({"only_if": {"assignedTo": [null]}, "json_body": {"status": "Resolved"}});
    for (body, code) in [(json!({"assignedTo": ""}), 0), (json!({"assignedTo": null}), 3)] {
        let sandbox = start();
        let mut fault = shown(&sandbox, &body);
        each_reading(&sandbox, &answer(200, &[], &fault));
        let outcome = run(&sandbox, &nobody, &[]);
        assert_eq!(outcome.code, code, "{}", outcome.out);
        sandbox.clear_faults();
        fault = shown(&sandbox, &json!({}));
        fault["assignedTo"] = Value::Null;
        sandbox.put_incident(fault);
        assert_eq!(run(&sandbox, &nobody, &[]).code, 0);
    }
}

#[test]
fn a_signal_in_the_first_reading_leaves_open_what_an_earlier_run_has_done() {
    use std::io::Write;
    use std::process::Command;

    let sandbox = start();
    each_reading(&sandbox, &Fault::HangBeforeChange);
    let asset = with(sandbox.asset(), &json!({"timeout_secs": 20}));
    let document =
        json!({"asset": asset, "path_parameters": {"id": 552}, "once": true, "json_body": {"comment": COMMENT}});
    let mut child = support::started();
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin
        .write_all(document.to_string().as_bytes())
        .expect("the binary reads its input");
    drop(stdin);
    wait_for(&sandbox, "GET");
    Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .expect("there is a kill");
    let (code, text) = support::ended(&mut child);
    assert_eq!(code, Some(3), "{text}");
    assert!(
        text.contains("this run has sent nothing, and what an earlier one has done is not known"),
        "{text}"
    );
}

fn wait_for(sandbox: &Sandbox, method: &str) {
    let until = Instant::now() + Duration::from_secs(20);
    while !sandbox
        .requests()
        .iter()
        .any(|request| request.method == method && !request.path().ends_with("/token"))
    {
        assert!(Instant::now() < until, "no {method} came");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_comment_that_only_begins_like_ours_is_written_by_nobody() {
    let written = format!("{} {COMMENT}", "a sentence that goes on and on. ".repeat(4));
    let beginning: String = written.chars().take(64).collect();
    for (kept, is_unclear) in [
        (beginning.clone(), true),
        (format!("{beginning}…"), true),
        (written.chars().take(100).collect(), true),
        (written.chars().take(60).collect(), false),
    ] {
        let sandbox = start();
        sandbox.put_incident(shown(&sandbox, &json!({"comments": [comment(&kept)]})));
        let outcome = run(&sandbox, &json!({"once": true, "json_body": {"comment": written}}), &[]);
        if is_unclear {
            assert_eq!(
                (outcome.code, outcome.text("name")),
                (1, "CommentUnclear"),
                "{}",
                outcome.out
            );
            let message = outcome.text("message");
            assert!(
                message.contains("2024-09-03T07:20:44.5Z") && message.contains("ada@contoso.com"),
                "{message}"
            );
            assert_eq!(methods(&sandbox), ["GET"], "{}", outcome.out);
        } else {
            assert_eq!(
                (outcome.code, methods(&sandbox)),
                (0, vec!["GET".to_owned(), "PATCH".to_owned()]),
                "{}",
                outcome.out
            );
        }
    }
}

#[test]
fn an_incident_that_was_merged_is_written_to_by_none_of_the_three() {
    for keys in [
        json!({"once": true, "json_body": {"comment": COMMENT}}),
        json!({"only_if": {"severity": ["High", "Medium", "Low", "Informational"]}, "json_body": {"status": "Resolved"}}),
        json!({"add_tags": ["ours"]}),
        json!({"remove_tags": ["theirs"], "json_body": {"comment": COMMENT}}),
    ] {
        let sandbox = start();
        sandbox.put_incident(shown(
            &sandbox,
            &json!({"redirectIncidentId": 900, "severity": "Low", "tags": ["theirs"]}),
        ));
        let outcome = run(&sandbox, &keys, &[]);
        assert_eq!(
            (outcome.code, outcome.text("name"), &outcome.out["redirected_to"]),
            (1, "IncidentMerged", &json!(900)),
            "{keys}: {}",
            outcome.out
        );
        assert_eq!(methods(&sandbox), ["GET"], "{keys}");
        assert!(
            outcome.log.contains("merged into incident 900"),
            "{keys}: {}",
            outcome.log
        );
    }
}

#[test]
fn what_is_sent_is_worked_out_anew_before_every_attempt() {
    let sandbox = start();
    sandbox.put_incident(shown(&sandbox, &json!({"tags": ["theirs"]})));
    sandbox.fault(Leg::Patch, answer(429, &[("Retry-After", "1")], ""));
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            // Somebody adds a tag between the attempts.
            wait_for(&sandbox, "PATCH");
            sandbox.put_incident(shown(&sandbox, &json!({"tags": ["theirs", "newer"]})));
        });
        run(&sandbox, &json!({"add_tags": ["ours"]}), &[])
    });
    assert_eq!(outcome.code, 0, "{}", outcome.out);
    assert_eq!(methods(&sandbox), ["GET", "PATCH", "GET", "PATCH"], "{}", outcome.out);
    assert_eq!(shown(&sandbox, &json!({}))["tags"], json!(["theirs", "newer", "ours"]));
}

#[test]
fn a_condition_that_the_runs_own_write_has_ended_is_no_failure() {
    let sandbox = start();
    sandbox.put_incident(shown(&sandbox, &json!({"status": "Active"})));
    let lost = Fault::Status {
        code: 500,
        change: true,
        headers: Vec::new(),
        body: String::new(),
    };
    sandbox.fault(Leg::Patch, lost);
    let outcome = run(
        &sandbox,
        &json!({"only_if": {"status": "Active"}, "json_body": {"status": "Resolved"}}),
        &[],
    );
    assert_eq!(
        (outcome.code, &outcome.out["recovered"]["by"]),
        (0, &json!("read_back")),
        "{}",
        outcome.out
    );
    assert_eq!(methods(&sandbox), ["GET", "PATCH", "GET"], "{}", outcome.out);
}

#[test]
fn what_an_attempt_of_this_run_has_written_is_not_called_unchanged() {
    let sandbox = start();
    let before = shown(&sandbox, &json!({}));
    // Readings that know nothing of the write yet: absence is believed, and the next attempt's reading shows it.
    sandbox.fault(Leg::Get, Fault::Delay(Duration::ZERO));
    for _ in 0..2 {
        sandbox.fault(Leg::Get, answer(200, &[], &before));
    }
    sandbox.fault(Leg::Patch, Fault::CloseAfterChange);
    let outcome = run(&sandbox, &json!({"once": true, "json_body": {"comment": COMMENT}}), &[]);
    assert_eq!((outcome.code, copies(&sandbox)), (0, 1), "{}", outcome.out);
    assert_eq!(
        (
            &outcome.out["unchanged"],
            &outcome.out["recovered"]["by"],
            &outcome.out["writes"]
        ),
        (&Value::Null, &json!("read_back"), &json!(1)),
        "{}",
        outcome.out
    );
}

#[test]
fn values_that_the_answer_shows_in_another_way_are_applied_whatever_the_look_after_it_says() {
    let sandbox = start();
    let other = shown(&sandbox, &json!({"status": "Active"}));
    for (keys, comments) in [
        (json!({"status": "Resolved"}), json!([])),
        (
            json!({"status": "Resolved", "comment": COMMENT}),
            json!([{"comment": COMMENT, "createdBy": "app", "createdTime": "2050-01-01T00:00:00.5Z"}]),
        ),
    ] {
        for look in [
            Fault::Html { code: 403 },
            answer(503, &[], ""),
            Fault::Html { code: 200 },
            Fault::ResetAfterRead,
        ] {
            let sandbox = start();
            let shown = with(other.clone(), &json!({"comments": comments}));
            let mut patched = answer(200, &[], &shown);
            if let Fault::Status { change, .. } = &mut patched {
                *change = true;
            }
            sandbox.fault(Leg::Patch, patched);
            each_reading(&sandbox, &look);
            let outcome = run(&sandbox, &json!({"json_body": keys}), &[]);
            let what = format!("{keys} {look:?}: {}", outcome.out);
            assert_eq!(outcome.code, 0, "{what}");
            assert_eq!(
                outcome.out["differs"],
                json!([{"at": "/json_body/status", "asked": "Resolved", "found": "Active"}]),
                "{what}"
            );
            assert!(outcome.log.contains("/json_body/status"), "{what}: {}", outcome.log);
        }
    }
}

#[test]
fn a_refusal_after_an_attempt_that_did_a_half_proves_nothing() {
    let sandbox = start();
    sandbox.fault(
        Leg::Patch,
        Fault::Half {
            half: Half::Values,
            answer: Late::Close,
        },
    );
    sandbox.fault(Leg::Patch, Fault::Html { code: 403 });
    // The readings after the first attempt tell the truth, those after the second are refused.
    for _ in 0..2 {
        sandbox.fault(Leg::Get, Fault::Delay(Duration::ZERO));
    }
    each_reading(&sandbox, &Fault::Html { code: 403 });
    let outcome = run(
        &sandbox,
        &json!({"json_body": {"status": "Resolved", "comment": COMMENT}}),
        &[],
    );
    assert_eq!(
        (outcome.code, outcome.text("update")),
        (4, "unknown"),
        "{}",
        outcome.out
    );
    assert_eq!(shown(&sandbox, &json!({}))["status"], "Resolved");
}

#[test]
fn a_list_of_comments_that_shrinks_between_two_searches_proves_no_absence() {
    let sandbox = start();
    let longer = shown(
        &sandbox,
        &json!({"comments": [comment("one"), comment("two"), comment("three")]}),
    );
    let shorter = shown(&sandbox, &json!({"comments": [comment("one")]}));
    sandbox.put_incident(longer.clone());
    sandbox.fault(Leg::Patch, Fault::ResetAfterRead);
    sandbox.fault(Leg::Patch, Fault::ResetAfterRead);
    for body in [&longer, &longer] {
        sandbox.fault(Leg::Get, answer(200, &[], body));
    }
    each_reading(&sandbox, &answer(200, &[], &shorter));
    let outcome = run(&sandbox, &json!({"json_body": {"comment": COMMENT}}), &[]);
    assert_eq!(
        (outcome.code, outcome.text("update")),
        (4, "unknown"),
        "{}",
        outcome.out
    );
}

/// One entry of `asked`: whether it is there.
fn there(outcome: &Outcome, at: &str) -> Value {
    let asked = outcome.out["asked"].as_array().cloned().unwrap_or_default();
    let found = asked.iter().find(|one| one["at"] == at);
    found.unwrap_or_else(|| panic!("{at} in {}", outcome.out))["there"].clone()
}

#[test]
fn read_says_of_tags_whether_they_are_there_and_gone() {
    for (tags, keys, code, add, remove) in [
        (
            json!(["a", "b"]),
            json!({"add_tags": ["a"], "remove_tags": ["c"]}),
            0,
            json!(true),
            json!(true),
        ),
        (
            json!(["b"]),
            json!({"add_tags": ["a"], "remove_tags": ["c"]}),
            3,
            json!(false),
            json!(true),
        ),
        (
            json!(["a", "c"]),
            json!({"add_tags": ["a"], "remove_tags": ["c"]}),
            3,
            json!(true),
            json!(false),
        ),
    ] {
        let sandbox = start();
        sandbox.put_incident(shown(&sandbox, &json!({"tags": tags})));
        let outcome = run(&sandbox, &keys, &["--read"]);
        assert_eq!(outcome.code, code, "{}", outcome.out);
        assert_eq!(
            (there(&outcome, "/add_tags"), there(&outcome, "/remove_tags")),
            (add, remove),
            "{}",
            outcome.out
        );
        assert_eq!(outcome.out["writes"], 0, "{}", outcome.out);
    }
    let sandbox = start();
    let without = shown(&sandbox, &json!({"tags": null}));
    each_reading(&sandbox, &answer(200, &[], without));
    let outcome = run(&sandbox, &json!({"add_tags": ["a"]}), &["--read"]);
    assert_eq!(
        (outcome.code, there(&outcome, "/add_tags")),
        (4, Value::Null),
        "{}",
        outcome.out
    );
}

#[test]
fn read_calls_nothing_absent_that_may_be_elsewhere() {
    let ten: Vec<Value> = (0..10).map(|number| comment(&number.to_string())).collect();
    let sandbox = start();
    for (what, shown, headers, code, is_there) in [
        ("as it is", shown(&sandbox, &json!({})), vec![], 3, json!(false)),
        (
            "merged",
            shown(&sandbox, &json!({"redirectIncidentId": 900})),
            vec![],
            4,
            Value::Null,
        ),
        (
            "a round number",
            shown(&sandbox, &json!({"comments": ten})),
            vec![],
            4,
            Value::Null,
        ),
        (
            "a copy",
            shown(&sandbox, &json!({})),
            vec![("Age", "9")],
            4,
            Value::Null,
        ),
        (
            "a copy that has it",
            shown(&sandbox, &json!({"comments": [comment(COMMENT)]})),
            vec![("Age", "9")],
            0,
            json!(true),
        ),
    ] {
        let sandbox = start();
        each_reading(&sandbox, &answer(200, &headers, &shown));
        let outcome = run(&sandbox, &json!({"json_body": {"comment": COMMENT}}), &["--read"]);
        assert_eq!(
            (outcome.code, there(&outcome, "/json_body/comment")),
            (code, is_there),
            "{what}: {}",
            outcome.out
        );
        assert_eq!(
            outcome.log.contains("merged into incident 900"),
            what == "merged",
            "{}",
            outcome.log
        );
    }
}

#[test]
fn read_counts_comments_from_the_time_that_once_names() {
    let sandbox = start();
    sandbox.put_incident(shown(&sandbox, &json!({"comments": [comment(COMMENT)]})));
    for (once, code) in [
        (json!(true), 0),
        (json!("2024-09-03T07:20:00Z"), 0),
        (json!("2024-09-04T00:00:00Z"), 3),
    ] {
        let outcome = run(
            &sandbox,
            &json!({"once": once, "json_body": {"comment": COMMENT}}),
            &["--read"],
        );
        assert_eq!(outcome.code, code, "{once}: {}", outcome.out);
    }
}

#[test]
fn read_of_a_body_that_is_cut_may_be_tried_again() {
    let sandbox = start();
    each_reading(&sandbox, &Fault::CutAnswer { at: 400 });
    let outcome = run(&sandbox, &json!({"json_body": {"comment": COMMENT}}), &["--read"]);
    assert_eq!(
        (outcome.code, outcome.text("name")),
        (3, "AnswerUnreadable"),
        "{}",
        outcome.out
    );
}
