//! Who may do what: an identity, a permission, and the vault or one secret of it.

use super::{SecretName, VaultName, VaultWork};
use crate::StoreError;

/// What an identity may do with secrets.
///
/// COMPAT: Key Vault's secret permissions but for `backup` and `restore`, which are not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Read values.
    Get,
    /// List secrets and versions, without values.
    List,
    /// Make secrets and versions, and change what they say besides their value.
    Set,
    /// Delete secrets, so that they can be recovered.
    Delete,
    /// Recover deleted secrets.
    Recover,
    /// Remove deleted secrets for good.
    Purge,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Get, Self::List, Self::Set, Self::Delete, Self::Recover, Self::Purge];

    /// As Key Vault writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Set => "set",
            Self::Delete => "delete",
            Self::Recover => "recover",
            Self::Purge => "purge",
        }
    }

    /// The permission of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

/// One permission of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The vault.
    pub vault: VaultName,
    /// Object id or application id.
    pub identity: String,
    /// The one secret that it holds for; none: all secrets of the vault.
    pub secret: Option<SecretName>,
    /// What the identity may do.
    pub permission: Permission,
}

#[derive(sqlx::FromRow)]
struct Row {
    vault: String,
    identity: String,
    secret: String,
    permission: String,
}

impl Row {
    fn read(self) -> Result<Grant, StoreError> {
        let secret = Some(self.secret.as_str()).filter(|name| !name.is_empty()).map(SecretName::new);
        Ok(Grant {
            vault: VaultName::new(&self.vault).map_err(|why| StoreError::damaged("vault", why))?,
            identity: self.identity,
            secret: secret.transpose().map_err(|why| StoreError::damaged("grant", why))?,
            permission: Permission::from_name(&self.permission)
                .ok_or_else(|| StoreError::damaged("permission", &self.permission))?,
        })
    }
}

fn name_of(secret: Option<&SecretName>) -> &str {
    secret.map_or("", SecretName::as_str)
}

impl VaultWork {
    /// Whether one of a caller's identities has a permission for a secret; for none: for the whole vault.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn is_granted(
        &mut self,
        vault: &VaultName,
        identities: &[&str],
        permission: Permission,
        secret: Option<&SecretName>,
    ) -> Result<bool, StoreError> {
        for identity in identities {
            let found: Option<i64> = sqlx::query_scalar(
                "SELECT 1 FROM vault_grants \
                 WHERE vault = ? AND identity = ? AND permission = ? AND secret IN ('', ?) LIMIT 1",
            )
            .bind(vault.as_str())
            .bind(*identity)
            .bind(permission.name())
            .bind(name_of(secret))
            .fetch_optional(self.connection())
            .await?;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Grants; true when it was not granted before.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub async fn grant(&mut self, grant: &Grant, now: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO vault_grants (vault, identity, secret, permission, granted) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT DO NOTHING",
        )
        .bind(grant.vault.as_str())
        .bind(&grant.identity)
        .bind(name_of(grant.secret.as_ref()))
        .bind(grant.permission.name())
        .bind(now)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes a grant back; true when it was there.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub async fn revoke(&mut self, grant: &Grant) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "DELETE FROM vault_grants WHERE vault = ? AND identity = ? AND secret = ? AND permission = ?",
        )
        .bind(grant.vault.as_str())
        .bind(&grant.identity)
        .bind(name_of(grant.secret.as_ref()))
        .bind(grant.permission.name())
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// All grants of a vault, by identity.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn grants(&mut self, vault: &VaultName) -> Result<Vec<Grant>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT vault, identity, secret, permission FROM vault_grants WHERE vault = ? \
             ORDER BY identity, secret, permission",
        );
        let rows: Vec<Row> = rows.bind(vault.as_str()).fetch_all(self.connection()).await?;
        rows.into_iter().map(Row::read).collect()
    }
}
