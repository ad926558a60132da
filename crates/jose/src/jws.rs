//! Signed content (RFC 7515), compact form.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::compact::{self, Parts};
use crate::key::Match;
use crate::problem::{HeaderProblem, Part, Shown, TokenProblem};
use crate::{Allowed, Key, Limits, SignatureAlgorithm, base64url};

/// Signed content of any kind, whose signature nobody has looked at yet.
pub struct Jws {
    pub(crate) header: Arc<Map<String, Value>>,
    algorithm: Signed,
    /// What the signature is over: header and payload as they stand in the token.
    signed: String,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// What `alg` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signed {
    By(SignatureAlgorithm),
    /// `none`: nobody vouches for it.
    ByNone,
}

/// Who vouches for content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A key of ours verified its signature.
    Signature {
        /// The algorithm.
        algorithm: SignatureAlgorithm,
        /// The key's id, if it has one.
        key: Option<String>,
    },
    /// Nobody (`alg` is `none`), and the caller said that this is enough.
    Unsigned,
}

impl Jws {
    /// Takes a compact form apart. Nothing is verified.
    ///
    /// # Errors
    /// [`TokenProblem`] when it is not well formed, or says what would have to be understood and is not.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, TokenProblem> {
        match compact::split(text, limits)? {
            Parts::Signed(parts) => Self::of_parts(text, parts, limits),
            Parts::Encrypted(_) => Err(TokenProblem::Segments),
        }
    }

    pub(crate) fn of_parts(text: &str, parts: [&str; 3], limits: &Limits) -> Result<Self, TokenProblem> {
        let [header, payload, signature] = parts;
        let signed = text.get(..header.len() + 1 + payload.len()).unwrap_or_default().to_owned();
        let header = compact::header(header, limits)?;
        let payload = compact::decode(payload, Part::Payload)?;
        let signature = compact::decode(signature, Part::Signature)?;
        let algorithm = match compact::algorithm(&header, "alg")? {
            "none" if signature.is_empty() => Signed::ByNone,
            "none" => return Err(HeaderProblem::SignedByNone.into()),
            name => Signed::By(known(name)?),
        };
        Ok(Self { header: Arc::new(header), algorithm, signed, payload, signature })
    }

    /// Its header.
    #[must_use]
    pub fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The id of the key that it names.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        compact::named(&self.header, "kid")
    }

    /// What is signed. Not to be believed before [`Self::verify`].
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Its compact form again.
    #[must_use]
    pub fn compact(&self) -> String {
        format!("{}.{}", self.signed, base64url::encode(&self.signature))
    }

    /// Whether it has a signature at all.
    #[must_use]
    pub fn is_unsigned(&self) -> bool {
        self.algorithm == Signed::ByNone
    }

    /// Finds out who vouches for it. Keys that the token names are tried first, then those that it might mean.
    ///
    /// # Errors
    /// [`TokenProblem::Unsigned`], [`TokenProblem::AlgorithmNotAllowed`], [`TokenProblem::KeyNotFound`] when fresh keys
    /// might help, [`TokenProblem::SignatureInvalid`] when they would not.
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k Key>,
        allowed: &Allowed,
    ) -> Result<Proof, TokenProblem> {
        let algorithm = match self.algorithm {
            Signed::ByNone if allowed.has_unsigned() => return Ok(Proof::Unsigned),
            Signed::ByNone => return Err(TokenProblem::Unsigned),
            Signed::By(algorithm) if allowed.has(algorithm) => algorithm,
            Signed::By(alg) => return Err(TokenProblem::AlgorithmNotAllowed { alg }),
        };
        let candidates = self.candidates(keys);
        let by = |key: &&Key| key.verify(algorithm, self.signed.as_bytes(), &self.signature);
        let all = || candidates.named.iter().chain(&candidates.possible).copied();
        match all().find(by) {
            Some(key) => Ok(Proof::Signature { algorithm, key: key.id().map(str::to_owned) }),
            None => Err(self.refusal(&candidates)),
        }
    }

    fn candidates<'k>(&self, keys: impl IntoIterator<Item = &'k Key>) -> Candidates<'k> {
        let (kid, x5t) = (self.kid(), compact::named(&self.header, "x5t"));
        let mut found = Candidates::default();
        for key in keys {
            match key.answers(kid, x5t) {
                Match::Named => found.named.push(key),
                Match::Possible => found.possible.push(key),
                Match::No => {}
            }
        }
        found
    }

    /// COMPAT: Microsoft.IdentityModel reports an unmatched key, not a bad signature, when the token names a key that
    /// none of the tried ones is, and APIM's `TokenSignatureKeyNotFound` is that.
    fn refusal(&self, candidates: &Candidates<'_>) -> TokenProblem {
        let kid = self.kid().map(Shown::new);
        let tried = candidates.named.len() + candidates.possible.len();
        if tried == 0 || (kid.is_some() && candidates.named.is_empty()) {
            TokenProblem::KeyNotFound { kid }
        } else {
            TokenProblem::SignatureInvalid { tried, kid }
        }
    }
}

impl std::fmt::Debug for Jws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jws(…)")
    }
}

#[derive(Default)]
struct Candidates<'k> {
    named: Vec<&'k Key>,
    possible: Vec<&'k Key>,
}

fn known(name: &str) -> Result<SignatureAlgorithm, TokenProblem> {
    SignatureAlgorithm::from_name(name)
        .ok_or_else(|| TokenProblem::AlgorithmUnknown { alg: Shown::new(name) })
}
