//! The two APIs behind which Microsoft keeps the same incidents, and the hosts that tell which one an address is of.

use schemars::JsonSchema;
use serde::Deserialize;

use super::service_url::ServiceUrl;

/// An API that has the incidents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(
    missing_docs,
    reason = "a doc on a variant would turn the schema's plain enum into oneOf"
)]
pub enum Api {
    #[default]
    Defender,
    Graph,
}

/// In whose keys and words the incident comes out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(
    missing_docs,
    reason = "a doc on a variant would turn the schema's plain enum into oneOf"
)]
pub enum Answer {
    #[default]
    Defender,
    Graph,
}

impl Api {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Defender => "Defender",
            Self::Graph => "Microsoft Graph",
        }
    }

    /// The asset's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Defender => "defender",
            Self::Graph => "graph",
        }
    }

    /// Where its incidents are below its base. An incident's own path is this and its number.
    #[must_use]
    pub fn incidents_path(self) -> &'static str {
        match self {
            Self::Defender => "api/incidents",
            Self::Graph => "v1.0/security/incidents",
        }
    }

    /// The API that a host is of, where it is one of Microsoft's.
    #[must_use]
    pub fn of_host(url: &ServiceUrl) -> Option<Self> {
        let host = url.host().trim_end_matches('.').to_ascii_lowercase();
        let below = |domain: &&str| {
            host.strip_suffix(*domain)
                .is_some_and(|label| label.is_empty() || label.ends_with('.'))
        };
        if GRAPH_HOSTS.contains(&host.as_str()) || is_without_incidents(url) {
            return Some(Self::Graph);
        }
        DEFENDER_DOMAINS.iter().any(below).then_some(Self::Defender)
    }
}

/// Whether it is the Microsoft Graph of a cloud in which that has no incidents.
#[must_use]
pub fn is_without_incidents(url: &ServiceUrl) -> bool {
    let host = url.host().trim_end_matches('.');
    WITHOUT_INCIDENTS.iter().any(|known| host.eq_ignore_ascii_case(known))
}

/// Microsoft Graph where it has incidents: the public cloud and GCC, GCC High, DoD.
const GRAPH_HOSTS: &[&str] = &["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us"];

/// Microsoft Graph of 21Vianet's cloud, by its national-cloud page.
const WITHOUT_INCIDENTS: &[&str] = &["microsoftgraph.chinacloudapi.cn"];

/// The domains below which Defender's own API is.
const DEFENDER_DOMAINS: &[&str] = &[
    "security.microsoft.com",
    "securitycenter.microsoft.com",
    "securitycenter.windows.com",
    "security.microsoft.us",
    "securitycenter.microsoft.us",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_tells_its_api() {
        for (url, api) in [
            ("https://graph.microsoft.com", Some(Api::Graph)),
            ("https://Graph.Microsoft.us./v1.0", Some(Api::Graph)),
            ("https://dod-graph.microsoft.us:443", Some(Api::Graph)),
            ("https://microsoftgraph.chinacloudapi.cn", Some(Api::Graph)),
            ("https://api.security.microsoft.com", Some(Api::Defender)),
            ("https://api-gov.security.microsoft.us", Some(Api::Defender)),
            ("https://eu.api.securitycenter.windows.com", Some(Api::Defender)),
            ("https://notsecurity.microsoft.com", None),
            ("https://graph.microsoft.com.evil.example", None),
            ("https://xgraph.microsoft.com", None),
            ("http://127.0.0.1:8080", None),
        ] {
            assert_eq!(Api::of_host(&ServiceUrl::parse(url).unwrap()), api, "{url}");
        }
    }
}
