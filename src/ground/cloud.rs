//! Microsoft's clouds: where the API and the sign-in of each are, and what to set where they were mixed up.

use schemars::JsonSchema;
use serde::Deserialize;

use super::api::Api;
use super::service_url::ServiceUrl;

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
    /// Base of an API. Graph has GCC with the public cloud, and parts GCC High from DoD.
    #[must_use]
    pub fn url_of(self, api: Api) -> &'static str {
        match (api, self) {
            (Api::Defender, Self::Public) => DEFAULT_URL,
            (Api::Defender, Self::Gcc) => "https://api-gcc.security.microsoft.us",
            (Api::Defender, Self::GccHigh | Self::Dod) => "https://api-gov.security.microsoft.us",
            (Api::Graph, Self::Public | Self::Gcc) => "https://graph.microsoft.com",
            (Api::Graph, Self::GccHigh) => "https://graph.microsoft.us",
            (Api::Graph, Self::Dod) => "https://dod-graph.microsoft.us",
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

/// The cloud that a name of another program's means, where it means one alone.
#[must_use]
pub fn meant(name: &str) -> Option<&'static str> {
    let bare = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let name = bare(name);
    let means = |row: &&(&str, &[&str])| bare(row.0) == name || row.1.contains(&name.as_str());
    NAMES.iter().find(means).map(|(word, _)| *word)
}

/// The resource that an API's tokens are asked for: the one that Entra ID knows for Microsoft's own hosts, wherever their
/// region is, and the host itself elsewhere. Nobody registers a port, a path, or an address of this machine.
#[must_use]
pub fn resource_of(api: &ServiceUrl) -> String {
    let host = api.host().trim_end_matches('.').to_ascii_lowercase();
    for (domain, names) in API_HOSTS {
        let label = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
        // A region stands in front (`eu.api`) or behind (`api-eu`).
        let is = |name: &str, label: &str| label == name || label.ends_with(&format!(".{name}"));
        let found = label.and_then(|label| names.iter().find(|name| is(name, label) || is_region_of(name, label)));
        if let Some(name) = found {
            return format!("https://{name}.{domain}");
        }
    }
    if api.is_loopback() {
        api.to_string()
    } else {
        format!("https://{host}")
    }
}

fn is_region_of(name: &str, label: &str) -> bool {
    let region = label.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    region.is_some_and(|region| !region.is_empty() && region.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// Whether a host is one of Microsoft's that sign in, where a path is a tenant's and never a gateway's.
#[must_use]
pub fn is_login_host(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    LOGIN_HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known))
}

/// Whether a host is one of Microsoft's that people open in a browser, and no API's.
#[must_use]
pub fn is_portal(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    PORTALS.iter().any(|known| host.eq_ignore_ascii_case(known))
}

/// What to set where Entra ID says that tenant, login and resource are not of one cloud; each is told by its host.
#[must_use]
pub fn cure(login_host: &str, resource: &str) -> String {
    let government_login = login_host.ends_with(".us");
    let is_of = |cloud: &Cloud, api| resource.starts_with(cloud.url_of(api));
    let resource_cloud = [Cloud::Gcc, Cloud::GccHigh]
        .into_iter()
        .find(|cloud| is_of(cloud, Api::Defender));
    let graph = [Cloud::GccHigh, Cloud::Dod]
        .iter()
        .any(|cloud| is_of(cloud, Api::Graph));
    let resource_cloud = resource_cloud.or(graph.then_some(Cloud::GccHigh));
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

/// Each cloud's word, and what others call it, in letters and digits. Names of Azure's government cloud are not among them:
/// it is `gcc_high` for some and `dod` for others.
const NAMES: &[(&str, &[&str])] = &[
    (
        "public",
        &[
            "commercial",
            "com",
            "global",
            "worldwide",
            "ww",
            "azurepublic",
            "azurepubliccloud",
            "azurecloud",
            "azureglobal",
            "publiccloud",
            "prod",
            "production",
        ],
    ),
    ("gcc", &["gccmoderate", "gccm", "usgcc"]),
    (
        "gcc_high",
        &["gcch", "gcchi", "usgcchigh", "usgovgcchigh", "gccl4", "gccil4"],
    ),
    ("dod", &["usdod", "usgovdod", "departmentofdefense", "il5", "l5"]),
];

/// The domains of Microsoft's API, and the names in each that are resources; all others are regions of those.
const API_HOSTS: &[(&str, &[&str])] = &[
    ("security.microsoft.com", &["api"]),
    ("securitycenter.microsoft.com", &["api"]),
    ("securitycenter.windows.com", &["api"]),
    ("security.microsoft.us", &["api-gcc", "api-gov"]),
    ("securitycenter.microsoft.us", &["api-gcc", "api-gov"]),
];

const PORTALS: [&str; 6] = [
    "security.microsoft.com",
    "security.microsoft.us",
    "security.apps.mil",
    "securitycenter.windows.com",
    "portal.azure.com",
    "portal.azure.us",
];

/// Of all clouds, and the names that Azure's libraries know besides.
const LOGIN_HOSTS: &[&str] = &[
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_one_that_entra_id_knows() {
        let public = "https://api.security.microsoft.com";
        for (url, resource) in [
            (public, public),
            ("https://eu.api.security.microsoft.com", public),
            ("https://us.api.security.microsoft.com/", public),
            ("https://api-uk.security.microsoft.com", public),
            ("https://API.Security.Microsoft.com:443", public),
            ("https://api.security.microsoft.com./x", public),
            (
                "https://api-us.securitycenter.microsoft.com",
                "https://api.securitycenter.microsoft.com",
            ),
            (
                "https://api-gcc.security.microsoft.us:443",
                Cloud::Gcc.url_of(Api::Defender),
            ),
            (
                "https://api-gov.security.microsoft.us/x",
                Cloud::GccHigh.url_of(Api::Defender),
            ),
            ("https://graph.microsoft.com/v1.0", "https://graph.microsoft.com"),
            ("https://gateway.example:8443/defender", "https://gateway.example"),
            (
                "https://api.security.microsoft.com.evil.example",
                "https://api.security.microsoft.com.evil.example",
            ),
            (
                "https://notapi.security.microsoft.com",
                "https://notapi.security.microsoft.com",
            ),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ] {
            assert_eq!(resource_of(&ServiceUrl::parse(url).unwrap()), resource, "{url}");
        }
    }

    #[test]
    fn another_name_means_one_cloud_or_none() {
        for (name, word) in [
            ("GCCH", "gcc_high"),
            ("GCC High", "gcc_high"),
            ("gcc-high", "gcc_high"),
            ("GCCHigh", "gcc_high"),
            ("Public", "public"),
            ("AzureCloud", "public"),
            ("GCC", "gcc"),
            ("DoD", "dod"),
            ("US-DoD", "dod"),
        ] {
            assert_eq!(meant(name), Some(word), "{name}");
        }
        for name in [
            "",
            "usgov",
            "AzureUSGovernment",
            "government",
            "high",
            "gc",
            "dd",
            "china",
            "germany",
            "gccx",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }

    #[test]
    fn the_cure_names_the_cloud() {
        let (public, government) = ("login.microsoftonline.com", "login.microsoftonline.us");
        for (login, resource, cloud) in [
            (public, Cloud::GccHigh.url_of(Api::Defender), "`gcc_high`"),
            (government, Cloud::Gcc.url_of(Api::Defender), "to `gcc`:"),
            (government, Cloud::Public.url_of(Api::Defender), "to `public`,"),
            (public, Cloud::Public.url_of(Api::Defender), "`gcc_high` or `dod`"),
            (public, Cloud::Gcc.url_of(Api::Defender), "`gcc_high` or `dod`"),
            (public, "https://graph.microsoft.us", "to `gcc_high` or `dod`: `url`"),
            (
                public,
                "https://dod-graph.microsoft.us",
                "to `gcc_high` or `dod`: `url`",
            ),
            (government, "https://graph.microsoft.com", "to `public`,"),
            (government, "https://graph.microsoft.us", "`public` or `gcc`"),
            (government, Cloud::Dod.url_of(Api::Defender), "`public` or `gcc`"),
        ] {
            let cure = cure(login, resource);
            assert!(cure.contains(cloud), "{login} {resource}: {cure}");
        }
    }
}
