//! What may stand on stdin: one JSON document in either of its two forms, held against a schema made from the Rust types.

pub mod check;
pub mod document;
mod excess;
mod mending;
mod problem;
pub mod schema;
mod strict_json;
mod whole_number;
