//! How each app of `deploy/` is called: one file a platform, each of them a function from the form's fields to what the platform makes of
//! the answer. What is no published code stands in for it here, in the platform's own language.
#![allow(clippy::expect_used, reason = "a platform that cannot be started ends its test")]

mod cortex;
mod node_red;
mod shuffle;
mod splunk_soar;
mod tracecat;
mod xsoar;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use sandbox::Sandbox;

pub(crate) use cortex::{config as cortex_config, cortex};
pub(crate) use node_red::{answer as node_red_answer, install as install_node_red, node_red};
pub(crate) use shuffle::shuffle;
pub(crate) use splunk_soar::splunk_soar;
pub(crate) use tracecat::tracecat;
pub(crate) use xsoar::xsoar;

/// What one call of an app came to.
#[derive(Debug)]
pub(crate) struct Told {
    /// Whether the platform takes it for a success.
    pub ok: bool,
    /// What the platform hands on or shows.
    pub text: String,
    /// What it logs.
    pub log: String,
}

/// One call of an app, with the fields of its form by their names there.
pub(crate) enum Call {
    Update(Value),
    /// The same, by an asset that goes through Microsoft Graph.
    UpdateThroughGraph(Value),
    /// The same as the first, but the platform asks the app to end (SIGTERM) once its write is under way.
    UpdateAndEnd(Value),
    Check,
}

impl Call {
    /// What is filled in for an update.
    pub(crate) fn fields(&self) -> Option<&Value> {
        match self {
            Self::Update(fields) | Self::UpdateThroughGraph(fields) | Self::UpdateAndEnd(fields) => Some(fields),
            Self::Check => None,
        }
    }
}

/// Calls an app once; `None` where the platform's tools are not there.
pub(crate) type App = fn(&Sandbox, &Call) -> Option<Told>;

/// The asset as a form has it: what it has no box for is in the box for further fields.
pub(crate) fn form(sandbox: &Sandbox) -> Value {
    let settings = sandbox.settings();
    json!({
        "tenant_id": settings.tenant,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "url": sandbox.origin(),
        "login_url": sandbox.origin(),
        "scope": settings.scope,
        "cloud": "",
        "http_proxy": "",
        "more_fields": json!({"retry_wait_secs": 0, "settle_secs": 0}).to_string(),
    })
}

/// The same for one call: Graph is chosen in the box for further fields.
pub(crate) fn form_for(sandbox: &Sandbox, call: &Call) -> Value {
    let mut form = form(sandbox);
    if matches!(call, Call::UpdateThroughGraph(_)) {
        form["scope"] = json!(sandbox.settings().graph_scope);
        form["more_fields"] = json!(json!({"api": "graph", "retry_wait_secs": 0, "settle_secs": 0}).to_string());
    }
    form
}

pub(crate) fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file that `.ci/platform-tools` has put there.
pub(crate) fn platform(path: &str) -> Option<PathBuf> {
    let found = repository("target/platforms").join(path);
    if !found.exists() {
        let line = format!(
            "SKIPPED: there is no {}; `.ci/platform-tools` installs it",
            found.display()
        );
        writeln!(std::io::stderr(), "{line}").expect("a line");
        return None;
    }
    Some(found)
}

/// A folder of its own, which goes away with the value.
pub(crate) struct Folder(pub PathBuf);

impl Folder {
    pub(crate) fn make(name: &str) -> Self {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("defender-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the folder for temporary files takes one");
        Self(folder)
    }

    pub(crate) fn put(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// What a child wrote to stdout and stderr.
pub(crate) fn ran(program: &Path, args: &[&OsStr], env: &[(&str, &Path)], stdin: &str) -> (String, String) {
    written(started(program, args, env, stdin))
}

/// The same for one call, which may want the child ended.
pub(crate) fn ran_for(
    sandbox: &Sandbox,
    call: &Call,
    program: &Path,
    args: &[&OsStr],
    env: &[(&str, &Path)],
    stdin: &str,
) -> (String, String) {
    let child = started(program, args, env, stdin);
    if matches!(call, Call::UpdateAndEnd(_)) {
        wait_for_update(sandbox);
        let killed = Command::new("kill").arg(child.id().to_string()).status();
        assert!(killed.expect("there is kill").success());
    }
    written(child)
}

pub(crate) fn wait_for_update(sandbox: &Sandbox) {
    let until = Instant::now() + Duration::from_secs(60);
    while !sandbox.requests().iter().any(|request| request.method == "PATCH") {
        assert!(Instant::now() < until, "no update came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn written(child: Child) -> (String, String) {
    let output = child.wait_with_output().expect("it ends");
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// A child with nothing of this process's environment but what a platform has.
fn started(program: &Path, args: &[&OsStr], env: &[(&str, &Path)], stdin: &str) -> Child {
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HOME", std::env::temp_dir())
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut pipe = child.stdin.take().expect("stdin is piped");
    pipe.write_all(stdin.as_bytes()).ok();
    drop(pipe);
    child
}

/// The JSON that a stand-in of ours printed last.
pub(crate) fn answered(stdout: &str, stderr: &str) -> Value {
    let last = stdout.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"))
}

pub(crate) fn list_as_text(fields: &mut Value) {
    for name in ["tags", "add_tags", "remove_tags"] {
        if let Some(list) = fields[name].as_array() {
            let tags: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            fields[name] = json!(tags.join(", "));
        }
    }
}

/// Where a platform takes JSON itself rather than text that holds it.
pub(crate) fn condition(fields: &Value) -> Value {
    fields["only_if"]
        .as_str()
        .filter(|text| !text.is_empty())
        .map_or(Value::Null, |text| serde_json::from_str(text).expect("it is JSON"))
}
