//! What may stand on stdin: one JSON document in either of its two forms, held against a schema made from the Rust types.

mod problem;
pub mod schema;
pub(crate) mod strict_json;
