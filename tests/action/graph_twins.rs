//! Every case folder that speaks of fields, failures or the guarantee, through Microsoft Graph: its requests and answers
//! turned into Graph's, and the same envelope expected but for what the pages name. A folder that is neither a twin nor
//! left out with a reason fails the test.
#![allow(clippy::expect_used, reason = "a case that cannot be read ends its test")]

mod convert;
mod expect;
mod left_out;

use std::fs;
use std::path::Path;

use sandbox::{Sandbox, Settings, exchange};
use serde_json::{Value, json};
use support::Run;

#[test]
fn a_folder_has_a_twin_or_a_reason() {
    let folders = folders();
    let known = |name: &str| is_twin(name) || left_out::reason(name).is_some();
    let unknown: Vec<&String> = folders.iter().filter(|name| !known(name)).collect();
    assert!(
        unknown.is_empty(),
        "neither a twin nor left out, see tests/action/graph_twins/left_out.rs: {unknown:?}"
    );
    let gone: Vec<&str> = left_out::names()
        .filter(|name| !folders.iter().any(|folder| folder.starts_with(name)))
        .collect();
    assert!(gone.is_empty(), "left out, and not there: {gone:?}");
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "for the person at the test, as in tests/action/cases.rs"
)]
fn a_twin_comes_out_as_its_folder_says() {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let twins: Vec<String> = folders()
        .into_iter()
        .filter(|name| is_twin(name) && name.contains(&wanted))
        .collect();
    assert!(!wanted.is_empty() || twins.len() > LEAST, "{} twins", twins.len());
    let failures: Vec<String> = support::in_parallel(&twins, |name| {
        let problems = run(name).unwrap_or_else(|problem| vec![problem]);
        (!problems.is_empty()).then(|| format!("── {name}\n{}\n", problems.join("\n")))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(
        failures.is_empty(),
        "{} of {} twins failed\n\n{}",
        failures.len(),
        twins.len(),
        failures.join("\n")
    );
}

fn is_twin(name: &str) -> bool {
    !left_out::names().any(|known| known == name) && TWINS.iter().any(|beginning| name.starts_with(beginning))
}

fn run(name: &str) -> Result<Vec<String>, String> {
    let files = Files::read(name);
    let twin = convert::twin(&files)?;
    let sandbox = Sandbox::start(Settings::default());
    let fill = |text: &str| text.replace("{{origin}}", &sandbox.origin());
    match &twin.exchange {
        Some(entries) => {
            let text = fill(&Value::from(entries.clone()).to_string());
            sandbox.script(exchange::parse(&text)?);
        }
        None => sandbox.script(Vec::new()),
    }
    let ran = Run {
        args: texts(&files.run["args"]),
        env: files.environment(fill),
        stdin: fill(&twin.stdin.to_string()).into_bytes(),
        program: None,
    }
    .go()?;
    let mut problems = Vec::new();
    if let Err(mismatch) = sandbox.finish_script() {
        problems.push(format!("on the wire:\n{mismatch}"));
    }
    let line = ran.one_line()?.replace(&sandbox.origin(), "{{origin}}");
    let found: Value = serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))?;
    problems.extend(expect::problems(
        name,
        &files,
        &twin,
        ran.code,
        &found,
        &ran.stderr_text(),
    ));
    for secret in files.secrets() {
        for (stream, text) in [("stdout", &line), ("stderr", &ran.stderr_text())] {
            if text.contains(&secret) {
                problems.push(format!("{stream} shows a secret"));
            }
        }
    }
    Ok(problems)
}

/// What a folder holds.
pub(crate) struct Files {
    pub(crate) stdin: Option<Value>,
    pub(crate) exchange: Option<Vec<Value>>,
    pub(crate) stdout: Value,
    pub(crate) run: Value,
}

impl Files {
    fn read(name: &str) -> Self {
        let folder = Path::new(CASES).join(name);
        let json = |file: &str| {
            let text = fs::read_to_string(folder.join(file)).ok()?;
            serde_json::from_str::<Value>(&text).ok()
        };
        Self {
            stdin: json("stdin.json"),
            exchange: json("exchange.json").and_then(|value| value.as_array().cloned()),
            stdout: json("stdout.json").unwrap_or_default(),
            run: json("run.json").unwrap_or_else(|| json!({})),
        }
    }

    /// The variables of its run.
    fn environment(&self, fill: impl Fn(&str) -> String) -> Vec<(String, String)> {
        let variables = self.run["env"].as_object().into_iter().flatten();
        variables
            .map(|(name, value)| (name.clone(), fill(value.as_str().unwrap_or_default())))
            .collect()
    }

    /// The application's secret and the tokens.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = texts(&self.run["secrets"]);
        let given = self.stdin.as_ref().map(|stdin| &stdin["asset"]["client_secret"]);
        let tokens = self
            .exchange
            .iter()
            .flatten()
            .map(|entry| &entry["answer"]["json"]["access_token"]);
        secrets.extend(
            given
                .into_iter()
                .chain(tokens)
                .filter_map(|value| value.as_str().map(str::to_owned)),
        );
        secrets.retain(|secret| secret.len() >= 8);
        secrets
    }
}

pub(crate) fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn folders() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(CASES)
        .expect("tests/cases is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

/// How the folders begin that speak of fields, failures or the guarantee.
const TWINS: [&str; 21] = [
    "add_tags_",
    "answer_",
    "asset_scope_",
    "asset_url_with_",
    "coding_",
    "comment_",
    "comments_",
    "field_",
    "head_",
    "id_",
    "merged_",
    "once_",
    "only_if_",
    "read_",
    "refused_",
    "retry_after_",
    "sign_in_",
    "the_seeds_example_comes_back",
    "token_renewed_",
    "nobody_listens",
    "form_nested_",
];

/// Fewer would mean that they are not found.
const LEAST: usize = 150;
