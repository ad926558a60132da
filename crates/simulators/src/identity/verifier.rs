//! Whether a token is one of this provider's, for services that are called with one.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::directory::TokenVersion;
use super::state::State;
use crate::signing::{Fault, audiences};
use crate::wire::auth::{AUDIENCES, Principal, TokenRefused, TokenVerifier};

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAccepted {
    /// It is no token.
    #[error("it is no token")]
    Malformed,
    /// The key that it names is not published.
    #[error("its key is not published")]
    UnknownKey,
    /// None of the keys signed it, or its algorithm is not RS256.
    #[error("its signature is wrong")]
    Signature,
    /// It expired, is not good yet, or never expires.
    #[error("it is not good at this time")]
    Time,
    /// No tenant of this provider issued it.
    #[error("no tenant of this provider issued it")]
    Issuer,
    /// It is for somebody else.
    #[error("it is for somebody else")]
    Audience,
}

impl From<Fault> for NotAccepted {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => Self::Malformed,
            Fault::UnknownKey => Self::UnknownKey,
            Fault::Signature => Self::Signature,
            Fault::Time => Self::Time,
        }
    }
}

/// Verifies tokens of a running provider, by the keys that it has at the moment. A handle.
///
/// It is the model simulator's [`TokenVerifier`] too, for whom the audiences that were given to it count.
#[derive(Clone)]
pub struct Verifier {
    state: Arc<State>,
    audiences: Arc<[String]>,
}

impl Verifier {
    pub(super) fn new(state: Arc<State>) -> Self {
        Self { state, audiences: AUDIENCES.iter().map(|audience| String::from(*audience)).collect() }
    }

    /// Accepts tokens for these audiences, instead of those of Azure OpenAI. A slash at the end does not matter.
    #[must_use]
    pub fn for_audiences(self, audiences: &[&str]) -> Self {
        Self { audiences: audiences.iter().map(|audience| String::from(*audience)).collect(), ..self }
    }

    /// The claims of a token: signature, issuer, audience and lifetime are good.
    ///
    /// # Errors
    /// What is not.
    pub fn claims(&self, token: &str) -> Result<Map<String, Value>, NotAccepted> {
        let claims = self.state.verified(token, self.state.now())?;
        let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
        let issues = |version| {
            let directory = self.state.directory();
            directory.tenants().iter().any(|one| self.state.issuers.issuer(one.id(), version) == issuer)
        };
        if ![TokenVersion::V1, TokenVersion::V2].into_iter().any(issues) {
            return Err(NotAccepted::Issuer);
        }
        let bare = |text: &str| String::from(text.strip_suffix('/').unwrap_or(text));
        let ours = |audience: &str| self.audiences.iter().any(|own| bare(own) == bare(audience));
        if audiences(&claims).any(ours) { Ok(claims) } else { Err(NotAccepted::Audience) }
    }
}

impl TokenVerifier for Verifier {
    fn verify(&self, token: &str) -> Result<Principal, TokenRefused> {
        let claims = self.claims(token).map_err(|_| TokenRefused)?;
        let id = claims.get("oid").and_then(Value::as_str).ok_or(TokenRefused)?;
        Ok(Principal { id: String::from(id) })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("audiences", &self.audiences).finish_non_exhaustive()
    }
}
