//! What became of the write, and what is known of it while a run is under way.

use serde::Serialize;

/// What became of the update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// The incident holds the change.
    Applied,
    /// The incident does not hold the change.
    NotApplied,
    /// The incident holds the values, and is known not to hold the comment.
    PartlyApplied,
    /// It could not be found out.
    Unknown,
}

/// What is known of the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Write {
    /// No attempt of it has reached the service, or each was refused there.
    #[default]
    NotApplied,
    /// An attempt is under way; `before` is what was known until then.
    InFlight {
        /// Whether an earlier attempt may have been applied.
        doubtful: bool,
    },
    /// An attempt may have been applied.
    Doubtful,
    /// An attempt was applied.
    Applied,
}

impl Write {
    /// What became of the update, as far as is known.
    #[must_use]
    pub fn update(self) -> Update {
        match self {
            Self::NotApplied => Update::NotApplied,
            Self::InFlight { .. } | Self::Doubtful => Update::Unknown,
            Self::Applied => Update::Applied,
        }
    }

    /// Whether an attempt that has ended may have been applied.
    #[must_use]
    pub fn is_doubtful(self) -> bool {
        matches!(self, Self::Doubtful | Self::InFlight { doubtful: true })
    }
}
