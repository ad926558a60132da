//! What others may know of a key that signs, and the form in which it is kept.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::KeyPair as _;
use secret::Secret;
use serde_json::{Map, Value, json};

use super::private::Private;
use super::{Signing, SigningKey, pem};
use crate::key::Material;
use crate::{BadKey, Key, base64url, der};

impl SigningKey {
    /// The key that verifies what this one signs, by its own id.
    ///
    /// # Errors
    /// [`BadKey`] when the library cannot read what it made.
    pub fn verifying_key(&self) -> Result<Key, BadKey> {
        let key = match &*self.material {
            Signing::Secret(secret) => Key::symmetric(secret)?,
            Signing::Private(_) => Key::of(Material::public(&self.public().ok_or(BadKey::Failed)?)?),
        };
        let marks = crate::key::Marks {
            id: self.id.clone(),
            x5t: self.x5t().map(Into::into),
            x5t_s256: self.x5t_s256().map(Into::into),
            ..Default::default()
        };
        Ok(key.marked(marks))
    }

    pub(super) fn public(&self) -> Option<der::Public<'_>> {
        match &*self.material {
            Signing::Secret(_) => None,
            Signing::Private(Private::Rsa(pair)) => der::of_pkcs1(pair.public_key().as_ref()),
            Signing::Private(Private::Ec { curve, pair }) => {
                Some(der::Public::Ec { curve: *curve, point: pair.public_key().as_ref() })
            }
        }
    }

    /// The public half as JSON Web Key: `kty`, `use`, `kid`, the numbers, and `x5t`, `x5t#S256`, `x5c` where there is a
    /// certificate. Nothing for a shared secret, which has no public half.
    #[must_use]
    pub fn public_jwk(&self) -> Option<Map<String, Value>> {
        let mut jwk = Map::new();
        let mut put = |name: &str, value: Value| drop(jwk.insert(name.to_owned(), value));
        match self.public()? {
            der::Public::Rsa { n, e } => {
                put("kty", json!("RSA"));
                put("use", json!("sig"));
                put("n", json!(base64url::encode(n)));
                put("e", json!(base64url::encode(e)));
            }
            der::Public::Ec { curve, point } => {
                let (x, y) = point.get(1..)?.split_at_checked(curve.coordinate_bytes())?;
                put("kty", json!("EC"));
                put("use", json!("sig"));
                put("crv", json!(curve.name()));
                put("x", json!(base64url::encode(x)));
                put("y", json!(base64url::encode(y)));
            }
        }
        if let Some(id) = self.id() {
            put("kid", json!(id));
        }
        if let (Some(x5t), Some(x5t_s256)) = (self.x5t(), self.x5t_s256()) {
            put("x5t", json!(x5t));
            put("x5t#S256", json!(x5t_s256));
            put("x5c", self.chain.iter().map(base64url::encode_standard).collect());
        }
        Some(jwk)
    }

    /// The private key as PKCS#8 in PEM. Nothing for a shared secret.
    ///
    /// # Errors
    /// [`BadKey::Failed`] when the library cannot.
    pub fn to_pem(&self) -> Result<Secret, BadKey> {
        let failed = |_| BadKey::Failed;
        match &*self.material {
            Signing::Secret(_) => Err(BadKey::Kind),
            Signing::Private(Private::Rsa(pair)) => {
                Ok(pem::private_key(pair.as_der().map_err(failed)?.as_ref()))
            }
            Signing::Private(Private::Ec { pair, .. }) => {
                Ok(pem::private_key(pair.to_pkcs8v1().map_err(failed)?.as_ref()))
            }
        }
    }
}
