//! What one incident, as the service shows it, says about an update.
//!
//! A comment is this run's if it has the same text (see [`super::likeness`]) and was created no earlier than the run's first
//! attempt, by the service's own clock: the answer's `Date` minus the time since that attempt.

use super::asked::Asked;
use super::likeness::{Likeness, likeness};
use super::window::Window;
use crate::api::incident::{Comment, Incident};
use crate::ground::clock::Moment;
use crate::ground::time;
use crate::http::Response;
use crate::outcome::difference::Difference;

/// What an incident shows of an update.
#[derive(Debug)]
pub struct Sight {
    /// The values that it does not show as they were asked for.
    pub differences: Vec<Difference>,
    /// What it shows of the comment.
    pub comment: CommentSight,
    /// The incident that it was merged into.
    pub redirected_to: Option<u64>,
    /// Whether it was merged into another.
    pub is_merged: bool,
    /// How many comments it holds.
    pub comments: usize,
    /// Whether any of the values that were asked for is there.
    shows_a_value: bool,
    /// Whether it was changed since the first attempt, as far as can be told.
    is_touched: bool,
    last_update_time: Option<String>,
}

/// What an incident shows of a comment.
#[derive(Debug, PartialEq, Eq)]
pub enum CommentSight {
    /// None was asked for.
    NotAsked,
    /// It is there.
    There(Comment),
    /// Nothing that could be it is there.
    Absent,
    /// Something is there that may be it, or the answer does not tell.
    Doubtful(String),
}

/// What a settled incident proves.
#[derive(Debug, PartialEq, Eq)]
pub enum Proof {
    /// It holds the update.
    Applied,
    /// It holds nothing of it.
    Absent,
    /// It holds the values, and not the comment.
    Half,
    /// Neither.
    Open(String),
}

impl Sight {
    /// Looks. `own` is whether this is the answer to the update itself; comments in `known` were there before it.
    #[must_use]
    pub fn of(
        incident: &Incident,
        answer: &Response,
        asked: &Asked,
        since: Moment,
        own: bool,
        known: &[Comment],
    ) -> Self {
        let window = Window::of(answer, since);
        let differences = asked.differences(incident);
        let is_merged = incident.is_merged() && !asks_for_redirected(asked);
        let mut comment = look_for_comment(incident, asked, &window, own, known);
        if is_merged && comment == CommentSight::Absent {
            comment = CommentSight::Doubtful("the incident was merged into another one, which may hold it".to_owned());
        }
        let last_update = incident.last_update_time.as_deref().and_then(time::parse);
        Self {
            shows_a_value: differences.len() < asked.values.len(),
            differences,
            comment,
            redirected_to: incident.redirected_to,
            is_merged,
            comments: incident.comments.as_ref().map_or(0, Vec::len),
            is_touched: last_update.is_none_or(|written| window.may_be_after(&written)),
            last_update_time: incident.last_update_time.clone(),
        }
    }

    /// Whether all that was asked for is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.differences.is_empty() && matches!(self.comment, CommentSight::NotAsked | CommentSight::There(_))
    }

    /// Whether two looks saw the same state.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.last_update_time == other.last_update_time
            && self.comments == other.comments
            && self.comment == other.comment
            && self.differences == other.differences
    }

    /// What it proves, if it does not change any more.
    #[must_use]
    pub fn proves(&self) -> Proof {
        let half = self.shows_a_value && self.is_touched;
        match &self.comment {
            CommentSight::There(_) => Proof::Applied,
            CommentSight::NotAsked if self.differences.is_empty() => Proof::Applied,
            CommentSight::Doubtful(why) => Proof::Open(why.clone()),
            CommentSight::NotAsked if self.is_merged => {
                Proof::Open("the incident was merged into another one in the meantime".to_owned())
            }
            CommentSight::NotAsked if half => Proof::Open("it shows a part of what was asked for".to_owned()),
            CommentSight::Absent if half => Proof::Half,
            CommentSight::NotAsked | CommentSight::Absent => Proof::Absent,
        }
    }
}

/// A person may ask for the state that a merge sets.
fn asks_for_redirected(asked: &Asked) -> bool {
    asked.values.get("status").and_then(|status| status.as_str()) == Some("Redirected")
}

fn look_for_comment(incident: &Incident, asked: &Asked, window: &Window, own: bool, known: &[Comment]) -> CommentSight {
    let Some(written) = &asked.comment else {
        return CommentSight::NotAsked;
    };
    let Some(comments) = &incident.comments else {
        return CommentSight::Doubtful("the answer shows no comments".to_owned());
    };
    let cut = is_cut_to_the_minute(incident, comments);
    let mut doubt = None;
    // One for one: a list may hold the same words from the same moment twice.
    let mut old: Vec<&Comment> = known.iter().collect();
    for comment in comments {
        if let Some(place) = old.iter().position(|old| is_same(old, comment)) {
            old.swap_remove(place);
            continue;
        }
        let created = time::parse(&comment.created_time);
        let precise = created.filter(|created| created.has_zone && !cut && (window.by_service || own));
        let found = match (likeness(&comment.text, written), precise) {
            (Likeness::Same, Some(created)) if created.time >= window.latest => {
                return CommentSight::There(comment.clone());
            }
            (Likeness::Same, Some(created)) if window.is_shortly_before(created.time) => {
                Some("it shows an equal comment from about the time of the first attempt, which may be this one by another clock".to_owned())
            }
            (Likeness::Same, Some(_)) => None,
            (Likeness::Same, None) => {
                Some("it shows an equal comment, and nothing tells when that was written".to_owned())
            }
            (Likeness::Beginning, _) if created.is_none_or(|created| window.may_be_after(&created)) => {
                Some(format!("it shows {} that begins like this one", described(comment)))
            }
            (Likeness::Other, _) if created.is_none_or(|created| window.may_be_since(&created, cut)) => {
                Some(format!("it shows {} that was not there before, and may be this one in another form", described(comment)))
            }
            (Likeness::Beginning | Likeness::Other, _) => None,
        };
        doubt = doubt.or(found);
    }
    doubt.map_or(CommentSight::Absent, CommentSight::Doubtful)
}

/// Whether two looks saw the same comment. Graph changes what it calls the author a moment later.
fn is_same(one: &Comment, other: &Comment) -> bool {
    one.text == other.text && one.created_time == other.created_time
}

/// When and by whom: what may be told of somebody else's comment.
fn described(comment: &Comment) -> String {
    format!("a comment of `{}` by `{}`", comment.created_time, comment.created_by)
}

/// Whether all the incident's times end on the minute: then the service cuts them, and they tell no second.
fn is_cut_to_the_minute(incident: &Incident, comments: &[Comment]) -> bool {
    let own = [&incident.created_time, &incident.last_update_time];
    let times = comments.iter().map(|comment| comment.created_time.as_str());
    let mut times = times
        .chain(own.into_iter().flatten().map(String::as_str))
        .filter_map(time::parse)
        .peekable();
    times.peek().is_some() && times.all(|written| written.on_the_minute)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "Thu, 05 Sep 2024 07:20:44 GMT";

    fn sight(comments: &serde_json::Value, date: &str) -> Sight {
        let body = json!({"incidentId": 552, "lastUpdateTime": "2024-09-05T07:20:43.5Z", "comments": comments});
        let answer = Response::sample(200, &[("Date", date)], body.to_string().into_bytes());
        let incident = Incident::from_defender(&answer.body).unwrap();
        let asked = Asked {
            id: 552,
            values: serde_json::Map::new(),
            comment: Some("closed".into()),
        };
        Sight::of(&incident, &answer, &asked, Moment::now(), false, &[])
    }

    fn created(created: &str, date: &str) -> CommentSight {
        let comments = json!([
            {"comment": "another", "createdBy": "x", "createdTime": "2024-09-05T06:20:44.5Z"},
            {"comment": "closed", "createdBy": "app", "createdTime": created},
        ]);
        sight(&comments, date).comment
    }

    #[test]
    fn an_equal_comment_from_before_the_start_is_not_ours() {
        for ours in ["2024-09-05T07:20:44.1Z", "2024-09-05T07:20:44.9089383Z"] {
            assert!(matches!(created(ours, NOW), CommentSight::There(_)), "{ours}");
        }
        for old in ["2024-09-05T07:20:33.9Z", "2023-01-01T00:00:00Z"] {
            assert_eq!(created(old, NOW), CommentSight::Absent, "{old}");
        }
        for doubtful in [
            "yesterday",
            "2024-09-05T07:20:42.9Z",
            "2024-09-05T07:20:34Z",
            "2024-09-05T07:20:44.5",
        ] {
            assert!(
                matches!(created(doubtful, NOW), CommentSight::Doubtful(_)),
                "{doubtful}"
            );
        }
    }

    #[test]
    fn an_equal_comment_from_while_the_machine_may_have_slept_is_a_doubt() {
        // By the one clock the run began a second ago, by the other half a minute.
        let since = Moment::ago(std::time::Duration::from_secs(1), std::time::Duration::from_secs(30));
        let seen = |created: &str| {
            let body = json!({"incidentId": 552, "lastUpdateTime": "2024-09-05T07:20:43.5Z", "comments": [
                {"comment": "closed", "createdBy": "app", "createdTime": created}]});
            let answer = Response::sample(200, &[("Date", NOW)], body.to_string().into_bytes());
            let incident = Incident::from_defender(&answer.body).unwrap();
            let asked = Asked {
                id: 552,
                values: serde_json::Map::new(),
                comment: Some("closed".into()),
            };
            Sight::of(&incident, &answer, &asked, since, false, &[]).comment
        };
        assert!(matches!(seen("2024-09-05T07:20:43.5Z"), CommentSight::There(_)));
        for between in [
            "2024-09-05T07:20:40.5Z",
            "2024-09-05T07:20:15.5Z",
            "2024-09-05T07:20:05.5Z",
        ] {
            assert!(matches!(seen(between), CommentSight::Doubtful(_)), "{between}");
        }
        assert_eq!(seen("2024-09-05T07:20:01.5Z"), CommentSight::Absent);
    }

    #[test]
    fn the_services_clock_counts_not_ours() {
        let future = "Wed, 01 Jan 2031 00:00:00 GMT";
        assert!(matches!(
            created("2031-01-01T00:00:00.5Z", future),
            CommentSight::There(_)
        ));
        assert_eq!(created("2030-12-31T23:59:00Z", future), CommentSight::Absent);
        assert!(matches!(
            created("2023-09-05T07:20:42.9Z", "no date"),
            CommentSight::Doubtful(_)
        ));
    }

    #[test]
    fn any_other_comment_of_the_time_is_a_doubt_that_names_time_and_author() {
        let comments =
            json!([{"comment": "words of their own", "createdBy": "ada", "createdTime": "2024-09-05T07:20:44.7Z"}]);
        let CommentSight::Doubtful(why) = sight(&comments, NOW).comment else {
            panic!("it may be this one in another form");
        };
        assert!(
            why.contains("ada") && why.contains("07:20:44.7Z") && !why.contains("words"),
            "{why}"
        );
    }

    #[test]
    fn times_cut_to_the_minute_tell_nothing() {
        let body = json!({"incidentId": 552, "lastUpdateTime": "2024-09-05T07:20:00Z", "comments":
            [{"comment": "closed", "createdBy": "app", "createdTime": "2024-09-05T07:20:00Z"}]});
        let incident = Incident::from_defender(body.to_string().as_bytes()).unwrap();
        assert!(is_cut_to_the_minute(&incident, incident.comments.as_deref().unwrap()));
    }
}
