//! Credentials out of what is recorded of forms: `client_secret=sha256:…`.

use bytes::Bytes;

use crate::recorder::digest;

/// Parameters of the protocols that open something.
const SECRETS: [&str; 8] = [
    "client_secret",
    "client_assertion",
    "assertion",
    "code",
    "code_verifier",
    "refresh_token",
    "password",
    "token",
];

/// A form without its credentials; anything else as it is.
pub(crate) fn redacted_form(body: &Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(body) else { return body.clone() };
    let parts: Vec<String> = text.split('&').map(redacted).collect();
    Bytes::from(parts.join("&"))
}

fn redacted(part: &str) -> String {
    match part.split_once('=') {
        Some((name, value)) if SECRETS.contains(&name) => format!("{name}={}", digest(value.as_bytes())),
        _ => String::from(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_by_its_hash() {
        let shown = redacted_form(&Bytes::from_static(b"grant_type=client_credentials&client_secret=abc"));
        // SHA-256 of "abc": FIPS 180-2, appendix B.1.
        let hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(shown, format!("grant_type=client_credentials&client_secret={hash}"));
    }
}
