//! Values first and the comment after them: what is said where one of the two is not there.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::run::{Went, copies, document, go, go_with, sandbox};
use sandbox::{Fault, Leg, Sandbox, Settings};

const TWO: &str = "closed by playbook 7";

fn both() -> Value {
    json!({"status": "Resolved", "comment": TWO})
}

fn status(code: u16, change: bool) -> Fault {
    Fault::Status {
        code,
        change,
        headers: Vec::new(),
        body: String::new(),
    }
}

fn words(code: u16) -> Fault {
    Fault::Status {
        code,
        change: false,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: json!({"error": {"code": "BadRequest", "message": "not this one"}}).to_string(),
    }
}

/// Longer than there is time for.
fn wait() -> Fault {
    Fault::Status {
        code: 429,
        change: false,
        headers: vec![("Retry-After".to_owned(), "600".to_owned())],
        body: String::new(),
    }
}

fn meeting(faults: &[(Leg, Fault)], document: &dyn Fn(&Sandbox) -> Value) -> (Sandbox, Went) {
    let sandbox = sandbox();
    for (leg, fault) in faults {
        sandbox.fault(*leg, fault.clone());
    }
    let mut document = document(&sandbox);
    document["asset"]["timeout_secs"] = json!(4);
    let went = go_with(&sandbox, &document, &[]);
    (sandbox, went)
}

fn plain(sandbox: &Sandbox) -> Value {
    document(sandbox, &both())
}

#[test]
fn a_comment_that_is_refused_for_good_leaves_the_update_half_done() {
    let (sandbox, went) = meeting(&[(Leg::Comment, words(400))], &plain);
    assert_eq!(
        (went.code, went.update(), went.parts()),
        (1, "partly_applied", ("applied", "not_applied")),
        "{}",
        went.line
    );
    assert_eq!(
        (&went.out["name"], &went.out["status_code"]),
        (&json!("BadRequest"), &json!(400))
    );
    let incident = sandbox.incident(552).expect("it is there");
    assert_eq!((&incident["status"], copies(&sandbox, TWO)), (&json!("Resolved"), 0));
}

#[test]
fn a_comment_whose_reason_passes_is_finished_by_the_same_document() {
    let (sandbox, went) = meeting(&[(Leg::Comment, wait())], &plain);
    assert_eq!(
        (went.code, went.update(), went.parts()),
        (3, "partly_applied", ("applied", "not_applied")),
        "{}",
        went.line
    );
    assert_eq!(went.out["retry_after_secs"], 600, "{}", went.line);
    let again = go(&sandbox, &both());
    assert_eq!((again.code, copies(&sandbox, TWO)), (0, 1), "{}", again.line);
}

#[test]
fn a_condition_that_would_meet_its_own_change_is_not_run_again() {
    let with = |once: bool| {
        move |sandbox: &Sandbox| {
            let mut document = document(sandbox, &both());
            document["only_if"] = json!({"status": ["Active"]});
            document["once"] = json!(once);
            document
        }
    };
    let (_, went) = meeting(&[(Leg::Comment, wait())], &with(false));
    assert_eq!((went.code, went.update()), (1, "partly_applied"), "{}", went.line);
    assert!(
        went.help().contains("comment") && went.help().contains("alone"),
        "{}",
        went.help()
    );
    let (sandbox, went) = meeting(&[(Leg::Comment, wait())], &with(true));
    assert_eq!((went.code, went.update()), (3, "partly_applied"), "{}", went.line);
    let again = go_with(&sandbox, &with(true)(&sandbox), &[]);
    assert_eq!((again.code, copies(&sandbox, TWO)), (0, 1), "{}", again.line);
    assert_eq!(again.methods(), ["GET", "POST"], "{}", again.line);
}

/// Under `once` tags that the document itself sets count as met, whoever has set them: an earlier run of it may have.
#[test]
fn a_condition_on_tags_that_the_document_replaces_does_not_stop_the_run_that_goes_on() {
    let sandbox = sandbox();
    let mut incident = sandbox.incident(552).expect("it is there");
    incident["tags"] = json!(["triage"]);
    sandbox.put_incident(incident);
    sandbox.fault(Leg::Comment, wait());
    let mut document = document(&sandbox, &json!({"tags": ["done"], "comment": TWO}));
    document["only_if"] = json!({"tags": ["triage"]});
    document["once"] = json!(true);
    document["asset"]["timeout_secs"] = json!(4);
    let went = go_with(&sandbox, &document, &[]);
    assert_eq!((went.code, went.update()), (3, "partly_applied"), "{}", went.line);
    let again = go_with(&sandbox, &document, &[]);
    assert_eq!((again.code, copies(&sandbox, TWO)), (0, 1), "{}", again.line);
    assert_eq!(again.methods(), ["GET", "POST"], "{}", again.line);
    // Tags that are worked out from the incident's own hold whatever is there, and say nothing of the condition.
    let mut added = document.clone();
    added["json_body"] = json!({"comment": "another"});
    added["add_tags"] = json!(["done"]);
    let went = go_with(&sandbox, &added, &[]);
    assert_eq!(
        (went.code, &went.out["name"]),
        (1, &json!("ConditionNotMet")),
        "{}",
        went.line
    );
}

/// The comment was there before the run, and it is the values that fail.
#[test]
fn a_comment_that_was_there_stays_applied_whatever_becomes_of_the_values() {
    for (fault, code, update, values) in [
        (words(400), 1, "not_applied", "not_applied"),
        (wait(), 3, "not_applied", "not_applied"),
        (status(500, true), 4, "unknown", "unknown"),
    ] {
        let sandbox = sandbox();
        go(&sandbox, &json!({"comment": TWO}));
        for _ in 0..20 {
            sandbox.fault(Leg::Patch, fault.clone());
        }
        let mut document = document(&sandbox, &both());
        document["once"] = json!(true);
        document["asset"]["timeout_secs"] = json!(4);
        if values == "unknown" {
            // After the first reading nobody says what became of the values.
            sandbox.fault(Leg::Get, Fault::Delay(Duration::ZERO));
            for _ in 0..20 {
                sandbox.fault(Leg::Get, words(403));
            }
        }
        let went = go_with(&sandbox, &document, &[]);
        assert_eq!(
            (went.code, went.update(), went.parts(), copies(&sandbox, TWO)),
            (code, update, (values, "applied"), 1),
            "{}",
            went.line
        );
    }
}

#[test]
fn a_comment_for_which_too_little_time_is_left_is_not_begun() {
    let waits = Fault::Status {
        code: 429,
        change: false,
        headers: vec![("Retry-After".to_owned(), "17".to_owned())],
        body: String::new(),
    };
    // The last second of twenty is too little. It is told by the clock of the test, that a busy machine does not move it.
    // Where the machine stands still for half a second, the values come too late, and then there is nothing to see.
    for _ in 0..3 {
        let sandbox = sandbox();
        let mut document = document(&sandbox, &both());
        document["asset"]["timeout_secs"] = json!(20);
        sandbox.fault(Leg::Patch, waits.clone());
        let answered = Instant::now() + Duration::from_millis(19_400);
        // An attempt waits for half of what is left.
        for _ in 0..10 {
            sandbox.fault(Leg::Patch, Fault::DelayUntil(answered));
        }
        let went = go_with(&sandbox, &document, &[]);
        if went.parts() != ("applied", "not_applied") {
            continue;
        }
        assert_eq!(
            (went.code, went.update(), copies(&sandbox, TWO)),
            (3, "partly_applied", 0),
            "{}",
            went.line
        );
        assert!(
            went.line.contains("too little of the time limit was left"),
            "{}",
            went.line
        );
        assert!(went.help().contains("raise `timeout_secs`"), "{}", went.line);
        assert!(!went.methods().contains(&"POST"), "{}", went.line);
        return;
    }
    panic!("the values never came in time");
}

#[test]
fn a_comment_whose_fate_is_unknown_leaves_the_update_unknown() {
    let faults = [(Leg::Comment, Fault::CloseAfterChange), (Leg::Get, words(403))];
    let (_, went) = meeting(&faults, &plain);
    assert_eq!(
        (went.code, went.update(), went.parts()),
        (4, "unknown", ("applied", "unknown")),
        "{}",
        went.line
    );
}

#[test]
fn a_comment_is_not_sent_after_values_that_were_refused() {
    let (sandbox, went) = meeting(&[(Leg::Patch, words(400))], &plain);
    assert_eq!(
        (went.code, went.update(), went.parts(), went.methods()),
        (1, "not_applied", ("not_applied", "not_applied"), vec!["PATCH"]),
        "{}",
        went.line
    );
    let (_, later) = meeting(&[(Leg::Patch, wait())], &plain);
    assert_eq!(
        (later.code, later.update(), later.parts()),
        (3, "not_applied", ("not_applied", "not_applied")),
        "{}",
        later.line
    );
    assert_eq!(copies(&sandbox, TWO), 0);
}

#[test]
fn a_comment_is_not_sent_after_values_in_doubt() {
    let faults = vec![(Leg::Patch, status(500, true)); 20];
    let (sandbox, went) = meeting(&faults, &plain);
    assert_eq!(
        (went.code, went.update(), went.parts()),
        (4, "unknown", ("unknown", "not_applied")),
        "{}",
        went.line
    );
    assert!(
        went.methods().iter().all(|method| *method != "POST"),
        "{:?}",
        went.methods()
    );
    assert!(
        went.help().contains("again") && went.help().contains("safe"),
        "{}",
        went.help()
    );
    sandbox.clear_faults();
    assert_eq!((go(&sandbox, &both()).code, copies(&sandbox, TWO)), (0, 1));
}

#[test]
fn values_are_repeated_beside_a_comment_and_the_comment_is_read_back() {
    let faults = [
        (Leg::Patch, Fault::CloseAfterChange),
        (Leg::Comment, Fault::CloseAfterChange),
    ];
    let (sandbox, went) = meeting(&faults, &plain);
    assert_eq!((went.code, copies(&sandbox, TWO)), (0, 1), "{}", went.line);
    assert_eq!(went.methods(), ["PATCH", "PATCH", "POST", "GET"], "{}", went.line);
    assert_eq!(went.out["recovered"]["by"], "read_back", "{}", went.line);
}

#[test]
fn a_merged_incident_gets_its_values_and_no_comment() {
    let sandbox = sandbox();
    let mut incident = sandbox.incident(552).expect("it is there");
    incident["redirectIncidentId"] = json!(900);
    sandbox.put_incident(incident);
    let went = go(&sandbox, &both());
    assert_eq!(
        (went.code, &went.out["name"], &went.out["redirected_to"], went.parts()),
        (1, &json!("IncidentMerged"), &json!(900), ("applied", "not_applied")),
        "{}",
        went.line
    );
    assert_eq!((went.methods(), copies(&sandbox, TWO)), (vec!["PATCH"], 0));
    let values = go(&sandbox, &json!({"status": "InProgress"}));
    assert_eq!(
        (values.code, &values.out["redirected_to"]),
        (0, &json!(900)),
        "{}",
        values.line
    );
}

#[test]
fn a_comment_alone_is_applied_whatever_becomes_of_the_reading() {
    for reading in [
        words(403),
        status(404, false),
        status(200, false),
        Fault::Html { code: 200 },
    ] {
        let (sandbox, went) = meeting(&vec![(Leg::Get, reading); 20], &|sandbox| {
            document(sandbox, &json!({"comment": TWO}))
        });
        assert_eq!((went.code, copies(&sandbox, TWO)), (0, 1), "{}", went.line);
        let body = went.out["json_body"].as_object().expect("an object");
        assert_eq!(
            body.keys().collect::<Vec<_>>(),
            ["incidentId", "comments"],
            "{}",
            went.line
        );
        assert_eq!(
            (&body["incidentId"], &body["comments"][0]["comment"]),
            (&json!(552), &json!(TWO))
        );
    }
}

#[test]
fn a_list_that_names_another_incident_proves_nothing() {
    let list = |id: u64| {
        let context = format!("https://graph.microsoft.com/v1.0/$metadata#security/incidents('{id}')/comments");
        let comment = json!({"comment": TWO, "createdByDisplayName": "x", "createdDateTime": "2099-01-01T00:00:00Z"});
        Fault::Status {
            code: 200,
            change: false,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: json!({"@odata.context": context, "value": [comment]}).to_string(),
        }
    };
    let (_, went) = meeting(&[(Leg::Comment, list(553))], &plain);
    assert_eq!(
        (went.update(), went.parts()),
        ("partly_applied", ("applied", "not_applied")),
        "{}",
        went.line
    );
}

/// What a gateway answers in Graph's place has no incident's number, whatever it looks like.
#[test]
fn a_foreign_answer_stays_as_it_came() {
    for body in [
        json!({"value": [{"blocked": true}], "by": "gateway"}),
        json!({"value": []}),
        json!({"value": [1]}),
    ] {
        for code in [200, 403] {
            let foreign = Fault::Status {
                code,
                change: false,
                headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
                body: body.to_string(),
            };
            let (_, went) = meeting(&[(Leg::Patch, foreign.clone()), (Leg::Comment, foreign)], &plain);
            assert_ne!(went.code, 0, "{}", went.line);
            assert_eq!(went.out["json_body"], body, "{}", went.line);
        }
    }
}

#[test]
fn once_sends_what_is_not_there_yet() {
    let sandbox = sandbox();
    let once = |body: &Value| {
        let mut document = document(&sandbox, body);
        document["once"] = json!(true);
        go_with(&sandbox, &document, &[])
    };
    for (body, methods) in [
        (both(), vec!["GET", "PATCH", "POST"]),
        (both(), vec!["GET"]),
        (json!({"status": "InProgress", "comment": TWO}), vec!["GET", "PATCH"]),
        (
            json!({"status": "InProgress", "comment": "another"}),
            vec!["GET", "POST"],
        ),
    ] {
        let went = once(&body);
        assert_eq!((went.code, went.methods()), (0, methods), "{}", went.line);
    }
    assert_eq!((copies(&sandbox, TWO), copies(&sandbox, "another")), (1, 1));
}

#[test]
fn tags_are_added_to_those_that_are_there() {
    let sandbox = sandbox();
    go(&sandbox, &json!({"tags": ["a"]}));
    let mut document = document(&sandbox, &json!({"comment": TWO}));
    document["add_tags"] = json!(["b"]);
    let went = go_with(&sandbox, &document, &[]);
    assert_eq!(
        (went.code, went.methods()),
        (0, vec!["GET", "PATCH", "POST"]),
        "{}",
        went.line
    );
    assert_eq!(sandbox.incident(552).expect("it is there")["tags"], json!(["a", "b"]));
}

#[test]
fn a_condition_that_is_not_met_writes_neither() {
    let sandbox = sandbox();
    let mut document = document(&sandbox, &both());
    document["only_if"] = json!({"status": ["Resolved"]});
    let went = go_with(&sandbox, &document, &[]);
    assert_eq!(
        (went.code, went.methods(), went.update()),
        (1, vec!["GET"], "not_applied"),
        "{}",
        went.line
    );
}

#[test]
fn a_limit_that_ends_between_the_two_says_the_same() {
    // The answer to the values takes almost all of the time there is, and the comment is turned away once.
    let faults = [
        (Leg::Patch, Fault::Delay(Duration::from_millis(2_500))),
        (Leg::Comment, wait()),
    ];
    let (sandbox, went) = meeting(&faults, &plain);
    assert_eq!(
        (went.code, went.parts(), copies(&sandbox, TWO)),
        (3, ("applied", "not_applied"), 0),
        "{}",
        went.line
    );
    // The comment arrives, and neither its answer nor a reading comes in time.
    let mut silence = vec![(Leg::Get, Fault::HangAfterChange); 20];
    silence.push((Leg::Comment, Fault::HangAfterChange));
    let (sandbox, went) = meeting(&silence, &plain);
    assert_eq!(
        (went.code, went.parts(), copies(&sandbox, TWO)),
        (4, ("applied", "unknown"), 1),
        "{}",
        went.line
    );
}

/// An equal comment of a moment ago, whose author's text changes while the next run is under way, is not that run's.
#[test]
fn an_author_whose_text_changes_makes_no_comment_new() {
    let sandbox = Sandbox::start(Settings {
        author_settles: Duration::from_millis(600),
        ..Settings::default()
    });
    assert_eq!(go(&sandbox, &both()).code, 0);
    // The answer to the values shows the author as at first, and the readings after it as later.
    sandbox.fault(Leg::Get, Fault::Delay(Duration::from_millis(700)));
    for _ in 0..3 {
        sandbox.fault(Leg::Comment, status(504, false));
    }
    let lost = go(&sandbox, &both());
    assert_ne!(lost.update(), "applied", "{}", lost.line);
    assert_eq!(copies(&sandbox, TWO), 1);
}
