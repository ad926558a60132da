//! What `validate-jwt` and `validate-azure-ad-token` share: where a token stands, who signed it, what it must claim, and
//! what happens when it is refused.
//!
//! In the order in which a request meets them: [`place`] finds the token, [`keys`] and [`verify`] find out who vouches
//! for it, [`parties`] and [`claims`] say whether its claims are the ones that are wanted, [`accepted`] makes it known to later
//! policies, [`refusal`] answers when any of this fails.

pub(crate) mod accepted;
pub(crate) mod claims;
pub(crate) mod keys;
pub(crate) mod parties;
pub(crate) mod place;
pub(crate) mod refusal;
pub(crate) mod verify;
