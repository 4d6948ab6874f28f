//! What the tests of engines share: where `.ci/platform-tools` put them, processes that end with their test, and the sandbox's asset.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a run that cannot be made ends its test; PATH says where tools are"
)]

pub(crate) mod act;
pub(crate) mod airflow;
pub(crate) mod podman;
pub(crate) mod temporal;
pub(crate) mod wheel;

use std::path::{Path, PathBuf};
use std::process::{Child, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use sandbox::{Sandbox, seed_incident};
pub(crate) use support::tools::skipped;

/// A folder of this repository.
pub(crate) fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A program of a platform's environment, where `.ci/platform-tools` could install it.
pub(crate) fn tool(platform: &str, name: &str) -> Option<PathBuf> {
    let path = source("target/platforms").join(platform).join("bin").join(name);
    let found = path.exists().then_some(path);
    if found.is_none() {
        skipped(&format!(
            "target/platforms/{platform} has no {name}; .ci/platform-tools installs it"
        ));
    }
    found
}

/// Where this machine has the program.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// A process that ends with its test.
pub(crate) struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A folder for one test, removed after it.
pub(crate) struct Folder(pub PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("defender-update-incident-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).expect("the folder for temporary files takes one");
        Self(path)
    }

    /// Writes a file in it.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("the folder takes a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// How to reach the sandbox.
pub(crate) fn asset(sandbox: &Sandbox) -> Value {
    let mut asset = sandbox.asset();
    asset["retry_wait_secs"] = json!(0.2);
    asset
}

/// Incidents 1 to `count`, as new.
pub(crate) fn put_incidents(sandbox: &Sandbox, count: u64) {
    for id in 1..=count {
        let mut incident = seed_incident();
        incident["incidentId"] = json!(id);
        sandbox.put_incident(incident);
    }
}

/// How often the incident holds this comment.
pub(crate) fn copies(sandbox: &Sandbox, id: u64, comment: &str) -> usize {
    let incident = sandbox.incident(id).expect("it is there");
    incident["comments"]
        .as_array()
        .map_or(0, |all| all.iter().filter(|one| one["comment"] == comment).count())
}

pub(crate) fn updates(sandbox: &Sandbox) -> usize {
    let requests = sandbox.requests();
    requests.iter().filter(|request| request.method == "PATCH").count()
}

pub(crate) fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Waits until it is so.
pub(crate) fn until(what: &str, limit: Duration, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + limit;
    while !so() {
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The processes that this one started and that still run, by the kernel's list.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let of = |entry: std::fs::DirEntry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name stands in brackets and may hold anything; state and parent come after the last.
        let mut after = stat.rsplit_once(')')?.1.split_whitespace();
        let state = after.next()?;
        (state != "Z" && after.next()?.parse() == Ok(parent)).then_some(pid)
    };
    let all = std::fs::read_dir("/proc").expect("Linux has it");
    all.flatten().filter_map(of).collect()
}

/// Whether it runs: one that has ended and was not waited for does not.
pub(crate) fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, after)| after.starts_with('Z')))
}

/// Asks a process to end.
pub(crate) fn terminate(process: &Process) {
    let pid = i32::try_from(process.0.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(pid.expect("it has one"), rustix::process::Signal::TERM).expect("it runs");
}
