//! A moment on two clocks: one that counts on while the machine sleeps, and the one on the wall, which people set.

use std::time::{Duration, SystemTime};

/// When something happened.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    counted: Duration,
    wall: SystemTime,
}

/// How long ago that is, by each clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// By the clock that counts a machine's sleep and that nobody sets.
    pub counted: Duration,
    /// By the clock on the wall; nothing where that was set back behind the moment.
    pub wall: Duration,
}

impl Moment {
    /// This moment.
    #[must_use]
    pub fn now() -> Self {
        Self {
            counted: counted(),
            wall: SystemTime::now(),
        }
    }

    /// A moment so long ago by each clock, as after a machine's sleep or on one whose clock was set.
    #[cfg(test)]
    pub(crate) fn ago(by_counted: Duration, by_wall: Duration) -> Self {
        Self {
            // The counter may have begun later.
            counted: counted().saturating_sub(by_counted),
            wall: SystemTime::now() - by_wall,
        }
    }

    /// How long ago it is.
    #[must_use]
    pub fn since(&self) -> Since {
        Since {
            counted: counted().saturating_sub(self.counted),
            wall: SystemTime::now().duration_since(self.wall).unwrap_or_default(),
        }
    }
}

/// `Instant` stands still while a Linux machine sleeps (CLOCK_MONOTONIC); CLOCK_BOOTTIME does not.
#[cfg(target_os = "linux")]
fn counted() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let secs = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(secs, nanos)
}

/// Elsewhere `Instant` has to do; a sleep shows as a disagreement of the two clocks.
#[cfg(not(target_os = "linux"))]
fn counted() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
