//! Opening the database, and the one way to change it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::changes::revision;
use crate::data_keys::{self, DataKeys};
use crate::error::is_busy;
use crate::files;
use crate::migrate::migrate;
use crate::{Changes, KeyHasher, Revision, SealingKey, StoreError, Subscriptions, Users};

/// The database's file in the state directory.
const FILE: &str = "cardea.db";

/// The path of a store that has no file.
pub(crate) const IN_MEMORY: &str = ":memory:";

/// How long a process waits for another one that writes. Transactions take milliseconds.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// Every connection is a thread, and no question takes long.
const CONNECTIONS: u32 = 2;

/// An open state directory. Cloning gives another handle to it.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    options: SqliteConnectOptions,
    pool: SqlitePool,
    keys: Option<DataKeys>,
}

impl Store {
    /// Opens the database in `state_dir`; makes both if they are not there, with modes 0700 and 0600, and brings an
    /// older schema up to date. `now` is recorded where something is made.
    ///
    /// Without a sealing key everything works that needs no secret.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] for a database of a later release, [`StoreError::WrongSealingKey`] for one that
    /// another key has sealed, [`StoreError::Foreign`] for one of another program, [`StoreError::File`] when the
    /// directory cannot be used.
    pub async fn open(
        state_dir: &Path,
        sealing_key: Option<SealingKey>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let path = state_dir.join(FILE);
        let unusable = |path: &Path, source| StoreError::File { path: path.into(), source };
        files::private_directory(state_dir).map_err(|source| unusable(state_dir, source))?;
        files::private_file(&path).map_err(|source| unusable(&path, source))?;

        let options = options(&path);
        let mut connection = first_connection(&options).await?;
        let keys = prepare(&mut connection, &path, sealing_key, now).await?;
        connection.close().await?;
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(2 * BUSY)
            .connect_lazy_with(options.clone());
        Ok(Self { inner: Arc::new(Inner { path, options, pool, keys }) })
    }

    /// A store in memory, sealed with a key that nobody knows. It is gone when its last handle is; for demos and
    /// tests.
    ///
    /// # Errors
    /// When there are no random bytes, or SQLite gives no database.
    pub async fn in_memory(now: Timestamp) -> Result<Self, StoreError> {
        let path = PathBuf::from(IN_MEMORY);
        let options =
            SqliteConnectOptions::new().in_memory(true).foreign_keys(true).disable_statement_logging();
        // The database lives as long as its one connection, which therefore is never given up.
        let pool = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(2 * BUSY)
            .connect_lazy_with(options.clone());
        let keys = prepare(&mut *pool.acquire().await?, &path, Some(SealingKey::random()?), now).await?;
        Ok(Self { inner: Arc::new(Inner { path, options, pool, keys }) })
    }

    /// Whether there is a sealing key, so that secrets are kept and read. A gateway without one is not ready.
    #[must_use]
    pub fn sealed(&self) -> bool {
        self.inner.keys.is_some()
    }

    /// The database's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Subscriptions and their keys.
    #[must_use]
    pub fn subscriptions(&self) -> Subscriptions<'_> {
        Subscriptions::new(self)
    }

    /// Users, who own subscriptions.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users::new(self)
    }

    /// Hashes keys as the store does; none without a sealing key.
    #[must_use]
    pub fn key_hasher(&self) -> Option<KeyHasher> {
        self.inner.keys.as_ref().map(|keys| keys.hasher.clone())
    }

    /// How many changes have been committed.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        revision(&mut *self.pool().acquire().await?).await
    }

    /// Begins to watch for changes by anybody.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn changes(&self) -> Result<Changes, StoreError> {
        Changes::begin(self.inner.options.connect().await?).await
    }

    /// Replaces the sealing key: wraps the data keys with `new` and forgets what `old` had wrapped. Whoever has the
    /// store open goes on; from the next start on it needs the new key.
    ///
    /// # Errors
    /// [`StoreError::WrongSealingKey`] when `old` is not the present one; then nothing has changed.
    pub async fn replace_sealing_key(&self, old: &SealingKey, new: &SealingKey) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        data_keys::rewrap(&mut change, old, new).await?;
        self.commit(change).await?;
        // The old wrapping must not linger in the log.
        let mut connection = self.pool().acquire().await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await?;
        Ok(())
    }

    /// Closes all connections and waits until they are closed.
    pub async fn close(self) {
        self.inner.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.inner.pool
    }

    pub(crate) fn keys(&self) -> Result<&DataKeys, StoreError> {
        self.inner.keys.as_ref().ok_or(StoreError::NoSealingKey)
    }

    pub(crate) fn keys_if_any(&self) -> Option<&DataKeys> {
        self.inner.keys.as_ref()
    }

    /// Begins a change. It takes the lock for writing at once, so that it cannot fail half-way for a lock.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool().begin_with("BEGIN IMMEDIATE").await?)
    }

    /// INVARIANT: every change ends here, so that the revision grows with every change.
    pub(crate) async fn commit(&self, mut change: Transaction<'static, Sqlite>) -> Result<(), StoreError> {
        sqlx::query("UPDATE revision SET number = number + 1").execute(&mut *change).await?;
        Ok(change.commit().await?)
    }
}

/// Synced at every commit: a key that somebody was shown must be there after a loss of power. Deleted content is
/// overwritten, so that what an old sealing key had wrapped is gone.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

/// The very first connections of two processes may meet while the log is being set up, where SQLite does not wait.
async fn first_connection(options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    const TRIES: u32 = 50;
    for _ in 1..TRIES {
        match options.connect().await {
            Err(error) if is_busy(&error) => tokio::time::sleep(BUSY / TRIES).await,
            other => return Ok(other?),
        }
    }
    Ok(options.connect().await?)
}

/// Brings the schema up to date and takes the data keys, if there is a key to open them with.
async fn prepare(
    connection: &mut SqliteConnection,
    path: &Path,
    sealing_key: Option<SealingKey>,
    now: Timestamp,
) -> Result<Option<DataKeys>, StoreError> {
    migrate(connection, path).await?;
    match sealing_key {
        Some(key) => Ok(Some(data_keys::unwrap_or_make(connection, &key, now).await?)),
        None => Ok(None),
    }
}
