//! The line and the code of `docs/n8n.md`: as n8n would run them, an expression's value pasted in, the line by a shell, the code by
//! Node; and by n8n itself where `.ci/platform-tools` could install it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a run that cannot be made ends its test; the environment says where tools are"
)]

use std::path::Path;
use std::process::{Command, Output};

use crate::engines::{Folder, asset, copies, on_path, skipped, source, text, updates};
use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};

/// The page's code to make the document, its line, and its code to read the answer.
fn page() -> [String; 3] {
    let page = std::fs::read_to_string(source("docs/n8n.md")).expect("it is there");
    let blocks = |language: &str| -> Vec<String> {
        let parts = page.split("```").skip(1).step_by(2);
        parts
            .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n').map(str::to_owned))
            .collect()
    };
    let [make, read] = <[String; 2]>::try_from(blocks("js")).expect("two pieces of code");
    let [line] = <[String; 1]>::try_from(blocks("sh")).expect("one line");
    [make, line, read]
}

/// What a *Code* node makes of an item, or its error.
fn code_node(code: &str, item: &Value) -> Result<Value, String> {
    let run = format!("process.stdout.write(JSON.stringify((($json) => {{ {code} }})({item})[0].json))");
    let output = Command::new("node").args(["-e", &run]).output().expect("it is on PATH");
    if !output.status.success() {
        return Err(text(&output));
    }
    Ok(serde_json::from_slice(&output.stdout).expect("it is JSON"))
}

/// What *Execute Command* gives, which is nothing after an exit code that is not 0.
fn execute_command(line: &str, folder: &Path) -> Value {
    let program = Path::new(env!("CARGO_BIN_EXE_defender-update-incident"));
    let path = std::env::join_paths(
        std::iter::once(program.parent().expect("it is in a folder").to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").expect("there is one"))),
    );
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", path.expect("no folder has a colon"))
        .output()
        .expect("it is on PATH");
    assert!(output.status.success(), "n8n would throw this away: {}", text(&output));
    json!({"exitCode": 0, "stdout": String::from_utf8_lossy(&output.stdout).trim_end(),
           "stderr": String::from_utf8_lossy(&output.stderr).trim_end()})
}

/// The three nodes in a row.
fn workflow(sandbox: &Sandbox, item: &Value) -> Result<Value, String> {
    let [make, line, read] = page();
    let folder = Folder::new(&format!(
        "n8n-{}",
        sandbox.origin().rsplit(':').next().unwrap_or_default()
    ));
    let asset = folder.file("asset.json", &asset(sandbox).to_string());
    let document = code_node(&make, item)?;
    let words = document["document"].as_str().expect("it is text");
    for (place, count) in [("{{ $json.document }}", 1), ("/secrets/asset.json", 1)] {
        assert_eq!(line.matches(place).count(), count, "{place}: {line}");
    }
    let line = line
        .replace("{{ $json.document }}", words)
        .replace("/secrets/asset.json", &asset.display().to_string());
    code_node(&read, &execute_command(&line, &folder.0))
}

fn tools() -> bool {
    let missing = ["node", "jq", "base64"].iter().find(|name| on_path(name).is_none());
    if let Some(missing) = missing {
        skipped(&format!("docs/n8n.md's line and code need {missing}"));
    }
    missing.is_none()
}

#[test]
fn the_page_s_line_updates_whatever_the_comment_holds() {
    if !tools() {
        return;
    }
    let sandbox = Sandbox::start(Settings::default());
    let comment = "closed by \"$(id)\" `id` ' ; exit 7 # {{ $json.x }} ${x} \u{e4}\u{1f600}";
    let incident = workflow(&sandbox, &json!({"incidentId": 552, "comment": comment})).expect("it is applied");
    assert_eq!(
        (&incident["incidentId"], &incident["status"]),
        (&json!(552), &json!("Resolved"))
    );
    assert_eq!(copies(&sandbox, 552, comment), 1);
}

#[test]
fn the_page_s_code_says_what_failed() {
    if !tools() {
        return;
    }
    let sandbox = Sandbox::start(Settings::default());
    let said = workflow(&sandbox, &json!({"incidentId": "x; exit 9", "comment": "never"})).expect_err("it is refused");
    assert!(
        said.contains("InvalidInput") && said.contains("(update: not_applied)"),
        "{said}"
    );
    assert_eq!(updates(&sandbox), 0);
    let forbidden = Fault::Status {
        code: 403,
        change: false,
        headers: Vec::new(),
        body: String::new(),
    };
    sandbox.fault(Leg::Patch, forbidden);
    let said = workflow(&sandbox, &json!({"incidentId": 552, "comment": "never"})).expect_err("it is refused");
    assert!(
        said.contains("Forbidden: ") && said.contains("Incident.ReadWrite.All"),
        "{said}"
    );
    assert!(!said.contains(&sandbox.settings().client_secret), "{said}");
    assert_eq!(copies(&sandbox, 552, "never"), 0);

    // Killed before it could say anything.
    let [_, _, read] = page();
    let said = code_node(&read, &json!({"exitCode": 0, "stdout": "", "stderr": "Killed"})).expect_err("nobody knows");
    assert!(said.contains("ProgramKilled: Killed (update: unknown)"), "{said}");
}

/// n8n 2 with its data in a folder of its own. It asks nobody outside.
fn n8n(folder: &Folder, arguments: &[&str], commands: bool) -> Output {
    let home = source("target/platforms/n8n");
    let program = Path::new(env!("CARGO_BIN_EXE_defender-update-incident"));
    let path = std::env::join_paths(
        [
            home.join("node/node_modules/.bin"),
            program.parent().expect("it is in a folder").to_owned(),
        ]
        .into_iter()
        .chain(std::env::split_paths(&std::env::var_os("PATH").expect("there is one"))),
    );
    let mut command = Command::new(home.join("node_modules/.bin/n8n"));
    for name in [
        "DIAGNOSTICS",
        "VERSION_NOTIFICATIONS",
        "TEMPLATES",
        "PERSONALIZATION",
        "HIRING_BANNER",
    ] {
        command.env(format!("N8N_{name}_ENABLED"), "false");
    }
    if commands {
        command.env("NODES_EXCLUDE", "[]");
    }
    command
        .args(arguments)
        .env("PATH", path.expect("no folder has a colon"))
        .env("N8N_USER_FOLDER", &folder.0)
        .output()
        .expect("it starts")
}

/// The page's workflow for this item, as n8n keeps one.
fn workflow_file(asset: &Path, item: &Value) -> Value {
    let [make, line, read] = page();
    let line = line
        .trim_end()
        .replace("/secrets/asset.json", &asset.display().to_string());
    let code = |code: &str| json!({"jsCode": code});
    let nodes: Vec<Value> = [
        ("Start", "manualTrigger", 1, json!({})),
        ("Item", "code", 2, code(&format!("return [{{json: {item}}}];"))),
        ("Make", "code", 2, code(&make)),
        ("Run", "executeCommand", 1, json!({"command": format!("={line}")})),
        ("Read", "code", 2, code(&read)),
    ]
    .into_iter()
    .map(|(name, kind, version, parameters)| {
        json!({"id": name, "name": name, "type": format!("n8n-nodes-base.{kind}"), "typeVersion": version,
               "position": [0, 0], "parameters": parameters})
    })
    .collect();
    let mut connections = json!({});
    for pair in nodes.windows(2) {
        let name = pair[0]["name"].as_str().expect("it is text");
        connections[name] = json!({"main": [[{"node": pair[1]["name"], "type": "main", "index": 0}]]});
    }
    json!({"id": "defender", "name": "defender", "active": false, "settings": {}, "nodes": nodes, "connections": connections})
}

#[test]
fn n8n_itself_runs_the_page_s_workflow() {
    if !source("target/platforms/n8n/.installed").exists() {
        return skipped("target/platforms/n8n has no n8n; .ci/platform-tools installs it where RUN_ALL_PLATFORMS is 1");
    }
    if !tools() {
        return;
    }
    let sandbox = Sandbox::start(Settings::default());
    let folder = Folder::new("n8n-itself");
    let asset = folder.file("asset.json", &asset(&sandbox).to_string());
    let run = |item: &Value, commands: bool| {
        let file = folder.file("workflow.json", &workflow_file(&asset, item).to_string());
        let imported = n8n(
            &folder,
            &["import:workflow", &format!("--input={}", file.display())],
            commands,
        );
        assert!(imported.status.success(), "{}", text(&imported));
        text(&n8n(&folder, &["execute", "--id", "defender", "--rawOutput"], commands))
    };
    let comment = "it's \"$(id)\" {{ $json.x }} \u{e4}";
    let said = run(&json!({"incidentId": 552, "comment": comment}), true);
    assert_eq!(copies(&sandbox, 552, comment), 1, "{said}");
    assert!(said.contains(r#""status": "success""#), "{said}");

    let said = run(&json!({"incidentId": "x", "comment": "never"}), true);
    assert!(
        said.contains("InvalidInput: ") && said.contains("(update: not_applied)"),
        "{said}"
    );
    assert_eq!(updates(&sandbox), 1);

    // As n8n comes, it does not know the node.
    let said = run(&json!({"incidentId": 552, "comment": "never"}), false);
    assert!(
        said.contains("Unrecognized node type: n8n-nodes-base.executeCommand"),
        "{said}"
    );
    assert_eq!(updates(&sandbox), 1);
}
