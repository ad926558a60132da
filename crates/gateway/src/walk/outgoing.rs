//! The request as it goes to the backend: joined to the base URL, without what must not travel, with the backend's
//! credentials.

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use http::header::{self, Entry, HeaderMap, HeaderName, HeaderValue};
use http::uri::{self, PathAndQuery, Scheme as UriScheme};
use http::{Uri, Version};
use policy::query;
use policy::{Backend, BaseUrl, Exchange, Fault, FaultKind, Request, Scheme, Template};
use secret::Secret;

use crate::address::{LONGEST_ADDRESS, put_address};

use super::{left_behind, upgrade};

/// Headers that concern one connection only (RFC 9110 section 7.6.1), and those that we make anew.
static HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    // An offer to speak HTTP/2 without TLS; RFC 9113 section 3.1 gave it up.
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
];

/// `X-Forwarded-For`.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The head of the request that goes to the target of the exchange. `own_token` is what the backend entity signs in
/// with when it does by managed identity.
///
/// # Errors
/// When there is no target, or what policies made of the URL is not one, or a credential has no value.
pub(super) fn head(exchange: &Exchange, own_token: Option<&Secret>) -> Result<http::request::Parts, Fault> {
    head_of(exchange, exchange.request.headers.clone(), own_token)
}

/// The same, of headers that were taken out of the exchange.
///
/// # Errors
/// As above.
pub(super) fn head_of(
    exchange: &Exchange,
    mut headers: HeaderMap,
    own_token: Option<&Secret>,
) -> Result<http::request::Parts, Fault> {
    let Some(base) = exchange.target.base() else {
        let message = "The API has no service URL and no policy has chosen a backend.";
        return Err(Fault::with_message(FaultKind::BackendConnectionFailure, message));
    };
    let mut path_query = exchange.request.query().map(Cow::Borrowed);
    let takes_trailers = remove_fixed(&mut headers);
    if takes_trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    left_behind::remove(exchange, &mut headers, &mut path_query);
    if let Some(backend) = exchange.target.backend() {
        add_credentials(backend, &mut headers, &mut path_query)?;
    }
    if let Some(token) = own_token {
        headers.insert(header::AUTHORIZATION, bearer(token)?);
    }
    append_forwarded_for(&mut headers, exchange.forwarder.or(exchange.request.client_ip));
    upgrade::ask(exchange, &mut headers);
    let uri = uri(base, &exchange.request, path_query.as_deref())?;
    check_path(base, &exchange.request, &uri)?;
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = exchange.request.method.clone();
    parts.uri = uri;
    parts.version = Version::HTTP_11;
    parts.headers = headers;
    Ok(parts)
}

/// Whether the caller takes trailers. `TE` says so of one connection (RFC 9110 section 10.1.4); trailers pass through us, so
/// we say the same of ours. gRPC asks for nothing without it.
fn takes_trailers(headers: &HeaderMap) -> bool {
    headers.get(header::TE).is_some_and(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|part| part.trim_ascii().eq_ignore_ascii_case(b"trailers"))
    })
}

/// INVARIANT: a path that a policy made of what the caller sent (a parameter of the query, a piece of a segment) leads
/// nowhere else at the backend than it says: `..` in it is refused as it is in the caller's own path (decision 12).
fn check_path(base: &BaseUrl, request: &Request, uri: &Uri) -> Result<(), Fault> {
    if !base.computed && request.original.path().ends_with(request.path()) {
        // The caller's own path, which was looked at when the operation was found.
        return Ok(());
    }
    model::routing::check_path(uri.path()).map_err(|why| {
        let message = format!("The backend URL is not valid: {why}.");
        Fault::with_message(FaultKind::PolicyFailure, message)
    })
}

fn uri(base: &BaseUrl, request: &Request, query: Option<&str>) -> Result<Uri, Fault> {
    let bad = |what: &str| {
        let message = format!("The backend URL is not valid: its {what} cannot be used.");
        Fault::with_message(FaultKind::PolicyFailure, message)
    };
    let mut parts = uri::Parts::default();
    parts.scheme = Some(match base.scheme {
        Scheme::Http => UriScheme::HTTP,
        Scheme::Https => UriScheme::HTTPS,
    });
    parts.authority = Some(base.place.clone().ok_or_else(|| bad("host"))?);
    let joined = || path_and_query(base, request.path(), query);
    let path_and_query = as_sent(base, request, query).cloned().or_else(joined);
    parts.path_and_query = Some(path_and_query.ok_or_else(|| bad("path or query"))?);
    Uri::from_parts(parts).map_err(|_| bad("form"))
}

/// Path and query as the caller sent them, if they are what the backend is called with: many backends have them where the
/// API has them. What was read from the connection then goes on as it is.
fn as_sent<'a>(base: &BaseUrl, request: &'a Request, query: Option<&str>) -> Option<&'a PathAndQuery> {
    let sent = request.original.uri.path_and_query()?;
    let rest = sent.path().strip_prefix(&*base.path)?;
    let is_same = base.query.is_none() && query == sent.query() && rest == request.path();
    is_same.then_some(sent).filter(|_| rest.starts_with('/'))
}

/// Path and query behind those of the base; none when they cannot stand in a URL.
fn path_and_query(base: &BaseUrl, path: &str, query: Option<&str>) -> Option<PathAndQuery> {
    let queries = base.query.as_deref().into_iter().chain(query).filter(|query| !query.is_empty());
    let is_apart = !path.is_empty() && !path.starts_with('/');
    let marks = queries.clone().map(|query| query.len() + 1).sum::<usize>();
    // Exactly as long as it gets, so that the memory can be handed on as it is.
    let mut text = String::with_capacity(base.path.len() + usize::from(is_apart) + path.len().max(1) + marks);
    text.push_str(&base.path);
    if is_apart {
        text.push('/');
    }
    text.push_str(path);
    if text.is_empty() {
        text.push('/');
    }
    for (place, query) in queries.enumerate() {
        text.push(if place == 0 { '?' } else { '&' });
        text.push_str(query);
    }
    PathAndQuery::from_maybe_shared(Bytes::from(text)).ok()
}

/// Removes the headers that concern one connection, and those that `Connection` names.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if headers.keys().any(concerns_connection) {
        remove_named(headers);
        remove_each(headers);
    }
}

/// Removes the headers that `Connection` names.
///
/// INVARIANT: a caller's are removed before policies run. What a policy sets, such as the backend's key, is not the
/// caller's to take away by naming it there.
pub(super) fn remove_named(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        let named: Vec<HeaderName> = headers
            .get_all(header::CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
            .collect();
        for name in named {
            headers.remove(name);
        }
    }
}

/// Removes what the backend's connection has no use for; says whether the caller takes trailers.
fn remove_fixed(headers: &mut HeaderMap) -> bool {
    // Most messages have none of them, and looking at the names that are there costs less than looking for these.
    if !headers.keys().any(|name| concerns_connection(name) || *name == header::EXPECT) {
        return false;
    }
    let takes_trailers = takes_trailers(headers);
    remove_each(headers);
    // The caller is told to go on by us, when its body is read.
    headers.remove(header::EXPECT);
    takes_trailers
}

fn remove_each(headers: &mut HeaderMap) {
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// By length first: hardly any other name is as long as one of these.
fn concerns_connection(name: &HeaderName) -> bool {
    matches!(name.as_str().len(), 2 | 7 | 10 | 14 | 16..=19) && HOP_BY_HOP.contains(name)
}

/// Puts the backend entity's credentials over whatever is there.
fn add_credentials(
    backend: &Backend,
    headers: &mut HeaderMap,
    query: &mut Option<Cow<'_, str>>,
) -> Result<(), Fault> {
    for (name, templates) in &backend.credentials.headers {
        headers.remove(name);
        for template in templates {
            headers.append(name, sensitive(template, "")?);
        }
    }
    for (name, templates) in &backend.credentials.query {
        let mut own = query::without(query.as_deref(), |each| each.is(name));
        for template in templates {
            query::append(&mut own, name, render(template)?.as_str());
        }
        *query = own.map(Cow::Owned);
    }
    if let Some((scheme, parameter)) = &backend.credentials.authorization {
        let scheme = render(scheme)?;
        headers.insert(header::AUTHORIZATION, sensitive(parameter, scheme.as_str())?);
    }
    Ok(())
}

fn render(template: &Template) -> Result<expr::Text, Fault> {
    template.render().map_err(|unset| {
        let message = format!("The named value `{}` has no value.", unset.name);
        Fault::with_message(FaultKind::SecretUnavailable, message)
    })
}

fn bearer(token: &Secret) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
        Fault::with_message(FaultKind::PolicyFailure, "The gateway's own token cannot stand in a header.")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn sensitive(template: &Template, scheme: &str) -> Result<HeaderValue, Fault> {
    let text = render(template)?;
    let whole =
        if scheme.is_empty() { text.as_str().to_owned() } else { format!("{scheme} {}", text.as_str()) };
    let mut value = HeaderValue::from_str(&whole).map_err(|_| {
        Fault::with_message(FaultKind::PolicyFailure, "A backend credential cannot stand in a header.")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// COMPAT: the caller's address is appended to `X-Forwarded-For` on the way to the backend (`policies-b.md` 8); where a
/// trusted proxy has put it there, the proxy's.
fn append_forwarded_for(headers: &mut HeaderMap, client: Option<IpAddr>) {
    let Some(client) = client else { return };
    let mut room = [0; LONGEST_ADDRESS];
    let length = put_address(client, &mut room);
    let address = room.get(..length).unwrap_or_default();
    match headers.entry(FORWARDED_FOR) {
        Entry::Vacant(free) => {
            let _added = HeaderValue::from_bytes(address).map(|value| free.insert(value));
        }
        Entry::Occupied(mut there) => {
            let before = there.iter().filter(|value| value.to_str().is_ok());
            let all: Vec<&[u8]> = before.map(HeaderValue::as_bytes).chain([address]).collect();
            let joined = HeaderValue::from_bytes(&all.join(&b", "[..]));
            let _before = joined.map(|value| there.insert(value));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).fold(
            HeaderMap::new(),
            |mut map, (name, value)| {
                map.append(name, value);
                map
            },
        )
    }

    #[test]
    fn headers_of_the_connection_stay_on_it() {
        let mut map =
            headers(&[("connection", "close, X-Mine"), ("x-mine", "1"), ("te", "trailers"), ("accept", "a")]);
        remove_hop_by_hop(&mut map);
        assert_eq!(map, headers(&[("accept", "a")]));
    }

    #[test]
    fn a_caller_that_takes_trailers_is_told_from_others() {
        for (value, takes) in [
            ("trailers", true),
            ("deflate, Trailers", true),
            ("deflate", false),
            ("trailers;q=0", false),
            ("nottrailers", false),
        ] {
            assert_eq!(takes_trailers(&headers(&[("te", value)])), takes, "{value}");
        }
        assert!(!takes_trailers(&HeaderMap::new()));
    }

    #[test]
    fn path_and_query_are_joined_to_the_base() {
        let base = BaseUrl::parse("https://model.example/openai?sig=1").unwrap();
        let joined = |path, query| path_and_query(&base, path, query).unwrap().to_string();
        assert_eq!(joined("/chat%2Fx//y/", Some("a=b")), "/openai/chat%2Fx//y/?sig=1&a=b");
        assert_eq!(joined("", None), "/openai?sig=1");
    }

    #[test]
    fn what_the_backend_is_called_with_is_what_the_caller_sent_where_that_is_the_same() {
        let request = |sent: &'static str, from| {
            let original = policy::Original {
                method: http::Method::GET,
                scheme: "https",
                host: policy::Host::named("a.example"),
                port: 443,
                uri: Uri::from_static(sent),
            };
            let mut request = Request::new(original, HeaderMap::new(), policy::MessageBody::None);
            request.path = policy::RequestPath::Sent { from };
            request
        };
        for (base, sent, from, is_as_sent) in [
            ("https://model.example/openai", "/openai/a%2fb//?x=1", 7, true),
            ("https://model.example", "/openai/a", 0, true),
            ("https://model.example", "/openai/a", 7, false),
            ("https://model.example/openai?y=2", "/openai/a?x=1", 7, false),
            ("https://model.example/other", "/openai/a", 7, false),
            ("https://model.example/openai", "/openai", 7, false),
        ] {
            let (base, request) = (BaseUrl::parse(base).unwrap(), request(sent, from));
            let found = as_sent(&base, &request, request.query());
            assert_eq!(found.is_some(), is_as_sent, "{base} {sent}");
            let joined = path_and_query(&base, request.path(), request.query()).unwrap();
            assert!(found.is_none_or(|found| *found == joined), "{base} {sent}");
            assert!(as_sent(&base, &request, Some("z")).is_none());
        }
    }

    #[test]
    fn the_callers_address_comes_after_those_that_are_there() {
        for text in ["127.0.0.1", "10.20.0.255", "100.9.99.101", "::1", "2001:db8::1"] {
            let mut map = HeaderMap::new();
            append_forwarded_for(&mut map, text.parse().ok());
            assert_eq!(map[FORWARDED_FOR], text);
        }
        let mut map = headers(&[("x-forwarded-for", "a"), ("x-forwarded-for", "b, c")]);
        append_forwarded_for(&mut map, "9.8.7.6".parse().ok());
        assert_eq!(map, headers(&[("x-forwarded-for", "a, b, c, 9.8.7.6")]));
    }
}
