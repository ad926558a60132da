//! The transaction that all work on vaults happens in.

use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::data_keys::DataKeys;
use crate::{Store, StoreError};

/// Work on vaults that is committed together or not at all. Dropped without [`commit`](Self::commit), nothing of it
/// has happened.
///
/// It takes the lock for writing at once, so that two that decide on what they read cannot both go on.
#[derive(Debug)]
pub struct VaultWork {
    store: Store,
    change: Transaction<'static, Sqlite>,
}

impl VaultWork {
    /// Begins.
    ///
    /// # Errors
    /// [`StoreError::NoSealingKey`]: without one a vault keeps nothing. [`StoreError::Busy`] when another process
    /// writes for too long.
    pub async fn begin(store: &Store) -> Result<Self, StoreError> {
        store.keys()?;
        Ok(Self { store: store.clone(), change: store.begin().await? })
    }

    /// Keeps what was done. The store's revision stays: gateways hold nothing of a vault in memory.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be kept; then nothing of it has happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.change.commit().await?)
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.change
    }

    pub(super) fn keys(&self) -> Result<&DataKeys, StoreError> {
        self.store.keys()
    }
}
