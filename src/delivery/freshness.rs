//! Whether a reading is the service's present answer or a copy that something in between has kept: a copy may show what is
//! there, but never proves that something is not.

use std::time::SystemTime;

use crate::http::Response;

/// What is known of all answers of this run so far.
#[derive(Debug, Default)]
pub struct Freshness {
    /// The services' own ids of them.
    ids: Vec<Option<String>>,
    /// The latest `Date` of an answer to a write.
    written: Option<SystemTime>,
    /// The most comments that an answer has shown.
    most_comments: usize,
}

struct Stamp {
    date: Option<SystemTime>,
    id: Option<String>,
}

impl Freshness {
    /// Remembers the answer to a write.
    pub fn note_write(&mut self, answer: &Response) {
        let stamp = Stamp::of(answer);
        self.written = self.written.max(stamp.date);
        self.ids.push(stamp.id);
    }

    /// Remembers how many comments an answer shows, and says whether an earlier one has shown more: they can never be removed.
    pub fn lacks_comments(&mut self, comments: usize) -> bool {
        let lacks = comments < self.most_comments;
        self.most_comments = self.most_comments.max(comments);
        lacks
    }

    /// Remembers a reading, and says whether it is a copy: it has an age, its `Date` lies before the write, a cache says
    /// that it had it, or it repeats the id of an earlier answer. The `Date` need not be repeated with it: nginx writes one
    /// of its own on what it has kept.
    pub fn is_copy(&mut self, answer: &Response) -> bool {
        let stamp = Stamp::of(answer);
        let age = answer
            .expose_header("Age")
            .and_then(|age| age.trim().parse::<u64>().ok());
        let is_older = matches!((stamp.date, self.written), (Some(date), Some(written)) if date < written);
        let is_repeated = stamp.id.is_some() && self.ids.contains(&stamp.id);
        self.ids.push(stamp.id);
        age.is_some_and(|age| age > 0) || is_older || is_repeated || is_from_a_cache(answer)
    }
}

impl Stamp {
    fn of(answer: &Response) -> Self {
        let id = ["mise-correlation-id", "request-id", "x-ms-request-id"]
            .iter()
            .find_map(|name| answer.expose_header(name));
        Self {
            date: answer.date(),
            id: id.map(str::to_owned),
        }
    }
}

/// What caches say of what they had: `HIT`, `TCP_MEM_HIT from …`, `MISS, HIT`, `STALE`. Behind `from` stands a host, whatever it
/// is called.
fn is_from_a_cache(answer: &Response) -> bool {
    let told = CACHE_HEADERS.iter().filter_map(|name| answer.expose_header(name));
    told.flat_map(|told| told.split(',')).any(|told| {
        let mut words = told
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .take_while(|word| !word.eq_ignore_ascii_case("from"));
        words.any(|word| {
            ["HIT", "STALE", "UPDATING"]
                .iter()
                .any(|had| word.eq_ignore_ascii_case(had))
        })
    })
}

/// As Squid, CloudFront, nginx's users and Cloudflare name it.
const CACHE_HEADERS: [&str; 4] = ["X-Cache", "X-Cache-Status", "X-Proxy-Cache", "CF-Cache-Status"];

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)]) -> Response {
        Response::sample(200, headers, Vec::new())
    }

    #[test]
    fn copies_are_told_from_answers() {
        const T1: (&str, &str) = ("Date", "Thu, 05 Sep 2024 07:20:44 GMT");
        const T0: (&str, &str) = ("Date", "Thu, 05 Sep 2024 07:20:40 GMT");
        const T2: (&str, &str) = ("Date", "Thu, 05 Sep 2024 07:20:47 GMT");
        let mut freshness = Freshness::default();
        assert!(!freshness.is_copy(&answer(&[])));
        freshness.note_write(&answer(&[T1, ("request-id", "a")]));
        assert!(freshness.is_copy(&answer(&[T0])), "older than the write");
        assert!(!freshness.is_copy(&answer(&[T1, ("request-id", "b")])));
        assert!(freshness.is_copy(&answer(&[T1, ("request-id", "b")])), "the same again");
        assert!(
            freshness.is_copy(&answer(&[T2, ("request-id", "b")])),
            "nginx's own date"
        );
        assert!(freshness.is_copy(&answer(&[T1, ("Age", "3")])));
        assert!(freshness.is_copy(&answer(&[T1, ("X-Cache-Status", "HIT")])));
        for had in [
            "TCP_MEM_HIT from a0",
            "Hit from cloudfront",
            "MISS, HIT",
            "miss, hit from a",
            "UPDATING",
            "Stale",
        ] {
            assert!(freshness.is_copy(&answer(&[T1, ("X-Cache", had)])), "{had}");
        }
        for fresh in [
            "MISS",
            "MISS from white-proxy",
            "MISS from hit.example, MISS",
            "TCP_MISS from hitachi",
            "EXPIRED",
        ] {
            assert!(!freshness.is_copy(&answer(&[T1, ("X-Cache", fresh)])), "{fresh}");
        }
        assert!(!freshness.is_copy(&answer(&[T1, ("X-Cache-Status", "MISS")])));
        assert!(!freshness.is_copy(&answer(&[T1, ("Age", "0")])));
    }
}
