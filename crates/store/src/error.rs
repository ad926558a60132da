//! What can go wrong, and what to do about it. No message holds a secret.

use std::path::PathBuf;

use crate::random::NoRandomness;

/// Why the store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or directory could not be made or read.
    #[error("cannot use `{path}`: {source}")]
    File {
        /// What was to be used.
        path: PathBuf,
        /// Why it could not be.
        source: std::io::Error,
    },
    /// The file is a database, but not one of ours.
    #[error("`{path}` is a database of another program; give the store a directory of its own")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later release has written the database.
    #[error(
        "the database has schema version {found}, this release knows up to {known}; use the release that wrote it or \
         a later one, or restore the copy that was made before the upgrade"
    )]
    NewerSchema {
        /// Version of the file.
        found: i64,
        /// Newest version that this release knows.
        known: i64,
    },
    /// The database was sealed with another key.
    #[error("the database is sealed with the key `{needed}`, the given one is `{given}`; give the former")]
    WrongSealingKey {
        /// Name of the key that sealed the database.
        needed: String,
        /// Name of the key that was given.
        given: String,
    },
    /// Something secret was to be written or read without a sealing key.
    #[error("there is no sealing key, so keys are neither kept nor read; give the store a sealing key")]
    NoSealingKey,
    /// A sealed value does not open: it is damaged, or was moved from another place.
    #[error(
        "the sealed value in {place} does not open: it is damaged or stood somewhere else; restore a copy"
    )]
    Tampered {
        /// Table, row and column.
        place: String,
    },
    /// A stored value has no meaning to this release.
    #[error("the stored {what} does not make sense: {why}; restore a copy")]
    Damaged {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The name is taken.
    #[error("the {kind} `{name}` is there already; choose another name or delete that one first")]
    Duplicate {
        /// Kind of resource.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Two users may not share an address.
    #[error("another user has the address `{email}`; use that user or another address")]
    DuplicateEmail {
        /// The address.
        email: String,
    },
    /// Nothing has that name.
    #[error("there is no {kind} `{name}` in the store; `list` shows those that there are")]
    Unknown {
        /// Kind of resource.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A subscription cannot have that scope.
    #[error("the subscription `{name}` cannot have this scope: {why}")]
    Scope {
        /// The subscription.
        name: String,
        /// What to do instead.
        why: String,
    },
    /// A key that was chosen by a person cannot be used.
    #[error("the given {which} key cannot be used: {why}")]
    Key {
        /// `primary` or `secondary`.
        which: &'static str,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// The key opens another subscription, or is both keys of this one.
    #[error("a key that was given is in use already; a key opens one subscription: choose another")]
    KeyTaken,
    /// A field of a user cannot be what was given.
    #[error("the {what} {why}")]
    Field {
        /// Which field.
        what: &'static str,
        /// Which rule it breaks.
        why: String,
    },
    /// Another process keeps the database locked.
    #[error("another process has been writing to the database for {seconds} seconds; try again")]
    Busy {
        /// How long was waited.
        seconds: u64,
    },
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Encryption or authentication itself failed.
    #[error("cryptography failed while {doing}")]
    Cryptography {
        /// What was being done.
        doing: &'static str,
    },
    /// Anything else that SQLite says.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let busy = is_busy(&error) || matches!(error, sqlx::Error::PoolTimedOut);
        if busy { Self::Busy { seconds: crate::store::BUSY.as_secs() } } else { Self::Database(error) }
    }
}

impl StoreError {
    pub(crate) fn damaged(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Damaged { what, why: why.to_string() }
    }
}

/// SQLite's result code for a lock that was not given in time; its low byte names the kind.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: i32 = 5;
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

/// The column that had to be unique and was not, as `table.column`.
pub(crate) fn violated_unique(error: &sqlx::Error) -> Option<&str> {
    let error = error.as_database_error().filter(|error| error.is_unique_violation())?;
    error.message().rsplit(' ').next()
}
