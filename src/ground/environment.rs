//! The only reader of the environment.

use std::collections::BTreeMap;

/// The variables that this program reads. They hold secrets, so there is no `Debug`.
#[derive(Default)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self(VARIABLES.iter().filter_map(|name| variable(name)).collect())
    }

    /// An environment of the caller's making, for a run inside another program.
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// A variable's value; one that is set to nothing counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// What `RUST_LOG` asks for; warnings where it asks for nothing.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
pub fn log_filter() -> String {
    std::env::var("RUST_LOG")
        .ok()
        .filter(|filter| !filter.is_empty())
        .unwrap_or_else(|| "warn".to_owned())
}

#[allow(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
fn variable(name: &'static str) -> Option<(&'static str, String)> {
    std::env::var(name).ok().map(|value| (name, value))
}

/// Every variable that is read, `RUST_LOG` aside.
const VARIABLES: &[&str] = &[
    "ASSET_KEYS",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "DEFENDER_TOKEN_CACHE_DIR",
];
