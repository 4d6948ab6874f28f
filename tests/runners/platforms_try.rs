//! "Try it here" in the READMEs of `deploy/`: the commands that stand there, in a fresh folder, end with an updated incident in the
//! sandbox. What they install is taken from where `.ci/platform-tools` has put it, as that is minutes and the registries'; without it the
//! tests say SKIPPED. That it is what the commands install is compared by its version.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a run that cannot be made ends its test; the environment says where tools are"
)]

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::engines::{Folder, copies, on_path, skipped, source, tool, until};
use crate::platforms::{install_node_red, platform};
use rustix::process::{Pid, Signal, kill_process_group};
use sandbox::{Sandbox, Settings};
use serde_json::json;

#[test]
fn wheel() {
    // Any environment that has it.
    works_as_written("wheel", "by the wheel", |folder| venv(folder, "temporal"));
}

#[test]
fn temporal() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    let address = free.expect("the kernel has a port").to_string();
    works_as_written("temporal", "by Temporal", |folder| {
        Some(venv(folder, "temporal")?.with("TEMPORAL_ADDRESS", address))
    });
}

#[test]
fn github_actions() {
    works_as_written("github-actions", "by act", |folder| venv(folder, "github_actions"));
}

#[test]
fn insightconnect() {
    works_as_written("insightconnect", "by a workflow", |folder| {
        symlink(PROGRAM, folder.join("defender-update-incident")).expect("the folder takes a link");
        Some(Installed::default())
    });
}

#[test]
fn mcp() {
    works_as_written("mcp", "by the Inspector", |folder| {
        let modules = platform("mcp/npm/node_modules")?;
        symlink(modules, folder.join("node_modules")).expect("the folder takes a link");
        venv(folder, "mcp")
    });
}

#[test]
fn airflow() {
    works_as_written("airflow", "by Airflow", |folder| venv(folder, "airflow"));
}

#[test]
fn splunk_soar() {
    works_as_written("splunk-soar", "by SOAR", |folder| venv(folder, "splunk_soar"));
}

#[test]
fn xsoar() {
    works_as_written("xsoar", "by XSOAR", |folder| venv(folder, "xsoar"));
}

#[test]
fn cortex() {
    works_as_written("cortex", "by Cortex", |folder| venv(folder, "cortex"));
}

#[test]
fn shuffle() {
    works_as_written("shuffle", "by Shuffle", |folder| venv(folder, "shuffle"));
}

#[test]
fn tracecat() {
    works_as_written("tracecat", "by Tracecat", |folder| venv(folder, "tracecat"));
}

#[test]
fn node_red() {
    works_as_written("node-red", "by Node-RED", |folder| {
        let red = platform("node_red/node_modules/node-red/red.js")?;
        install_node_red(folder)?;
        let programs = folder.join("node_modules/.bin");
        fs::create_dir_all(&programs).expect("the folder takes another");
        symlink(red, programs.join("node-red")).expect("the folder takes a link");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("the kernel has a port").port().to_string();
        Some(Installed::default().with("PORT", port))
    });
}

#[test]
fn ansible() {
    works_as_written("ansible", "by Ansible", |folder| {
        let Some(found) = std::env::var_os("TEST_VENV").map(PathBuf::from) else {
            skipped("TEST_VENV names no environment with ansible-playbook");
            return None;
        };
        if !found.join("bin/ansible-playbook").exists() {
            skipped("TEST_VENV has no ansible-playbook");
            return None;
        }
        symlink(found, folder.join("venv")).expect("the folder takes a link");
        // That environment has no wheel.
        let program = Path::new(PROGRAM).parent().expect("it is in a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        Some(Installed::default().with("PATH", format!("{path}:{program}")))
    });
}

/// Somebody who installs another version than the tests have is on their own.
#[test]
fn what_the_commands_install_is_what_the_tests_have() {
    let mut known = String::new();
    let mut files = vec![source(".ci/run"), source(".ci/platform-tools")];
    files.extend(
        fs::read_dir(source(".ci/pinned"))
            .expect("it is there")
            .flatten()
            .map(|entry| entry.path()),
    );
    for file in files {
        known += &fs::read_to_string(file).expect("it is text");
    }
    let mut versions = 0;
    for entry in fs::read_dir(source("deploy")).expect("it is there").flatten() {
        let page = fs::read_to_string(entry.path().join("README.md")).unwrap_or_default();
        for word in blocks(&page, "sh").iter().flat_map(|block| block.split_whitespace()) {
            let word = word.trim_matches('\'');
            let pinned = word.contains("==")
                || word
                    .split_once('@')
                    .is_some_and(|(_, version)| version.starts_with(char::is_numeric));
            if pinned {
                versions += 1;
                assert!(
                    known.contains(word),
                    "{}: nothing here has {word}",
                    entry.path().display()
                );
            }
        }
    }
    assert!(versions >= 12, "{versions} were found");
}

/// What a test has put into the folder in place of an installation, and what the commands are told.
#[derive(Default)]
struct Installed {
    environment: Vec<(&'static str, String)>,
}

impl Installed {
    fn with(mut self, name: &'static str, value: String) -> Self {
        self.environment.push((name, value));
        self
    }
}

/// The platform's environment as `venv`.
fn venv(folder: &Path, name: &str) -> Option<Installed> {
    tool(name, "python")?;
    symlink(source("target/platforms").join(name), folder.join("venv")).expect("the folder takes a link");
    Some(Installed::default())
}

/// Runs the last commands of the README's part: those before it install.
fn works_as_written(name: &str, comment: &str, install: impl FnOnce(&Path) -> Option<Installed>) {
    let folder = Folder::new(&format!("try-{name}"));
    let Some(installed) = install(&folder.0) else { return };
    if on_path("jq").is_none() {
        return skipped("the commands need jq");
    }
    let sandbox = Sandbox::start(Settings::default());
    let settings = sandbox.settings();
    // As examples/sandbox.rs prints it.
    let line = json!({
        "origin": sandbox.origin(), "tenant": settings.tenant, "client_id": settings.client_id,
        "client_secret": settings.client_secret, "scope": settings.scope,
    });
    folder.file("sandbox.json", &line.to_string());
    let general = fs::read_to_string(source("docs/runners.md")).expect("it is there");
    let asset = part(&general).into_iter().find(|block| block.contains("> asset.json"));
    run(&asset.expect("the asset is made there"), &folder, &installed);

    let page = fs::read_to_string(source("deploy").join(name).join("README.md")).expect("it is there");
    let commands = part(&page).pop().expect("it has commands");
    let said = run(&commands, &folder, &installed);
    let incident = sandbox.incident(552).expect("it is there");
    assert_eq!(
        (&incident["status"], copies(&sandbox, 552, comment)),
        (&json!("InProgress"), 1),
        "{said}"
    );
}

/// The commands of the part "Try it here".
fn part(page: &str) -> Vec<String> {
    let (_, after) = page.split_once("\n## Try it here\n").expect("it has that part");
    blocks(after.split("\n## ").next().unwrap_or_default(), "sh")
}

/// The blocks of code in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let starts = page.split(opening.as_str()).skip(1);
    starts
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// Runs them to their end and gives what they said; whatever they left running ends too.
fn run(commands: &str, folder: &Folder, installed: &Installed) -> String {
    let said = folder.0.join("said");
    let log = File::create(&said).expect("the folder takes a file");
    let mut child = Command::new("sh")
        .args(["-eu", "-c", commands])
        .current_dir(&folder.0)
        .env("SOURCES", source(""))
        .env("HOME", &folder.0)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(installed.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .process_group(0)
        .spawn()
        .expect("there is sh");
    let mut status = None;
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        until("the commands have ended", LIMIT, || {
            status = child.try_wait().expect("it was started");
            status.is_some()
        });
    }));
    let group = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .expect("it has an id");
    // Nothing is left of it where all went well.
    kill_process_group(group, Signal::KILL).ok();
    child.wait().expect("it was started");
    let said = fs::read_to_string(&said).unwrap_or_default();
    let all_went_well = ended.is_ok() && status.is_some_and(|status| status.success());
    assert!(all_went_well, "{status:?} of\n{commands}\n{said}");
    said
}

/// A slow machine with other tests on it; Airflow makes a database.
const LIMIT: Duration = Duration::from_secs(300);

/// The program that is tested.
const PROGRAM: &str = env!("CARGO_BIN_EXE_defender-update-incident");
