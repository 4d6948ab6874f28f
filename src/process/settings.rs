//! What the command line asks for: the only reader of arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::contract::schema::Kind;
use crate::ground::environment::Environment;
use crate::outcome::error::{Error, Failure, Name};
use crate::process::framing::{Frame, Framing};
use crate::process::mode::Mode;

/// What was asked for on the command line and in the environment.
pub struct Settings {
    /// What to do.
    pub mode: Mode,
    /// How document and outcome are framed; shared with whoever writes the outcome.
    pub frame: Arc<Frame>,
    /// The file that holds the input, where it is not stdin: an image without a shell cannot redirect.
    pub input: Option<PathBuf>,
    /// The variables that fill in what the asset leaves out.
    pub environment: Environment,
}

impl Settings {
    /// Reads the command line and the environment of this process.
    ///
    /// # Errors
    /// [`Error::Input`] with the usage's own words where the command line cannot be understood, beside the framing in
    /// which to say so.
    pub fn from_process() -> Result<Self, (Error, Arc<Frame>)> {
        let environment = Environment::of_process();
        let mut settings = Self {
            mode: Mode::Update,
            frame: Arc::new(Frame::of_environment(&environment)),
            input: None,
            environment,
        };
        match settings.read_arguments(std::env::args_os().skip(1)) {
            Ok(()) => Ok(settings),
            Err(problem) => {
                let help = "see `--help`; nothing was sent";
                let error = Error::Input(Failure::new(Name::InvalidArguments, problem, help));
                Err((error, settings.frame))
            }
        }
    }

    fn read_arguments(&mut self, arguments: impl IntoIterator<Item = OsString>) -> Result<(), String> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let (mut modes, mut ignored) = (Vec::new(), Vec::new());
        // The framing that was named, and the one whose runner's word was given.
        let (mut named, mut spoken) = (None, None);
        while let Some(argument) = parser.next().map_err(|error| in_words(&error))? {
            match argument {
                Value(name) if name == crate::actions::update_incident::NAME => {}
                Value(word) => {
                    let (framing, mode) = word.to_str().and_then(Framing::of_argument).ok_or(UNKNOWN_ACTION)?;
                    spoken = Some((framing, mode));
                    self.frame = Arc::new(Frame::asked_for(framing));
                }
                Long("framing") => {
                    let framing = choice(&mut parser, "--framing", &Framing::ALL)?;
                    named = Some(framing);
                    self.frame = Arc::new(Frame::asked_for(framing));
                }
                Long("input") => {
                    let path = parser
                        .value()
                        .map_err(|_| "expected a file's path after `--input`".to_owned())?;
                    self.input = Some(path.into());
                }
                Long("schema") => modes.push(Mode::Schema(choice(&mut parser, "--schema", &KINDS)?)),
                Long("dry-run") => modes.push(Mode::DryRun),
                Long("check") => modes.push(Mode::Check),
                Long("read") => modes.push(Mode::Read),
                Short('h') | Long("help") => modes.push(Mode::Help),
                Short('V') | Long("version") => modes.push(Mode::Version),
                Short(letter) => return Err(format!("unknown option `-{letter}`")),
                Long(option) if Framing::ALL.iter().any(|(_, framing)| framing.ignores_option(option)) => {
                    ignored.push(option.to_owned());
                }
                Long(_) => return Err(UNKNOWN_OPTION.to_owned()),
            }
        }
        settle(named, spoken, &ignored, &mut modes)?;
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

/// Whether what a framing's runner says fits the framing that was named, and what it adds to the modes asked for.
fn settle(
    named: Option<Framing>,
    spoken: Option<(Framing, Mode)>,
    ignored: &[String],
    modes: &mut Vec<Mode>,
) -> Result<(), String> {
    let framing = named.or(spoken.map(|(framing, _)| framing));
    let is_known = |option: &String| framing.is_some_and(|framing| framing.ignores_option(option));
    if !ignored.iter().all(is_known) {
        return Err(UNKNOWN_OPTION.to_owned());
    }
    if let Some((theirs, mode)) = spoken {
        if framing != Some(theirs) {
            return Err("`run` and `test` belong to `--framing insightconnect`, found another framing".to_owned());
        }
        // To update is usual, and goes with any other mode.
        if mode != Mode::Update && !modes.contains(&mode) {
            modes.push(mode);
        }
    }
    Ok(())
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

const UNKNOWN_ACTION: &str =
    "unknown action; the only one is `update_incident`, and a file's path goes after `--input`";

const UNKNOWN_OPTION: &str = "unknown option; the options are `--input`, `--framing`, `--dry-run`, `--check`, `--read`, `--schema`, `--help`, `--version`";

/// The options that take no value.
const MODES: [&str; 7] = ["--dry-run", "--check", "--read", "-h", "--help", "-V", "--version"];

const KINDS: [(&str, Kind); 2] = [("input", Kind::Input), ("output", Kind::Output)];

/// What `--help` prints.
pub const USAGE: &str = "\
Update one Microsoft Defender incident: a JSON document on stdin, one envelope on stdout.

Usage: defender-update-incident [update_incident] [OPTIONS] < input.json

Options:
      --input FILE             read the document from a file in place of stdin
      --framing plain|turbine|insightconnect
                               how document and outcome are framed [default: plain;
                               turbine where ASSET_KEYS is set; insightconnect where
                               stdin holds its message]
      --dry-run                check the input and print what would be sent; send nothing
      --check                  sign in and print what the token may do; change nothing
      --read                   print the incident and say what of the update is there;
                               change nothing
      --schema input|output    print a JSON Schema
  -h, --help                   print this
  -V, --version                print the version

InsightConnect gives `run` or `test`: its framing, and with `test` the check.

Input: {\"asset\": {\"tenant_id\": ..., \"client_id\": ..., \"client_secret\": ...},
        \"path_parameters\": {\"id\": 552},
        \"json_body\": {\"status\": \"Resolved\", \"comment\": \"closed by playbook 7\"}}

Exit codes:
  0  applied
  1  refused: running it again unchanged will not help
  2  input refused: nothing left the machine
  3  not applied, or half of it: worth running again later
  4  unknown, or applied but the answer could not be read: read the incident first

Logs go to stderr: warnings, or what RUST_LOG asks for (info: one line an HTTP attempt).
";
