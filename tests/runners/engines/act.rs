//! GitHub Actions' steps, run by `act` on this machine.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{Folder, asset, on_path, skipped, source, tool};
use sandbox::Sandbox;

/// Runs the workflow of `deploy/github-actions` as a user starts it, with a step behind it that shows the update's outputs.
pub(crate) fn workflow(sandbox: &Sandbox, id: &str, changes: &Value, more_of_asset: &Value) -> Option<Output> {
    // Tests run side by side.
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let act = program()?;
    let folder = Folder::new(&format!("act-{}", NEXT.fetch_add(1, Ordering::SeqCst)));
    // It runs what is committed in a repository.
    let run = Command::new("git").args(["init", "-q"]).current_dir(&folder.0).status();
    assert!(run.expect("git starts").success());
    let workflows = folder.0.join(".github/workflows");
    std::fs::create_dir_all(&workflows).expect("the folder takes another");
    let file = std::fs::read_to_string(source(FILE)).expect("it is there");
    std::fs::write(workflows.join("update-incident.yml"), file + LATER_STEP).expect("the folder takes a file");
    let mut asset = asset(sandbox);
    asset["settle_secs"] = json!(0);
    for (name, value) in more_of_asset.as_object().expect("an object") {
        asset[name] = value.clone();
    }
    let secrets = folder.file("secrets", &format!("DEFENDER_ASSET='{asset}'\n"));
    let output = Command::new(act)
        .args([
            "workflow_dispatch",
            "-P",
            "ubuntu-latest=-self-hosted",
            "--input",
            &format!("id={id}"),
        ])
        .args(["--input", &format!("changes={changes}"), "--env"])
        .arg(format!(
            "DEFENDER_UPDATE_INCIDENT={}",
            env!("CARGO_BIN_EXE_defender-update-incident")
        ))
        .arg("--secret-file")
        .arg(secrets)
        .current_dir(&folder.0)
        .env("HOME", &folder.0)
        .output()
        .expect("it starts");
    Some(output)
}

/// Where act is; `None` where it, or what the steps need, is missing.
pub(crate) fn program() -> Option<PathBuf> {
    let act = tool("github_actions", "act")?;
    if ["jq", "git", "bash"].iter().all(|name| on_path(name).is_some()) {
        return Some(act);
    }
    skipped("the workflow's steps need bash and jq, and act needs git");
    None
}

/// What a later step has of the update; `None` where act has lost the line, as it does under load.
pub(crate) fn outputs(output: &Output) -> Option<Value> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let shown = stdout.lines().find_map(|line| line.split_once("| outputs: "))?.1;
    serde_json::from_str(shown).ok()
}

/// The file itself, as YAML.
pub(crate) fn file() -> Value {
    let text = std::fs::read_to_string(source(FILE)).expect("it is there");
    serde_norway::from_str(&text).expect("it is YAML")
}

const FILE: &str = "deploy/github-actions/update-incident.yml";

const LATER_STEP: &str = r#"      - if: always()
        shell: bash
        env:
          OUTPUTS: ${{ toJSON(steps.update.outputs) }}
        run: |
          echo "outputs: $(jq -c . <<<"$OUTPUTS")"
"#;
