//! The asset's fields, as the platform hands them over.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::ground::api::{Answer, Api};
use crate::ground::cloud::{Cloud, DEFAULT_LOGIN_URL, DEFAULT_URL};
use crate::ground::format::TENANT;
use crate::ground::secret::Secret;

/// Who signs in, and where to. Exactly one way of signing in is filled in.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AssetInput {
    /// Which of the two APIs that have the incidents: Defender's own, or Microsoft Graph. Default: `defender`, or what the
    /// host of `url` tells.
    #[schemars(title = "API", with = "Api")]
    pub api: Option<Api>,
    /// In whose keys and words the incident comes out where `api` is `graph`: in Defender's, or in Graph's own.
    #[schemars(title = "Answer", with = "Answer", extend("default" = "defender"))]
    pub answer: Option<Answer>,
    /// Base of the API. Left empty, it is what `api` and `cloud` tell: Defender's, or Microsoft Graph's where `api` is `graph`.
    #[schemars(title = "URL", with = "String", example = DEFAULT_URL)]
    pub url: Option<String>,
    /// The cloud that the tenant lives in: fills in `url`, `login_url` and `scope`.
    #[schemars(title = "Cloud", with = "Cloud")]
    pub cloud: Option<Cloud>,
    /// The tenant's id or one of its domain names. Needed unless `token_url` is given.
    #[schemars(title = "Tenant ID", with = "String", extend("format" = TENANT))]
    pub tenant_id: Option<String>,
    /// The token endpoint itself, in place of `login_url` and `tenant_id`.
    #[schemars(title = "Token URL", with = "String")]
    pub token_url: Option<String>,
    /// Base of the sign-in service. Left empty, it is what `cloud` tells.
    #[schemars(title = "Login URL", with = "String", example = DEFAULT_LOGIN_URL)]
    pub login_url: Option<String>,
    /// The application's (client) id.
    #[schemars(title = "Client ID", with = "String")]
    pub client_id: Option<String>,
    /// The value of the application's client secret, not its id.
    #[schemars(title = "Client Secret", with = "Secret")]
    pub client_secret: Option<Secret>,
    /// The file that holds it.
    #[schemars(title = "Client Secret File", with = "String")]
    pub client_secret_file: Option<String>,
    /// The application's certificate and its RSA private key, as PEM text.
    #[schemars(title = "Client Certificate", with = "Secret")]
    pub client_certificate: Option<Secret>,
    /// The file that holds them.
    #[schemars(title = "Client Certificate Path", with = "String")]
    pub client_certificate_path: Option<String>,
    /// The same as `client_certificate_path`, named as the files of all secrets are.
    #[schemars(title = "Client Certificate File", with = "String")]
    pub client_certificate_file: Option<String>,
    /// Whether the whole chain of certificates is sent, for applications that trust a subject and an issuer.
    #[schemars(title = "Send Certificate Chain", with = "bool", extend("default" = false))]
    pub send_certificate_chain: Option<bool>,
    /// The file that holds the token of a federated identity, as Kubernetes mounts it.
    #[schemars(title = "Federated Token File", with = "String")]
    pub federated_token_file: Option<String>,
    /// The identity that Azure gave to this machine: `system`, or the one named by `client_id`, `object_id` or
    /// `resource_id`.
    #[schemars(title = "Managed Identity", with = "ManagedIdentityInput")]
    pub managed_identity: Option<ManagedIdentityInput>,
    /// The user who signs in with a password.
    #[schemars(title = "Username", with = "String")]
    pub oauth_un: Option<String>,
    /// The user's password.
    #[schemars(title = "Password", with = "Secret")]
    pub oauth_pwd: Option<Secret>,
    /// The file that holds it.
    #[schemars(title = "Password File", with = "String")]
    pub oauth_pwd_file: Option<String>,
    /// The application's (client) id, where a user signs in with a password.
    #[schemars(title = "Client ID", with = "String")]
    pub oauth_cl_id: Option<String>,
    /// The application's client secret, where a user signs in with a password.
    #[schemars(title = "Client Secret", with = "Secret")]
    pub oauth_cl_secret: Option<Secret>,
    /// The file that holds it.
    #[schemars(title = "Client Secret File", with = "String")]
    pub oauth_cl_secret_file: Option<String>,
    /// A refresh token. The new one that Entra ID gives in return is not stored.
    #[schemars(title = "Refresh Token", with = "Secret")]
    pub refresh_token: Option<Secret>,
    /// The file that holds it.
    #[schemars(title = "Refresh Token File", with = "String")]
    pub refresh_token_file: Option<String>,
    /// An access token for the API that `url` names, where the runner has signed in itself.
    #[schemars(title = "Access Token", with = "Secret")]
    pub access_token: Option<Secret>,
    /// The file that holds it.
    #[schemars(title = "Access Token File", with = "String")]
    pub access_token_file: Option<String>,
    /// What to ask access to; one resource a sign-in. Default: all that was granted at the API that `url` names.
    #[schemars(title = "Scope", with = "OneOrMany")]
    pub scope: Option<OneOrMany>,
    /// Whether the certificates of servers are verified.
    #[schemars(title = "Verify SSL Certificates", with = "bool", extend("default" = true))]
    pub verify_ssl: Option<bool>,
    /// Certificates to trust beside Mozilla's, as PEM text: those of a proxy that inspects TLS.
    #[schemars(title = "CA Certificate", with = "String")]
    pub ca_certificate: Option<String>,
    /// The same from a file.
    #[schemars(title = "CA Certificate Path", with = "String")]
    pub ca_certificate_path: Option<String>,
    /// The proxy for every request, `[scheme://][user:password@]host[:port]`.
    #[schemars(title = "HTTP Proxy", with = "Secret")]
    pub http_proxy: Option<Secret>,
    /// The file that holds it.
    #[schemars(title = "HTTP Proxy File", with = "String")]
    pub http_proxy_file: Option<String>,
    /// Time limit of the whole run, in seconds, from the first byte of the document on.
    #[schemars(title = "Timeout", with = "f64", extend("exclusiveMinimum" = 0, "maximum" = 3600, "default" = 100))]
    pub timeout_secs: Option<f64>,
    /// Time limit of connecting once, in seconds: name lookup, TCP, the proxy's leave and TLS together.
    #[schemars(title = "Connect Timeout", with = "f64", extend("exclusiveMinimum" = 0, "maximum" = 3600, "default" = 10))]
    pub connect_timeout_secs: Option<f64>,
    /// The longest first wait before another attempt, in seconds; it doubles from attempt to attempt.
    #[schemars(title = "Retry Wait", with = "f64", extend("minimum" = 0, "maximum" = 3600, "default" = 0.5))]
    pub retry_wait_secs: Option<f64>,
    /// How long a write may take to show in the incident, in seconds: a comment that is not there by then is sent again.
    #[schemars(title = "Settle Time", with = "f64", extend("minimum" = 0, "maximum" = 3600, "default" = 5))]
    pub settle_secs: Option<f64>,
    /// A folder in which access tokens are kept for the next runs, each sealed with a key derived from the credential it
    /// was got with. Default: the environment variable `DEFENDER_TOKEN_CACHE_DIR`; without it none are kept.
    #[schemars(title = "Token Cache Folder", with = "String")]
    pub token_cache_dir: Option<String>,
}

impl AssetInput {
    /// How long the run may take.
    pub(crate) fn time_limit(&self) -> Duration {
        Duration::from_secs_f64(self.timeout_secs.unwrap_or(DEFAULT_TIMEOUT_SECS))
    }

    /// The fields that say who signs in, as far as they are there.
    pub(super) fn who(&self) -> Vec<&'static str> {
        [
            ("client_id", self.client_id.is_some()),
            ("client_secret", self.client_secret.is_some()),
            ("client_secret_file", self.client_secret_file.is_some()),
            ("client_certificate", self.client_certificate.is_some()),
            ("client_certificate_path", self.client_certificate_path.is_some()),
            ("client_certificate_file", self.client_certificate_file.is_some()),
            // A form sends a box that nobody ticked too.
            ("send_certificate_chain", self.send_certificate_chain == Some(true)),
            ("federated_token_file", self.federated_token_file.is_some()),
            ("managed_identity", self.managed_identity.is_some()),
            ("oauth_un", self.oauth_un.is_some()),
            ("oauth_pwd", self.oauth_pwd.is_some()),
            ("oauth_pwd_file", self.oauth_pwd_file.is_some()),
            ("oauth_cl_id", self.oauth_cl_id.is_some()),
            ("oauth_cl_secret", self.oauth_cl_secret.is_some()),
            ("oauth_cl_secret_file", self.oauth_cl_secret_file.is_some()),
            ("refresh_token", self.refresh_token.is_some()),
            ("refresh_token_file", self.refresh_token_file.is_some()),
            ("access_token", self.access_token.is_some()),
            ("access_token_file", self.access_token_file.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, there)| there.then_some(field))
        .collect()
    }
}

/// One text or several.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, transform = one_type_list)]
pub enum OneOrMany {
    /// One, or several divided by spaces.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// Which of the machine's identities.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline, transform = system_or_named)]
pub enum ManagedIdentityInput {
    /// `system`.
    Word(String),
    /// One of several that a person made.
    Named {
        /// By the id of its application.
        client_id: Option<String>,
        /// By the id of its object in Entra ID.
        object_id: Option<String>,
        /// By its resource id in Azure.
        resource_id: Option<String>,
    },
}

/// `anyOf` would answer a wrong kind with "not valid under any of the schemas"; a list of types says what is expected.
fn one_type_list(schema: &mut schemars::Schema) {
    *schema = schemars::json_schema!({"type": ["string", "array"], "items": {"type": "string"}});
}

fn system_or_named(schema: &mut schemars::Schema) {
    *schema = schemars::json_schema!({
        "type": ["string", "object"],
        "pattern": "^system$",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": false,
        "properties": {
            "client_id": {"type": "string"},
            "object_id": {"type": "string"},
            "resource_id": {"type": "string"},
        },
    });
}

/// Also how long stdin may take to close, before the input can have said otherwise.
pub const DEFAULT_TIMEOUT_SECS: f64 = 100.0;
