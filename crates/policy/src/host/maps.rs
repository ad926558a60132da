//! The dictionaries of `context`: headers, query parameters, matched parameters.

use expr::{HostObject, HostRef, Text};
use http::{HeaderMap, HeaderName, header};

use super::url;
use crate::{Exchange, query};

/// COMPAT: several values of a header or parameter are joined with `,` and no blank (`expressions.md` 5.1).
pub(super) fn joined(exchange: &Exchange, map: HostRef, key: &str) -> Option<Text> {
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

/// `Host` is kept apart from the headers, because the one that the caller sent does not travel to the backend.
fn request_header(exchange: &Exchange, key: &str) -> Vec<Text> {
    let found = header_values(&exchange.request.headers, key);
    if found.is_empty() && key.eq_ignore_ascii_case("host") {
        return vec![Text::copied(&exchange.request.original.host_header())];
    }
    found
}

fn header_values(headers: &HeaderMap, key: &str) -> Vec<Text> {
    let Ok(name) = HeaderName::from_bytes(key.as_bytes()) else { return Vec::new() };
    headers
        .get_all(name)
        .iter()
        .map(|value| {
            Text::copied(&String::from_utf8_lossy(value.as_bytes())).tainted_if(value.is_sensitive())
        })
        .collect()
}
