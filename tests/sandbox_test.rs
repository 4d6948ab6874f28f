//! The stand-in itself: it has to be as strict as the services it stands for, or a test against it proves nothing.
#![allow(clippy::expect_used, reason = "a sandbox that cannot be talked to ends its test")]

mod sandbox;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use sandbox::{Quota, Sandbox, Settings};
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
    // Without chunks' lengths: the body is one JSON object on whatever lines.
    let json = answer
        .find('{')
        .and_then(|from| answer.rfind('}').map(|to| answer[from..=to].to_owned()));
    let json = json
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    (status, json)
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
