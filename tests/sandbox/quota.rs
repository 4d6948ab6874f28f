//! A quota in fixed windows, as a gateway keeps it.

use std::time::{Duration, Instant};

use super::settings::Quota;

/// How much of a quota is used.
#[derive(Default)]
pub struct Usage {
    window: Option<Instant>,
    calls: u32,
}

impl Usage {
    /// Counts one call; the seconds to wait, at least 1, where it is one too many.
    pub fn count(&mut self, quota: Option<Quota>, now: Instant) -> Result<(), u64> {
        let Some(quota) = quota else { return Ok(()) };
        let begun = *self.window.get_or_insert(now);
        let past = now.saturating_duration_since(begun);
        if past >= quota.window {
            let windows = past.as_nanos() / quota.window.as_nanos().max(1);
            let offset = quota.window.saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX));
            self.window = Some(begun.checked_add(offset).unwrap_or(now));
            self.calls = 0;
        }
        self.calls = self.calls.saturating_add(1);
        if self.calls <= quota.calls {
            return Ok(());
        }
        let left = (self.window.unwrap_or(now) + quota.window).saturating_duration_since(now);
        Err((left + Duration::from_millis(999)).as_secs().max(1))
    }
}
