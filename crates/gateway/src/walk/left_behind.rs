//! What a caller sent for us and not for the backend: its subscription key, and a token that a policy validated.
//!
//! Exactly these values go, wherever they stand; everything else of the caller follows the policies (decisions 2, 3).

use std::borrow::Cow;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use model::{CallerToken, KeyNames};
use policy::{Exchange, PresentedToken, TokenPlace, query};
use secret::Secret;

/// Headers in which model services take a credential. One of these beside a validated token is what the backend is
/// signed in to with, though it may not be known to be a secret.
static CREDENTIALS: [HeaderName; 4] = [
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("x-functions-key"),
];

/// Up to so many bytes beside a token, each place where it can begin is looked at.
const BESIDE: usize = 4 * 1024;

/// Takes the caller's key and token out of a request to the backend.
pub(super) fn remove(exchange: &Exchange, headers: &mut HeaderMap, query: &mut Option<Cow<'_, str>>) {
    let Some(api) = &exchange.api else { return };
    if let (Some(key), false) = (&exchange.caller.key, exchange.caller.forward_key) {
        remove_caller_key(key, &api.key_names, headers, query);
    }
    let tokens = &exchange.caller.validated;
    if tokens.is_empty() || api.settings.caller_token == CallerToken::Forwarded {
        return;
    }
    if signs_in(exchange, headers) {
        for presented in tokens {
            remove_token(&presented.token, headers, query);
        }
    }
}

/// Whether the backend is signed in to with something else than the caller's token: a credential of the backend
/// entity, or one that a policy put into the request.
fn signs_in(exchange: &Exchange, headers: &HeaderMap) -> bool {
    exchange.target.backend().is_some_and(|backend| backend.credentials.any())
        || exchange.signs_in_by.is_some()
        || exchange.request.tainted_url
        || headers.values().any(HeaderValue::is_sensitive)
        || CREDENTIALS.iter().any(|name| headers.contains_key(name) && !brought(exchange, name, headers))
        || replaced(exchange, headers)
}

/// Whether a header holds nothing but what was validated.
fn brought(exchange: &Exchange, name: &HeaderName, headers: &HeaderMap) -> bool {
    headers.get_all(name).iter().all(|value| holds_any(&exchange.caller.validated, value))
}

/// Whether a policy replaced the `Authorization` in which the token came.
fn replaced(exchange: &Exchange, headers: &HeaderMap) -> bool {
    let came = TokenPlace::Header(header::AUTHORIZATION);
    exchange.caller.validated.iter().any(|presented| presented.place == came)
        && headers.contains_key(header::AUTHORIZATION)
        && !brought(exchange, &header::AUTHORIZATION, headers)
}

fn holds_any(tokens: &[PresentedToken], value: &HeaderValue) -> bool {
    tokens.iter().any(|presented| has_token(value.as_bytes(), &presented.token))
}

/// Removes exactly the caller's key from everywhere that a key may stand, also out of a header that a policy extended
/// (decision 2). It was read in one place only, but there are clients that send it in two.
fn remove_caller_key(
    key: &Secret,
    names: &KeyNames,
    headers: &mut HeaderMap,
    query: &mut Option<Cow<'_, str>>,
) {
    remove_value(headers, names.header.name(), |part| key.matches(part));
    remove_value(headers, &header::AUTHORIZATION, |part| is_bearer(part, key));
    remove_value(headers, &header::SEC_WEBSOCKET_PROTOCOL, |part| is_protocol_of(part, key));
    remove_parameter(query, |each| each.is(&names.query) && key.matches(&each.value()));
}

/// Removes a token from wherever it stands: a caller can send it in more than one place, and an expression can find it
/// in places of any form (`Bearer\teyJ…`, `Cookie: session=eyJ…`). What stands beside it stays.
fn remove_token(token: &Secret, headers: &mut HeaderMap, query: &mut Option<Cow<'_, str>>) {
    let holding: Vec<HeaderName> = headers
        .iter()
        .filter(|(_, value)| has_token(value.as_bytes(), token))
        .map(|(name, _)| name.clone())
        .collect();
    for name in holding {
        let separator = if name == header::COOKIE { b';' } else { b',' };
        if has_one_part(headers, &name, separator) {
            headers.remove(name);
        } else {
            replace(headers, &name, |value| without_part(value, separator, |part| has_token(part, token)));
        }
    }
    let has = |text: &str| has_token(text.as_bytes(), token);
    remove_parameter(query, |each| has(&each.value()) || has(&each.name()));
}

fn remove_parameter(query: &mut Option<Cow<'_, str>>, drop: impl Fn(&query::Parameter<'_>) -> bool) {
    if query.as_deref().is_some_and(|query| query::parameters(query).any(|each| drop(&each))) {
        *query = query::without(query.as_deref(), drop).map(Cow::Owned);
    }
}

fn is_bearer(part: &str, key: &Secret) -> bool {
    part.split_once(' ')
        .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && key.matches(token.trim()))
}

/// Browsers cannot send headers with a WebSocket, so clients put a key behind a name there
/// (`openai-insecure-api-key.<key>`).
fn is_protocol_of(part: &str, key: &Secret) -> bool {
    let behind_name = |(name, rest): (&str, &str)| !name.contains(',') && key.matches(rest);
    part.split_once('.').is_some_and(behind_name) || key.matches(part)
}

/// Whether the text holds the token; what surrounds it hides it from nobody.
///
/// A header that holds a token is hardly longer than it. To look at the few places where it can begin costs a fraction of
/// what a searcher for a text of this length needs before it looks anywhere; only in a longer header is one worth it.
pub(super) fn has_token(text: &[u8], token: &Secret) -> bool {
    let token = token.expose().as_bytes();
    match text.len().checked_sub(token.len()) {
        None => false,
        Some(beside) if beside <= BESIDE => begins_within(text, beside, token),
        Some(_) => memchr::memmem::find(text, token).is_some(),
    }
}

/// Whether the token begins at one of the first places of a text.
fn begins_within(text: &[u8], last: usize, token: &[u8]) -> bool {
    let (Some(first), Some(places)) = (token.first(), text.get(..=last)) else { return token.is_empty() };
    memchr::memchr_iter(*first, places).any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(token)))
}

/// Removes the values of a header, and the parts of comma-joined values, for which `drop` holds.
fn remove_value(headers: &mut HeaderMap, name: &HeaderName, drop: impl Fn(&str) -> bool) {
    let is_dropped = |part: &[u8]| std::str::from_utf8(part).is_ok_and(|text| drop(text.trim()));
    let touched = |value: &HeaderValue| {
        let text = value.as_bytes();
        is_dropped(text) || (memchr::memchr(b',', text).is_some() && parts(text, b',').any(is_dropped))
    };
    if headers.get_all(name).iter().any(touched) {
        // A key may hold a comma.
        replace(headers, name, |value| match is_dropped(value.as_bytes()) {
            true => None,
            false => without_part(value, b',', is_dropped),
        });
    }
}

/// Whether a header has one value, of one part: nearly always a token stands there with nothing but its scheme.
fn has_one_part(headers: &HeaderMap, name: &HeaderName, separator: u8) -> bool {
    let mut values = headers.get_all(name).iter();
    let only = values.next().filter(|_| values.next().is_none());
    only.is_some_and(|value| memchr::memchr(separator, value.as_bytes()).is_none())
}

/// Puts what `keep` leaves of each value of a header in place of it.
fn replace(headers: &mut HeaderMap, name: &HeaderName, keep: impl Fn(&HeaderValue) -> Option<HeaderValue>) {
    let kept: Vec<HeaderValue> = headers.get_all(name).iter().filter_map(keep).collect();
    headers.remove(name);
    for value in kept {
        headers.append(name, value);
    }
}

/// What stands between separators. A token is long, and to look for one byte in it many bytes at a time costs a fraction
/// of looking at each.
fn parts(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(separator, text).chain([text.len()]).map(move |end| {
        let part = text.get(start..end).unwrap_or_default();
        start = end + 1;
        part
    })
}

/// A value without the parts for which `drop` holds; none when nothing is left.
fn without_part(value: &HeaderValue, separator: u8, drop: impl Fn(&[u8]) -> bool) -> Option<HeaderValue> {
    let kept: Vec<&[u8]> = parts(value.as_bytes(), separator).filter(|part| !drop(part)).collect();
    let joined = kept.join(&separator);
    let left = joined.trim_ascii();
    if left.is_empty() {
        return None;
    }
    let mut fresh = HeaderValue::from_bytes(left).ok()?;
    fresh.set_sensitive(value.is_sensitive());
    Some(fresh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::outgoing::tests::headers;

    #[test]
    fn exactly_the_callers_key_is_removed() {
        let names = KeyNames::new("api-key", "subscription-key").unwrap();
        let remove = |map: &mut HeaderMap, query: &mut Option<Cow<'_, str>>| {
            remove_caller_key(&Secret::new("k-1"), &names, map, query);
        };
        let cases = [
            ("k-1", None),
            ("k-1,provider", Some("provider")),
            ("k-10", Some("k-10")),
            ("a, k-1 ,b", Some("a,b")),
            (",k-1,", Some(",")),
            ("k-1,k-1", None),
        ];
        for (given, left) in cases {
            let mut map = headers(&[("api-key", given)]);
            remove(&mut map, &mut None);
            assert_eq!(map.get("api-key").and_then(|v| v.to_str().ok()), left, "{given}");
        }
        let mut query = Some(Cow::Borrowed("subscription-key=k-1&Subscription-Key=mine&x=k-1"));
        remove(&mut HeaderMap::new(), &mut query);
        assert_eq!(query.as_deref(), Some("Subscription-Key=mine&x=k-1"));
        let mut map = headers(&[("authorization", "Bearer k-1"), ("api-key", "k-1")]);
        remove(&mut map, &mut Some(Cow::Borrowed("a=1")));
        assert!(map.is_empty());
        for (sent, left) in
            [("realtime, key.k-1, other.k-2", "realtime, other.k-2"), ("realtime, key.k-1", "realtime")]
        {
            let mut map = headers(&[("sec-websocket-protocol", sent)]);
            remove(&mut map, &mut None);
            assert_eq!(map, headers(&[("sec-websocket-protocol", left)]));
        }
    }

    #[test]
    fn a_token_is_found_at_any_place_of_a_text_of_any_length() {
        let token = Secret::new("e30.e30.sig");
        for (before, behind) in
            [(0, 0), (1, 0), (0, 1), (7, 100), (3_000, 3_000), (100, BESIDE), (2 * BESIDE, 0)]
        {
            let text = |token: &str| format!("{}{token}{}", "e3".repeat(before), "x".repeat(behind));
            assert!(has_token(text("e30.e30.sig").as_bytes(), &token), "{before} {behind}");
            assert!(!has_token(text("e30.e30.si").as_bytes(), &token), "{before} {behind}");
        }
    }

    #[test]
    fn a_token_is_removed_from_wherever_it_stands_and_nothing_else_is() {
        let token = Secret::new("e30.e30.sig");
        let mut map = headers(&[
            ("authorization", "Bearer e30.e30.sig"),
            ("x-ms-token", "e30.e30.sig"),
            ("x-list", "a, bearer  e30.e30.sig, b"),
            ("x-tab", "Bearer\te30.e30.sig"),
            ("cookie", "a=1,2; session=e30.e30.sig; b=2"),
            ("sec-websocket-protocol", "realtime, key.e30.e30.sig"),
            ("x-other", "e30.e30.gis"),
            ("accept", "*/*"),
        ]);
        let named = HeaderValue::from_bytes("n=ü; t=e30.e30.sig".as_bytes()).unwrap();
        map.append("cookie", named);
        let mut query =
            Some(Cow::Borrowed("access_token=e30.e30%2Esig&a=1&b=Bearer+e30.e30.sig&e30.e30.sig"));
        remove_token(&token, &mut map, &mut query);
        let mut left = headers(&[
            ("x-list", "a, b"),
            ("cookie", "a=1,2; b=2"),
            ("sec-websocket-protocol", "realtime"),
            ("x-other", "e30.e30.gis"),
            ("accept", "*/*"),
        ]);
        left.append("cookie", HeaderValue::from_bytes("n=ü".as_bytes()).unwrap());
        assert_eq!(map, left);
        assert_eq!(query.as_deref(), Some("a=1"));
    }
}
