//! A case: a folder of small files.
//!
//! | file | what |
//! | --- | --- |
//! | `stdin.json`, or `stdin.bin` | what goes in; `stdin.gen.json` is `{"before", "repeat", "times", "after"}` for what is too long to keep |
//! | `exchange.json` | the requests expected and the answers given; without it no request may come |
//! | `run.json` | arguments, environment, exit code, words on stderr; all optional |
//! | `stdout.json` | the envelope, keys in order |
//!
//! `{{origin}}` stands for the sandbox's origin in each of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::Ran;
use crate::sandbox::{Sandbox, Settings, exchange};

/// A case, read from its folder.
pub struct Case {
    pub name: String,
    pub folder: PathBuf,
    pub run: Run,
}

/// `run.json`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    pub args: Vec<String>,
    pub env: std::collections::BTreeMap<String, String>,
    pub exit: i32,
    /// Each has to be on stderr; where there is none, stderr has to be empty.
    pub stderr: Vec<String>,
    /// Whether the envelope is framed as Turbine's runner reads it.
    pub turbine: bool,
}

/// A run of a case, and what the sandbox has to say about it.
pub struct Outcome {
    pub ran: Ran,
    pub script: Result<(), String>,
    pub origin: String,
}

#[derive(Deserialize)]
struct Generated {
    #[serde(default)]
    before: String,
    repeat: String,
    times: usize,
    #[serde(default)]
    after: String,
}

impl Case {
    /// Every case there is.
    pub fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
        let mut cases: Vec<Self> = fs::read_dir(&root)
            .expect("tests/cases is there")
            .map(|entry| Self::read(&entry.expect("a folder can be read").path()))
            .collect();
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        assert!(!cases.is_empty(), "there are cases");
        cases
    }

    fn read(folder: &Path) -> Self {
        let name = folder
            .file_name()
            .expect("a folder has a name")
            .to_string_lossy()
            .into_owned();
        let run = fs::read_to_string(folder.join("run.json"))
            .map(|text| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}/run.json: {error}")))
            .unwrap_or_default();
        Self {
            name,
            folder: folder.to_owned(),
            run,
        }
    }

    /// Runs it, with some more environment than its own.
    pub fn run(&self, more_env: &[(&str, &str)]) -> Outcome {
        let sandbox = Sandbox::start(Settings::default());
        let origin = sandbox.origin();
        let fill = |text: &str| text.replace("{{origin}}", &origin);
        let script = self
            .text("exchange.json")
            .map(|text| fill(&text))
            .unwrap_or_else(|| "[]".to_owned());
        sandbox.script(exchange::parse(&script).unwrap_or_else(|error| panic!("{}/exchange.json: {error}", self.name)));
        let own = self.run.env.iter().map(|(name, value)| (name.clone(), fill(value)));
        let more = more_env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let ran = super::run(&self.run.args, &own.chain(more).collect::<Vec<_>>(), &self.stdin(fill));
        Outcome {
            ran,
            script: sandbox.finish_script(),
            origin,
        }
    }

    /// The line expected, compact, or nothing where the file is not there yet.
    pub fn expected(&self, origin: &str) -> Option<String> {
        let text = self.text("stdout.json")?.replace("{{origin}}", origin);
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        Some(value.to_string())
    }

    fn stdin(&self, fill: impl Fn(&str) -> String) -> Vec<u8> {
        if let Ok(bytes) = fs::read(self.folder.join("stdin.bin")) {
            return bytes;
        }
        if let Some(text) = self.text("stdin.gen.json") {
            let Generated {
                before,
                repeat,
                times,
                after,
            } = serde_json::from_str(&text).expect("stdin.gen.json fits");
            return format!("{before}{}{after}", repeat.repeat(times)).into_bytes();
        }
        fill(
            &self
                .text("stdin.json")
                .unwrap_or_else(|| panic!("{} has a stdin", self.name)),
        )
        .into_bytes()
    }

    fn text(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(file)).ok()
    }
}
