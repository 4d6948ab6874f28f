//! What became of an update that is two requests.

use serde::Serialize;

use super::write::Update;

/// What became of each of the two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Parts {
    /// The values, which are sent first, and may be sent again.
    pub values: Update,
    /// The comment, which is sent once the values are known to be set.
    pub comment: Update,
}

impl Parts {
    /// What became of the update as a whole. Half of it is said to be applied only where the other half is known not to be.
    #[must_use]
    pub fn update(self) -> Update {
        match (self.values, self.comment) {
            (Update::Applied, Update::NotApplied) => Update::PartlyApplied,
            (Update::Applied, comment) => comment,
            // A comment that is there although the values are not is an earlier run's.
            (values, _) => values,
        }
    }
}
