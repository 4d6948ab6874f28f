//! The MCP server of `deploy/mcp`, by the official client and by the Inspector, with the real program behind it.
//!
//! `.ci/platform-tools` installs all three into `target/platforms/mcp`; without them the tests say SKIPPED.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};

/// A file of the platform's folder, where `.ci/platform-tools` could install it.
fn tool(path: &str) -> Option<PathBuf> {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/platforms/mcp")
        .join(path);
    if tool.exists() {
        return Some(tool);
    }
    let told = writeln!(
        std::io::stderr(),
        "SKIPPED: no {}; .ci/platform-tools installs it",
        tool.display()
    );
    told.expect("a line");
    None
}

/// A host: the server, and a file with the asset that only the server is told of.
struct Host {
    server: PathBuf,
    python: PathBuf,
    asset: PathBuf,
    secret: String,
}

impl Host {
    fn of(sandbox: &Sandbox, name: &str) -> Option<Self> {
        let (server, python) = (tool("bin/defender-update-incident-mcp")?, tool("bin/python")?);
        let mut asset = sandbox.asset();
        asset["retry_wait_secs"] = json!(0);
        asset["settle_secs"] = json!(0);
        let path = std::env::temp_dir().join(format!("defender-update-incident-mcp-{name}-{}", std::process::id()));
        std::fs::write(&path, asset.to_string()).expect("the folder for temporary files takes one");
        Some(Self {
            server,
            python,
            asset: path,
            secret: sandbox.settings().client_secret.clone(),
        })
    }

    /// What the official client got for these steps, by one way of shaking hands.
    fn answers(&self, mode: &str, steps: &Value) -> Vec<Value> {
        let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runners/mcp/client.py");
        let mut child = Command::new(&self.python)
            .arg(client)
            .arg(&self.server)
            .env("DEFENDER_ASSET_FILE", &self.asset)
            .env("MODE", mode)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all(steps.to_string().as_bytes()).expect("the client reads");
        drop(stdin);
        let output = child.wait_with_output().expect("the client ends");
        self.shows_nothing_secret(&output);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!(
                "{error}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    fn answer(&self, step: Value) -> Value {
        self.answers("auto", &json!([step])).remove(0)
    }

    /// Neither the credential nor where the asset points to.
    fn shows_nothing_secret(&self, output: &Output) {
        for stream in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(stream);
            assert!(!text.contains(&self.secret), "the secret is shown: {text}");
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        std::fs::remove_file(&self.asset).ok();
    }
}

fn update(arguments: Value) -> Value {
    json!({"call": "update_incident", "arguments": arguments})
}

fn resolve(comment: &str) -> Value {
    json!({"path_parameters": {"id": 552}, "json_body": {"status": "Resolved", "comment": comment}})
}

fn sent(sandbox: &Sandbox) -> usize {
    sandbox
        .requests()
        .iter()
        .filter(|request| request.method == "PATCH")
        .count()
}

/// The answer to a call, which hosts read in one of two places.
fn content(answer: &Value) -> &Value {
    let text = answer["content"][0]["text"].as_str().expect("there is a text");
    let parsed: Value = serde_json::from_str(text).expect("the text is JSON");
    assert_eq!(parsed, answer["structuredContent"], "both say the same");
    &answer["structuredContent"]
}

#[test]
fn the_tools_offer_what_the_programs_schema_has_but_for_the_asset() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "list") else {
        return;
    };
    for mode in ["auto", "legacy"] {
        let tools = host.answers(mode, &json!([{"list": true}])).remove(0);
        let (update, check) = (&tools[0], &tools[1]);
        assert_eq!(
            (&update["name"], &check["name"]),
            (&json!("update_incident"), &json!("check")),
            "{mode}"
        );

        let program: Value =
            serde_json::from_str(include_str!("../../schemas/update_incident.input.json")).expect("JSON");
        let names = |schema: &Value| -> Vec<String> {
            let properties = schema["properties"].as_object().expect("there are properties");
            properties.keys().filter(|name| *name != "asset").cloned().collect()
        };
        let mut expected = names(&program);
        expected.push("dry_run".to_owned());
        let schema = &update["inputSchema"];
        assert_eq!(names(schema), expected);
        assert_eq!(schema["$defs"]["JsonBody"], program["$defs"]["JsonBody"]);
        jsonschema::validator_for(schema).expect("it is a schema");

        // Not one field of the asset is named anywhere in what a model reads.
        let shown = tools.to_string();
        for field in program["$defs"]["AssetInput"]["properties"]
            .as_object()
            .expect("there are fields")
            .keys()
        {
            assert!(!shown.contains(&format!("\"{field}\"")), "{field}");
        }
        assert_eq!(
            update["annotations"],
            json!({"readOnlyHint": false, "destructiveHint": true, "idempotentHint": false, "openWorldHint": true})
        );
        assert_eq!(check["annotations"]["readOnlyHint"], json!(true));
        assert_eq!(check["inputSchema"]["properties"], json!({}));
    }
    assert_eq!(sandbox.connections(), 0);
}

#[test]
fn an_update_is_applied_and_told_without_its_alerts() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "applied") else {
        return;
    };
    let answer = host.answer(update(resolve("by a model: $(id) `x` é")));
    let told = content(&answer);
    assert_eq!(answer["isError"], json!(false), "{answer}");
    assert_eq!((&told["update"], &told["exit_code"]), (&json!("applied"), &json!(0)));
    assert_eq!(told["incident"]["status"], json!("Resolved"));
    assert!(told["incident"].get("alerts").is_none());
    assert_eq!(told["alerts_left_out"], json!(1));
    let incident = sandbox.incident(552).expect("it is there");
    assert_eq!(incident["comments"][0]["comment"], json!("by a model: $(id) `x` é"));
}

#[test]
fn a_refusal_is_an_error_that_says_how_to_correct_it() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "refused") else {
        return;
    };
    let wrong = json!({"path_parameters": {"id": 552}, "json_body": {"status": "resolved"}});
    let dry = json!({"path_parameters": {"id": 552}, "json_body": {"status": "resolved"}, "dry_run": true});
    for answer in host.answers("auto", &json!([update(wrong), update(dry)])) {
        let told = content(&answer);
        assert_eq!(answer["isError"], json!(true));
        assert_eq!(
            (&told["update"], &told["exit_code"]),
            (&json!("not_applied"), &json!(2))
        );
        let message = told["message"].as_str().expect("a text");
        assert!(message.contains("did you mean `Resolved`?"), "{told}");
    }
    assert_eq!(sandbox.connections(), 0);

    sandbox.fault(
        Leg::Patch,
        Fault::Status {
            code: 403,
            change: false,
            headers: Vec::new(),
            body: String::new(),
        },
    );
    let answer = host.answer(update(resolve("never")));
    let told = content(&answer);
    assert_eq!(
        (&answer["isError"], &told["name"], &told["update"]),
        (&json!(true), &json!("Forbidden"), &json!("not_applied"))
    );
}

/// Through Graph an update is two requests, and the second can fail alone.
#[test]
fn a_model_is_told_which_half_of_an_update_is_there() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "half") else {
        return;
    };
    let asset = std::fs::read_to_string(&host.asset).expect("it was written");
    let mut asset: Value = serde_json::from_str(&asset).expect("it is JSON");
    asset["api"] = json!("graph");
    asset["scope"] = json!(sandbox.settings().graph_scope);
    std::fs::write(&host.asset, asset.to_string()).expect("the file takes it");
    sandbox.fault(
        Leg::Comment,
        Fault::Status {
            code: 429,
            change: false,
            headers: vec![("Retry-After".to_owned(), "600".to_owned())],
            body: String::new(),
        },
    );
    let answer = host.answer(update(resolve("by Graph")));
    let told = content(&answer);
    assert_eq!(
        (&answer["isError"], &told["update"], &told["retry_after_secs"]),
        (&json!(true), &json!("partly_applied"), &json!(600)),
        "{answer}"
    );
    assert_eq!(told["parts"], json!({"values": "applied", "comment": "not_applied"}));
}

#[test]
fn a_model_cannot_choose_who_signs_in_or_where() {
    let sandbox = Sandbox::start(Settings::default());
    let elsewhere = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "asset") else {
        return;
    };
    let asset = json!({"url": elsewhere.origin(), "login_url": elsewhere.origin(), "tenant_id": "t", "client_id": "c", "client_secret": "s"});
    let message =
        json!({"action": "update_incident", "input": {"incident_id": 552, "status": "Resolved"}, "connection": asset});
    let mut steps = vec![json!({"call": "check", "arguments": {"asset": asset}})];
    for extra in [
        json!({"asset": asset}),
        json!({"asset": null}),
        json!({"url": elsewhere.origin()}),
        json!({"login_url": elsewhere.origin()}),
        json!({"type": "action_start", "version": "v1", "body": message}),
    ] {
        let more = extra.as_object().expect("an object").clone();
        let mut arguments = resolve("never");
        arguments.as_object_mut().expect("an object").extend(more);
        steps.extend([update(arguments), update(extra)]);
    }
    let steps = Value::Array(steps);
    let answers = host.answers("auto", &steps);
    assert_eq!(answers.len(), 11);
    for answer in answers {
        assert_eq!(answer["isError"], json!(true), "{answer}");
        assert_eq!(content(&answer)["name"], json!("InvalidInput"), "{answer}");
    }
    assert_eq!((sandbox.connections(), elsewhere.connections()), (0, 0));
}

#[test]
fn a_dry_run_sends_nothing_and_only_true_is_one() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "dry") else {
        return;
    };
    let mut arguments = resolve("looked at");
    arguments["dry_run"] = json!(true);
    let answer = host.answer(update(arguments.clone()));
    let told = content(&answer);
    assert_eq!(answer["isError"], json!(false));
    assert_eq!(told["path_parameters"]["id"], json!(552));
    assert_eq!(
        told["would_send"]["body"],
        json!({"status": "Resolved", "comment": "looked at"})
    );
    assert!(!answer.to_string().contains(&sandbox.origin()), "{answer}");
    let steps = [json!("false"), json!(1), json!(null)].map(|not_a_choice| {
        arguments["dry_run"] = not_a_choice;
        update(arguments.clone())
    });
    for answer in host.answers("auto", &json!(steps)) {
        assert_eq!(answer["isError"], json!(true), "{answer}");
    }
    assert_eq!(sandbox.connections(), 0);
}

#[test]
fn check_says_whether_incidents_may_be_updated() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "check") else {
        return;
    };
    let answer = host.answer(json!({"call": "check"}));
    let told = content(&answer);
    assert_eq!(
        (&answer["isError"], &told["may_update_incidents"]),
        (&json!(false), &json!(true))
    );
    assert!(told.get("scope").is_none() && told.get("audience").is_none(), "{told}");
    assert_eq!(sent(&sandbox), 0);

    let powerless = Sandbox::start(Settings {
        roles: Vec::new(),
        ..Settings::default()
    });
    let host = Host::of(&powerless, "powerless").expect("it was there before");
    assert_eq!(host.answer(json!({"call": "check"}))["isError"], json!(true));

    // What is wrong with the asset's file is told without what is in it.
    std::fs::write(&host.asset, format!("[\"{}\"]", host.secret)).expect("the file takes it");
    let answer = host.answer(json!({"call": "check"}));
    assert!(
        answer.to_string().contains("expected one JSON object in the file"),
        "{answer}"
    );
}

#[test]
fn a_call_that_is_taken_back_leaves_no_run_behind() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "cancel") else {
        return;
    };
    sandbox.fault(Leg::Patch, Fault::HangAfterChange);
    let mut gives_up = update(resolve("under way"));
    gives_up["give_up_after"] = json!(1.5);
    // A write in flight gets 5 s; without being asked to end the program would wait for all of its 100 s.
    let answers = host.answers("auto", &json!([gives_up, {"idle_within": 15}, {"call": "check"}]));
    assert_eq!(answers[0], json!({"gave_up": true}));
    assert_eq!(answers[1], json!({"running_before": true, "idle": true}));
    assert_eq!(answers[2]["isError"], json!(false), "{}", answers[2]);
    assert_eq!(sent(&sandbox), 1, "not repeated");
}

#[test]
fn a_server_that_is_asked_to_end_tells_first_what_became_of_the_write() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(host) = Host::of(&sandbox, "sigterm") else {
        return;
    };
    sandbox.fault(Leg::Patch, Fault::Delay(Duration::from_secs(3)));
    let mut asked = update(resolve("in flight"));
    asked["terminate"] = json!(1.5);
    let answer = host.answer(asked);
    assert_eq!(content(&answer)["update"], json!("applied"), "{answer}");
    assert_eq!(sent(&sandbox), 1);
}

#[test]
fn the_inspector_lists_and_calls_the_tools() {
    let sandbox = Sandbox::start(Settings::default());
    let (Some(host), Some(node), Some(inspector)) = (
        Host::of(&sandbox, "inspector"),
        tool("npm/node_modules/node/bin/node"),
        tool("npm/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
    ) else {
        return;
    };
    let inspect = |arguments: &[&str]| -> Value {
        let output = Command::new(&node)
            .arg(&inspector)
            .args(["--cli", "-e"])
            .arg(format!("DEFENDER_ASSET_FILE={}", host.asset.display()))
            .arg(&host.server)
            .args(arguments)
            .output()
            .expect("the Inspector starts");
        host.shows_nothing_secret(&output);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!(
                "{error}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        })
    };
    let tools = inspect(&["--method", "tools/list"]);
    assert_eq!(tools["tools"][0]["name"], json!("update_incident"), "{tools}");
    let call = |body: &str| {
        let body = format!("json_body={body}");
        let fixed = ["--method", "tools/call", "--tool-name", "update_incident", "--tool-arg"];
        inspect(&[&fixed[..], &[r#"path_parameters={"id":552}"#, &body]].concat())
    };
    let refused = call(r#"{"status":"resolved"}"#);
    assert_eq!(refused["isError"], json!(true), "{refused}");
    assert!(refused.to_string().contains("did you mean `Resolved`?"));
    assert_eq!(sent(&sandbox), 0);
    let applied = call(r#"{"status":"Resolved"}"#);
    assert_eq!(applied["structuredContent"]["update"], json!("applied"), "{applied}");
    assert_eq!(sandbox.incident(552).expect("it is there")["status"], json!("Resolved"));
}

#[test]
fn the_servers_package_is_of_this_version() {
    let package = include_str!("../../deploy/mcp/pyproject.toml");
    let version = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
    assert!(package.lines().any(|line| line == version), "{version}");
}
