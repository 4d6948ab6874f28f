//! The limits of the HTTP crate as points in time.

use std::time::{Duration, Instant};

use ureq::unversioned::transport::NextTimeout;

/// When a limit of the HTTP crate's ends.
pub(super) fn deadline(timeout: NextTimeout) -> Instant {
    let now = Instant::now();
    // Without a limit, or with one that no clock can count to, it is a day.
    let after = if timeout.after.is_not_happening() {
        A_DAY
    } else {
        *timeout.after
    };
    now.checked_add(after).unwrap_or(now + A_DAY)
}

/// What the HTTP crate calls a limit that passed.
pub(super) fn timed_out() -> ureq::Error {
    ureq::Error::Timeout(ureq::Timeout::Global)
}

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
