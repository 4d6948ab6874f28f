//! Dates as Microsoft's services write them, from the system's clock: IMF-fixdate in headers, RFC 3339 with seven digits
//! in incidents, and Entra ID's own form in its errors.

use std::time::{SystemTime, UNIX_EPOCH};

/// `Thu, 05 Sep 2024 07:20:44 GMT`
pub fn imf_fixdate(at: SystemTime) -> String {
    let date = Date::of(at);
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        DAYS[date.weekday],
        date.day,
        MONTHS[date.month - 1],
        date.year,
        date.hour,
        date.minute,
        date.second
    )
}

/// `2024-09-05T07:20:44.9089383Z`
pub fn rfc3339(at: SystemTime) -> String {
    let date = Date::of(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
        date.year, date.month, date.day, date.hour, date.minute, date.second, date.ticks
    )
}

/// `2024-09-05 07:20:44Z`
pub fn entra_timestamp(at: SystemTime) -> String {
    let date = Date::of(at);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z",
        date.year, date.month, date.day, date.hour, date.minute, date.second
    )
}

/// Seconds since 1970, as in a token's claims.
pub fn unix_secs(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

struct Date {
    year: u64,
    month: usize,
    day: u64,
    weekday: usize,
    hour: u64,
    minute: u64,
    second: u64,
    /// Tenths of a microsecond.
    ticks: u32,
}

impl Date {
    /// Howard Hinnant's `civil_from_days`, for days after 1970 only.
    fn of(at: SystemTime) -> Self {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, in_day) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        Self {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month: usize::try_from(month).unwrap_or(1),
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            weekday: usize::try_from(days % 7).unwrap_or(0),
            hour: in_day / 3_600,
            minute: in_day / 60 % 60,
            second: in_day % 60,
            ticks: since.subsec_nanos() / 100,
        }
    }
}

/// From 1970-01-01, a Thursday.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
