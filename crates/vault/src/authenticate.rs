//! Who calls, as a port.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use crate::Caller;

/// Finds out who a token stands for.
pub trait Authenticator: Send + Sync + fmt::Debug {
    /// Where callers get a token, as the challenge names it: `https://authority/tenant`.
    fn authorization(&self) -> &str;

    /// The bearer of a token that was made out for `resource`.
    fn authenticate<'a>(&'a self, token: &'a str, resource: &'a str, now: Timestamp) -> Authenticating<'a>;
}

/// An answer of an [`Authenticator`] to come.
pub type Authenticating<'a> = Pin<Box<dyn Future<Output = Result<Caller, NotAuthenticated>> + Send + 'a>>;

/// Why nobody is known to call. No message holds a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthenticated {
    /// The token is not good; the caller is told why.
    #[error("{0}")]
    Refused(String),
    /// Tokens cannot be verified at present; the caller is told to try again, the log says why.
    #[error("{0}")]
    Unavailable(String),
}
