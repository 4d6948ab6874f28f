//! x
mod sandbox;
