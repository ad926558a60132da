//! Private keys: read, never shown.

use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Map, Value};

use crate::Curve;
use crate::der::without_zeros;
use crate::key::{BadKey, Wiped, ec, octets, text};

/// A private key.
pub(crate) enum Private {
    Rsa(RsaKeyPair),
    Ec { curve: Curve, pair: EcdsaKeyPair },
}

impl Private {
    pub(crate) fn from_pem(pem: &[u8]) -> Result<Self, BadKey> {
        match PrivateKeyDer::from_pem_slice(pem).map_err(|_| BadKey::Private)? {
            PrivateKeyDer::Pkcs1(der) => rsa(RsaKeyPair::from_der(der.secret_pkcs1_der()).ok()),
            PrivateKeyDer::Sec1(der) => of_any_curve(der.secret_sec1_der()),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                rsa(RsaKeyPair::from_pkcs8(der).ok()).or_else(|_| of_any_curve(der))
            }
            _ => Err(BadKey::Private),
        }
    }

    pub(crate) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, BadKey> {
        match text(jwk, "kty")? {
            "RSA" => rsa_of_jwk(jwk).map(Self::Rsa),
            "EC" => {
                let public = ec(jwk)?;
                let curve = public.curve();
                let d = octets(jwk, "d")?;
                EcdsaKeyPair::from_private_key_and_public_key(ecdsa(curve), &d, public.point())
                    .map(|pair| Self::Ec { curve, pair })
                    .map_err(|_| BadKey::Private)
            }
            _ => Err(BadKey::Kind),
        }
    }
}

fn rsa(pair: Option<RsaKeyPair>) -> Result<Private, BadKey> {
    pair.map(Private::Rsa).ok_or(BadKey::Private)
}

fn of_any_curve(der: &[u8]) -> Result<Private, BadKey> {
    Curve::ALL
        .into_iter()
        .find_map(|curve| {
            let pair = EcdsaKeyPair::from_private_key_der(ecdsa(curve), der).ok()?;
            Some(Private::Ec { curve, pair })
        })
        .ok_or(BadKey::Private)
}

/// An RSA key with all of its members (RFC 7518 section 6.3.2), which are checked against each other.
pub(crate) fn rsa_of_jwk(jwk: &Map<String, Value>) -> Result<RsaKeyPair, BadKey> {
    let (n, e) = (octets(jwk, "n")?, octets(jwk, "e")?);
    let components = KeyPairComponents::<&[u8], Wiped> {
        public_key: PublicKeyComponents { n: without_zeros(&n), e: without_zeros(&e) },
        d: octets(jwk, "d")?,
        p: octets(jwk, "p")?,
        q: octets(jwk, "q")?,
        dP: octets(jwk, "dp")?,
        dQ: octets(jwk, "dq")?,
        qInv: octets(jwk, "qi")?,
    };
    RsaKeyPair::from_components(&components).map_err(|_| BadKey::Private)
}

pub(crate) fn ecdsa(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        Curve::P521 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}
