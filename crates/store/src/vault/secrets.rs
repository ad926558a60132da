//! Secrets as names: made, deleted, recovered, purged, listed.

use super::{SecretName, VaultName, VaultWork, VersionRow};
use crate::StoreError;

/// A secret that is there, deleted or not.
#[derive(Clone, Debug)]
pub struct SecretRow {
    pub(super) number: i64,
    /// The vault it is in, as it was first written.
    pub vault: VaultName,
    /// Its name, as it was first written.
    pub name: SecretName,
    /// Set while it is deleted and can be recovered.
    pub deletion: Option<Deletion>,
}

/// When a secret was deleted and when it is gone for good, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// When it was deleted.
    pub deleted: i64,
    /// From when on it cannot be recovered.
    pub purge: i64,
}

/// Which secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that are in use.
    Present,
    /// Those that are deleted and can be recovered.
    Deleted,
}

/// A secret of a list, with its newest version.
#[derive(Clone, Debug)]
pub struct ListedSecret {
    /// The secret.
    pub secret: SecretRow,
    /// Its newest version.
    pub latest: VersionRow,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    vault: String,
    name: String,
    deleted: Option<i64>,
    purge: Option<i64>,
}

impl Row {
    fn read(self) -> Result<SecretRow, StoreError> {
        Ok(SecretRow {
            number: self.number,
            vault: VaultName::new(&self.vault).map_err(|why| StoreError::damaged("vault", why))?,
            name: SecretName::new(&self.name).map_err(|why| StoreError::damaged("secret", why))?,
            deletion: self.deleted.zip(self.purge).map(|(deleted, purge)| Deletion { deleted, purge }),
        })
    }
}

impl VaultWork {
    /// The secret of that name, deleted or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn secret(
        &mut self,
        vault: &VaultName,
        name: &SecretName,
    ) -> Result<Option<SecretRow>, StoreError> {
        let found = sqlx::query_as(
            "SELECT number, vault, name, deleted, purge FROM vault_secrets WHERE vault = ? AND name = ?",
        );
        let found: Option<Row> =
            found.bind(vault.as_str()).bind(name.as_str()).fetch_optional(self.connection()).await?;
        found.map(Row::read).transpose()
    }

    /// Makes a secret that has no version yet. One [`add_version`](Self::add_version) must follow in the same work.
    ///
    /// # Errors
    /// [`StoreError`] when the name is taken, or the database cannot be written.
    pub async fn make_secret(
        &mut self,
        vault: &VaultName,
        name: &SecretName,
    ) -> Result<SecretRow, StoreError> {
        let number =
            sqlx::query_scalar("INSERT INTO vault_secrets (vault, name) VALUES (?, ?) RETURNING number");
        let number = number.bind(vault.as_str()).bind(name.as_str()).fetch_one(self.connection()).await?;
        Ok(SecretRow { number, vault: vault.clone(), name: name.clone(), deletion: None })
    }

    /// Marks a secret as deleted, or takes the mark away.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub async fn mark_deleted(
        &mut self,
        secret: &SecretRow,
        deletion: Option<Deletion>,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE vault_secrets SET deleted = ?, purge = ? WHERE number = ?")
            .bind(deletion.map(|deletion| deletion.deleted))
            .bind(deletion.map(|deletion| deletion.purge))
            .bind(secret.number)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Removes a secret for good, with all its versions. Its place in the file is overwritten.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub async fn purge(&mut self, secret: &SecretRow) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM vault_secrets WHERE number = ?")
            .bind(secret.number)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Deleted secrets whose time to be recovered has ended by `now`, in seconds since 1970; a few at a time.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn due_to_purge(&mut self, now: i64) -> Result<Vec<SecretRow>, StoreError> {
        let due = sqlx::query_as(
            "SELECT number, vault, name, deleted, purge FROM vault_secrets WHERE purge <= ? LIMIT 100",
        );
        let due: Vec<Row> = due.bind(now).fetch_all(self.connection()).await?;
        due.into_iter().map(Row::read).collect()
    }

    /// Up to `limit` secrets in the order of their names, from after a name on.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn list_secrets(
        &mut self,
        vault: &VaultName,
        which: Which,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ListedSecret>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT number, vault, name, deleted, purge FROM vault_secrets \
             WHERE vault = ?1 AND (deleted IS NOT NULL) = ?2 AND (?3 IS NULL OR name > ?3) \
             ORDER BY name LIMIT ?4",
        );
        let rows: Vec<Row> = rows
            .bind(vault.as_str())
            .bind(which == Which::Deleted)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(self.connection())
            .await?;
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            let secret = row.read()?;
            if let Some(latest) = self.version(&secret, None).await? {
                listed.push(ListedSecret { secret, latest });
            }
        }
        Ok(listed)
    }
}
