//! Who wrote a text decides what may be in it.

/// Who wrote a text, and with that what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// A service, which was sent the access token. Its bodies are data, and only secrets that are long enough not to be in
    /// them by chance are searched for there.
    Service,
    /// A token endpoint, which was sent credentials and hands out tokens that are not known before.
    TokenEndpoint,
}
