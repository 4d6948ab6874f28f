//! The same playbook through Microsoft Graph: the real binary against the stand-in's other half, over the same incidents.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

mod guarantee;
mod sandbox;
mod support;

#[path = "graph/answer.rs"]
mod answer;
#[path = "graph/modes.rs"]
mod modes;
#[path = "graph/parts.rs"]
mod parts;
#[path = "graph/refusals.rs"]
mod refusals;
#[path = "graph/run.rs"]
mod run;
#[path = "graph/stops.rs"]
mod stops;
#[path = "graph/wire.rs"]
mod wire;
