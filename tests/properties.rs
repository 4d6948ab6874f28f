//! What holds for any input and any answer, through the real binary.

mod sandbox;
mod support;

use std::cell::Cell;

use proptest::prelude::*;
use sandbox::answer::Answer;
use sandbox::script::{ANY, Expect, Reply, Scripted};
use sandbox::{Sandbox, Settings};
use serde_json::{Value, json};
use support::{one_line, run};

fn input(sandbox: &Sandbox) -> Value {
    let settings = sandbox.settings();
    json!({
        "asset": {
            "url": sandbox.origin(),
            "login_url": sandbox.origin(),
            "tenant_id": settings.tenant,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "scope": settings.scope,
            "timeout_secs": 5,
            "retry_wait_secs": 0,
            "settle_secs": 0,
        },
        "path_parameters": {"id": 552},
        "json_body": {"status": "Resolved"},
    })
}

fn runs_once(stdin: &[u8]) -> Result<(), TestCaseError> {
    let ran = run(&[], &[], stdin);
    prop_assert!((0..=4).contains(&ran.code), "exit code {}", ran.code);
    let text = ran.stdout();
    let line = one_line(&text, "").map_err(TestCaseError::fail)?;
    let envelope: Value = serde_json::from_str(line).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(envelope["update"].is_null(), ran.code == 0, "{}", line);
    Ok(())
}

/// JSON documents near the accepted one: keys and values of the contract, in places where they may not belong.
fn near_documents() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "asset",
        "path_parameters",
        "json_body",
        "id",
        "status",
        "tags",
        "comment",
        "url",
        "client_id",
        "scope",
        "Resolved",
        "resolved",
        "https://host",
        "http://127.0.0.1:1",
        "",
        "parameters",
        "timeout_secs",
        "verify_ssl",
        "determination",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|entries| entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_one_line_and_a_known_exit_code(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        runs_once(&bytes)?;
    }

    #[test]
    fn any_document_ends_in_one_line_and_a_known_exit_code(mut document in near_documents()) {
        // Wherever the document leads, it must not lead off this machine, nor take its time.
        if let Some(asset) = document.get_mut("asset").and_then(Value::as_object_mut) {
            asset.insert("url".to_owned(), json!("http://127.0.0.1:1"));
            asset.insert("login_url".to_owned(), json!("http://127.0.0.1:1"));
            asset.insert("timeout_secs".to_owned(), json!(0.2));
        }
        runs_once(document.to_string().as_bytes())?;
    }
}

/// Any JSON text, as a server might write it: numbers that no program's type holds, white space, escapes.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?",
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        Just("\"\\ud800 \\u0000 \\/\"".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let space = prop::sample::select(vec!["", " ", "\n", "\r\n\t"]);
        let list = (prop::collection::vec(inner.clone(), 0..5), space.clone())
            .prop_map(|(list, space)| format!("[{space}{}{space}]", list.join(&format!("{space},"))));
        let map = (prop::collection::vec(("[a-z@\\.]{0,8}", inner), 0..5), space).prop_map(|(entries, space)| {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("\"{key}\"{space}:{space}{value}"))
                .collect();
            format!("{{{}}}", entries.join(&format!("{space},{space}")))
        });
        prop_oneof![list, map]
    })
}

#[test]
fn whatever_json_the_server_answers_comes_through_unchanged() {
    let sandbox = Sandbox::start(Settings::default());
    let runs = Cell::new(0);
    let config = ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(body in any_json())| {
        runs.set(runs.get() + 1);
        passes_unchanged(&sandbox, &body)?;
    });
    assert!(runs.get() >= 150);
}

#[test]
fn numbers_keys_and_depth_come_through_to_the_letter() {
    let sandbox = Sandbox::start(Settings::default());
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let texts = [
        "1.0",
        "1e400",
        "12345678901234567890123",
        "-0",
        "{\"a\":1,\"a\":2}",
        "\"\\ud800\"",
        "[1.10,1E2]",
        &deep,
    ];
    for text in texts {
        passes_unchanged(&sandbox, text).unwrap();
    }
}

fn passes_unchanged(sandbox: &Sandbox, body: &str) -> Result<(), TestCaseError> {
    let token = json!({"token_type": "Bearer", "access_token": "example.token.not-real"}).to_string();
    let expect = |method: &str, target: String| Expect {
        method: method.to_owned(),
        target,
        ..Expect::default()
    };
    let sign_in = expect("POST", format!("/{}/oauth2/v2.0/token", sandbox.settings().tenant));
    let mut write = expect("PATCH", "/api/incidents/552".to_owned());
    write.headers.push(("Authorization".to_owned(), ANY.to_owned()));
    sandbox.script(vec![
        Scripted::new(sign_in, Reply::Built(Answer::new("200 OK").body(token))),
        Scripted::new(write, Reply::Built(Answer::new("200 OK").body(body.to_owned()))),
    ]);
    let ran = run(&[], &[], input(sandbox).to_string().as_bytes());
    sandbox.finish_script().map_err(TestCaseError::fail)?;
    let text = ran.stdout();
    let line = one_line(&text, "").map_err(TestCaseError::fail)?;
    let found = line
        .split_once("\"json_body\":")
        .and_then(|(_, rest)| rest.strip_suffix('}'));
    // Line breaks between tokens are the one thing that cannot stay; inside a text they are escaped already.
    let expected = body.trim().replace(['\n', '\r'], "");
    prop_assert_eq!(found, Some(expected.as_str()));
    Ok(())
}
