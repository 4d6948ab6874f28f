//! The incidents there are, in the Defender API's form; both APIs read and write the same ones. Each has its current state
//! and, for a while after a late change, an older one that reading still shows.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// By number.
pub(crate) struct Incidents {
    held: BTreeMap<u64, Held>,
}

struct Held {
    current: Value,
    shown_until: Option<(Instant, Value)>,
    /// When the newest comment came through Graph, which signs it in another way at first.
    commented: Option<Instant>,
}

impl Incidents {
    /// What was applied.
    pub(crate) fn current(&self, id: u64) -> Option<&Value> {
        self.held.get(&id).map(|held| &held.current)
    }

    /// What reading shows.
    pub(crate) fn visible(&self, id: u64) -> Option<Value> {
        let held = self.held.get(&id)?;
        let older = held
            .shown_until
            .as_ref()
            .filter(|(until, _)| Instant::now() < *until)
            .map(|(_, older)| older);
        Some(older.unwrap_or(&held.current).clone())
    }

    /// Sets an incident's current state.
    ///
    /// # Panics
    /// Where there is no positive `incidentId`.
    pub(crate) fn put(&mut self, incident: Value) {
        let id = incident["incidentId"].as_u64().expect("an incident has an incidentId");
        match self.held.get_mut(&id) {
            Some(held) => held.current = incident,
            None => drop(self.held.insert(
                id,
                Held {
                    current: incident,
                    shown_until: None,
                    commented: None,
                },
            )),
        }
    }

    /// Merges one incident into another: its comments move there, and it says where.
    pub(crate) fn merge(&mut self, id: u64, into: u64) {
        let Some(mut merged) = self.current(id).cloned() else {
            return;
        };
        let mut other = self.current(into).cloned().unwrap_or_else(seed);
        other["incidentId"] = json!(into);
        other["comments"] = merged["comments"].take();
        merged["comments"] = json!([]);
        merged["redirectIncidentId"] = json!(into);
        merged["status"] = json!("Redirected");
        self.put(other);
        self.put(merged);
    }

    /// A comment came through Graph just now.
    pub(crate) fn commented(&mut self, id: u64) {
        if let Some(held) = self.held.get_mut(&id) {
            held.commented = Some(Instant::now());
        }
    }

    /// Whether the newest comment came through Graph, less than so long ago.
    pub(crate) fn commented_within(&self, id: u64, time: Duration) -> bool {
        let at = self.held.get(&id).and_then(|held| held.commented);
        at.is_some_and(|at| at.elapsed() < time)
    }

    /// Reading shows this older state until then.
    pub(crate) fn show_until(&mut self, until: Instant, older: Value) {
        if let Some(held) = older["incidentId"].as_u64().and_then(|id| self.held.get_mut(&id)) {
            held.shown_until = Some((until, older));
        }
    }
}

impl Default for Incidents {
    /// The specification's one incident.
    fn default() -> Self {
        let mut incidents = Self { held: BTreeMap::new() };
        incidents.put(seed());
        incidents
    }
}

/// The incident of the specification's example.
pub(crate) fn seed() -> Value {
    serde_json::from_str(include_str!("incident_552.json")).expect("the example is JSON")
}

/// The same incident under another number, with so many alerts that its compact JSON has at least `bytes` bytes.
pub(crate) fn big(id: u64, bytes: usize) -> Value {
    let mut incident = seed();
    incident["incidentId"] = json!(id);
    incident["alerts"][0]["incidentId"] = json!(id);
    let alert = incident["alerts"][0].clone();
    let missing = bytes.saturating_sub(incident.to_string().len());
    let copies = missing.div_ceil(alert.to_string().len() + 1);
    if let Some(alerts) = incident["alerts"].as_array_mut() {
        alerts.extend((0..copies).map(|_| alert.clone()));
    }
    incident
}
