//! Keys as JSON (RFC 7517, RFC 7518 section 6).

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::material::Wiped;
use super::{Binding, EcPublic, Key, Marks, Material, RsaPublic};
use crate::{Curve, base64url, der};

/// Why something is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadKey {
    /// Shorter than is accepted.
    #[error("the key has {bits} bits; at least {least} are needed")]
    TooShort {
        /// Its bits.
        bits: usize,
        /// The bits that it needs.
        least: usize,
    },
    /// A member is missing.
    #[error("`{0}` is missing or not a string")]
    Missing(&'static str),
    /// A member is not Base64url without padding.
    #[error("`{0}` is not Base64url")]
    Encoding(&'static str),
    /// `kty` or `crv` is not known.
    #[error("the kind of key is not supported; RSA, EC on P-256, P-384 and P-521, and oct are")]
    Kind,
    /// Modulus and exponent are no RSA key.
    #[error("not an RSA key of at most 8192 bits with an odd exponent")]
    Rsa,
    /// Not a point of its curve.
    #[error("not a point of its curve")]
    Point,
    /// Not an X.509 certificate, or with a kind of key that is not supported.
    #[error("not an X.509 certificate with an RSA key or a key on P-256, P-384 or P-521")]
    Certificate,
    /// Not a private key in PEM.
    #[error("not a private key in PEM (PKCS#8, PKCS#1 or SEC 1, not encrypted)")]
    Private,
    /// The certificate belongs to another key.
    #[error("the certificate is not of this key")]
    OtherCertificate,
    /// `use` or `key_ops` say that it is for something else.
    #[error("`use` or `key_ops` say that the key is for something else")]
    OtherUse,
    /// The cryptographic library could not make it.
    #[error("the key could not be made")]
    Failed,
}

impl Key {
    /// A key of a JSON Web Key. What `kid`, `alg`, `use`, `key_ops`, `x5t` and `x5c` say is respected; private parts
    /// are not looked at.
    ///
    /// # Errors
    /// [`BadKey`] when it is of no known kind, incomplete, or not for verifying.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, BadKey> {
        if !is_for(jwk, "sig", "verify") {
            return Err(BadKey::OtherUse);
        }
        let chain = first_certificate(jwk);
        let key = match (text(jwk, "kty")?, &chain) {
            ("RSA", Some(certificate)) if !jwk.contains_key("n") => Self::certificate(certificate)?,
            ("RSA", _) => Self::of(Material::Rsa(rsa(jwk)?)),
            ("EC", Some(certificate)) if !jwk.contains_key("x") => Self::certificate(certificate)?,
            ("EC", _) => Self::of(Material::Ec(ec(jwk)?)),
            ("oct", _) => Self::of(Material::symmetric(&octets(jwk, "k")?)?),
            _ => return Err(BadKey::Kind),
        };
        Ok(key.marked(marks(jwk, chain.as_deref())))
    }
}

pub(crate) fn rsa(jwk: &Map<String, Value>) -> Result<RsaPublic, BadKey> {
    RsaPublic::new(&octets(jwk, "n")?, &octets(jwk, "e")?)
}

pub(crate) fn ec(jwk: &Map<String, Value>) -> Result<EcPublic, BadKey> {
    let curve = Curve::from_name(text(jwk, "crv")?).ok_or(BadKey::Kind)?;
    EcPublic::from_coordinates(curve, &octets(jwk, "x")?, &octets(jwk, "y")?)
}

/// Whether `use` and `key_ops` allow it; what is not said is allowed (RFC 7517 sections 4.2 and 4.3).
pub(crate) fn is_for(jwk: &Map<String, Value>, purpose: &str, operation: &str) -> bool {
    let purposes = jwk.get("use").is_none_or(|own| own.as_str() == Some(purpose));
    let operations = jwk.get("key_ops").is_none_or(|own| {
        own.as_array().is_some_and(|each| each.iter().any(|each| each.as_str() == Some(operation)))
    });
    purposes && operations
}

/// What the members say of the key. The thumbprint is computed from the certificate where there is one: a key answers
/// to no name that only claims to be its own.
pub(crate) fn marks(jwk: &Map<String, Value>, certificate: Option<&[u8]>) -> Marks {
    let own = |name| jwk.get(name).and_then(Value::as_str).map(Into::into);
    Marks {
        id: own("kid"),
        binding: Binding::Published,
        x5t: certificate.map_or_else(|| own("x5t"), |der| Some(super::thumbprint(der).into())),
        x5t_s256: certificate.map_or_else(|| own("x5t#S256"), |der| Some(super::thumbprint_s256(der).into())),
        algorithm: own("alg"),
    }
}

/// The first certificate of `x5c`, which is the key's own; plain Base64 (RFC 7517 section 4.7).
fn first_certificate(jwk: &Map<String, Value>) -> Option<Vec<u8>> {
    let certificate = base64url::decode_standard(jwk.get("x5c")?.get(0)?.as_str()?)?;
    der::of_certificate(&certificate).is_some().then_some(certificate)
}

/// A member that is text.
pub(crate) fn text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, BadKey> {
    members.get(name).and_then(Value::as_str).ok_or(BadKey::Missing(name))
}

/// A member that is bytes in Base64url.
pub(crate) fn octets(members: &Map<String, Value>, name: &'static str) -> Result<Wiped, BadKey> {
    let bytes = base64url::decode(text(members, name)?).ok_or(BadKey::Encoding(name))?;
    Ok(Zeroizing::new(bytes))
}
