//! What is printed in the end. Decisions are made on a service's own words, and what is told of them goes through the gate
//! like everything else: only what has been through it, or was said before anybody was talked to, can be written.

use std::ops::Deref;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::difference::Difference;
use super::envelope::{Applied, Envelope, ReadOnly};
use super::error::Error;
use crate::ground::cleaned::Gate;

/// What may be printed. Nothing else can be serialised, so that forgetting to clean does not compile:
///
/// ```compile_fail,E0277
/// use defender_update_incident::outcome::error::{Error, Failure, Name};
/// let error = Error::Refused(Failure::new(Name::NotFound, "what came", "help"));
/// let line = serde_json::to_string(&error);
/// ```
#[derive(Debug)]
pub struct Shown<T>(T);

/// What comes of a run.
pub type Outcome = Result<Shown<Envelope>, Shown<Error>>;

/// An update that was applied.
#[must_use]
pub fn applied(mut applied: Applied, gate: &Gate) -> Shown<Envelope> {
    applied.differs = differences(applied.differs, gate);
    if let Some(found) = applied
        .unchanged
        .as_mut()
        .and_then(|unchanged| unchanged.found.as_mut())
    {
        found.created_time = gate.words(std::mem::take(&mut found.created_time));
        found.created_by = gate.words(std::mem::take(&mut found.created_by));
    }
    Shown(Envelope::Applied(applied))
}

/// What a reading shows.
#[must_use]
pub fn read_only(mut reading: ReadOnly, gate: &Gate) -> Shown<Envelope> {
    for asked in &mut reading.asked {
        asked.found = gate.value(asked.found.take());
        asked.asked = gate.value(asked.asked.take());
    }
    Shown(Envelope::ReadOnly(reading))
}

/// A report that was asked for, and the exit code that goes with it.
#[must_use]
pub fn report(report: Value, code: u8, gate: &Gate) -> Shown<Envelope> {
    Shown(Envelope::Report(gate.value(report), code))
}

/// A failure.
#[must_use]
pub fn error(mut error: Error, gate: &Gate) -> Shown<Error> {
    let failure = error.failure_mut();
    let clean = |text: &mut String| *text = gate.words(std::mem::take(text));
    clean(&mut failure.message);
    // Help names what was given, such as a scope, and a place the keys of a document: either may hold what is a secret too.
    clean(&mut failure.help);
    for violation in &mut failure.violations {
        clean(&mut violation.at);
        clean(&mut violation.problem);
    }
    failure.evidence.differs = differences(std::mem::take(&mut failure.evidence.differs), gate);
    Shown(error)
}

/// A failure in this program's own words alone: nobody was talked to, or nothing that anybody has said is in it.
#[must_use]
pub fn own(error: Error) -> Shown<Error> {
    Shown(error)
}

fn differences(list: Vec<Difference>, gate: &Gate) -> Vec<Difference> {
    let clean = |difference: Difference| Difference {
        asked: gate.value(difference.asked),
        found: gate.value(difference.found),
        ..difference
    };
    list.into_iter().map(clean).collect()
}

impl<T> Deref for Shown<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Serialize for Shown<Envelope> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.entries(serializer)
    }
}

impl Serialize for Shown<Error> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        super::envelope::error_entries(&self.0, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::secret::Secret;
    use crate::outcome::error::{Failure, Name};
    use crate::outcome::violations::Violation;

    #[test]
    fn no_text_of_a_failure_keeps_a_secret() {
        let secret = "s3cret-of/this.test";
        let gate = Gate::default();
        gate.learn(&Secret::new(secret.to_owned()));
        let said = |place: &str| format!("{place}: {secret}");
        let failure = Failure {
            violations: vec![Violation::new(said("at"), said("problem"))],
            ..Failure::new(Name::NotFound, said("message"), said("help"))
        };
        let line = serde_json::to_string(&error(Error::Refused(failure), &gate)).unwrap();
        assert!(!line.contains(secret), "{line}");
        for place in ["at", "problem", "message", "help"] {
            assert!(line.contains(&format!("{place}: [redacted]")), "{line}");
        }
    }
}
