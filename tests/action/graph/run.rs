//! One run through Graph, and what went over the wire.

#![allow(unreachable_pub, reason = "the modules of one test share it")]

use serde_json::{Value, json};

use sandbox::{Api, Recorded, Sandbox, Settings};
use support::Run;
use support::guarantee::asset_of;

pub struct Went {
    pub code: i32,
    pub out: Value,
    /// The line as it was printed.
    pub line: String,
    pub stderr: String,
    /// What Graph was asked, without the sign-in.
    pub asked: Vec<Recorded>,
}

/// A document for incident 552 through Graph.
pub fn document(sandbox: &Sandbox, body: &Value) -> Value {
    json!({"asset": asset_of(sandbox, Api::Graph), "path_parameters": {"id": 552}, "json_body": body})
}

pub fn go(sandbox: &Sandbox, body: &Value) -> Went {
    go_with(sandbox, &document(sandbox, body), &[])
}

pub fn go_with(sandbox: &Sandbox, document: &Value, args: &[&str]) -> Went {
    let before = sandbox.requests().len();
    let ran = Run::with_stdin(document.to_string())
        .args(&args.iter().copied().filter(|arg| *arg != LOUD).collect::<Vec<_>>())
        // One line an HTTP attempt, as a person asks for who looks into a failure.
        .env("RUST_LOG", if args.contains(&LOUD) { "info" } else { "" })
        .go()
        .unwrap_or_else(|problem| panic!("{problem}"));
    let line = ran.one_line().unwrap_or_else(|problem| panic!("{problem}"));
    let asked = sandbox.requests().split_off(before);
    Went {
        code: ran.code.unwrap_or(-1),
        out: serde_json::from_str(&line).expect("stdout is JSON"),
        line,
        stderr: ran.stderr_text(),
        asked: asked
            .into_iter()
            .filter(|request| !request.path().ends_with("/token"))
            .collect(),
    }
}

impl Went {
    /// The methods of what Graph was asked.
    pub fn methods(&self) -> Vec<&str> {
        self.asked.iter().map(|request| request.method.as_str()).collect()
    }

    pub fn parts(&self) -> (&str, &str) {
        let part = |name: &str| self.out["parts"][name].as_str().unwrap_or("nothing");
        (part("values"), part("comment"))
    }

    pub fn help(&self) -> &str {
        self.out["help"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.out["message"].as_str().unwrap_or_default()
    }

    pub fn update(&self) -> &str {
        self.out["update"].as_str().unwrap_or("applied")
    }
}

/// In place of an argument: with the log.
pub const LOUD: &str = "loud";

pub fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start(Settings::default());
    let mut incident = sandbox::seed_incident();
    incident["status"] = json!("Active");
    sandbox.put_incident(incident);
    sandbox
}

/// How often the incident holds a comment.
pub fn copies(sandbox: &Sandbox, text: &str) -> usize {
    let incident = sandbox.incident(552).expect("the incident is there");
    let comments = incident["comments"].as_array().expect("a list");
    comments.iter().filter(|one| one["comment"] == text).count()
}
