//! How long an answer asks its callers to wait.

use std::time::{Duration, SystemTime};

use super::message::Response;

/// How long the service asks its callers to wait: in a header field, or in the words of a 429's body.
#[must_use]
pub fn wait_asked_for(answer: &Response) -> Option<Duration> {
    let millis = ["retry-after-ms", "x-ms-retry-after-ms"]
        .iter()
        .find_map(|name| answer.expose_header(name)?.trim().parse().ok());
    if let Some(millis) = millis {
        return Some(Duration::from_millis(millis));
    }
    match answer.expose_header("Retry-After") {
        Some(value) => wait_in_header(value.trim(), SystemTime::now()),
        None if answer.status == 429 => wait_in_words(&String::from_utf8_lossy(answer.expose_body())),
        None => None,
    }
}

/// `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3).
fn wait_in_header(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(secs) = value.parse() {
        return Some(Duration::from_secs(secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        Response::sample(status, headers, body.into())
    }

    #[test]
    fn the_wait_is_found_wherever_it_stands() {
        let secs =
            |status, headers: &[_], body| wait_asked_for(&answer(status, headers, body)).map(|wait| wait.as_secs_f64());
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
        assert_eq!(secs(429, &[("Retry-After", "soon")], ""), None);
        assert_eq!(
            secs(429, &[("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], ""),
            Some(0.0)
        );
    }

    #[test]
    fn a_date_is_counted_from_now() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        assert_eq!(
            wait_in_header("Wed, 21 Oct 2015 07:28:30 GMT", now),
            Some(Duration::from_secs(30))
        );
    }
}
