//! The dictionaries of `context`: headers, query parameters, matched parameters.

use expr::{HostObject, HostRef, Text};
use http::{HeaderMap, HeaderValue, header};

use super::url;
use crate::{Exchange, query};

/// COMPAT: several values of a header or parameter are joined with `,` and no blank (`expressions.md` 5.1).
pub(super) fn joined(exchange: &Exchange, map: HostRef, key: &str) -> Option<Text> {
    match map.object {
        HostObject::RequestHeaders => {
            let found = joined_header(&exchange.request.headers, key);
            return found.or_else(|| host_header(exchange, key));
        }
        HostObject::ResponseHeaders => return joined_header(&exchange.response.as_ref()?.headers, key),
        _ => {}
    }
    let all = values(exchange, map, key)?;
    match all.as_slice() {
        [one] => Some(one.clone()),
        many => {
            let text: Vec<&str> = many.iter().map(Text::as_str).collect();
            Some(Text::from(text.join(",")).tainted_if(many.iter().any(Text::is_tainted)))
        }
    }
}

pub(super) fn values(exchange: &Exchange, map: HostRef, key: &str) -> Option<Vec<Text>> {
    let found = match map.object {
        HostObject::RequestHeaders => request_header(exchange, key),
        HostObject::ResponseHeaders => header_values(&exchange.response.as_ref()?.headers, key),
        HostObject::MatchedParameters => {
            let matched = exchange.request.matched.iter().find(|each| each.name.eq_ignore_ascii_case(key));
            matched.map(|each| vec![each.value.clone()]).unwrap_or_default()
        }
        _ => {
            let url = url::view(exchange, map)?;
            let text = url.query.as_ref().map(Text::as_str);
            let tainted = url.query.as_ref().is_some_and(Text::is_tainted);
            let copied = |value: std::borrow::Cow<'_, str>| Text::copied(&value).tainted_if(tainted);
            query::values(text, key).into_iter().map(copied).collect()
        }
    };
    (!found.is_empty()).then_some(found)
}

pub(super) fn keys(exchange: &Exchange, map: HostRef) -> Vec<Text> {
    match map.object {
        HostObject::RequestHeaders => {
            let headers = &exchange.request.headers;
            let host = (!headers.contains_key(header::HOST)).then(|| Text::from_static("host"));
            host.into_iter().chain(names(headers)).collect()
        }
        HostObject::ResponseHeaders => {
            exchange.response.as_ref().map(|response| names(&response.headers).collect()).unwrap_or_default()
        }
        HostObject::MatchedParameters => {
            exchange.request.matched.iter().map(|each| Text::from_shared(&each.name)).collect()
        }
        _ => query_keys(exchange, map),
    }
}

fn query_keys(exchange: &Exchange, map: HostRef) -> Vec<Text> {
    let Some(url) = url::view(exchange, map) else { return Vec::new() };
    let mut keys: Vec<Text> = Vec::new();
    for parameter in query::parameters(url.query.as_ref().map_or("", Text::as_str)) {
        let name = parameter.name();
        if !keys.iter().any(|known| known.as_str().eq_ignore_ascii_case(&name)) {
            keys.push(Text::copied(&name));
        }
    }
    keys
}

fn names(headers: &HeaderMap) -> impl Iterator<Item = Text> {
    headers.keys().map(|name| Text::copied(name.as_str()))
}

fn request_header(exchange: &Exchange, key: &str) -> Vec<Text> {
    let found = header_values(&exchange.request.headers, key);
    if found.is_empty() { host_header(exchange, key).into_iter().collect() } else { found }
}

/// `Host` is kept apart from the headers, because the one that the caller sent does not travel to the backend.
fn host_header(exchange: &Exchange, key: &str) -> Option<Text> {
    let asked = key.eq_ignore_ascii_case("host");
    asked.then(|| Text::copied(&exchange.request.original.host_header()))
}

/// Nearly every header has one value, which takes no list.
fn joined_header(headers: &HeaderMap, key: &str) -> Option<Text> {
    let mut values = headers.get_all(key).iter().map(header_text);
    let first = values.next()?;
    let Some(second) = values.next() else { return Some(first) };
    let mut joined = format!("{},{}", first.as_str(), second.as_str());
    let mut tainted = first.is_tainted() || second.is_tainted();
    for value in values {
        joined.push(',');
        joined.push_str(value.as_str());
        tainted |= value.is_tainted();
    }
    Some(Text::from(joined).tainted_if(tainted))
}

fn header_text(value: &HeaderValue) -> Text {
    let text = match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Text::copied(text),
        Err(_) => Text::copied(&String::from_utf8_lossy(value.as_bytes())),
    };
    text.tainted_if(value.is_sensitive())
}

fn header_values(headers: &HeaderMap, key: &str) -> Vec<Text> {
    headers.get_all(key).iter().map(header_text).collect()
}
