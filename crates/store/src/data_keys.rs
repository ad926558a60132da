//! Data keys: made once, wrapped by the sealing key, held unwrapped while the store is open.

use jiff::Timestamp;
use sqlx::{Connection, SqliteConnection};
use zeroize::Zeroizing;

use crate::seal::{KeyHasher, Place, Sealer};
use crate::{SealingKey, StoreError};

/// What an opened store seals and hashes with.
#[derive(Debug)]
pub(crate) struct DataKeys {
    pub(crate) sealer: Sealer,
    pub(crate) hasher: KeyHasher,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    purpose: String,
    sealed_by: String,
    wrapped: Vec<u8>,
}

const SEAL: &str = "seal";
const LOOKUP: &str = "lookup";

/// Unwraps the data keys, after making them if the database has none.
pub(crate) async fn unwrap_or_make(
    connection: &mut SqliteConnection,
    sealing_key: &SealingKey,
    now: Timestamp,
) -> Result<DataKeys, StoreError> {
    if rows(connection).await?.is_empty() {
        make_all(connection, sealing_key, now).await?;
    }
    let rows = rows(connection).await?;
    Ok(DataKeys {
        sealer: Sealer::new(&find(&rows, SEAL, sealing_key)?)?,
        hasher: KeyHasher::new(&find(&rows, LOOKUP, sealing_key)?),
    })
}

/// Wraps all data keys with another sealing key. Sealed values stay as they are.
pub(crate) async fn rewrap(
    connection: &mut SqliteConnection,
    old: &SealingKey,
    new: &SealingKey,
) -> Result<(), StoreError> {
    for row in rows(connection).await? {
        let key = unwrap(&row, old)?;
        let wrapped = Sealer::new(new.bytes())?.seal(&place(&row.purpose), &key)?;
        sqlx::query("UPDATE data_keys SET wrapped = ?, sealed_by = ? WHERE id = ?")
            .bind(wrapped)
            .bind(new.name())
            .bind(row.id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn rows(connection: &mut SqliteConnection) -> Result<Vec<Row>, StoreError> {
    let all = sqlx::query_as("SELECT id, purpose, sealed_by, wrapped FROM data_keys ORDER BY id");
    Ok(all.fetch_all(connection).await?)
}

async fn make_all(
    connection: &mut SqliteConnection,
    sealing_key: &SealingKey,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut change = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Another process may have been faster, so one looks again under the lock.
    if rows(&mut change).await?.is_empty() {
        for purpose in [SEAL, LOOKUP] {
            make(&mut change, sealing_key, purpose, now).await?;
        }
    }
    Ok(change.commit().await?)
}

async fn make(
    connection: &mut SqliteConnection,
    sealing_key: &SealingKey,
    purpose: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(key.as_mut_slice()).map_err(|_| crate::NoRandomness)?;
    let wrapped = Sealer::new(sealing_key.bytes())?.seal(&place(purpose), key.as_slice())?;
    sqlx::query("INSERT INTO data_keys (purpose, sealed_by, wrapped, created) VALUES (?, ?, ?, ?)")
        .bind(purpose)
        .bind(sealing_key.name())
        .bind(wrapped)
        .bind(now.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

fn find(rows: &[Row], purpose: &str, sealing_key: &SealingKey) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let row = rows.iter().find(|row| row.purpose == purpose);
    let row =
        row.ok_or_else(|| StoreError::damaged("data key", format!("there is none to {purpose} with")))?;
    unwrap(row, sealing_key)
}

fn unwrap(row: &Row, sealing_key: &SealingKey) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    if row.sealed_by != sealing_key.name() {
        let (needed, given) = (row.sealed_by.clone(), sealing_key.name().to_owned());
        return Err(StoreError::WrongSealingKey { needed, given });
    }
    Sealer::new(sealing_key.bytes())?.open(&place(&row.purpose), &row.wrapped)
}

fn place(purpose: &str) -> Place {
    Place { table: "data_keys", row: purpose.to_owned(), column: "wrapped" }
}
