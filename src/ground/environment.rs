//! The only reader of the environment.

use std::collections::BTreeMap;
use std::env::VarError;

/// The variables that this program reads. They hold secrets, so there is no `Debug`.
#[derive(Default)]
pub struct Environment {
    values: BTreeMap<&'static str, String>,
    unreadable: Vec<&'static str>,
}

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let mut environment = Self::default();
        for name in VARIABLES.iter().chain([&LOG]) {
            match variable(name) {
                Ok(value) => drop(environment.values.insert(name, value)),
                Err(VarError::NotPresent) => {}
                Err(VarError::NotUnicode(value)) => {
                    // That it is set may be all that counts.
                    environment.values.insert(name, value.to_string_lossy().into_owned());
                    environment.unreadable.push(name);
                }
            }
        }
        // Anywhere but in Turbine it is meant for another scheme, and not read.
        if environment.get(TURBINE).is_none() {
            environment.unreadable.retain(|name| *name != "http_proxy");
        }
        environment
    }

    /// An environment of the caller's making, for a run inside another program.
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self {
            values: pairs.into_iter().collect(),
            unreadable: Vec::new(),
        }
    }

    /// A variable's value; one that is set to nothing counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The variables that are no UTF-8. To go on without one would be to go around a proxy, say, that was meant.
    #[must_use]
    pub fn unreadable(&self) -> &[&'static str] {
        &self.unreadable
    }
}

/// What `RUST_LOG` asks for; warnings where it asks for nothing.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
pub fn log_filter() -> String {
    std::env::var(LOG)
        .ok()
        .filter(|filter| !filter.is_empty())
        .unwrap_or_else(|| "warn".to_owned())
}

#[allow(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
fn variable(name: &str) -> Result<String, VarError> {
    std::env::var(name)
}

const LOG: &str = "RUST_LOG";

/// Set by Turbine, whatever to.
pub const TURBINE: &str = "ASSET_KEYS";

/// Every variable that is read, `RUST_LOG` aside.
pub const VARIABLES: &[&str] = &[
    TURBINE,
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
