//! Keys that decrypt.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::agreement::PrivateKey as AgreementKey;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::content::ContentEncryption;
use super::management::Management;
use super::{agreement, wrap};
use crate::Curve;
use crate::key::{BadKey, Wiped, is_for, octets, text};
use crate::sign::private;

/// A key that opens encrypted tokens: a shared secret, or a private key. Cloning shares it. It is never printed.
#[derive(Clone)]
pub struct DecryptionKey {
    material: Arc<Material>,
    id: Option<Arc<str>>,
}

enum Material {
    Secret(Wiped),
    Rsa(Box<OaepPrivateDecryptingKey>),
    Ec(AgreementKey),
}

impl DecryptionKey {
    /// A shared secret: for `dir` and for AES Key Wrap. Its length decides which algorithms it fits.
    ///
    /// # Errors
    /// [`BadKey::TooShort`] for less than 128 bits.
    pub fn symmetric(secret: &[u8]) -> Result<Self, BadKey> {
        match secret.len() {
            0..16 => Err(BadKey::TooShort { bits: secret.len() * 8, least: 128 }),
            _ => Ok(Self::of(Material::Secret(Zeroizing::new(secret.to_vec())))),
        }
    }

    /// A private key in PEM (PKCS#8, PKCS#1 or SEC 1, not encrypted); what else stands in the text is not looked at.
    ///
    /// # Errors
    /// [`BadKey::Private`] when there is none, or of a kind or length that is not supported: RSA from 2048 bits, P-256,
    /// P-384, P-521.
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadKey> {
        match private::Private::from_pem(pem)? {
            private::Private::Rsa(pair) => Self::rsa(&pair),
            private::Private::Ec { curve, pair } => {
                let der = pair.private_key().as_der().map_err(|_| BadKey::Private)?;
                let key = AgreementKey::from_private_key_der(agreement::algorithm(curve), der.as_ref());
                key.map(|key| Self::of(Material::Ec(key))).map_err(|_| BadKey::Private)
            }
        }
    }

    /// A JSON Web Key with its private part. `kid` is respected.
    ///
    /// # Errors
    /// [`BadKey`] when it is of no known kind, incomplete, or not for decrypting.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, BadKey> {
        let operations = ["decrypt", "unwrapKey", "deriveKey", "deriveBits"];
        if !operations.iter().any(|operation| is_for(jwk, "enc", operation)) {
            return Err(BadKey::OtherUse);
        }
        let key = match text(jwk, "kty")? {
            "oct" => Self::symmetric(&octets(jwk, "k")?)?,
            "RSA" => Self::rsa(&private::rsa_of_jwk(jwk)?)?,
            "EC" => {
                let curve = Curve::from_name(text(jwk, "crv")?).ok_or(BadKey::Kind)?;
                let key = AgreementKey::from_private_key(agreement::algorithm(curve), &octets(jwk, "d")?);
                Self::of(Material::Ec(key.map_err(|_| BadKey::Private)?))
            }
            _ => return Err(BadKey::Kind),
        };
        let id = jwk.get("kid").and_then(Value::as_str).map(Into::into);
        Ok(Self { id, ..key })
    }

    fn rsa(pair: &aws_lc_rs::rsa::KeyPair) -> Result<Self, BadKey> {
        let der = pair.as_der().map_err(|_| BadKey::Private)?;
        let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| BadKey::Private)?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| BadKey::Private)?;
        Ok(Self::of(Material::Rsa(Box::new(key))))
    }

    fn of(material: Material) -> Self {
        Self { material: Arc::new(material), id: None }
    }

    /// The same key, for tokens that name this id or none.
    #[must_use]
    pub fn with_id(self, id: &str) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// Whether it may be the key that a token means: its id is named, it has none, or none is named. The id may be the
    /// thumbprint of a certificate.
    pub(crate) fn answers(&self, kid: Option<&str>, x5t: Option<&str>) -> bool {
        let named = |id: &str| kid.is_none_or(|kid| kid == id) || x5t == Some(id);
        self.id.as_deref().is_none_or(named)
    }

    /// The key of the content, if this key is of the right kind. INVARIANT: an encrypted key that does not come apart
    /// gives a key that nobody knows, so that only the tag fails, always at the same place (RFC 7516 section 11.5).
    pub(crate) fn content_key(
        &self,
        management: Management,
        encryption: ContentEncryption,
        header: &Map<String, Value>,
        encrypted: &[u8],
    ) -> Option<Wiped> {
        let found = match &*self.material {
            Material::Secret(secret) => unwrapped(management, secret, encrypted)?,
            Material::Rsa(key) => decrypted(key, management, encrypted)?,
            Material::Ec(key) if management.is_agreement() => {
                let agreed = agreement::agree(key, management, encryption, header)?;
                agreed_or_unwrapped(management, agreed, encrypted)
            }
            Material::Ec(_) => return None,
        };
        found.filter(|key| key.len() == encryption.key_bytes()).or_else(|| encryption.fresh_key())
    }
}

/// With a shared secret: nothing when it does not fit the algorithm, nothing inside when the key does not come apart.
fn unwrapped(management: Management, secret: &Wiped, encrypted: &[u8]) -> Option<Option<Wiped>> {
    match management {
        Management::Direct => Some(encrypted.is_empty().then(|| secret.clone())),
        _ if management.is_agreement() => None,
        _ => (management.wrapping_bytes()? == secret.len()).then(|| wrap::unwrap(secret, encrypted)),
    }
}

fn decrypted(
    key: &OaepPrivateDecryptingKey,
    management: Management,
    encrypted: &[u8],
) -> Option<Option<Wiped>> {
    let algorithm = management.oaep()?;
    let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
    let length = key.decrypt(algorithm, encrypted, &mut buffer, None).ok().map(|content| content.len());
    Some(length.map(|length| {
        buffer.truncate(length);
        buffer
    }))
}

fn agreed_or_unwrapped(management: Management, agreed: Wiped, encrypted: &[u8]) -> Option<Wiped> {
    match management.wrapping_bytes() {
        Some(_) => wrap::unwrap(&agreed, encrypted),
        None => encrypted.is_empty().then_some(agreed),
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey").field("id", &self.id).finish_non_exhaustive()
    }
}
