//! An HTTP proxy on the way to a destination.
//!
//! Requests over TLS, and HTTP/2 without it, go through a tunnel (`CONNECT`, RFC 9110 section 9.3.6). Others are handed to
//! the proxy with the whole URL (RFC 9112 section 3.2.2). Between us and the proxy it is plain HTTP, signed in with `Basic`
//! or not at all; that is what `proxy` of API Management has, but for NTLM.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::destination::{DestinationError, host_name};
use crate::guard::Guard;

/// An answer to `CONNECT` that has a longer head is none.
const LONGEST_HEAD: usize = 16 * 1024;

/// An HTTP proxy. Cheap to clone.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>, Option<Guard>);

struct Inner {
    authority: Authority,
    host: Box<str>,
    port: u16,
    sign_in: Option<HeaderValue>,
    fingerprint: [u8; 32],
}

impl Proxy {
    /// The proxy of a URL, with the value of `Proxy-Authorization` if it wants one. Only host and port of the URL count.
    ///
    /// # Errors
    /// When it is not an absolute `http` URL with a usable host.
    pub fn new(url: &Uri, sign_in: Option<HeaderValue>) -> Result<Self, DestinationError> {
        if url.scheme() != Some(&Scheme::HTTP) {
            return Err(DestinationError::Scheme);
        }
        let given = url.host().unwrap_or_default();
        let refused = || DestinationError::Host(given.to_owned());
        let host = host_name(given).ok_or_else(refused)?.text;
        let port = url.port_u16().unwrap_or(80);
        let authority = Authority::try_from(format!("{given}:{port}")).map_err(|_| refused())?;
        let sign_in = sign_in.map(|mut value| {
            value.set_sensitive(true);
            value
        });
        let mut whole = authority.as_str().as_bytes().to_vec();
        whole.push(0);
        whole.extend(sign_in.iter().flat_map(HeaderValue::as_bytes));
        let mut fingerprint = [0; 32];
        let digest = digest(&SHA256, &whole);
        fingerprint.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(Self(Arc::new(Inner { authority, host, port, sign_in, fingerprint }), None))
    }

    /// The same, called only at addresses that this allows: for a proxy whose URL a policy made.
    #[must_use]
    pub fn guarded(mut self, guard: Guard) -> Self {
        self.1 = Some(guard);
        self
    }

    /// What makes two proxies equal.
    #[must_use]
    pub fn fingerprint(&self) -> ([u8; 32], Option<Guard>) {
        (self.0.fingerprint, self.1)
    }

    /// Whether the proxy may be called at an address.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        self.1.is_none_or(|guard| guard.allows(address))
    }

    /// Whether a policy made its URL.
    pub(crate) fn is_guarded(&self) -> bool {
        self.1.is_some()
    }

    pub(crate) fn host(&self) -> (&str, u16) {
        (&self.0.host, self.0.port)
    }

    pub(crate) fn authority(&self) -> &str {
        self.0.authority.as_str()
    }

    pub(crate) fn sign_in(&self) -> Option<&HeaderValue> {
        self.0.sign_in.as_ref()
    }

    /// Has a connection to the proxy led through to a place.
    pub(crate) async fn tunnel<S>(&self, stream: &mut S, to: &str) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n").into_bytes();
        if let Some(value) = &self.0.sign_in {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(value.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await?;
        match status(&head(stream).await?) {
            Some(200..=299) => Ok(()),
            Some(status) => Err(io::Error::other(format!("the proxy answered {status}"))),
            None => Err(io::Error::other("the proxy does not speak HTTP")),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.0.authority)
    }
}

/// The head of an answer, byte by byte: what follows it belongs to the other end of the tunnel.
async fn head<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return Err(io::Error::other("the answer of the proxy is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

/// The status of an answer.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.splitn(3, ' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_http_and_never_shows_how_it_is_signed_in_to() {
        let sign_in = HeaderValue::from_static("Basic c2VjcmV0");
        let proxy =
            Proxy::new(&"http://proxy.example:8080/x".parse().unwrap(), Some(sign_in.clone())).unwrap();
        assert_eq!((proxy.host(), proxy.authority()), (("proxy.example", 8080), "proxy.example:8080"));
        assert_eq!(format!("{proxy:?}"), "Proxy(proxy.example:8080)");
        assert_eq!(format!("{:?}", proxy.sign_in().unwrap()), "Sensitive");
        let other = Proxy::new(&"http://proxy.example:8080".parse().unwrap(), None).unwrap();
        assert_ne!(proxy.fingerprint(), other.fingerprint());
        for bad in ["https://proxy.example", "/proxy", "socks5://proxy.example"] {
            assert_eq!(Proxy::new(&bad.parse().unwrap(), None).unwrap_err(), DestinationError::Scheme);
        }
    }

    #[test]
    fn the_status_of_an_answer_is_its_second_word() {
        assert_eq!(status(b"HTTP/1.1 200 Connection established\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407\r\nA: b\r\n\r\n"), Some(407));
        assert_eq!(status(b"SSH-2.0-x\r\n\r\n"), None);
    }
}
