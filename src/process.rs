//! This process: what it does before anything else, and how it ends.

use std::io;
use std::process::ExitCode;

use crate::report;
use crate::settings::{Mode, Settings, USAGE};

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    crate::logging::start();
    let mut stdout = io::stdout().lock();
    let code = match Settings::from_process() {
        Err((error, framing)) => report::write(&Err(error), framing, &mut stdout, &mut io::stderr()),
        Ok(settings) => match settings.mode {
            Mode::Help => report::write_text(USAGE, &mut stdout),
            Mode::Version => report::write_text(
                concat!("defender-update-incident ", env!("CARGO_PKG_VERSION"), "\n"),
                &mut stdout,
            ),
            Mode::Schema(kind) => report::write_text(kind.text(), &mut stdout),
            Mode::Update | Mode::DryRun | Mode::Check => {
                let outcome = crate::run(&settings, io::stdin().lock());
                report::write(&outcome, settings.framing, &mut stdout, &mut io::stderr())
            }
        },
    };
    ExitCode::from(code)
}
