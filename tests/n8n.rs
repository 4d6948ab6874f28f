//! The line and the code of `docs/n8n.md`, as n8n would run them: an expression's value pasted in, the line by a shell, the code
//! by Node. n8n itself is not part of it.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

mod engines;
mod sandbox;

use std::path::Path;
use std::process::Command;

use engines::{Folder, asset, copies, on_path, skipped, source, text, updates};
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
