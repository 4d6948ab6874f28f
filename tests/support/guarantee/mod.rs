//! Runs the real binary against a sandbox that fails on demand, and judges what it said by what the incident holds.

pub mod columns;
pub mod faults;
pub mod graph;
mod verdict;

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use sandbox::{Api, Fault, Leg, Sandbox, Settings};
use verdict::Verdict;

/// What a run is asked to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Values and a comment.
    WithComment,
    /// Values alone.
    Values,
    /// A comment alone.
    CommentAlone,
    /// A comment alone, of which the incident holds an equal one from before.
    EqualCommentThere,
}

pub const BODIES: [Body; 4] = [
    Body::WithComment,
    Body::Values,
    Body::CommentAlone,
    Body::EqualCommentThere,
];

/// What a run has to come to. Honest it has to be in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// The faults pass, so the update is applied in the end.
    Apply,
    /// The service says no, or readings show that nothing is there, so nothing is applied and the run says so.
    NotApply,
    /// Nothing tells, and the run says that.
    NotKnow,
    /// Through Graph: the values are there, the comment is not, and the run says so.
    Partly,
    /// Any outcome that is true.
    BeHonest,
}

/// One run and the faults that it meets.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    /// Through which API.
    pub api: Api,
    pub body: Body,
    pub faults: Vec<(Leg, Fault)>,
    pub must: Must,
    pub timeout_secs: f64,
    /// Whether the API cannot be connected to at all.
    pub closed_port: bool,
    /// The comment, where there is one.
    pub comment: &'static str,
    pub settle_secs: f64,
    /// How the service behaves from its start.
    pub settings: Settings,
    /// The incident that it was merged into before the run.
    pub merged_into: Option<u64>,
}

impl Case {
    pub fn new(name: impl Into<String>, body: Body, faults: Vec<(Leg, Fault)>, must: Must) -> Self {
        Self {
            name: format!("{} [{body:?}]", name.into()),
            api: Api::Defender,
            body,
            faults,
            must,
            timeout_secs: 12.0,
            closed_port: false,
            comment: COMMENT,
            settle_secs: 0.3,
            settings: Settings {
                hang_limit: Duration::from_secs(40),
                ..Settings::default()
            },
            merged_into: None,
        }
    }

    pub fn timeout(mut self, secs: f64) -> Self {
        self.timeout_secs = secs;
        self
    }
}

/// How the runs ended.
#[derive(Debug, Default)]
pub struct Count {
    pub cases: usize,
    pub applied: usize,
    pub not_applied: usize,
    pub partly: usize,
    pub unknown: usize,
    pub doubled: usize,
    pub lied: usize,
    /// Everything else that was wrong, such as a run that took too long or did not come to what it had to.
    pub wrong: Vec<String>,
}

impl Count {
    pub fn print(&self, what: &str) {
        // Straight to the terminal's stream, so that the figures show without `--nocapture` too.
        let mut err = std::io::stderr().lock();
        writeln!(
            err,
            "{what}: cases {}, applied {}, not_applied {}, partly_applied {}, unknown {}, doubled {}, lied {}",
            self.cases, self.applied, self.not_applied, self.partly, self.unknown, self.doubled, self.lied
        )
        .expect("stderr takes a line");
    }

    pub fn assert_kept(&self) {
        assert_eq!(
            (self.doubled, self.lied),
            (0, 0),
            "doubled and lied:\n{}",
            self.wrong.join("\n")
        );
        assert!(
            self.wrong.is_empty(),
            "{} wrong:\n{}",
            self.wrong.len(),
            self.wrong.join("\n")
        );
    }

    fn add(&mut self, verdict: Verdict) {
        self.cases += 1;
        match verdict.said.as_str() {
            "applied" => self.applied += 1,
            "not_applied" => self.not_applied += 1,
            "partly_applied" => self.partly += 1,
            _ => self.unknown += 1,
        }
        self.doubled += usize::from(verdict.doubled);
        self.lied += usize::from(verdict.lied);
        self.wrong.extend(verdict.wrong);
    }
}

/// Runs all cases, some at a time.
pub fn run_all(cases: &[Case], at_a_time: usize) -> Count {
    let next = AtomicUsize::new(0);
    let count = Mutex::new(Count::default());
    thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let verdict = verdict::judge(case);
                    count.lock().expect("no thread panicked").add(verdict);
                }
            });
        }
    });
    count.into_inner().expect("no thread panicked")
}

/// What came out of one run.
pub struct Ran {
    pub code: i32,
    pub out: Value,
    pub text: String,
}

/// Runs the binary once.
pub fn run(input: &Value) -> Ran {
    let mut child = Command::new(crate::program())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin
        .write_all(input.to_string().as_bytes())
        .expect("the binary reads its input");
    drop(stdin);
    let output = child.wait_with_output().expect("the binary ends");
    let text = String::from_utf8(output.stdout).expect("stdout is UTF-8");
    assert!(
        text.ends_with('\n') && text.matches('\n').count() == 1,
        "stdout is one line, found {text:?}"
    );
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: serde_json::from_str(&text).expect("stdout is JSON"),
        text,
    }
}

/// The sandbox's asset for the Defender API, with time limits that suit a test.
pub fn asset(sandbox: &Sandbox) -> Value {
    asset_of(sandbox, Api::Defender)
}

/// The same for either API.
pub fn asset_of(sandbox: &Sandbox, api: Api) -> Value {
    let settings = sandbox.settings();
    json!({
        "api": match api {
            Api::Defender => Value::Null,
            Api::Graph => json!("graph"),
        },
        "url": sandbox.origin(),
        "login_url": sandbox.origin(),
        "tenant_id": settings.tenant,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "scope": settings.scope_of(api),
        "connect_timeout_secs": 1,
        "retry_wait_secs": 0.02,
        "settle_secs": 0.3,
    })
}

pub fn body(body: Body, comment: &str) -> Value {
    match body {
        Body::WithComment => json!({"status": "Resolved", "tags": ["reviewed"], "comment": comment}),
        Body::Values => json!({"status": "Resolved", "tags": ["reviewed"]}),
        Body::CommentAlone | Body::EqualCommentThere => json!({"comment": comment}),
    }
}

pub const COMMENT: &str = "closed by playbook 7";
