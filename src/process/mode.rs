//! What a run is to do.

use crate::contract::schema::Kind;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Update the incident.
    Update,
    /// Check the input and print what would be sent.
    DryRun,
    /// Sign in, report what the token may do, and change nothing.
    Check,
    /// Print the incident, say what of the update is there, and change nothing.
    Read,
    /// Print a schema.
    Schema(Kind),
    /// Print the usage.
    Help,
    /// Print the version.
    Version,
}
