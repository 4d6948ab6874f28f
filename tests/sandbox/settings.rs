//! Everything a test can choose before the sandbox starts.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::api::Api;
use super::cache::GetCache;
use super::kept::KeptForm;
use super::tls::Tls;

/// How a sandbox behaves from its start; faults come later, one by one.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Plain http where `None`.
    pub tls: Option<Tls>,
    /// Which versions of TLS are spoken.
    pub tls_versions: TlsVersions,
    /// The leaf's private key in PKCS#8 PEM, an RSA key for example; a fresh P-256 key where `None`.
    pub leaf_key_pem: Option<String>,
    /// Whether CA, leaf and an intermediate between them have RSA-2048 keys, as the chains of public services do.
    pub rsa_chain: bool,
    /// A loopback address.
    pub bind: IpAddr,
    /// 0: the kernel chooses.
    pub port: u16,
    /// The only tenant there is.
    pub tenant: String,
    /// The only application there is.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Its name, as comments are signed with.
    pub app_name: String,
    /// The scope for Defender at the v2 endpoint; without `/.default` it is the v1 endpoint's resource and the tokens' audience.
    pub scope: String,
    /// The same for Graph. There is no third.
    pub graph_scope: String,
    /// The roles that tokens for Defender carry.
    pub roles: Vec<String>,
    /// The roles that tokens for Graph carry.
    pub graph_roles: Vec<String>,
    /// The template ids of the Entra roles of whoever signs in as a user.
    pub user_roles: Vec<String>,
    /// How many writes go through, of each API by itself; Defender's own limit is 50 a minute.
    pub quota: Option<Quota>,
    /// How many GETs go through, of each API by itself; Defender's own limit is 100 a minute.
    pub get_quota: Option<Quota>,
    /// `expires_in`, and when tokens are refused.
    pub token_life_secs: u64,
    /// Before `/api/incidents` and `/v1.0/security/incidents`: empty or `/prefix`.
    pub api_prefix: String,
    /// Waited before each answer, after its change.
    pub answer_delay: Duration,
    /// The certificate registered with the application: its DER, and its public key.
    pub certificate: Option<(Vec<u8>, rsa::RsaPublicKey)>,
    /// The token of a federated identity that the application trusts.
    pub federated_token: Option<String>,
    /// The user who may sign in with a password, and the password.
    pub user: Option<(String, String)>,
    /// Whether users need a second factor.
    pub second_factor: bool,
    /// The refresh token that is good.
    pub refresh_token: Option<String>,
    /// The client id of the machine's identity that is not the system's.
    pub identity: Option<String>,
    /// `IDENTITY_HEADER` of App Service.
    pub identity_header: Option<String>,
    /// Every `Date` header, in place of the clock's.
    pub fixed_date: Option<String>,
    /// Every `createdTime` and `lastUpdateTime` written, in place of the clock's.
    pub fixed_time: Option<String>,
    /// Every tracking id in Defender's errors, in place of a fresh one.
    pub fixed_tracking_id: Option<String>,
    /// A PATCH that succeeds in the Defender API answers with exactly the example of the specification, whatever was changed.
    pub seed_answer: bool,
    /// The form in which comments are kept and shown.
    pub kept_form: KeptForm,
    /// How long Graph shows a comment's author as the POST's answer does; afterwards `API-App:` stands before it.
    pub author_settles: Duration,
    /// A gateway that keeps the answers to GETs.
    pub get_cache: Option<GetCache>,
    /// Whether each answer of Defender's has an id of its own, as `mise-correlation-id`.
    pub answer_ids: bool,
    /// How long a connection may be silent before the sandbox ends it.
    pub idle_timeout: Duration,
    /// How long a hanging or endless answer lasts at most.
    pub hang_limit: Duration,
}

/// At most `calls` in each `window`; windows follow each other without overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// That are answered as usual.
    pub calls: u32,
    /// The first begins with the first call.
    pub window: Duration,
}

/// Which versions of TLS the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    Both,
    /// 1.2 alone.
    Only12,
    /// 1.3 alone.
    Only13,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tls: None,
            tls_versions: TlsVersions::Both,
            leaf_key_pem: None,
            rsa_chain: false,
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            tenant: "11111111-1111-1111-1111-111111111111".to_owned(),
            client_id: "22222222-2222-2222-2222-222222222222".to_owned(),
            client_secret: "sandbox-secret-not-real".to_owned(),
            app_name: "Sandbox Playbook".to_owned(),
            scope: "https://api.security.microsoft.com/.default".to_owned(),
            graph_scope: "https://graph.microsoft.com/.default".to_owned(),
            roles: vec!["Incident.ReadWrite.All".to_owned()],
            graph_roles: vec!["SecurityIncident.ReadWrite.All".to_owned()],
            // Security Operator
            user_roles: vec!["5f2222b1-57c3-48ba-8ad5-d4759f1fde6f".to_owned()],
            quota: None,
            get_quota: None,
            token_life_secs: 3_599,
            api_prefix: String::new(),
            answer_delay: Duration::ZERO,
            certificate: None,
            federated_token: None,
            user: None,
            second_factor: false,
            refresh_token: None,
            identity: None,
            identity_header: None,
            fixed_date: None,
            fixed_time: None,
            fixed_tracking_id: None,
            seed_answer: false,
            kept_form: KeptForm::AsSent,
            author_settles: Duration::ZERO,
            get_cache: None,
            answer_ids: false,
            idle_timeout: Duration::from_secs(30),
            hang_limit: Duration::from_secs(120),
        }
    }
}

impl Settings {
    /// The scope of an API's tokens.
    pub fn scope_of(&self, api: Api) -> &str {
        match api {
            Api::Defender => &self.scope,
            Api::Graph => &self.graph_scope,
        }
    }

    /// What an API's tokens are for: the scope without `/.default`.
    pub fn resource(&self, api: Api) -> &str {
        let scope = self.scope_of(api);
        scope.strip_suffix("/.default").unwrap_or(scope)
    }

    /// The application's permissions in an API.
    pub fn roles_of(&self, api: Api) -> Vec<String> {
        match api {
            Api::Defender => self.roles.clone(),
            Api::Graph => self.graph_roles.clone(),
        }
    }
}
