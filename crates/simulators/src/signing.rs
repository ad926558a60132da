//! Keys that sign tokens, published as Entra publishes them, and what is looked at in tokens that come back.

use std::sync::{Arc, OnceLock};

use jose::sign::{KeyKind, SigningKey};
use jose::{Allowed, Key, KeySet, Limits, SignatureAlgorithm, TokenProblem, Unverified};
use parking_lot::RwLock;
use rcgen::KeyPair;
use serde_json::{Map, Value, json};

use crate::authority::{AuthorityError, self_signed};

/// Clocks may be so far apart.
const SKEW: u64 = 300;
/// Keys that are published at most.
const MOST_KEYS: usize = 10;

/// A key that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The library has no entropy, or does not read what it wrote.
    #[error("a signing key cannot be made: {0}")]
    Key(#[from] jose::BadKey),
    /// The key has no certificate.
    #[error(transparent)]
    Certificate(#[from] AuthorityError),
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed,
    UnknownKey,
    Signature,
    Time,
}

/// A key with its certificate.
pub(crate) struct Signer {
    key: SigningKey,
    public: Key,
    jwk: Map<String, Value>,
    certificate: String,
}

impl Signer {
    /// Makes one. COMPAT: the id of Entra's keys is the thumbprint of their certificate; here `mark` goes before it.
    pub(crate) fn generate(name: &str, mark: &str) -> Result<Self, KeyError> {
        let key = SigningKey::generate(KeyKind::Rsa2048)?;
        let pair = KeyPair::from_pem(key.to_pem()?.expose()).map_err(AuthorityError::from)?;
        let certificate = self_signed(name, &pair)?;
        let key = key.with_certificates(certificate.as_bytes())?;
        let id = format!("{mark}{}", key.x5t().unwrap_or_default());
        let key = key.with_id(&id);
        let mut jwk = key.public_jwk().unwrap_or_default();
        jwk.shift_remove("x5t#S256");
        Ok(Self { public: key.verifying_key()?, jwk, certificate, key })
    }

    pub(crate) fn id(&self) -> &str {
        self.key.id().unwrap_or_default()
    }

    /// A token. COMPAT: the header of version 1 names the key twice, by `x5t` and `kid`.
    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> String {
        let mut extra = Map::new();
        if claims.get("ver").is_some_and(|version| version == "1.0") {
            extra.insert(String::from("x5t"), Value::from(self.id()));
        }
        self.sign_as(SignatureAlgorithm::Rs256, &extra, claims)
    }

    /// A token under the id of another key.
    pub(crate) fn sign_in_the_name_of(&self, other: &Self, claims: &Map<String, Value>) -> String {
        let mut extra = Map::new();
        extra.insert(String::from("kid"), Value::from(other.id()));
        self.sign_as(SignatureAlgorithm::Rs256, &extra, claims)
    }

    /// A token whose signature is an HMAC by what everybody knows: the certificate.
    pub(crate) fn confused(&self, claims: &Map<String, Value>) -> String {
        let key = SigningKey::symmetric(self.certificate.as_bytes()).map(|key| key.with_id(self.id()));
        let signed = key.ok().and_then(|key| key.sign(SignatureAlgorithm::Hs256, &Map::new(), claims).ok());
        signed.map_or_else(String::new, |token| String::from(token.expose()))
    }

    fn sign_as(
        &self,
        algorithm: SignatureAlgorithm,
        extra: &Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> String {
        // A key that was made for the algorithm signs; an empty token would be refused by everybody.
        let signed = self.key.sign(algorithm, extra, claims);
        signed.map_or_else(|_| String::new(), |token| String::from(token.expose()))
    }
}

/// The keys of an issuer that is seldom asked: they are made when it is.
pub(crate) struct LazyRing {
    name: &'static str,
    ring: OnceLock<Option<KeyRing>>,
}

impl LazyRing {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, ring: OnceLock::new() }
    }

    /// The keys. `None` when none can be made.
    pub(crate) fn get(&self) -> Option<&KeyRing> {
        self.ring.get_or_init(|| KeyRing::generate(self.name, "").ok()).as_ref()
    }
}

/// Whether the keys before the new one are published further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldKeys {
    /// They are: tokens that they signed stay good.
    Keep,
    /// They are not: tokens that they signed are good for nothing.
    Forget,
}

/// The keys of an issuer: the last one signs, all are published.
pub(crate) struct KeyRing {
    name: String,
    mark: String,
    keys: RwLock<Vec<Arc<Signer>>>,
    current: RwLock<Arc<Signer>>,
}

impl KeyRing {
    /// The first key of an issuer. Ids of its keys begin with `mark`.
    pub(crate) fn generate(name: &str, mark: &str) -> Result<Self, KeyError> {
        let first = Arc::new(Signer::generate(name, mark)?);
        Ok(Self {
            name: String::from(name),
            mark: String::from(mark),
            keys: RwLock::new(vec![Arc::clone(&first)]),
            current: RwLock::new(first),
        })
    }

    /// Signs with a new key from now on. Its id is given back.
    pub(crate) fn rotate(&self, old: OldKeys) -> Result<String, KeyError> {
        let new = Arc::new(Signer::generate(&self.name, &self.mark)?);
        let mut keys = self.keys.write();
        if old == OldKeys::Forget {
            keys.clear();
        } else if keys.len() == MOST_KEYS {
            keys.remove(0);
        }
        keys.push(Arc::clone(&new));
        *self.current.write() = Arc::clone(&new);
        Ok(String::from(new.id()))
    }

    pub(crate) fn current(&self) -> Arc<Signer> {
        Arc::clone(&self.current.read())
    }

    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> String {
        self.current().sign(claims)
    }

    /// The published keys, each with `more`.
    pub(crate) fn jwks(&self, more: &Map<String, Value>) -> Value {
        let keys: Vec<Value> = self.keys.read().iter().map(|key| with(&key.jwk, more)).collect();
        json!({ "keys": keys })
    }

    /// The published keys, to verify with.
    pub(crate) fn set(&self) -> KeySet {
        KeySet::new(self.keys.read().iter().map(|key| key.public.clone()))
    }
}

fn with(jwk: &Map<String, Value>, more: &Map<String, Value>) -> Value {
    let mut jwk = jwk.clone();
    jwk.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(jwk)
}

/// The claims of a token that one of `keys` signed with RS256 and that is good now.
pub(crate) fn verified(token: &str, keys: &KeySet, now: u64) -> Result<Map<String, Value>, Fault> {
    let token = Unverified::parse(token, &limits()).map_err(|_| Fault::Malformed)?;
    signed(&token, keys)?;
    times(token.claims(), now)?;
    Ok(token.claims().clone())
}

/// Whether one of `keys` signed it with RS256.
pub(crate) fn signed(token: &Unverified, keys: &KeySet) -> Result<(), Fault> {
    match token.verify(keys.keys(), &Allowed::only([SignatureAlgorithm::Rs256])) {
        Ok(_) => Ok(()),
        Err(TokenProblem::KeyNotFound { .. }) => Err(Fault::UnknownKey),
        Err(_) => Err(Fault::Signature),
    }
}

/// Whether a token with these claims is good now. One that does not expire is not.
pub(crate) fn times(claims: &Map<String, Value>, now: u64) -> Result<(), Fault> {
    let expires = time(claims, "exp").ok_or(Fault::Time)?;
    let begins = time(claims, "nbf").unwrap_or_default();
    let good = expires.saturating_add(SKEW) > now && begins <= now.saturating_add(SKEW);
    if good { Ok(()) } else { Err(Fault::Time) }
}

/// A time of a token, in whole seconds since 1970.
///
/// COMPAT: Microsoft's Python library writes fractions, which RFC 7519 (`NumericDate`) allows.
pub(crate) fn time(claims: &Map<String, Value>, name: &str) -> Option<u64> {
    let value = claims.get(name)?;
    let fraction = || value.as_f64().filter(|seconds| (0.0..1e12).contains(seconds));
    value.as_u64().or_else(|| fraction().map(|seconds| seconds as u64))
}

/// The audiences of a token: one, or a list.
pub(crate) fn audiences(claims: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let value = claims.get("aud");
    let one = value.and_then(Value::as_str);
    let several = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(several)
}

/// Room for a token with many groups and a chain of certificates.
fn limits() -> Limits {
    Limits { token_bytes: 64 * 1024, header_bytes: 32 * 1024, ..Limits::default() }
}
