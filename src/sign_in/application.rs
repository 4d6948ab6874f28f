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
        if scopes.iter().any(|scope| scope.contains([',', '"', '\\', '[', ']'])) {
            return Err(
                "expected scopes divided by blanks, or as a list, found a comma, a bracket or a quote in one"
                    .to_owned(),
            );
        }
        let mut resources: Vec<&str> = scopes.iter().filter_map(|scope| resource_of(scope)).collect();
        resources.sort_unstable();
        resources.dedup();
        match resources.as_slice() {
            [_] => Ok(Self(scopes.join(" "))),
            [] => Err(
                "expected a scope of a resource, such as `https://api.security.microsoft.com/.default`, found those alone that ask for details of a sign-in; leave `scope` out, or add the resource's"
                    .to_owned(),
            ),
            several => {
                let found = several.len();
                Err(format!(
                    "expected scopes of one resource, found {found} resources; Entra ID gives a token for one at a time"
                ))
            }
        }
    }

    /// The resource, as the endpoint of version 1 and managed identities take it.
    #[must_use]
    pub fn resource(&self) -> String {
        self.0.split(' ').find_map(resource_of).unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `https://host/permission` belongs to `https://host`; a scope without a slash belongs to Entra ID's default resource, but
/// for those that ask for details of the sign-in itself (OpenID Connect Core 1.0, 5.4 and 11), which belong to none.
fn resource_of(scope: &str) -> Option<&str> {
    match scope.rsplit_once('/') {
        Some((resource, _)) => Some(resource),
        None if OPENID.iter().any(|known| scope.eq_ignore_ascii_case(known)) => None,
        None => Some(""),
    }
}

/// The assertion that stands in for a secret is a JWT (RFC 7523, 2.2).
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const DEFAULT: &str = ".default";

const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

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
        for odd in [
            "https://h/.default,openid",
            "[\"https://h/.default\"]",
            "https://h\\.default",
        ] {
            assert!(parse(&[odd]).unwrap_err().contains("divided by blanks"), "{odd}");
        }
        assert!(
            parse(&["https://h/.default", "https://i/.default"])
                .unwrap_err()
                .contains("2 resources")
        );
    }

    #[test]
    fn what_asks_for_details_of_the_sign_in_is_of_no_resource() {
        let parse = |text: &str| Scope::parse(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for taken in [
            "offline_access https://h/.default",
            "https://h/.default openid profile email offline_access",
            "OpenID https://h/.default Offline_Access",
            "openid https://h/a offline_access https://h/b",
        ] {
            let scope = parse(taken).unwrap();
            assert_eq!(
                (scope.to_string().as_str(), scope.resource().as_str()),
                (taken, "https://h")
            );
        }
        assert!(
            parse("offline_access openid")
                .unwrap_err()
                .contains("leave `scope` out")
        );
        assert!(parse("openid https://h/.default https://i/.default").is_err());
        // Graph's own permission, which is written without its resource.
        assert!(parse("offline_access User.Read https://h/.default").is_err());
    }
}
