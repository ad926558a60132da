//! Who called, when a proxy that is trusted called for them.
//!
//! A proxy says in headers whom it calls for: `X-Forwarded-For` with `-Proto` and `-Host`, or `Forwarded` (RFC 7239).
//! Anybody can write these headers, so they count only when they come from a trusted network, and only as far as trusted
//! proxies wrote them: read from the right, the first address that is not trusted is the caller's.
//!
//! ```text
//! from 10.0.0.1, X-Forwarded-For: 198.51.100.9, 203.0.113.7, 10.0.0.5      trusted: 10.0.0.0/8
//!                                               ^^^^^^^^^^^ the caller
//! ```
//!
//! One family of headers counts, by setting: a proxy that writes one lets the other through as callers sent it.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, header};

use super::networks::Networks;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Proxies that are trusted to say who calls, and how they say it.
#[derive(Clone, Debug, Default)]
pub struct Forwarding {
    /// Where the proxies are. With none, no header counts.
    pub from: Networks,
    /// The headers that they write.
    pub headers: ForwardingHeaders,
}

/// Headers by which proxies say who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardingHeaders {
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` of RFC 7239.
    Forwarded,
}

/// Who called, as a trusted proxy says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// The caller's address.
    pub ip: Option<IpAddr>,
    /// Whether the caller used `https`; none when nobody says.
    pub is_https: Option<bool>,
    /// The host that the caller used, with its port.
    pub host: Option<String>,
}

/// What one proxy wrote.
#[derive(Default)]
struct Hop<'h> {
    of: Option<IpAddr>,
    proto: Option<&'h str>,
    host: Option<&'h str>,
}

impl Forwarding {
    /// Whether what this address writes counts.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.from.contain(address)
    }

    /// Whom a trusted proxy calls for.
    #[must_use]
    pub fn read(&self, headers: &HeaderMap) -> Forwarded {
        let hops = match self.headers {
            ForwardingHeaders::XForwarded => x_forwarded(headers),
            ForwardingHeaders::Forwarded => forwarded(headers),
        };
        let mut found = Forwarded::default();
        for hop in hops.iter().rev() {
            found.is_https = hop.proto.map(|proto| proto.eq_ignore_ascii_case("https")).or(found.is_https);
            found.host = hop.host.map(str::to_owned).or(found.host);
            // What stands left of something that is no address was not written by a proxy of ours.
            let Some(ip) = hop.of else { break };
            found.ip = Some(ip);
            if !self.trusts(ip) {
                break;
            }
        }
        found
    }
}

/// The elements of a list that may be spread over several headers.
fn elements<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<&'h str> {
    let texts = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    texts.flat_map(|text| text.split(',')).map(str::trim).collect()
}

fn x_forwarded(headers: &HeaderMap) -> Vec<Hop<'_>> {
    let (protos, hosts) = (elements(headers, &PROTO), elements(headers, &HOST));
    let addresses = elements(headers, &FOR);
    let last = addresses.len().max(1);
    // Proxies that write over what is there leave one value for all hops.
    let at = |values: &[&'_ str], hop: usize| {
        let from_right = last - 1 - hop;
        values.len().checked_sub(1).map(|end| end.saturating_sub(from_right))
    };
    let hop = |index: usize| Hop {
        of: addresses.get(index).and_then(|text| address(text)),
        proto: at(&protos, index).and_then(|at| protos.get(at)).copied().filter(|text| is_scheme(text)),
        host: at(&hosts, index).and_then(|at| hosts.get(at)).copied().filter(|text| is_host(text)),
    };
    (0..last).map(hop).collect()
}

/// RFC 7239 4. A quoted text with a comma in it makes its element no address, and what is left of it does not count.
fn forwarded(headers: &HeaderMap) -> Vec<Hop<'_>> {
    elements(headers, &header::FORWARDED).into_iter().map(element).collect()
}

fn element(text: &str) -> Hop<'_> {
    let mut hop = Hop::default();
    for pair in text.split(';') {
        let Some((name, value)) = pair.trim().split_once('=') else { continue };
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        match name.to_ascii_lowercase().as_str() {
            "for" => hop.of = address(value),
            "proto" => hop.proto = Some(value).filter(|text| is_scheme(text)),
            "host" => hop.host = Some(value).filter(|text| is_host(text)),
            _ => {}
        }
    }
    hop
}

/// An address with or without port, IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
    address.map(|address| address.to_canonical())
}

fn is_scheme(text: &str) -> bool {
    text.eq_ignore_ascii_case("https") || text.eq_ignore_ascii_case("http")
}

fn is_host(text: &str) -> bool {
    !text.contains('@') && http::uri::Authority::try_from(text).is_ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(headers: ForwardingHeaders, lines: &[(&'static str, &str)]) -> (String, Option<bool>, String) {
        let from = ["10.0.0.0/8", "fd00::/8"].iter().map(|text| text.parse().unwrap()).collect();
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let found = Forwarding { from, headers }.read(&map);
        (
            found.ip.map_or_else(String::new, |ip| ip.to_string()),
            found.is_https,
            found.host.unwrap_or_default(),
        )
    }

    #[test]
    fn the_first_address_from_the_right_that_is_not_trusted_is_the_callers() {
        const FOR: &str = "x-forwarded-for";
        for (lines, expected) in [
            (vec![], ""),
            (vec![(FOR, "203.0.113.7")], "203.0.113.7"),
            (vec![(FOR, "198.51.100.9, 203.0.113.7, 10.0.0.5")], "203.0.113.7"),
            (vec![(FOR, "198.51.100.9"), (FOR, "203.0.113.7,10.0.0.5")], "203.0.113.7"),
            (vec![(FOR, "10.0.0.9, 10.0.0.5")], "10.0.0.9"),
            (vec![(FOR, "203.0.113.7:4711")], "203.0.113.7"),
            (vec![(FOR, "[2001:db8::1]:4711, fd00::5")], "2001:db8::1"),
            (vec![(FOR, "2001:db8::1")], "2001:db8::1"),
            (vec![(FOR, "::ffff:203.0.113.7")], "203.0.113.7"),
            // What is left of something that is no address is not believed.
            (vec![(FOR, "203.0.113.7, unknown, 10.0.0.5")], "10.0.0.5"),
            (vec![(FOR, "unknown")], ""),
            // The other family does not count.
            (vec![("forwarded", "for=203.0.113.7")], ""),
        ] {
            assert_eq!(read(ForwardingHeaders::XForwarded, &lines).0, expected, "{lines:?}");
        }
    }

    /// RFC 7239 4 and 6.
    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        for (value, ip, is_https, host) in [
            ("for=203.0.113.7", "203.0.113.7", None, ""),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17", None, ""),
            (
                "for=203.0.113.7;proto=https;host=a.example;by=10.0.0.1",
                "203.0.113.7",
                Some(true),
                "a.example",
            ),
            ("for=198.51.100.9;proto=https, for=203.0.113.7;proto=http", "203.0.113.7", Some(false), ""),
            ("for=203.0.113.7;proto=https, for=10.0.0.5;proto=http", "203.0.113.7", Some(true), ""),
            ("for=_hidden, for=10.0.0.5", "10.0.0.5", None, ""),
            ("for=203.0.113.7;proto=gopher;host=\"a b\"", "203.0.113.7", None, ""),
        ] {
            let expected = (ip.to_owned(), is_https, host.to_owned());
            assert_eq!(read(ForwardingHeaders::Forwarded, &[("forwarded", value)]), expected, "{value}");
        }
    }

    #[test]
    fn scheme_and_host_are_those_that_the_callers_proxy_wrote() {
        const FOR: &str = "x-forwarded-for";
        for (addresses, protos, is_https) in [
            ("203.0.113.7", "https", Some(true)),
            ("203.0.113.7", "HTTP", Some(false)),
            ("203.0.113.7, 10.0.0.5", "https", Some(true)),
            ("203.0.113.7, 10.0.0.5", "https, http", Some(true)),
            ("198.51.100.9, 203.0.113.7", "https, http", Some(false)),
            ("203.0.113.7", "ftp", None),
        ] {
            let lines =
                [(FOR, addresses), ("x-forwarded-proto", protos), ("x-forwarded-host", "a.example:8443")];
            let (_, said, host) = read(ForwardingHeaders::XForwarded, &lines);
            assert_eq!((said, host.as_str()), (is_https, "a.example:8443"), "{addresses} {protos}");
        }
        let alone = read(ForwardingHeaders::XForwarded, &[("x-forwarded-proto", "https")]);
        assert_eq!(alone, (String::new(), Some(true), String::new()));
    }
}
