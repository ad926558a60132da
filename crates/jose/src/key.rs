//! Keys that verify.
//!
//! A [`Key`] is a public key or a shared secret, and what is known of it: its id, its certificate's thumbprints, what
//! it may be used for. INVARIANT: the kind of a key decides which algorithms it can verify, never the token alone. A
//! secret knows HS* only; an RSA key RS* and PS* only; a point of a curve that curve's ES* only. So a public key, which
//! everybody has, is never taken for the secret of an HS* token.

mod jwk;
mod material;
mod set;

pub use jwk::BadKey;
pub use set::{BadKeySet, KeySet};

pub(crate) use jwk::{ec, is_for, octets, text};
pub(crate) use material::{EcPublic, Material, RsaPublic, Wiped, digest_of};

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

use crate::{Curve, SignatureAlgorithm, base64url, der};

/// A key that verifies tokens. Cloning shares it. What it consists of is never printed.
#[derive(Clone)]
pub struct Key {
    material: Arc<Material>,
    marks: Marks,
}

/// What is known of a key beside its numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) id: Option<Arc<str>>,
    pub(crate) binding: Binding,
    pub(crate) x5t: Option<Arc<str>>,
    pub(crate) x5t_s256: Option<Arc<str>>,
    pub(crate) algorithm: Option<Arc<str>>,
}

/// What a key's id means for tokens that name none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The key's publisher names it so; tokens that name no key may be its too.
    #[default]
    Published,
    /// The key is for tokens that name it only (`id` of a policy's `key`).
    Strict,
}

/// How a key answers to what a token's header says of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// The token names this key.
    Named,
    /// It may be this key.
    Possible,
    /// It is not for this token.
    No,
}

impl Key {
    /// A shared secret, for HS*.
    ///
    /// # Errors
    /// [`BadKey::TooShort`] for less than 128 bits. COMPAT: the least that Microsoft.IdentityModel's
    /// `SymmetricSignatureProvider` takes (`DefaultMinimumSymmetricKeySizeInBits`). RFC 7518 section 3.2 wants as many
    /// bits as the hash has.
    pub fn symmetric(secret: &[u8]) -> Result<Self, BadKey> {
        Material::symmetric(secret).map(Self::of)
    }

    /// An RSA key by modulus and exponent, big-endian.
    ///
    /// # Errors
    /// [`BadKey`] when they are no key of 1024 to 8192 bits.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, BadKey> {
        RsaPublic::new(modulus, exponent).map(|key| Self::of(Material::Rsa(key)))
    }

    /// An RSA key by modulus and exponent in Base64url, as `n` and `e` of a policy's `key` are.
    ///
    /// # Errors
    /// [`BadKey`] when they are not Base64url or no key.
    pub fn rsa_base64url(modulus: &str, exponent: &str) -> Result<Self, BadKey> {
        let modulus = base64url::decode(modulus).ok_or(BadKey::Encoding("n"))?;
        let exponent = base64url::decode(exponent).ok_or(BadKey::Encoding("e"))?;
        Self::rsa(&modulus, &exponent)
    }

    /// A point of a curve by its coordinates, big-endian and in full length.
    ///
    /// # Errors
    /// [`BadKey`] when they are not on the curve.
    pub fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, BadKey> {
        EcPublic::from_coordinates(curve, x, y).map(|key| Self::of(Material::Ec(key)))
    }

    /// The public key of an X.509 certificate in DER. Answers to its thumbprints.
    ///
    /// # Errors
    /// [`BadKey`] when it is no certificate or its key is neither RSA nor of a known curve.
    pub fn certificate(certificate: &[u8]) -> Result<Self, BadKey> {
        let public = der::of_certificate(certificate).ok_or(BadKey::Certificate)?;
        let mut key = Self::of(Material::public(&public)?);
        key.marks.x5t = Some(thumbprint(certificate).into());
        key.marks.x5t_s256 = Some(thumbprint_s256(certificate).into());
        Ok(key)
    }

    /// The public key of the first X.509 certificate in PEM.
    ///
    /// # Errors
    /// As [`Self::certificate`].
    pub fn certificate_pem(pem: &[u8]) -> Result<Self, BadKey> {
        let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| BadKey::Certificate)?;
        Self::certificate(&certificate)
    }

    /// A public key as SubjectPublicKeyInfo in PEM (`BEGIN PUBLIC KEY`).
    ///
    /// # Errors
    /// [`BadKey::Kind`] when it is none, or neither RSA nor of a known curve.
    pub fn public_key_pem(pem: &[u8]) -> Result<Self, BadKey> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| BadKey::Kind)?;
        let public = der::of_public_key_info(info.as_ref()).ok_or(BadKey::Kind)?;
        Ok(Self::of(Material::public(&public)?))
    }

    pub(crate) fn of(material: Material) -> Self {
        Self { material: Arc::new(material), marks: Marks::default() }
    }

    pub(crate) fn marked(mut self, marks: Marks) -> Self {
        self.marks = marks;
        self
    }

    /// The same key, for tokens whose `kid` is this only. COMPAT: `id` of a `key` in `issuer-signing-keys`.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.marks.id = Some(id.into());
        self.marks.binding = Binding::Strict;
        self
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.marks.id.as_deref()
    }

    /// The SHA-1 thumbprint of its certificate, as in `x5t`.
    #[must_use]
    pub fn x5t(&self) -> Option<&str> {
        self.marks.x5t.as_deref()
    }

    /// The SHA-256 thumbprint of its certificate, as in `x5t#S256`.
    #[must_use]
    pub fn x5t_s256(&self) -> Option<&str> {
        self.marks.x5t_s256.as_deref()
    }

    /// A digest of all that decides what it verifies: its numbers, its id, its algorithm. Two keys with one fingerprint
    /// verify the same tokens, so that caches may use it; it is not for printing, since that of a short secret could be
    /// guessed.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        let Marks { id, binding, x5t, x5t_s256: _, algorithm } = &self.marks;
        let text = |text: &Option<Arc<str>>| text.as_deref().unwrap_or_default().as_bytes().to_vec();
        let binding = [u8::from(*binding == Binding::Strict), u8::from(id.is_some())];
        digest_of(&[&self.material.fingerprint(), &binding, &text(id), &text(x5t), &text(algorithm)])
    }

    /// Whether it is a shared secret.
    #[must_use]
    pub fn is_symmetric(&self) -> bool {
        matches!(*self.material, Material::Symmetric(_))
    }

    pub(crate) fn material(&self) -> &Material {
        &self.material
    }

    /// Whether it can and may verify this algorithm: its kind fits, and `alg`, if it has one, says so.
    #[must_use]
    pub fn verifies(&self, algorithm: SignatureAlgorithm) -> bool {
        let named = self.marks.algorithm.as_deref();
        named.is_none_or(|name| name == algorithm.name()) && self.material.fits(algorithm)
    }

    /// What the token's `kid` and `x5t` say about this key.
    pub(crate) fn answers(&self, kid: Option<&str>, x5t: Option<&str>) -> Match {
        let is = |own: Option<&str>, named: Option<&str>| own.is_some() && own == named;
        let named = is(self.id(), kid) || is(self.x5t(), kid) || is(self.x5t(), x5t);
        let strict = self.marks.binding == Binding::Strict && self.id().is_some();
        match (kid, self.id()) {
            // A strict key has one name only.
            _ if strict => {
                if is(self.id(), kid) {
                    Match::Named
                } else {
                    Match::No
                }
            }
            _ if named => Match::Named,
            // The token names a key, and this one has another name.
            (Some(_), Some(_)) => Match::No,
            _ => Match::Possible,
        }
    }

    /// Whether the signature over these bytes is this key's.
    pub(crate) fn verify(&self, algorithm: SignatureAlgorithm, signed: &[u8], signature: &[u8]) -> bool {
        self.verifies(algorithm) && self.material.verify(algorithm, signed, signature)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("kind", &self.material.kind())
            .field("id", &self.marks.id)
            .finish_non_exhaustive()
    }
}

/// The SHA-1 thumbprint of a certificate (DER), as in `x5t` (RFC 7515 section 4.1.7).
#[must_use]
pub fn thumbprint(certificate: &[u8]) -> String {
    base64url::encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate))
}

/// The SHA-256 thumbprint of a certificate (DER), as in `x5t#S256` (RFC 7515 section 4.1.8).
#[must_use]
pub fn thumbprint_s256(certificate: &[u8]) -> String {
    base64url::encode(digest::digest(&digest::SHA256, certificate))
}
