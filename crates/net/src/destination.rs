//! Where a call goes and how.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use rustls_pki_types::ServerName;

use crate::guard::Guard;
use crate::proxy::Proxy;
use crate::timeouts::Timeouts;
use crate::tls::Tls;

/// Which HTTP version to speak; the words are those of `forward-request`'s `http-version`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// `1`: HTTP/1.1. The documented default of `forward-request`.
    #[default]
    Http1,
    /// `2or1`: HTTP/2 where the server offers it in the TLS handshake, otherwise HTTP/1.1. Without TLS: HTTP/1.1.
    Http2Or1,
    /// `2`: HTTP/2, or the call fails. Without TLS it is spoken from the first byte ("prior knowledge").
    Http2,
}

/// How to reach a destination.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which HTTP version to speak.
    pub version: HttpVersion,
    /// What TLS trusts and presents; looked at for `https` only.
    pub tls: Tls,
    /// How long each stage of a call may take.
    pub timeouts: Timeouts,
    /// Checks the resolved addresses; for URLs that a policy made.
    pub guard: Option<Guard>,
    /// Goes through this proxy, which looks names up itself: a guard then judges only what is known without asking.
    pub proxy: Option<Proxy>,
}

/// A URL that cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// Relative, or neither `http` nor `https`.
    #[error("the address must start with `http://` or `https://`")]
    Scheme,
    /// No host, or one that is neither a name nor an address.
    #[error("`{0}` is not a host's name or address")]
    Host(String),
}

/// Where a call goes and how. Cheap to clone; connections are shared between equal destinations, also when they were
/// made at different times.
#[derive(Clone, Debug)]
pub struct Destination(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    pub(crate) host: HostName,
    pub(crate) port: u16,
    pub(crate) host_header: HeaderValue,
    pub(crate) options: Options,
    /// Of what `shares_connections_with` compares.
    pub(crate) key_hash: u64,
}

impl Inner {
    fn proxy_fingerprint(&self) -> Option<([u8; 32], Option<Guard>)> {
        self.options.proxy.as_ref().map(Proxy::fingerprint)
    }

    /// The proxy, if it is handed the requests themselves instead of leading a connection through.
    pub(crate) fn forwarding_proxy(&self) -> Option<&Proxy> {
        let tunnels = self.scheme == Scheme::HTTPS || self.options.version == HttpVersion::Http2;
        self.options.proxy.as_ref().filter(|_| !tunnels)
    }

    /// INVARIANT: a guarded destination never uses a connection that was made without its guard.
    pub(crate) fn shares_connections_with(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
            || (self.key_hash == other.key_hash
                && self.scheme == other.scheme
                && self.authority == other.authority
                && self.port == other.port
                && self.options.version == other.options.version
                && self.options.guard == other.options.guard
                && self.proxy_fingerprint() == other.proxy_fingerprint()
                && self.options.tls.fingerprint() == other.options.tls.fingerprint())
    }
}

fn key_hash(scheme: &Scheme, authority: &Authority, options: &Options) -> u64 {
    let mut hasher = DefaultHasher::new();
    (scheme, authority, options.version, options.guard, options.tls.fingerprint()).hash(&mut hasher);
    options.proxy.as_ref().map(Proxy::fingerprint).hash(&mut hasher);
    hasher.finish()
}

/// A host as it is resolved and as TLS names it.
#[derive(Debug)]
pub(crate) struct HostName {
    /// Without the brackets of an IPv6 address.
    pub(crate) text: Box<str>,
    pub(crate) tls: ServerName<'static>,
}

impl Destination {
    /// The destination of a URL; only its scheme, host and port count, user information is left out.
    ///
    /// # Errors
    /// When it is not an absolute `http` or `https` URL with a usable host.
    pub fn new(url: &Uri, options: Options) -> Result<Self, DestinationError> {
        let scheme = url.scheme().filter(|s| **s == Scheme::HTTP || **s == Scheme::HTTPS);
        let scheme = scheme.ok_or(DestinationError::Scheme)?.clone();
        let host = url.host().unwrap_or_default();
        let refused = || DestinationError::Host(host.to_owned());
        let port = url.port_u16().unwrap_or(if scheme == Scheme::HTTPS { 443 } else { 80 });
        let authority = authority(url, host).ok_or_else(refused)?;
        let host_header = HeaderValue::from_str(authority.as_str()).map_err(|_| refused())?;
        let host = host_name(host).ok_or_else(refused)?;
        let key_hash = key_hash(&scheme, &authority, &options);
        Ok(Self(Arc::new(Inner { scheme, authority, host, port, host_header, options, key_hash })))
    }

    /// Host and port as in the URL.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.0.authority
    }

    /// Whether it is called with TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme == Scheme::HTTPS
    }

    /// Which HTTP version is spoken there.
    #[must_use]
    pub fn version(&self) -> HttpVersion {
        self.0.options.version
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}

/// The authority without user information and in lower case, so that equal places are equal keys.
fn authority(url: &Uri, host: &str) -> Option<Authority> {
    let host = host.to_ascii_lowercase();
    let text = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    };
    Authority::try_from(text).ok()
}

pub(crate) fn host_name(host: &str) -> Option<HostName> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let text = bare.to_ascii_lowercase();
    let tls = ServerName::try_from(text.clone()).ok()?;
    Some(HostName { text: text.into(), tls })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(url: &str) -> Result<Destination, DestinationError> {
        Destination::new(&url.parse().unwrap(), Options::default())
    }

    #[test]
    fn only_scheme_host_and_port_of_a_url_count() {
        for (url, authority, port) in [
            ("http://Models.Example/openai?key=1", "models.example", 80),
            ("https://models.example:8443/", "models.example:8443", 8443),
            ("https://user:secret@models.example", "models.example", 443),
            ("http://[::1]:9/x", "[::1]:9", 9),
        ] {
            let destination = made(url).unwrap();
            assert_eq!(destination.authority(), authority, "{url}");
            assert_eq!(destination.inner().port, port, "{url}");
            assert!(!format!("{destination:?}").contains("secret"));
        }
    }

    #[test]
    fn other_schemes_and_hosts_are_refused() {
        assert_eq!(made("/openai").unwrap_err(), DestinationError::Scheme);
        assert_eq!(made("ftp://models.example").unwrap_err(), DestinationError::Scheme);
        assert_eq!(made("http://a_b..c/").unwrap_err(), DestinationError::Host("a_b..c".to_owned()));
    }
}
