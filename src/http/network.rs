//! The way out of this machine: through which proxy, and whom to believe at its end. ureq's own reading of the environment
//! is never used: it takes a proxy meant for other schemes, and goes around one that it cannot parse.

use std::fmt;

use http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::tls::Tls;
use crate::ground::host::HostAndPort;
use crate::ground::no_proxy::Exception;
use crate::ground::secret::Secret;

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

impl Network {
    /// The proxy for one request.
    pub(super) fn proxy_for(&self, uri: &Uri) -> Option<ureq::Proxy> {
        // Plain http goes to this machine alone, where no proxy is of use, and where one would read it.
        let host = uri.host().filter(|_| uri.scheme_str() == Some("https"))?;
        if let Some(proxy) = &self.proxy {
            return Some(proxy.0.clone());
        }
        let port = uri.port_u16().unwrap_or(HTTPS_PORT);
        let excepted = self
            .variables
            .except
            .iter()
            .any(|exception| exception.covers(host, port));
        self.variables
            .proxy
            .as_ref()
            .filter(|_| !excepted)
            .map(|proxy| proxy.0.clone())
    }

    /// The credentials that are sent to a proxy.
    pub fn credentials(&self) -> impl Iterator<Item = Secret> {
        let proxies = [&self.proxy, &self.variables.proxy];
        // A token for a proxy is often written as a user without a password.
        let secret = |proxy: &ProxyUrl| {
            let password = proxy.0.password().filter(|password| !password.is_empty());
            password.or(proxy.0.username()).map(|text| Secret::new(text.to_owned()))
        };
        proxies.into_iter().flatten().filter_map(secret)
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
        let refused = |found: &str| format!("{EXPECTED}, found {found}");
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        if !SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) {
            return Err(refused("another scheme"));
        }
        // A password may hold what ends a host, so its end is looked for first.
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        if let Some(user) = user {
            check_user(user).map_err(|found| refused(&found))?;
        }
        let rest = rest.trim_end_matches('/');
        if rest.is_empty() || rest.contains(['/', '?', '#', ' ']) {
            return Err(refused("more than host and port, or less"));
        }
        let written = HostAndPort::parse(rest).map_err(refused)?;
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let proxy =
            ureq::Proxy::new(&format!("{scheme}://{user}{rest}")).map_err(|_| refused("something that is none"))?;
        // Whoever connects reads the text in their own way, which has to come to the same.
        let same = proxy.host() == written.host && written.port.is_none_or(|port| port == proxy.port());
        same.then_some(Self(proxy))
            .ok_or_else(|| refused("something that is none"))
    }
}

/// The first character of a user or password that has to be written in another way (RFC 3986, 3.2.1).
fn check_user(user: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:".contains(c);
    for (place, c) in user.char_indices() {
        let behind = user.get(place + 1..place + 3).unwrap_or_default();
        let coded = c == '%' && behind.len() == 2 && behind.bytes().all(|byte| byte.is_ascii_hexdigit());
        if plain(c) || coded {
            continue;
        }
        let shown = match c {
            ' ' => "a blank".to_owned(),
            _ if c.is_control() || c.is_whitespace() => "a control character".to_owned(),
            _ => format!("`{c}`"),
        };
        let coded = utf8_percent_encode(c.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC).to_string();
        return Err(format!("{shown} in the user or password; write it as `{coded}`"));
    }
    Ok(())
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

const EXPECTED: &str =
    "expected a proxy such as `http://proxy.example:8080`, with `http`, `https`, `socks5` or `socks5h`";

const HTTPS_PORT: u16 = 443;

const SCHEMES: [&str; 5] = ["http", "https", "socks", "socks5", "socks5h"];

#[cfg(test)]
mod tests {
    use super::*;

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
            "http://u:hunter2@[::1]x",
            "http://u:hunter2@127.1:8080",
            "http://u:hunter2@h:8O80",
            "http:hunter2",
            "//hunter2:80",
            "http://u:hunter2%ff@h",
        ] {
            assert!(!ProxyUrl::parse(text).unwrap_err().contains("hunter2"));
        }
    }

    #[test]
    fn a_password_that_has_to_be_written_in_another_way_is_told_how() {
        for (password, cure) in [
            ("p#w", "found `#` in the user or password; write it as `%23`"),
            ("p/w", "`/` in the user or password; write it as `%2F`"),
            ("p\\w", "write it as `%5C`"),
            (
                "p\u{e4}w",
                "found `\u{e4}` in the user or password; write it as `%C3%A4`",
            ),
            ("p?w", "write it as `%3F`"),
            ("p@w", "write it as `%40`"),
            ("p%w", "write it as `%25`"),
            ("p%4", "write it as `%25`"),
            ("p w", "found a blank in the user or password; write it as `%20`"),
            ("p\"w", "write it as `%22`"),
            ("p[w", "write it as `%5B`"),
            ("p\u{1F511}w", "write it as `%F0%9F%94%91`"),
        ] {
            let problem = ProxyUrl::parse(&format!("http://user:{password}@proxy.example:8080")).unwrap_err();
            assert!(problem.contains(cure), "{password}: {problem}");
        }
        let proxy = ProxyUrl::parse("http://user:p%23%2F%5C%C3%A4:+!@proxy.example:8080").unwrap();
        assert_eq!(proxy.0.password(), Some("p#/\\\u{e4}:+!"));
    }
}
