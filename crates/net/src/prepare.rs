//! The target and host of a request, as each HTTP version wants them on the wire.
//!
//! The caller's `Host` header is what the server sees as its name (a policy may set it); without one it is the
//! destination's authority. Of the request's URI only path and query count.

use http::header::{HOST, PROXY_AUTHORIZATION};
use http::uri::{Authority, Parts, PathAndQuery};
use http::{Request, Uri, Version};

use crate::destination::Inner;
use crate::error::{Error, ErrorKind, Retry};
use crate::proxy::Proxy;

/// Origin form and a `Host` header (RFC 9112 3.2.1).
pub(crate) fn for_http1<B>(request: &mut Request<B>, to: &Inner) -> Result<(), Error> {
    *request.version_mut() = Version::HTTP_11;
    if let Some(proxy) = to.forwarding_proxy() {
        return for_proxy(request, to, proxy);
    }
    if request.uri().scheme().is_some() || request.uri().authority().is_some() {
        *request.uri_mut() = Uri::from(path_and_query(request.uri()));
    }
    request.headers_mut().entry(HOST).or_insert_with(|| to.host_header.clone());
    Ok(())
}

/// The whole URL (RFC 9112 3.2.2), and who asks. The proxy goes by the URL; the `Host` header that the server sees is
/// made of it.
fn for_proxy<B>(request: &mut Request<B>, to: &Inner, proxy: &Proxy) -> Result<(), Error> {
    let mut parts = Parts::default();
    parts.scheme = Some(to.scheme.clone());
    parts.authority = Some(to.authority.clone());
    parts.path_and_query = Some(path_and_query(request.uri()));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|error| refused(to, error))?;
    request.headers_mut().entry(HOST).or_insert_with(|| to.host_header.clone());
    if let Some(value) = proxy.sign_in() {
        request.headers_mut().insert(PROXY_AUTHORIZATION, value.clone());
    }
    Ok(())
}

/// `:scheme`, `:authority` and `:path` instead of a `Host` header (RFC 9113 8.3.1).
pub(crate) fn for_http2<B>(request: &mut Request<B>, to: &Inner) -> Result<(), Error> {
    *request.version_mut() = Version::HTTP_2;
    let authority = match request.headers_mut().remove(HOST) {
        Some(host) => Authority::try_from(host.as_bytes()).map_err(|error| refused(to, error))?,
        None => request.uri().authority().unwrap_or(&to.authority).clone(),
    };
    let mut parts = Parts::default();
    parts.scheme = Some(to.scheme.clone());
    parts.authority = Some(authority);
    parts.path_and_query = Some(path_and_query(request.uri()));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|error| refused(to, error))?;
    Ok(())
}

fn path_and_query(uri: &Uri) -> PathAndQuery {
    uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"))
}

fn refused(to: &Inner, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Request, Retry::Never).at(to.authority.as_str()).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Destination, Options};

    fn request(uri: &str, host: Option<&str>) -> Request<()> {
        let mut request = Request::new(());
        *request.uri_mut() = uri.parse().unwrap();
        host.map(|host| request.headers_mut().insert(HOST, host.parse().unwrap()));
        request
    }

    #[test]
    fn the_target_and_host_are_those_of_the_http_version() {
        let to =
            Destination::new(&"https://models.example:8443".parse().unwrap(), Options::default()).unwrap();
        for (uri, host, origin, sent_host) in [
            ("/a?b=1", None, "/a?b=1", "models.example:8443"),
            ("/a", Some("other"), "/a", "other"),
            ("https://models.example:8443", None, "/", "models.example:8443"),
            ("https://models.example:8443/a%2fb?q", Some("x"), "/a%2fb?q", "x"),
        ] {
            let mut http1 = request(uri, host);
            for_http1(&mut http1, to.inner()).unwrap();
            assert_eq!(http1.uri().to_string(), origin);
            assert_eq!(http1.headers()[HOST], sent_host);
            let mut http2 = request(uri, host);
            for_http2(&mut http2, to.inner()).unwrap();
            assert_eq!(http2.uri().to_string(), format!("https://{sent_host}{origin}"));
            assert!(!http2.headers().contains_key(HOST));
        }
    }
}
