//! What goes to Graph, and in which words.

use serde_json::{Value, json};

use super::run::{LOUD, copies, document, go, go_with, sandbox};
use sandbox::{Sandbox, Settings};

#[test]
fn values_go_out_in_the_authors_order_and_then_the_comment_as_one_object() {
    let sandbox = sandbox();
    let went = go(
        &sandbox,
        &json!({
            "comment": "closed by playbook 7", "tags": ["A", "b"], "determination": "NoEnoughDataToValidate",
            "classification": "FalsePositive", "assignedTo": "", "status": "InProgress"
        }),
    );
    assert_eq!(went.code, 0, "{}", went.line);
    assert_eq!(went.methods(), ["PATCH", "POST"]);
    let [values, comment] = &went.asked[..] else {
        panic!("two requests")
    };
    assert_eq!(values.target, "/v1.0/security/incidents/552");
    assert_eq!(
        values.text(),
        r#"{"customTags":["A","b"],"determination":"notEnoughDataToValidate","classification":"falsePositive","assignedTo":null,"status":"inProgress"}"#
    );
    assert_eq!(comment.target, "/v1.0/security/incidents/552/comments");
    let body: Value = serde_json::from_slice(&comment.body).expect("it is JSON");
    assert_eq!(
        body,
        json!({"@odata.type": "microsoft.graph.security.alertComment", "comment": "closed by playbook 7"})
    );
    for request in [values, comment] {
        assert_eq!(request.header("Content-Type"), Some("application/json"));
    }
    assert_eq!(values.header("Prefer"), Some("include-unknown-enum-members"));
    assert_ne!(values.header("client-request-id"), comment.header("client-request-id"));
    assert_eq!(copies(&sandbox, "closed by playbook 7"), 1);
}

#[test]
fn values_alone_are_one_request_and_so_are_their_parts() {
    let sandbox = sandbox();
    let went = go(&sandbox, &json!({"status": "Resolved"}));
    assert_eq!((went.code, went.methods()), (0, vec!["PATCH"]), "{}", went.line);
    assert_eq!(went.out["parts"], Value::Null, "there is one part: {}", went.line);
}

#[test]
fn a_comment_alone_is_no_patch_and_one_reading_for_the_incident() {
    let sandbox = sandbox();
    let went = go(&sandbox, &json!({"comment": "seen"}));
    assert_eq!((went.code, went.methods()), (0, vec!["POST", "GET"]), "{}", went.line);
    assert_eq!(went.out["parts"], Value::Null, "there is one part: {}", went.line);
    assert_eq!(
        [&went.out["json_body"]["incidentId"], &went.out["json_body"]["status"]],
        [&json!(552), &json!("Active")]
    );
    assert_eq!(went.out["json_body"]["comments"][0]["comment"], "seen");
}

#[test]
fn every_word_goes_both_ways() {
    let sandbox = sandbox();
    for (key, defenders, graphs, back) in WORDS {
        let went = go(&sandbox, &json!({ key: defenders }));
        assert_eq!(went.code, 0, "{}", went.line);
        let sent: Value = serde_json::from_slice(&went.asked[0].body).expect("it is JSON");
        assert_eq!(sent, json!({ key: graphs }), "{defenders}");
        assert_eq!(went.out["json_body"][key], back, "{}", went.line);
        // A word that comes back as its like is no difference.
        assert_eq!(went.out["differs"], Value::Null, "{}", went.line);
    }
}

#[test]
fn nobody_is_null_and_no_tags_are_an_empty_list() {
    let sandbox = sandbox();
    for nobody in [json!(null), json!("")] {
        go(&sandbox, &json!({"assignedTo": "x@contoso.com", "tags": ["a"]}));
        let went = go(&sandbox, &json!({"assignedTo": nobody, "tags": []}));
        assert_eq!(went.code, 0, "{}", went.line);
        assert_eq!(went.asked[0].text(), r#"{"assignedTo":null,"customTags":[]}"#);
        assert_eq!(
            [&went.out["json_body"]["assignedTo"], &went.out["json_body"]["tags"]],
            [&json!(null), &json!([])]
        );
    }
}

#[test]
fn a_word_that_nobody_knows_goes_out_by_the_rule_with_the_warning_of_today() {
    let sandbox = sandbox();
    let went = go(&sandbox, &json!({"determination": "BrandNewWord"}));
    assert_eq!(went.asked[0].text(), r#"{"determination":"brandNewWord"}"#);
    assert!(went.stderr.contains("BrandNewWord"), "{}", went.stderr);
    assert_eq!(went.code, 1, "the stand-in knows it as little: {}", went.line);
}

#[test]
fn a_word_that_came_later_passes_with_its_first_letter_large() {
    let sandbox = sandbox();
    let mut incident = sandbox.incident(552).expect("the incident is there");
    incident["status"] = json!("AwaitingAction");
    incident["determination"] = json!("SomethingFromNextYear");
    sandbox.put_incident(incident);
    let went = go(&sandbox, &json!({"tags": ["x"]}));
    assert_eq!(went.code, 0, "{}", went.line);
    assert_eq!(
        [
            &went.out["json_body"]["status"],
            &went.out["json_body"]["determination"]
        ],
        [&json!("AwaitingAction"), &json!("SomethingFromNextYear")]
    );
    let went = go_with(&sandbox, &document(&sandbox, &json!({"tags": ["x"]})), &["--read"]);
    assert_eq!(went.out["json_body"]["status"], "AwaitingAction", "{}", went.line);
}

#[test]
fn what_graph_must_not_be_sent_never_leaves_the_machine() {
    let sandbox = sandbox();
    let went = go(&sandbox, &json!({"status": "Redirected"}));
    assert_eq!((went.code, sandbox.connections()), (2, 0), "{}", went.line);
    assert!(went.line.contains("/json_body/status"), "{}", went.line);
    let mut document = document(&sandbox, &json!({"status": "Resolved", "comment": "x"}));
    document["once"] = json!(true);
    document["only_if"] = json!({"lastUpdateTime": "2024-09-05T07:20:44.9089383Z"});
    let went = go_with(&sandbox, &document, &[]);
    assert_eq!((went.code, sandbox.connections()), (2, 0), "{}", went.line);
    assert!(went.line.contains("/only_if/lastUpdateTime"), "{}", went.line);
    // Without a comment there is one request, and the time is met or not.
    document["json_body"] = json!({"status": "InProgress"});
    assert_eq!(go_with(&sandbox, &document, &[]).code, 0);
}

#[test]
fn values_and_comment_share_one_connection() {
    let both = sandbox();
    go(&both, &json!({"status": "Resolved", "comment": "x"}));
    let values = sandbox();
    go(&values, &json!({"status": "Resolved"}));
    assert_eq!(both.connections(), values.connections());
}

#[test]
fn a_failure_never_changes_the_api() {
    let refusing = Sandbox::start(Settings {
        graph_roles: Vec::new(),
        ..Settings::default()
    });
    let went = go(&refusing, &json!({"status": "Resolved", "comment": "x"}));
    assert_eq!((went.code, went.methods()), (1, vec!["PATCH"]), "{}", went.line);
    assert!(
        refusing
            .requests()
            .iter()
            .all(|request| !request.path().contains("/api/"))
    );
}

#[test]
fn each_request_is_told_with_its_ids() {
    let sandbox = sandbox();
    let went = go_with(
        &sandbox,
        &document(&sandbox, &json!({"status": "Resolved", "comment": "x"})),
        &[LOUD],
    );
    let told = went.out["requests"].as_array().expect("a list");
    assert_eq!(told.len(), 2, "{}", went.line);
    for (told, request) in told.iter().zip(&went.asked) {
        let client = request.header("client-request-id").expect("an id");
        assert_eq!(
            [&told["method"], &told["status_code"], &told["client_request_id"]],
            [&json!(request.method), &json!(200), &json!(client)]
        );
        let id = told["request_id"].as_str().expect("a text");
        assert_eq!((id.len(), id != client), (36, true), "{id}");
        assert!(went.stderr.contains(client), "the log has it: {}", went.stderr);
    }
}

/// What the document says, what goes out, and what comes back. The older spellings come back as the word they stand for.
const WORDS: [(&str, &str, &str, &str); 26] = [
    ("status", "Active", "active", "Active"),
    ("status", "InProgress", "inProgress", "InProgress"),
    ("status", "Resolved", "resolved", "Resolved"),
    ("classification", "TruePositive", "truePositive", "TruePositive"),
    (
        "classification",
        "InformationalExpectedActivity",
        "informationalExpectedActivity",
        "InformationalExpectedActivity",
    ),
    ("classification", "FalsePositive", "falsePositive", "FalsePositive"),
    ("classification", "Unknown", "unknown", "Unknown"),
    (
        "determination",
        "MultiStagedAttack",
        "multiStagedAttack",
        "MultiStagedAttack",
    ),
    (
        "determination",
        "MaliciousUserActivity",
        "maliciousUserActivity",
        "MaliciousUserActivity",
    ),
    (
        "determination",
        "CompromisedAccount",
        "compromisedAccount",
        "CompromisedAccount",
    ),
    ("determination", "Malware", "malware", "Malware"),
    ("determination", "Phishing", "phishing", "Phishing"),
    (
        "determination",
        "UnwantedSoftware",
        "unwantedSoftware",
        "UnwantedSoftware",
    ),
    ("determination", "SecurityTesting", "securityTesting", "SecurityTesting"),
    (
        "determination",
        "LineOfBusinessApplication",
        "lineOfBusinessApplication",
        "LineOfBusinessApplication",
    ),
    (
        "determination",
        "ConfirmedActivity",
        "confirmedActivity",
        "ConfirmedActivity",
    ),
    ("determination", "NotMalicious", "notMalicious", "NotMalicious"),
    ("determination", "Other", "other", "Other"),
    ("determination", "Apt", "apt", "Apt"),
    (
        "determination",
        "SecurityPersonnel",
        "securityPersonnel",
        "SecurityPersonnel",
    ),
    (
        "determination",
        "NotEnoughDataToValidate",
        "notEnoughDataToValidate",
        "NotEnoughDataToValidate",
    ),
    (
        "determination",
        "NoEnoughDataToValidate",
        "notEnoughDataToValidate",
        "NotEnoughDataToValidate",
    ),
    (
        "determination",
        "InsufficientData",
        "notEnoughDataToValidate",
        "NotEnoughDataToValidate",
    ),
    ("determination", "Clean", "notMalicious", "NotMalicious"),
    (
        "determination",
        "CompromisedUser",
        "compromisedAccount",
        "CompromisedAccount",
    ),
    (
        "determination",
        "ConfirmedUserActivity",
        "confirmedActivity",
        "ConfirmedActivity",
    ),
];
