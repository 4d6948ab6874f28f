//! How a run and its runner talk: what stands around the document on stdin, and around the outcome. Each framing is one
//! file with the same parts, and one variant here.

mod format;
mod insightconnect;
mod plain;
mod turbine;

use std::io;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::ground::environment::Environment;
use crate::outcome::error::Error;
use crate::outcome::shown::Outcome;
use crate::process::mode::Mode;
use format::{Failed, Format};
pub use format::{Order, Streams};

/// What stands around the document and the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// The document alone, and one line of JSON on stdout, the reaction in the exit code.
    Plain,
    /// Turbine's: `::set-output` on stdout with exit code 0, or `::set-error` on stderr with exit code 1.
    Turbine,
    /// InsightConnect's: a start message on stdin, an event on stdout, exit code 1 on any failure.
    InsightConnect,
}

/// The framing of one run: as asked for, or else as the message on stdin tells once it is read.
pub struct Frame {
    framing: Framing,
    asked_for: bool,
    /// The framing that was found, and what its answer has to repeat of the message.
    opened: OnceLock<(Framing, Value)>,
}

impl Framing {
    /// All of them, with the words after `--framing`.
    pub const ALL: [(&'static str, Self); 3] = [
        ("plain", Self::Plain),
        ("turbine", Self::Turbine),
        ("insightconnect", Self::InsightConnect),
    ];

    /// The framing that an argument belongs to, and what it asks for.
    #[must_use]
    pub fn of_argument(word: &str) -> Option<(Self, Mode)> {
        Self::ALL
            .into_iter()
            .find_map(|(_, framing)| Some((framing, framing.format().argument(word)?)))
    }

    /// Whether its runner may give this option, which changes nothing.
    #[must_use]
    pub fn ignores_option(self, option: &str) -> bool {
        self.format().ignored_options().contains(&option)
    }

    fn format(self) -> &'static dyn Format {
        match self {
            Self::Plain => &plain::Plain,
            Self::Turbine => &turbine::Turbine,
            Self::InsightConnect => &insightconnect::InsightConnect,
        }
    }
}

impl Frame {
    /// The framing that was asked for, whatever is on stdin.
    #[must_use]
    pub fn asked_for(framing: Framing) -> Self {
        Self {
            framing,
            asked_for: true,
            opened: OnceLock::new(),
        }
    }

    /// The framing that the environment tells, unless the message on stdin tells another.
    #[must_use]
    pub fn of_environment(environment: &Environment) -> Self {
        let told = |(_, framing): &(_, Framing)| framing.format().is_set_up(environment);
        let framing = Framing::ALL.into_iter().find(told);
        Self {
            framing: framing.map_or(Framing::Plain, |(_, framing)| framing),
            asked_for: false,
            opened: OnceLock::new(),
        }
    }

    /// Takes the document out of what was on stdin.
    ///
    /// # Errors
    /// [`Error::Input`] where it is no message of this framing, or mixes both forms of the document.
    pub fn open(&self, root: Map<String, Value>, mode: Mode) -> Result<Order, Error> {
        let told = |(_, framing): &(_, Framing)| !self.asked_for && framing.format().is_message(&root);
        let framing = Framing::ALL
            .into_iter()
            .find(told)
            .map_or(self.framing, |(_, framing)| framing);
        let (order, repeated) = framing.format().open(root, mode);
        // A frame is opened once; what stands in it first is what is answered.
        self.opened.get_or_init(|| (framing, repeated));
        order
    }

    /// Writes the outcome, whose own exit code is `code`, and returns the exit code that its reader expects.
    pub fn write(&self, outcome: &Outcome, code: u8, streams: Streams<'_>) -> (io::Result<()>, u8) {
        let unopened = (self.framing, Value::Null);
        let (framing, repeated) = self.opened.get().unwrap_or(&unopened);
        let format = framing.format();
        let written = match outcome {
            Ok(envelope) if code == 0 => format.success(repeated, envelope, streams),
            Ok(report) => format.failure(repeated, &Failed::Report(report, code), streams),
            Err(error) => format.failure(repeated, &Failed::Error(error), streams),
        };
        (written, format.exit_code(code))
    }

    /// The exit code that the framing's reader expects for the program's own.
    #[must_use]
    pub fn exit_code(&self, code: u8) -> u8 {
        let framing = self.opened.get().map_or(self.framing, |(framing, _)| *framing);
        framing.format().exit_code(code)
    }
}
