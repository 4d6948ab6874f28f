//! What comes out: Defender's keys and words, the same as through Defender but for what the pages name, or Graph's own.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

use super::run::{copies, document, go, go_with, sandbox};
use sandbox::{Api, Sandbox, Settings, words};
use support::guarantee::asset_of;

#[test]
fn the_answer_has_defenders_keys_and_graphs_further_ones_and_no_alerts() {
    let went = go(&sandbox(), &json!({"status": "Resolved", "comment": "x"}));
    let body = went.out["json_body"].as_object().expect("an object");
    for key in DEFENDERS {
        assert!(body.contains_key(key), "{key}: {}", went.line);
    }
    for key in GRAPHS {
        assert!(body.contains_key(key), "{key}: {}", went.line);
    }
    for key in [
        "alerts",
        "id",
        "customTags",
        "displayName",
        "incidentWebUrl",
        "createdDateTime",
    ] {
        assert!(!body.contains_key(key), "{key}: {}", went.line);
    }
    let comment = body["comments"][0].as_object().expect("an object");
    assert_eq!(
        comment.keys().collect::<Vec<_>>(),
        ["comment", "createdBy", "createdTime"]
    );
}

#[test]
fn graphs_own_answer_passes_through_where_it_is_asked_for() {
    let sandbox = sandbox();
    let own = |body: &Value, args: &[&str]| {
        let mut document = document(&sandbox, body);
        document["asset"]["answer"] = json!("graph");
        go_with(&sandbox, &document, args)
    };
    let both = own(&json!({"status": "Resolved", "comment": "x"}), &[]);
    let values = own(&json!({"status": "InProgress"}), &[]);
    let comment = own(&json!({"comment": "y"}), &[]);
    let reading = own(&json!({"comment": "y"}), &["--read"]);
    for went in [&both, &values, &comment, &reading] {
        let body = &went.out["json_body"];
        assert_eq!((went.code, &body["id"]), (0, &json!("552")), "{}", went.line);
        assert!(
            body["customTags"].is_array() && body["incidentId"].is_null(),
            "{}",
            went.line
        );
        assert!(body["comments"][0]["createdByDisplayName"].is_string(), "{}", went.line);
    }
    assert_eq!(both.out["json_body"]["status"], "resolved");
    // Key by key as it was written, from the context to the comments.
    let keys: Vec<&String> = values.out["json_body"].as_object().expect("an object").keys().collect();
    assert_eq!(
        (keys.len(), keys[0].as_str(), keys[1].as_str()),
        (21, "@odata.context", "id")
    );
}

/// What a playbook wrote, and what it finds there.
#[derive(Debug, Clone)]
struct Playbook {
    before: Value,
    body: Value,
    once: bool,
    only_if: Option<Value>,
    add_tags: Vec<&'static str>,
    remove_tags: Vec<&'static str>,
    /// Whether `--read` asks what is there, and nothing is written.
    read: bool,
}

#[test]
fn one_playbook_gives_the_same_through_both_apis() {
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    });
    let checked = runner.run(&playbooks(), |playbook| {
        let (defender, held_there) = run_through(Api::Defender, &playbook);
        let (graph, held_here) = run_through(Api::Graph, &playbook);
        for key in [
            "exit",
            "status_code",
            "reason",
            "name",
            "update",
            "unchanged",
            "differs",
            "redirected_to",
            "asked",
        ] {
            prop_assert_eq!(&defender[key], &graph[key], "{}: {} and {}", key, &defender, &graph);
        }
        if defender["exit"] == 0 {
            let (there, here) = (same(&defender["json_body"]), same(&graph["json_body"]));
            prop_assert_eq!(there, here, "json_body of {} and {}", &defender, &graph);
        }
        prop_assert_eq!(same(&held_there), same(&held_here), "what the service holds");
        Ok::<(), TestCaseError>(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

fn run_through(api: Api, playbook: &Playbook) -> (Value, Value) {
    let sandbox = Sandbox::start(Settings {
        fixed_date: Some("Thu, 05 Sep 2024 07:20:44 GMT".to_owned()),
        fixed_time: Some("2024-09-05T07:20:44.9089383Z".to_owned()),
        ..Settings::default()
    });
    sandbox.put_incident(playbook.before.clone());
    let document = json!({
        "asset": asset_of(&sandbox, api), "path_parameters": {"id": 552}, "json_body": playbook.body,
        "once": playbook.once, "only_if": playbook.only_if, "add_tags": playbook.add_tags,
        "remove_tags": playbook.remove_tags,
    });
    let args: &[&str] = if playbook.read { &["--read"] } else { &[] };
    let went = go_with(&sandbox, &document, args);
    let mut out = went.out.clone();
    out["exit"] = json!(went.code);
    (out, sandbox.incident(552).unwrap_or_default())
}

/// An incident without what the pages name as different: keys that one API alone has, the portal's address, the spellings
/// of a word that Graph has once, and the author of an application's comments.
fn same(incident: &Value) -> Value {
    let left_out = |key: &str| GRAPHS.contains(&key) || OTHERS.contains(&key);
    let mut kept: Map<String, Value> = incident
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !left_out(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Some(word) = kept.get("determination").and_then(Value::as_str) {
        let one_spelling = words::to_graph("determination", word);
        kept["determination"] = json!(one_spelling);
    }
    for comment in kept
        .get_mut("comments")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let author = comment["createdBy"].as_str().unwrap_or_default();
        comment["createdBy"] = json!(author.trim_start_matches("API-App:"));
    }
    Value::Object(kept)
}

fn playbooks() -> impl Strategy<Value = Playbook> {
    let text = "[ -~äß“”\u{301}\u{200B}\n]{1,60}".prop_filter("not blank", |text| !text.trim().is_empty());
    let status = select(vec![json!("Active"), json!("InProgress"), json!("Resolved")]);
    let class = select(vec![
        "TruePositive",
        "InformationalExpectedActivity",
        "FalsePositive",
        "Unknown",
    ]);
    let determination = select(vec![
        "MultiStagedAttack",
        "CompromisedAccount",
        "Malware",
        "Other",
        "SecurityTesting",
        "ConfirmedActivity",
        "NotMalicious",
        "NoEnoughDataToValidate",
        "NotEnoughDataToValidate",
        "InsufficientData",
        "Clean",
        "CompromisedUser",
        "ConfirmedUserActivity",
        "Apt",
        "NotAvailable",
        "BrandNewWord",
    ]);
    let owner = select(vec![
        json!(null),
        json!(""),
        json!("soc@contoso.com"),
        json!("Ada Lovelace"),
    ]);
    let tags = subsequence(vec!["a", "B", "c d", "é", ""], 0..=5);
    let body = (
        proptest::option::of(status.clone()),
        proptest::option::of(class.clone()),
        proptest::option::of(determination.clone()),
        proptest::option::of(owner),
        proptest::option::of(tags.clone()),
        proptest::option::of(text.clone()),
        any::<u8>(),
    );
    let body = body.prop_map(|(status, class, determination, owner, tags, comment, turn)| {
        let mut pairs: Vec<(&str, Value)> = [
            ("status", status),
            ("classification", class.map(Value::from)),
            ("determination", determination.map(Value::from)),
            ("assignedTo", owner),
            ("tags", tags.map(|tags| json!(tags))),
            ("comment", comment.map(Value::from)),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
        if pairs.is_empty() {
            pairs.push(("status", json!("Resolved")));
        }
        let turn = usize::from(turn) % pairs.len();
        pairs.rotate_left(turn);
        Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    });
    let before = (
        status,
        class,
        tags,
        proptest::collection::vec((text, any::<bool>()), 0..4),
        proptest::option::weighted(0.1, Just(900)),
    );
    let before = before.prop_map(|(status, class, tags, comments, merged)| {
        let mut incident = sandbox::seed_incident();
        incident["status"] = status;
        incident["classification"] = json!(class);
        incident["tags"] = json!(tags);
        incident["redirectIncidentId"] = json!(merged);
        incident["comments"] = comments
            .iter()
            .map(|(text, own)| {
                let author = if *own {
                    "Sandbox Playbook"
                } else {
                    "analyst@contoso.com"
                };
                json!({"comment": text, "createdBy": author, "createdTime": "2024-09-01T10:00:00.5Z"})
            })
            .collect();
        incident
    });
    let add_tags = prop_oneof![4 => Just(Vec::new()), 1 => Just(vec!["reviewed"])];
    let remove_tags = prop_oneof![4 => Just(Vec::new()), 1 => Just(vec!["a", "é"])];
    let only_if = prop_oneof![
        3 => Just(None),
        1 => select(vec![
            json!({"status": ["Active", "InProgress"]}),
            json!({"classification": "Unknown", "tags": ["B"]}),
            json!({"assignedTo": [null, "soc@contoso.com"]}),
            json!({"determination": ["NotAvailable", "Clean"], "severity": ["High", "Medium"]}),
        ]).prop_map(Some),
    ];
    let changes = (add_tags, remove_tags, only_if, proptest::bool::weighted(0.2));
    (before, body, any::<bool>(), changes).prop_map(|(before, mut body, once, changes)| {
        let (add_tags, remove_tags, only_if, read) = changes;
        if !add_tags.is_empty() || !remove_tags.is_empty() {
            body.as_object_mut().map(|body| body.remove("tags"));
        }
        // A merged incident is where the APIs differ: Defender's one request cannot stop before the comment.
        let mut before = before;
        if body["comment"].is_string() {
            before["redirectIncidentId"] = Value::Null;
        }
        Playbook {
            before,
            body,
            once,
            only_if,
            add_tags,
            remove_tags,
            read,
        }
    })
}

#[test]
fn the_page_names_every_key_that_differs() {
    let page = include_str!("../../../docs/graph.md");
    for key in GRAPHS.iter().chain(&OTHERS).chain(&["createdBy"]) {
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
}

#[test]
fn what_was_written_through_defender_is_found_through_graph() {
    let sandbox = sandbox();
    let mut document = document(&sandbox, &json!({"status": "Resolved", "comment": "by one of the two"}));
    document["once"] = json!(true);
    let mut through_defender = document.clone();
    through_defender["asset"] = asset_of(&sandbox, Api::Defender);
    assert_eq!(go_with(&sandbox, &through_defender, &[]).code, 0);
    let went = go_with(&sandbox, &document, &[]);
    assert_eq!((went.code, went.methods()), (0, vec!["GET"]), "{}", went.line);
    assert_eq!(copies(&sandbox, "by one of the two"), 1);
}

/// Each is two runs of the binary.
const CASES: u32 = 120;

const DEFENDERS: [&str; 13] = [
    "incidentId",
    "incidentUri",
    "redirectIncidentId",
    "incidentName",
    "createdTime",
    "lastUpdateTime",
    "assignedTo",
    "classification",
    "determination",
    "status",
    "severity",
    "tags",
    "comments",
];

/// Not the same in both, or in one alone.
const OTHERS: [&str; 3] = ["@odata.context", "alerts", "incidentUri"];

const GRAPHS: [&str; 7] = [
    "tenantId",
    "systemTags",
    "description",
    "lastModifiedBy",
    "resolvingComment",
    "summary",
    "priorityScore",
];
