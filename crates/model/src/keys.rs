//! Keys of subscriptions, and where a request carries one.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use secret::SecretSlot;

use crate::{Api, ApiKind, BearerKeys};

/// One of the two keys of a subscription.
#[derive(Clone, Debug)]
pub enum SubscriptionKey {
    /// The key itself, in a slot that can be filled again when it changes.
    Known(SecretSlot),
    /// A key that is only verified.
    Verified(KeyDigest),
}

/// The keyed hash of a key; who made it also holds the key of the hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest(pub [u8; 32]);

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(…)")
    }
}

/// A key that a request carries. Whether it is any good is another question.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedKey<'a> {
    /// The key.
    pub text: Cow<'a, str>,
    /// Where it stands, so that exactly it can be taken out again.
    pub found: WhereFound,
}

impl fmt::Debug for PresentedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedKey(…, {:?})", self.found)
    }
}

/// Where a request carries its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhereFound {
    /// In the API's header.
    Header,
    /// In the API's query parameter.
    Query,
    /// As `Authorization: Bearer`, or among the subprotocols of a WebSocket.
    Bearer,
}

/// The key that a request to an API carries, if any.
///
/// The header comes first; the query parameter is looked at only when the header is absent (documentation of
/// subscriptions); `Authorization: Bearer` last, and only where the API is set so. A header whose name is
/// `Authorization` may carry the key bare or after `Bearer`.
///
/// COMPAT: what an empty header means is not documented. Here a header that is there but empty (or blank) carries no
/// key and is as good as absent: a client library that always sends the header can still use the query parameter.
/// A header that is not text is there, and is a bad key.
#[must_use]
pub fn presented_key<'a>(
    api: &Api,
    headers: &'a HeaderMap,
    query: Option<&'a str>,
) -> Option<PresentedKey<'a>> {
    in_header(api, headers)
        .or_else(|| in_query(api, query?))
        .or_else(|| in_bearer(api, headers))
        .or_else(|| in_subprotocol(api, headers))
}

fn in_header<'a>(api: &Api, headers: &'a HeaderMap) -> Option<PresentedKey<'a>> {
    let name = api.key_names.header.name();
    let text = header_text(headers, name)?;
    let key = if name == AUTHORIZATION { strip_bearer(&text).map_or(text.clone(), into_owned) } else { text };
    Some(PresentedKey { text: key, found: WhereFound::Header })
}

fn into_owned<'a>(text: &str) -> Cow<'a, str> {
    Cow::Owned(text.to_owned())
}

/// As `String::from_utf8_lossy`, which looks at each byte by itself also where all of them are plain.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The header's first value that is not blank.
fn header_text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<Cow<'a, str>> {
    headers
        .get_all(name)
        .iter()
        .map(|value| lossy(value.as_bytes().trim_ascii()))
        .find(|text| !text.is_empty())
}

fn in_query<'a>(api: &Api, query: &'a str) -> Option<PresentedKey<'a>> {
    let wanted = &*api.key_names.query;
    // Nearly all parameters are others, and what a name says is decoded only where it may be another one than it looks.
    let may_be = |pair: &&[u8]| {
        let length = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let name = pair.get(..length).unwrap_or_default();
        name.eq_ignore_ascii_case(wanted.as_bytes()) || name.iter().any(|byte| matches!(byte, b'%' | b'+'))
    };
    let (_, text) = query
        .as_bytes()
        .split(|byte| *byte == b'&')
        .filter(may_be)
        .flat_map(url::form_urlencoded::parse)
        .find(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.is_empty())?;
    Some(PresentedKey { text, found: WhereFound::Query })
}

fn in_bearer<'a>(api: &Api, headers: &'a HeaderMap) -> Option<PresentedKey<'a>> {
    if api.settings.bearer_keys == BearerKeys::Ignored {
        return None;
    }
    let text = header_text(headers, &AUTHORIZATION)?;
    let key = strip_bearer(&text).map(into_owned)?;
    Some(PresentedKey { text: key, found: WhereFound::Bearer })
}

/// A WebSocket of a browser comes without headers of the page's making, so OpenAI takes keys among the subprotocols:
/// `realtime, openai-insecure-api-key.<key>`.
fn in_subprotocol<'a>(api: &Api, headers: &'a HeaderMap) -> Option<PresentedKey<'a>> {
    if api.settings.bearer_keys == BearerKeys::Ignored || api.kind != ApiKind::WebSocket {
        return None;
    }
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut keys =
        values.flat_map(|value| value.split(',')).filter_map(|each| each.trim().strip_prefix(SUBPROTOCOL));
    let text = Cow::Borrowed(keys.find(|key| !key.is_empty())?);
    Some(PresentedKey { text, found: WhereFound::Bearer })
}

/// What stands before a key there.
const SUBPROTOCOL: &str = "openai-insecure-api-key.";

/// What follows `Bearer`, whose case does not matter.
fn strip_bearer(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(' ')?;
    let key = rest.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}
