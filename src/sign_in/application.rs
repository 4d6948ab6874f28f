//! The application that signs in, and what it asks access to: what most ways have in common.

use std::fmt;

use percent_encoding::utf8_percent_encode;
use zeroize::Zeroizing;

use super::token_request::{TokenRequest, Via};
use crate::ground::secret::{FORM, REDACTED, Secret};
use crate::ground::service_url::ServiceUrl;
use crate::http::{Method, Request};

/// An application registered in Entra ID.
#[derive(Debug)]
pub struct Application {
    /// Where tokens are asked for.
    pub token_endpoint: ServiceUrl,
    /// The application's (client) id.
    pub client_id: String,
    /// What is asked access to.
    pub scope: Scope,
}

/// What is asked access to: one or more permissions of one resource, since Entra ID takes no two in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

/// A field of the token request's form.
pub enum Field<'a> {
    /// One that may be shown.
    Open(&'static str, &'a str),
    /// A credential.
    Secret(&'static str, &'a Secret),
}

impl Application {
    /// The token request with this application's id and scope, and the fields of one way.
    #[must_use]
    pub fn token_request(&self, fields: &[Field<'_>]) -> TokenRequest {
        let resource = self.scope.resource();
        // The endpoint of version 1 takes a resource, that of version 2 a scope, and each refuses the other's.
        let access = if self.speaks_v1() {
            Field::Open("resource", &resource)
        } else {
            Field::Open("scope", &self.scope.0)
        };
        let client_id = Field::Open("client_id", &self.client_id);
        let fields = || [&client_id, &access].into_iter().chain(fields);
        let mut form = Zeroizing::new(String::new());
        for field in fields() {
            let (name, value) = field.parts();
            let divider = if form.is_empty() { "" } else { "&" };
            let value = Zeroizing::new(utf8_percent_encode(value, FORM).to_string());
            form.push_str(&format!("{divider}{name}={}", *value));
        }
        TokenRequest {
            request: Request::new(Method::Post, self.token_endpoint.clone())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(form.as_bytes())
                .for_a_token(),
            credentials: fields().filter_map(Field::secret).cloned().collect(),
            shown_form: fields().map(Field::shown).collect(),
            via: Via::Network,
            resource: resource.clone(),
        }
    }

    fn speaks_v1(&self) -> bool {
        let path = self.token_endpoint.path();
        path.ends_with("/oauth2/token")
    }
}

impl<'a> Field<'a> {
    fn parts(&self) -> (&'static str, &'a str) {
        match self {
            Self::Open(name, value) => (name, value),
            Self::Secret(name, value) => (name, value.expose()),
        }
    }

    fn secret(&self) -> Option<&'a Secret> {
        match self {
            Self::Open(..) => None,
            Self::Secret(_, value) => Some(value),
        }
    }

    fn shown(&self) -> (&'static str, String) {
        match self {
            Self::Open(name, value) => (name, (*value).to_owned()),
            Self::Secret(name, _) => (name, REDACTED.to_owned()),
        }
    }
}

impl Scope {
    /// Everything that the application was granted at a service.
    #[must_use]
    pub fn default_of(service: &str) -> Self {
        Self(format!("{service}/{DEFAULT}"))
    }

    /// One or more scopes of one resource.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn parse(scopes: &[String]) -> Result<Self, String> {
        let mut resources: Vec<&str> = scopes.iter().map(|scope| resource_of(scope)).collect();
        resources.sort_unstable();
        resources.dedup();
        match resources.as_slice() {
            [_] => Ok(Self(scopes.join(" "))),
            _ => {
                let found = resources.len();
                Err(format!(
                    "expected scopes of one resource, found {found} resources; Entra ID gives a token for one at a time"
                ))
            }
        }
    }

    /// The resource, as the endpoint of version 1 and managed identities take it.
    #[must_use]
    pub fn resource(&self) -> String {
        resource_of(self.0.split(' ').next().unwrap_or_default()).to_owned()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `https://host/permission` belongs to `https://host`; a scope without a slash belongs to Entra ID's default resource.
fn resource_of(scope: &str) -> &str {
    scope.rsplit_once('/').map_or("", |(resource, _)| resource)
}

/// The assertion that stands in for a secret is a JWT (RFC 7523, 2.2).
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const DEFAULT: &str = ".default";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_of_one_resource() {
        let parse = |scopes: &[&str]| Scope::parse(&scopes.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>());
        assert_eq!(parse(&["https://h/.default"]).unwrap().resource(), "https://h");
        assert_eq!(
            parse(&["https://h/a", "https://h/b"]).unwrap().to_string(),
            "https://h/a https://h/b"
        );
        assert!(
            parse(&["https://h/.default", "https://i/.default"])
                .unwrap_err()
                .contains("2 resources")
        );
    }
}
