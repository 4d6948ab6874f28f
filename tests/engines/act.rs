//! GitHub Actions' steps, run by `act` on this machine.

use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{Folder, asset, on_path, skipped, source, tool};
use crate::sandbox::Sandbox;

/// Runs the workflow of `deploy/github-actions` as a user starts it.
pub fn workflow(sandbox: &Sandbox, id: &str, changes: &Value) -> Option<Output> {
    let act = tool("github_actions", "act")?;
    if !["jq", "git", "bash"].iter().all(|name| on_path(name).is_some()) {
        skipped("the workflow's steps need bash and jq, and act needs git");
        return None;
    }
    let folder = Folder::new("act");
    // It runs what is committed in a repository.
    let run = Command::new("git").args(["init", "-q"]).current_dir(&folder.0).status();
    assert!(run.expect("git starts").success());
    let workflows = folder.0.join(".github/workflows");
    std::fs::create_dir_all(&workflows).expect("the folder takes another");
    std::fs::copy(
        source("deploy/github-actions/update-incident.yml"),
        workflows.join("update-incident.yml"),
    )
    .expect("it is there");
    let mut asset = asset(sandbox);
    asset["settle_secs"] = json!(0);
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
