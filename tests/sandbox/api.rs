//! What the stand-ins for Defender and Graph have in common: the call that each judges, and its quota. They hold the same
//! incidents, so that a test can write through one and read through the other.

use std::time::Instant;

use super::entra::tokens::{Token, Tokens};
use super::fault::Half;
use super::quota::Usage;
use super::request::Recorded;
use super::settings::Settings;

/// One of the two ways to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Api {
    /// The Microsoft Defender XDR API.
    #[default]
    Defender,
    /// Microsoft Graph.
    Graph,
}

impl Api {
    /// There is no third.
    pub const BOTH: [Self; 2] = [Self::Defender, Self::Graph];

    /// What an application needs.
    pub fn application_permission(self) -> &'static str {
        match self {
            Self::Defender => "Incident.ReadWrite.All",
            Self::Graph => "SecurityIncident.ReadWrite.All",
        }
    }

    /// What an application that acts for a user needs.
    pub fn delegated_permission(self) -> &'static str {
        match self {
            Self::Defender => "Incident.ReadWrite",
            Self::Graph => "SecurityIncident.ReadWrite.All",
        }
    }
}

/// A request, and what an API judges it by.
pub struct Call<'a> {
    /// As chosen at the start.
    pub settings: &'a Settings,
    /// Those that are valid now.
    pub tokens: &'a Tokens,
    /// As it came.
    pub request: &'a Recorded,
    /// The seconds to wait, where the call is one too many.
    pub counted: Result<(), u64>,
    /// Whether its `client-request-id` is there, is a GUID, and was in no request before; of no account to Defender.
    pub has_fresh_id: bool,
    /// How much of the change is made, whatever the answer says.
    pub keep: Keep,
}

/// How much of an update is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of it.
    All,
    /// A part.
    Half(Half),
    /// None of it, whatever the answer says.
    Nothing,
}

impl Call<'_> {
    /// The part that is made, where it is not the whole.
    pub fn half(&self) -> Option<Half> {
        match self.keep {
            Keep::Half(half) => Some(half),
            Keep::All | Keep::Nothing => None,
        }
    }

    /// The token, where it is worth anything.
    pub fn token(&self) -> Option<&Token> {
        bearer(self.request).and_then(|text| self.tokens.find(text))
    }
}

/// The bearer token of a request, whether it is worth something or not.
pub fn bearer(request: &Recorded) -> Option<&str> {
    let (scheme, token) = request.header("Authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}

/// How much of an API's quotas is used.
#[derive(Default)]
pub struct Used {
    /// Requests answered 429.
    pub over_quota: usize,
    writes: Usage,
    gets: Usage,
}

impl Used {
    /// Counts a call; the seconds to wait where it is one too many.
    pub fn count(&mut self, settings: &Settings, request: &Recorded) -> Result<(), u64> {
        let now = Instant::now();
        let counted = match request.method.as_str() {
            "PATCH" | "POST" => self.writes.count(settings.quota, now),
            "GET" => self.gets.count(settings.get_quota, now),
            _ => Ok(()),
        };
        self.over_quota += usize::from(counted.is_err());
        counted
    }
}
