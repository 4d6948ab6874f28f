//! Where to sign in and what to ask access to, in the spellings that portals, other connectors and Azure itself give out.
//! What can mean one thing alone is taken, with a warning where something is left out. By dry runs: nothing is sent.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use serde_json::{Value, json};
use support::Run;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// What a dry run shows.
struct Shown {
    code: Option<i32>,
    out: Value,
    log: String,
}

impl Shown {
    fn text(&self, at: &str) -> &str {
        let found = self.out.pointer(at).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("{at} in {} {}", self.out, self.log))
    }

    #[track_caller]
    fn assert_wrong(&self, what: &str, at: &str, words: &str) {
        assert_eq!(self.code, Some(2), "{what}: {}", self.out);
        let all = self.out["violations"].as_array().expect("something is wrong");
        let found = all
            .iter()
            .any(|one| one["at"] == at && one["problem"].as_str().is_some_and(|problem| problem.contains(words)));
        assert!(found, "{what}: expected `{words}` at `{at}`, found {}", self.out);
    }
}

/// With these fields on top of a client secret's; null takes one away.
fn show(fields: &Value, env: &[(&str, &str)]) -> Shown {
    let mut asset = json!({"tenant_id": TENANT, "client_id": "c", "client_secret": "secret-not-real"});
    for (name, value) in fields.as_object().expect("fields are an object") {
        asset[name] = value.clone();
    }
    let input = json!({"asset": asset, "path_parameters": {"id": 1}, "json_body": {"status": "Resolved"}});
    let run = Run::with_stdin(input.to_string()).args(&["--dry-run"]);
    let run = env.iter().fold(run, |run, (name, value)| run.env(name, value));
    let ran = run.go().expect("the binary ends by itself");
    assert!(!ran.stderr_text().contains("not-real") && !ran.stdout_text().contains("not-real"));
    Shown {
        code: ran.code,
        out: serde_json::from_str(&ran.one_line().expect("stdout is one line")).expect("stdout is JSON"),
        log: ran.stderr_text(),
    }
}

#[test]
fn what_asks_for_details_of_the_sign_in_counts_for_no_resource() {
    let mtp = "https://security.microsoft.com/mtp/.default";
    for scope in [
        json!(format!("offline_access {mtp}")),
        json!(format!("{mtp} offline_access")),
        json!(["openid", "profile", "email", "offline_access", mtp]),
        json!(format!("  OpenID   {mtp}\n")),
        json!([format!("offline_access {mtp}"), mtp]),
    ] {
        let shown = show(&json!({"scope": scope}), &[]);
        assert!(shown.text("/sign_in/scope").contains(mtp), "{scope}");
        // The endpoint of version 1 and a managed identity take the resource alone.
        let identity = json!({"client_id": null, "client_secret": null, "tenant_id": null, "managed_identity": "system", "scope": scope});
        let shown = show(&identity, &[]);
        assert!(
            shown.out.to_string().contains("https://security.microsoft.com/mtp"),
            "{}",
            shown.out
        );
    }
    let alone = show(&json!({"scope": "openid offline_access"}), &[]);
    alone.assert_wrong("none of a resource", "/asset/scope", "leave `scope` out");
    let two = show(
        &json!({"scope": format!("openid {mtp} https://graph.microsoft.com/.default")}),
        &[],
    );
    two.assert_wrong("two resources", "/asset/scope", "found 2 resources");
}

#[test]
fn the_default_scope_is_of_a_resource_that_entra_id_knows() {
    let public = "https://api.security.microsoft.com/.default";
    for (url, scope, base, warning) in [
        (
            "https://eu.api.security.microsoft.com",
            public,
            "https://eu.api.security.microsoft.com",
            "",
        ),
        (
            "https://us.api.security.microsoft.com/",
            public,
            "https://us.api.security.microsoft.com",
            "",
        ),
        (
            "https://api-uk.security.microsoft.com",
            public,
            "https://api-uk.security.microsoft.com",
            "",
        ),
        (
            "https://api.security.microsoft.com:443",
            public,
            "https://api.security.microsoft.com:443",
            "",
        ),
        ("https://API.security.microsoft.com", public, "", ""),
        (
            "https://api.security.microsoft.com/api",
            public,
            "https://api.security.microsoft.com",
            "left out `/api`",
        ),
        (
            "https://api.security.microsoft.com/API/",
            public,
            "https://api.security.microsoft.com",
            "left out `/api`",
        ),
        (
            "https://api.security.microsoft.com/api/incidents",
            public,
            "https://api.security.microsoft.com",
            "left out `/api/incidents`",
        ),
        (
            "https://eu.api.security.microsoft.com:443/api",
            public,
            "https://eu.api.security.microsoft.com:443",
            "left out `/api`",
        ),
        (
            "https://api-us.securitycenter.microsoft.com",
            "https://api.securitycenter.microsoft.com/.default",
            "",
            "",
        ),
        (
            "https://api-gov.security.microsoft.us/api",
            "https://api-gov.security.microsoft.us/.default",
            "https://api-gov.security.microsoft.us",
            "left out `/api`",
        ),
        (
            "https://gateway.example:8443/defender",
            "https://gateway.example/.default",
            "https://gateway.example:8443/defender",
            "",
        ),
        (
            "https://gateway.example/defender/api",
            "https://gateway.example/.default",
            "https://gateway.example/defender",
            "left out `/api`",
        ),
        ("https://api", "https://api/.default", "https://api", ""),
        (
            "https://gateway.example/my-api",
            "https://gateway.example/.default",
            "https://gateway.example/my-api",
            "",
        ),
    ] {
        let shown = show(&json!({"url": url}), &[]);
        assert_eq!(shown.text("/sign_in/scope"), scope, "{url}");
        if !base.is_empty() {
            assert_eq!(shown.text("/write/url"), format!("{base}/api/incidents/1"), "{url}");
        }
        assert_eq!(shown.log.is_empty(), warning.is_empty(), "{url}: {}", shown.log);
        assert!(shown.log.contains(warning), "{url}: {}", shown.log);
    }
}

#[test]
fn a_tenant_at_the_end_of_an_authority_is_the_tenant() {
    let login = "https://login.microsoftonline.com";
    let usual = format!("{login}/{TENANT}/oauth2/v2.0/token");
    for url in [
        format!("{login}/{TENANT}"),
        format!("{login}/{TENANT}/"),
        format!("{login}/{}", TENANT.to_uppercase()),
        format!("{login}/{TENANT}/v2.0"),
        format!("{login}/common"),
        format!("{login}/organizations/"),
    ] {
        let shown = show(&json!({"login_url": url}), &[]);
        assert_eq!(shown.text("/sign_in/url"), usual, "{url}");
        assert!(shown.log.contains("`login_url`: left out `/"), "{url}: {}", shown.log);
        let shown = show(&json!({}), &[("AZURE_AUTHORITY_HOST", &url)]);
        assert_eq!(shown.text("/sign_in/url"), usual, "{url}");
        assert!(
            shown.log.contains("`AZURE_AUTHORITY_HOST`: left out `/"),
            "{url}: {}",
            shown.log
        );
    }
    // The tenant may stand there alone.
    let alone = json!({"login_url": format!("{login}/contoso.onmicrosoft.com"), "tenant_id": null});
    let shown = show(&alone, &[]);
    assert_eq!(
        shown.text("/sign_in/url"),
        format!("{login}/contoso.onmicrosoft.com/oauth2/v2.0/token")
    );
    assert!(shown.log.contains("taken from the end of `login_url`"), "{}", shown.log);
    // A gateway's path is its own, but for a tenant at its end.
    let gateway = show(&json!({"login_url": "https://gateway.example/entra"}), &[]);
    assert_eq!(
        gateway.text("/sign_in/url"),
        format!("https://gateway.example/entra/{TENANT}/oauth2/v2.0/token")
    );
    let gateway = show(
        &json!({"login_url": format!("https://gateway.example/entra/{TENANT}")}),
        &[],
    );
    assert_eq!(
        gateway.text("/sign_in/url"),
        format!("https://gateway.example/entra/{TENANT}/oauth2/v2.0/token")
    );
    for (url, words) in [
        (format!("{login}/another.example"), "not the tenant of `tenant_id`"),
        (format!("{login}/{TENANT}/oauth2/v2.0/token"), "set `token_url`"),
        (format!("{login}/{TENANT}/oauth2/v2.0/authorize"), "set `token_url`"),
        (format!("{login}/{TENANT}/oauth2/token"), "set `token_url`"),
        (format!("{login}?x=1"), "such as `https://login.microsoftonline.com`"),
    ] {
        show(&json!({"login_url": url}), &[]).assert_wrong(&url, "/asset/login_url", words);
    }
}

#[test]
fn a_version_behind_a_token_endpoint_is_left_out() {
    let v1 = "https://login.microsoftonline.com/t/oauth2/token";
    for (query, warned) in [
        ("?api-version=1.0", true),
        ("?api-version=1.0&", true),
        ("?", false),
        ("?&", true),
        ("?api-version", true),
    ] {
        let shown = show(&json!({"token_url": format!("{v1}{query}"), "tenant_id": null}), &[]);
        assert_eq!(shown.text("/sign_in/url"), v1, "{query}");
        assert_eq!(shown.log.contains("left out"), warned, "{query}: {}", shown.log);
    }
    for query in ["?p=b2c_1_policy", "?api-version=1.0&p=x", "?API=1"] {
        let shown = show(&json!({"token_url": format!("{v1}{query}")}), &[]);
        shown.assert_wrong(query, "/asset/token_url", "/oauth2/v2.0/token`, found a query");
    }
}

#[test]
fn the_platforms_identity_service_may_be_on_a_private_address() {
    let identity = json!({"client_id": null, "client_secret": null, "tenant_id": null, "managed_identity": "system"});
    for (host, taken) in [
        ("172.16.5.3:8081", true),
        ("10.0.0.4", true),
        ("192.168.0.2:41234", true),
        ("[fd12::3]:8081", true),
        ("169.254.255.2:8081", true),
        ("127.0.0.1:41000", true),
        ("172.32.0.1:8081", false),
        ("20.1.2.3", false),
        ("identity.example", false),
    ] {
        let endpoint = format!("http://{host}/msi/token");
        let env = [
            ("IDENTITY_ENDPOINT", endpoint.as_str()),
            ("IDENTITY_HEADER", "header-not-real"),
        ];
        let shown = show(&identity, &env);
        if taken {
            assert!(
                shown.text("/sign_in/url").starts_with(&endpoint),
                "{endpoint}: {}",
                shown.out
            );
        } else {
            shown.assert_wrong(host, "", "`IDENTITY_ENDPOINT`: expected https, found plain http");
        }
    }
    // What the asset names stays as strict as it was.
    let elsewhere = show(&json!({"login_url": "http://172.16.5.3:8081"}), &[]);
    elsewhere.assert_wrong("login_url", "/asset/login_url", "loopback address alone");
}
