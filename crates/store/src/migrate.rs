//! The schema and its versions.
//!
//! Each version is one SQL file, which also writes its number to the database. Files are applied in order in one
//! transaction; there is no way back.

use std::path::Path;

use sqlx::{Connection, SqliteConnection};

use crate::StoreError;

/// Marks a database as ours; the first schema file writes it.
const APPLICATION: i64 = 0x4361_7264;

/// The versions in order, the first one is 1.
const VERSIONS: &[&str] = &[include_str!("migrations/0001-keys.sql")];

/// The newest version that this release knows.
pub(crate) fn known() -> i64 {
    i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the database up to date.
pub(crate) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    if version(connection, path).await? == known() {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Another process may have been faster, so the version is read again under the lock.
    let from = version(&mut transaction, path).await?;
    for step in VERSIONS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The version of a database that is ours and not newer than this release.
async fn version(connection: &mut SqliteConnection, path: &Path) -> Result<i64, StoreError> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let things: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(connection).await?;
    let fresh = found == 0 && application == 0 && things == 0;
    if !fresh && application != APPLICATION {
        return Err(StoreError::Foreign { path: path.into() });
    }
    if found > known() || found < 0 {
        return Err(StoreError::NewerSchema { found, known: known() });
    }
    Ok(found)
}
