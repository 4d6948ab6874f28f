//! How long an answer asks its callers to wait.

use std::time::{Duration, SystemTime};

use super::response::Response;
use crate::ground::time;

/// How long the service asks its callers to wait: in a header field, or in the words of a 429's body. None at all is asked
/// for with 0, and with a date that has passed.
#[must_use]
pub fn wait_asked_for(answer: &Response) -> Option<Duration> {
    let millis = ["retry-after-ms", "x-ms-retry-after-ms"]
        .iter()
        .find_map(|name| number(answer.expose_header(name)?));
    if let Some(millis) = millis {
        return Some(Duration::from_millis(millis));
    }
    let values: Vec<&str> = answer.expose_headers("Retry-After").collect();
    if values.is_empty() && answer.status == 429 {
        return wait_in_words(&String::from_utf8_lossy(answer.expose_body()));
    }
    // The clock that wrote the date is the one to count it on; this machine's may be minutes off.
    wait_in_header(&values.join(","), answer.date().unwrap_or_else(SystemTime::now))
}

/// `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3), which holds a comma itself. Each proxy on the way may
/// have added its own: the longest wait is kept.
fn wait_in_header(value: &str, now: SystemTime) -> Option<Duration> {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let mut longest = None;
    for (place, part) in parts.iter().enumerate() {
        let with_next = parts.get(place + 1).map(|next| format!("{part}, {next}"));
        let wait = number(part)
            .map(Duration::from_secs)
            .or_else(|| until(&with_next?, now))
            .or_else(|| until(part, now));
        longest = longest.max(wait);
    }
    longest
}

/// A number that is not negative, rounded up: whoever comes back early is turned away again.
fn number(text: &str) -> Option<u64> {
    let text = text.trim().trim_matches('"').trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    // More digits than fit are longer than anybody waits.
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().unwrap_or(LONGEST)
    };
    let more = fraction.bytes().any(|digit| digit != b'0');
    Some(whole.min(LONGEST) + u64::from(more))
}

fn until(date: &str, now: SystemTime) -> Option<Duration> {
    let date = httpdate::parse_http_date(date)
        .ok()
        .or_else(|| time::parse(date).map(|written| written.time))?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// One of Microsoft's pages says that the wait stands in the body, none in which form: the first number in front of a word
/// for seconds is taken.
fn wait_in_words(body: &str) -> Option<Duration> {
    let words: Vec<&str> = body
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(2).find_map(|pair| match pair {
        [number, unit] if unit.to_ascii_lowercase().starts_with("second") => {
            number.parse().ok().map(Duration::from_secs)
        }
        _ => None,
    })
}

/// A century, far above any time limit, and far below what a sum of waits can hold.
const LONGEST: u64 = 100 * 365 * 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        Response::sample(status, headers, body.into())
    }

    fn secs(status: u16, headers: &[(&str, &str)], body: &str) -> Option<f64> {
        wait_asked_for(&answer(status, headers, body)).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn the_wait_is_found_wherever_it_stands() {
        assert_eq!(secs(429, &[("retry-after", "7")], ""), Some(7.0));
        assert_eq!(
            secs(503, &[("Retry-After", "7"), ("x-ms-retry-after-ms", "250")], ""),
            Some(0.25)
        );
        assert_eq!(
            secs(429, &[], r#"{"error":{"message":"Try again in 12 seconds."}}"#),
            Some(12.0)
        );
        assert_eq!(secs(503, &[], "in 12 seconds"), None);
        assert_eq!(
            secs(429, &[("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], ""),
            Some(0.0)
        );
    }

    #[test]
    fn a_wait_is_read_as_widely_as_it_is_written() {
        for (value, expected) in [
            (" 3 ", Some(3.0)),
            ("3.0", Some(3.0)),
            ("2.1", Some(3.0)),
            (".5", Some(1.0)),
            ("3, 3", Some(3.0)),
            ("3,17 ,5", Some(17.0)),
            ("\"4\"", Some(4.0)),
            ("0", Some(0.0)),
            ("0.0", Some(0.0)),
            ("007", Some(7.0)),
            ("soon", None),
            ("", None),
            (".", None),
            ("-1", None),
            ("1e3", None),
            ("soon, 3", Some(3.0)),
            ("99999999999999999999999", Some(3_153_600_000.0)),
        ] {
            assert_eq!(secs(503, &[("Retry-After", value)], ""), expected, "{value:?}");
        }
        let twice = [("Retry-After", "3"), ("retry-after", "5")];
        assert_eq!(secs(503, &twice, ""), Some(5.0));
        assert_eq!(secs(503, &[("retry-after-ms", "250.5")], ""), Some(0.251));
        assert_eq!(
            secs(503, &[("retry-after-ms", "soon"), ("Retry-After", "2")], ""),
            Some(2.0)
        );
    }

    #[test]
    fn a_date_is_counted_on_the_answers_own_clock() {
        for date in [
            "Wed, 21 Oct 2015 07:28:30 GMT",
            "Wednesday, 21-Oct-15 07:28:30 GMT",
            "Wed Oct 21 07:28:30 2015",
            "2015-10-21T07:28:30Z",
            "2015-10-21T09:28:30+02:00",
            "3, Wed, 21 Oct 2015 07:28:30 GMT",
        ] {
            let headers = [("Date", "Wed, 21 Oct 2015 07:28:00 GMT"), ("Retry-After", date)];
            assert_eq!(secs(503, &headers, ""), Some(30.0), "{date}");
        }
        let passed = [
            ("Date", "Wed, 21 Oct 2015 07:28:00 GMT"),
            ("Retry-After", "Wed, 21 Oct 2015 07:27:00 GMT"),
        ];
        assert_eq!(secs(503, &passed, ""), Some(0.0));
    }
}
