//! How an update is said to a service, and how its answers are understood. One file a service, each with the same parts in
//! the same order: the path, words out, words in, the comment, the reading, the refusals, the permission, the quota. A third
//! service would be one more file, and one more variant of [`Api`].

pub mod defender;
pub mod graph;
pub mod incident;
mod reaction;
pub mod terms;

use serde_json::{Map, Value};

pub use crate::ground::api::{Answer, Api};
pub use terms::{Part, Permission, Replay};

use crate::actions::read_first::ReadFirst;
use crate::actions::update_incident::{JsonBody, UpdateIncident};
use crate::ground::cleaned::Body;
use crate::ground::secret::Secret;
use crate::ground::service_url::ServiceUrl;
use crate::http::{Request, Response};
use crate::outcome::error::Error;
use crate::outcome::violations::Violations;
use incident::Incident;

impl Api {
    /// Whether values and comment are two requests.
    #[must_use]
    pub fn has_two_requests(self) -> bool {
        self == Self::Graph
    }

    /// Notes what this service does not take.
    pub fn check(self, body: &JsonBody, read_first: Option<&ReadFirst>, violations: &mut Violations) {
        match self {
            Self::Defender => {}
            Self::Graph => graph::check(body, read_first, violations),
        }
    }

    /// The body of one part, where values and comment are two requests.
    #[must_use]
    pub fn body_of_part(self, values: &Map<String, Value>, comment: Option<&str>) -> Vec<u8> {
        match (self, comment) {
            // Its one request has its author's own bytes.
            (Self::Defender, _) => Vec::new(),
            (Self::Graph, Some(comment)) => graph::comment_body(comment),
            (Self::Graph, None) => graph::values_body(values),
        }
    }

    /// The header fields with the id that the client gives to a request, and with the service's own in the answer, where
    /// support asks for both.
    #[must_use]
    pub fn request_id_fields(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Defender => None,
            Self::Graph => Some((graph::CLIENT_REQUEST_ID, graph::REQUEST_ID)),
        }
    }

    /// The write, or one part of it.
    #[must_use]
    pub fn write(self, part: Part, action: &UpdateIncident, body: &[u8], url: &ServiceUrl, token: &Secret) -> Request {
        match (self, part) {
            (Self::Defender, _) => defender::update(action, body, url, token),
            (Self::Graph, Part::Comment) => graph::comment(action, body, url, token),
            (Self::Graph, _) => graph::update(action, body, url, token),
        }
    }

    /// The reading of the same incident.
    #[must_use]
    pub fn reading(self, action: &UpdateIncident, url: &ServiceUrl, token: &Secret) -> Request {
        match self {
            Self::Defender => defender::reading(action, url, token),
            Self::Graph => graph::reading(action, url, token),
        }
    }

    /// The incident in an answer; nothing where the service has not written one with this number.
    #[must_use]
    pub fn incident(self, answer: &Response, id: u64) -> Option<Incident> {
        match self {
            Self::Defender => defender::incident(answer, id),
            Self::Graph => graph::incident(answer, id),
        }
    }

    /// What an answer to a part of the write shows of the incident.
    #[must_use]
    pub fn shown(self, part: Part, answer: &Response, id: u64) -> Option<Incident> {
        match (self, part) {
            (Self::Graph, Part::Comment) => graph::comments(answer, id),
            _ => self.incident(answer, id),
        }
    }

    /// An answer's body in Defender's keys and words, where it is not so already; nothing also where it is no incident.
    #[must_use]
    pub fn translated(self, body: &Body, id: u64) -> Option<Body> {
        match self {
            Self::Defender => None,
            Self::Graph => graph::translated(body, id),
        }
    }

    /// An incident with the list of comments that another answer has.
    #[must_use]
    pub fn with_comments(self, incident: &Body, comments: &Body) -> Option<Body> {
        match self {
            Self::Defender => None,
            Self::Graph => graph::with_comments(incident, comments),
        }
    }

    /// Whether a refusal is in the service's own words.
    #[must_use]
    pub fn refused_in_its_words(self, answer: &Response) -> bool {
        match self {
            Self::Defender => defender::refused_in_its_words(answer),
            Self::Graph => graph::refused_in_its_words(answer),
        }
    }

    /// Whether a write may be repeated.
    #[must_use]
    pub fn replay(self, has_comment: bool) -> Replay {
        match self {
            Self::Defender => defender::replay(has_comment),
            Self::Graph => graph::replay(has_comment),
        }
    }

    /// Puts an answer that does not say the update was applied into words and into the caller's reaction.
    #[must_use]
    pub fn refusal(self, answer: Response) -> Error {
        match self {
            Self::Defender => defender::refusal(answer),
            Self::Graph => graph::refusal(answer),
        }
    }

    /// What an application has to be allowed.
    #[must_use]
    pub fn permission(self) -> &'static Permission {
        match self {
            Self::Defender => &defender::PERMISSION,
            Self::Graph => &graph::PERMISSION,
        }
    }
}
