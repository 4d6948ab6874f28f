//! A door for the fuzz targets to what is private otherwise; there with the feature `fuzzing` alone.

use crate::ground::cleaned::{Author, Gate};
use crate::http::Response;

/// Reads an answer as it is on the wire, without the connection around it; `None` where it has no head.
#[must_use]
pub fn answer(bytes: &[u8], gate: &Gate, author: Author) -> Option<Response> {
    crate::http::answer_of(bytes, gate, author)
}
