//! `Body.As<T>()`.

use bytes::Bytes;
use expr::{BodyKind, Exception, Heap, HostObject, HostRef, Text, Value};
use http::{HeaderMap, header};

use crate::{Exchange, MessageBody};

/// Reads a body in a form; without `preserve` it is consumed.
///
/// COMPAT: a consumed body reads as empty (`?` in `expressions.md` 10: "fails or yields nothing").
pub(super) fn read(
    exchange: &mut Exchange,
    object: HostRef,
    kind: BodyKind,
    preserve: bool,
    heap: &mut Heap,
) -> Result<Value, Exception> {
    let limit = exchange.limits.expanded_body;
    let Some((body, headers)) = body_of(exchange, object) else { return Err(Exception::null_reference()) };
    if kind == BodyKind::Json
        && let MessageBody::Held(bytes) = body
        && !headers.contains_key(header::CONTENT_ENCODING)
        && let Some(value) = heap.kept_body(bytes)?
    {
        if !preserve {
            *body = MessageBody::Consumed;
        }
        return Ok(value);
    }
    let content = content(body, headers, limit)?;
    let value = convert(&content, kind, headers, heap)?;
    if !preserve {
        *body = MessageBody::Consumed;
    }
    Ok(value)
}

fn body_of(exchange: &mut Exchange, object: HostRef) -> Option<(&mut MessageBody, &HeaderMap)> {
    if object.object == HostObject::RequestBody {
        return Some((&mut exchange.request.body, &exchange.request.headers));
    }
    let response = exchange.response.as_mut()?;
    Some((&mut response.body, &response.headers))
}

fn content(body: &MessageBody, headers: &HeaderMap, limit: u64) -> Result<Bytes, Exception> {
    match body {
        MessageBody::None => Err(Exception::null_reference()),
        MessageBody::Consumed => Ok(Bytes::new()),
        // INVARIANT: the executor fills a body before the first step that may read it.
        MessageBody::Arriving(_) => Err(Exception::invalid_operation("The body has not been read.")),
        MessageBody::Held(_) => {
            let decoded = body.content(headers, limit);
            let decoded =
                decoded.map_err(|error| Exception::new("System.IO.InvalidDataException", error.to_string()));
            Ok(decoded?.unwrap_or_default())
        }
    }
}

fn convert(
    content: &Bytes,
    kind: BodyKind,
    headers: &HeaderMap,
    heap: &mut Heap,
) -> Result<Value, Exception> {
    match kind {
        BodyKind::Text | BodyKind::Xml => Ok(Value::Text(text(content, headers))),
        BodyKind::Bytes => heap.bytes(content.as_ref()),
        BodyKind::Json => heap.parse_body(content, &text(content, headers)),
    }
}

/// The text of a body: UTF-8 unless the `charset` of its `Content-Type` says Latin-1.
fn text(content: &Bytes, headers: &HeaderMap) -> Text {
    if is_latin1(headers) {
        return Text::from(content.iter().map(|&byte| char::from(byte)).collect::<String>());
    }
    let start = if content.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let content = content.slice(start..);
    Text::from_bytes(&content).unwrap_or_else(|| Text::copied(&String::from_utf8_lossy(&content)))
}

fn is_latin1(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    kind.split(';').skip(1).any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset")
            && ["iso-8859-1", "latin1", "us-ascii"].iter().any(|known| value.eq_ignore_ascii_case(known))
    })
}
