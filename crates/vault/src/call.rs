//! What can be asked of a vault, and what it answers.

use std::fmt;

use secret::Secret;
use store::vault::{Deletion, Permission, SecretName, VersionChange as SecretChange, VersionId, VersionRow};

/// Something that is asked of a vault.
#[derive(Clone, Debug)]
pub enum Call {
    /// Make a secret, or a new version of it.
    Set(SecretName, NewSecret),
    /// Read a value; of the newest version when none is named.
    Get(SecretName, Option<VersionId>),
    /// Change what a version says besides its value; of the newest when none is named.
    Update(SecretName, Option<VersionId>, SecretChange),
    /// Delete a secret with all versions, so that it can be recovered.
    Delete(SecretName),
    /// List secrets by their newest versions.
    List(PageAfter),
    /// List the versions of a secret.
    ListVersions(SecretName, PageAfter),
    /// Look at a deleted secret.
    GetDeleted(SecretName),
    /// List deleted secrets.
    ListDeleted(PageAfter),
    /// Take a deleted secret back.
    Recover(SecretName),
    /// Remove a deleted secret for good.
    Purge(SecretName),
}

impl Call {
    /// What it is called in the audit.
    ///
    /// COMPAT: operation names of Key Vault's audit log.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Set(..) => "SecretSet",
            Self::Get(..) => "SecretGet",
            Self::Update(..) => "SecretUpdate",
            Self::Delete(_) => "SecretDelete",
            Self::List(_) => "SecretList",
            Self::ListVersions(..) => "SecretListVersions",
            Self::GetDeleted(_) => "SecretGetDeleted",
            Self::ListDeleted(_) => "SecretListDeleted",
            Self::Recover(_) => "SecretRecover",
            Self::Purge(_) => "SecretPurge",
        }
    }

    /// What a caller must have been granted.
    #[must_use]
    pub fn permission(&self) -> Permission {
        match self {
            Self::Set(..) | Self::Update(..) => Permission::Set,
            Self::Get(..) | Self::GetDeleted(_) => Permission::Get,
            Self::Delete(_) => Permission::Delete,
            Self::List(_) | Self::ListVersions(..) | Self::ListDeleted(_) => Permission::List,
            Self::Recover(_) => Permission::Recover,
            Self::Purge(_) => Permission::Purge,
        }
    }

    /// The one secret that it is about.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::List(_) | Self::ListDeleted(_) => None,
            Self::Set(name, _)
            | Self::Get(name, _)
            | Self::Update(name, ..)
            | Self::ListVersions(name, _)
            | Self::Delete(name)
            | Self::GetDeleted(name)
            | Self::Recover(name)
            | Self::Purge(name) => Some(name),
        }
    }
}

/// A version to be made.
#[derive(Clone)]
pub struct NewSecret {
    /// The value.
    pub value: Secret,
    /// The rest.
    pub about: SecretChange,
}

impl NewSecret {
    /// An enabled version without dates and tags.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: Secret::new(value), about: SecretChange::default() }
    }
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewSecret({:?})", self.about)
    }
}

/// Which page of a list.
#[derive(Clone, Debug)]
pub struct PageAfter {
    /// Where the page before ended, as [`Listed::next`] said; none for the first page.
    pub after: Option<String>,
    /// Entries at most.
    pub limit: u32,
}

impl PageAfter {
    /// The first page of as many entries as one can have.
    #[must_use]
    pub fn first() -> Self {
        Self { after: None, limit: crate::limits::PAGE }
    }
}

/// What came of a call.
#[derive(Clone, Debug)]
pub enum Reply {
    /// One version of a secret, with its value if that was asked for.
    Secret(Bundle),
    /// Several.
    List(Listed),
    /// Nothing more to say.
    Done,
}

/// A version of a secret.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The secret.
    pub name: SecretName,
    /// Its version.
    pub version: VersionRow,
    /// The value, where it was asked for.
    pub value: Option<Secret>,
    /// Set while the secret is deleted.
    pub deletion: Option<Deletion>,
}

/// A page of a list.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The entries.
    pub entries: Vec<Bundle>,
    /// Where the next page begins, if there may be one.
    pub next: Option<String>,
}
