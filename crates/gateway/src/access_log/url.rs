//! A URL that may be written down.

use std::borrow::Cow;
use std::fmt;

use http::uri::{Authority, Scheme};
use percent_encoding::percent_decode_str;

/// What stands for a value that is left out.
const MASK: &str = "***";

/// How a token begins: Base64 of `{"`.
const TOKEN: &str = "eyJ";

/// A URL whose secret query parameters are masked.
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedUrl(Box<str>);

impl LoggedUrl {
    /// Scheme, host, path and query as they were, but for the values of the query parameters with one of these
    /// names (in any case, percent-encoded or not), and values that look like JSON Web Tokens: no policy
    /// need have asked for one.
    #[must_use]
    pub fn new<N: AsRef<str>>(
        scheme: &Scheme,
        host: Option<&Authority>,
        path_and_query: &str,
        secret: &[N],
    ) -> Self {
        // What stands before an `@` could be a password.
        let host = host.map_or("", |host| host.as_str().rsplit('@').next().unwrap_or_default());
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let mut text = String::with_capacity(scheme.as_str().len() + 3 + host.len() + path_and_query.len());
        for part in [scheme.as_str(), "://", host, path] {
            text.push_str(part);
        }
        if let Some(query) = query {
            text.push('?');
            push_masked(&mut text, query, secret);
        }
        Self(text.into())
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

fn push_masked<N: AsRef<str>>(text: &mut String, query: &str, secret: &[N]) {
    for (i, pair) in query.split('&').enumerate() {
        if i > 0 {
            text.push('&');
        }
        match pair.split_once('=') {
            Some((name, value)) if is_one_of(name, secret) || holds_token(value) => {
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
    let begins = |text: &str| text.split_once(TOKEN).is_some_and(|(_, rest)| rest.contains('.'));
    begins(text) || (text.contains('%') && begins(&percent_decode_str(text).decode_utf8_lossy()))
}

fn is_one_of<N: AsRef<str>>(name: &str, secret: &[N]) -> bool {
    let decoded: Cow<'_, str> =
        if name.contains('%') { percent_decode_str(name).decode_utf8_lossy() } else { name.into() };
    // `+` is a blank in a query: around a name it changes nothing.
    let decoded = decoded.trim_matches(['+', ' ']);
    secret.iter().any(|secret| secret.as_ref().eq_ignore_ascii_case(decoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_a_query_string_are_masked_however_their_name_is_written() {
        let names = ["subscription-key", "api-key"];
        let host: Authority = "user:pass@gateway.example:8080".parse().unwrap();
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
            let url = LoggedUrl::new(&Scheme::HTTP, Some(&host), given, &names);
            assert_eq!(url.as_str(), format!("http://gateway.example:8080{logged}"));
        }
    }
}
