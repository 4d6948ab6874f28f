//! The way out of this machine: through which proxy, and whom to believe at its end. ureq's own reading of the environment
//! is never used: it takes a proxy meant for other schemes, and goes around one that it cannot parse.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::Authority;

use super::tls::Tls;
use crate::ground::secret::Secret;
use crate::ground::service_url::bare;

/// The way out of this machine.
#[derive(Debug)]
pub struct Network {
    /// The proxy of the asset, for every request.
    pub proxy: Option<ProxyUrl>,
    /// The proxy of the environment, where the asset names none.
    pub variables: ProxyVariables,
    /// Whom to believe.
    pub tls: Tls,
}

/// A proxy that was checked. Its password stays inside: `Debug` shows scheme and host alone.
#[derive(Clone)]
pub struct ProxyUrl(ureq::Proxy);

/// The proxy of the environment, and the hosts that are reached without it.
#[derive(Debug, Default)]
pub struct ProxyVariables {
    /// `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY`, `all_proxy`: the first that is set.
    pub proxy: Option<ProxyUrl>,
    /// `NO_PROXY`.
    pub except: Vec<Exception>,
}

/// An entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exception {
    /// `*`
    All,
    /// A host and the hosts below it.
    Host(String),
    /// An address, or all that share its first bits.
    Addresses(IpAddr, u8),
}

impl Network {
    /// The proxy for one request.
    pub(super) fn proxy_for(&self, uri: &Uri) -> Option<ureq::Proxy> {
        if let Some(proxy) = &self.proxy {
            return Some(proxy.0.clone());
        }
        // Plain http goes to this machine alone, where no proxy is of use.
        let host = uri.host().filter(|_| uri.scheme_str() == Some("https"))?;
        let excepted = self.variables.except.iter().any(|exception| exception.covers(host));
        self.variables
            .proxy
            .as_ref()
            .filter(|_| !excepted)
            .map(|proxy| proxy.0.clone())
    }

    /// The credentials that are sent to a proxy.
    pub fn credentials(&self) -> impl Iterator<Item = Secret> {
        let proxies = [&self.proxy, &self.variables.proxy];
        let passwords = proxies.into_iter().flatten().filter_map(|proxy| proxy.0.password());
        passwords.map(|password| Secret::new(password.to_owned()))
    }

    /// The same servers to believe, but straight to the host: for services of the machine itself.
    #[must_use]
    pub fn direct(&self) -> Self {
        Self {
            proxy: None,
            variables: ProxyVariables::default(),
            tls: self.tls.clone(),
        }
    }
}

impl ProxyUrl {
    /// Parses `[scheme://][user:password@]host[:port]`; without a scheme it is an http proxy.
    ///
    /// # Errors
    /// What was expected, without the text: a password may be in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected a proxy such as `http://proxy.example:8080`, with `http`, `https`, `socks5` or `socks5h`";
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("http", text.trim()));
        let rest = rest.trim_end_matches('/');
        if !SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) {
            return Err(format!("{EXPECTED}, found another scheme"));
        }
        if rest.is_empty() || rest.contains(['/', '?', '#', ' ']) {
            return Err(format!("{EXPECTED}, found more than host and port, or less"));
        }
        // What the HTTP crate cannot read of a port it takes for none.
        let host_and_port = rest.rsplit_once('@').map_or(rest, |(_, behind)| behind);
        let authority: Authority = host_and_port
            .parse()
            .map_err(|_| format!("{EXPECTED}, found something that is none"))?;
        let port = authority.port_u16();
        if authority.host().is_empty() || (port.is_none_or(|port| port == 0) && authority.host() != host_and_port) {
            return Err(format!("{EXPECTED}, found no host, or no port from 1 to 65535"));
        }
        ureq::Proxy::new(&format!("{scheme}://{rest}"))
            .map(Self)
            .map_err(|_| format!("{EXPECTED}, found something that is none"))
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

/// Host and port: what may be shown of a proxy.
pub(super) fn shown(proxy: &ureq::Proxy) -> String {
    format!("{}:{}", proxy.host(), proxy.port())
}

impl Exception {
    /// Reads `NO_PROXY`: names, names with a leading `.` or `*.`, addresses, address/bits, `*`, divided by commas. A port
    /// behind a name is ignored: the exception is for the host.
    #[must_use]
    pub fn parse_list(text: &str) -> Vec<Self> {
        text.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(Self::parse)
            .collect()
    }

    fn parse(entry: &str) -> Self {
        if entry == "*" {
            return Self::All;
        }
        let (address, bits) = entry.split_once('/').unwrap_or((entry, ""));
        if let Ok(address) = bare(address).parse::<IpAddr>() {
            let all = if address.is_ipv4() { 32 } else { 128 };
            return Self::Addresses(address, bits.parse::<u8>().unwrap_or(all).min(all));
        }
        let name = entry.trim_start_matches('*').trim_start_matches('.');
        let name = name.rsplit_once(':').map_or(name, |(name, _)| name);
        Self::Host(name.to_ascii_lowercase())
    }

    fn covers(&self, host: &str) -> bool {
        let host = bare(host).to_ascii_lowercase();
        match self {
            Self::All => true,
            Self::Host(name) => host
                .strip_suffix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            Self::Addresses(network, bits) => host.parse().is_ok_and(|address| shares_bits(*network, address, *bits)),
        }
    }
}

fn shares_bits(one: IpAddr, other: IpAddr, bits: u8) -> bool {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let differing = u32::from(one) ^ u32::from(other);
            differing.leading_zeros() >= u32::from(bits)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            let differing = u128::from(one) ^ u128::from(other);
            differing.leading_zeros() >= u32::from(bits)
        }
        _ => false,
    }
}

const SCHEMES: [&str; 5] = ["http", "https", "socks", "socks5", "socks5h"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_cover_hosts_and_networks() {
        let list = Exception::parse_list(
            " example.com, .corp.example ,*.lab.example,10.0.0.0/8, [fd00::]/8, 192.0.2.7,host:8080,",
        );
        let covered = |host| list.iter().any(|exception| exception.covers(host));
        for host in [
            "example.com",
            "API.example.com",
            "corp.example",
            "a.corp.example",
            "x.lab.example",
            "10.200.3.4",
            "[fd12::1]",
            "192.0.2.7",
            "host",
        ] {
            assert!(covered(host), "{host}");
        }
        for host in [
            "notexample.com",
            "example.org",
            "11.0.0.1",
            "192.0.2.8",
            "[fe80::1]",
            "microsoft.com",
        ] {
            assert!(!covered(host), "{host}");
        }
        assert!(Exception::parse_list("*")[0].covers("anything"));
    }

    #[test]
    fn a_proxy_shows_no_password() {
        let proxy = ProxyUrl::parse("http://user:hunter2@proxy.example:8080/").unwrap();
        assert_eq!(format!("{proxy:?}"), "proxy.example:8080");
        assert_eq!(proxy.0.password(), Some("hunter2"));
        assert_eq!(
            format!("{:?}", ProxyUrl::parse("proxy.example:3128").unwrap()),
            "proxy.example:3128"
        );
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_repeating_it() {
        for text in [
            "ftp://hunter2",
            "http://",
            "http://h/hunter2",
            "http://u:hunter2@ h",
            "hunter2 x",
            "http://u:hunter2@:8080",
            "http://u:hunter2@h:99999",
            "http://u:hunter2@h:0",
            "http://u:hunter2@h:abc",
            "http://u:hunter2@h:",
        ] {
            assert!(!ProxyUrl::parse(text).unwrap_err().contains("hunter2"));
        }
    }
}
