//! Subscriptions that were made here: two sealed keys each, their scope, state and owner.

mod keys;
mod new;
mod row;

use std::sync::Arc;

use jiff::Timestamp;
use model::{Resource, Subscription, SubscriptionId, SubscriptionState};
use secret::Secret;
use sqlx::SqliteConnection;

use crate::error::violated_unique;
use crate::{Rng, Store, StoreError};

pub use keys::{KeyPair, WhichKey};
pub use new::NewSubscription;

use row::Row;

/// What can be done with subscriptions; from [`Store::subscriptions`].
#[derive(Clone, Copy, Debug)]
pub struct Subscriptions<'a> {
    store: &'a Store,
}

impl<'a> Subscriptions<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Makes a subscription, and keys for it where none were given. The keys are to be shown once.
    ///
    /// # Errors
    /// [`StoreError::NoSealingKey`]; [`StoreError::Duplicate`] for a name that is taken; [`StoreError::Scope`];
    /// [`StoreError::Unknown`] for an owner who is not there; [`StoreError::Key`] and [`StoreError::KeyTaken`] for
    /// given keys that cannot be used.
    pub async fn create(
        &self,
        new: NewSubscription,
        rng: &dyn Rng,
        now: Timestamp,
    ) -> Result<KeyPair, StoreError> {
        self.store.keys()?;
        new.check_scope()?;
        let pair = new.key_pair(rng)?;
        let mut change = self.store.begin().await?;
        let number = new.insert(&mut change, now).await?;
        for which in WhichKey::BOTH {
            self.write_key(&mut change, number, which, pair.get(which)).await?;
        }
        self.store.commit(change).await?;
        Ok(pair)
    }

    /// Replaces one key by a new one, which is to be shown once. The old key stops working.
    ///
    /// # Errors
    /// [`StoreError::NoSealingKey`], [`StoreError::Unknown`].
    pub async fn rotate(
        &self,
        id: &SubscriptionId,
        which: WhichKey,
        rng: &dyn Rng,
    ) -> Result<Secret, StoreError> {
        let key = keys::generate(rng)?;
        self.set_key(id, which, &key).await?;
        Ok(key)
    }

    /// Replaces one key by a given one. The old key stops working.
    ///
    /// # Errors
    /// [`StoreError::NoSealingKey`], [`StoreError::Unknown`], [`StoreError::Key`], [`StoreError::KeyTaken`].
    pub async fn set_key(
        &self,
        id: &SubscriptionId,
        which: WhichKey,
        key: &Secret,
    ) -> Result<(), StoreError> {
        keys::check(which, key)?;
        self.store.keys()?;
        let mut change = self.store.begin().await?;
        let number = number_of(&mut change, id).await?;
        self.write_key(&mut change, number, which, key).await?;
        self.store.commit(change).await
    }

    /// Puts a subscription into a state: suspends, activates, cancels it. A cancelled or expired one gets its end
    /// date, an active one loses it. The comment replaces the former one.
    ///
    /// # Errors
    /// [`StoreError::Unknown`].
    pub async fn set_state(
        &self,
        id: &SubscriptionId,
        state: SubscriptionState,
        comment: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.store.begin().await?;
        let number = number_of(&mut change, id).await?;
        sqlx::query(
            "UPDATE subscriptions SET state = ?1, state_comment = ?2, ended = CASE \
                WHEN ?1 IN ('cancelled', 'expired') THEN ?3 WHEN ?1 = 'active' THEN NULL ELSE ended END \
             WHERE number = ?4",
        )
        .bind(state.name())
        .bind(comment)
        .bind(now.to_string())
        .bind(number)
        .execute(&mut *change)
        .await?;
        self.store.commit(change).await
    }

    /// Removes a subscription with its keys.
    ///
    /// # Errors
    /// [`StoreError::Unknown`].
    pub async fn delete(&self, id: &SubscriptionId) -> Result<(), StoreError> {
        let mut change = self.store.begin().await?;
        let number = number_of(&mut change, id).await?;
        sqlx::query("DELETE FROM subscriptions WHERE number = ?").bind(number).execute(&mut *change).await?;
        self.store.commit(change).await
    }

    /// All subscriptions without their keys, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn list(&self) -> Result<Vec<Subscription>, StoreError> {
        self.rows().await?.into_iter().map(|row| row.without_keys()).collect()
    }

    /// All subscriptions with their keys, the oldest first. Without a sealing key they have none, so that nobody gets
    /// in with them; [`Store::sealed`] tells.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] for a key that does not open, [`StoreError::Damaged`] for a row without meaning.
    pub async fn load_all(&self) -> Result<Vec<Subscription>, StoreError> {
        let keys = self.store.keys_if_any();
        self.rows().await?.into_iter().map(|row| row.with_keys(keys)).collect()
    }

    /// The two keys of a subscription.
    ///
    /// # Errors
    /// [`StoreError::NoSealingKey`], [`StoreError::Unknown`], [`StoreError::Tampered`].
    pub async fn list_secrets(&self, id: &SubscriptionId) -> Result<KeyPair, StoreError> {
        let keys = self.store.keys()?;
        let row: Option<Row> =
            sqlx::query_as(row::SELECT_ONE).bind(id.as_str()).fetch_optional(self.store.pool()).await?;
        row.ok_or_else(|| unknown(id))?.key_pair(keys)
    }

    /// The subscription that a key opens, found by the key's hash.
    ///
    /// # Errors
    /// [`StoreError::NoSealingKey`].
    pub async fn find_by_key(&self, key: &Secret) -> Result<Option<SubscriptionId>, StoreError> {
        let digest = self.store.keys()?.hasher.digest(key.expose())?;
        let id: Option<String> = sqlx::query_scalar(
            "SELECT s.id FROM subscriptions s JOIN subscription_keys k ON k.subscription = s.number WHERE k.digest = ?",
        )
        .bind(digest.0.as_slice())
        .fetch_optional(self.store.pool())
        .await?;
        id.map(|id| row::subscription_id(&id)).transpose()
    }

    async fn rows(&self) -> Result<Vec<Row>, StoreError> {
        Ok(sqlx::query_as(row::SELECT_ALL).fetch_all(self.store.pool()).await?)
    }

    async fn write_key(
        &self,
        change: &mut SqliteConnection,
        number: i64,
        which: WhichKey,
        key: &Secret,
    ) -> Result<(), StoreError> {
        let keys = self.store.keys()?;
        let sealed = keys.sealer.seal(&row::key_place(number, which), key.expose().as_bytes())?;
        let digest = keys.hasher.digest(key.expose())?;
        let done = sqlx::query(
            "INSERT INTO subscription_keys (subscription, which, digest, sealed) VALUES (?, ?, ?, ?) \
             ON CONFLICT (subscription, which) DO UPDATE SET digest = excluded.digest, sealed = excluded.sealed",
        )
        .bind(number)
        .bind(which.name())
        .bind(digest.0.as_slice())
        .bind(sealed)
        .execute(change)
        .await;
        match done {
            Err(error) if violated_unique(&error) == Some("subscription_keys.digest") => {
                Err(StoreError::KeyTaken)
            }
            other => other.map(drop).map_err(StoreError::from),
        }
    }
}

async fn number_of(change: &mut SqliteConnection, id: &SubscriptionId) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar("SELECT number FROM subscriptions WHERE id = ?").bind(id.as_str());
    number.fetch_optional(change).await?.ok_or_else(|| unknown(id))
}

fn unknown(id: &SubscriptionId) -> StoreError {
    StoreError::Unknown { kind: Subscription::KIND, name: id.to_string() }
}

fn shared(text: Option<String>) -> Option<Arc<str>> {
    text.map(Arc::from)
}
