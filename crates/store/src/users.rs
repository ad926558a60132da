//! Users, as far as owners of subscriptions need them. How they sign in is not kept here.

use jiff::Timestamp;
use model::{Resource, User, UserId, UserState};
use sqlx::SqliteConnection;

use crate::error::violated_unique;
use crate::{Store, StoreError};

/// What a new user is made of.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name as a resource.
    pub id: UserId,
    /// Electronic mail; no two users share an address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// What administrators want to remember.
    pub note: Option<String>,
}

impl NewUser {
    /// COMPAT: lengths are the limits of the published resource models.
    fn check(&self) -> Result<(), StoreError> {
        let email = self.email.trim();
        let (name, host) = email.split_once('@').unwrap_or_default();
        if name.is_empty() || host.is_empty() || email.contains(char::is_whitespace) || email != self.email {
            return Err(field("email address", "must be like `name@example.com`"));
        }
        check_length("email address", email, 254)?;
        check_length("first name", &self.first_name, 100)?;
        check_length("last name", &self.last_name, 100)
    }

    async fn insert(&self, change: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO users (id, email, first_name, last_name, state, note, registered) \
             VALUES (?, ?, ?, ?, 'active', ?, ?)",
        )
        .bind(self.id.as_str())
        .bind(&self.email)
        .bind(&self.first_name)
        .bind(&self.last_name)
        .bind(&self.note)
        .bind(now.to_string())
        .execute(change)
        .await;
        done.map(drop).map_err(|error| match violated_unique(&error) {
            Some("users.id") => StoreError::Duplicate { kind: User::KIND, name: self.id.to_string() },
            Some("users.email") => StoreError::DuplicateEmail { email: self.email.clone() },
            _ => error.into(),
        })
    }
}

/// What can be done with users; from [`Store::users`].
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    store: &'a Store,
}

impl<'a> Users<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Makes an active user.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`], [`StoreError::DuplicateEmail`], [`StoreError::Field`].
    pub async fn create(&self, new: NewUser, now: Timestamp) -> Result<(), StoreError> {
        new.check()?;
        let mut change = self.store.begin().await?;
        new.insert(&mut change, now).await?;
        self.store.commit(change).await
    }

    /// Puts a user into a state: the keys of a blocked one are refused, those of an activated one are good again.
    ///
    /// # Errors
    /// [`StoreError::Unknown`].
    pub async fn set_state(&self, id: &UserId, state: UserState) -> Result<(), StoreError> {
        let mut change = self.store.begin().await?;
        let done = sqlx::query("UPDATE users SET state = ? WHERE id = ?")
            .bind(state_name(state))
            .bind(id.as_str())
            .execute(&mut *change)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Unknown { kind: User::KIND, name: id.to_string() });
        }
        self.store.commit(change).await
    }

    /// All users, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for a row without meaning.
    pub async fn list(&self) -> Result<Vec<User>, StoreError> {
        let all = sqlx::query_as(
            "SELECT id, email, first_name, last_name, state, note, registered FROM users ORDER BY number",
        );
        let rows: Vec<Row> = all.fetch_all(self.store.pool()).await?;
        rows.into_iter().map(Row::into_user).collect()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    email: String,
    first_name: String,
    last_name: String,
    state: String,
    note: Option<String>,
    registered: String,
}

impl Row {
    fn into_user(self) -> Result<User, StoreError> {
        let registered = self.registered.parse().map_err(|why| StoreError::damaged("instant", why))?;
        Ok(User {
            id: UserId::new(&self.id).map_err(|why| StoreError::damaged("user", why))?,
            email: self.email.into(),
            first_name: self.first_name.into(),
            last_name: self.last_name.into(),
            state: state(&self.state)?,
            note: self.note.map(Into::into),
            registration_date: Some(registered),
            groups: Vec::new(),
            identities: Vec::new(),
            origin: None,
        })
    }
}

fn state_name(state: UserState) -> &'static str {
    match state {
        UserState::Active => "active",
        UserState::Blocked => "blocked",
        UserState::Pending => "pending",
        UserState::Deleted => "deleted",
    }
}

fn state(name: &str) -> Result<UserState, StoreError> {
    const ALL: [UserState; 4] =
        [UserState::Active, UserState::Blocked, UserState::Pending, UserState::Deleted];
    let found = ALL.into_iter().find(|state| state_name(*state) == name);
    found.ok_or_else(|| StoreError::damaged("state", format!("it is `{name}`")))
}

fn field(what: &'static str, why: &str) -> StoreError {
    StoreError::Field { what, why: why.to_owned() }
}

fn check_length(what: &'static str, text: &str, limit: usize) -> Result<(), StoreError> {
    match text.chars().count() {
        0 => Err(field(what, "is empty")),
        length if length > limit => {
            Err(field(what, &format!("has {length} characters, at most {limit} are allowed")))
        }
        _ => Ok(()),
    }
}
