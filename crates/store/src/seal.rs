//! Sealing values and hashing keys with data keys.
//!
//! A sealed value is bound to its [`Place`]: moved to another row or column, it does not open.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use model::KeyDigest;
use zeroize::Zeroizing;

use crate::StoreError;

/// The first byte of a sealed value: how it was sealed.
const FORMAT: u8 = 1;

/// Where a sealed value stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) table: &'static str,
    pub(crate) row: String,
    pub(crate) column: &'static str,
}

impl Place {
    /// What is authenticated beside the value. A NUL ends each part, so that no two places give the same bytes.
    fn bytes(&self) -> Vec<u8> {
        format!("cardea sealed value v1\0{}\0{}\0{}\0", self.table, self.row, self.column).into_bytes()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}.{}`, row {}", self.table, self.column, self.row)
    }
}

/// One key for AES-256-GCM; nonces are drawn at random for each value.
pub(crate) struct Sealer(RandomizedNonceKey);

impl Sealer {
    pub(crate) fn new(key: &[u8]) -> Result<Self, StoreError> {
        let failed = |_| StoreError::Cryptography { doing: "taking a key" };
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self).map_err(failed)
    }

    /// Format byte, nonce, encrypted value with its tag.
    pub(crate) fn seal(&self, place: &Place, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut body = value.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(place.bytes()), &mut body)
            .map_err(|_| StoreError::Cryptography { doing: "sealing a value" })?;
        Ok([&[FORMAT], nonce.as_ref().as_slice(), &body].concat())
    }

    /// The value again; nothing when it is damaged, was sealed by another key, or stands in another place.
    pub(crate) fn open(&self, place: &Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let tampered = || StoreError::Tampered { place: place.to_string() };
        let (format, rest) = sealed.split_first().ok_or_else(tampered)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(tampered)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| tampered())?;
        if *format != FORMAT {
            return Err(tampered());
        }
        let mut value = Zeroizing::new(body.to_vec());
        let length =
            self.0.open_in_place(nonce, Aad::from(place.bytes()), &mut value).map_err(|_| tampered())?.len();
        value.truncate(length);
        Ok(value)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

/// Hashes subscription keys with a key of the store (HMAC-SHA-256), so that a key can be looked up without keeping it.
#[derive(Clone)]
pub struct KeyHasher(Arc<hmac::Key>);

impl KeyHasher {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// The keyed hash of a subscription key.
    ///
    /// # Errors
    /// [`StoreError::Cryptography`] when the hash is not what it should be; does not happen.
    pub fn digest(&self, key: &str) -> Result<KeyDigest, StoreError> {
        let tag = hmac::sign(&self.0, key.as_bytes());
        let failed = |_| StoreError::Cryptography { doing: "hashing a key" };
        tag.as_ref().try_into().map(KeyDigest).map_err(failed)
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHasher(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: &str, column: &'static str) -> Place {
        Place { table: "t", row: row.into(), column }
    }

    #[test]
    fn a_sealed_value_opens_in_its_own_place_only() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal(&place("1", "a"), b"planted").unwrap();
        assert_eq!(sealer.open(&place("1", "a"), &sealed).unwrap().as_slice(), b"planted");
        for elsewhere in [place("2", "a"), place("1", "b"), place("1\0a", "")] {
            let problem = sealer.open(&elsewhere, &sealed).unwrap_err().to_string();
            assert!(problem.contains("does not open"), "{problem}");
        }
        assert!(Sealer::new(&[8; 32]).unwrap().open(&place("1", "a"), &sealed).is_err());
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal(&place("1", "a"), b"planted").unwrap();
        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert!(sealer.open(&place("1", "a"), &damaged).is_err(), "byte {index}");
            assert!(sealer.open(&place("1", "a"), &sealed[..index]).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn one_value_is_sealed_differently_each_time() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let seal = || sealer.seal(&place("1", "a"), b"planted").unwrap();
        assert_ne!(seal(), seal());
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_keyed_hash_is_hmac_sha_256() {
        let digest = KeyHasher::new(b"Jefe").digest("what do ya want for nothing?").unwrap();
        let hex: String = digest.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
