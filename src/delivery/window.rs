//! When a run's first attempt was, by the service's own clock: the answer's `Date` minus the time since. A comment from before
//! that is not this run's.

use std::time::{Duration, SystemTime};

use crate::ground::clock::Moment;
use crate::ground::time::Written;
use crate::http::Response;

/// From when on a comment can be this run's, by the service's clock.
pub(super) struct Window {
    /// By the two clocks of this machine, the earlier start and the later one.
    earliest: SystemTime,
    pub(super) latest: SystemTime,
    /// Whether the service's clock is known.
    pub(super) by_service: bool,
}

impl Window {
    /// `Date` cuts off the fraction of a second, so the start is never later than the truth, and at most a second and the way
    /// of the answer earlier. Where there is no `Date`, this machine's clock has to do, with that second allowed.
    pub(super) fn of(answer: &Response, since: Moment) -> Self {
        let date = answer.date();
        let now = date.unwrap_or_else(|| SystemTime::now() - Duration::from_secs(1));
        let ago = since.since();
        let before = |ago: Duration| now.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH);
        let (counted, wall) = (before(ago.counted), before(ago.wall));
        let apart = ago.counted.abs_diff(ago.wall) > CLOCKS_OF_ONE_MACHINE_APART;
        Self {
            earliest: if apart { counted.min(wall) } else { counted },
            latest: if apart { counted.max(wall) } else { counted },
            by_service: date.is_some(),
        }
    }

    /// Whether a time lies after the start, or so shortly before it that another clock may be the reason.
    pub(super) fn is_shortly_before(&self, created: SystemTime) -> bool {
        created
            >= self
                .earliest
                .checked_sub(CLOCKS_APART)
                .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Whether a time may lie after the start, clocks of the service's that differ allowed for.
    pub(super) fn may_be_after(&self, written: &Written) -> bool {
        let margin = self.margin(written, false) + CLOCKS_APART;
        written.time >= self.earliest.checked_sub(margin).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Whether a time may lie after the start.
    pub(super) fn may_be_since(&self, written: &Written, cut: bool) -> bool {
        let margin = self.margin(written, cut);
        written.time >= self.earliest.checked_sub(margin).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// How far a written time may be from the truth.
    fn margin(&self, written: &Written, cut: bool) -> Duration {
        if !written.has_zone {
            return WIDEST_ZONE;
        }
        let by_clock = if self.by_service { Duration::ZERO } else { CLOCK_UNKNOWN };
        by_clock + if cut { Duration::from_secs(60) } else { Duration::ZERO }
    }
}

/// `Date` and `createdTime` are written by different machines of the service, whose clocks need not agree to the second.
const CLOCKS_APART: Duration = Duration::from_secs(10);

/// More than that, and the machine has slept or somebody has set its clock.
const CLOCKS_OF_ONE_MACHINE_APART: Duration = Duration::from_secs(2);

/// The zone that is furthest from UTC.
const WIDEST_ZONE: Duration = Duration::from_secs(14 * 3600);

/// How far this machine's clock may be from the service's, where the service does not tell its own.
const CLOCK_UNKNOWN: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time;

    const NOW: &str = "Thu, 05 Sep 2024 07:20:44 GMT";

    fn window(counted: u64, wall: u64, headers: &[(&str, &str)]) -> Window {
        let since = Moment::ago(Duration::from_secs(counted), Duration::from_secs(wall));
        Window::of(&Response::sample(200, headers, Vec::new()), since)
    }

    fn secs_before_now(time: SystemTime) -> u64 {
        let now = time::parse("2024-09-05T07:20:44Z").unwrap().time;
        now.duration_since(time).unwrap_or_default().as_secs_f64().round() as u64
    }

    #[test]
    fn a_start_is_told_on_the_services_clock_and_clocks_that_disagree_give_two() {
        let dated = [("Date", NOW)];
        for (counted, wall, earliest, latest) in [
            (1, 1, 1, 1),
            (1, 2, 1, 1),
            // The wall clock was set on by a half minute, or the counter stood still while the machine slept.
            (1, 31, 31, 1),
            // It was set back.
            (31, 1, 31, 1),
        ] {
            let window = window(counted, wall, &dated);
            assert!(window.by_service);
            let found = (secs_before_now(window.earliest), secs_before_now(window.latest));
            assert_eq!(found, (earliest, latest), "{counted} {wall}");
        }
        assert!(!window(1, 1, &[]).by_service);
    }
}
