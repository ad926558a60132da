//! The request that opens a conversation.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    AUTHORIZATION, CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::request::Parts;
use http::{Method, Version};
use percent_encoding::percent_decode_str;

use crate::account::{Deployment, Kind, Resource};
use crate::wire::errors::{self, Refusal};
use crate::wire::{Call, Operation, Wire};

/// What a key is joined with to be answered (RFC 6455 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The subprotocol of the realtime API.
const REALTIME: &str = "realtime";

/// COMPAT: how a browser, which cannot send headers with a WebSocket, sends its key (OpenAI's guide "Realtime API with
/// WebSocket").
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";

/// Whether a request asks for a WebSocket.
pub(crate) fn is_asked(parts: &Parts) -> bool {
    let has = |name: http::HeaderName, word: &str| {
        let values = parts.headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|each| each.trim().eq_ignore_ascii_case(word))
    };
    parts.method == Method::GET
        && parts.version == Version::HTTP_11
        && has(CONNECTION, "upgrade")
        && has(UPGRADE, "websocket")
        && parts.headers.contains_key(SEC_WEBSOCKET_KEY)
}

/// The headers with the caller's credential where other calls have it, wherever a WebSocket brings it.
pub(crate) fn credentials(call: &Call, parts: &Parts) -> HeaderMap {
    let mut headers = parts.headers.clone();
    if call.operation != Operation::Realtime || headers.contains_key(AUTHORIZATION) {
        return headers;
    }
    if let Some(key) = protocols(&parts.headers).find_map(|each| each.strip_prefix(KEY_PROTOCOL)) {
        let value = HeaderValue::try_from(format!("Bearer {key}"));
        value.into_iter().for_each(|value| drop(headers.insert(AUTHORIZATION, value)));
    } else if call.wire.is_azure()
        && let Some(value) = parameter(parts, "api-key").and_then(|key| HeaderValue::try_from(key).ok())
    {
        // COMPAT: Azure's realtime reference: "provide an API key ... or as a query string parameter".
        headers.entry("api-key").or_insert(value);
    }
    headers
}

/// The deployment that the query names.
pub(crate) fn target<'a>(
    call: &Call,
    parts: &Parts,
    resource: &'a Resource,
) -> Result<&'a Deployment, Refusal> {
    let name = match call.wire {
        Wire::AzureDated => "deployment",
        _ => "model",
    };
    let Some(named) = parameter(parts, name) else { return Err(crate::fields::missing(name)) };
    let found = resource.deployment(&named).ok_or_else(|| errors::no_such_deployment(call.wire, &named))?;
    match found.kind {
        Kind::Chat => Ok(found),
        Kind::Embedding => Err(errors::not_supported(call.wire, "realtime", &found.model)),
    }
}

/// The headers of an answer that switches protocols.
pub(crate) fn answer(parts: &Parts, headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let key = parts.headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    let accept = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, GUID].concat()));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if protocols(&parts.headers).any(|each| each == REALTIME) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(REALTIME));
    }
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let pairs = parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(each, value)| *each == name && !value.is_empty())?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}
