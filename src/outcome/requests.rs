//! The requests of a run by the ids that support asks for.

use serde::Serialize;

/// One request to an API that gives ids to requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RequestIds {
    /// HTTP's method.
    #[schemars(example = serde_json::json!("PATCH"))]
    pub method: String,
    /// HTTP status code; null where no answer came.
    pub status_code: Option<u16>,
    /// The id that the service gave to it; null where it told none.
    pub request_id: Option<String>,
    /// The id that this program gave to it.
    pub client_request_id: String,
}
