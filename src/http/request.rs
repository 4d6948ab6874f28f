//! What goes out: a request, complete but for what HTTP itself adds.

use std::fmt;

use http::Uri;
use zeroize::Zeroizing;

use crate::ground::cleaned::Author;
use crate::ground::secret::{REDACTED, Secret};
use crate::ground::service_url::ServiceUrl;

/// The methods that this program uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "HTTP's own names")]
pub enum Method {
    Get,
    Post,
    Patch,
}

/// A request, complete but for what HTTP itself adds.
pub struct Request {
    method: Method,
    pub(super) uri: Uri,
    headers: Vec<(&'static str, HeaderValue)>,
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
    author: Author,
}

enum HeaderValue {
    Open(String),
    /// A prefix that may be shown, such as `Bearer `, and a credential.
    Secret(&'static str, Secret),
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: Method, url: ServiceUrl) -> Self {
        let headers = vec![
            ("Accept", HeaderValue::Open("application/json".to_owned())),
            ("User-Agent", HeaderValue::Open(USER_AGENT.to_owned())),
        ];
        Self {
            method,
            uri: url.uri().clone(),
            headers,
            body: None,
            author: Author::Service,
        }
    }

    /// Says that it goes to a token endpoint, whose answers hold credentials.
    #[must_use]
    pub fn for_a_token(mut self) -> Self {
        self.author = Author::TokenEndpoint;
        self
    }

    /// Who answers it.
    pub(super) fn author(&self) -> Author {
        self.author
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, HeaderValue::Open(value.into())));
        self
    }

    /// Adds a header field whose value is a credential.
    #[must_use]
    pub fn secret_header(mut self, name: &'static str, value: &Secret) -> Self {
        self.headers.push((name, HeaderValue::Secret("", value.clone())));
        self
    }

    /// Adds the access token.
    #[must_use]
    pub fn bearer(mut self, token: &Secret) -> Self {
        self.headers
            .push(("Authorization", HeaderValue::Secret("Bearer ", token.clone())));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(Zeroizing::new(body.into()));
        self
    }

    /// A header field's value, where it is no credential.
    #[must_use]
    pub fn open_header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(known, value)| match value {
            HeaderValue::Open(text) if known.eq_ignore_ascii_case(name) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The method's name on the wire.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
        }
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.uri.to_string()
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    /// The header fields, credentials redacted.
    pub fn shown_headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.headers.iter().map(|(name, value)| match value {
            HeaderValue::Open(text) => (*name, text.clone()),
            HeaderValue::Secret(prefix, _) => (*name, format!("{prefix}{REDACTED}")),
        })
    }

    /// The body. A form of the token request holds credentials: not to be shown.
    #[must_use]
    pub fn body_bytes(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |body| body.as_slice())
    }
}

impl Request {
    /// Refuses what no server takes: a line of its head that is longer than that.
    ///
    /// # Errors
    /// Which one, without content.
    pub(super) fn check_lengths(&self, most: usize) -> Result<(), String> {
        // Around a value there are a colon, a blank and the line's end; around the URL the method and the version.
        let fits = |length: usize| length + 32 <= most;
        if !fits(self.uri.to_string().len()) {
            return Err(format!("its URL is longer than {most} bytes"));
        }
        let long = self.headers.iter().find(|(name, value)| {
            let length = match value {
                HeaderValue::Open(text) => text.len(),
                HeaderValue::Secret(prefix, secret) => prefix.len() + secret.expose().len(),
            };
            !fits(name.len() + length)
        });
        match long {
            Some((name, _)) => Err(format!("its header field `{name}` is longer than {most} bytes")),
            None => Ok(()),
        }
    }

    pub(super) fn message<B>(&self, body: B) -> Result<http::Request<B>, ureq::Error> {
        let mut message = http::Request::builder().method(self.method()).uri(&self.uri);
        for (name, value) in &self.headers {
            message = match value {
                HeaderValue::Open(text) => message.header(*name, text),
                HeaderValue::Secret(prefix, secret) => {
                    let text = Zeroizing::new(format!("{prefix}{}", secret.expose()));
                    let mut value = http::HeaderValue::from_str(&text).map_err(http::Error::from)?;
                    value.set_sensitive(true);
                    message.header(*name, value)
                }
            };
        }
        Ok(message.body(body)?)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), self.uri)
    }
}

pub(super) const USER_AGENT: &str = concat!("defender-update-incident/", env!("CARGO_PKG_VERSION"));
