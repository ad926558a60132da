//! Keeps web pages of browsers on this machine away from the admin listener.
//!
//! A page can make a browser send requests to loopback: by a name that resolves to it (DNS rebinding), or as a simple
//! cross-site POST. The first shows in `Host`, the second in `Origin` and `Sec-Fetch-Site`.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Method};

/// Whether a request may be answered by a listener that is (`Reach::Loopback`) or is not on loopback.
pub(super) fn allows(reach: Reach, method: &Method, headers: &HeaderMap) -> bool {
    let from_page = headers.contains_key(ORIGIN)
        || headers.get("sec-fetch-site").is_some_and(|site| site != "none" && site != "same-origin");
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    !(changes && from_page) && (reach == Reach::Network || is_loopback(headers))
}

/// Where the listener can be reached from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Loopback,
    Network,
}

fn is_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else { return true };
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let host = authority.host().trim_matches(['[', ']']);
    let is_address = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_address || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_browser_are_kept_out() {
        let page = ("origin", "https://evil.example");
        for (method, headers, on_loopback, on_network) in [
            (Method::GET, vec![("host", "127.0.0.1:9000")], true, true),
            (Method::GET, vec![("host", "localhost")], true, true),
            (Method::GET, vec![("host", "[::1]:9000")], true, true),
            (Method::GET, vec![("host", "rebound.example:9000")], false, true),
            (Method::POST, vec![("host", "localhost")], true, true),
            (Method::POST, vec![("host", "localhost"), page], false, false),
            (Method::POST, vec![("host", "localhost"), ("sec-fetch-site", "cross-site")], false, false),
        ] {
            let map: HeaderMap =
                headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
            let allowed = (allows(Reach::Loopback, &method, &map), allows(Reach::Network, &method, &map));
            assert_eq!(allowed, (on_loopback, on_network), "{method} {headers:?}");
        }
    }
}
