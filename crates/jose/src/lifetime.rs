//! When a token is valid.

use jiff::{SignedDuration, Timestamp};

use crate::{Token, TokenProblem};

/// What is wanted of a token's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The time of the check.
    pub now: Timestamp,
    /// How far the clocks of signer and gateway may be apart, in either direction. Negative counts as none.
    pub skew: SignedDuration,
    /// Whether a token without `exp` is refused.
    pub expiration: Expiration,
}

/// Whether a token must say when it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiration {
    /// It must.
    Required,
    /// Without `exp` it is valid for ever.
    Optional,
}

impl Lifetime {
    /// Whether the token is valid now. COMPAT: order and bounds are those of Microsoft.IdentityModel's
    /// `Validators.ValidateLifetime`: at the very second of `exp` (plus skew) a token is still valid; RFC 7519 section
    /// 4.1.4 has it expired then.
    ///
    /// # Errors
    /// [`TokenProblem::NoExpiration`], [`TokenProblem::NeverValid`], [`TokenProblem::NotYetValid`],
    /// [`TokenProblem::Expired`], or [`TokenProblem::ClaimType`] for times that are no numbers.
    pub fn check(&self, token: &Token) -> Result<(), TokenProblem> {
        let (from, until) = (token.not_before()?, token.expires()?);
        let now = self.now;
        if until.is_none() && self.expiration == Expiration::Required {
            return Err(TokenProblem::NoExpiration);
        }
        if let (Some(from), Some(expires)) = (from, until)
            && from > expires
        {
            return Err(TokenProblem::NeverValid { from, expires });
        }
        if let Some(from) = from.filter(|from| *from > self.shifted(self.skew())) {
            return Err(TokenProblem::NotYetValid { from, now });
        }
        match until.filter(|until| *until < self.shifted(-self.skew())) {
            Some(expires) => Err(TokenProblem::Expired { expires, now }),
            None => Ok(()),
        }
    }

    fn skew(&self) -> SignedDuration {
        self.skew.max(SignedDuration::ZERO)
    }

    fn shifted(&self, by: SignedDuration) -> Timestamp {
        self.now.saturating_add(by).unwrap_or(self.now)
    }
}
