//! The same playbook through Microsoft Graph: the real binary against the stand-in's other half, over the same incidents.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

mod answer;
mod modes;
mod parts;
mod refusals;
mod run;
mod stops;
mod wire;
