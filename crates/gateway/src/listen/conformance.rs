//! Requests that the HTTP library lets pass and that are refused before anything else looks at them.
//!
//! Whoever stands before us may read such a request differently (request smuggling), or they are of no use to an API.
//!
//! What the library reads but does not tell (two lengths, a length beside a coding) is found by `heads`, in the bytes.

use http::header::{EXPECT, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};

use super::authority;

/// Why a request is not handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// `TRACE`, which echoes headers, or `CONNECT`, which asks for a proxy.
    Method,
    /// HTTP/1.1 without exactly one valid `Host`, or one that differs from an absolute target (RFC 9112 3.2).
    Host,
    /// A head whose body could be framed in two ways: a length beside a coding, several of one, a coding other than
    /// `chunked`, a folded line, a bare line feed (RFC 9112 2.2, 5.2, 6.1, 6.3).
    Framing,
    /// A head that is no HTTP (RFC 9112 3, 5).
    Syntax,
    /// A head with more bytes or fields than the listener takes.
    Head,
    /// A target of more than 65,534 bytes.
    Target,
    /// An `Expect` other than `100-continue` (RFC 9110 10.1.1).
    Expectation,
    /// The handler panicked.
    Panic,
}

impl Refusal {
    /// The status to answer with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host | Self::Framing | Self::Syntax => StatusCode::BAD_REQUEST,
            Self::Head => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Target => StatusCode::URI_TOO_LONG,
            Self::Expectation => StatusCode::EXPECTATION_FAILED,
            Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether nothing that follows can be trusted to be a request.
    pub(super) fn ends_connection(self) -> bool {
        matches!(self, Self::Host | Self::Framing | Self::Syntax | Self::Head | Self::Target)
    }

    /// A stable word for metrics and logs.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Host => "host",
            Self::Framing => "framing",
            Self::Syntax => "syntax",
            Self::Head => "head",
            Self::Target => "target",
            Self::Expectation => "expectation",
            Self::Panic => "panic",
        }
    }
}

/// What is wrong with a request's head, if anything.
/// `fields` is how many it may have; over HTTP/1.1 the library has counted them. `expects`: whether it has `Expect`.
pub(super) fn objection<B>(request: &Request<B>, fields: usize, expects: bool) -> Option<Refusal> {
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) && !opens_web_socket(request) {
        return Some(of_method(request));
    }
    if request.headers().len() > fields {
        return Some(Refusal::Head);
    }
    if !target_is_clear(request) {
        return Some(Refusal::Syntax);
    }
    if !host_is_clear(request) {
        return Some(Refusal::Host);
    }
    (expects && !is_expected(request.headers())).then_some(Refusal::Expectation)
}

fn is_expected(headers: &HeaderMap) -> bool {
    let known = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    headers.get_all(EXPECT).iter().all(known)
}

/// A method that is not served. What could be read in two ways is refused as of others: the connection goes on only where
/// everybody sees one request. RFC 9112 3.2.3: `CONNECT` names an authority and nothing else.
#[cold]
fn of_method<B>(request: &Request<B>) -> Refusal {
    let uri = request.uri();
    let is_clear = match *request.method() {
        Method::CONNECT if request.version() <= Version::HTTP_11 => {
            uri.scheme().is_none() && uri.authority().is_some()
        }
        Method::CONNECT => true,
        _ => target_is_clear(request),
    };
    match (is_clear, host_is_clear(request)) {
        (false, _) => Refusal::Syntax,
        (true, false) => Refusal::Host,
        (true, true) => Refusal::Method,
    }
}

/// RFC 9112 3.2: `*` is for OPTIONS, an authority alone for CONNECT. Of schemes only ours mean anything here; both do
/// without TLS too, since whoever ends it before us may say `https`.
fn target_is_clear<B>(request: &Request<B>) -> bool {
    let uri = request.uri();
    let known = uri.scheme().is_none_or(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
    let whole = uri.scheme().is_some() || uri.authority().is_none() || request.version() > Version::HTTP_11;
    known && whole && (uri.path() != "*" || request.method() == Method::OPTIONS)
}

/// RFC 8441 4: `CONNECT` with `:protocol`, which comes over HTTP/2 only.
pub(crate) fn opens_web_socket<B>(request: &Request<B>) -> bool {
    let protocol = request.extensions().get::<hyper::ext::Protocol>();
    *request.method() == Method::CONNECT && protocol.is_some_and(|protocol| protocol.as_str() == "websocket")
}

fn host_is_clear<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    match (host, more) {
        (_, Some(_)) => false,
        // RFC 9113 8.3.1: HTTP/2 has `:authority`, which the library puts into the URI.
        (None, None) if request.version() > Version::HTTP_11 => {
            request.uri().authority().is_some_and(|target| authority::is_clear(target.as_str()))
        }
        (None, None) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_host_of(host, request.uri().authority()),
    }
}

/// Whether a `Host` is one host and optional port, and the same as an absolute target's.
fn is_host_of(host: &HeaderValue, target: Option<&Authority>) -> bool {
    if target.is_none() && authority::is_plain(host.as_bytes()) {
        return true;
    }
    let Ok(host) = Authority::try_from(host.as_bytes()) else { return false };
    authority::is_clear(host.as_str()) && target.is_none_or(|target| *target == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(method: &str, uri: &str, headers: &[(&str, &str)], version: Version) -> Option<Refusal> {
        let mut request = Request::builder().method(method).uri(uri).version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        objection(&request, 128, request.headers().contains_key(EXPECT))
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let host = ("host", "a.example");
        for (method, uri, headers, expected) in [
            ("GET", "/", vec![host], None),
            ("TRACE", "/", vec![host], Some(Refusal::Method)),
            ("TRACE", "*", vec![host], Some(Refusal::Syntax)),
            ("TRACE", "/", vec![], Some(Refusal::Host)),
            ("CONNECT", "a.example:80", vec![("host", "a.example:80")], Some(Refusal::Method)),
            ("CONNECT", "a.example:80", vec![host], Some(Refusal::Host)),
            ("CONNECT", "/", vec![host], Some(Refusal::Syntax)),
            ("GET", "/", vec![], Some(Refusal::Host)),
            ("GET", "/", vec![host, host], Some(Refusal::Host)),
            ("GET", "/", vec![("host", "a b")], Some(Refusal::Host)),
            ("GET", "/", vec![("host", "user@a.example")], Some(Refusal::Host)),
            ("GET", "http://a.example/", vec![host], None),
            ("GET", "http://A.example/", vec![host], None),
            ("GET", "http://b.example/", vec![host], Some(Refusal::Host)),
            ("POST", "/", vec![host, ("expect", "100-Continue")], None),
            ("POST", "/", vec![host, ("expect", "tea")], Some(Refusal::Expectation)),
            (
                "POST",
                "/",
                vec![host, ("expect", "100-continue"), ("expect", "tea")],
                Some(Refusal::Expectation),
            ),
            ("OPTIONS", "*", vec![host], None),
            ("GET", "*", vec![host], Some(Refusal::Syntax)),
            ("GET", "a.example", vec![host], Some(Refusal::Syntax)),
            ("GET", "ftp://a.example/", vec![host], Some(Refusal::Syntax)),
        ] {
            assert_eq!(
                judged(method, uri, &headers, Version::HTTP_11),
                expected,
                "{method} {uri} {headers:?}"
            );
        }
    }

    #[test]
    fn older_and_newer_versions_need_no_host() {
        assert_eq!(judged("GET", "/", &[], Version::HTTP_10), None);
        assert_eq!(judged("GET", "https://a.example/", &[], Version::HTTP_2), None);
        assert_eq!(judged("GET", "/", &[], Version::HTTP_2), Some(Refusal::Host));
        assert_eq!(judged("GET", "http://user@a.example/", &[], Version::HTTP_2), Some(Refusal::Host));
    }
}
