//! Signing in as the identity that Azure gave to this machine: by the Instance Metadata Service of virtual machines, or by
//! the endpoint that App Service and its kin set up. Both are on this machine, so no proxy is ever used.

use percent_encoding::utf8_percent_encode;

use super::application::Scope;
use super::token_request::{TokenRequest, Via};
use crate::ground::secret::{FORM, Secret};
use crate::ground::service_url::ServiceUrl;
use crate::http::{Method, Request};

/// An identity that Azure gave to this machine.
#[derive(Debug)]
pub struct ManagedIdentity {
    /// Who hands out its tokens.
    pub service: IdentityService,
    /// Which one it is.
    pub which: WhichIdentity,
    /// What is asked access to.
    pub scope: Scope,
}

/// Who hands out the tokens of this machine's identities.
#[derive(Debug)]
pub enum IdentityService {
    /// The Instance Metadata Service.
    Imds(ServiceUrl),
    /// App Service, Functions, Container Apps.
    AppService {
        /// `IDENTITY_ENDPOINT`.
        endpoint: ServiceUrl,
        /// `IDENTITY_HEADER`.
        header: Secret,
    },
}

/// Which of the machine's identities.
#[derive(Debug)]
#[allow(missing_docs, reason = "Azure's own names")]
pub enum WhichIdentity {
    System,
    ClientId(String),
    ObjectId(String),
    ResourceId(String),
}

impl ManagedIdentity {
    /// What the service is asked with, where it asks for a credential.
    pub(super) fn header(&self) -> Option<&Secret> {
        match &self.service {
            IdentityService::Imds(_) => None,
            IdentityService::AppService { header, .. } => Some(header),
        }
    }

    /// The request that asks for a token.
    #[must_use]
    pub fn request(&self) -> TokenRequest {
        let resource = self.scope.resource();
        let imds = matches!(self.service, IdentityService::Imds(_));
        let which = match &self.which {
            WhichIdentity::System => None,
            WhichIdentity::ClientId(id) => Some(("client_id", id)),
            WhichIdentity::ObjectId(id) if imds => Some(("object_id", id)),
            WhichIdentity::ObjectId(id) => Some(("principal_id", id)),
            WhichIdentity::ResourceId(id) if imds => Some(("msi_res_id", id)),
            WhichIdentity::ResourceId(id) => Some(("mi_res_id", id)),
        };
        let version = if imds { "2018-02-01" } else { "2019-08-01" };
        let pairs = [("api-version", version), ("resource", &resource)].into_iter();
        let pairs: Vec<(&'static str, String)> = pairs
            .chain(which.map(|(name, id)| (name, id.as_str())))
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        let query: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, FORM)))
            .collect();
        let query = query.join("&");
        let (request, credentials) = match &self.service {
            IdentityService::Imds(host) => {
                let url = host.join(&format!("metadata/identity/oauth2/token?{query}"));
                (Request::new(Method::Get, url).header("Metadata", "true"), Vec::new())
            }
            IdentityService::AppService { endpoint, header } => {
                let url = endpoint.with_query(&query);
                (
                    Request::new(Method::Get, url).secret_header("X-IDENTITY-HEADER", header),
                    vec![header.clone()],
                )
            }
        };
        TokenRequest {
            request: request.for_a_token(),
            credentials,
            shown_form: pairs,
            via: Via::Direct,
            resource,
        }
    }
}
