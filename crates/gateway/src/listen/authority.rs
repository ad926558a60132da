//! Whether the name of a host is one that everybody reads alike: `a.example`, `a.example:8080`, `[::1]:8080`.
//!
//! The HTTP library takes more: user information, ports that do not exist, something behind brackets. It does not say
//! whether the host is ours.

use std::net::Ipv6Addr;

/// Bytes of a name (RFC 3986 section 3.2.2) without the comma, which joins two values of `Host` to one.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=".contains(&byte)
}

/// Whether an authority is a name of letters, digits, hyphens and dots and perhaps a port of four digits at the most. Most
/// are; of others [`is_clear`] tells.
pub(super) fn is_plain(authority: &[u8]) -> bool {
    let mut rest = authority.iter();
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    match rest.by_ref().position(|byte| !of_name(*byte)) {
        Some(0) => false,
        None => !authority.is_empty(),
        Some(end) => {
            let port = rest.as_slice();
            authority.get(end) == Some(&b':')
                && (1..=4).contains(&port.len())
                && port.iter().all(u8::is_ascii_digit)
        }
    }
}

/// Whether an authority is one host and perhaps one port.
pub(super) fn is_clear(authority: &str) -> bool {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(inside) => match inside.split_once(']') {
            Some((address, rest)) if address.parse::<Ipv6Addr>().is_ok() => (address, rest),
            _ => return false,
        },
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = if rest.is_empty() { Some("") } else { rest.strip_prefix(':') };
    let names = authority.starts_with('[') || !host.is_empty() && host.bytes().all(is_of_name);
    names && port.is_some_and(is_port)
}

/// RFC 3986 section 3.2.3: digits, or nothing.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && (text.is_empty() || text.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::{is_clear, is_plain};

    #[test]
    fn one_host_and_one_port_are_clear() {
        for good in [
            "a.example",
            "A.example:",
            "a.example:8080",
            "10.0.0.1:80",
            "[::1]",
            "[::1]:80",
            "a_b",
            "localhost",
        ] {
            assert!(is_clear(good), "{good}");
        }
        for plain in ["a.example", "A.example:8080", "10.0.0.1:80", "localhost", "a-b"] {
            assert!(is_clear(plain) && is_plain(plain.as_bytes()), "{plain}");
        }
        for bad in [
            "",
            ":80",
            "a,b",
            "a b",
            "user@a",
            "user:pass@a",
            "a:http",
            "a:99999",
            "a:+80",
            "a:80:80",
            "::1",
            "[::1",
            "[::1]b",
            "[a]",
            "[::1%25eth0]",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            "http://a",
            "\u{e4}",
        ] {
            assert!(!is_clear(bad) && !is_plain(bad.as_bytes()), "{bad}");
        }
    }
}
