//! Graph's refusals in words, and what of its answers may never come out.

use serde_json::{Value, json};

use super::run::{LOUD, Went, document, go, go_with, sandbox};
use sandbox::{Answer, Api, Expect, Fault, Leg, Reply, Sandbox, Scripted, Settings};
use support::leaks;

fn meeting(leg: Leg, code: u16, body: &Value) -> Went {
    let sandbox = sandbox();
    sandbox.fault(
        leg,
        Fault::Status {
            code,
            change: false,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
        },
    );
    go(&sandbox, &json!({"status": "Resolved", "comment": "x"}))
}

#[test]
fn the_words_of_the_service_behind_are_shown_with_its_tracking_id() {
    let sandbox = Sandbox::start(Settings {
        fixed_tracking_id: Some("|7f1c2a0e-4d2b3c4a5f6e7d8c.".to_owned()),
        ..Settings::default()
    });
    // The stand-in nests the error of the service behind in Graph's own.
    let went = go(&sandbox, &json!({"determination": "BrandNewWord"}));
    assert_eq!(
        (went.code, &went.out["name"]),
        (1, &json!("BadRequest")),
        "{}",
        went.line
    );
    let request_id = went.out["requests"][0]["request_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for text in [
        "BadRequest",
        "InvalidRequestBody",
        "Request body is incorrect",
        "|7f1c2a0e-4d2b3c4a5f6e7d8c.",
        &request_id,
    ] {
        assert!(went.message().contains(text), "{text}: {}", went.message());
    }
    assert!(went.message().contains("Graph"), "{}", went.message());
}

#[test]
fn both_spellings_of_the_inner_error_are_read_and_empty_words_fall_back_to_the_status() {
    for key in ["innerError", "innererror"] {
        let inner = json!({"date": "2025-02-13T10:17:05", "request-id": "aaaaaaaa-1111", "client-request-id": "b"});
        let went = meeting(
            Leg::Patch,
            400,
            &json!({"error": {"code": "", "message": "", key: inner}}),
        );
        assert!(
            went.message().contains("400") && went.message().contains("aaaaaaaa-1111"),
            "{}",
            went.message()
        );
    }
}

#[test]
fn what_is_missing_is_named_as_graph_names_it() {
    let refused = Sandbox::start(Settings {
        graph_roles: vec!["SecurityIncident.Read.All".to_owned()],
        ..Settings::default()
    });
    let went = go(&refused, &json!({"status": "Resolved"}));
    assert_eq!(
        (went.code, &went.out["name"]),
        (1, &json!("Forbidden")),
        "{}",
        went.line
    );
    for text in ["`SecurityIncident.ReadWrite.All`", "Security Operator"] {
        assert!(went.help().contains(text), "{text}: {}", went.help());
    }
    assert!(!went.help().contains("`Incident.ReadWrite.All`"), "{}", went.help());
    let missing = go_with(
        &refused,
        &{
            let mut document = document(&refused, &json!({"status": "Resolved"}));
            document["asset"]["access_token"] = json!(refused.issue_token_for(Api::Defender));
            for key in ["client_id", "client_secret", "tenant_id", "login_url", "scope"] {
                document["asset"].as_object_mut().map(|asset| asset.remove(key));
            }
            document
        },
        &[],
    );
    assert_eq!(
        (missing.code, &missing.out["name"]),
        (1, &json!("Unauthorized")),
        "{}",
        missing.line
    );
}

#[test]
fn an_incident_that_is_not_there_is_told_apart_from_a_cloud_without_them() {
    let sandbox = sandbox();
    let mut other = document(&sandbox, &json!({"status": "Resolved"}));
    other["path_parameters"]["id"] = json!(553);
    let went = go_with(&sandbox, &other, &[]);
    assert_eq!((went.code, &went.out["name"]), (1, &json!("NotFound")), "{}", went.line);
    assert!(went.help().contains("path_parameters.id"), "{}", went.help());
    let segment = json!({"error": {"code": "BadRequest", "message": "Resource not found for the segment 'security'."}});
    for code in [400, 404] {
        let went = meeting(Leg::Patch, code, &segment);
        assert_eq!((went.code, went.update()), (1, "not_applied"), "{}", went.line);
        assert!(went.help().contains("cloud"), "{}", went.help());
    }
}

#[test]
fn the_quota_is_graphs() {
    let sandbox = sandbox();
    let mut document = document(&sandbox, &json!({"status": "Resolved"}));
    document["asset"]["timeout_secs"] = json!(10);
    sandbox.fault(
        Leg::Patch,
        Fault::Status {
            code: 429,
            change: false,
            headers: vec![("Retry-After".to_owned(), "60".to_owned())],
            body: r#"{"error":{"code":"TooManyRequests","message":"Too many requests"}}"#.to_owned(),
        },
    );
    let went = go_with(&sandbox, &document, &[]);
    assert_eq!(
        (went.code, &went.out["retry_after_secs"]),
        (3, &json!(60)),
        "{}",
        went.line
    );
    assert!(!went.help().contains("50 updates"), "{}", went.help());
    assert!(went.help().contains("Graph"), "{}", went.help());
}

#[test]
fn no_text_speaks_of_defenders_answer_where_graph_answered() {
    for leg in [Leg::Patch, Leg::Comment] {
        for code in [400, 401, 403, 404, 409, 418, 501] {
            let went = meeting(leg, code, &json!({"error": {"code": "Code", "message": "words"}}));
            assert!(!went.message().contains("Defender answered"), "{}", went.message());
            assert!(!went.help().contains("Microsoft Threat Protection"), "{}", went.help());
        }
    }
}

/// Secrets that come back in Graph's answers, wherever they stand and whichever answer is asked for.
#[test]
fn a_secret_that_graph_echoes_comes_out_nowhere() {
    let (token, secret) = (
        "eyJ0eXAiOiJKV1QifQ.an-echoed-token.signature-0123456789",
        "s3cr3t~Value/of+the=app",
    );
    for answer in ["defender", "graph"] {
        for place in ["values", "comments", "refused values", "refused comment", "reading"] {
            let sandbox = Sandbox::start(Settings::default());
            sandbox.script(script(place, token, secret));
            let mut document = document(&sandbox, &json!({"status": "Resolved", "comment": "x"}));
            if place == "reading" {
                document["json_body"] = json!({"comment": "x"});
            }
            document["asset"]["client_secret"] = json!(secret);
            document["asset"]["answer"] = json!(answer);
            let went = go_with(&sandbox, &document, &[LOUD]);
            sandbox
                .finish_script()
                .unwrap_or_else(|problem| panic!("{place}: {problem}\n{}", went.line));
            for (name, text) in [("stdout", &went.line), ("stderr", &went.stderr)] {
                for hidden in [token, secret] {
                    let found = leaks::find(text.as_bytes(), hidden);
                    assert!(found.is_empty(), "{answer}, {place}, {name}: {found:?}\n{text}");
                }
            }
            assert!(went.line.contains("redacted"), "{place}: {}", went.line);
        }
    }
}

fn script(place: &str, token: &str, secret: &str) -> Vec<Scripted> {
    let echo = |at: &str| {
        if at == place {
            format!("{token} and {secret}")
        } else {
            "nothing".to_owned()
        }
    };
    let expect = |method: &str| Expect {
        any: true,
        method: method.to_owned(),
        ..Expect::default()
    };
    let answer = |status: &str, body: Value| {
        let answer = Answer::new(status)
            .header("Content-Type", "application/json")
            .header("Date", "Thu, 05 Sep 2024 07:20:44 GMT")
            .header(
                "request-id",
                &format!("id {}", if status.starts_with('2') { "x" } else { token }),
            )
            .body(body.to_string());
        Scripted::new(expect("ANY"), Reply::Built(answer))
    };
    let incident = |text: String| {
        answer(
            "200 OK",
            json!({"id": "552", "status": "resolved", "displayName": text, "redirectIncidentId": null,
                   "lastUpdateDateTime": "2024-09-05T07:20:44.5Z", "customTags": [], "comments": []}),
        )
    };
    let list = |text: String| {
        answer(
            "200 OK",
            json!({"value": [
                {"comment": text, "createdByDisplayName": "a", "createdDateTime": "2024-09-01T07:20:44.5Z"},
                {"comment": "x", "createdByDisplayName": "a", "createdDateTime": "2024-09-05T07:20:44.5Z"}
            ]}),
        )
    };
    let refused = |text: String| {
        let nested = json!({"error": {"code": "InvalidRequestBody", "message": text, "target": text}}).to_string();
        let inner = json!({"request-id": text, "date": text});
        answer(
            "400 Bad Request",
            json!({"error": {"code": "BadRequest", "message": nested, "innerError": inner}}),
        )
    };
    let sign_in = answer(
        "200 OK",
        json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token}),
    );
    let rest = match place {
        "refused values" => vec![refused(echo("refused values"))],
        "refused comment" => vec![incident("x".to_owned()), refused(echo("refused comment"))],
        "reading" => vec![list("x".to_owned()), incident(echo("reading"))],
        _ => vec![incident(echo("values")), list(echo("comments"))],
    };
    [vec![sign_in], rest].concat()
}
