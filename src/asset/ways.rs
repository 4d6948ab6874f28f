//! Exactly one way of signing in: the fields that are filled in say which, and an asset that fits none or two is refused
//! with what each way takes.

use super::DEFAULT_LOGIN_URL;
use super::input::{ManagedIdentityInput, OneOrMany};
use super::reader::{Reader, read_secret};
use crate::secret::Secret;
use crate::service_url::ServiceUrl;
use crate::sign_in::{
    AccessToken, Application, Certificate, ClientSecret, IdentityService, ManagedIdentity, Password, RefreshToken,
    Scope, SignIn, WhichIdentity, WorkloadIdentity,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ClientSecret,
    Certificate,
    WorkloadIdentity,
    ManagedIdentity,
    Password,
    RefreshToken,
    AccessToken,
}

impl Reader<'_> {
    /// The one way that the asset fits or, where it names none, the environment.
    pub(super) fn sign_in(&mut self, url: Option<&ServiceUrl>) -> Option<SignIn> {
        let way = match self.ways_of_asset().as_slice() {
            [one] => *one,
            [] => match self.way_of_environment() {
                Some(way) => way,
                None => {
                    if !MARKS
                        .iter()
                        .any(|(_, fields)| fields.iter().any(|field| self.violations.blames_asset(field)))
                    {
                        self.blame(
                            "",
                            format!("expected the fields of one way of signing in, found none; {WAYS}"),
                        );
                    }
                    return None;
                }
            },
            several => {
                let names: Vec<&str> = several.iter().map(|way| way.name()).collect();
                self.blame(
                    "",
                    format!("expected one way of signing in, found {}; {WAYS}", names.join(" and ")),
                );
                return None;
            }
        };
        let sign_in = self.build(way, url);
        log::info!("signing in by {}: {}", way.name(), self.sources.join(", "));
        sign_in
    }

    fn ways_of_asset(&self) -> Vec<Way> {
        let input = &self.input;
        let has_refresh = input.refresh_token.is_some() || input.refresh_token_file.is_some();
        let has_secret = input.client_secret.is_some() || input.client_secret_file.is_some();
        let has_certificate = input.client_certificate.is_some()
            || input.client_certificate_path.is_some()
            || input.client_certificate_file.is_some();
        let has_password = input.oauth_un.is_some()
            || input.oauth_pwd.is_some()
            || input.oauth_pwd_file.is_some()
            || input.oauth_cl_id.is_some()
            || input.oauth_cl_secret.is_some()
            || input.oauth_cl_secret_file.is_some();
        [
            // A refresh token of a confidential application is redeemed with its secret.
            (Way::ClientSecret, has_secret && !has_refresh),
            (Way::Certificate, has_certificate),
            (Way::WorkloadIdentity, input.federated_token_file.is_some()),
            (Way::ManagedIdentity, input.managed_identity.is_some()),
            (Way::Password, has_password),
            (Way::RefreshToken, has_refresh),
            (
                Way::AccessToken,
                input.access_token.is_some() || input.access_token_file.is_some(),
            ),
        ]
        .into_iter()
        .filter_map(|(way, fits)| fits.then_some(way))
        .collect()
    }

    /// In the order in which Azure's SDKs look.
    fn way_of_environment(&self) -> Option<Way> {
        [
            ("AZURE_CLIENT_SECRET", Way::ClientSecret),
            ("AZURE_CLIENT_CERTIFICATE_PATH", Way::Certificate),
            ("AZURE_FEDERATED_TOKEN_FILE", Way::WorkloadIdentity),
        ]
        .into_iter()
        .find_map(|(variable, way)| self.environment.get(variable).map(|_| way))
    }

    fn build(&mut self, way: Way, url: Option<&ServiceUrl>) -> Option<SignIn> {
        match way {
            Way::ClientSecret => {
                let secret = self.client_secret();
                let application = self.application(url);
                Some(SignIn::ClientSecret(ClientSecret {
                    application: application?,
                    secret: secret?,
                }))
            }
            Way::Certificate => {
                let certificate = self.certificate();
                let application = self.application(url);
                let send_chain = self.input.send_certificate_chain.unwrap_or_default();
                let (field, pem) = certificate?;
                let parsed = Certificate::parse(application?, pem.expose().as_bytes(), send_chain);
                self.noting(field, parsed).map(SignIn::Certificate)
            }
            Way::WorkloadIdentity => {
                let given = self.input.federated_token_file.take();
                let path = self.or_variable("federated_token_file", given, "AZURE_FEDERATED_TOKEN_FILE");
                let assertion = path.and_then(|path| self.noting("federated_token_file", read_secret(&path)));
                let application = self.application(url);
                Some(SignIn::WorkloadIdentity(WorkloadIdentity {
                    application: application?,
                    assertion: assertion?,
                }))
            }
            Way::ManagedIdentity => self.managed_identity(url).map(SignIn::ManagedIdentity),
            Way::Password => self.password(url).map(SignIn::Password),
            Way::RefreshToken => {
                let (given, file) = (self.input.refresh_token.take(), self.input.refresh_token_file.take());
                let refresh_token = self.secret("refresh_token", given, file);
                let (given, file) = (self.input.client_secret.take(), self.input.client_secret_file.take());
                let asked = given.is_some() || file.is_some();
                let secret = self.secret("client_secret", given, file);
                let application = self.application(url);
                if asked && secret.is_none() {
                    return None;
                }
                Some(SignIn::RefreshToken(RefreshToken {
                    application: application?,
                    refresh_token: refresh_token?,
                    secret,
                }))
            }
            Way::AccessToken => {
                let (given, file) = (self.input.access_token.take(), self.input.access_token_file.take());
                let token = self.secret("access_token", given, file)?;
                self.noting("access_token", AccessToken::given(token))
                    .map(SignIn::AccessToken)
            }
        }
    }

    fn client_secret(&mut self) -> Option<Secret> {
        let (given, file) = (self.input.client_secret.take(), self.input.client_secret_file.take());
        if given.is_none() && file.is_none() {
            let secret = self.environment.get("AZURE_CLIENT_SECRET")?.to_owned();
            self.note_source("client_secret", "AZURE_CLIENT_SECRET");
            return Some(Secret::new(secret));
        }
        self.secret("client_secret", given, file)
    }

    /// The certificate's PEM, and the field to blame for what is wrong with it.
    fn certificate(&mut self) -> Option<(&'static str, Secret)> {
        let input = &mut self.input;
        let (given, path, file) = (
            input.client_certificate.take(),
            input.client_certificate_path.take(),
            input.client_certificate_file.take(),
        );
        let field = match (&given, &path, &file) {
            (Some(_), None, None) => "client_certificate",
            (None, Some(_), None) | (None, None, None) => "client_certificate_path",
            (None, None, Some(_)) => "client_certificate_file",
            _ => {
                self.blame(
                    "client_certificate",
                    "expected the certificate once, as text or as a file, found it twice",
                );
                return None;
            }
        };
        if let Some(pem) = given {
            self.note_source("client_certificate", "the asset");
            return Some((field, pem));
        }
        let path = self.or_variable(
            "client_certificate_path",
            path.or(file),
            "AZURE_CLIENT_CERTIFICATE_PATH",
        )?;
        self.noting(field, read_secret(&path)).map(|pem| (field, pem))
    }

    fn managed_identity(&mut self, url: Option<&ServiceUrl>) -> Option<ManagedIdentity> {
        let which = match self.input.managed_identity.take()? {
            ManagedIdentityInput::Word(_) => WhichIdentity::System,
            ManagedIdentityInput::Named {
                client_id: Some(id), ..
            } => WhichIdentity::ClientId(id),
            ManagedIdentityInput::Named {
                object_id: Some(id), ..
            } => WhichIdentity::ObjectId(id),
            ManagedIdentityInput::Named { resource_id, .. } => WhichIdentity::ResourceId(resource_id?),
        };
        let scope = self.scope(url);
        let variable = |name| self.environment.get(name);
        let service = match (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")) {
            (Some(endpoint), Some(header)) => ServiceUrl::parse_local(endpoint)
                .map(|endpoint| IdentityService::AppService {
                    endpoint,
                    header: Secret::new(header.to_owned()),
                })
                .map_err(|problem| format!("environment variable `IDENTITY_ENDPOINT`: {problem}")),
            _ => {
                let host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or(IMDS);
                ServiceUrl::parse_local(host)
                    .map(IdentityService::Imds)
                    .map_err(|problem| format!("environment variable `AZURE_POD_IDENTITY_AUTHORITY_HOST`: {problem}"))
            }
        };
        let service = service.map_err(|problem| self.violations.push("", problem)).ok();
        self.note_source("managed_identity", "the asset");
        Some(ManagedIdentity {
            service: service?,
            which,
            scope: scope?,
        })
    }

    fn password(&mut self, url: Option<&ServiceUrl>) -> Option<Password> {
        let (given, file) = (self.input.oauth_pwd.take(), self.input.oauth_pwd_file.take());
        let password = self.secret("oauth_pwd", given, file);
        let (given, file) = (
            self.input.oauth_cl_secret.take(),
            self.input.oauth_cl_secret_file.take(),
        );
        let secret = self.secret("oauth_cl_secret", given, file);
        let username = self.input.oauth_un.take();
        let client_id = self.input.oauth_cl_id.take();
        for (field, there, expected) in [
            ("oauth_un", username.is_some(), "the user's name"),
            ("oauth_pwd", password.is_some(), "the user's password"),
            ("oauth_cl_id", client_id.is_some(), "the application's (client) id"),
            (
                "oauth_cl_secret",
                secret.is_some(),
                "the value of the application's client secret",
            ),
        ] {
            if !there {
                self.missing(field, expected);
            }
        }
        let token_endpoint = self.token_endpoint();
        let scope = self.scope(url);
        let application = Application {
            token_endpoint: token_endpoint?,
            client_id: client_id?,
            scope: scope?,
        };
        Some(Password {
            application,
            username: username?,
            password: password?,
            secret: secret?,
        })
    }

    fn application(&mut self, url: Option<&ServiceUrl>) -> Option<Application> {
        let token_endpoint = self.token_endpoint();
        let given = self.input.client_id.take();
        let client_id = self.or_variable("client_id", given, "AZURE_CLIENT_ID");
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
        if let Some(text) = self.input.token_url.take() {
            self.note_source("token_url", "the asset");
            return self.url("token_url", &text);
        }
        let given = self
            .input
            .login_url
            .take()
            .or_else(|| Some(self.input.cloud?.login_url().to_owned()));
        let login = self.or_variable("login_url", given, "AZURE_AUTHORITY_HOST");
        let login = self.url("login_url", login.as_deref().unwrap_or(DEFAULT_LOGIN_URL));
        let given = self.input.tenant_id.take();
        let Some(tenant) = self.or_variable("tenant_id", given, "AZURE_TENANT_ID") else {
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
        if !given.is_empty() {
            let parsed = Scope::parse(&given);
            return self.noting("scope", parsed);
        }
        match self.input.cloud {
            // A gateway in front of a cloud's API has a URL of its own, but is asked for with the cloud's tokens.
            Some(cloud) => Some(Scope::default_of(cloud.url())),
            None => Some(Scope::default_of(&url?.to_string())),
        }
    }
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::ClientSecret => "client secret",
            Self::Certificate => "certificate",
            Self::WorkloadIdentity => "workload identity",
            Self::ManagedIdentity => "managed identity",
            Self::Password => "password",
            Self::RefreshToken => "refresh token",
            Self::AccessToken => "access token",
        }
    }
}

/// The fields that mark each way, for telling a wrong one from a missing one.
const MARKS: &[(Way, &[&str])] = &[
    (Way::ClientSecret, &["client_secret", "client_secret_file"]),
    (
        Way::Certificate,
        &[
            "client_certificate",
            "client_certificate_path",
            "client_certificate_file",
        ],
    ),
    (Way::WorkloadIdentity, &["federated_token_file"]),
    (Way::ManagedIdentity, &["managed_identity"]),
    (
        Way::Password,
        &[
            "oauth_un",
            "oauth_pwd",
            "oauth_pwd_file",
            "oauth_cl_id",
            "oauth_cl_secret",
            "oauth_cl_secret_file",
        ],
    ),
    (Way::RefreshToken, &["refresh_token", "refresh_token_file"]),
    (Way::AccessToken, &["access_token", "access_token_file"]),
];

/// What each way takes, for those who fit none or two.
const WAYS: &str = "the ways are: client secret (`client_secret`, `client_id`), certificate (`client_certificate` or \
                    `client_certificate_path`, `client_id`), workload identity (`federated_token_file`, `client_id`), \
                    managed identity (`managed_identity`), password (`oauth_un`, `oauth_pwd`, `oauth_cl_id`, \
                    `oauth_cl_secret`), refresh token (`refresh_token`, `client_id`), access token (`access_token`)";

/// Azure's Instance Metadata Service, at the one address that every virtual machine has it.
const IMDS: &str = "http://169.254.169.254";
