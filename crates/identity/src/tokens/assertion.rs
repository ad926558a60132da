//! Client assertions: what a certificate's key signs to prove who the gateway is.
//!
//! Facts: management 2.2 row 3 and RFC 7523 3: `iss` and `sub` are the client id, `aud` is the token endpoint, it lives
//! for about ten minutes and has an id of its own. Entra finds the certificate by its thumbprint: `x5t` (SHA-1) as most
//! libraries send it, `x5t#S256` as its newer page on certificate credentials wants. RS256 with an RSA key; with a key
//! on a curve, that curve's algorithm.

use jiff::Timestamp;
use jose::sign::SigningKey;
use secret::Secret;
use serde_json::{Map, Value};

use super::file;
use crate::settings::CertificateSource;

/// Bytes of certificates and key at most.
const LARGEST_PEM: u64 = 256 * 1024;

/// Seconds that an assertion lives.
const LIFE: i64 = 600;

/// Certificate and private key, as they are at this moment.
pub(super) async fn pem(source: &CertificateSource) -> Result<Secret, String> {
    match source {
        CertificateSource::File(path) => file::read(path, LARGEST_PEM).await,
        CertificateSource::Slot(slot) => slot.load().map_err(|unset| unset.to_string()),
    }
}

/// An assertion for the token endpoint `audience`. `now` and `random` make it unique.
pub(super) fn make(
    pem: &Secret,
    client_id: &str,
    audience: &str,
    (now, random): (Timestamp, [u8; 16]),
) -> Result<Secret, String> {
    let key = SigningKey::from_pem(pem.expose().as_bytes())
        .map_err(|error| format!("certificate and private key cannot be used: {error}"))?;
    let (Some(x5t), Some(x5t_s256)) = (key.x5t(), key.x5t_s256()) else {
        return Err("there is a private key and no certificate in the same PEM text".to_owned());
    };
    let header = object([("x5t", x5t.into()), ("x5t#S256", x5t_s256.into())]);
    let claims = object([
        ("aud", audience.into()),
        ("iss", client_id.into()),
        ("sub", client_id.into()),
        ("jti", format!("{:032x}", u128::from_be_bytes(random)).into()),
        ("nbf", now.as_second().into()),
        ("iat", now.as_second().into()),
        ("exp", now.as_second().saturating_add(LIFE).into()),
    ]);
    let signed = key.sign(key.algorithm(), &header, &claims);
    signed.map_err(|error| format!("the client assertion cannot be signed: {error}"))
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
