//! `NO_PROXY` as curl and Go read it: which hosts are reached without the environment's proxy. Nothing in it is an error,
//! but an entry that can match nothing is worth a word, since whoever wrote it relies on it.

use std::net::IpAddr;

use super::host::{HostAndPort, address, bare};

/// An entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exception {
    /// `*`
    All,
    /// A host and the hosts below it, at one port or at all.
    Host(String, Option<u16>),
    /// An address, or all that share its first bits, at one port or at all.
    Addresses(IpAddr, u8, Option<u16>),
}

impl Exception {
    /// Reads the list: names, names with a leading `.` or `*.`, addresses, address/bits, each with or without a port, and
    /// `*`, divided by commas or blanks. What can match nothing comes back in words, by its number in the list, without
    /// repeating it: a proxy's password may have slipped in.
    #[must_use]
    pub fn parse_list(text: &str) -> (Vec<Self>, Vec<String>) {
        let (mut list, mut useless) = (Vec::new(), Vec::new());
        let entries = text
            .split([',', ' ', '\t', '\r', '\n'])
            .filter(|entry| !entry.is_empty());
        for (place, entry) in entries.enumerate() {
            match Self::parse(entry) {
                Ok(exception) => list.push(exception),
                Err(problem) => useless.push(format!("entry {} can match no host: {problem}", place + 1)),
            }
        }
        (list, useless)
    }

    fn parse(entry: &str) -> Result<Self, &'static str> {
        if entry == "*" {
            return Ok(Self::All);
        }
        if let Some(problem) = foreign(entry) {
            return Err(problem);
        }
        if let Some((network, bits)) = entry.split_once('/') {
            return Self::network(network, bits);
        }
        // Of an IPv6 address without brackets every colon is its own.
        if let Some(address) = address(entry) {
            return Ok(Self::Addresses(address, all_bits(address), None));
        }
        let name = entry
            .strip_prefix('*')
            .filter(|rest| rest.starts_with('.'))
            .unwrap_or(entry);
        if name.contains('*') {
            return Err("a `*` stands alone or in front of `.` and a name");
        }
        let read = HostAndPort::parse(name.strip_prefix('.').unwrap_or(name))?;
        Ok(match address(read.host) {
            Some(address) => Self::Addresses(address, all_bits(address), read.port),
            None => Self::Host(read.host.trim_end_matches('.').to_ascii_lowercase(), read.port),
        })
    }

    fn network(network: &str, bits: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "a network is an address, `/` and the number of its bits, such as `10.0.0.0/8`";
        let network: IpAddr = bare(network).parse().map_err(|_| EXPECTED)?;
        let plain = bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = bits.parse().ok().filter(|bits| plain && *bits <= all_bits(network));
        Ok(Self::Addresses(network, bits.ok_or(EXPECTED)?, None))
    }

    /// Whether a host, at this port, is reached without the proxy.
    #[must_use]
    pub fn covers(&self, host: &str, port: u16) -> bool {
        let at = |asked: &Option<u16>| asked.is_none_or(|asked| asked == port);
        match self {
            Self::All => true,
            // The end of an address is no name that others are below.
            Self::Host(name, asked) => at(asked) && address(host).is_none() && is_at_or_below(host, name),
            Self::Addresses(network, bits, asked) => {
                at(asked) && address(host).is_some_and(|address| shares_bits(*network, address, *bits))
            }
        }
    }
}

/// What other programs' lists have, and neither curl's nor Go's.
fn foreign(entry: &str) -> Option<&'static str> {
    match entry {
        _ if entry.contains("://") => Some("it begins with a scheme; write the host alone"),
        _ if entry.contains([';', '|']) => Some("entries are divided by commas"),
        _ if entry.contains(['"', '\'']) => Some("it has a quote; write the list without quotes"),
        _ if entry.contains('@') => Some("it has a user or password; write the host alone"),
        _ if entry.starts_with('<') => Some("`<local>` is of Windows alone; write the names"),
        _ => None,
    }
}

fn is_at_or_below(host: &str, name: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host.strip_suffix(name)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn all_bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_cover_hosts_and_networks() {
        let (list, useless) = Exception::parse_list(
            " example.com, .corp.example ,*.lab.example 10.0.0.0/8,\t[fd00::]/8, 192.0.2.7,host:8443,root.example., \
             [::1]:443 ,fe80::1,192.0.2.9:8443,,",
        );
        assert_eq!(useless, [""; 0]);
        let covered = |host, port| list.iter().any(|exception| exception.covers(host, port));
        for (host, port) in [
            ("example.com", 443),
            ("example.com.", 443),
            ("API.example.com", 443),
            ("corp.example", 443),
            ("a.corp.example", 443),
            ("x.lab.example", 443),
            ("10.200.3.4", 443),
            ("[fd12::1]", 443),
            ("[::ffff:10.1.2.3]", 443),
            ("192.0.2.7", 8443),
            ("host", 8443),
            ("a.root.example", 443),
            ("[::1]", 443),
            ("[fe80::1]", 1),
            ("192.0.2.9", 8443),
        ] {
            assert!(covered(host, port), "{host}");
        }
        for (host, port) in [
            ("notexample.com", 443),
            ("example.org", 443),
            ("11.0.0.1", 443),
            ("192.0.2.8", 443),
            ("host", 443),
            ("[::1]", 8443),
            ("192.0.2.9", 443),
            ("[fe80::2]", 443),
            ("microsoft.com", 443),
        ] {
            assert!(!covered(host, port), "{host}");
        }
        assert!(Exception::parse_list("*").0[0].covers("anything", 1));
    }

    #[test]
    fn what_can_match_nothing_is_said_and_not_shown() {
        for entry in [
            "a.hunter2;b.example",
            "https://hunter2",
            "10.0.0.0/255.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "hunter2/8",
            "10.*",
            "*hunter2",
            "a*.example",
            "0.0.1",
            "1",
            "\"hunter2\"",
            "<local>",
            "u:hunter2@h",
            "h:0",
            "h:hunter2",
            "[::1",
            "..hunter2",
            "hunter2|h",
        ] {
            let (list, useless) = Exception::parse_list(&format!("a.example,{entry}"));
            assert_eq!(list.len(), 1, "{entry}");
            assert!(
                matches!(useless.as_slice(), [one] if one.starts_with("entry 2 ") && !one.contains("hunter2")),
                "{entry}: {useless:?}"
            );
        }
    }

    #[test]
    fn the_end_of_an_address_is_no_name() {
        let list = [
            Exception::Host("0.0.1".to_owned(), None),
            Exception::Host("1".to_owned(), None),
        ];
        assert!(!list.iter().any(|one| one.covers("127.0.0.1", 443)));
    }
}
