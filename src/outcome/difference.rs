//! What a run has seen of the write: how often it was sent, and what the service shows in another way than it was asked for.

use serde::Serialize;
use serde_json::Value;

use super::parts::Parts;
use super::requests::RequestIds;

/// One value that the incident does not show as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Difference {
    /// JSON Pointer (RFC 6901) to what was asked for.
    #[schemars(example = serde_json::json!("/json_body/status"))]
    pub at: String,
    /// What was asked for.
    pub asked: Value,
    /// What the incident shows; null also where it shows nothing.
    pub found: Value,
}

/// What a run has seen of the write.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// How many times an update that may have arrived was sent.
    pub writes: u32,
    /// What the incident shows in another way than it was asked for.
    pub differs: Vec<Difference>,
    /// The incident that this one was merged into.
    pub redirected_to: Option<u64>,
    /// What became of values and comment, where they are two requests and both were asked for.
    pub parts: Option<Parts>,
    /// The requests, where the service gives them ids.
    pub requests: Vec<RequestIds>,
}
