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

/// A backend's URL for the moment of writing it down: without its query, which may hold credentials.
#[derive(Clone, Copy, Debug)]
pub struct LoggedTarget<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The host, with its port where it has one; what stands before an `@` in it is left out.
    pub authority: &'a str,
    /// The path.
    pub path: &'a str,
}

impl<'a> LoggedTarget<'a> {
    /// Its text in pieces, one after the other.
    pub(super) fn pieces(&self) -> [&'a str; 4] {
        [self.scheme, "://", without_user(self.authority), self.path]
    }
}

/// What stands before an `@` could be a password.
fn without_user(authority: &str) -> &str {
    let begin = authority.bytes().rposition(|byte| byte == b'@').map_or(0, |at| at + 1);
    authority.get(begin..).unwrap_or_default()
}

impl LoggedUrl {
    /// Place, path and query as they were, but for the values of the query parameters with a name that `is_secret` tells
    /// (it is asked with the name decoded), and values that look like JSON Web Tokens: no policy need have asked for one.
    #[must_use]
    pub fn new(place: Place<'_>, path: &str, query: Option<&str>, is_secret: impl Fn(&str) -> bool) -> Self {
        let host = without_user(place.host);
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
    let mut rest = Some(query);
    while let Some(pairs) = rest {
        let (pair, others) = split(pairs, b'&');
        match split_once(pair) {
            Some((name, value)) if is_one(name, &is_secret) || holds_token(value) => {
                text.push_str(name);
                text.push('=');
                text.push_str(MASK);
            }
            None if holds_token(pair) => text.push_str(MASK),
            _ => text.push_str(pair),
        }
        if others.is_some() {
            text.push('&');
        }
        rest = others;
    }
}

/// What stands before a mark, and behind it if it is there. These texts are short, so that looking at byte after byte is
/// faster than any searcher.
fn split(text: &str, mark: u8) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| byte == mark);
    at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
        .map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn split_once(pair: &str) -> Option<(&str, &str)> {
    let (name, value) = split(pair, b'=');
    Some((name, value?))
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
    if !name.bytes().any(|byte| matches!(byte, b'%' | b'+' | b' ')) {
        return is_secret(name);
    }
    let decoded: Cow<'_, str> = percent_decode_str(name).decode_utf8_lossy();
    // `+` is a blank in a query: around a name it changes nothing.
    let decoded = decoded.trim_matches(['+', ' ']);
    is_secret(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_shown_without_who_signs_in() {
        let target = LoggedTarget { scheme: "http", authority: "user:p@ss@backend:8080", path: "/a" };
        assert_eq!(target.pieces().concat(), "http://backend:8080/a");
    }

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
