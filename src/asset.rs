//! Who we are and where to go. The fields as a person fills them in become values that make sense together: exactly one
//! way of signing in, one resource, URLs that are safe to send a credential to.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::http::{Exception, Network, ProxyUrl, ProxyVariables, Roots, Tls};
use crate::schema::Violations;
use crate::secret::Secret;
use crate::service_url::ServiceUrl;
use crate::settings::Environment;
use crate::sign_in::{Application, ClientSecret, Scope, SignIn};

/// The asset's fields, as the platform hands them over.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AssetInput {
    /// Base of the Defender API.
    #[schemars(title = "URL", with = "String", extend("default" = DEFAULT_URL))]
    pub url: Option<String>,
    /// The tenant's id or one of its domain names. Needed unless `token_url` is given.
    #[schemars(title = "Tenant ID", with = "String", regex(pattern = "^[A-Za-z0-9.-]+$"))]
    pub tenant_id: Option<String>,
    /// The token endpoint itself, in place of `login_url` and `tenant_id`.
    #[schemars(title = "Token URL", with = "String")]
    pub token_url: Option<String>,
    /// Base of the sign-in service.
    #[schemars(title = "Login URL", with = "String", extend("default" = DEFAULT_LOGIN_URL))]
    pub login_url: Option<String>,
    /// The application's (client) id.
    #[schemars(title = "Client ID", with = "String")]
    pub client_id: Option<String>,
    /// The value of the application's client secret, not its id.
    #[schemars(title = "Client Secret", with = "Secret")]
    pub client_secret: Option<Secret>,
    /// What to ask access to; one resource a sign-in. Default: `{url}/.default`.
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
    /// Time limit of the whole run, in seconds.
    #[schemars(title = "Timeout", with = "f64", extend("exclusiveMinimum" = 0, "maximum" = 3600, "default" = 100))]
    pub timeout_secs: Option<f64>,
    /// Time limit of connecting once, name lookup and TLS included, in seconds.
    #[schemars(title = "Connect Timeout", with = "f64", extend("exclusiveMinimum" = 0, "maximum" = 3600, "default" = 10))]
    pub connect_timeout_secs: Option<f64>,
    /// The longest first wait before another attempt, in seconds; it doubles from attempt to attempt.
    #[schemars(title = "Retry Wait", with = "f64", extend("minimum" = 0, "maximum" = 3600, "default" = 0.5))]
    pub retry_wait_secs: Option<f64>,
    /// How long a write may take to show in the incident, in seconds: a comment that is not there after it is sent again.
    #[schemars(title = "Settle Time", with = "f64", extend("minimum" = 0, "maximum" = 3600, "default" = 5))]
    pub settle_secs: Option<f64>,
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

/// Who we are and where to go, each value checked.
#[derive(Debug)]
pub struct Asset {
    /// Base of the Defender API.
    pub url: ServiceUrl,
    /// How the access token is come by.
    pub sign_in: SignIn,
    /// The way out of this machine.
    pub network: Network,
    /// Time limits.
    pub timing: Timing,
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
        };
        let url = reader.url("url", DEFAULT_URL);
        let sign_in = reader.sign_in(url.as_ref());
        let network = reader.network();
        let timing = reader.timing();
        Some(Self {
            url: url?,
            sign_in: sign_in?,
            network: network?,
            timing,
        })
    }
}

/// Reads the fields, noting what is wrong as it goes.
struct Reader<'a> {
    input: AssetInput,
    environment: &'a Environment,
    violations: &'a mut Violations,
}

impl Reader<'_> {
    fn url(&mut self, field: &str, default: &str) -> Option<ServiceUrl> {
        let given = match field {
            "url" => &self.input.url,
            "login_url" => &self.input.login_url,
            _ => &self.input.token_url,
        };
        let parsed = ServiceUrl::parse(given.as_deref().unwrap_or(default));
        self.noting(field, parsed)
    }

    fn sign_in(&mut self, url: Option<&ServiceUrl>) -> Option<SignIn> {
        let application = self.application(url);
        let secret = self.input.client_secret.take();
        if secret.is_none() {
            self.missing("client_secret", "the value of the application's client secret");
        }
        Some(SignIn::ClientSecret(ClientSecret {
            application: application?,
            secret: secret?,
        }))
    }

    fn application(&mut self, url: Option<&ServiceUrl>) -> Option<Application> {
        let token_endpoint = self.token_endpoint();
        let client_id = self.input.client_id.take();
        if client_id.is_none() {
            self.missing("client_id", "the application's (client) id");
        }
        let scope = self.scope(url);
        Some(Application {
            token_endpoint: token_endpoint?,
            client_id: client_id?,
            scope: scope?,
        })
    }

    fn token_endpoint(&mut self) -> Option<ServiceUrl> {
        if self.input.token_url.is_some() {
            return self.url("token_url", "");
        }
        let login = self.url("login_url", DEFAULT_LOGIN_URL);
        let Some(tenant) = self.input.tenant_id.take() else {
            if !self.violations.blames_asset("token_url") {
                self.missing("tenant_id", "the tenant's id or domain name (or `token_url`)");
            }
            return None;
        };
        login.map(|login| login.join(&format!("{tenant}/oauth2/v2.0/token")))
    }

    fn scope(&mut self, url: Option<&ServiceUrl>) -> Option<Scope> {
        let given: Vec<String> = match self.input.scope.take() {
            Some(OneOrMany::One(text)) => text.split_whitespace().map(str::to_owned).collect(),
            Some(OneOrMany::Many(list)) => list
                .iter()
                .flat_map(|text| text.split_whitespace())
                .map(str::to_owned)
                .collect(),
            None => Vec::new(),
        };
        let parsed = if given.is_empty() {
            Ok(Scope::default_of(url?))
        } else {
            Scope::parse(&given)
        };
        self.noting("scope", parsed)
    }

    fn network(&mut self) -> Option<Network> {
        let proxy = match self.input.http_proxy.take() {
            Some(text) => {
                let parsed = ProxyUrl::parse(text.expose());
                Some(self.noting("http_proxy", parsed)?)
            }
            None => None,
        };
        let variables = self.proxy_variables();
        let tls = self.tls();
        Some(Network {
            proxy,
            variables: variables?,
            tls: tls?,
        })
    }

    fn proxy_variables(&mut self) -> Option<ProxyVariables> {
        let first = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .into_iter()
            .find_map(|name| self.environment.get(name).map(|value| (name, value)));
        let except = ["NO_PROXY", "no_proxy"]
            .into_iter()
            .find_map(|name| self.environment.get(name))
            .unwrap_or_default();
        let except = Exception::parse_list(except);
        let Some((name, value)) = first else {
            return Some(ProxyVariables { proxy: None, except });
        };
        match ProxyUrl::parse(value) {
            Ok(proxy) => Some(ProxyVariables {
                proxy: Some(proxy),
                except,
            }),
            Err(problem) => {
                self.violations
                    .push("", format!("environment variable `{name}`: {problem}"));
                None
            }
        }
    }

    fn tls(&mut self) -> Option<Tls> {
        if self.input.verify_ssl == Some(false) {
            log::warn!(
                "`verify_ssl` is false: anybody on the line can read the credentials; set `ca_certificate` instead"
            );
            return Some(Tls::DangerAcceptAnyCertificate);
        }
        let mut roots = Roots::default();
        let mut fine = true;
        if let Some(pem) = self.input.ca_certificate.take() {
            let added = roots.add_pem(pem.as_bytes());
            fine &= self.noting("ca_certificate", added).is_some();
        }
        if let Some(path) = self.input.ca_certificate_path.take() {
            let added = add_file(&mut roots, &path);
            fine &= self.noting("ca_certificate_path", added).is_some();
        }
        if let Some(path) = self.environment.get("SSL_CERT_FILE")
            && let Err(problem) = add_file(&mut roots, path)
        {
            self.violations
                .push("", format!("environment variable `SSL_CERT_FILE`: {problem}"));
            fine = false;
        }
        fine.then_some(Tls::Verify(roots))
    }

    fn timing(&self) -> Timing {
        let secs = |given: Option<f64>, default: f64| Duration::from_secs_f64(given.unwrap_or(default));
        Timing {
            total: secs(self.input.timeout_secs, DEFAULT_TIMEOUT_SECS),
            connect: secs(self.input.connect_timeout_secs, DEFAULT_CONNECT_TIMEOUT_SECS),
            first_wait: secs(self.input.retry_wait_secs, DEFAULT_RETRY_WAIT_SECS),
            settle: secs(self.input.settle_secs, DEFAULT_SETTLE_SECS),
        }
    }

    fn missing(&mut self, field: &str, expected: &str) {
        // A field that is there, but of the wrong kind, is not missing.
        if !self.violations.blames_asset(field) {
            self.violations
                .push_asset(field, format!("expected {expected}, found nothing"));
        }
    }

    fn noting<T>(&mut self, field: &str, parsed: Result<T, String>) -> Option<T> {
        parsed
            .map_err(|problem| self.violations.push_asset(field, problem))
            .ok()
    }
}

fn add_file(roots: &mut Roots, path: &str) -> Result<(), String> {
    let pem = std::fs::read(path).map_err(|error| format!("expected a file that can be read, found: {error}"))?;
    roots.add_pem(&pem)
}

/// `anyOf` would answer a wrong kind with "not valid under any of the schemas"; a list of types says what is expected.
fn one_type_list(schema: &mut schemars::Schema) {
    *schema = schemars::json_schema!({"type": ["string", "array"], "items": {"type": "string"}});
}

/// Every field of the asset: what tells Turbine's form of the document from the documented one.
pub const ASSET_KEYS: &[&str] = &[
    "url",
    "tenant_id",
    "token_url",
    "login_url",
    "client_id",
    "client_secret",
    "scope",
    "verify_ssl",
    "ca_certificate",
    "ca_certificate_path",
    "http_proxy",
    "timeout_secs",
    "connect_timeout_secs",
    "retry_wait_secs",
    "settle_secs",
];

const DEFAULT_URL: &str = "https://api.security.microsoft.com";

const DEFAULT_LOGIN_URL: &str = "https://login.microsoftonline.com";

/// Also how long stdin may take to close, before the input can have said otherwise.
pub const DEFAULT_TIMEOUT_SECS: f64 = 100.0;

const DEFAULT_CONNECT_TIMEOUT_SECS: f64 = 10.0;

const DEFAULT_RETRY_WAIT_SECS: f64 = 0.5;

const DEFAULT_SETTLE_SECS: f64 = 5.0;
