//! JSON Web Tokens, signed and encrypted, and the keys that verify them. No IO, no clock.
//!
//! ```
//! use jose::{Allowed, Key, Limits, Received};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = Key::symmetric(b"a secret of at least sixteen bytes")?;
//! let forged = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";
//! let Received::Signed(token) = Received::parse(forged, &Limits::default())? else { return Ok(()) };
//! assert!(token.verify([&key], &Allowed::all()).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! [`Received`] takes a token of a stranger apart, within [`Limits`]; [`Encrypted::decrypt`] opens what is encrypted;
//! [`Unverified::verify`] finds the [`Key`] that vouches for it and gives a [`Token`]; [`Lifetime`] looks at its times.
//! [`sign`] makes tokens. Nothing here fetches a key, follows a URL of a header, or knows what time it is.
//!
//! Over `aws-lc-rs` directly, without `jsonwebtoken`: that has no ES512 and no JWE, lets members stand twice and
//! `crit` stand unread, and wants to be told one key and one algorithm beforehand, so that all but the last call of
//! each verification would have to be done here anyway; a second reader of the same bytes is a risk, not a help.

mod algorithm;
mod base64url;
mod compact;
mod der;
pub mod fuzz;
mod json;
mod jwe;
mod jws;
mod key;
mod lifetime;
mod limits;
mod problem;
pub mod sign;
mod token;

pub use algorithm::{Allowed, Curve, SignatureAlgorithm};
pub use jwe::{DecryptionKey, Encrypted};
pub use jws::{Jws, Proof};
pub use key::{BadKey, BadKeySet, Key, KeySet, thumbprint, thumbprint_s256};
pub use lifetime::{Expiration, Lifetime};
pub use limits::Limits;
pub use problem::{HeaderProblem, Part, Shown, TokenProblem};
pub use token::{Received, Token, TokenDigest, Unverified};
