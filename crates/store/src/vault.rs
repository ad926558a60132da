//! What the vault keeps: secrets with their versions, grants, and the audit.
//!
//! Everything happens in a [`VaultWork`], a transaction: whether somebody may do something, what they did, and the
//! record of it are committed together or not at all, so that nothing is read or changed without a record.
//!
//! ```
//! # use store::vault::{NewVersion, SecretName, VaultName, VaultWork};
//! # async fn example(store: &store::Store) -> Result<(), Box<dyn std::error::Error>> {
//! let (vault, name) = (VaultName::new("main")?, SecretName::new("provider-key")?);
//! let mut work = VaultWork::begin(store).await?;
//! let secret = work.make_secret(&vault, &name).await?;
//! work.add_version(&secret, &NewVersion::new("hunter2", 1_795_248_000), &store::SystemRng).await?;
//! work.commit().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A version's value is sealed and bound to vault, secret and version: moved to another row it does not open. Names
//! are compared without regard to case, as Key Vault does. This module keeps rows; what a request means is the
//! crate `vault`'s question.

mod audit;
mod grants;
mod names;
mod secrets;
mod versions;
mod work;

pub use audit::{AuditFilter, AuditRecord, Kept};
pub use grants::{Grant, Permission};
pub use names::{BadName, SecretName, VaultName, VersionId};
pub use secrets::{Deletion, ListedSecret, SecretRow, Which};
pub use versions::{NewVersion, VersionChange, VersionRow};
pub use work::VaultWork;
