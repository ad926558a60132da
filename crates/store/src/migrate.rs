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
const VERSIONS: &[&str] =
    &[include_str!("migrations/0001-keys.sql"), include_str!("migrations/0002-vault.sql")];

/// The newest version that this release knows.
pub(crate) fn known() -> i64 {
    i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the database up to date.
pub(crate) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    if Header::read(connection).await?.is_present() {
        return Ok(());
    }
    // Another process may be migrating: what is decided on is read under the lock.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let from = Header::read(&mut transaction).await?.version(path)?;
    for step in VERSIONS.iter().skip(from) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// What a database says about itself. Outside of a transaction the parts may be from different moments.
struct Header {
    version: i64,
    application: i64,
    things: i64,
}

impl Header {
    async fn read(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let version = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
        let application = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
        let things = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(connection).await?;
        Ok(Self { version, application, things })
    }

    fn is_present(&self) -> bool {
        self.version == known() && self.application == APPLICATION
    }

    /// The version of a database that is ours and not newer than this release; 0 for an empty file.
    fn version(&self, path: &Path) -> Result<usize, StoreError> {
        let is_empty = self.version == 0 && self.application == 0 && self.things == 0;
        if !is_empty && self.application != APPLICATION {
            return Err(StoreError::Foreign { path: path.into() });
        }
        let newer = StoreError::NewerSchema { found: self.version, known: known() };
        usize::try_from(self.version).ok().filter(|version| *version <= VERSIONS.len()).ok_or(newer)
    }
}
