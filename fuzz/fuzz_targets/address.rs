//! No address that is accepted leads anywhere but to what it says: host and port are those that stand in the text, for a
//! person as for whoever connects, and what is not encrypted stays on this machine.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use defender_update_incident::ground::host::HostAndPort;
use defender_update_incident::ground::service_url::ServiceUrl;
use defender_update_incident::http::ProxyUrl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for (parsed, local) in [(ServiceUrl::parse(text), false), (ServiceUrl::parse_local(text), true)] {
        if let Ok(url) = parsed {
            leads_where_it_says(text, &url, local);
        }
    }
    if let Ok(proxy) = ProxyUrl::parse(text) {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let authority = rest
            .rsplit_once('@')
            .map_or(rest, |(_, rest)| rest)
            .trim_end_matches('/');
        let (host, port) = said(authority);
        let usual = match scheme.to_ascii_lowercase().as_str() {
            "http" => 80,
            "https" => 443,
            _ => 1080,
        };
        assert_eq!(
            proxy.to_string(),
            format!("{host}:{}", port.unwrap_or(usual)),
            "{text:?}"
        );
    }
    if let Ok(parsed) = HostAndPort::parse(text) {
        assert_eq!((parsed.host, parsed.port), said(text), "{text:?}");
    }
});

fn leads_where_it_says(text: &str, url: &ServiceUrl, local: bool) {
    let (scheme, rest) = text.split_once("://").expect("it was accepted");
    let authority = rest.split('/').next().expect("a split has a first part");
    let (host, port) = said(authority);
    let uri = url.uri();
    assert_eq!((uri.host(), uri.port_u16()), (Some(host), port), "{text:?}");
    // In a path an `@` is a character like others.
    assert!(
        uri.query().is_none() && !text.contains(['#', '\\', '?']) && !authority.contains('@'),
        "{text:?}"
    );
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    // An address is one for everybody, or is none for anybody.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>().ok();
    let last = bare.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || last.to_ascii_lowercase().starts_with("0x") && last[2..].bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(!is_number || address.is_some(), "{text:?}");
    if !scheme.eq_ignore_ascii_case("https") {
        assert!(scheme.eq_ignore_ascii_case("http"), "{text:?}");
        let stays = bare.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| stays_here(address, local));
        assert!(stays, "{text:?}");
    }
    // What is put behind it changes nothing about where it leads.
    for joined in [url.join("api/incidents/552"), url.with_query("a=b")] {
        assert_eq!(
            (joined.uri().host(), joined.uri().port_u16()),
            (Some(host), port),
            "{text:?}"
        );
        assert_eq!(joined.uri().scheme(), uri.scheme(), "{text:?}");
    }
}

/// Host and port as a person reads them.
fn said(authority: &str) -> (&str, Option<u16>) {
    let end = authority.find(']').map_or(0, |end| end + 1);
    match authority[end..].split_once(':') {
        Some((rest, port)) => (
            &authority[..end + rest.len()],
            Some(port.parse().expect("it was accepted")),
        ),
        None => (authority, None),
    }
}

fn stays_here(address: IpAddr, local: bool) -> bool {
    let near = |address: Ipv4Addr| {
        let [first, second, ..] = address.octets();
        matches!(
            (first, second),
            (10, _) | (172, 16..=31) | (192, 168) | (169, 254) | (100, 64..=127)
        )
    };
    match address {
        IpAddr::V4(address) => address.octets()[0] == 127 || local && near(address),
        IpAddr::V6(address) => {
            let mapped = address.to_ipv4_mapped().is_some_and(near);
            let unique = matches!(address.segments()[0], 0xfc00..=0xfdff | 0xfe80..=0xfebf);
            address == Ipv6Addr::LOCALHOST || local && (mapped || unique)
        }
    }
}
