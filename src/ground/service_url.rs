//! A place to go: https anywhere, plain http to this machine alone, so that no credential travels in the clear and the
//! product needs no switch for its own tests.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

pub(crate) use super::host::bare;
use super::host::{HostAndPort, address};

/// An absolute URL without user, query or fragment, and without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUrl {
    uri: Uri,
}

impl ServiceUrl {
    /// Parses a URL as a person or a platform writes it; slashes at its end do not matter.
    ///
    /// # Errors
    /// What was expected and what was found, without the URL itself: a misplaced password may be in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::parse_with(text, is_loopback, "this machine's loopback address")
    }

    /// Parses the URL of this machine's own identity service, which Azure puts on a loopback, a link-local or a private
    /// address.
    ///
    /// # Errors
    /// What was expected and what was found, without the URL itself.
    pub fn parse_local(text: &str) -> Result<Self, String> {
        let local = |host: &str| is_loopback(host) || is_local(host);
        Self::parse_with(text, local, "loopback, link-local and private addresses")
    }

    fn parse_with(text: &str, is_local: impl Fn(&str) -> bool, local: &str) -> Result<Self, String> {
        let refused = |found: &str| format!("expected {EXPECTED}, found {found}");
        let text = text.trim_end_matches('/');
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| refused("no `https://` in front"))?;
        if text.len() > MOST_BYTES {
            return Err(refused(&format!("one of more than {MOST_BYTES} bytes")));
        }
        let written = authority_of(rest).map_err(refused)?;
        if text.contains(|c: char| !c.is_ascii_graphic() || "\"<>\\^`{|}".contains(c)) {
            return Err(refused("a character that URLs write with `%` and two digits"));
        }
        let uri: Uri = text.parse().map_err(|_| refused("something that is no URL"))?;
        // Whoever connects reads the URL in their own way, which has to come to the same.
        let read = uri.authority().map(|read| (read.host(), read.port_u16()));
        if read != Some((written.host, written.port)) {
            return Err(refused("something that is no URL"));
        }
        if text.contains('#') {
            return Err(refused("a fragment (`#`); leave out what begins there"));
        }
        if uri.query().is_some() {
            return Err(refused("a query (`?`); leave out what begins there"));
        }
        if uri.path().split('/').any(is_dots) {
            return Err(refused("`.` or `..` in the path"));
        }
        match scheme.to_ascii_lowercase().as_str() {
            "https" => Ok(Self { uri }),
            "http" if is_local(written.host) => Ok(Self { uri }),
            "http" => Err(format!(
                "expected https, found plain http, which is taken for {local} alone"
            )),
            _ => Err(refused("another scheme than https")),
        }
    }

    /// The URL of a path below this one.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        let text = format!("{self}/{path}");
        Self {
            uri: text.parse().unwrap_or_else(|_| self.uri.clone()),
        }
    }

    /// The same URL with a query.
    #[must_use]
    pub fn with_query(&self, query: &str) -> Self {
        let text = format!("{self}?{query}");
        Self {
            uri: text.parse().unwrap_or_else(|_| self.uri.clone()),
        }
    }

    /// The host, an IPv6 address in its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    /// Whether it is an address of this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }

    /// The same without the last segments of its path, where it ends in these, in any case.
    #[must_use]
    pub fn without_end(&self, segments: &str) -> Option<Self> {
        let text = self.to_string();
        let start = text.len().checked_sub(segments.len() + 1)?;
        let (rest, end) = text.split_at_checked(start)?;
        let ends = end
            .strip_prefix('/')
            .is_some_and(|end| end.eq_ignore_ascii_case(segments));
        // What ends there is the path and not the host.
        let within = self.path().len() > segments.len();
        (ends && within)
            .then(|| Self::parse_with(rest, |_| true, ""))
            .and_then(Result::ok)
    }

    /// The path, `/` where there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The same as the HTTP crate's type.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri.to_string().trim_end_matches('/'))
    }
}

/// The host and the port of a URL, without its scheme; what stands behind them begins with one of these.
fn authority_of(rest: &str) -> Result<HostAndPort<'_>, &'static str> {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("a user or password in front of the host");
    }
    if rest.contains('\\') {
        return Err("a backslash; URLs have `/`");
    }
    HostAndPort::parse(authority)
}

/// Whether a part of a path leads elsewhere, also for a server that decodes it first.
fn is_dots(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    matches!(plain.as_str(), "." | "..")
}

/// Whether a host is this machine: an address of the loopback ranges, or the name that RFC 6761 reserves for them.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || bare(host).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a host is an address that the internet's routers do not pass on: link-local (RFC 3927, RFC 4291), private
/// (RFC 1918, RFC 4193), or shared within a provider (RFC 6598).
fn is_local(host: &str) -> bool {
    address(host).is_some_and(|address| match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_link_local() || address.is_private() || first == 100 && (64..128).contains(&second)
        }
        IpAddr::V6(address) => address.is_unicast_link_local() || address.is_unique_local(),
    })
}

/// Far above any base of a service, and far below what a request's first line may hold.
const MOST_BYTES: usize = 4096;

const EXPECTED: &str = "a URL such as `https://api.security.microsoft.com`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_and_slashes_at_the_end_are_taken() {
        let url = |text| ServiceUrl::parse(text).unwrap().join("api/incidents/1").to_string();
        assert_eq!(url("https://h"), "https://h/api/incidents/1");
        assert_eq!(url("https://h/"), "https://h/api/incidents/1");
        assert_eq!(
            url("https://h:8443/gate/way//"),
            "https://h:8443/gate/way/api/incidents/1"
        );
        assert_eq!(url("http://[::1]:80"), "http://[::1]:80/api/incidents/1");
        assert_eq!(url("HTTPS://H.example"), "https://H.example/api/incidents/1");
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for taken in [
            "http://localhost:1",
            "http://127.0.0.1",
            "http://127.9.9.9:1/x",
            "http://[::1]",
        ] {
            assert!(ServiceUrl::parse(taken).is_ok(), "{taken}");
        }
        for refused in [
            "http://h",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "http://[::2]",
            "http://localhost.evil",
        ] {
            assert!(ServiceUrl::parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_machines_own_service_may_be_on_a_private_address() {
        for taken in [
            "http://172.16.5.3:8081/msi/token",
            "http://172.31.255.255",
            "http://10.0.0.4:80",
            "http://192.168.1.1",
            "http://169.254.169.254",
            "http://100.100.0.9:12356",
            "http://[fd00::1]:8081",
            "http://[fe80::1]",
            "http://[::ffff:10.0.0.1]",
        ] {
            assert!(ServiceUrl::parse_local(taken).is_ok(), "{taken}");
            assert!(ServiceUrl::parse(taken).is_err(), "{taken}");
        }
        for refused in [
            "http://172.32.0.1",
            "http://100.128.0.1",
            "http://8.8.8.8",
            "http://[2001:db8::1]",
            "http://10.0.0.1.example",
            "http://msi",
        ] {
            let problem = ServiceUrl::parse_local(refused).unwrap_err();
            assert!(problem.contains("private addresses alone"), "{refused}: {problem}");
        }
    }

    #[test]
    fn what_is_no_plain_base_url_is_refused_without_repeating_it() {
        for refused in [
            "",
            "h",
            "//h",
            "https://",
            "https:///x",
            "ftp://h",
            "https://u:hunter2@h",
            "https://h/?hunter2",
            "https://h/#x",
            "https://h/../x",
            "https://h/%2e%2E/x",
            "https://h/a\\b",
            "https:\\\\h",
            "https://h y",
            "https://h/a b",
            "https://h/\u{e4}",
            "https://h/{{hunter2}}",
            "https://hunter2:84443",
            "https://hunter2:443x/x",
            "https://[::1]x",
            "https://hunter2:",
            "http://localhost:8O80",
            "http://127.1",
            "https://u@hunter2:443",
            "https://u:hunter2@h@h",
            "https://h\\@hunter2",
            "https://h#@hunter2",
            "https:/h",
            "https:h",
            "https://https://h",
        ] {
            let problem = ServiceUrl::parse(refused).unwrap_err();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
