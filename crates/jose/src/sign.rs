//! Tokens of our own: keys that sign, and the tokens they make.
//!
//! Used for client assertions (RFC 7523), and by whoever plays an identity provider. Randomness comes from AWS-LC.

mod encrypt;
mod pem;
pub(crate) mod private;
mod publish;

pub use crate::jwe::content::ContentEncryption;
pub use crate::jwe::management::Management;
pub use encrypt::{Recipient, encrypt};

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, RsaEncoding, RsaKeyPair};
use aws_lc_rs::{hmac, rand};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secret::Secret;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::key::Wiped;
use crate::{BadKey, Curve, Key, SignatureAlgorithm as A, base64url, der, thumbprint, thumbprint_s256};
use private::Private;

/// A key that signs. Cloning shares it. It is never printed.
#[derive(Clone)]
pub struct SigningKey {
    material: Arc<Signing>,
    id: Option<Arc<str>>,
    /// The certificate and those above it, in DER.
    chain: Arc<[Vec<u8>]>,
}

enum Signing {
    Secret(Wiped),
    Private(Private),
}

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
    /// A point of a curve.
    Ec(Curve),
    /// 512 random bits, enough for every HS*.
    Symmetric,
}

/// Why nothing was signed or encrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key is of another kind.
    #[error("the key cannot sign with {0}")]
    OtherKind(A),
    /// The recipient's key does not fit.
    #[error("the recipient's key does not fit {0}")]
    OtherRecipient(&'static str),
    /// The cryptographic library could not.
    #[error("it could not be signed or encrypted")]
    Failed,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// [`BadKey::Failed`] when the library cannot.
    pub fn generate(kind: KeyKind) -> Result<Self, BadKey> {
        let rsa = |size| RsaKeyPair::generate(size).map(Private::Rsa).map_err(|_| BadKey::Failed);
        let private = match kind {
            KeyKind::Rsa2048 => rsa(KeySize::Rsa2048)?,
            KeyKind::Rsa3072 => rsa(KeySize::Rsa3072)?,
            KeyKind::Rsa4096 => rsa(KeySize::Rsa4096)?,
            KeyKind::Ec(curve) => {
                let pair = EcdsaKeyPair::generate(private::ecdsa(curve)).map_err(|_| BadKey::Failed)?;
                Private::Ec { curve, pair }
            }
            KeyKind::Symmetric => {
                let mut secret = [0; 64];
                rand::fill(&mut secret).map_err(|_| BadKey::Failed)?;
                return Self::symmetric(&Zeroizing::new(secret)[..]);
            }
        };
        Ok(Self::of(Signing::Private(private)))
    }

    /// A shared secret.
    ///
    /// # Errors
    /// As [`Key::symmetric`].
    pub fn symmetric(secret: &[u8]) -> Result<Self, BadKey> {
        Key::symmetric(secret)?;
        Ok(Self::of(Signing::Secret(Zeroizing::new(secret.to_vec()))))
    }

    /// The first private key in PEM (PKCS#8, PKCS#1 or SEC 1, not encrypted), with the certificates that stand in the
    /// same text, as files of certificates for applications have it.
    ///
    /// # Errors
    /// [`BadKey::Private`] when there is none that is supported, [`BadKey::OtherCertificate`] when the first
    /// certificate is of another key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadKey> {
        let key = Self::of(Signing::Private(Private::from_pem(pem)?));
        let has_certificate = CertificateDer::from_pem_slice(pem).is_ok();
        if has_certificate { key.with_certificates(pem) } else { Ok(key) }
    }

    /// A JSON Web Key with its private part. `kid` is respected.
    ///
    /// # Errors
    /// [`BadKey`] when it is of no known kind, or incomplete.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, BadKey> {
        let key = match crate::key::text(jwk, "kty")? {
            "oct" => Self::symmetric(&crate::key::octets(jwk, "k")?)?,
            _ => Self::of(Signing::Private(Private::from_jwk(jwk)?)),
        };
        let id = jwk.get("kid").and_then(Value::as_str).map(Into::into);
        Ok(Self { id, ..key })
    }

    fn of(material: Signing) -> Self {
        Self { material: Arc::new(material), id: None, chain: Arc::default() }
    }

    /// The same key, which tokens name with this `kid`.
    #[must_use]
    pub fn with_id(self, id: &str) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// The same key with its certificate, and those above it, out of PEM.
    ///
    /// # Errors
    /// [`BadKey::Certificate`] when there is none, [`BadKey::OtherCertificate`] when the first is of another key.
    pub fn with_certificates(self, pem: &[u8]) -> Result<Self, BadKey> {
        let chain = CertificateDer::pem_slice_iter(pem)
            .map(|each| each.map(|der| der.to_vec()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| BadKey::Certificate)?;
        let public = chain.first().and_then(|first| der::of_certificate(first)).ok_or(BadKey::Certificate)?;
        if self.public() != Some(public) {
            return Err(BadKey::OtherCertificate);
        }
        Ok(Self { chain: chain.into(), ..self })
    }

    /// The `kid` that tokens name it with.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The SHA-1 thumbprint of its certificate, as in `x5t`.
    #[must_use]
    pub fn x5t(&self) -> Option<String> {
        self.chain.first().map(|certificate| thumbprint(certificate))
    }

    /// The SHA-256 thumbprint of its certificate, as in `x5t#S256`.
    #[must_use]
    pub fn x5t_s256(&self) -> Option<String> {
        self.chain.first().map(|certificate| thumbprint_s256(certificate))
    }

    /// The algorithm that goes with it first: HS256, RS256, or that of its curve.
    #[must_use]
    pub fn algorithm(&self) -> A {
        match &*self.material {
            Signing::Secret(_) => A::Hs256,
            Signing::Private(Private::Rsa(_)) => A::Rs256,
            Signing::Private(Private::Ec { curve, .. }) => curve.algorithm(),
        }
    }

    /// A signed token. The header has `alg`, `typ` (`JWT`), `kid` if the key has an id, and what `extra` adds or says
    /// otherwise, such as `x5t`; `alg` cannot be said otherwise.
    ///
    /// # Errors
    /// [`SignError`] when the key does not fit the algorithm.
    pub fn sign(
        &self,
        algorithm: A,
        extra: &Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> Result<Secret, SignError> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(algorithm.name()));
        header.insert("typ".to_owned(), json!("JWT"));
        if let Some(id) = self.id() {
            header.insert("kid".to_owned(), json!(id));
        }
        for (name, value) in extra.iter().filter(|(name, _)| *name != "alg") {
            header.insert(name.clone(), value.clone());
        }
        let payload = serde_json::to_vec(claims).map_err(|_| SignError::Failed)?;
        self.sign_bytes(algorithm, &header, &payload)
    }

    /// Signed bytes under exactly this header, which need not name the algorithm.
    ///
    /// # Errors
    /// [`SignError`] when the key does not fit the algorithm.
    pub fn sign_bytes(
        &self,
        algorithm: A,
        header: &Map<String, Value>,
        payload: &[u8],
    ) -> Result<Secret, SignError> {
        let header = serde_json::to_vec(header).map_err(|_| SignError::Failed)?;
        let signed = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
        let signature = self.sign_text(algorithm, &signed)?;
        Ok(Secret::new(signed + "." + &signature))
    }

    /// The signature alone, in Base64url, over any text: for whoever puts a token together that is not well formed.
    ///
    /// # Errors
    /// [`SignError`] when the key does not fit the algorithm.
    pub fn sign_text(&self, algorithm: A, text: &str) -> Result<String, SignError> {
        self.signature(algorithm, text.as_bytes()).map(base64url::encode)
    }

    fn signature(&self, algorithm: A, signed: &[u8]) -> Result<Vec<u8>, SignError> {
        match &*self.material {
            Signing::Secret(secret) => {
                let hash = hash(algorithm).ok_or(SignError::OtherKind(algorithm))?;
                Ok(hmac::sign(&hmac::Key::new(hash, secret), signed).as_ref().to_vec())
            }
            Signing::Private(Private::Rsa(pair)) => {
                let encoding = encoding(algorithm).ok_or(SignError::OtherKind(algorithm))?;
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = SystemRandom::new();
                pair.sign(encoding, &random, signed, &mut signature).map_err(|_| SignError::Failed)?;
                Ok(signature)
            }
            Signing::Private(Private::Ec { curve, pair }) if curve.algorithm() == algorithm => {
                let made = pair.sign(&SystemRandom::new(), signed).map_err(|_| SignError::Failed)?;
                Ok(made.as_ref().to_vec())
            }
            Signing::Private(Private::Ec { .. }) => Err(SignError::OtherKind(algorithm)),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn hash(algorithm: A) -> Option<hmac::Algorithm> {
    match algorithm {
        A::Hs256 => Some(hmac::HMAC_SHA256),
        A::Hs384 => Some(hmac::HMAC_SHA384),
        A::Hs512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn encoding(algorithm: A) -> Option<&'static dyn RsaEncoding> {
    Some(match algorithm {
        A::Rs256 => &signature::RSA_PKCS1_SHA256,
        A::Rs384 => &signature::RSA_PKCS1_SHA384,
        A::Rs512 => &signature::RSA_PKCS1_SHA512,
        A::Ps256 => &signature::RSA_PSS_SHA256,
        A::Ps384 => &signature::RSA_PSS_SHA384,
        A::Ps512 => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}

/// A token that nobody signed (`alg` `none`), as tests and simulators need it.
#[must_use]
pub fn unsigned(claims: &Map<String, Value>) -> String {
    let claims = serde_json::to_vec(claims).unwrap_or_default();
    format!("{}.{}.", base64url::encode(r#"{"alg":"none","typ":"JWT"}"#), base64url::encode(claims))
}
