//! Update one Microsoft Defender incident: a JSON document on stdin, one envelope on stdout.
//!
//! The modules in reading order: [`process::settings`] (what was asked for), [`input`] (what is on stdin), [`contract::schema`] (is it what
//! the contract says), [`asset`] (who we are), [`sign_in`] (an access token, perhaps one from [`sign_in::token_cache`]), [`actions`]
//! (the request), [`delivery`] (sending it, and finding out what became of it, by [`delivery::session`], [`delivery::retry`], [`delivery::read_back`] and
//! [`http`]), [`outcome::refusal`] (what a failure tells), [`outcome::envelope`], [`outcome::error`] and [`process::report`] (what comes out). [`dry_run`] and
//! [`check`] are what else can be asked for. [`incident`], [`ground::secret`] and [`ground::service_url`] are values that all of these
//! share. Around all of it: [`process`], with [`delivery::progress`] and [`process::logging`].

pub mod actions;
pub mod asset;
pub mod check;
pub mod contract;
pub mod delivery;
pub mod dry_run;

#[cfg(fuzzing)]
pub mod fuzzing;
pub mod ground;
pub mod http;
pub mod incident;
pub mod input;
pub mod outcome;

pub mod process;

pub mod sign_in;

use std::io::Read;
use std::time::Instant;

use delivery::progress::Progress;
use outcome::envelope::Envelope;
use outcome::error::Error;
use process::settings::{Mode, Settings};

/// One run: reads a document from `stdin`, does what `settings` ask for, and returns what is to be printed. How far
/// it has come can be watched, and stopped, through `progress`.
///
/// # Errors
/// [`Error`], whose variant is the reaction that the caller should have.
pub fn run(settings: &Settings, stdin: impl Read, progress: &Progress) -> Result<Envelope, Error> {
    let document = input::read(stdin)?;
    let checked = contract::schema::check(document);
    // Before the files that the asset names are read, as not every file system answers.
    progress.set_end(Instant::now() + checked.time_limit());
    if settings.mode == Mode::Check {
        let asset = input::parse_asset(checked, &settings.environment)?;
        return check::run(&asset, progress);
    }
    let input = input::parse(checked, &settings.environment)?;
    if settings.mode == Mode::DryRun {
        return dry_run::show(&input);
    }
    delivery::deliver(&input, progress).map(Envelope::Applied)
}
