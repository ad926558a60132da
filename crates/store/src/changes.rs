//! Noticing what others have changed.

use std::fmt;

use sqlx::SqliteConnection;

use crate::StoreError;

/// How many changes have been committed to a store since it was made. It only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Watches a store for changes by this process and others. It has a connection of its own.
///
/// [`poll`](Self::poll) while nothing has changed reads no table: SQLite answers from the head of its log. Call it a
/// few times a second.
#[derive(Debug)]
pub struct Changes {
    connection: SqliteConnection,
    data_version: Option<i64>,
    seen: Revision,
}

impl Changes {
    /// Begins with the revision of this moment as seen.
    pub(crate) async fn begin(mut connection: SqliteConnection) -> Result<Self, StoreError> {
        let seen = revision(&mut connection).await?;
        Ok(Self { connection, data_version: None, seen })
    }

    /// The newest revision that was reported.
    #[must_use]
    pub fn seen(&self) -> Revision {
        self.seen
    }

    /// The revision of this moment if it has not been reported yet.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read; the next call tries again.
    pub async fn poll(&mut self) -> Result<Option<Revision>, StoreError> {
        let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut self.connection).await?;
        if self.data_version == Some(version) {
            return Ok(None);
        }
        let now = revision(&mut self.connection).await?;
        self.data_version = Some(version);
        let is_new = now > self.seen;
        self.seen = self.seen.max(now);
        Ok(is_new.then_some(now))
    }
}

pub(crate) async fn revision(connection: &mut SqliteConnection) -> Result<Revision, StoreError> {
    let number: i64 = sqlx::query_scalar("SELECT number FROM revision").fetch_one(connection).await?;
    u64::try_from(number).map(Revision).map_err(|why| StoreError::damaged("revision", why))
}
