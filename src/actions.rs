//! The actions of this connector, one file each: its input, and the requests it makes. Nothing here knows about networks.

pub mod read_first;
pub mod update_incident;
