//! What a new subscription is made of.

use jiff::Timestamp;
use model::{
    DisplayName, Resource, Subscription, SubscriptionId, SubscriptionScope, SubscriptionState, User, UserId,
};
use secret::Secret;
use sqlx::SqliteConnection;

use super::keys::{self, KeyPair, WhichKey};
use super::row;
use crate::error::violated_unique;
use crate::{Rng, StoreError};

/// The built-in subscription for all access.
const MASTER: &str = "master";

/// What a new subscription is made of. Its keys are generated unless they are given.
#[derive(Clone, Debug)]
pub struct NewSubscription {
    /// Its name.
    pub id: SubscriptionId,
    /// Its name for people.
    pub display_name: DisplayName,
    /// What its keys open. All access is for the subscription `master` only.
    pub scope: SubscriptionScope,
    /// Whose it is; none for a standalone one.
    pub owner: Option<UserId>,
    /// Whether its keys work at once.
    pub state: SubscriptionState,
    /// From when on it is in use.
    pub start: Option<Timestamp>,
    /// Until when it is in use.
    pub expiration: Option<Timestamp>,
    /// Whether callers may ask for traces.
    pub allow_tracing: bool,
    /// The first key, if it is not to be generated.
    pub primary: Option<Secret>,
    /// The second key, if it is not to be generated.
    pub secondary: Option<Secret>,
}

impl NewSubscription {
    /// An active standalone subscription without dates, whose keys are generated.
    #[must_use]
    pub fn new(id: SubscriptionId, display_name: DisplayName, scope: SubscriptionScope) -> Self {
        Self {
            id,
            display_name,
            scope,
            owner: None,
            state: SubscriptionState::Active,
            start: None,
            expiration: None,
            allow_tracing: false,
            primary: None,
            secondary: None,
        }
    }

    pub(crate) fn check_scope(&self) -> Result<(), StoreError> {
        let is_master = self.id.as_str().eq_ignore_ascii_case(MASTER);
        let why = match &self.scope {
            SubscriptionScope::AllAccess if !is_master => {
                "all access is for the built-in subscription `master`; choose all APIs instead".to_owned()
            }
            SubscriptionScope::AllAccess => return Ok(()),
            _ if is_master => {
                "`master` is the built-in subscription for all access; choose another name".to_owned()
            }
            SubscriptionScope::Api(api) if api.revision().is_some() => {
                format!("it is for an API with all its revisions; choose `{}`", api.root())
            }
            _ => return Ok(()),
        };
        Err(StoreError::Scope { name: self.id.to_string(), why })
    }

    pub(crate) fn key_pair(&self, rng: &dyn Rng) -> Result<KeyPair, StoreError> {
        let take = |which, given: &Option<Secret>| match given {
            Some(key) => keys::check(which, key).map(|()| key.clone()),
            None => keys::generate(rng),
        };
        Ok(KeyPair {
            primary: take(WhichKey::Primary, &self.primary)?,
            secondary: take(WhichKey::Secondary, &self.secondary)?,
        })
    }

    /// Writes the row without keys and gives its number.
    pub(crate) async fn insert(
        &self,
        change: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let owner = self.owner_number(change).await?;
        let (scope_kind, scope_name) = row::scope_columns(&self.scope);
        let done = sqlx::query_scalar(
            "INSERT INTO subscriptions (id, display_name, scope_kind, scope_name, owner, state, created, start, \
             expiration, allow_tracing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        )
        .bind(self.id.as_str())
        .bind(self.display_name.as_str())
        .bind(scope_kind)
        .bind(scope_name)
        .bind(owner)
        .bind(self.state.name())
        .bind(now.to_string())
        .bind(self.start.map(|at| at.to_string()))
        .bind(self.expiration.map(|at| at.to_string()))
        .bind(self.allow_tracing)
        .fetch_one(change)
        .await;
        done.map_err(|error| match violated_unique(&error) {
            Some("subscriptions.id") => {
                StoreError::Duplicate { kind: Subscription::KIND, name: self.id.to_string() }
            }
            _ => error.into(),
        })
    }

    async fn owner_number(&self, change: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
        let Some(owner) = &self.owner else { return Ok(None) };
        let number = sqlx::query_scalar("SELECT number FROM users WHERE id = ?").bind(owner.as_str());
        match number.fetch_optional(change).await? {
            Some(number) => Ok(Some(number)),
            None => Err(StoreError::Unknown { kind: User::KIND, name: owner.to_string() }),
        }
    }
}
