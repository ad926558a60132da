//! Why a secret cannot be had.

use model::VaultReference;

/// A secret cannot be read. Names secret, vault and identity, and what to do; never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reference} cannot be read: {why}")]
pub struct Error {
    /// Which one, by whom.
    pub reference: VaultReference,
    /// Why not.
    pub why: Why,
}

/// Why a secret cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// The settings do not allow this vault.
    #[error("the vault is not one that the settings allow")]
    NotAllowed,
    /// No answer came, or none that a vault gives.
    #[error("{0}")]
    Unreachable(String),
    /// The vault wants a token for a resource that is not its own.
    #[error(
        "the vault asks for a token for `{0}`, which is not its own domain: the gateway sends none \
         (the settings can switch this check off)"
    )]
    ForeignResource(String),
    /// The gateway has no token for it.
    #[error("{0}")]
    NoToken(String),
    /// 401: the vault does not accept the token.
    #[error("the vault does not accept the identity's token{}: see that both belong to the same tenant", trusted(.0.as_ref()))]
    Unauthorized(Option<String>),
    /// 403: the identity may not read it.
    #[error(
        "the identity may not ({code}): grant it the role `Key Vault Secrets User` on the vault, or `get` on secrets \
         in its access policies; a vault of Cardea has `cardea vault grant`"
    )]
    Forbidden {
        /// What the vault called it.
        code: String,
    },
    /// The secret, or this version of it, is switched off, not yet in force or no longer.
    #[error("it is disabled, not yet valid or expired")]
    Disabled,
    /// 404: there is no such secret or version.
    #[error("there is no such secret in the vault (`{0}`)")]
    NotFound(String),
    /// Another answer.
    #[error("the vault answered {0}")]
    Refused(String),
}

fn trusted(authority: Option<&String>) -> String {
    authority.map_or_else(String::new, |authority| format!(" (it trusts `{authority}`)"))
}

impl Why {
    /// The status that the management interface shows for it (`lastStatus.code` of a named value).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "VaultNotAllowed",
            Self::Unreachable(_) => "VaultUnreachable",
            Self::ForeignResource(_) => "ForeignResource",
            Self::NoToken(_) => "NoToken",
            Self::Unauthorized(_) => "Unauthorized",
            Self::Forbidden { .. } => "Forbidden",
            Self::Disabled => "SecretDisabled",
            Self::NotFound(_) => "SecretNotFound",
            Self::Refused(_) => "VaultError",
        }
    }
}
