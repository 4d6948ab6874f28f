//! This process: one thread does the work, this one answers for it. Whatever happens to the work (done, asked to stop,
//! out of time, a fault in this program), exactly one outcome is written, whole, and the exit code goes with it.

mod events;
pub mod framing;
pub mod logging;
pub mod mode;
pub mod report;
pub mod settings;
mod streams;

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::panic;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::asset::DEFAULT_TIMEOUT_SECS;
use crate::delivery::progress::{Clock, Progress};
use crate::delivery::session::CANCELLED;
use crate::ground::text::path_fault;
use crate::outcome::envelope::Envelope;
use crate::outcome::error::{Error, Failure, Name};
use crate::outcome::write::Write;
use events::{Event, Happened, Teller};
use mode::Mode;
use settings::{Settings, USAGE};

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    keep_memory_private();
    streams::survive_full_files();
    logging::start();
    let mut stdout = streams::output_of_results();
    let mut stderr = streams::output_of_errors();
    let code = match Settings::from_process() {
        Err((error, frame)) => report::write(&Err(error), &frame, &mut stdout, &mut stderr),
        Ok(settings) => match settings.mode {
            Mode::Help => report::write_text(USAGE, &mut stdout),
            Mode::Version => report::write_text(
                concat!("defender-update-incident ", env!("CARGO_PKG_VERSION"), "\n"),
                &mut stdout,
            ),
            Mode::Schema(kind) => report::write_text(kind.text(), &mut stdout),
            Mode::Update | Mode::DryRun | Mode::Check | Mode::Read => {
                let frame = Arc::clone(&settings.frame);
                report::write(&supervise(settings), &frame, &mut stdout, &mut stderr)
            }
        },
    };
    ExitCode::from(code)
}

/// Runs the work on a thread of its own and waits for what happens first.
fn supervise(settings: Settings) -> Result<Envelope, Error> {
    let (teller, happened) = events::channel();
    let progress = Arc::new(Progress::default());
    report_panics(teller.clone());
    let started = Instant::now();
    let working = Arc::clone(&progress);
    let worker = thread::Builder::new().name("run".to_owned()).spawn(move || {
        let document = source(&settings).map(|source| Arriving {
            source,
            progress: &working,
            began: false,
        });
        let outcome = document.and_then(|document| crate::run(&settings, document, &working));
        // The other end is gone only where the process is ending already.
        teller.tell(Event::Done(outcome));
    });
    if let Err(error) = worker {
        return Err(progress.interrupted(
            Name::InternalError,
            &format!("no thread could be started (`ulimit -u`, or the container's limit): {error}"),
        ));
    }
    wait(&happened, &progress, started)
}

/// A document that tells when its first byte has come, from which on its run's time counts.
struct Arriving<'a> {
    source: Box<dyn Read + Send>,
    progress: &'a Progress,
    began: bool,
}

impl Read for Arriving<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        if count > 0 && !self.began {
            self.began = true;
            let default = Duration::from_secs_f64(DEFAULT_TIMEOUT_SECS);
            self.progress.begin_input(Instant::now(), default);
        }
        Ok(count)
    }
}

fn source(settings: &Settings) -> Result<Box<dyn Read + Send>, Error> {
    let Some(path) = &settings.input else {
        if io::stdin().is_terminal() {
            log::warn!(
                "reading the document from the terminal, up to Ctrl-D; `--input` names a file, and `--help` says more"
            );
        }
        return Ok(streams::input(io::stdin()));
    };
    let file = File::open(path).map_err(|error| {
        let shell = path
            .to_str()
            .and_then(path_fault)
            .map(|found| format!(" (it begins with {found})"));
        let shell = shell.unwrap_or_default();
        let problem = format!("expected a file that can be read after `--input`, found: {error}{shell}");
        Error::Input(Failure::new(
            Name::InvalidArguments,
            problem,
            "check the path; nothing was sent",
        ))
    })?;
    Ok(streams::input(file))
}

fn wait(happened: &Happened, progress: &Progress, started: Instant) -> Result<Envelope, Error> {
    loop {
        let end = progress
            .end()
            .unwrap_or(started + Duration::from_secs_f64(DEFAULT_TIMEOUT_SECS))
            + BACKSTOP;
        let event = happened.next(end.saturating_duration_since(Instant::now()).min(END_MAY_CHANGE));
        match event {
            Some(Event::Done(outcome)) => return outcome,
            Some(Event::Panicked(place)) => {
                let why = format!("a fault in this program at {place}");
                return Err(progress.interrupted(Name::InternalError, &why));
            }
            Some(Event::StopAsked) => {
                let grace = if matches!(progress.stop(), Write::InFlight { .. }) {
                    WRITE_GRACE
                } else {
                    RETURN_GRACE
                };
                return match happened.next(grace) {
                    Some(Event::Done(outcome)) => outcome,
                    _ => Err(progress.interrupted(Name::Cancelled, CANCELLED)),
                };
            }
            None if Instant::now() < end => {}
            None => {
                // The work keeps its own time; it gets here only where something outside hangs, such as an open stdin.
                let why = match progress.clock() {
                    Clock::Set => "the time limit passed",
                    Clock::InputBegan => {
                        "the input was not there in time: it began, and neither its end came nor was it closed"
                    }
                    Clock::NotStarted => "the input was not there in time",
                };
                return Err(progress.interrupted(Name::TimedOut, why));
            }
        }
    }
}

/// A panic's own message may hold a value, so only its place is told; the thread it happened on is held, since this
/// program's end may abort the process before the outcome is written.
fn report_panics(teller: Teller) {
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or_else(
            || "an unknown place".to_owned(),
            |place| shown(&place.to_string()).to_owned(),
        );
        let on_a_worker = thread::current().name() != Some("main");
        if on_a_worker && teller.tell(Event::Panicked(place)) {
            loop {
                thread::park();
            }
        }
    }));
}

/// A place in a source, without the folders of the machine that built it.
fn shown(place: &str) -> &str {
    let package = place
        .match_indices("/src/")
        .last()
        .map(|(end, _)| place.get(..end).unwrap_or_default());
    let start = package
        .and_then(|folders| folders.rfind('/'))
        .map_or(0, |slash| slash + 1);
    place.get(start..).unwrap_or(place)
}

/// The memory holds credentials: no core dump, and no look into it by other processes of the same user.
#[cfg(target_os = "linux")]
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    // Where the kernel refuses, the run is as private as any other program's.
    let _ = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(not(target_os = "linux"))]
fn keep_memory_private() {}

/// How long a write in flight may take to answer once the run was asked to stop.
const WRITE_GRACE: Duration = Duration::from_secs(5);

/// How long the work gets to come back by itself where nothing is in flight that could matter.
const RETURN_GRACE: Duration = Duration::from_millis(100);

/// What the work may run over its time limit before it is taken for hanging.
const BACKSTOP: Duration = Duration::from_millis(500);

/// The time limit becomes known while this thread waits, so it looks again this often.
const END_MAY_CHANGE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_place_says_nothing_of_the_machine_that_built_it() {
        for (place, said) in [
            ("src/process.rs:1:2", "src/process.rs:1:2"),
            (
                "/home/x/.cargo/registry/src/index.example-0123/ureq-3.5.2/src/unversioned/resolver.rs:1:2",
                "ureq-3.5.2/src/unversioned/resolver.rs:1:2",
            ),
            (
                "/rustc/0123abcd/library/std/src/thread/mod.rs:1:2",
                "std/src/thread/mod.rs:1:2",
            ),
        ] {
            assert_eq!(shown(place), said);
        }
    }
}
