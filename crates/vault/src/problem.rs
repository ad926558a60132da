//! What can stand in the way of a call. The message of a problem is what the caller reads.
//!
//! COMPAT: codes, inner codes and the messages of the first group are what Key Vault answers (`management.md` 3.1,
//! Key Vault's "REST error codes", and answers recorded with Azure's own client libraries); the messages of the others
//! are ours.

use http::StatusCode;
use store::StoreError;
use store::vault::{BadName, Permission, SecretName, VaultName};

use crate::Caller;

/// Why a call was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is no token.
    #[error("AKV10000: Request is missing a Bearer or PoP token.")]
    NoToken,
    /// The token is not good.
    #[error("{0}")]
    BadToken(String),
    /// What was asked for was not granted.
    #[error(
        "The user, group or application '{caller}' does not have secrets {} permission on key vault '{vault}'. \
         An operator can grant it with `cardea vault grant`.", permission.name()
    )]
    Forbidden {
        /// Who asked.
        caller: Caller,
        /// What was missing.
        permission: Permission,
        /// Where.
        vault: VaultName,
    },
    /// The version is disabled.
    #[error("Operation get is not allowed on a disabled secret.")]
    Disabled,
    /// The version has expired.
    #[error("Operation get is not allowed on an expired secret.")]
    Expired,
    /// The version is not valid yet.
    #[error("Operation get is not allowed on a secret that is not yet valid.")]
    NotYetValid,
    /// There is no such secret or version.
    #[error(
        "A secret with (name/id) {0} was not found in this key vault. If you recently deleted this secret you may be \
         able to recover it using the correct recovery command."
    )]
    NotFound(String),
    /// There is no such deleted secret.
    #[error("Deleted Secret not found: {0}")]
    DeletedNotFound(SecretName),
    /// The name belongs to a deleted secret.
    #[error(
        "Secret {0} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, \
         the secret can only be recovered or purged."
    )]
    NameIsTaken(SecretName),

    /// Something in the request is not valid.
    #[error("{0}")]
    BadParameter(String),
    /// The body is too large.
    #[error("The request's body has more than {0} bytes.")]
    TooLarge(usize),
    /// The body did not come in time.
    #[error("The request did not arrive in time.")]
    TooSlow,
    /// Nothing is there.
    #[error("There is nothing at {0}: this vault keeps secrets only.")]
    NoSuchPath(String),
    /// The path has other methods.
    #[error("The method is not allowed here.")]
    Method,
    /// An operation of Key Vault that is not offered.
    #[error("{0} is not supported by this vault.")]
    NotSupported(&'static str),
    /// No vault has that host.
    #[error("There is no vault at {0}.")]
    NoSuchVault(String),
    /// Tokens cannot be verified, or the store is busy.
    #[error("The vault cannot answer at present; try again.")]
    Unavailable,
    /// The store failed.
    #[error("The vault could not do this; its log says why.")]
    Store(#[from] StoreError),
}

impl From<BadName> for Problem {
    fn from(bad: BadName) -> Self {
        Self::BadParameter(bad.to_string())
    }
}

impl Problem {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } | Self::Disabled | Self::Expired | Self::NotYetValid => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound(_) | Self::DeletedNotFound(_) | Self::NoSuchPath(_) | Self::NoSuchVault(_) => {
                StatusCode::NOT_FOUND
            }
            Self::NameIsTaken(_) => StatusCode::CONFLICT,
            Self::BadParameter(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotSupported(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable | Self::Store(StoreError::Busy { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// `error.code` of the answer.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoToken | Self::BadToken(_) => "Unauthorized",
            Self::Forbidden { .. } | Self::Disabled | Self::Expired | Self::NotYetValid => "Forbidden",
            Self::NotFound(_) | Self::DeletedNotFound(_) => "SecretNotFound",
            Self::NoSuchVault(_) => "VaultNotFound",
            Self::NoSuchPath(_) => "NotFound",
            Self::NameIsTaken(_) => "Conflict",
            Self::BadParameter(_) => "BadParameter",
            Self::TooLarge(_) => "RequestEntityTooLarge",
            Self::TooSlow => "RequestTimeout",
            Self::Method => "MethodNotAllowed",
            Self::NotSupported(_) => "NotSupported",
            Self::Unavailable | Self::Store(StoreError::Busy { .. }) => "ServiceUnavailable",
            Self::Store(_) => "InternalServerError",
        }
    }

    /// `error.innererror.code` of the answer.
    #[must_use]
    pub fn inner_code(&self) -> Option<&'static str> {
        match self {
            Self::Forbidden { .. } => Some("AccessDenied"),
            Self::Disabled => Some("SecretDisabled"),
            Self::Expired => Some("SecretExpired"),
            Self::NotYetValid => Some("SecretNotYetValid"),
            Self::NameIsTaken(_) => Some("ObjectIsDeletedButRecoverable"),
            _ => None,
        }
    }
}
