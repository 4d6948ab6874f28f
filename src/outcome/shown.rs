//! What a run found out by looking at answers as they came, cleaned before it is shown: decisions are made on a service's own
//! words, and what is told of them goes through the gate like everything else.

use super::difference::Difference;
use super::envelope::{Applied, ReadOnly};
use super::error::Error;
use crate::ground::cleaned::Gate;

/// An update that was applied.
#[must_use]
pub fn applied(mut applied: Applied, gate: &Gate) -> Applied {
    applied.differs = differences(applied.differs, gate);
    if let Some(found) = applied
        .unchanged
        .as_mut()
        .and_then(|unchanged| unchanged.found.as_mut())
    {
        found.created_time = gate.words(std::mem::take(&mut found.created_time));
        found.created_by = gate.words(std::mem::take(&mut found.created_by));
    }
    applied
}

/// What a reading shows.
#[must_use]
pub fn read_only(mut reading: ReadOnly, gate: &Gate) -> ReadOnly {
    for asked in &mut reading.asked {
        asked.found = gate.value(asked.found.take());
    }
    reading
}

/// A failure.
#[must_use]
pub fn error(mut error: Error, gate: &Gate) -> Error {
    let failure = error.failure_mut();
    failure.message = gate.words(std::mem::take(&mut failure.message));
    for violation in &mut failure.violations {
        violation.problem = gate.words(std::mem::take(&mut violation.problem));
    }
    failure.evidence.differs = differences(std::mem::take(&mut failure.evidence.differs), gate);
    error
}

fn differences(list: Vec<Difference>, gate: &Gate) -> Vec<Difference> {
    let clean = |difference: Difference| Difference {
        found: gate.value(difference.found),
        ..difference
    };
    list.into_iter().map(clean).collect()
}
