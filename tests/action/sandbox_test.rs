//! The stand-in itself: it has to be as strict as the services it stands for, or a test against it proves nothing.
#![allow(clippy::expect_used, reason = "a sandbox that cannot be talked to ends its test")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sandbox::{Api, Fault, Leg, Quota, Sandbox, Settings};
use serde_json::{Value, json};

/// Sends one request over a connection of its own; returns status and body.
fn send(sandbox: &Sandbox, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(sandbox.address()).expect("it listens");
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream
        .write_all(format!("{head}\r\n{body}").as_bytes())
        .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status line");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let body = if head.contains("chunked") {
        joined(body)
    } else {
        body.to_owned()
    };
    (status, serde_json::from_str(&body).unwrap_or_default())
}

/// A body without its chunks' lengths.
fn joined(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk's length");
        body.push_str(&rest[..size]);
        chunks = rest[size..].strip_prefix("\r\n").unwrap_or_default();
    }
    body
}

fn patch(sandbox: &Sandbox, token: &str, id: u64, body: &str) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    send(sandbox, "PATCH", &format!("/api/incidents/{id}"), &headers, body)
}

#[test]
fn a_token_is_given_for_the_right_credentials_alone() {
    let sandbox = Sandbox::start(Settings::default());
    let Settings {
        tenant,
        client_id,
        client_secret,
        scope,
        ..
    } = Settings::default();
    let form = |id: &str, secret: &str, scope: &str, grant: &str| {
        format!(
            "grant_type={grant}&client_id={id}&client_secret={secret}&scope={}",
            scope.replace('/', "%2F").replace(':', "%3A")
        )
    };
    let ask = |tenant: &str, form: String| {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        send(
            &sandbox,
            "POST",
            &format!("/{tenant}/oauth2/v2.0/token"),
            &headers,
            &form,
        )
    };
    let right = ask(&tenant, form(&client_id, &client_secret, &scope, "client_credentials"));
    assert_eq!((right.0, &right.1["token_type"]), (200, &json!("Bearer")));
    for (what, (status, answer), code) in [
        (
            "secret",
            ask(&tenant, form(&client_id, "wrong", &scope, "client_credentials")),
            7_000_215,
        ),
        (
            "tenant",
            ask(
                "nowhere",
                form(&client_id, &client_secret, &scope, "client_credentials"),
            ),
            90_002,
        ),
        (
            "client",
            ask(&tenant, form("nobody", &client_secret, &scope, "client_credentials")),
            700_016,
        ),
        (
            "grant",
            ask(&tenant, form(&client_id, &client_secret, &scope, "wish")),
            70_003,
        ),
    ] {
        assert!((400..=401).contains(&status), "{what}: {status}");
        assert_eq!(answer["error_codes"], json!([code]), "{what}: {answer}");
        assert!(
            answer["error_description"]
                .as_str()
                .expect("a text")
                .starts_with(&format!("AADSTS{code}"))
        );
    }
}

#[test]
fn an_update_needs_a_token_a_role_an_incident_and_a_body() {
    let sandbox = Sandbox::start(Settings::default());
    let token = sandbox.issue_token();
    assert_eq!(patch(&sandbox, "forged", 552, r#"{"status":"Resolved"}"#).0, 401);
    assert_eq!(patch(&sandbox, &token, 553, r#"{"status":"Resolved"}"#).0, 404);
    for body in [
        r#"{"status":"resolved"}"#,
        r#"{"state":"Resolved"}"#,
        r#"{"tags":"one"}"#,
        "[]",
        "{",
    ] {
        assert_eq!(patch(&sandbox, &token, 552, body).0, 400, "{body}");
    }
    sandbox.revoke_all_tokens();
    assert_eq!(patch(&sandbox, &token, 552, r#"{"status":"Resolved"}"#).0, 401);
    let weak = Sandbox::start(Settings {
        roles: vec!["Incident.Read.All".to_owned()],
        ..Settings::default()
    });
    let (status, answer) = patch(&weak, &weak.issue_token(), 552, r#"{"status":"Resolved"}"#);
    assert_eq!((status, &answer["error"]["code"]), (403, &json!("Forbidden")));
    assert_eq!(
        weak.incident(552),
        Some(sandbox::seed_incident()),
        "a refused update changes nothing"
    );
}

#[test]
fn tags_are_replaced_and_comments_appended() {
    let sandbox = Sandbox::start(Settings::default());
    let token = sandbox.issue_token();
    for (tags, comment) in [("one", "first"), ("two", "second")] {
        let body = json!({"tags": [tags], "comment": comment, "assignedTo": "a@contoso.com"}).to_string();
        assert_eq!(patch(&sandbox, &token, 552, &body).0, 200);
    }
    assert_eq!(patch(&sandbox, &token, 552, r#"{"assignedTo":null}"#).0, 200);
    let incident = sandbox.incident(552).expect("the incident is there");
    assert_eq!(incident["tags"], json!(["two"]));
    assert_eq!(incident["assignedTo"], Value::Null);
    let comments: Vec<_> = incident["comments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["comment"])
        .collect();
    assert_eq!(comments, ["first", "second"]);
}

#[test]
fn a_quota_turns_calls_away_unchanged() {
    let quota = Some(Quota {
        calls: 2,
        window: Duration::from_secs(600),
    });
    let sandbox = Sandbox::start(Settings {
        quota,
        ..Settings::default()
    });
    let token = sandbox.issue_token();
    let statuses: Vec<u16> = (0..4)
        .map(|_| patch(&sandbox, &token, 552, r#"{"comment":"x"}"#).0)
        .collect();
    assert_eq!(statuses, [200, 200, 429, 429]);
    assert_eq!(sandbox.over_quota(), 2);
    let incident = sandbox.incident(552).expect("the incident is there");
    assert_eq!(incident["comments"].as_array().map(Vec::len), Some(2));
}

/// As a client of Graph's that does all it should.
fn graph(sandbox: &Sandbox, method: &str, place: &str, body: &str) -> (u16, Value) {
    let token = sandbox.issue_token_for(Api::Graph);
    graph_as(sandbox, &token, &fresh_id(), method, place, body)
}

fn graph_as(sandbox: &Sandbox, token: &str, id: &str, method: &str, place: &str, body: &str) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Prefer", "include-unknown-enum-members"),
        ("client-request-id", id),
    ];
    send(
        sandbox,
        method,
        &format!("/v1.0/security/incidents/{place}"),
        &headers,
        body,
    )
}

fn fresh_id() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("00000000-0000-4000-8000-{:012}", NEXT.fetch_add(1, Ordering::SeqCst))
}

fn comment(text: &str) -> String {
    json!({"@odata.type": "microsoft.graph.security.alertComment", "comment": text}).to_string()
}

#[test]
fn what_is_written_through_one_api_is_read_through_the_other() {
    let sandbox = Sandbox::start(Settings::default());
    let values = r#"{"status":"inProgress","classification":"truePositive","determination":"notEnoughDataToValidate","customTags":["a"],"assignedTo":"x@contoso.com"}"#;
    assert_eq!(graph(&sandbox, "PATCH", "552", values).0, 200);
    assert_eq!(
        graph(&sandbox, "POST", "552/comments", &comment("through Graph")).0,
        200
    );
    let token = sandbox.issue_token();
    let (status, defender) = patch(&sandbox, &token, 552, r#"{"comment":"through Defender"}"#);
    assert_eq!(status, 200);
    assert_eq!(
        [
            &defender["status"],
            &defender["classification"],
            &defender["determination"],
            &defender["tags"],
            &defender["assignedTo"]
        ],
        [
            &json!("InProgress"),
            &json!("TruePositive"),
            &json!("NotEnoughDataToValidate"),
            &json!(["a"]),
            &json!("x@contoso.com")
        ]
    );
    let (status, incident) = graph(&sandbox, "GET", "552", "");
    assert_eq!((status, &incident["status"]), (200, &json!("inProgress")));
    let texts: Vec<&Value> = incident["comments"].as_array().expect("a list").iter().collect();
    assert_eq!(
        texts.iter().map(|one| &one["comment"]).collect::<Vec<_>>(),
        ["through Graph", "through Defender"]
    );
    assert_eq!(texts[0]["createdByDisplayName"], "API-App:Sandbox Playbook");
}

#[test]
fn graph_shows_the_keys_of_a_capture_and_never_an_alert() {
    let sandbox = Sandbox::start(Settings::default());
    let (_, incident) = graph(&sandbox, "GET", "552", "");
    let keys: Vec<&String> = incident.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        [
            "@odata.context",
            "id",
            "tenantId",
            "status",
            "incidentWebUrl",
            "redirectIncidentId",
            "displayName",
            "createdDateTime",
            "lastUpdateDateTime",
            "assignedTo",
            "classification",
            "determination",
            "severity",
            "customTags",
            "systemTags",
            "description",
            "lastModifiedBy",
            "resolvingComment",
            "summary",
            "priorityScore",
            "comments"
        ]
    );
    assert_eq!(
        [&incident["id"], &incident["classification"], &incident["determination"]],
        [&json!("552"), &json!("unknown"), &json!("unknown")]
    );
}

#[test]
fn graph_takes_its_own_words_and_one_object_alone() {
    let sandbox = Sandbox::start(Settings::default());
    for body in [
        r#"{"status":"Resolved"}"#,
        r#"{"status":"redirected"}"#,
        r#"{"determination":"clean"}"#,
        r#"{"determination":"compromisedUser"}"#,
        r#"{"tags":["x"]}"#,
        r#"{"comments":[]}"#,
        r#"{"status":"active","status":"resolved"}"#,
        "[]",
        "{}",
        "{",
    ] {
        let (status, answer) = graph(&sandbox, "PATCH", "552", body);
        assert_eq!(status, 400, "{body}");
        assert!(
            answer["error"]["innerError"]["request-id"].is_string(),
            "{body}: {answer}"
        );
    }
    let list = format!("[{}]", comment("x"));
    let (status, answer) = graph(&sandbox, "POST", "552/comments", &list);
    assert_eq!(
        (status, &answer["error"]["message"]),
        (400, &json!("Empty Payload. JSON content expected."))
    );
    for body in [r#"{"comment":"x"}"#, &comment(" ")] {
        assert_eq!(graph(&sandbox, "POST", "552/comments", body).0, 400, "{body}");
    }
    assert_eq!(sandbox.incident(552), Some(sandbox::seed_incident()));
    // The words of the service behind stand as text in the message.
    let (_, answer) = graph(&sandbox, "PATCH", "552", r#"{"status":"Resolved"}"#);
    let message = answer["error"]["message"].as_str().expect("a text");
    let inner: Value =
        serde_json::from_str(&message[message.find('{').expect("an object within")..]).expect("it is JSON");
    assert_eq!(inner["error"]["code"], "InvalidRequestBody");
}

#[test]
fn graph_wants_a_token_for_itself_and_an_id_that_is_new() {
    let sandbox = Sandbox::start(Settings::default());
    let body = r#"{"status":"active"}"#;
    let (own, defenders) = (sandbox.issue_token_for(Api::Graph), sandbox.issue_token());
    let id = fresh_id();
    assert_eq!(graph_as(&sandbox, &own, &id, "PATCH", "552", body).0, 200);
    assert_eq!(
        graph_as(&sandbox, &own, &id, "PATCH", "552", body).0,
        400,
        "the same id"
    );
    assert_eq!(graph_as(&sandbox, &own, "17", "PATCH", "552", body).0, 400, "no GUID");
    assert_eq!(
        graph_as(&sandbox, &defenders, &fresh_id(), "PATCH", "552", body).0,
        401,
        "the audience"
    );
    assert_eq!(
        patch(&sandbox, &own, 552, r#"{"status":"Active"}"#).0,
        401,
        "the audience"
    );
    let bearer = format!("Bearer {own}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("client-request-id", &fresh_id()),
    ];
    let path = "/v1.0/security/incidents/552";
    assert_eq!(send(&sandbox, "PATCH", path, &headers, body).0, 400, "no Prefer");
    let weak = Sandbox::start(Settings {
        graph_roles: vec!["SecurityIncident.Read.All".to_owned()],
        ..Settings::default()
    });
    assert_eq!(graph(&weak, "PATCH", "552", body).0, 403);
}

#[test]
fn the_authors_text_changes_after_a_moment() {
    let author = |list: &Value| list[0]["createdByDisplayName"].clone();
    let at_once = Sandbox::start(Settings::default());
    let slow = Sandbox::start(Settings {
        author_settles: Duration::from_secs(60),
        ..Settings::default()
    });
    for (sandbox, read) in [(at_once, "API-App:Sandbox Playbook"), (slow, "Sandbox Playbook")] {
        let (_, posted) = graph(&sandbox, "POST", "552/comments", &comment("x"));
        assert_eq!(author(&posted["value"]), "Sandbox Playbook");
        let (_, incident) = graph(&sandbox, "GET", "552", "");
        assert_eq!(author(&incident["comments"]), read);
    }
}

#[test]
fn a_merged_incident_answers_as_if_nothing_were_amiss() {
    let sandbox = Sandbox::start(Settings::default());
    let mut merged = sandbox::seed_incident();
    merged["redirectIncidentId"] = json!(900);
    merged["status"] = json!("Redirected");
    sandbox.put_incident(merged);
    let (status, answer) = graph(&sandbox, "PATCH", "552", r#"{"customTags":["x"]}"#);
    assert_eq!(
        (status, &answer["redirectIncidentId"], &answer["status"]),
        (200, &json!("900"), &json!("redirected"))
    );
}

#[test]
fn each_of_graphs_two_writes_has_faults_of_its_own() {
    // A fault's answer leaves the connection open, and this client reads to its end.
    let sandbox = Sandbox::start(Settings {
        idle_timeout: Duration::from_millis(200),
        ..Settings::default()
    });
    let status = |code, change| Fault::Status {
        code,
        change,
        headers: Vec::new(),
        body: String::new(),
    };
    sandbox.fault(Leg::Comment, status(504, true));
    sandbox.fault(Leg::Comment, status(503, false));
    sandbox.fault(Leg::Patch, status(500, true));
    assert_eq!(graph(&sandbox, "PATCH", "552", r#"{"customTags":["x"]}"#).0, 500);
    assert_eq!(graph(&sandbox, "POST", "552/comments", &comment("kept")).0, 504);
    assert_eq!(graph(&sandbox, "POST", "552/comments", &comment("lost")).0, 503);
    let incident = sandbox.incident(552).expect("the incident is there");
    assert_eq!(incident["tags"], json!(["x"]));
    assert_eq!(incident["comments"].as_array().map(Vec::len), Some(1));
    assert_eq!(sandbox.faults_left(), 0);
}
