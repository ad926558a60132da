//! Redirects of a backend, where `forward-request` follows them.

use http::{Method, Uri, header};
use net::Incoming;
use policy::{BaseUrl, Body, Exchange};

use super::forward::Call;

/// The next call when an answer leads elsewhere (RFC 9110 section 15.4). Credentials stay with the host they are for.
pub(super) fn next(exchange: &Exchange, call: &Call, response: &http::Response<Incoming>) -> Option<Call> {
    let status = response.status().as_u16();
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let current = url::Url::parse(&call.head.uri.to_string()).ok()?;
    let target = current.join(location).ok()?;
    let uri: Uri = target.as_str().split('#').next()?.parse().ok()?;
    let base = BaseUrl::parse(&format!("{}://{}", target.scheme(), uri.authority()?)).ok()?;
    let elsewhere =
        (base.scheme, &base.host, base.port) != (call.base.scheme, &call.base.host, call.base.port);
    let mut head = call.head.clone();
    head.uri = uri;
    let becomes_get = status == 303 || (matches!(status, 301 | 302) && head.method == Method::POST);
    let body = if becomes_get && head.method != Method::HEAD {
        head.method = Method::GET;
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LENGTH] {
            head.headers.remove(name);
        }
        Body::Empty
    } else {
        exchange.request.body.copy()?
    };
    if elsewhere {
        drop_credentials(exchange, &mut head.headers);
    }
    let guarded = call.guarded || elsewhere;
    let transport = if guarded { policy::Transport::default() } else { call.transport.clone() };
    Some(Call::new(base, transport, head, body, guarded))
}

fn drop_credentials(exchange: &Exchange, headers: &mut http::HeaderMap) {
    for name in [header::AUTHORIZATION, header::COOKIE, header::HOST] {
        headers.remove(name);
    }
    let secret: Vec<_> =
        headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone()).collect();
    for name in secret {
        headers.remove(name);
    }
    if let Some(backend) = exchange.target.backend() {
        for (name, _) in &backend.credentials.headers {
            headers.remove(name);
        }
    }
}
