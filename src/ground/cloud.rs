//! Microsoft's clouds: where the API and the sign-in of each are, and what to set where they were mixed up.

use schemars::JsonSchema;
use serde::Deserialize;

/// A cloud of Microsoft's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(
    missing_docs,
    reason = "a doc on a variant would turn the schema's plain enum into oneOf"
)]
pub enum Cloud {
    Public,
    Gcc,
    GccHigh,
    Dod,
}

impl Cloud {
    /// Base of the Defender API.
    #[must_use]
    pub fn url(self) -> &'static str {
        match self {
            Self::Public => DEFAULT_URL,
            Self::Gcc => "https://api-gcc.security.microsoft.us",
            Self::GccHigh | Self::Dod => "https://api-gov.security.microsoft.us",
        }
    }

    /// Base of the sign-in service. GCC's tenants live in the public Entra ID.
    #[must_use]
    pub fn login_url(self) -> &'static str {
        match self {
            Self::Public | Self::Gcc => DEFAULT_LOGIN_URL,
            Self::GccHigh | Self::Dod => "https://login.microsoftonline.us",
        }
    }
}

/// What to set where Entra ID says that tenant, login and resource are not of one cloud; each is told by its host.
#[must_use]
pub fn cure(login_host: &str, resource: &str) -> String {
    let government_login = login_host.ends_with(".us");
    let resource_cloud = [Cloud::Gcc, Cloud::GccHigh]
        .into_iter()
        .find(|cloud| resource.starts_with(cloud.url()));
    match (resource_cloud, government_login) {
        (Some(Cloud::GccHigh), false) => {
            "set `cloud` to `gcc_high` or `dod`: `url` is that cloud's, the sign-in is not".to_owned()
        }
        (Some(Cloud::Gcc), true) => "set `cloud` to `gcc`: `url` is that cloud's, the sign-in is not".to_owned(),
        (None, true) => {
            format!(
                "set `cloud` to `public`, or to `gcc_high` or `dod` without `url` and `scope`: `{login_host}` signs in to government clouds alone"
            )
        }
        (_, false) => {
            "check `tenant_id`; a tenant of a government cloud needs `cloud` set to `gcc_high` or `dod`".to_owned()
        }
        (_, true) => {
            "check `tenant_id`; a tenant that is in no government cloud needs `cloud` set to `public` or `gcc`"
                .to_owned()
        }
    }
}

/// Base of the Defender API where nothing else is said.
pub const DEFAULT_URL: &str = "https://api.security.microsoft.com";

/// Base of the sign-in service where nothing else is said.
pub const DEFAULT_LOGIN_URL: &str = "https://login.microsoftonline.com";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cure_names_the_cloud() {
        let (public, government) = ("login.microsoftonline.com", "login.microsoftonline.us");
        for (login, resource, cloud) in [
            (public, Cloud::GccHigh.url(), "`gcc_high`"),
            (government, Cloud::Gcc.url(), "to `gcc`:"),
            (government, Cloud::Public.url(), "to `public`,"),
            (public, Cloud::Public.url(), "`gcc_high` or `dod`"),
            (public, Cloud::Gcc.url(), "`gcc_high` or `dod`"),
            (government, Cloud::Dod.url(), "`public` or `gcc`"),
        ] {
            let cure = cure(login, resource);
            assert!(cure.contains(cloud), "{login} {resource}: {cure}");
        }
    }
}
