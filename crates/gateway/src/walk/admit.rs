//! The first room: from the head of a request to an exchange.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request, Version, header, request};
use policy::{Body, Exchange, Host, MessageBody, Original, Ports};
use uuid::Uuid;

use super::outgoing;
use crate::listen::{CallerBody, Connection, Forwarded};
use crate::snapshot::Snapshot;

/// The exchange of a request that arrived.
pub(super) fn admit(
    request: Request<CallerBody>,
    connection: &Connection,
    snapshot: &Snapshot,
    ports: &Arc<Ports>,
) -> Box<Exchange> {
    let (head, body) = request.into_parts();
    begin(head, Body::stream(body), connection, snapshot, ports)
}

/// The exchange of a request of which only the head is known, and which is not served.
pub(super) fn refused(
    head: &request::Parts,
    connection: &Connection,
    snapshot: &Snapshot,
    ports: &Arc<Ports>,
) -> Box<Exchange> {
    let (mut own, ()) = Request::new(()).into_parts();
    own.method.clone_from(&head.method);
    own.uri.clone_from(&head.uri);
    own.version = head.version;
    own.headers.clone_from(&head.headers);
    begin(own, Body::Empty, connection, snapshot, ports)
}

fn begin(
    mut head: request::Parts,
    body: Body,
    connection: &Connection,
    snapshot: &Snapshot,
    ports: &Arc<Ports>,
) -> Box<Exchange> {
    let mut headers = std::mem::take(&mut head.headers);
    let length = http_body::Body::size_hint(&body).exact();
    // Nothing that is forwarded counts, but from whom the listener trusts.
    let forwarded = connection.forwarding.as_ref().map(|forwarding| forwarding.read(&headers));
    let forwarded = forwarded.unwrap_or_default();
    let peer = connection.peer.ip().to_canonical();
    let caller = forwarded.ip.unwrap_or(peer);
    // `Host` is kept apart: what the caller sent names us, not the backend.
    let host = headers.remove(header::HOST);
    let version = head.version;
    let original = original(head, host, (connection, forwarded));
    outgoing::remove_named(&mut headers);
    if version == Version::HTTP_2 {
        plain(&mut headers);
        join_cookies(&mut headers);
    }
    let certificate = connection.tls.as_ref().and_then(|tls| tls.client_certificate.as_ref());
    let chain = connection.tls.as_ref().map(|tls| tls.client_chain.as_slice()).unwrap_or_default();
    let request = policy::Request {
        client_ip: Some(caller),
        certificate: certificate.map(|der| Arc::from(der.as_ref())),
        certificate_chain: chain.iter().map(|der| Arc::from(der.as_ref())).collect(),
        ..policy::Request::new(original, headers, MessageBody::arriving(body))
    };
    let id = request_id(ports);
    let mut exchange =
        Box::new(Exchange::new(id, Arc::clone(&snapshot.site), request, Arc::clone(ports), snapshot.limits));
    exchange.request_length = length;
    exchange.forwarder = Some(peer).filter(|peer| *peer != caller);
    exchange
}

/// HTTP/2 marks headers that the caller's side does not want indexed as sensitive. Here the mark says that a header was
/// made of a secret of ours, so it is taken off: what a caller sent means the same over both protocols.
fn plain(headers: &mut HeaderMap) {
    for value in headers.values_mut() {
        value.set_sensitive(false);
    }
}

/// RFC 9113 section 8.2.3: HTTP/2 may split cookies into several fields, which are one for everything that is not HTTP/2.
fn join_cookies(headers: &mut HeaderMap) {
    let pieces: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if pieces.len() < 2 {
        return;
    }
    if let Ok(joined) = HeaderValue::from_bytes(&pieces.join(&b"; "[..])) {
        headers.insert(header::COOKIE, joined);
    }
}

fn request_id(ports: &Ports) -> Uuid {
    let mut bytes = [0; 16];
    ports.rng.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

fn original(
    head: request::Parts,
    host: Option<HeaderValue>,
    (connection, forwarded): (&Connection, Forwarded),
) -> Original {
    let is_https = forwarded.is_https.unwrap_or(connection.tls.is_some());
    let (scheme, own) = if is_https { ("https", 443) } else { ("http", 80) };
    let in_target = head.uri.authority().map(http::uri::Authority::as_str);
    let elsewhere = forwarded.host.as_deref().or(in_target);
    let in_header = || host.as_ref().and_then(|value| value.to_str().ok());
    let authority = elsewhere.or_else(in_header).unwrap_or("");
    let (name, port) = host_and_port(authority);
    let port = port.unwrap_or(if authority.is_empty() { connection.local.port() } else { own });
    let length = name.len();
    let host = match host {
        _ if name.is_empty() => Host::Named(connection.local.ip().to_string().into()),
        Some(value) if elsewhere.is_none() => Host::Header { value, length },
        _ => Host::named(name),
    };
    Original { method: head.method, scheme, host, port, uri: head.uri }
}

fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    // Many have no port.
    if !authority.bytes().any(|byte| byte == b':') {
        return (authority, None);
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && (!host.contains(':') || host.ends_with(']')) => {
            (host, port.parse().ok())
        }
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::host_and_port;

    #[test]
    fn host_and_port_are_told_apart_also_for_ipv6() {
        assert_eq!(host_and_port("a.example"), ("a.example", None));
        assert_eq!(host_and_port("a.example:8080"), ("a.example", Some(8080)));
        assert_eq!(host_and_port("[::1]:9"), ("[::1]", Some(9)));
        assert_eq!(host_and_port("[::1]"), ("[::1]", None));
    }
}
