//! Values that never repeat within a process: trace ids, tracking ids, token ids. Not random enough for anything else.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// In the form of a version 4 UUID.
pub(crate) fn uuid() -> String {
    let (high, low) = (fresh(), fresh());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        8 + (low >> 62),
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// Defender's `|7f1c2a0e-4d2b3c4a5f6e7d8c.`: what a person gives to support.
pub(crate) fn tracking_id() -> String {
    let id = uuid();
    format!("|{}-{:016x}.", &id[..8], fresh())
}

fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    RandomState::new().hash_one(NEXT.fetch_add(1, Ordering::Relaxed))
}
