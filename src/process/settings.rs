//! What the command line asks for: the only reader of arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::contract::schema::Kind;
use crate::ground::environment::{Environment, TURBINE};
use crate::outcome::error::{Error, Failure, Name};

/// What was asked for on the command line and in the environment.
pub struct Settings {
    /// What to do.
    pub mode: Mode,
    /// How the outcome is framed.
    pub framing: Framing,
    /// The file that holds the input, where it is not stdin: an image without a shell cannot redirect.
    pub input: Option<PathBuf>,
    /// The variables that fill in what the asset leaves out.
    pub environment: Environment,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Update the incident.
    Update,
    /// Check the input and print what would be sent.
    DryRun,
    /// Sign in, report what the token may do, and change nothing.
    Check,
    /// Print the incident, say what of the update is there, and change nothing.
    Read,
    /// Print a schema.
    Schema(Kind),
    /// Print the usage.
    Help,
    /// Print the version.
    Version,
}

/// How the outcome is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One line of JSON on stdout, the reaction in the exit code.
    Plain,
    /// Turbine's: `::set-output` on stdout with exit code 0, or `::set-error` on stderr with exit code 1.
    Turbine,
}

impl Settings {
    /// Reads the command line and the environment of this process.
    ///
    /// # Errors
    /// [`Error::Input`] with the usage's own words where the command line cannot be understood, beside the framing in
    /// which to say so.
    pub fn from_process() -> Result<Self, (Error, Framing)> {
        let environment = Environment::of_process();
        let framing = if environment.get(TURBINE).is_some() {
            Framing::Turbine
        } else {
            Framing::Plain
        };
        let mut settings = Self {
            mode: Mode::Update,
            framing,
            input: None,
            environment,
        };
        match settings.read_arguments(std::env::args_os().skip(1)) {
            Ok(()) => Ok(settings),
            Err(problem) => {
                let help = "see `--help`; nothing was sent";
                Err((
                    Error::Input(Failure::new(Name::InvalidArguments, problem, help)),
                    settings.framing,
                ))
            }
        }
    }

    fn read_arguments(&mut self, arguments: impl IntoIterator<Item = OsString>) -> Result<(), String> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut modes = Vec::new();
        while let Some(argument) = parser.next().map_err(|error| in_words(&error))? {
            match argument {
                Value(name) if name == crate::actions::update_incident::NAME => {}
                Value(_) => return Err("unknown action; the only one is `update_incident`, and a file's path goes after `--input`".to_owned()),
                Long("framing") => self.framing = choice(&mut parser, "--framing", &FRAMINGS)?,
                Long("input") => {
                    let path = parser.value().map_err(|_| "expected a file's path after `--input`".to_owned())?;
                    self.input = Some(path.into());
                }
                Long("schema") => modes.push(Mode::Schema(choice(&mut parser, "--schema", &KINDS)?)),
                Long("dry-run") => modes.push(Mode::DryRun),
                Long("check") => modes.push(Mode::Check),
                Long("read") => modes.push(Mode::Read),
                Short('h') | Long("help") => modes.push(Mode::Help),
                Short('V') | Long("version") => modes.push(Mode::Version),
                Short(letter) => return Err(format!("unknown option `-{letter}`")),
                Long(_) => return Err("unknown option; the options are `--input`, `--framing`, `--dry-run`, `--check`, `--read`, `--schema`, `--help`, `--version`".to_owned()),
            }
        }
        match modes.as_slice() {
            [] => Ok(()),
            [mode] => {
                self.mode = *mode;
                Ok(())
            }
            _ => Err(
                "expected one of `--dry-run`, `--check`, `--read`, `--schema`, `--help`, `--version`, found more"
                    .to_owned(),
            ),
        }
    }
}

/// The parser's own words repeat what was written, which may be a secret.
fn in_words(error: &lexopt::Error) -> String {
    let option = match error {
        lexopt::Error::UnexpectedValue { option, .. } => option.as_str(),
        _ => "",
    };
    match MODES.iter().find(|mode| **mode == option) {
        Some(mode) => format!("expected nothing behind `{mode}`, found a value"),
        None => "expected options as `--help` shows them, found something else".to_owned(),
    }
}

fn choice<T: Copy>(parser: &mut lexopt::Parser, option: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let words = || {
        choices
            .iter()
            .map(|(word, _)| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(" or ")
    };
    let value = parser
        .value()
        .and_then(|value| value.string())
        .map_err(|_| format!("expected {} after `{option}`", words()))?;
    choices
        .iter()
        .find(|(word, _)| *word == value)
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| format!("expected {} after `{option}`, found another word", words()))
}

const FRAMINGS: [(&str, Framing); 2] = [("plain", Framing::Plain), ("turbine", Framing::Turbine)];

/// The options that take no value.
const MODES: [&str; 7] = ["--dry-run", "--check", "--read", "-h", "--help", "-V", "--version"];

const KINDS: [(&str, Kind); 2] = [("input", Kind::Input), ("output", Kind::Output)];

/// What `--help` prints.
pub const USAGE: &str = "\
Update one Microsoft Defender incident: a JSON document on stdin, one envelope on stdout.

Usage: defender-update-incident [update_incident] [OPTIONS] < input.json

Options:
      --input FILE             read the document from a file in place of stdin
      --framing plain|turbine  how the outcome is framed [default: plain, or turbine
                               where ASSET_KEYS is set]
      --dry-run                check the input and print what would be sent; send nothing
      --check                  sign in and print what the token may do; change nothing
      --read                   print the incident and say what of the update is there;
                               change nothing
      --schema input|output    print a JSON Schema
  -h, --help                   print this
  -V, --version                print the version

Input: {\"asset\": {\"tenant_id\": ..., \"client_id\": ..., \"client_secret\": ...},
        \"path_parameters\": {\"id\": 552},
        \"json_body\": {\"status\": \"Resolved\", \"comment\": \"closed by playbook 7\"}}

Exit codes:
  0  applied
  1  refused: running it again unchanged will not help
  2  input refused: nothing left the machine
  3  not applied: worth running again later
  4  unknown, or applied but the answer could not be read: read the incident first

Logs go to stderr: warnings, or what RUST_LOG asks for (info: one line an HTTP attempt).
";
