//! A case: a folder of small files below `tests/cases/`, run through the real binary against a scripted sandbox.
//!
//! | file | what it is |
//! | --- | --- |
//! | `stdin.json`, `stdin.bin` or `stdin.gen.json` | what is on stdin: text, raw bytes, or `{"before", "repeat", "times", "after"}`; none: nothing |
//! | `exchange.json` | the requests that must come, in order, and their answers; without it nothing may even connect |
//! | `stdout.json` or `stdout.txt` | the envelope, compared as text but for its layout; or any text |
//! | `stderr.json` | the same for Turbine's `::set-error`, which goes to stderr |
//! | `run.json` | arguments, environment, exit code, words on stderr, secrets beside the usual ones |
//!
//! In all of them `{{origin}}` stands for the sandbox, and `{{nobody}}` for an origin where nothing listens.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::{Ran, Run, json_text, one_line};
use sandbox::{Sandbox, Settings, exchange};

/// One folder.
#[derive(Debug)]
pub struct Case {
    /// The folder's name, which is a sentence.
    pub name: String,
    folder: PathBuf,
    run: RunFile,
}

/// `run.json`; an unknown key is an error, so that a typing mistake does not silently weaken a case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RunFile {
    /// Why the case exists, where its name does not say it all.
    about: String,
    args: Vec<String>,
    env: serde_json::Map<String, Value>,
    exit: i32,
    /// Each must be there; without any, stderr must be empty.
    stderr: Vec<String>,
    /// Secrets of this case that are neither a `client_secret` on stdin nor an `access_token` in an answer.
    secrets: Vec<String>,
    /// Texts that may be on neither stream.
    never_shown: Vec<String>,
}

/// `stdin.gen.json`: for what is too large to be checked in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generated {
    #[serde(default)]
    before: String,
    repeat: String,
    times: usize,
    #[serde(default)]
    after: String,
}

/// What stands where in a case that is running.
struct Places {
    origin: String,
    nobody: String,
}

/// A case that ran.
pub struct Outcome {
    /// What the program did.
    pub ran: Ran,
    /// What went otherwise on the wire.
    pub wire: Result<(), String>,
    places: Places,
}

/// Where the one line is, and what is in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Stdout(&'static str),
    SetError,
}

impl Case {
    /// All of them in the order of their names; those alone whose name contains `CASE`, where that variable is set.
    #[allow(
        clippy::disallowed_methods,
        reason = "the ban is about the product; this is for the person at the test"
    )]
    pub fn all() -> Vec<Self> {
        let wanted = std::env::var("CASE").unwrap_or_default();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
        let mut cases: Vec<Self> = fs::read_dir(root)
            .expect("tests/cases is there")
            .map(|entry| entry.expect("tests/cases can be listed").path())
            .filter(|folder| folder.is_dir())
            .map(Self::read)
            .filter(|case| case.name.contains(&wanted))
            .collect();
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        cases
    }

    fn read(folder: PathBuf) -> Self {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for file in fs::read_dir(&folder).expect("a case can be listed").flatten() {
            let file = file.file_name();
            assert!(
                FILES.iter().any(|known| *known == file),
                "{name}: unknown file {file:?}"
            );
        }
        let run = fs::read_to_string(folder.join("run.json")).map_or_else(
            |_| RunFile::default(),
            |text| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}/run.json: {error}")),
        );
        Self { name, folder, run }
    }

    /// Runs it once, with more variables than its own.
    ///
    /// # Errors
    /// What is wrong with its files, or that the program did not end.
    pub fn run(&self, more_env: &[(&str, &str)]) -> Result<Outcome, String> {
        let sandbox = Sandbox::start(Settings::default());
        let nobody = bound_but_deaf()?;
        let places = Places {
            origin: sandbox.origin(),
            nobody: format!("http://{}", nobody.1),
        };
        let exchange = self.text("exchange.json").map(|text| places.fill(&text));
        match &exchange {
            Some(text) => sandbox.script(exchange::parse(text).map_err(|error| format!("exchange.json: {error}"))?),
            None => sandbox.script(Vec::new()),
        }
        let own = self.run.env.iter().map(|(name, value)| {
            let value = value.as_str().unwrap_or_default();
            (name.clone(), places.fill(value))
        });
        let more = more_env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let ran = Run {
            args: self.run.args.clone(),
            env: own.chain(more).collect(),
            stdin: self.stdin(&places)?,
            program: None,
        }
        .go()?;
        let wire = match (&exchange, sandbox.connections()) {
            (None, 1..) => Err("something left the machine although nothing may".to_owned()),
            _ => sandbox.finish_script(),
        };
        Ok(Outcome { ran, wire, places })
    }

    /// Everything in which a run is not as the files say. With `bless` the envelope is written to its file instead.
    pub fn problems(&self, outcome: &Outcome, bless: bool) -> Vec<String> {
        let Outcome { ran, wire, places } = outcome;
        let mut problems = Vec::new();
        if let Err(mismatch) = wire {
            problems.push(format!("on the wire:\n{mismatch}"));
        }
        if ran.code != Some(self.run.exit) {
            problems.push(format!(
                "exit code: expected {}, found {:?}, stderr:\n{}",
                self.run.exit,
                ran.code,
                ran.stderr_text()
            ));
        }
        let line = self.line();
        let stderr = match line {
            Line::SetError => {
                let (log, last) = split_last_line(&ran.stderr);
                problems.extend(self.check_envelope(last, "::set-error ", "stderr.json", places, bless));
                if !ran.stdout.is_empty() {
                    problems.push(format!("stdout: expected nothing, found `{}`", ran.stdout_text()));
                }
                String::from_utf8_lossy(log).into_owned()
            }
            Line::Stdout(prefix) => {
                problems.extend(match self.text("stdout.txt") {
                    Some(text) if text != ran.stdout_text() => {
                        Some(format!("stdout:\n{}", json_text::difference(&text, &ran.stdout_text())))
                    }
                    Some(_) => None,
                    None => self.check_envelope(&ran.stdout, prefix, "stdout.json", places, bless),
                });
                ran.stderr_text()
            }
        };
        if self.run.stderr.is_empty() && !stderr.is_empty() {
            problems.push(format!("stderr: expected nothing, found `{stderr}`"));
        }
        for words in self.run.stderr.iter().filter(|words| !stderr.contains(*words)) {
            problems.push(format!("stderr: expected `{words}` in it, found `{stderr}`"));
        }
        for text in &self.run.never_shown {
            if ran.stdout_text().contains(text) || ran.stderr_text().contains(text) {
                problems.push(format!("`{text}` was shown"));
            }
        }
        problems
    }

    /// The envelope as JSON text, where the case ends in one: `--check` and `--dry-run` print reports.
    pub fn envelope(&self, ran: &Ran) -> Option<String> {
        let report = self
            .run
            .args
            .iter()
            .any(|arg| matches!(arg.as_str(), "--check" | "--dry-run"));
        if report && self.run.exit == 0
            || self.text("stdout.txt").is_some()
            || self.is_check_report(ran)
            || self.is_reading(ran)
        {
            return None;
        }
        let bytes = match self.line() {
            Line::SetError => split_last_line(&ran.stderr).1,
            Line::Stdout(_) => &ran.stdout,
        };
        let text = String::from_utf8_lossy(bytes).into_owned();
        // InsightConnect's event has the incident alone, and a failure in other words.
        if text.starts_with(EVENT) {
            return None;
        }
        text.find('{').map(|start| text[start..].to_owned())
    }

    /// Every secret of the case.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.run.secrets.clone();
        for file in ["stdin.json", "exchange.json"] {
            if let Some(Ok(value)) = self.text(file).map(|text| serde_json::from_str::<Value>(&text)) {
                collect_secrets(&value, &mut secrets);
            }
        }
        secrets.retain(|secret| secret.len() >= SHORTEST_SECRET);
        secrets.sort();
        secrets.dedup();
        secrets
    }

    /// Whether it asks for a token.
    pub fn signs_in(&self) -> bool {
        self.text("exchange.json").is_some()
    }

    /// A check that found the role missing is a report with an exit code of its own.
    fn is_check_report(&self, ran: &Ran) -> bool {
        let report = |stream: &[u8]| stream.windows(REPORT.len()).any(|part| part == REPORT);
        self.run.args.iter().any(|arg| arg == "--check") && (report(&ran.stdout) || report(&ran.stderr))
    }

    /// What `--read` prints is a report too, whatever it found; its failures are envelopes.
    fn is_reading(&self, ran: &Ran) -> bool {
        self.run.args.iter().any(|arg| arg == "--read") && ran.stdout_text().contains("\"asked\":[")
    }

    fn line(&self) -> Line {
        let asked_for = |framing: &str| self.run.args.iter().any(|arg| arg.ends_with(framing));
        let platform = self.run.env.get("ASSET_KEYS").is_some_and(|keys| keys != "");
        let message = asked_for("insightconnect") || self.text("stdin.json").is_some_and(|text| is_message(&text));
        let turbine = asked_for("turbine") || platform && !asked_for("plain") && !message;
        match (turbine, self.run.exit) {
            (false, _) => Line::Stdout(""),
            (true, 0) => Line::Stdout("::set-output "),
            (true, _) => Line::SetError,
        }
    }

    fn check_envelope(&self, bytes: &[u8], prefix: &str, file: &str, places: &Places, bless: bool) -> Option<String> {
        let found = match one_line(bytes) {
            Ok(line) => line,
            Err(problem) => return Some(format!("{file}: {problem}")),
        };
        let Some(found) = found.strip_prefix(prefix) else {
            return Some(format!("{file}: expected `{prefix}` in front, found `{found}`"));
        };
        let found = format!("{}\n", json_text::pretty(&places.generalise(found)));
        if bless {
            return fs::write(self.folder.join(file), found)
                .err()
                .map(|error| error.to_string());
        }
        let Some(expected) = self.text(file) else {
            return Some(format!("{file} is missing; `BLESS=1` writes it; found\n{found}"));
        };
        // Laid out again, so that the file may be laid out by hand.
        let expected = format!("{}\n", json_text::pretty(&expected));
        (expected != found).then(|| format!("{file}:\n{}", json_text::difference(&expected, &found)))
    }

    fn stdin(&self, places: &Places) -> Result<Vec<u8>, String> {
        if let Some(text) = self.text("stdin.json") {
            return Ok(places.fill(&text).into_bytes());
        }
        if let Some(text) = self.text("stdin.gen.json") {
            let Generated {
                before,
                repeat,
                times,
                after,
            } = serde_json::from_str(&text).map_err(|error| format!("stdin.gen.json: {error}"))?;
            return Ok(places
                .fill(&format!("{before}{}{after}", repeat.repeat(times)))
                .into_bytes());
        }
        Ok(fs::read(self.folder.join("stdin.bin")).unwrap_or_default())
    }

    fn text(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(file)).ok()
    }
}

impl Places {
    fn fill(&self, text: &str) -> String {
        text.replace("{{origin}}", &self.origin)
            .replace("{{nobody}}", &self.nobody)
    }

    fn generalise(&self, text: &str) -> String {
        text.replace(&self.origin, "{{origin}}")
            .replace(&self.nobody, "{{nobody}}")
    }
}

/// A port that is taken, so that nobody else gets it, and refuses connections, since nobody listens.
fn bound_but_deaf() -> Result<(Socket, SocketAddr), String> {
    let bind = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let address = socket.local_addr()?.as_socket();
        Ok((socket, address))
    };
    match bind().map_err(|error: std::io::Error| error.to_string())? {
        (socket, Some(address)) => Ok((socket, address)),
        (_, None) => Err("a TCP socket has an address".to_owned()),
    }
}

fn split_last_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let start = body
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |place| place + 1);
    bytes.split_at(start)
}

/// Whether a platform's message is on stdin, which says more than the environment.
fn is_message(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|message: Value| ["type", "body"].iter().all(|key| message.get(key).is_some()))
}

fn collect_secrets(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if SECRET_KEYS.contains(&key.as_str()) && text != "{{any}}" => {
                        secrets.push(text.clone());
                    }
                    _ => collect_secrets(value, secrets),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect_secrets(value, secrets)),
        _ => {}
    }
}

const SECRET_KEYS: &[&str] = &["client_secret", "access_token", "secretKey"];

/// A shorter one would be found everywhere.
const SHORTEST_SECRET: usize = 8;

const FILES: &[&str] = &[
    "stdin.json",
    "stdin.bin",
    "stdin.gen.json",
    "exchange.json",
    "stdout.json",
    "stdout.txt",
    "stderr.json",
    "run.json",
];

const REPORT: &[u8] = b"{\"check\":true,";

const EVENT: &str = "{\"body\":{\"log\":";
