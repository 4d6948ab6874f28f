//! Again or stop: the one table of what another try may change, on the way to a service. A kind that nobody has sorted does
//! not compile; a number that nobody has sorted stops. Which errors of TLS are of which kind says `tls_table`.

use super::fault::{FaultKind, ProxyRefusal, TlsFault};

impl FaultKind {
    /// Whether another try may end better, where nothing was sent.
    #[must_use]
    pub fn may_pass(self) -> bool {
        match self {
            // A name that is not there, too: resolvers say so in passing, and nothing but words, which differ from system to
            // system, tells it here from a resolver that fails.
            Self::Lookup => true,
            // Other processes end.
            Self::NoThread => true,
            // Services are started anew, and routes come back; so do proxies, and what they reach.
            Self::Connect | Self::Proxy => true,
            // What is slow or breaks off once may be neither the next time. Words that were lost may arrive.
            Self::TimedOut | Self::Broken | Self::Uncertified => true,
            // One of several servers behind an address may be the wrong one.
            Self::Unreadable => true,
            // Asked again, it says the same, and a password that is shown again and again locks its account.
            Self::ProxyRefused(_) => false,
            Self::Tls(fault) | Self::ProxyTls(fault) => fault.may_pass(),
            // It wants a certificate that there is none of.
            Self::ClientRefused => false,
            // The request is the same the next time.
            Self::Unsendable => false,
        }
    }
}

impl TlsFault {
    /// Whether another try may end better.
    #[must_use]
    pub fn may_pass(self) -> bool {
        match self {
            // A bit that fell over, a server that has a fault of its own.
            Self::Passing => true,
            // A certificate stays what it is for the time of a run.
            Self::UnknownIssuer
            | Self::MissingIntermediate
            | Self::SelfSigned
            | Self::Signature
            | Self::Expired
            | Self::WrongHost
            | Self::CaAsServer
            | Self::Certificate => false,
            // So does what a port speaks.
            Self::NoTls | Self::Versions => false,
            Self::Other => false,
        }
    }
}

/// Why a proxy that answers CONNECT with this status lets nobody through; nothing where another try may end better.
pub(super) fn by_status(status: u16) -> Option<ProxyRefusal> {
    match status {
        // These ask to come again.
        408 | 425 | 429 => None,
        // Whoever asks for a tunnel gets a page instead.
        300..=399 | 511 => Some(ProxyRefusal::Portal),
        // A server that is no proxy knows no CONNECT.
        400 | 404 | 405 | 501 | 505 => Some(ProxyRefusal::NoProxy),
        407 => Some(ProxyRefusal::Password),
        401..=499 => Some(ProxyRefusal::Rules),
        // It, or the host that it asks, is not well. A success that breaks off opens nothing, and may the next time.
        _ => None,
    }
}

/// What a SOCKS server's reply says (RFC 1928, 6), and why it lets nobody through; nothing where another try may end better.
pub(super) fn by_reply(reply: u8) -> (&'static str, Option<ProxyRefusal>) {
    match reply {
        1 => ("it failed", None),
        2 => ("its rules forbid it", Some(ProxyRefusal::Rules)),
        3 => ("it reaches no such network", None),
        4 => ("it does not reach the host", None),
        5 => ("the host refused the connection", None),
        6 => ("the host is too far away", None),
        7 => ("it does not connect", Some(ProxyRefusal::NoProxy)),
        8 => ("it does not know this kind of address", Some(ProxyRefusal::Address)),
        _ => ("it gives no known reason", Some(ProxyRefusal::Rules)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_sorted_into_again_or_stop() {
        use FaultKind::{
            Broken, ClientRefused, Connect, Lookup, NoThread, Proxy, ProxyRefused, ProxyTls, TimedOut, Tls,
            Uncertified, Unreadable, Unsendable,
        };
        let again = [
            Lookup,
            NoThread,
            Connect,
            Proxy,
            TimedOut,
            Broken,
            Uncertified,
            Unreadable,
            Tls(TlsFault::Passing),
            ProxyTls(TlsFault::Passing),
        ];
        assert!(again.iter().all(|kind| kind.may_pass()));
        let refusals = [
            ProxyRefusal::Password,
            ProxyRefusal::NoPassword,
            ProxyRefusal::Scheme,
            ProxyRefusal::Rules,
            ProxyRefusal::Address,
            ProxyRefusal::Portal,
            ProxyRefusal::NoProxy,
        ];
        let tls = [
            TlsFault::UnknownIssuer,
            TlsFault::MissingIntermediate,
            TlsFault::SelfSigned,
            TlsFault::Signature,
            TlsFault::Expired,
            TlsFault::WrongHost,
            TlsFault::CaAsServer,
            TlsFault::Certificate,
            TlsFault::NoTls,
            TlsFault::Versions,
            TlsFault::Other,
        ];
        let stop = refusals.map(ProxyRefused).into_iter();
        let stop = stop.chain(tls.map(Tls)).chain(tls.map(ProxyTls));
        for kind in stop.chain([ClientRefused, Unsendable]) {
            assert!(!kind.may_pass(), "{kind:?}");
        }
    }

    #[test]
    fn every_number_of_a_proxy_is_sorted() {
        let again = |status: &u16| by_status(*status).is_none();
        let asked_again: Vec<u16> = (300..600).filter(again).collect();
        let ill = (500..600).filter(|status| ![501, 505, 511].contains(status));
        let expected: Vec<u16> = [408, 425, 429].into_iter().chain(ill).collect();
        assert_eq!(asked_again, expected);
        let asked_again: Vec<u8> = (1..=u8::MAX).filter(|reply| by_reply(*reply).1.is_none()).collect();
        assert_eq!(asked_again, [1, 3, 4, 5, 6]);
    }
}
