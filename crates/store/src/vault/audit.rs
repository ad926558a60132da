//! What was done with a vault: one record for each read, change and refusal. No record holds a value.

use jiff::Timestamp;

use super::{SecretName, VaultName, VaultWork};
use crate::StoreError;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// The vault.
    pub vault: VaultName,
    /// The caller's object id.
    pub object_id: Option<String>,
    /// The caller's application id.
    pub app_id: Option<String>,
    /// Who worked on the state directory itself, without a token.
    pub operator: Option<String>,
    /// What was asked for, such as `SecretGet`.
    pub operation: String,
    /// Which secret.
    pub secret: Option<String>,
    /// Which version was read or made.
    pub version: Option<String>,
    /// The HTTP status of the answer, or what it would have been.
    pub status: u16,
    /// `Success`, or the code of the error.
    pub outcome: String,
}

/// How many records are kept, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// At most so many; the oldest go first.
    pub rows: u32,
    /// Those before are removed.
    pub since: Timestamp,
}

/// Which records to list.
#[derive(Clone, Debug)]
pub struct AuditFilter {
    /// The vault.
    pub vault: VaultName,
    /// Only of this secret.
    pub secret: Option<SecretName>,
    /// Only of this object id, application id or operator.
    pub who: Option<String>,
    /// At most so many, the newest.
    pub limit: u32,
}

#[derive(sqlx::FromRow)]
struct Row {
    at: i64,
    vault: String,
    object_id: Option<String>,
    app_id: Option<String>,
    operator: Option<String>,
    operation: String,
    secret: Option<String>,
    version: Option<String>,
    status: i64,
    outcome: String,
}

impl Row {
    fn read(self) -> Result<AuditRecord, StoreError> {
        Ok(AuditRecord {
            at: Timestamp::from_millisecond(self.at).map_err(|why| StoreError::damaged("instant", why))?,
            vault: VaultName::new(&self.vault).map_err(|why| StoreError::damaged("vault", why))?,
            object_id: self.object_id,
            app_id: self.app_id,
            operator: self.operator,
            operation: self.operation,
            secret: self.secret,
            version: self.version,
            status: u16::try_from(self.status).map_err(|why| StoreError::damaged("status", why))?,
            outcome: self.outcome,
        })
    }
}

impl VaultWork {
    /// Adds a record and removes those that are not kept any more.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub async fn record(&mut self, record: &AuditRecord, kept: Kept) -> Result<(), StoreError> {
        let number: i64 = sqlx::query_scalar(
            "INSERT INTO vault_audit (at, vault, object_id, app_id, operator, operation, secret, version, \
             status, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        )
        .bind(record.at.as_millisecond())
        .bind(record.vault.as_str())
        .bind(&record.object_id)
        .bind(&record.app_id)
        .bind(&record.operator)
        .bind(&record.operation)
        .bind(&record.secret)
        .bind(&record.version)
        .bind(i64::from(record.status))
        .bind(&record.outcome)
        .fetch_one(self.connection())
        .await?;
        self.forget_records(kept, number).await
    }

    async fn forget_records(&mut self, kept: Kept, newest: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM vault_audit WHERE number <= ?")
            .bind(newest.saturating_sub(i64::from(kept.rows)))
            .execute(self.connection())
            .await?;
        sqlx::query("DELETE FROM vault_audit WHERE at < ?")
            .bind(kept.since.as_millisecond())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Removes records that are not kept any more.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub async fn sweep_records(&mut self, kept: Kept) -> Result<(), StoreError> {
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT max(number) FROM vault_audit").fetch_one(self.connection()).await?;
        self.forget_records(kept, newest.unwrap_or(0)).await
    }

    /// The newest records, the newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn records(&mut self, filter: &AuditFilter) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT at, vault, object_id, app_id, operator, operation, secret, version, status, outcome \
             FROM vault_audit WHERE vault = ?1 AND (?2 IS NULL OR secret = ?2) \
             AND (?3 IS NULL OR object_id = ?3 OR app_id = ?3 OR operator = ?3) \
             ORDER BY number DESC LIMIT ?4",
        );
        let rows: Vec<Row> = rows
            .bind(filter.vault.as_str())
            .bind(filter.secret.as_ref().map(SecretName::as_str))
            .bind(&filter.who)
            .bind(i64::from(filter.limit))
            .fetch_all(self.connection())
            .await?;
        rows.into_iter().map(Row::read).collect()
    }
}
