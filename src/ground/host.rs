//! Host and port as an address has them. What getaddrinfo or an HTTP crate would read in another way than the person who
//! wrote it is refused: a port that is none counts as left out there, and `2130706433` as an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host and, where it was written, its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostAndPort<'a> {
    /// A name or an address; an IPv6 address in its brackets.
    pub host: &'a str,
    /// From 1 to 65535.
    pub port: Option<u16>,
}

impl<'a> HostAndPort<'a> {
    /// Parses `host`, `host:port`, `[address]` or `[address]:port`, and nothing besides.
    ///
    /// # Errors
    /// What was found, without repeating it.
    pub fn parse(text: &'a str) -> Result<Self, &'static str> {
        let (host, behind) = if text.starts_with('[') {
            let end = text.find(']').ok_or("a `[` without its `]`")?;
            text.split_at(end + 1)
        } else {
            text.split_at(text.find(':').unwrap_or(text.len()))
        };
        check_host(host)?;
        let port = match behind.strip_prefix(':') {
            Some(digits) => Some(port(digits)?),
            None if behind.is_empty() => None,
            None => return Err("something other than a port behind the `]`"),
        };
        Ok(Self { host, port })
    }
}

fn port(digits: &str) -> Result<u16, &'static str> {
    // Rust's own parser takes a sign too.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let number = digits.parse().ok().filter(|_| plain);
    number.ok_or("a `:` without a port from 1 to 65535 behind it")
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let parsed = address.parse::<Ipv6Addr>();
        return parsed.map(drop).map_err(|_| "brackets without an IPv6 address in them");
    }
    // A name may end in a dot, which is the root's.
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.is_empty() {
        return Err("no host");
    }
    if !host.is_ascii() {
        return Err("a host with letters outside ASCII; write it in its `xn--` form");
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| (1..=MOST_OF_LABEL).contains(&label.len()) && label.bytes().all(known);
    if !name.split('.').all(is_label) || name.len() > MOST_OF_NAME {
        return Err("a host that is neither a name nor an address");
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    if is_number(last) && host.parse::<Ipv4Addr>().is_err() {
        return Err("an address that is not written as four numbers from 0 to 255");
    }
    Ok(())
}

/// Whether a part of a host is read as a number where an address may have fewer parts than four, or octal and hexadecimal
/// ones (inet_aton).
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits(label) || hexadecimal.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A host as names and addresses are compared: an IPv6 address without its brackets.
#[must_use]
pub fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host)
}

/// The address, where a host is one; an IPv4 address in IPv6's clothes is the IPv4 address.
#[must_use]
pub fn address(host: &str) -> Option<IpAddr> {
    bare(host).parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Of a name's parts (RFC 1035, 2.3.4).
const MOST_OF_LABEL: usize = 63;

/// Of a name (the same).
const MOST_OF_NAME: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_what_they_say() {
        for (text, host, port) in [
            ("h", "h", None),
            ("api.security.microsoft.com", "api.security.microsoft.com", None),
            ("a_b-c.example.:8443", "a_b-c.example.", Some(8443)),
            ("127.0.0.1:1", "127.0.0.1", Some(1)),
            ("[::1]", "[::1]", None),
            ("[fd00::1]:65535", "[fd00::1]", Some(65_535)),
            ("7eleven.example", "7eleven.example", None),
            ("0xyz", "0xyz", None),
        ] {
            assert_eq!(HostAndPort::parse(text), Ok(HostAndPort { host, port }), "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_another_way_is_refused() {
        for text in [
            "",
            ".",
            ":443",
            "h:",
            "h:0",
            "h:443x",
            "h:x",
            "h:84443",
            "h:+443",
            "h:-1",
            "h:0443",
            "h:4 43",
            "h:443:443",
            "h:８０",
            "h:8O80",
            "[::1]x",
            "[::1]443",
            "[::1",
            "[::1]:",
            "[]",
            "[127.0.0.1]",
            "[h]",
            "[::1%25lo]",
            "::1",
            "a..b",
            ".a",
            "a b",
            "a/b",
            "a\\b",
            "a%41",
            "a@b",
            "a?b",
            "a#b",
            "a\tb",
            "ä.example",
            "a\u{200b}b",
            "2130706433",
            "127.1",
            "0x7f.1",
            "127.0.0.0x1",
            "0x7f000001",
            "0x",
            "127.0.0.01",
            "256.0.0.1",
            "1.2.3.4.5",
            "127.0.0.1.",
            "h.example.123",
        ] {
            assert!(HostAndPort::parse(text).is_err(), "{text}");
        }
        assert!(HostAndPort::parse(&"a".repeat(64)).is_err());
        assert!(HostAndPort::parse(&["a"; 128].join(".")).is_err());
    }
}
