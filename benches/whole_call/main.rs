//! What a whole call costs, beside what others cost, measured in turns: writes `benches/results.md`, `benches/results.svg`
//! and the ratios in `docs/speed.md`.
//!
//! ```text
//! cargo bench --bench whole_call [-- [--rounds N] [--require-goals]]
//! ```
//!
//! `--require-goals` makes a failure of a goal that is missed, or that nothing was there to measure with.
//! Fewer than 30 rounds are for trying it out: their results go to the target folder alone.
#![cfg(target_os = "linux")]
#![allow(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people; its modules are its own"
)]

mod callgrind;
mod canned;
mod chart;
mod first_check;
mod goals;
mod instructions;
mod line;
mod measure;
mod peers;
mod programs;
mod report;
mod run;
mod service;
mod stats;

use std::path::Path;
use std::process::ExitCode;

use goals::Measured;
use programs::{Programs, ROOT};
use service::Service;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| options.go()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

enum Options {
    Compare { rounds: usize, require_goals: bool },
    FirstCheck,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut rounds, mut require_goals) = (ROUNDS, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // What cargo says to every benchmark.
                "--bench" => {}
                first_check::ARGUMENT => return Ok(Self::FirstCheck),
                "--rounds" => {
                    let number = arguments.next().and_then(|number| number.parse().ok());
                    rounds = number
                        .filter(|rounds| *rounds > 0)
                        .ok_or("expected a number after --rounds")?;
                }
                "--require-goals" => require_goals = true,
                other => {
                    return Err(format!(
                        "unknown option {other}; there are --rounds N and --require-goals"
                    ));
                }
            }
        }
        Ok(Self::Compare { rounds, require_goals })
    }

    fn go(&self) -> Result<(), String> {
        match self {
            Self::Compare { rounds, require_goals } => compare(*rounds, *require_goals),
            Self::FirstCheck => first_check::print(),
        }
    }
}

fn compare(rounds: usize, require_goals: bool) -> Result<(), String> {
    eprintln!("building and installing");
    let programs = Programs::prepare()?;
    let skipped = programs.skipped();
    skipped.iter().for_each(|why| eprintln!("SKIPPED: {why}"));
    let measured = measure(&programs, rounds)?;
    let markdown = report::markdown(&measured, &programs.machine(), &skipped);
    println!("{markdown}");
    if let Ok(counted) = &measured.instructions {
        println!("## Largest functions, instructions of their own\n");
        counted
            .largest
            .iter()
            .for_each(|(name, own)| println!("{own:>10.0}  {name}"));
    }
    let chart = chart::svg(&measured);
    if rounds >= ROUNDS {
        let folder = Path::new(ROOT).join("benches");
        write(&folder.join("results.md"), &markdown)?;
        write(&folder.join("results.svg"), &chart)?;
        write_into_speed_page(&report::ratios(&measured))?;
    } else {
        write(&programs.folder.join("results.md"), &markdown)?;
        write(&programs.folder.join("results.svg"), &chart)?;
    }
    let missed: Vec<_> = goals::all(&measured)
        .into_iter()
        .filter(|goal| goal.met != Some(true))
        .map(|goal| format!("{}: {}, goal {}", goal.figure, goal.measured, goal.goal))
        .collect();
    if require_goals && !missed.is_empty() {
        return Err(format!("goals missed:\n{}", missed.join("\n")));
    }
    Ok(())
}

fn measure(programs: &Programs, rounds: usize) -> Result<Measured, String> {
    let service = Service::start(&programs.sandbox, programs.folder.join("ca.pem"), &[])?;
    let peers = peers::all(programs, &service);
    eprintln!("comparing, {rounds} rounds");
    let series = measure::compare(&peers, rounds)?;
    eprintln!("a line of 40 ms");
    let round_trips = measure::round_trips(programs, &service, rounds)?;
    eprintln!("20 MiB");
    let large_incident = measure::large_incident(programs)?;
    let large_answer = measure::large_answer(programs, rounds)?;
    let first_check_micros = first_check::micros(rounds)?;
    eprintln!("instructions");
    let instructions = instructions::count(programs, &service)?;
    let binary_bytes = std::fs::metadata(&programs.binary)
        .map_err(|error| error.to_string())?
        .len();
    Ok(Measured {
        rounds,
        peers,
        series,
        round_trips,
        large_incident,
        large_answer,
        instructions,
        binary_bytes,
        first_check_micros,
    })
}

/// Between the two marks that the page has for it.
fn write_into_speed_page(ratios: &str) -> Result<(), String> {
    let path = Path::new(ROOT).join("docs/speed.md");
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let (before, rest) = text
        .split_once(RATIOS_BEGIN)
        .ok_or("docs/speed.md has no place for the ratios")?;
    let (_, after) = rest
        .split_once(RATIOS_END)
        .ok_or("docs/speed.md: the place for the ratios has no end")?;
    write(&path, &format!("{before}{RATIOS_BEGIN}\n{ratios}{RATIOS_END}{after}"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

const ROUNDS: usize = 30;
const RATIOS_BEGIN: &str = "<!-- ratios: written by the benchmark -->";
const RATIOS_END: &str = "<!-- end of ratios -->";
