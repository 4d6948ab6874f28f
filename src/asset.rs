//! Who we are and where to go. The fields as a person fills them in become values that make sense together: exactly one
//! way of signing in, one resource, URLs that are safe to send a credential to.

mod api;
mod authority;
mod input;
mod network;
mod reader;
mod sign_in;
mod ways;

use std::path::PathBuf;
use std::time::Duration;

use crate::ground::api::{Answer, Api};
use crate::ground::environment::Environment;
use crate::ground::service_url::ServiceUrl;
use crate::http::Network;
use crate::outcome::violations::Violations;
use crate::sign_in::SignIn;
use crate::sign_in::token_cache::TokenCache;
use reader::Reader;

pub use input::{AssetInput, DEFAULT_TIMEOUT_SECS};

/// Who we are and where to go, each value checked.
#[derive(Debug)]
pub struct Asset {
    /// The API that is talked to.
    pub api: Api,
    /// In whose keys and words the incident comes out.
    pub answer: Answer,
    /// Base of that API.
    pub url: ServiceUrl,
    /// How the access token is come by.
    pub sign_in: SignIn,
    /// The way out of this machine.
    pub network: Network,
    /// Time limits.
    pub timing: Timing,
    /// The folder in which tokens are kept between runs.
    token_cache_dir: Option<PathBuf>,
}

/// Time limits of a run.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The whole run.
    pub total: Duration,
    /// Connecting once.
    pub connect: Duration,
    /// The longest first wait before another attempt.
    pub first_wait: Duration,
    /// How long a write may take to show.
    pub settle: Duration,
}

impl Asset {
    /// Checks the fields together; `None` where something was found wrong, and `violations` says what.
    pub fn parse(input: AssetInput, environment: &Environment, violations: &mut Violations) -> Option<Self> {
        let mut reader = Reader {
            input,
            environment,
            violations,
            sources: Vec::new(),
            wrong_variables: Vec::new(),
        };
        reader.note_unreadable_variables();
        let (api, url) = reader.api();
        let answer = reader.answer(api);
        let sign_in = reader.sign_in(url.as_ref());
        let network = reader.network();
        let timing = reader.timing();
        let given = reader.input.token_cache_dir.take();
        let token_cache_dir = reader.or_variable("token_cache_dir", given, "DEFENDER_TOKEN_CACHE_DIR");
        Some(Self {
            api,
            answer,
            url: url?,
            sign_in: sign_in?,
            network: network?,
            timing,
            token_cache_dir: token_cache_dir.map(|(folder, _)| folder.into()),
        })
    }

    /// Where this sign-in's tokens are kept between runs, if anywhere.
    #[must_use]
    pub fn token_cache(&self) -> Option<TokenCache> {
        Some(TokenCache::new(
            self.token_cache_dir.as_deref()?,
            &self.sign_in.owner()?,
        ))
    }
}

impl Reader<'_> {
    fn timing(&self) -> Timing {
        let secs = |given: Option<f64>, default: f64| Duration::from_secs_f64(given.unwrap_or(default));
        Timing {
            total: self.input.time_limit(),
            connect: secs(self.input.connect_timeout_secs, DEFAULT_CONNECT_TIMEOUT_SECS),
            first_wait: secs(self.input.retry_wait_secs, DEFAULT_RETRY_WAIT_SECS),
            settle: secs(self.input.settle_secs, DEFAULT_SETTLE_SECS),
        }
    }
}

/// Every field of the asset: what tells Turbine's form of the document from the documented one.
pub const ASSET_KEYS: &[&str] = &[
    "api",
    "answer",
    "url",
    "cloud",
    "tenant_id",
    "token_url",
    "login_url",
    "client_id",
    "client_secret",
    "client_secret_file",
    "client_certificate",
    "client_certificate_path",
    "client_certificate_file",
    "send_certificate_chain",
    "federated_token_file",
    "managed_identity",
    "oauth_un",
    "oauth_pwd",
    "oauth_pwd_file",
    "oauth_cl_id",
    "oauth_cl_secret",
    "oauth_cl_secret_file",
    "refresh_token",
    "refresh_token_file",
    "access_token",
    "access_token_file",
    "scope",
    "verify_ssl",
    "ca_certificate",
    "ca_certificate_path",
    "http_proxy",
    "http_proxy_file",
    "timeout_secs",
    "connect_timeout_secs",
    "retry_wait_secs",
    "settle_secs",
    "token_cache_dir",
];

const DEFAULT_CONNECT_TIMEOUT_SECS: f64 = 10.0;

const DEFAULT_RETRY_WAIT_SECS: f64 = 0.5;

const DEFAULT_SETTLE_SECS: f64 = 5.0;
