//! The terms in which both services' descriptions are written.

/// What sending a request a second time would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// The same as sending it once: it reads, or it sets values.
    Always,
    /// More than sending it once: it appends. It goes out again only where the first did not arrive.
    OnlyIfUnsent,
}

/// What one request brings of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it, in a service that takes it so.
    Whole,
    /// The values.
    Values,
    /// The comment.
    Comment,
}

/// What an application has to be allowed, by the names that its token carries.
#[derive(Debug)]
pub struct Permission {
    /// To update, as the application itself.
    pub application: &'static str,
    /// To update, for a user.
    pub delegated: &'static str,
    /// To read, as the application itself.
    pub reading_application: &'static str,
    /// To read, for a user.
    pub reading_delegated: &'static str,
    /// What to do where it is missing.
    pub grant: &'static str,
}
