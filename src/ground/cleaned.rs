//! The one gate for texts of the other end: whatever came over a connection is shown as [`Cleaned`] or [`Body`], and only a
//! [`Gate`] makes these, which knows the run's secrets and takes them out in every coding in which they may have come back.
//! What cannot be searched with certainty is left out, and says so.

mod author;
mod body;
mod codings;
mod decoded;
mod entities;
mod forms;
mod gate;
mod inside;
mod redaction;
mod shapes;
mod tokens;
mod wire;

pub use author::Author;
pub use body::{Body, DEEPEST_JSON};
pub use gate::{Cleaned, Gate};
pub use wire::{Wire, Words};
