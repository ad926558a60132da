//! What keys consist of, and the verifications that they can do.

use std::fmt;

use aws_lc_rs::signature::{
    self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};
use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

use super::BadKey;
use crate::der::{Public, without_zeros};
use crate::{Curve, SignatureAlgorithm as A};

pub(crate) enum Material {
    Symmetric(Box<Symmetric>),
    Rsa(RsaPublic),
    Ec(EcPublic),
}

impl Material {
    pub(crate) fn symmetric(secret: &[u8]) -> Result<Self, BadKey> {
        Symmetric::new(secret).map(|key| Self::Symmetric(Box::new(key)))
    }

    pub(crate) fn public(public: &Public<'_>) -> Result<Self, BadKey> {
        match *public {
            Public::Rsa { n, e } => RsaPublic::new(n, e).map(Self::Rsa),
            Public::Ec { curve, point } => EcPublic::new(curve, point).map(Self::Ec),
        }
    }

    /// A digest of the key's kind and numbers: another key has another.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        match self {
            Self::Symmetric(key) => key.fingerprint,
            Self::Rsa(key) => digest_of(&[b"RSA", key.public_key_info()]),
            Self::Ec(key) => digest_of(&[key.curve.name().as_bytes(), &key.point]),
        }
    }

    pub(crate) fn kind(&self) -> impl fmt::Debug + use<> {
        match self {
            Self::Symmetric(_) => "oct",
            Self::Rsa(_) => "RSA",
            Self::Ec(key) => key.curve.name(),
        }
    }

    /// Whether a key of this kind can verify the algorithm.
    pub(crate) fn fits(&self, algorithm: A) -> bool {
        match self {
            Self::Symmetric(_) => algorithm.is_symmetric(),
            Self::Rsa(_) => {
                matches!(algorithm, A::Rs256 | A::Rs384 | A::Rs512 | A::Ps256 | A::Ps384 | A::Ps512)
            }
            Self::Ec(key) => key.curve.algorithm() == algorithm,
        }
    }

    pub(crate) fn verify(&self, algorithm: A, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Symmetric(key) => key.verify(algorithm, signed, signature),
            Self::Rsa(key) => key.verify(algorithm, signed, signature),
            Self::Ec(key) => key.curve.algorithm() == algorithm && key.verify(signed, signature),
        }
    }
}

/// A shared secret, prepared for each hash.
pub(crate) struct Symmetric {
    keys: [hmac::Key; 3],
    fingerprint: [u8; 32],
}

impl Symmetric {
    const LEAST_BYTES: usize = 128 / 8;

    fn new(secret: &[u8]) -> Result<Self, BadKey> {
        if secret.len() < Self::LEAST_BYTES {
            return Err(BadKey::TooShort { bits: secret.len() * 8, least: Self::LEAST_BYTES * 8 });
        }
        let key = |algorithm| hmac::Key::new(algorithm, secret);
        let keys = [key(hmac::HMAC_SHA256), key(hmac::HMAC_SHA384), key(hmac::HMAC_SHA512)];
        Ok(Self { keys, fingerprint: digest_of(&[b"oct", secret]) })
    }

    fn verify(&self, algorithm: A, signed: &[u8], tag: &[u8]) -> bool {
        let [sha256, sha384, sha512] = &self.keys;
        let key = match algorithm {
            A::Hs256 => sha256,
            A::Hs384 => sha384,
            A::Hs512 => sha512,
            _ => return false,
        };
        // In constant time, and the whole tag.
        hmac::verify(key, signed, tag).is_ok()
    }
}

/// An RSA public key, parsed for each padding and hash.
pub(crate) struct RsaPublic {
    parsed: Vec<(A, ParsedPublicKey)>,
}

impl RsaPublic {
    /// COMPAT: 1024 bits is the least that Microsoft.IdentityModel verifies RS* with
    /// (`DefaultMinimumAsymmetricKeySizeInBitsForVerifyingMap`). AWS-LC offers so short a key for RS256 and RS512 only,
    /// everything else from 2048.
    const LEAST_BITS: usize = 1024;
    const MOST_BITS: usize = 8192;

    pub(crate) fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, BadKey> {
        let (n, e) = (without_zeros(modulus), without_zeros(exponent));
        let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
        if bits < Self::LEAST_BITS {
            return Err(BadKey::TooShort { bits, least: Self::LEAST_BITS });
        }
        // An even or small exponent makes no key; a long one makes verifying as slow as signing.
        let odd = e.last().is_some_and(|last| last % 2 == 1) && e != [1];
        if bits > Self::MOST_BITS || !odd || e.len() > 5 {
            return Err(BadKey::Rsa);
        }
        let components = RsaPublicKeyComponents { n, e };
        let parsed = parameters(bits)
            .map(|(algorithm, parameters)| {
                Some((algorithm, components.to_parsed_public_key(parameters).ok()?))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(BadKey::Rsa)?;
        Ok(Self { parsed })
    }

    /// As SubjectPublicKeyInfo.
    pub(crate) fn public_key_info(&self) -> &[u8] {
        self.parsed.first().map_or(&[], |(_, key)| key.as_ref())
    }

    fn verify(&self, algorithm: A, signed: &[u8], signature: &[u8]) -> bool {
        let key = self.parsed.iter().find(|(own, _)| *own == algorithm);
        key.is_some_and(|(_, key)| key.verify_sig(signed, signature).is_ok())
    }
}

/// What a key of this length can verify.
fn parameters(bits: usize) -> impl Iterator<Item = (A, &'static RsaParameters)> {
    type Table = &'static [(A, &'static RsaParameters)];
    use signature as s;
    let (full, short): (Table, Table) = (
        &[
            (A::Rs256, &s::RSA_PKCS1_2048_8192_SHA256),
            (A::Rs384, &s::RSA_PKCS1_2048_8192_SHA384),
            (A::Rs512, &s::RSA_PKCS1_2048_8192_SHA512),
            (A::Ps256, &s::RSA_PSS_2048_8192_SHA256),
            (A::Ps384, &s::RSA_PSS_2048_8192_SHA384),
            (A::Ps512, &s::RSA_PSS_2048_8192_SHA512),
        ],
        &[
            (A::Rs256, &s::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
            (A::Rs512, &s::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        ],
    );
    if bits < 2048 { short } else { full }.iter().copied()
}

/// A point of a curve.
pub(crate) struct EcPublic {
    curve: Curve,
    point: Vec<u8>,
    parsed: ParsedPublicKey,
}

impl EcPublic {
    /// From an uncompressed point (SEC 1 section 2.3.3).
    pub(crate) fn new(curve: Curve, point: &[u8]) -> Result<Self, BadKey> {
        if point.first() != Some(&4) || point.len() != 1 + 2 * curve.coordinate_bytes() {
            return Err(BadKey::Point);
        }
        let parsed = ParsedPublicKey::new(verification(curve), point).map_err(|_| BadKey::Point)?;
        Ok(Self { curve, point: point.to_vec(), parsed })
    }

    pub(crate) fn from_coordinates(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, BadKey> {
        // RFC 7518 section 6.2.1.2: zeros in front belong to a coordinate.
        if x.len() != curve.coordinate_bytes() || y.len() != curve.coordinate_bytes() {
            return Err(BadKey::Point);
        }
        Self::new(curve, &[&[4], x, y].concat())
    }

    pub(crate) fn curve(&self) -> Curve {
        self.curve
    }

    /// As uncompressed point.
    pub(crate) fn point(&self) -> &[u8] {
        &self.point
    }

    /// The two coordinates.
    pub(crate) fn coordinates(&self) -> (&[u8], &[u8]) {
        self.point.get(1..).unwrap_or_default().split_at(self.curve.coordinate_bytes())
    }

    fn verify(&self, signed: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(signed, signature).is_ok()
    }
}

/// RFC 7518 section 3.4: r and s in full length, one after the other.
fn verification(curve: Curve) -> &'static dyn VerificationAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED,
        Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED,
        Curve::P521 => &signature::ECDSA_P521_SHA512_FIXED,
    }
}

/// Bytes that are wiped when dropped.
pub(crate) type Wiped = Zeroizing<Vec<u8>>;

/// SHA-256 over parts and their lengths.
pub(crate) fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = digest::Context::new(&digest::SHA256);
    for part in parts {
        hash.update(&part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finish().as_ref().try_into().unwrap_or_default()
}
