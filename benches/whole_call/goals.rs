//! The goals, each with what was measured: met, missed, or skipped and why.

use crate::measure::{LargeIncident, RoundTrips, Series};
use crate::peers::{CURL, OURS, Peer, RUNNER};
use crate::stats::Spread;

/// Everything that was measured.
pub struct Measured {
    pub rounds: usize,
    pub peers: Vec<Peer>,
    pub series: Vec<Option<Series>>,
    pub round_trips: RoundTrips,
    pub large_incident: LargeIncident,
    /// Speed as a share of `gzip -dc | cat`'s.
    pub large_answer: Result<Spread, String>,
    pub instructions: Result<crate::instructions::Counted, String>,
    pub binary_bytes: u64,
    /// Of the first check of a process.
    pub first_check_micros: Spread,
}

/// One line of the table.
pub struct Goal {
    pub figure: &'static str,
    pub goal: &'static str,
    pub measured: String,
    /// `None` where there was nothing to measure with.
    pub met: Option<bool>,
}

/// The ratios of one peer to this binary, pair by pair.
pub fn ratios(measured: &Measured, peer: usize) -> Option<(Spread, Spread)> {
    let (ours, theirs) = (measured.series[OURS].as_ref()?, measured.series[peer].as_ref()?);
    Some((
        Spread::of_ratios(&theirs.wall_ms, &ours.wall_ms),
        Spread::of_ratios(&theirs.cpu_ms, &ours.cpu_ms),
    ))
}

/// Every goal.
pub fn all(measured: &Measured) -> Vec<Goal> {
    let ours = measured.series[OURS].as_ref();
    let (wall, cpu) = (
        |peer| ratios(measured, peer).map(|(wall, _)| wall),
        |peer| ratios(measured, peer).map(|(_, cpu)| cpu),
    );
    let trips = &measured.round_trips;
    let large = &measured.large_incident;
    vec![
        ratio("CPU against curl's, one process", "at most 1/3", cpu(CURL), 3.0),
        ratio("CPU against `connector-def-runner`'s", "under 1/30", cpu(RUNNER), 30.0),
        ratio("wall time against curl's, one process", "at most 1/2", wall(CURL), 2.0),
        ratio(
            "wall time against `connector-def-runner`'s",
            "at most 1/20",
            wall(RUNNER),
            20.0,
        ),
        match &measured.instructions {
            Ok(counted) => Goal {
                figure: "instructions of a whole call",
                goal: "at most 7 million",
                measured: format!("{:.2} million", counted.ours_total / 1e6),
                met: Some(counted.ours_total <= 7e6),
            },
            Err(why) => skipped("instructions of a whole call", "at most 7 million", why),
        },
        at_most(
            "peak memory, the specification's incident",
            "under 6 MiB",
            ours.map(|ours| Spread::of(ours.peak_mib.iter().copied())),
            6.0,
            "MiB",
        ),
        at_most(
            "peak memory, an incident of 20 MiB",
            "under 2 × the body + 16 MiB",
            Some(large.peak_mib),
            large.bound_mib,
            "MiB",
        ),
        at_most(
            "round trips, token and write",
            "4",
            Some(trips.token_and_write),
            4.0 + ON_THE_LINE,
            "× RTT",
        ),
        at_most(
            "round trips, with a ready token",
            "3",
            Some(trips.ready_token),
            3.0 + ON_THE_LINE,
            "× RTT",
        ),
        at_most(
            "round trips with a reading first: token, reading, write",
            "5",
            Some(trips.reading_first),
            5.0 + ON_THE_LINE,
            "× RTT",
        ),
        at_most(
            "round trips through Microsoft Graph: token, values and comment",
            "5",
            Some(trips.graph),
            5.0 + ON_THE_LINE,
            "× RTT",
        ),
        at_most(
            "round trips with a reading first and a ready token",
            "4",
            Some(trips.ready_token_reading_first),
            4.0 + ON_THE_LINE,
            "× RTT",
        ),
        at_most(
            "CPU with a reading first against a plain call's",
            "at most 1.5 ×",
            Some(trips.cpu_of_reading_first),
            1.5,
            "×",
        ),
        at_most(
            "round trips through Microsoft Graph, with a ready token",
            "4",
            Some(trips.graph_ready_token),
            4.0 + ON_THE_LINE,
            "× RTT",
        ),
        Goal {
            figure: "static binary",
            goal: "under 4.5 MB",
            measured: format!("{:.2} MB", measured.binary_bytes as f64 / 1e6),
            met: Some(measured.binary_bytes < 4_500_000),
        },
        at_most(
            "validation of a typical input, the first of a process",
            "under 50 µs",
            Some(measured.first_check_micros),
            50.0,
            "µs",
        ),
        match &measured.large_answer {
            Ok(share) => Goal {
                figure: "an answer of 20 MiB in gzip: speed of the whole call against `gzip -dc \\| cat`'s",
                goal: "at least 0.5",
                measured: share.show(2),
                met: Some(share.median >= 0.5),
            },
            Err(why) => skipped("an answer of 20 MiB in gzip", "at least 0.5", why),
        },
    ]
}

/// `times` or more of ours have to fit into theirs.
fn ratio(figure: &'static str, goal: &'static str, theirs: Option<Spread>, times: f64) -> Goal {
    match theirs {
        Some(theirs) => Goal {
            figure,
            goal,
            measured: format!("1/{}", theirs.show(1)),
            met: Some(theirs.median >= times),
        },
        None => skipped(figure, goal, "the other is not there"),
    }
}

fn at_most(figure: &'static str, goal: &'static str, found: Option<Spread>, limit: f64, unit: &str) -> Goal {
    match found {
        Some(found) => Goal {
            figure,
            goal,
            measured: format!("{} {unit}", found.show(2)),
            met: Some(found.median <= limit),
        },
        None => skipped(figure, goal, "not measured"),
    }
}

fn skipped(figure: &'static str, goal: &'static str, why: &str) -> Goal {
    Goal {
        figure,
        goal,
        measured: format!("SKIPPED: {why}"),
        met: None,
    }
}

/// A relay that sleeps wakes a little late at each of its holds; a further round trip would add a whole one.
const ON_THE_LINE: f64 = 0.2;
