//! Credentials out of what is recorded.

use aws_lc_rs::digest::{SHA256, digest as sha256};
use http::{HeaderMap, HeaderValue};

/// Headers that carry a credential of the model, of a gateway before it, or of a browser.
const SECRET_HEADERS: [&str; 9] = [
    "api-key",
    "authorization",
    "ocp-apim-subscription-key",
    "x-api-key",
    "proxy-authorization",
    "cookie",
    "x-identity-header",
    "secret",
    // A browser's key stands among the names.
    "sec-websocket-protocol",
];
/// Query parameters that do.
const SECRET_PARAMETERS: [&str; 4] = ["api-key", "subscription-key", "key", "code"];

/// `sha256:` and the hash of a text.
pub(crate) fn digest(text: &[u8]) -> String {
    let hash = sha256(&SHA256, text);
    hash.as_ref().iter().fold(String::from("sha256:"), |shown, byte| format!("{shown}{byte:02x}"))
}

/// The headers with credentials hashed. The scheme of `authorization` stays: `Bearer sha256:…`.
pub(crate) fn redacted_headers(headers: &HeaderMap) -> HeaderMap {
    let mut redacted = headers.clone();
    for (name, value) in &mut redacted {
        if SECRET_HEADERS.contains(&name.as_str()) {
            *value = hidden(value);
        }
    }
    redacted
}

/// The query with credentials hashed, as it was otherwise.
pub(crate) fn redacted_query(query: &str) -> String {
    let parts: Vec<String> = query.split('&').map(redacted_parameter).collect();
    parts.join("&")
}

fn redacted_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, value)) if SECRET_PARAMETERS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) => {
            format!("{name}={}", digest(value.as_bytes()))
        }
        _ => String::from(parameter),
    }
}

fn hidden(value: &HeaderValue) -> HeaderValue {
    let bytes = value.as_bytes();
    let shown = match value.to_str().ok().and_then(|text| text.split_once(' ')) {
        Some((scheme, credential)) => format!("{scheme} {}", digest(credential.as_bytes())),
        None => digest(bytes),
    };
    HeaderValue::try_from(shown).unwrap_or_else(|_| HeaderValue::from_static("sha256:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // SHA-256 of "abc": FIPS 180-2, appendix B.1.
    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn credentials_are_hashed_and_the_rest_stays() {
        let mut headers = HeaderMap::new();
        headers.insert("api-key", HeaderValue::from_static("abc"));
        headers.insert("authorization", HeaderValue::from_static("Bearer abc"));
        headers.insert("accept", HeaderValue::from_static("application/json"));
        let redacted = redacted_headers(&headers);
        assert_eq!(redacted["api-key"], ABC);
        assert_eq!(redacted["authorization"], format!("Bearer {ABC}"));
        assert_eq!(redacted["accept"], "application/json");
    }

    #[test]
    fn a_key_in_the_query_is_hashed() {
        let query = redacted_query("api-version=2024-10-21&Subscription-Key=abc&flag");
        assert_eq!(query, format!("api-version=2024-10-21&Subscription-Key={ABC}&flag"));
    }
}
