//! The other modes through Graph, and the asset that chooses it.

use serde_json::{Value, json};

use super::run::{document, go, go_with, sandbox};
use sandbox::{Sandbox, Settings};

#[test]
fn a_dry_run_shows_both_requests() {
    let sandbox = sandbox();
    let document = document(&sandbox, &json!({"status": "Resolved", "tags": ["a"], "comment": "x"}));
    let went = go_with(&sandbox, &document, &["--dry-run"]);
    assert_eq!((went.code, sandbox.connections()), (0, 0), "{}", went.line);
    for text in [
        "/v1.0/security/incidents/552\"",
        "/v1.0/security/incidents/552/comments\"",
        "customTags",
        "resolved",
        "microsoft.graph.security.alertComment",
        "PATCH",
        "POST",
    ] {
        assert!(went.line.contains(text), "{text}: {}", went.line);
    }
    assert!(!went.line.contains("/api/incidents"), "{}", went.line);
}

#[test]
fn a_reading_says_what_of_the_document_is_there() {
    let sandbox = sandbox();
    let body = json!({"status": "Resolved", "determination": "Clean", "tags": ["a"], "comment": "x"});
    let before = go_with(&sandbox, &document(&sandbox, &body), &["--read"]);
    assert_eq!((before.code, before.methods()), (3, vec!["GET"]), "{}", before.line);
    assert_eq!(go(&sandbox, &body).code, 0);
    let after = go_with(&sandbox, &document(&sandbox, &body), &["--read"]);
    assert_eq!((after.code, after.methods()), (0, vec!["GET"]), "{}", after.line);
    assert_eq!(
        (&after.out["json_body"]["incidentId"], &after.out["json_body"]["status"]),
        (&json!(552), &json!("Resolved"))
    );
}

#[test]
fn a_check_looks_for_graphs_permission() {
    let check = |roles: &[&str]| {
        let sandbox = Sandbox::start(Settings {
            graph_roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Settings::default()
        });
        go_with(
            &sandbox,
            &document(&sandbox, &json!({"status": "Resolved"})),
            &["--check"],
        )
    };
    let (has, lacks) = (
        check(&["SecurityIncident.ReadWrite.All"]),
        check(&["Incident.ReadWrite.All", "SecurityIncident.Read.All"]),
    );
    assert_eq!(has.code, 0, "{}", has.line);
    assert_eq!(lacks.code, 1, "{}", lacks.line);
    assert!(lacks.line.contains("SecurityIncident.ReadWrite.All"), "{}", lacks.line);
}

#[test]
fn a_check_knows_the_permission_of_a_user_and_looks_for_the_role() {
    const BUILT_IN_USER: &str = "a0b1b346-4d3e-4e8b-98f8-753987be4970";
    for (roles, has_role) in [
        (vec!["5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"], true),
        (vec![BUILT_IN_USER, "194AE4CB-B126-40B2-BD5B-6391B380977D"], true),
        (vec![BUILT_IN_USER], false),
        (vec![], false),
    ] {
        let sandbox = Sandbox::start(Settings {
            user: Some(("soc@contoso.com".to_owned(), "pass-word-not-real".to_owned())),
            user_roles: roles.iter().map(ToString::to_string).collect(),
            ..Settings::default()
        });
        let mut document = document(&sandbox, &json!({"status": "Resolved", "comment": "x"}));
        let asset = document["asset"].as_object_mut().expect("an object");
        for (name, other) in [("client_id", "oauth_cl_id"), ("client_secret", "oauth_cl_secret")] {
            let value = asset.remove(name).expect("it is there");
            asset.insert(other.to_owned(), value);
        }
        asset.insert("oauth_un".to_owned(), json!("soc@contoso.com"));
        asset.insert("oauth_pwd".to_owned(), json!("pass-word-not-real"));
        let check = go_with(&sandbox, &document, &["--check"]);
        // A role of Defender's own shows in no token, so that its absence is no failure.
        assert_eq!(check.code, 0, "{}", check.line);
        assert_eq!(
            check.help().contains("none of the Entra roles"),
            !has_role,
            "{}",
            check.line
        );
        let shown = check.out["user_roles"].as_array().map(Vec::len);
        assert_eq!(shown, Some(usize::from(has_role)), "{}", check.line);
        assert_eq!(go_with(&sandbox, &document, &[]).code, 0);
    }
}

/// A dry run with this asset, which leads off the machine and so is never sent.
fn dry(asset: &Value) -> (i32, String) {
    let mut whole = json!({"tenant_id": "contoso.example", "client_id": "c", "client_secret": "not a real secret"});
    for (key, value) in asset.as_object().expect("an object") {
        whole[key] = value.clone();
    }
    let document =
        json!({"asset": whole, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved", "comment": "x"}});
    let sandbox = sandbox();
    let went = go_with(&sandbox, &document, &["--dry-run"]);
    assert_eq!(sandbox.connections(), 0);
    (went.code, went.line)
}

#[test]
fn the_cloud_says_where_graph_is() {
    for (cloud, base, login) in [
        (
            "public",
            "https://graph.microsoft.com",
            "https://login.microsoftonline.com",
        ),
        (
            "gcc",
            "https://graph.microsoft.com",
            "https://login.microsoftonline.com",
        ),
        (
            "gcc_high",
            "https://graph.microsoft.us",
            "https://login.microsoftonline.us",
        ),
        (
            "dod",
            "https://dod-graph.microsoft.us",
            "https://login.microsoftonline.us",
        ),
    ] {
        let (code, line) = dry(&json!({"api": "graph", "cloud": cloud}));
        assert_eq!(code, 0, "{line}");
        for text in [
            format!("{base}/v1.0/security/incidents/552"),
            format!("{base}/.default"),
            login.to_owned(),
        ] {
            assert!(line.contains(&text), "{cloud}: {text}: {line}");
        }
    }
    let (code, line) = dry(&json!({"api": "graph"}));
    assert!(
        code == 0 && line.contains("https://graph.microsoft.com/v1.0/"),
        "{line}"
    );
}

#[test]
fn a_host_of_graphs_implies_it_and_a_contradiction_is_refused() {
    for host in ["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us"] {
        let url = format!("https://{host}");
        let (code, line) = dry(&json!({"url": url}));
        assert!(
            code == 0 && line.contains(&format!("{url}/v1.0/security/incidents/552/comments")),
            "{line}"
        );
        let (code, line) = dry(&json!({"url": url, "api": "defender"}));
        assert!(code == 2 && line.contains("/asset/"), "{line}");
    }
    let (code, line) = dry(&json!({"url": "https://api.security.microsoft.com", "api": "graph"}));
    assert!(code == 2 && line.contains("/asset/"), "{line}");
    let (code, line) = dry(&json!({"api": "Graph API"}));
    assert!(code == 2 && line.contains("/asset/api"), "{line}");
    // Whose answer is to be passed through there is none.
    let (code, line) = dry(&json!({"answer": "graph"}));
    assert!(code == 2 && line.contains("/asset/answer"), "{line}");
    let (code, line) = dry(&json!({"api": "defender"}));
    assert!(code == 0 && line.contains("/api/incidents/552"), "{line}");
}
