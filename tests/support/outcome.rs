//! What a run that writes an envelope came to, with no secret in it.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Run, leaks};

/// What came out of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code.
    pub code: i32,
    /// The envelope.
    pub out: Value,
    /// All of stderr.
    pub log: String,
    /// From its start to its end.
    pub took: Duration,
    line: String,
}

impl Run {
    /// Runs the binary to its end, which is an envelope, and looks for each of these secrets in all that it said.
    #[track_caller]
    pub fn outcome(&self, secrets: &[&str]) -> Outcome {
        let started = Instant::now();
        let ran = self.go().expect("the binary ends by itself");
        let took = started.elapsed();
        let line = ran.one_line().expect("stdout is one line");
        let outcome = Outcome {
            code: ran.code.expect("it was not killed"),
            out: serde_json::from_str(&line).expect("stdout is JSON"),
            log: ran.stderr_text(),
            took,
            line,
        };
        for secret in secrets {
            outcome.assert_hides(secret);
        }
        outcome
    }
}

impl Outcome {
    /// Neither stream shows this secret.
    #[track_caller]
    pub fn assert_hides(&self, secret: &str) {
        for stream in [&self.line, &self.log] {
            let shown = leaks::find(stream.as_bytes(), secret);
            assert!(shown.is_empty(), "`{secret}` is shown in {stream}");
        }
    }

    /// The text at this key of the envelope, or none.
    pub fn text(&self, key: &str) -> &str {
        self.out[key].as_str().unwrap_or_default()
    }

    /// What is wrong with the input: `at: problem`, one a line.
    pub fn problems(&self) -> String {
        let all = self.out["violations"].as_array();
        let line = |one: &Value| {
            let [at, problem] = [&one["at"], &one["problem"]].map(|text| text.as_str().unwrap_or_default());
            format!("{at}: {problem}\n")
        };
        all.into_iter().flatten().map(line).collect()
    }

    /// This exit code and this `update`.
    pub fn is(&self, code: i32, update: &str) -> bool {
        // A success says it by its code alone.
        let said = self.out["update"].as_str().unwrap_or("applied");
        self.code == code && said == update
    }

    /// The incident is resolved, and the run says so.
    #[track_caller]
    pub fn assert_applied(&self) {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.log);
        assert_eq!(self.out["json_body"]["status"], "Resolved");
    }

    /// An input error at `at` with these words.
    #[track_caller]
    pub fn assert_wrong(&self, at: &str, words: &str) {
        assert_eq!(self.code, 2, "{self:?}");
        let problems = self.problems();
        let found = problems
            .lines()
            .any(|line| line.starts_with(&format!("{at}: ")) && line.contains(words));
        assert!(found, "expected `{words}` at `{at}`, found {problems}");
    }

    /// What is wrong at this place of the input.
    #[track_caller]
    pub fn violation(&self, at: &str) -> String {
        let all = self.out["violations"].as_array().cloned().unwrap_or_default();
        let found = all
            .iter()
            .find(|one| one["at"] == at)
            .unwrap_or_else(|| panic!("{at} in {}", self.out));
        found["problem"].as_str().unwrap_or_default().to_owned()
    }
}

/// These keys of an object on top of those that it has; null takes one away.
#[must_use]
pub fn with(mut object: Value, fields: &Value) -> Value {
    let object_keys = object.as_object_mut().expect("it is an object");
    for (name, value) in fields.as_object().expect("fields are an object") {
        if value.is_null() {
            object_keys.remove(name);
        } else {
            object_keys.insert(name.clone(), value.clone());
        }
    }
    object
}
