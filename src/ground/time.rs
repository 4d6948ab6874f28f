//! Moments as services write them: RFC 3339, with a zone or, by those who forget it, without.

use std::time::{Duration, SystemTime};

/// A moment as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The moment; in UTC where no zone was written.
    pub time: SystemTime,
    /// Whether a zone was written.
    pub has_zone: bool,
    /// Whether it ends on the minute, without a fraction: perhaps cut off.
    pub on_the_minute: bool,
}

/// Reads a moment; nothing where the text is none.
#[must_use]
pub fn parse(text: &str) -> Option<Written> {
    let text = text.trim();
    let (plain, offset) = zone(text);
    let time = humantime::parse_rfc3339_weak(plain).ok()?;
    let time = match offset {
        Some((true, ahead)) => time.checked_sub(ahead)?,
        Some((false, behind)) => time.checked_add(behind)?,
        None => time,
    };
    Some(Written {
        time,
        has_zone: offset.is_some(),
        on_the_minute: plain.len() <= "0000-00-00T00:00:00".len() && plain.ends_with(":00"),
    })
}

/// The text without its zone, and by how much that is ahead (`true`) of UTC or behind it.
fn zone(text: &str) -> (&str, Option<(bool, Duration)>) {
    if let Some(plain) = text.strip_suffix(['Z', 'z']) {
        return (plain, Some((true, Duration::ZERO)));
    }
    let none = (text, None);
    let Some(at) = text.len().checked_sub("+00:00".len()) else {
        return none;
    };
    let (Some(plain), Some(offset)) = (text.get(..at), text.get(at..)) else {
        return none;
    };
    let ahead = match offset.chars().next() {
        Some('+') => true,
        Some('-') => false,
        _ => return none,
    };
    let Some((hours, minutes)) = offset.get(1..).and_then(|digits| digits.split_once(':')) else {
        return none;
    };
    match (hours.parse::<u64>(), minutes.parse::<u64>()) {
        (Ok(hours), Ok(minutes)) if hours < 24 && minutes < 60 => {
            (plain, Some((ahead, Duration::from_secs(hours * 3600 + minutes * 60))))
        }
        _ => none,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_and_missed() {
        let at = |text| {
            parse(text).map(|written| {
                (
                    humantime::format_rfc3339_seconds(written.time).to_string(),
                    written.has_zone,
                )
            })
        };
        assert_eq!(
            at("2024-09-05T07:20:44.9089383Z"),
            Some(("2024-09-05T07:20:44Z".into(), true))
        );
        assert_eq!(
            at("2024-09-05T09:20:44+02:00"),
            Some(("2024-09-05T07:20:44Z".into(), true))
        );
        assert_eq!(
            at("2024-09-05T01:50:44-05:30"),
            Some(("2024-09-05T07:20:44Z".into(), true))
        );
        assert_eq!(at("2024-09-05T07:20:44"), Some(("2024-09-05T07:20:44Z".into(), false)));
        assert_eq!(at("yesterday"), None);
        assert_eq!(at(""), None);
        assert!(parse("2024-09-05T07:20:00Z").unwrap().on_the_minute);
        assert!(!parse("2024-09-05T07:20:00.1Z").unwrap().on_the_minute);
    }
}
