//! Rows of the table, and what they mean.

use jiff::Timestamp;
use model::{
    ApiId, DisplayName, ProductId, Subscription, SubscriptionDates, SubscriptionId, SubscriptionKey,
    SubscriptionScope, SubscriptionState, UserId,
};
use secret::{Secret, SecretSlot};

use super::keys::{KeyPair, WhichKey};
use super::shared;
use crate::StoreError;
use crate::data_keys::DataKeys;
use crate::seal::Place;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.number, s.id, s.display_name, s.scope_kind, s.scope_name, u.id AS owner, s.state, \
             s.state_comment, s.created, s.start, s.expiration, s.ended, s.allow_tracing, \
             p.sealed AS primary_key, q.sealed AS secondary_key \
             FROM subscriptions s LEFT JOIN users u ON u.number = s.owner \
             LEFT JOIN subscription_keys p ON p.subscription = s.number AND p.which = 'primary' \
             LEFT JOIN subscription_keys q ON q.subscription = s.number AND q.which = 'secondary' ",
            $rest
        )
    };
}

pub(super) const SELECT_ALL: &str = select!("ORDER BY s.number");
pub(super) const SELECT_ONE: &str = select!("WHERE s.id = ?");

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    number: i64,
    id: String,
    display_name: String,
    scope_kind: String,
    scope_name: Option<String>,
    owner: Option<String>,
    state: String,
    state_comment: Option<String>,
    created: String,
    start: Option<String>,
    expiration: Option<String>,
    ended: Option<String>,
    allow_tracing: bool,
    primary_key: Option<Vec<u8>>,
    secondary_key: Option<Vec<u8>>,
}

impl Row {
    pub(super) fn with_keys(self, keys: Option<&DataKeys>) -> Result<Subscription, StoreError> {
        let (primary, secondary) = match keys {
            Some(keys) => (self.slot(keys, WhichKey::Primary)?, self.slot(keys, WhichKey::Secondary)?),
            None => (None, None),
        };
        Ok(Subscription { primary, secondary, ..self.without_keys()? })
    }

    pub(super) fn without_keys(self) -> Result<Subscription, StoreError> {
        let display_name = DisplayName::new(&self.display_name);
        Ok(Subscription {
            workspace: None,
            id: subscription_id(&self.id)?,
            display_name: display_name.map_err(|why| StoreError::damaged("display name", why))?,
            scope: scope(&self.scope_kind, self.scope_name.as_deref())?,
            owner: self.owner.as_deref().map(owner).transpose()?,
            state: state(&self.state)?,
            state_comment: shared(self.state_comment),
            dates: SubscriptionDates {
                created: Some(instant(&self.created)?),
                start: self.start.as_deref().map(instant).transpose()?,
                expiration: self.expiration.as_deref().map(instant).transpose()?,
                end: self.ended.as_deref().map(instant).transpose()?,
            },
            allow_tracing: self.allow_tracing,
            primary: None,
            secondary: None,
            rest: None,
            origin: None,
        })
    }

    pub(super) fn key_pair(&self, keys: &DataKeys) -> Result<KeyPair, StoreError> {
        let key = |which| self.key(keys, which)?.ok_or_else(|| StoreError::damaged("key", "it is not there"));
        Ok(KeyPair { primary: key(WhichKey::Primary)?, secondary: key(WhichKey::Secondary)? })
    }

    fn slot(&self, keys: &DataKeys, which: WhichKey) -> Result<Option<SubscriptionKey>, StoreError> {
        let name = || format!("{} key of the subscription {}", which.name(), self.id);
        let slot = |key| SubscriptionKey::Known(SecretSlot::holding(name(), key));
        Ok(self.key(keys, which)?.map(slot))
    }

    fn key(&self, keys: &DataKeys, which: WhichKey) -> Result<Option<Secret>, StoreError> {
        let sealed = match which {
            WhichKey::Primary => &self.primary_key,
            WhichKey::Secondary => &self.secondary_key,
        };
        let Some(sealed) = sealed else { return Ok(None) };
        let opened = keys.sealer.open(&key_place(self.number, which), sealed)?;
        let text = std::str::from_utf8(&opened).map_err(|_| StoreError::damaged("key", "it is not text"))?;
        Ok(Some(Secret::new(text)))
    }
}

/// A number is never given twice, so a sealed key cannot come back under a new subscription of the same name.
pub(super) fn key_place(number: i64, which: WhichKey) -> Place {
    Place { table: "subscription_keys", row: format!("{number}/{}", which.name()), column: "sealed" }
}

pub(super) fn subscription_id(text: &str) -> Result<SubscriptionId, StoreError> {
    SubscriptionId::new(text).map_err(|why| StoreError::damaged("subscription", why))
}

fn owner(text: &str) -> Result<UserId, StoreError> {
    UserId::new(text).map_err(|why| StoreError::damaged("owner", why))
}

fn instant(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|why| StoreError::damaged("instant", why))
}

pub(super) fn scope_columns(scope: &SubscriptionScope) -> (&'static str, Option<&str>) {
    match scope {
        SubscriptionScope::Product(id) => ("product", Some(id.as_str())),
        SubscriptionScope::Api(id) => ("api", Some(id.as_str())),
        SubscriptionScope::AllApis => ("all-apis", None),
        SubscriptionScope::AllAccess => ("all-access", None),
    }
}

fn scope(kind: &str, name: Option<&str>) -> Result<SubscriptionScope, StoreError> {
    let invalid = |why| StoreError::damaged("scope", why);
    match (kind, name) {
        ("product", Some(name)) => ProductId::new(name).map(SubscriptionScope::Product).map_err(invalid),
        ("api", Some(name)) => ApiId::new(name).map(SubscriptionScope::Api).map_err(invalid),
        ("all-apis", None) => Ok(SubscriptionScope::AllApis),
        ("all-access", None) => Ok(SubscriptionScope::AllAccess),
        _ => Err(StoreError::damaged("scope", format!("its kind is `{kind}`"))),
    }
}

fn state(name: &str) -> Result<SubscriptionState, StoreError> {
    let found = SubscriptionState::ALL.into_iter().find(|state| state.name() == name);
    found.ok_or_else(|| StoreError::damaged("state", format!("it is `{name}`")))
}
