//! Finding out by reading what became of an update whose answer was lost.
//!
//! A comment is this run's if it has the same text and was created no earlier than this run's first attempt, by the
//! service's own clock: its `Date` header minus the time since that attempt. The other way, counting equal comments before
//! and after, would cost every update a reading in advance, and sees no better: neither can tell a comment of this run
//! from an equal one that somebody else writes during it.

use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;

use crate::actions::update_incident::UpdateIncident;
use crate::api::defender;
use crate::delivery::progress::Stopped;

use crate::delivery::session::Session;
use crate::http::{Response, wait_asked_for};
use crate::sign_in::AccessToken;

/// What a reading looks for.
pub enum Sought<'a> {
    /// The incident as it is: that the update was applied is known.
    Incident,
    /// A comment with this text, created no earlier than this moment.
    Comment {
        /// The comment's text.
        text: &'a str,
        /// When the first attempt to write it began.
        since: Instant,
    },
}

/// What a reading found.
pub enum Reading {
    /// The update was applied, and this is the incident.
    Applied {
        /// The answer to the reading.
        incident: Response,
        /// How many times it was read.
        attempts: u32,
    },
    /// The update was not applied: two equal readings, far enough apart for a write to settle, do not show it.
    Absent,
    /// The readings do not tell.
    Unreadable {
        /// Why not, in words.
        why: String,
    },
}

/// Reads the incident as often as needed and as the time limit allows. A token that is refused is replaced.
///
/// # Errors
/// [`Stopped`] where nothing new may be started.
pub fn read(
    session: &Session<'_>,
    action: &UpdateIncident,
    token: &mut AccessToken,
    sought: &Sought<'_>,
) -> Result<Reading, Stopped> {
    let mut renewed = !session.asset.sign_in.can_renew();
    let mut unreadable = 0;
    let mut absent: Option<(Instant, Shape)> = None;
    for attempts in 1.. {
        session.progress.begin()?;
        let request = defender::reading(action, &session.asset.url, token.secret());
        let mut asked_for = None;
        let why = match session.attempt("read-back", attempts, &request, token) {
            Ok(answer) if answer.status == 200 && answer.unreadable.is_none() => match look(&answer, sought) {
                Look::Found => {
                    return Ok(Reading::Applied {
                        incident: answer,
                        attempts,
                    });
                }
                Look::Unclear(why) => return Ok(Reading::Unreadable { why }),
                Look::Missing(shape) => {
                    match &absent {
                        Some((first, same)) if *same == shape => {
                            if first.elapsed() >= session.asset.timing.settle {
                                return Ok(settled(&shape));
                            }
                        }
                        _ => absent = Some((Instant::now(), shape)),
                    }
                    "it does not show the comment yet".to_owned()
                }
            },
            Ok(answer) if token.is_refused_by(answer.status) && !renewed => {
                renewed = true;
                session.discard(token);
                match session.sign_in(Some(token)) {
                    Ok(fresh) => *token = fresh,
                    Err(error) => {
                        return Ok(Reading::Unreadable {
                            why: error.failure().message.clone(),
                        });
                    }
                }
                continue;
            }
            Ok(answer) if answer.status == 200 => {
                // A line that breaks may hold the next time; an incident that is too large stays so.
                unreadable += 1;
                let why = answer.unreadable.unwrap_or_default().to_string();
                if unreadable >= MOST_UNREADABLE {
                    return Ok(Reading::Unreadable { why });
                }
                why
            }
            Ok(answer) => {
                let why = format!("{} {}", answer.status, answer.reason);
                // 404 among them: an incident that is gone shows nothing of what was written to it.
                if (300..500).contains(&answer.status) && !matches!(answer.status, 408 | 429) {
                    return Ok(Reading::Unreadable { why });
                }
                asked_for = wait_asked_for(&answer);
                why
            }
            Err(fault) => fault.to_string(),
        };
        let wait = asked_for.unwrap_or_else(|| next_wait(session, attempts, absent.as_ref().map(|(first, _)| *first)));
        if wait >= session.time_left() {
            return Ok(Reading::Unreadable {
                why: format!("{why}, and the time limit allows no further reading"),
            });
        }
        session.pause("read-back", wait)?;
    }
    Err(Stopped)
}

/// What to make of an incident that does not change any more.
fn settled(shape: &Shape) -> Reading {
    if shape.equal_before_start {
        let why =
            "it shows an equal comment from shortly before the first attempt, which may be this one by another clock";
        return Reading::Unreadable { why: why.to_owned() };
    }
    Reading::Absent
}

/// Growing waits, but no longer than until the incident counts as settled.
fn next_wait(session: &Session<'_>, attempts: u32, first_absent: Option<Instant>) -> Duration {
    let timing = &session.asset.timing;
    let growing = timing
        .first_wait
        .saturating_mul(1 << attempts.saturating_sub(1).min(10))
        .max(SHORTEST_WAIT);
    let longest = timing.settle.max(SHORTEST_WAIT);
    match first_absent {
        Some(first) => growing.min(timing.settle.saturating_sub(first.elapsed()).max(SHORTEST_WAIT)),
        None => growing.min(longest),
    }
}

/// What two readings have to share to count as the same.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    last_update_time: String,
    comments: usize,
    /// Whether a comment with the same text is there that may be this run's if the service's clocks differ.
    equal_before_start: bool,
}

enum Look {
    Found,
    Missing(Shape),
    Unclear(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incident {
    #[serde(default)]
    last_update_time: String,
    comments: Vec<Comment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment {
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    created_time: String,
}

fn look(answer: &Response, sought: &Sought<'_>) -> Look {
    let Sought::Comment { text, since } = sought else {
        return Look::Found;
    };
    let Ok(incident) = serde_json::from_slice::<Incident>(answer.expose_body()) else {
        return Look::Unclear("the answer is no incident with comments".to_owned());
    };
    let date = answer
        .expose_header("Date")
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let start = start_by_service(date, SystemTime::now(), since.elapsed());
    // Without the service's own clock nothing tells an older comment from this run's.
    let apart = date.map_or(Duration::MAX, |_| CLOCKS_APART);
    let equal = incident
        .comments
        .iter()
        .filter(|found| found.comment.as_deref().is_some_and(|found| same(found, text)));
    let (mut undated, mut equal_before_start) = (false, false);
    for comment in equal {
        match humantime::parse_rfc3339_weak(&comment.created_time) {
            Ok(created) if created >= start => return Look::Found,
            Ok(created) => equal_before_start |= start.duration_since(created).is_ok_and(|before| before <= apart),
            Err(_) => undated = true,
        }
    }
    if undated {
        return Look::Unclear("an equal comment has no time of creation".to_owned());
    }
    Look::Missing(Shape {
        last_update_time: incident.last_update_time,
        comments: incident.comments.len(),
        equal_before_start,
    })
}

/// The moment of the first attempt on the service's clock. `Date` cuts off the fraction of a second, so the result is
/// never later than the truth, and at most a second and the way of the answer earlier. Where there is no `Date`, this
/// machine's clock has to do, with that second allowed.
fn start_by_service(date: Option<SystemTime>, now: SystemTime, since_start: Duration) -> SystemTime {
    let by_service = date.unwrap_or(now - Duration::from_secs(1));
    by_service.checked_sub(since_start).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Services are known to trim what people type, and to keep line breaks in their own way.
fn same(found: &str, written: &str) -> bool {
    found.split_whitespace().eq(written.split_whitespace())
}

/// `Date` and `createdTime` are written by different machines of the service, whose clocks need not agree to the second.
const CLOCKS_APART: Duration = Duration::from_secs(10);

const MOST_UNREADABLE: u32 = 3;

const SHORTEST_WAIT: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(created: &str, date: &str) -> Response {
        let body = serde_json::json!({"lastUpdateTime": "x", "comments": [
            {"comment": "another", "createdTime": "2024-09-05T07:20:44Z"},
            {"comment": "closed", "createdBy": "app", "createdTime": created},
        ]});
        Response::sample(200, &[("Date", date)], body.to_string().into_bytes())
    }

    fn finds(created: &str, date: &str) -> Look {
        look(
            &answer(created, date),
            &Sought::Comment {
                text: "closed",
                since: Instant::now(),
            },
        )
    }

    #[test]
    fn an_equal_comment_from_before_the_start_is_not_ours() {
        const NOW: &str = "Thu, 05 Sep 2024 07:20:44 GMT";
        assert!(matches!(finds("2024-09-05T07:20:44.1Z", NOW), Look::Found));
        assert!(matches!(finds("2024-09-05T07:20:44.9089383Z", NOW), Look::Found));
        assert!(matches!(finds("2024-09-05T07:20:33.9Z", NOW), Look::Missing(shape) if !shape.equal_before_start));
        assert!(matches!(finds("2023-01-01T00:00:00Z", NOW), Look::Missing(shape) if !shape.equal_before_start));
        assert!(matches!(finds("yesterday", NOW), Look::Unclear(_)));
    }

    #[test]
    fn an_equal_comment_from_shortly_before_the_start_may_be_ours() {
        const NOW: &str = "Thu, 05 Sep 2024 07:20:44 GMT";
        for created in ["2024-09-05T07:20:42.9Z", "2024-09-05T07:20:34Z"] {
            let Look::Missing(shape) = finds(created, NOW) else {
                panic!("{created} is neither ours nor unclear at once");
            };
            assert!(matches!(settled(&shape), Reading::Unreadable { .. }), "{created}");
        }
    }

    #[test]
    fn without_the_services_clock_an_equal_comment_may_be_ours_however_old_it_is() {
        let Look::Missing(shape) = finds("2024-09-05T07:20:42.9Z", "no date") else {
            panic!("it is neither ours nor unclear at once");
        };
        assert!(shape.equal_before_start);
    }

    #[test]
    fn white_space_makes_no_other_comment() {
        assert!(same("closed\nby playbook 7 ", "closed\r\nby  playbook 7"));
        assert!(!same("closed", "closed by playbook 7"));
    }

    #[test]
    fn the_services_clock_counts_not_ours() {
        // A service whose clock is years ahead of or behind this machine's.
        assert!(matches!(
            finds("2031-01-01T00:00:00.5Z", "Wed, 01 Jan 2031 00:00:00 GMT"),
            Look::Found
        ));
        assert!(matches!(
            finds("2030-12-31T23:59:00Z", "Wed, 01 Jan 2031 00:00:00 GMT"),
            Look::Missing(_)
        ));
    }
}
