//! How an update is said to a service, and how its answers are understood. One file a service, each with the same parts in
//! the same order: the requests, the rule for repeating the write, the refusals, the permission.

pub mod defender;
pub mod incident;

/// What sending a request a second time would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// The same as sending it once: it reads, or it sets values.
    Always,
    /// More than sending it once: it appends. It goes out again only where the first did not arrive.
    OnlyIfUnsent,
}
