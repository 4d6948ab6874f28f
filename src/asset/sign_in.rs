//! The fields of the chosen way become a [`SignIn`].

use zeroize::Zeroizing;

use super::input::{ManagedIdentityInput, OneOrMany};
use super::reader::{Place, Reader, ends_of, read_file, read_secret};
use super::ways::Way;
use crate::ground::cloud::resource_of;
use crate::ground::secret::Secret;
use crate::ground::service_url::ServiceUrl;
use crate::sign_in::{
    AccessToken, Application, Certificate, ClientSecret, IdentityService, ManagedIdentity, Password, RefreshToken,
    Scope, SignIn, WhichIdentity, WorkloadIdentity,
};

impl Reader<'_> {
    /// The one way that the asset or the environment means.
    pub(super) fn sign_in(&mut self, url: Option<&ServiceUrl>) -> Option<SignIn> {
        let way = self.way()?;
        let sign_in = self.build(way, url);
        log::info!("signing in by {}: {}", way.name(), self.sources.join(", "));
        sign_in
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
                let (pem, place) = certificate?;
                let parsed = Certificate::parse(application?, &pem, send_chain);
                self.noting_at(place, parsed)
                    .map(|certificate| SignIn::Certificate(Box::new(certificate)))
            }
            Way::WorkloadIdentity => {
                let given = self.input.federated_token_file.take();
                let path = self.or_variable("federated_token_file", given, "AZURE_FEDERATED_TOKEN_FILE");
                let assertion = path.and_then(|(path, place)| {
                    let read = read_secret(&path, place, ends_of("federated_token_file"));
                    self.noting_at(place, read)
                });
                let application = self.application(url);
                Some(SignIn::WorkloadIdentity(WorkloadIdentity {
                    application: application?,
                    assertion: assertion?,
                }))
            }
            Way::ManagedIdentity => self.managed_identity(url).map(SignIn::ManagedIdentity),
            Way::Password => self.password(url).map(SignIn::Password),
            Way::RefreshToken => self.refresh_token(url).map(SignIn::RefreshToken),
            Way::AccessToken => {
                let (given, file) = (self.input.access_token.take(), self.input.access_token_file.take());
                let (token, place) = self.secret("access_token", given, "access_token_file", file)?;
                self.noting_at(place, AccessToken::given(token))
                    .map(SignIn::AccessToken)
            }
        }
    }

    fn refresh_token(&mut self, url: Option<&ServiceUrl>) -> Option<RefreshToken> {
        let (given, file) = (self.input.refresh_token.take(), self.input.refresh_token_file.take());
        let refresh_token = self.secret("refresh_token", given, "refresh_token_file", file);
        let (given, file) = (self.input.client_secret.take(), self.input.client_secret_file.take());
        let asked = given.is_some() || file.is_some();
        let secret = self.secret("client_secret", given, "client_secret_file", file);
        let application = self.application(url);
        if asked && secret.is_none() {
            return None;
        }
        log::info!("the refresh token that comes back is not stored");
        Some(RefreshToken {
            application: application?,
            refresh_token: refresh_token?.0,
            secret: secret.map(|(secret, _)| secret),
        })
    }

    fn client_secret(&mut self) -> Option<Secret> {
        let (given, file) = (self.input.client_secret.take(), self.input.client_secret_file.take());
        if given.is_none() && file.is_none() {
            let secret = self.variable("AZURE_CLIENT_SECRET")?;
            self.note_source("client_secret", "AZURE_CLIENT_SECRET");
            return Some(Secret::new(secret));
        }
        self.secret("client_secret", given, "client_secret_file", file)
            .map(|(secret, _)| secret)
    }

    /// The certificate's file or text, and where to blame what is wrong with it.
    fn certificate(&mut self) -> Option<(Zeroizing<Vec<u8>>, Place)> {
        let input = &mut self.input;
        let (given, path, file) = (
            input.client_certificate.take(),
            input.client_certificate_path.take(),
            input.client_certificate_file.take(),
        );
        let several = [given.is_some(), path.is_some(), file.is_some()];
        if several.iter().filter(|there| **there).count() > 1 {
            let problem = "expected the certificate once, as text or as a file, found it twice";
            self.blame("client_certificate", problem);
            return None;
        }
        if let Some(pem) = given {
            let field = "client_certificate";
            self.note_source(field, "the asset");
            let pem = Zeroizing::new(pem.expose().as_bytes().to_vec());
            return Some((pem, Place::Field(field)));
        }
        let field = if file.is_some() {
            "client_certificate_file"
        } else {
            "client_certificate_path"
        };
        let (path, place) = self.or_variable(field, path.or(file), "AZURE_CLIENT_CERTIFICATE_PATH")?;
        self.noting_at(place, read_file(&path)).map(|pem| (pem, place))
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
        let service = self.identity_service();
        self.note_source("managed_identity", "the asset");
        Some(ManagedIdentity {
            service: service?,
            which,
            scope: scope?,
        })
    }

    /// App Service's where the environment names it, the metadata service elsewhere.
    fn identity_service(&mut self) -> Option<IdentityService> {
        let is_set = |name| self.environment.get(name).is_some();
        match (is_set("IDENTITY_ENDPOINT"), is_set("IDENTITY_HEADER")) {
            (true, true) => {
                let (endpoint, header) = (self.variable("IDENTITY_ENDPOINT"), self.variable("IDENTITY_HEADER"));
                let (endpoint, header) = (endpoint?, Secret::new(header?));
                self.noting_at(Place::Variable("IDENTITY_ENDPOINT"), ServiceUrl::parse_local(&endpoint))
                    .map(|endpoint| IdentityService::AppService { endpoint, header })
            }
            (true, false) => {
                let problem = "expected `IDENTITY_HEADER` beside it, found it alone; the endpoint of Azure Arc is of another kind, which is not supported";
                self.noting_at(Place::Variable("IDENTITY_ENDPOINT"), Err(problem.to_owned()))
            }
            (false, _) => {
                let name = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
                let host = if is_set(name) {
                    self.variable(name)?
                } else {
                    IMDS.to_owned()
                };
                self.noting_at(Place::Variable(name), ServiceUrl::parse_local(&host))
                    .map(IdentityService::Imds)
            }
        }
    }

    fn password(&mut self, url: Option<&ServiceUrl>) -> Option<Password> {
        let (given, file) = (self.input.oauth_pwd.take(), self.input.oauth_pwd_file.take());
        let password = self.secret("oauth_pwd", given, "oauth_pwd_file", file);
        let (given, file) = (
            self.input.oauth_cl_secret.take(),
            self.input.oauth_cl_secret_file.take(),
        );
        let secret = self.secret("oauth_cl_secret", given, "oauth_cl_secret_file", file);
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
            password: password?.0,
            secret: secret?.0,
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
            client_id: client_id?.0,
            scope: scope?,
        })
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
            Some(cloud) => Some(Scope::default_of(cloud.url_of(self.input.api()))),
            None => Some(Scope::default_of(&resource_of(url?))),
        }
    }
}

/// Azure's Instance Metadata Service, at the one address that every virtual machine has it.
const IMDS: &str = "http://169.254.169.254";
