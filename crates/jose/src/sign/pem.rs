//! Private keys as PEM (RFC 7468).

use secret::Secret;
use zeroize::Zeroizing;

use crate::base64url;

/// A PKCS#8 document as PEM: lines of 64 characters.
pub(crate) fn private_key(pkcs8: &[u8]) -> Secret {
    let text = Zeroizing::new(base64url::encode_standard(pkcs8));
    // Room for all of it, so that no half-filled copy stays behind when the text grows.
    let mut pem = String::with_capacity(text.len() + text.len() / 64 + 64);
    pem.push_str("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Secret::new(pem)
}
