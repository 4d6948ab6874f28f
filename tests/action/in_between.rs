//! Real programs between this one and Defender that answer in its place: a proxy that inspects TLS and blocks, a gateway that
//! keeps answers.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::time::{Duration, Instant};

use sandbox::{Fault, Leg, Sandbox, Settings, Tls};
use serde_json::{Value, json};
use support::Run;
use support::outcome::{Outcome, with};
use support::tools::{Daemon, TempFolder, free_port, program, skipped};

/// Adds a comment to incident 552, with these fields of the asset.
fn comment(sandbox: &Sandbox, fields: Value) -> Outcome {
    let usual = json!({
        "url": sandbox.origin(),
        "access_token": sandbox.issue_token(),
        "retry_wait_secs": 0.01,
        "settle_secs": 0.2,
        "timeout_secs": 10,
    });
    let asset = with(usual, &fields);
    let input = json!({"asset": asset, "path_parameters": {"id": 552},
                       "json_body": {"status": "Resolved", "comment": "closed by playbook 7"}});
    Run::with_stdin(input.to_string()).env("RUST_LOG", "info").outcome(&[])
}

fn comments(sandbox: &Sandbox) -> usize {
    let incident = sandbox.incident(552).expect("the sandbox has it");
    let comments = incident["comments"].as_array().expect("it has comments");
    comments
        .iter()
        .filter(|comment| comment["comment"] == "closed by playbook 7")
        .count()
}

/// mitmproxy with a rule of its own, and the file of the CA by which it reads along.
struct Inspector {
    _daemon: Daemon,
    folder: TempFolder,
    port: u16,
}

impl Inspector {
    /// `rule` is the body of a function over a `flow`, in Python. Nothing where mitmproxy is not installed.
    #[allow(clippy::disallowed_methods, reason = "a test's own setting")]
    fn start(sandbox: &Sandbox, rule: &str) -> Option<Self> {
        let program = std::env::var_os("MITMDUMP")?;
        let port = free_port();
        let folder = TempFolder::new(&format!("mitmproxy-{port}"));
        let upstream = folder.file("upstream.pem", sandbox.ca_pem().expect("it speaks TLS"));
        let addon = folder.file(
            "rule.py",
            &format!(
                "from mitmproxy import http\n\ndef request(flow):\n    method = flow.request.method\n    {rule}\n"
            ),
        );
        let arguments = [
            "--listen-host",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-s",
            &addon,
            "--set",
            &format!("confdir={}", folder.path()),
            "--set",
            &format!("ssl_verify_upstream_trusted_ca={upstream}"),
            "--set",
            "connection_strategy=lazy",
        ]
        .map(str::to_owned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let daemon = Daemon::start(program.as_ref(), &arguments, port);
        Some(Self {
            _daemon: daemon,
            folder,
            port,
        })
    }

    fn asset(&self) -> Value {
        let ca = format!("{}/mitmproxy-ca-cert.pem", self.folder.path());
        let patience = Instant::now() + Duration::from_secs(10);
        while !std::path::Path::new(&ca).exists() {
            assert!(Instant::now() < patience, "it makes a CA at its start");
            std::thread::sleep(Duration::from_millis(20));
        }
        json!({"http_proxy": format!("http://127.0.0.1:{}", self.port), "ca_certificate_path": ca})
    }
}

const PAGE: &str = r#"flow.response = http.Response.make(STATUS, "<html><head><title>Access blocked by policy</title></head><body>Ask IT.</body></html>", {"Content-Type": "text/html"})"#;

fn page(when: &str, status: u16) -> String {
    format!("if {when}: {}", PAGE.replace("STATUS", &status.to_string()))
}

fn start() -> Sandbox {
    Sandbox::start(Settings {
        tls: Some(Tls::Good),
        answer_ids: true,
        ..Settings::default()
    })
}

#[test]
fn a_block_page_of_a_real_proxy_is_no_success() {
    let everything = "True";
    let writes = "method == 'PATCH'";
    // What is blocked, the page's status, what comes of it: exit code, name, update.
    let rows = [
        (writes, 200, 1, "NotDefender", "not_applied"),
        (everything, 200, 4, "NotDefender", "unknown"),
        (writes, 403, 1, "Forbidden", "not_applied"),
        (everything, 403, 1, "Forbidden", "not_applied"),
        (writes, 503, 3, "ServerError", "not_applied"),
        (everything, 503, 4, "ServerError", "unknown"),
    ];
    for (when, status, code, name, update) in rows {
        let sandbox = start();
        let Some(inspector) = Inspector::start(&sandbox, &page(when, status)) else {
            return skipped("MITMDUMP names no mitmproxy");
        };
        let Outcome {
            code: found, out, log, ..
        } = comment(&sandbox, inspector.asset());
        let what = format!("{status} where {when}: {out}\n{log}");
        assert_eq!(
            (found, &out["name"], &out["update"]),
            (code, &json!(name), &json!(update)),
            "{what}"
        );
        let message = out["message"].as_str().unwrap_or_default();
        assert!(message.contains("Access blocked by policy"), "{what}");
        assert_eq!(comments(&sandbox), 0, "{what}");
    }
}

#[test]
fn a_block_page_after_the_write_is_found_out() {
    let sandbox = start();
    // The update goes through, and its answer is replaced.
    let rule = format!(
        "pass\n\ndef response(flow):\n    {}",
        page("flow.request.method == 'PATCH'", 200)
    );
    let Some(inspector) = Inspector::start(&sandbox, &rule) else {
        return skipped("MITMDUMP names no mitmproxy");
    };
    let Outcome { code, out, log, .. } = comment(&sandbox, inspector.asset());
    assert_eq!(
        (code, &out["recovered"]["by"]),
        (0, &json!("read_back")),
        "{out}\n{log}"
    );
    assert_eq!(comments(&sandbox), 1);
}

#[test]
fn a_real_gateway_that_keeps_readings_proves_no_absence() {
    let Some(nginx) = program("nginx") else {
        return skipped("nginx is not installed");
    };
    // Whether the lost write was applied, and whether the gateway says that it had the answer.
    for (applied, says_so) in [(true, false), (true, true), (false, false), (false, true)] {
        let sandbox = Sandbox::start(Settings {
            answer_ids: true,
            ..Settings::default()
        });
        let port = free_port();
        let folder = TempFolder::new(&format!("nginx-cache-{port}"));
        let told = if says_so {
            "add_header X-Cache-Status $upstream_cache_status;"
        } else {
            ""
        };
        let config = folder.file(
            "nginx.conf",
            &format!(
                "daemon off; pid {0}/pid; error_log {0}/error.log;\nevents {{}}\nhttp {{ access_log off;\n\
                 client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;\n\
                 proxy_cache_path {0}/cache keys_zone=kept:1m;\n\
                 server {{ listen 127.0.0.1:{port};\n\
                 location / {{ proxy_pass {1}; proxy_http_version 1.1; proxy_cache kept; proxy_cache_valid 200 60s;\n\
                 proxy_ignore_headers Cache-Control Expires; {told} }} }} }}\n",
                folder.path(),
                sandbox.origin(),
            ),
        );
        let _daemon = Daemon::start(&nginx, &["-c", &config, "-p", folder.path()], port);
        let gate = json!({"url": format!("http://127.0.0.1:{port}")});
        // Somebody reads the incident just before: the gateway now has it as it was.
        let input = json!({"asset": {"url": gate["url"], "access_token": sandbox.issue_token()},
                           "path_parameters": {"id": 552}, "json_body": {"comment": "closed by playbook 7"}});
        let read = Run::with_stdin(input.to_string())
            .args(&["--read"])
            .go()
            .expect("it ends");
        assert_eq!(read.code, Some(3), "{}", read.stderr_text());
        let fault = if applied {
            Fault::CloseAfterChange
        } else {
            Fault::CloseBeforeRead
        };
        sandbox.fault(Leg::Patch, fault);
        let Outcome { code, out, log, .. } = comment(&sandbox, gate);
        let what = format!("applied {applied}, says so {says_so}: {out}\n{log}");
        assert_eq!(
            (code, &out["update"], &out["writes"]),
            (4, &json!("unknown"), &json!(1)),
            "{what}"
        );
        assert_eq!(comments(&sandbox), usize::from(applied), "{what}");
        assert!(
            sandbox
                .requests()
                .iter()
                .filter(|request| request.method == "GET")
                .count()
                <= 2,
            "{what}"
        );
    }
}
