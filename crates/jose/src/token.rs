//! Tokens: signed claims (RFC 7519).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Number, Value};

use crate::compact::{self, Parts};
use crate::jwe::Encrypted;
use crate::problem::{Part, TokenProblem};
use crate::{Allowed, Jws, Key, Limits, Proof, json};

/// A token as it arrived, taken apart.
#[derive(Debug)]
pub enum Received {
    /// Three parts: signed, or claiming to be.
    Signed(Unverified),
    /// Five parts: encrypted.
    Encrypted(Encrypted),
}

impl Received {
    /// Takes a token apart. `text` is the token alone, without `Bearer` and blanks around it.
    ///
    /// # Errors
    /// [`TokenProblem`] when it is not well formed.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, TokenProblem> {
        match compact::split(text, limits)? {
            Parts::Signed(parts) => {
                Unverified::of(Jws::of_parts(text, parts, limits)?, limits).map(Self::Signed)
            }
            Parts::Encrypted(parts) => Encrypted::of_parts(parts, limits).map(Self::Encrypted),
        }
    }
}

/// A token that nobody has verified yet. Its claims decide at most which keys to fetch.
pub struct Unverified {
    jws: Jws,
    claims: Arc<Map<String, Value>>,
}

impl Unverified {
    /// Takes a signed token apart; an encrypted one is refused.
    ///
    /// # Errors
    /// [`TokenProblem`] when it is not well formed.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, TokenProblem> {
        Self::of(Jws::parse(text, limits)?, limits)
    }

    fn of(jws: Jws, limits: &Limits) -> Result<Self, TokenProblem> {
        let claims = json::object(jws.payload(), limits).ok_or(TokenProblem::Json(Part::Payload))?;
        Ok(Self { jws, claims: Arc::new(claims) })
    }

    /// Its header.
    #[must_use]
    pub fn header(&self) -> &Map<String, Value> {
        self.jws.header()
    }

    /// What it claims. Not to be believed.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The id of the key that it names.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.jws.kid()
    }

    /// Whether it has no signature (`alg` is `none`).
    #[must_use]
    pub fn is_unsigned(&self) -> bool {
        self.jws.is_unsigned()
    }

    /// Finds out who vouches for it. Lifetime, issuer and audience are for others to look at: [`crate::Lifetime`],
    /// [`Token::issuer`], [`Token::audiences`].
    ///
    /// # Errors
    /// As [`Jws::verify`].
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k Key>,
        allowed: &Allowed,
    ) -> Result<Token, TokenProblem> {
        let proof = self.jws.verify(keys, allowed)?;
        Ok(Token::new(Arc::clone(&self.jws.header), Arc::clone(&self.claims), proof))
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified(…)")
    }
}

/// A token that was verified: what its signer says. Look at [`Token::proof`] if unsigned ones were allowed.
#[derive(Clone)]
pub struct Token {
    /// The protected header.
    pub header: Arc<Map<String, Value>>,
    /// The claims.
    pub claims: Arc<Map<String, Value>>,
    /// Who vouches for them.
    pub proof: Proof,
    /// `nbf` and `exp`, read once: they are looked at whenever the token is.
    times: [Time; 2],
}

/// A claim that is a time.
#[derive(Clone, Copy)]
enum Time {
    Absent,
    At(Timestamp),
    /// It is no number.
    Unreadable,
}

impl Time {
    fn of(claims: &Map<String, Value>, name: &str) -> Self {
        match claims.get(name) {
            None => Self::Absent,
            Some(Value::Number(seconds)) => Self::At(numeric_date(seconds)),
            Some(_) => Self::Unreadable,
        }
    }

    fn read(self, name: &'static str) -> Result<Option<Timestamp>, TokenProblem> {
        match self {
            Self::Absent => Ok(None),
            Self::At(time) => Ok(Some(time)),
            Self::Unreadable => Err(TokenProblem::ClaimType(name)),
        }
    }
}

impl Token {
    fn new(header: Arc<Map<String, Value>>, claims: Arc<Map<String, Value>>, proof: Proof) -> Self {
        let times = ["nbf", "exp"].map(|name| Time::of(&claims, name));
        Self { header, claims, proof, times }
    }

    /// `alg` of the header.
    #[must_use]
    pub fn algorithm(&self) -> Option<&str> {
        compact::named(&self.header, "alg")
    }

    /// `kid` of the header.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        compact::named(&self.header, "kid")
    }

    /// A claim that is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        compact::named(&self.claims, name)
    }

    /// `iss`, if it is text.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// `sub`, if it is text.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// `aud`: one text or an array of them (RFC 7519 section 4.1.3). What is no text is no audience.
    #[must_use]
    pub fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// `exp`.
    ///
    /// # Errors
    /// [`TokenProblem::ClaimType`] when it is there and no number.
    pub fn expires(&self) -> Result<Option<Timestamp>, TokenProblem> {
        let [_, expires] = self.times;
        expires.read("exp")
    }

    /// `nbf`.
    ///
    /// # Errors
    /// [`TokenProblem::ClaimType`] when it is there and no number.
    pub fn not_before(&self) -> Result<Option<Timestamp>, TokenProblem> {
        let [not_before, _] = self.times;
        not_before.read("nbf")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("proof", &self.proof).finish_non_exhaustive()
    }
}

/// Seconds since 1970, whole or not (RFC 7519 section 2). Times before or after what a calendar has become its ends.
fn numeric_date(seconds: &Number) -> Timestamp {
    let end = |late: bool| if late { Timestamp::MAX } else { Timestamp::MIN };
    if let Some(whole) = seconds.as_i64() {
        return Timestamp::from_second(whole).unwrap_or(end(whole > 0));
    }
    let fraction = seconds.as_f64().unwrap_or(f64::MAX);
    SignedDuration::try_from_secs_f64(fraction)
        .ok()
        .and_then(|since| Timestamp::from_duration(since).ok())
        .unwrap_or(end(fraction > 0.0))
}

/// What stands for a token, or for the keys that verified it, in caches: a SHA-256. What has the same digest is the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token's compact form.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(digest::digest(&digest::SHA256, text.as_bytes()).as_ref().try_into().unwrap_or_default())
    }

    /// The digest of several texts or values. Each counts with its length, so that no other parts have the same one.
    #[must_use]
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(&part.len().to_le_bytes());
            context.update(part);
        }
        Self(context.finish().as_ref().try_into().unwrap_or_default())
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}
