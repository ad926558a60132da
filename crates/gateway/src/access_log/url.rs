//! A URL that may be written down.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use percent_encoding::percent_decode_str;

/// What stands for a value that is left out.
const MASK: &str = "***";

/// What stands between the parts of a URL: `://`, a port, `?`.
const ROOM_FOR_MARKS: usize = 10;

/// How a token begins: Base64 of `{"`.
const TOKEN: &str = "eyJ";

/// A URL whose secret query parameters are masked.
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedUrl(String);

/// Where a URL points to: scheme, host with or without port.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The host; what stands before an `@` in it is left out.
    pub host: &'a str,
    /// The port, unless it is not shown or stands in the host.
    pub port: Option<u16>,
}

impl LoggedUrl {
    /// Place, path and query as they were, but for the values of the query parameters with a name that `is_secret` tells
    /// (it is asked with the name decoded), and values that look like JSON Web Tokens: no policy need have asked for one.
    #[must_use]
    pub fn new(place: Place<'_>, path: &str, query: Option<&str>, is_secret: impl Fn(&str) -> bool) -> Self {
        // What stands before an `@` could be a password.
        let host = place.host.rsplit('@').next().unwrap_or_default();
        let length = place.scheme.len() + host.len() + path.len() + query.map_or(0, str::len);
        let mut text = String::with_capacity(length + ROOM_FOR_MARKS);
        for part in [place.scheme, "://", host] {
            text.push_str(part);
        }
        if let Some(port) = place.port {
            // INVARIANT: writing into memory does not fail.
            let _written = write!(text, ":{port}");
        }
        text.push_str(path);
        if let Some(query) = query {
            text.push('?');
            push_masked(&mut text, query, is_secret);
        }
        Self(text)
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LoggedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for LoggedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn push_masked(text: &mut String, query: &str, is_secret: impl Fn(&str) -> bool) {
    for (i, pair) in query.split('&').enumerate() {
        if i > 0 {
            text.push('&');
        }
        match pair.split_once('=') {
            Some((name, value)) if is_one(name, &is_secret) || holds_token(value) => {
                text.push_str(name);
                text.push('=');
                text.push_str(MASK);
            }
            None if holds_token(pair) => text.push_str(MASK),
            _ => text.push_str(pair),
        }
    }
}

/// Whether a text holds what may be a JSON Web Token: a header in Base64 and at least one dot behind it.
fn holds_token(text: &str) -> bool {
    // Most texts have neither.
    if !text.bytes().any(|byte| matches!(byte, b'.' | b'%')) {
        return false;
    }
    let begins = |text: &str| text.split_once(TOKEN).is_some_and(|(_, rest)| rest.contains('.'));
    begins(text) || (text.contains('%') && begins(&percent_decode_str(text).decode_utf8_lossy()))
}

fn is_one(name: &str, is_secret: impl Fn(&str) -> bool) -> bool {
    let decoded: Cow<'_, str> =
        if name.contains('%') { percent_decode_str(name).decode_utf8_lossy() } else { name.into() };
    // `+` is a blank in a query: around a name it changes nothing.
    let decoded = decoded.trim_matches(['+', ' ']);
    is_secret(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_a_query_string_are_masked_however_their_name_is_written() {
        let is_secret = |name: &str| {
            ["subscription-key", "api-key"].iter().any(|secret| secret.eq_ignore_ascii_case(name))
        };
        let place = Place { scheme: "http", host: "user:pass@gateway.example", port: Some(8080) };
        for (given, logged) in [
            ("/a/b", "/a/b"),
            ("/a?x=1&y=2", "/a?x=1&y=2"),
            ("/a?subscription-key=s3cret&x=1", "/a?subscription-key=***&x=1"),
            ("/a?x=1&Subscription-Key=s3cret", "/a?x=1&Subscription-Key=***"),
            ("/a?%73ubscription%2Dkey=s3cret", "/a?%73ubscription%2Dkey=***"),
            ("/a?+api-key=s3cret=s3cret", "/a?+api-key=***"),
            ("/a?api-key=s3cret?api-key=s3cret", "/a?api-key=***"),
            ("/a?subscription-key", "/a?subscription-key"),
            ("/a?t=eyJhbGciOiJub25lIn0.e30.&x=eyJ", "/a?t=***&x=eyJ"),
            ("/a?t=Bearer%20%65yJh.e30.s&x=eyJ", "/a?t=***&x=eyJ"),
            ("/a?eyJh.e30.s", "/a?***"),
            ("/a?", "/a?"),
            ("*", "*"),
        ] {
            let (path, query) =
                given.split_once('?').map_or((given, None), |(path, query)| (path, Some(query)));
            let url = LoggedUrl::new(place, path, query, is_secret);
            assert_eq!(url.as_str(), format!("http://gateway.example:8080{logged}"));
        }
    }
}
