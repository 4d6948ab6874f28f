//! Update one Microsoft Defender incident: a JSON document on stdin, one envelope on stdout.
//!
//! The rooms stand here in reading order, from top to bottom; each uses only those below it. A document is read and checked
//! by [`contract`], becomes values in [`input`], and [`delivery`] brings it to the service.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;

pub mod process;

pub mod check;
pub mod dry_run;

pub mod delivery;

pub mod input;

pub mod contract;

pub mod api;

pub mod actions;
pub mod incident;

pub mod asset;

pub mod sign_in;

pub mod outcome;

pub mod http;

pub mod ground;

use std::io::Read;

use delivery::progress::Progress;
use outcome::shown::{self, Outcome};
use process::framing::Order;
use process::mode::Mode;
use process::settings::Settings;

/// One run: reads a document from `stdin`, does what `settings` ask for, and returns what is to be printed. How far
/// it has come can be watched, and stopped, through `progress`.
///
/// # Errors
/// [`Error`](outcome::error::Error), whose variant is the reaction that the caller should have.
pub fn run(settings: &Settings, stdin: impl Read, progress: &Progress) -> Outcome {
    let message = contract::document::read(stdin).map_err(shown::own)?;
    let Order { mode, document } = settings.frame.open(message, settings.mode).map_err(shown::own)?;
    let checked = contract::check::check(document);
    // Before the files that the asset names are read, as not every file system answers.
    progress.set_limit(checked.time_limit());
    if mode == Mode::Check {
        let asset = input::parse_asset(checked, &settings.environment).map_err(shown::own)?;
        return check::run(&asset, progress);
    }
    let input = input::parse(checked, &settings.environment).map_err(shown::own)?;
    if mode == Mode::DryRun {
        return dry_run::show(&input);
    }
    if mode == Mode::Read {
        return delivery::read_only::read(&input, progress);
    }
    delivery::deliver(&input, progress)
}
