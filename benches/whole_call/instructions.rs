//! Instructions of a whole call, counted by valgrind: the one figure that a busy machine does not change.

use std::path::PathBuf;

use crate::callgrind::{Part, Profile};
use crate::peers::{self, SignIn};
use crate::programs::Programs;
use crate::run::Call;
use crate::service::{Place, Service};

/// What was counted.
pub struct Counted {
    /// Median of the runs; their random numbers differ, and so do their counts.
    pub ours_total: f64,
    /// Of the run that is the median, so that they add up to it.
    pub parts: Vec<(Part, f64)>,
    /// The functions with the most instructions of their own.
    pub largest: Vec<(String, f64)>,
    /// curl as one process.
    pub curl_total: Option<f64>,
}

/// Counts a few runs of each; `Err(why)` inside where there is no valgrind.
pub fn count(programs: &Programs, service: &Service) -> Result<Result<Counted, String>, String> {
    let (valgrind, binary) = match (&programs.valgrind, &programs.named_binary) {
        (Ok(valgrind), Ok(binary)) => (valgrind, binary),
        (Err(why), _) | (_, Err(why)) => return Ok(Err(why.clone())),
    };
    let place = Place::at(service.address().port());
    let count = |call: &Call, name: &str| {
        let file = programs.folder.join(format!("callgrind.{name}.out"));
        profile(&valgrind.display().to_string(), call, &file)
    };
    let ours = peers::ours(binary, service, &place, SignIn::Secret);
    let mut runs = (0..RUNS).map(|_| count(&ours, "ours")).collect::<Result<Vec<_>, _>>()?;
    runs.sort_by(|one, other| one.total().total_cmp(&other.total()));
    let median = runs.swap_remove(RUNS / 2);
    let curl = match &programs.curl {
        Ok(curl) => Some(count(&peers::curl_once(curl.clone(), service, &place), "curl")?.total()),
        Err(_) => None,
    };
    Ok(Ok(Counted {
        ours_total: median.total(),
        parts: Part::ALL.into_iter().zip(median.parts()).collect(),
        largest: median
            .largest(LARGEST)
            .into_iter()
            .map(|(name, own)| (name.to_owned(), own))
            .collect(),
        curl_total: curl,
    }))
}

fn profile(valgrind: &str, call: &Call, file: &PathBuf) -> Result<Profile, String> {
    let out = format!("--callgrind-out-file={}", file.display());
    call.run_under(&[valgrind, "--tool=callgrind", "--quiet", &out])?;
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let profile = Profile::parse(&text);
    let said = text
        .lines()
        .find_map(|line| line.strip_prefix("totals: ")?.parse::<f64>().ok());
    match said {
        Some(total) if (total - profile.total()).abs() < 1.0 => Ok(profile),
        _ => Err(format!(
            "{}: functions add up to {}, expected {said:?}",
            file.display(),
            profile.total()
        )),
    }
}

const RUNS: usize = 5;
const LARGEST: usize = 40;
