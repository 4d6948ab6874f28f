//! Addresses as portals show them and people paste them: what can mean one thing alone is taken, with a warning where something
//! was left out; what is another thing is refused in words that say which. What would be sent is looked at; nothing is.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use serde_json::{Value, json};
use support::Run;

const TENANT: &str = "00000000-0000-0000-0000-000000000001";

struct Shown {
    code: Option<i32>,
    out: Value,
    log: String,
}

fn show(fields: &Value) -> Shown {
    let mut asset = json!({
        "tenant_id": TENANT,
        "client_id": "00000000-0000-0000-0000-000000000002",
        "client_secret": "secret-not-real",
    });
    for (name, value) in fields.as_object().expect("fields are an object") {
        asset[name] = value.clone();
    }
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"comment": "closed"}});
    let ran = Run::with_stdin(input.to_string()).args(&["--dry-run"]).go();
    let ran = ran.expect("the binary ends by itself");
    Shown {
        code: ran.code,
        out: serde_json::from_str(&ran.one_line().expect("stdout is one line")).expect("stdout is JSON"),
        log: ran.stderr_text(),
    }
}

#[track_caller]
fn assert_refused(field: &str, address: &str, words: &str) {
    let shown = show(&json!({field: address}));
    assert_eq!(shown.code, Some(2), "{field} {address}: {}", shown.out);
    let problem = shown.out["violations"][0]["problem"].as_str().unwrap_or_default();
    assert!(
        problem.contains(words),
        "{field} {address}: expected `{words}`, found {problem}"
    );
    assert_eq!(shown.out["violations"][0]["at"], format!("/asset/{field}"), "{address}");
}

#[test]
fn the_apis_address_is_taken_in_every_shape() {
    const API: &str = "https://api.security.microsoft.com/.default";
    for (url, base, scope, warning) in [
        (
            "https://eu.api.security.microsoft.com",
            "https://eu.api.security.microsoft.com",
            API,
            "",
        ),
        (
            "https://us3.api.security.microsoft.com",
            "https://us3.api.security.microsoft.com",
            API,
            "",
        ),
        (
            "https://api-eu.security.microsoft.com:443",
            "https://api-eu.security.microsoft.com:443",
            API,
            "",
        ),
        (
            "https://API.Security.Microsoft.com",
            "https://API.Security.Microsoft.com",
            API,
            "",
        ),
        (
            "https://api.security.microsoft.com.",
            "https://api.security.microsoft.com.",
            API,
            "",
        ),
        (
            "https://api.security.microsoft.com/",
            "https://api.security.microsoft.com",
            API,
            "",
        ),
        (
            "https://api.security.microsoft.com/api",
            "https://api.security.microsoft.com",
            API,
            "left out `/api`",
        ),
        (
            "https://api.security.microsoft.com//api/",
            "https://api.security.microsoft.com",
            API,
            "left out `/api`",
        ),
        (
            "https://api.security.microsoft.com/api/incidents",
            "https://api.security.microsoft.com",
            API,
            "left out `/api/incidents`",
        ),
        (
            "https://api.security.microsoft.com/api/incidents/552/",
            "https://api.security.microsoft.com",
            API,
            "left out `/api/incidents/552`",
        ),
        (
            "https://api.securitycenter.microsoft.com",
            "https://api.securitycenter.microsoft.com",
            "https://api.securitycenter.microsoft.com/.default",
            "",
        ),
        (
            "https://api-gov.security.microsoft.us:443/api",
            "https://api-gov.security.microsoft.us:443",
            "https://api-gov.security.microsoft.us/.default",
            "left out `/api`",
        ),
        (
            "https://gateway.corp.example:8443/defender/api",
            "https://gateway.corp.example:8443/defender",
            "https://gateway.corp.example/.default",
            "left out `/api`",
        ),
        (
            "https://api.security.microsoft.com.example.org",
            "https://api.security.microsoft.com.example.org",
            "https://api.security.microsoft.com.example.org/.default",
            "",
        ),
    ] {
        let shown = show(&json!({"url": url}));
        assert_eq!(shown.code, Some(0), "{url}: {}", shown.out);
        assert_eq!(shown.out["write"]["url"], format!("{base}/api/incidents/552"), "{url}");
        let form = &shown.out["sign_in"];
        assert!(
            form.to_string().contains(&format!("\"scope\":\"{scope}\"")),
            "{url}: {form}"
        );
        assert_eq!(warning.is_empty(), shown.log.is_empty(), "{url}: {}", shown.log);
        assert!(shown.log.contains(warning), "{url}: {}", shown.log);
    }
}

#[test]
fn what_is_no_address_of_the_api_is_refused() {
    for (url, words) in [
        ("api.security.microsoft.com", "found no `https://` in front"),
        ("https://security.microsoft.com", "found the portal's"),
        ("https://security.microsoft.com/incidents", "found the portal's"),
        ("https://security.microsoft.us", "found the portal's"),
        (
            "https://api.security.microsoft.com?x=1",
            "found a query (`?`); leave out what begins there",
        ),
        (
            "https://api.security.microsoft.com/#x",
            "found a fragment (`#`); leave out what begins there",
        ),
        ("http://api.security.microsoft.com", "found plain http"),
        ("https://api.security.microsoft.com:84443", "port"),
        ("https://api.security.microsoft.com:", "port"),
        ("https://api.security.microsoft.com/../x", "in the path"),
        ("https://{{host}}", "placeholder"),
    ] {
        assert_refused("url", url, words);
    }
}

#[test]
fn an_authority_is_taken_in_every_shape() {
    let endpoint = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token");
    let login = "https://login.microsoftonline.com";
    for (field, address, asked, warns) in [
        ("login_url", login.to_owned(), endpoint.clone(), false),
        ("login_url", format!("{login}/"), endpoint.clone(), false),
        ("login_url", format!("{login}/{TENANT}"), endpoint.clone(), true),
        ("login_url", format!("{login}/{TENANT}/"), endpoint.clone(), true),
        ("login_url", format!("{login}/{TENANT}/v2.0"), endpoint.clone(), true),
        ("login_url", format!("{login}/common"), endpoint.clone(), true),
        ("token_url", endpoint.clone(), endpoint.clone(), false),
        ("token_url", format!("{endpoint}?"), endpoint.clone(), false),
        (
            "token_url",
            format!("{endpoint}?api-version=1.0"),
            endpoint.clone(),
            true,
        ),
        (
            "token_url",
            format!("{login}/{TENANT}/oauth2/token?api-version=1.0"),
            format!("{login}/{TENANT}/oauth2/token"),
            true,
        ),
        (
            "login_url",
            "https://adfs.corp.example/adfs".to_owned(),
            format!("https://adfs.corp.example/adfs/{TENANT}/oauth2/v2.0/token"),
            false,
        ),
    ] {
        let shown = show(&json!({field: address}));
        assert_eq!(shown.code, Some(0), "{field} {address}: {}", shown.out);
        assert_eq!(shown.out["sign_in"]["url"], asked, "{field} {address}: {}", shown.out);
        assert_eq!(
            warns,
            shown.log.contains("left out"),
            "{field} {address}: {}",
            shown.log
        );
    }
}

#[test]
fn what_is_no_authority_is_refused_with_an_example_of_its_own_kind() {
    let login = "https://login.microsoftonline.com";
    for (field, address, words) in [
        (
            "login_url",
            format!("{login}/33333333-0000-0000-0000-000000000001"),
            "not the tenant of `tenant_id`",
        ),
        (
            "login_url",
            format!("{login}/contoso.onmicrosoft.com"),
            "not the tenant of `tenant_id`",
        ),
        (
            "login_url",
            format!("{login}/{TENANT}/oauth2/v2.0/token"),
            "set `token_url` to it instead",
        ),
        (
            "login_url",
            format!("{login}/{TENANT}/oauth2/v2.0/authorize"),
            "set `token_url` to it instead",
        ),
        (
            "login_url",
            "login.microsoftonline.com".to_owned(),
            "such as `https://login.microsoftonline.com`, found no `https://`",
        ),
        ("login_url", format!("{login}/?x=1"), "found a query"),
        ("token_url", format!("{login}/"), "found a host alone"),
        (
            "token_url",
            login.to_owned(),
            "such as `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`",
        ),
        (
            "token_url",
            format!("{login}/{TENANT}/oauth2/v2.0/token#x"),
            "found a fragment",
        ),
        (
            "token_url",
            format!("{login}/{TENANT}/oauth2/v2.0/token?client_secret=secret-not-real"),
            "found a query",
        ),
        ("token_url", "http://login.example/token".to_owned(), "found plain http"),
    ] {
        assert_refused(field, &address, words);
        let shown = show(&json!({field: address}));
        assert!(!shown.out.to_string().contains("secret-not-real"), "{}", shown.out);
    }
}
