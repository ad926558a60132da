//! Versions of a secret, with their sealed values.

use std::collections::BTreeMap;
use std::fmt;

use secret::Secret;

use super::{SecretRow, VaultWork, VersionId};
use crate::seal::Place;
use crate::{Rng, StoreError};

/// What a version says besides its value. Instants are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    number: i64,
    /// Which version.
    pub id: VersionId,
    /// What kind of value it is, for people and programs that read it.
    pub content_type: Option<String>,
    /// Whether the value may be read.
    pub enabled: bool,
    /// Not to be used before.
    pub not_before: Option<i64>,
    /// Not to be used from then on.
    pub expires: Option<i64>,
    /// When it was made.
    pub created: i64,
    /// When it was changed last.
    pub updated: i64,
    /// Names and texts that users put on it.
    pub tags: BTreeMap<String, String>,
}

impl VersionRow {
    /// Where it stands among the versions of its secret; later ones have higher numbers.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.number
    }
}

/// A version to be made.
#[derive(Clone)]
pub struct NewVersion {
    /// The value.
    pub value: Secret,
    /// What kind of value it is.
    pub content_type: Option<String>,
    /// Whether the value may be read.
    pub enabled: bool,
    /// Not to be used before.
    pub not_before: Option<i64>,
    /// Not to be used from then on.
    pub expires: Option<i64>,
    /// Names and texts that users put on it.
    pub tags: BTreeMap<String, String>,
    /// The present, in seconds since 1970.
    pub now: i64,
}

impl NewVersion {
    /// An enabled version without dates and tags.
    #[must_use]
    pub fn new(value: impl Into<String>, now: i64) -> Self {
        Self {
            value: Secret::new(value),
            content_type: None,
            enabled: true,
            not_before: None,
            expires: None,
            tags: BTreeMap::new(),
            now,
        }
    }
}

impl fmt::Debug for NewVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewVersion").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

/// What a version says besides its value; what is none stays, or is none in a new version. Instants are seconds since
/// 1970.
#[derive(Clone, Debug, Default)]
pub struct VersionChange {
    /// What kind of value it is.
    pub content_type: Option<String>,
    /// Whether the value may be read; a new version is enabled.
    pub enabled: Option<bool>,
    /// Not to be used before.
    pub not_before: Option<i64>,
    /// Not to be used from then on.
    pub expires: Option<i64>,
    /// All tags; they take the place of those that are there.
    pub tags: Option<BTreeMap<String, String>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    version: String,
    content_type: Option<String>,
    enabled: bool,
    not_before: Option<i64>,
    expires: Option<i64>,
    created: i64,
    updated: i64,
    tags: String,
}

impl Row {
    fn read(self) -> Result<VersionRow, StoreError> {
        Ok(VersionRow {
            number: self.number,
            id: VersionId::new(&self.version).map_err(|why| StoreError::damaged("version", why))?,
            content_type: self.content_type,
            enabled: self.enabled,
            not_before: self.not_before,
            expires: self.expires,
            created: self.created,
            updated: self.updated,
            tags: serde_json::from_str(&self.tags).map_err(|why| StoreError::damaged("tags", why))?,
        })
    }
}

impl VaultWork {
    /// Adds a version, which is the newest then.
    ///
    /// # Errors
    /// [`StoreError::NoSealingKey`], or when the database cannot be written.
    pub async fn add_version(
        &mut self,
        secret: &SecretRow,
        new: &NewVersion,
        rng: &dyn Rng,
    ) -> Result<VersionRow, StoreError> {
        let id = VersionId::random(rng)?;
        let sealed = self.keys()?.sealer.seal(&place(secret, &id), new.value.expose().as_bytes())?;
        let number = sqlx::query_scalar(
            "INSERT INTO vault_versions (secret, version, sealed, content_type, enabled, not_before, expires, \
             created, updated, tags) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9) RETURNING number",
        )
        .bind(secret.number)
        .bind(id.as_str())
        .bind(sealed)
        .bind(&new.content_type)
        .bind(new.enabled)
        .bind(new.not_before)
        .bind(new.expires)
        .bind(new.now)
        .bind(tags_text(&new.tags)?)
        .fetch_one(self.connection())
        .await?;
        Ok(VersionRow {
            number,
            id,
            content_type: new.content_type.clone(),
            enabled: new.enabled,
            not_before: new.not_before,
            expires: new.expires,
            created: new.now,
            updated: new.now,
            tags: new.tags.clone(),
        })
    }

    /// A version of a secret, without its value; the newest when none is named.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn version(
        &mut self,
        secret: &SecretRow,
        id: Option<&VersionId>,
    ) -> Result<Option<VersionRow>, StoreError> {
        let found = sqlx::query_as(
            "SELECT number, version, content_type, enabled, not_before, expires, created, updated, tags \
             FROM vault_versions WHERE secret = ?1 AND (?2 IS NULL OR version = ?2) \
             ORDER BY number DESC LIMIT 1",
        );
        let id = id.map(|id| id.as_str().to_ascii_lowercase());
        let found: Option<Row> = found.bind(secret.number).bind(id).fetch_optional(self.connection()).await?;
        found.map(Row::read).transpose()
    }

    /// The value of a version.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] when it does not open, [`StoreError::NoSealingKey`].
    pub async fn value(&mut self, secret: &SecretRow, version: &VersionRow) -> Result<Secret, StoreError> {
        let sealed: Vec<u8> = sqlx::query_scalar("SELECT sealed FROM vault_versions WHERE number = ?")
            .bind(version.number)
            .fetch_one(self.connection())
            .await?;
        let opened = self.keys()?.sealer.open(&place(secret, &version.id), &sealed)?;
        let text = std::str::from_utf8(&opened).map_err(|why| StoreError::damaged("value", why))?;
        Ok(Secret::new(text))
    }

    /// Changes what a version says besides its value, and gives it as it is then.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub async fn change_version(
        &mut self,
        version: VersionRow,
        change: VersionChange,
        now: i64,
    ) -> Result<VersionRow, StoreError> {
        let changed = VersionRow {
            content_type: change.content_type.or(version.content_type),
            enabled: change.enabled.unwrap_or(version.enabled),
            not_before: change.not_before.or(version.not_before),
            expires: change.expires.or(version.expires),
            tags: change.tags.unwrap_or(version.tags),
            updated: now,
            ..version
        };
        sqlx::query(
            "UPDATE vault_versions SET content_type = ?, enabled = ?, not_before = ?, expires = ?, updated = ?, \
             tags = ? WHERE number = ?",
        )
        .bind(&changed.content_type)
        .bind(changed.enabled)
        .bind(changed.not_before)
        .bind(changed.expires)
        .bind(changed.updated)
        .bind(tags_text(&changed.tags)?)
        .bind(changed.number)
        .execute(self.connection())
        .await?;
        Ok(changed)
    }

    /// Up to `limit` versions, the oldest first, from after a [position](VersionRow::position) on.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn list_versions(
        &mut self,
        secret: &SecretRow,
        after: i64,
        limit: u32,
    ) -> Result<Vec<VersionRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT number, version, content_type, enabled, not_before, expires, created, updated, tags \
             FROM vault_versions WHERE secret = ? AND number > ? ORDER BY number LIMIT ?",
        );
        let rows: Vec<Row> =
            rows.bind(secret.number).bind(after).bind(i64::from(limit)).fetch_all(self.connection()).await?;
        rows.into_iter().map(Row::read).collect()
    }
}

/// INVARIANT: a value opens only as this version of this secret of this vault. Names hold no NUL, so that no two
/// places give the same row.
fn place(secret: &SecretRow, version: &VersionId) -> Place {
    let row = format!("{}\0{}\0{}", secret.vault, secret.name, version).to_ascii_lowercase();
    Place { table: "vault_versions", row, column: "sealed" }
}

fn tags_text(tags: &BTreeMap<String, String>) -> Result<String, StoreError> {
    serde_json::to_string(tags).map_err(|why| StoreError::damaged("tags", why))
}
