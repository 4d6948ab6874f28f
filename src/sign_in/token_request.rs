//! What a way of signing in sends, and whom its tokens belong to.

use crate::ground::secret::Secret;
use crate::http::Request;

/// What a way of signing in sends.
#[derive(Debug)]
pub struct TokenRequest {
    /// The request itself.
    pub request: Request,
    /// What is asked access to.
    pub resource: String,
    /// The credentials in it, so that a server's echo of them can be taken out of what is shown.
    pub credentials: Vec<Secret>,
    /// The form or query without its credentials, for a dry run.
    pub shown_form: Vec<(&'static str, String)>,
    /// The way it goes.
    pub via: Via,
}

/// The way a token request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Through the network, to Entra ID.
    Network,
    /// To this machine's own identity service, and never through a proxy.
    Direct,
}

/// Whom a token belongs to, for a cache: two that differ in anything here never share one.
pub struct Owner<'a> {
    /// Where it comes from, for whom and for what: the endpoint, the way, the application, the scope, the user.
    pub public: Vec<String>,
    /// All the credentials it is got with.
    pub credentials: Vec<&'a [u8]>,
}
