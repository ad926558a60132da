//! Key agreement on a curve (RFC 7518 section 4.6).

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::digest;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::content::ContentEncryption;
use super::management::Management;
use crate::key::{EcPublic, Wiped, ec};
use crate::{Curve, base64url, compact};

pub(crate) fn algorithm(curve: Curve) -> &'static agreement::Algorithm {
    match curve {
        Curve::P256 => &agreement::ECDH_P256,
        Curve::P384 => &agreement::ECDH_P384,
        Curve::P521 => &agreement::ECDH_P521,
    }
}

/// The key that both sides come to: of the content, or of the wrapping. The header holds the sender's point and the
/// parties' names.
pub(crate) fn agree(
    private: &PrivateKey,
    management: Management,
    encryption: ContentEncryption,
    header: &Map<String, Value>,
) -> Option<Wiped> {
    let sender = ec(header.get("epk")?.as_object()?).ok()?;
    agree_with(private, &sender, management, encryption, header)
}

pub(crate) fn agree_with(
    private: &PrivateKey,
    other: &EcPublic,
    management: Management,
    encryption: ContentEncryption,
    header: &Map<String, Value>,
) -> Option<Wiped> {
    let (name, bytes) = match management.wrapping_bytes() {
        Some(bytes) => (management.name(), bytes),
        None => (encryption.name(), encryption.key_bytes()),
    };
    let info = [party(name.as_bytes()), named(header, "apu")?, named(header, "apv")?].concat();
    let peer = UnparsedPublicKey::new(algorithm(other.curve()), other.point());
    agreement::agree(private, peer, (), |secret| Ok(derive(secret, &info, bytes))).ok()
}

/// The Concat KDF of NIST SP 800-56A with SHA-256, as RFC 7518 section 4.6.2 uses it.
fn derive(secret: &[u8], info: &[u8], bytes: usize) -> Wiped {
    let public_info = u32::try_from(bytes * 8).unwrap_or(u32::MAX).to_be_bytes();
    let mut key = Zeroizing::new(Vec::with_capacity(bytes + 32));
    for round in 1_u32.. {
        if key.len() >= bytes {
            break;
        }
        let mut hash = digest::Context::new(&digest::SHA256);
        for part in [&round.to_be_bytes()[..], secret, info, &public_info] {
            hash.update(part);
        }
        key.extend_from_slice(hash.finish().as_ref());
    }
    key.truncate(bytes);
    key
}

/// A party's name out of the header; an absent one is empty.
fn named(header: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    match header.get(name) {
        None => Some(party(&[])),
        Some(_) => base64url::decode(compact::named(header, name)?).map(|bytes| party(&bytes)),
    }
}

/// Its length before it.
fn party(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length, bytes].concat()
}
