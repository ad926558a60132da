//! A secret was replaced while a request that uses it was under way: the new one is put where the old one stood.
//!
//! Policies put secrets into headers and the query; what they made is marked (a sensitive header, a tainted URL).
//! Credentials of backend entities are not looked for here: they are rendered anew. A secret that stands in the path, or
//! in a text that was made of it otherwise than by joining or as `Basic`, is not found.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::HeaderMap;
use policy::{Request, UsedSecret, query};
use secret::Secret;

use super::left_behind::has_token;

/// An old secret and the one that takes its place.
pub(super) struct Change {
    /// What a call was made with.
    pub old: Secret,
    /// What is used from now on.
    pub new: Secret,
}

/// Puts the secrets of this moment in place of those that were replaced.
pub(super) fn renew(used: &[UsedSecret], request: &mut Request) {
    for change in used.iter().filter_map(change) {
        in_headers(&change, &mut request.headers);
        if request.tainted_url {
            in_query(&change, request.query_mut());
        }
    }
}

/// Puts tokens of the gateway's own in place of those that were refused; they stand in headers only.
pub(super) fn renew_tokens(changes: &[Change], headers: &mut HeaderMap) {
    for change in changes {
        in_headers(change, headers);
    }
}

/// Whether a policy's headers hold this secret as it is.
pub(super) fn stands_in(secret: &Secret, headers: &HeaderMap) -> bool {
    headers.values().any(|value| value.is_sensitive() && has_token(value.as_bytes(), secret))
}

/// Whether any secret has another value than the one it was used with.
pub(super) fn any(used: &[UsedSecret]) -> bool {
    used.iter().any(|each| each.replaced().is_some())
}

fn change(used: &UsedSecret) -> Option<Change> {
    let old = used.value.clone().filter(|old| !old.is_empty())?;
    Some(Change { old, new: used.replaced()? })
}

impl Change {
    /// The text with the new secret; none when the old one is not in it.
    fn of(&self, text: &str) -> Option<String> {
        text.contains(self.old.expose()).then(|| text.replace(self.old.expose(), self.new.expose()))
    }

    /// The same for the value of a header, which may be `Basic` and the Base64 form of a text.
    fn of_header(&self, text: &str) -> Option<String> {
        if let Some((scheme, encoded)) = text.split_once(' ')
            && scheme.eq_ignore_ascii_case("basic")
        {
            let clear = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
            return Some(format!("{scheme} {}", STANDARD.encode(self.of(&clear)?)));
        }
        self.of(text)
    }
}

fn in_headers(change: &Change, headers: &mut HeaderMap) {
    for value in headers.values_mut().filter(|value| value.is_sensitive()) {
        let fresh = value.to_str().ok().and_then(|text| change.of_header(text));
        if let Some(mut fresh) = fresh.and_then(|text| HeaderValue::try_from(text).ok()) {
            fresh.set_sensitive(true);
            *value = fresh;
        }
    }
}

fn in_query(change: &Change, query: &mut Option<String>) {
    let Some(text) = query else { return };
    let parts: Vec<Cow<'_, str>> = query::parameters(text)
        .map(|each| match change.of(&each.value()) {
            Some(fresh) => Cow::Owned(query::encode(&each.name(), &fresh)),
            None => Cow::Borrowed(each.raw),
        })
        .collect();
    *query = Some(parts.join("&"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change() -> Change {
        Change { old: Secret::new("old+1"), new: Secret::new("new/2") }
    }

    #[test]
    fn the_new_secret_stands_where_the_old_one_stood() {
        let mut headers = HeaderMap::new();
        // RFC 7617: `me:old+1` and `me:new/2`.
        let basic = ["Basic bWU6b2xkKzE=", "Basic bWU6bmV3LzI="];
        for (name, text, is_ours) in [
            ("api-key", "old+1", true),
            ("authorization", "Bearer old+1", true),
            ("x-basic", basic[0], true),
            ("x-callers", "old+1", false),
        ] {
            let mut value = HeaderValue::from_static(text);
            value.set_sensitive(is_ours);
            headers.insert(name, value);
        }
        in_headers(&change(), &mut headers);
        let texts = [
            ("api-key", "new/2"),
            ("authorization", "Bearer new/2"),
            ("x-basic", basic[1]),
            ("x-callers", "old+1"),
        ];
        for (name, text) in texts {
            assert_eq!(headers[name], text);
        }
        assert!(headers["api-key"].is_sensitive());
        let mut query = Some("a=1&sig=x-old%2B1&b=%20".to_owned());
        in_query(&change(), &mut query);
        assert_eq!(query.as_deref(), Some("a=1&sig=x-new%2F2&b=%20"));
    }
}
