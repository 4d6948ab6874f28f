//! The guarantee: after any fault, and after many, the incident holds the change once or not at all, and the envelope says
//! truthfully which. Every fault on every leg, with every kind of body, through the real binary.

use proptest::test_runner::{RngAlgorithm, TestRng};
use sandbox::{Fault, Leg};
use support::guarantee::{BODIES, Body, Case, Must, columns, faults, run_all};

#[test]
fn the_incident_holds_the_change_once_or_not_at_all_and_the_envelope_says_which() {
    let (faults, answers) = (of_each_body(faults::of), of_each_body(columns::of));
    let all = faults.len() + answers.len();
    assert!(all > 1_500, "{all} cases");
    let of_faults = run_all(&faults, AT_A_TIME);
    of_faults.print("fault matrix, faults of the way");
    let of_answers = run_all(&answers, AT_A_TIME);
    of_answers.print("fault matrix, who answers and what is kept");
    of_faults.assert_kept();
    of_answers.assert_kept();
    // A fault of the way that passes is found out about; it is silence that leaves doubt.
    assert!(of_faults.unknown <= MOST_UNKNOWN, "{} unknown", of_faults.unknown);
}

/// Draws runs with up to four random faults. `SOAK_RUNS` and `SOAK_SEED` change how many and which.
#[test]
#[ignore = "takes about two minutes: cargo test --test guarantee fault_matrix::soak -- --ignored"]
#[allow(clippy::disallowed_methods, reason = "a test's own settings")]
fn soak() {
    use proptest::prelude::Rng;
    let number = |name: &str, default| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (runs, seed) = (number("SOAK_RUNS", 5_000_u64), number("SOAK_SEED", 7));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut pick = |most: usize| usize::try_from(random.next_u32()).expect("32 bits fit") % most;
    let cases: Vec<Case> = (0..runs)
        .map(|run| {
            let body = BODIES[pick(BODIES.len())];
            let drawn: Vec<(Leg, Fault)> = (0..=pick(4))
                .map(|_| {
                    let leg = [Leg::Token, Leg::Patch, Leg::Patch, Leg::Patch, Leg::Get][pick(5)];
                    let all = faults::any();
                    (leg, all[pick(all.len())].1.clone())
                })
                .collect();
            Case::new(format!("soak {run} {drawn:?}"), body, drawn, Must::BeHonest).timeout(4.0)
        })
        .collect();
    let count = run_all(&cases, 32);
    count.print("soak");
    count.assert_kept();
}

fn of_each_body(cases: impl Fn(Body) -> Vec<Case>) -> Vec<Case> {
    BODIES.into_iter().flat_map(cases).collect()
}

/// The cases in which silence lasts for as long as the run, and what a busy machine adds.
const MOST_UNKNOWN: usize = 12;

const AT_A_TIME: usize = 24;
