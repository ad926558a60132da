//! Subscriptions: two keys for one scope.

use std::sync::Arc;

use jiff::Timestamp;
use source::Location;

use crate::{
    ApiId, DateRule, DisplayName, JsonText, ProductId, Resource, SubscriptionId, SubscriptionKey, UserId,
    WorkspaceId,
};

/// Two keys for one scope.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Its name.
    pub id: SubscriptionId,
    /// The workspace that it is in, whose APIs and products its scope names; none for one of the service.
    pub workspace: Option<WorkspaceId>,
    /// Its name for people.
    pub display_name: DisplayName,
    /// What its keys open.
    pub scope: SubscriptionScope,
    /// Whose it is; none for a standalone one.
    pub owner: Option<UserId>,
    /// Whether its keys work.
    pub state: SubscriptionState,
    /// Why it is in that state.
    pub state_comment: Option<Arc<str>>,
    /// When it was made, begins and ends.
    pub dates: SubscriptionDates,
    /// Whether callers may ask for traces.
    pub allow_tracing: bool,
    /// The first key.
    pub primary: Option<SubscriptionKey>,
    /// The second key, so that one can be changed while the other is in use.
    pub secondary: Option<SubscriptionKey>,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Subscription {
    /// An active subscription without keys.
    #[must_use]
    pub fn new(id: SubscriptionId, display_name: DisplayName, scope: SubscriptionScope) -> Self {
        Self {
            id,
            workspace: None,
            display_name,
            scope,
            owner: None,
            state: SubscriptionState::Active,
            state_comment: None,
            dates: SubscriptionDates::default(),
            allow_tracing: false,
            primary: None,
            secondary: None,
            rest: None,
            origin: None,
        }
    }

    /// Its keys, the first one first.
    pub fn keys(&self) -> impl Iterator<Item = &SubscriptionKey> {
        self.primary.iter().chain(&self.secondary)
    }

    /// Whether its keys work at that moment.
    #[must_use]
    pub fn is_active(&self, now: Timestamp, rule: DateRule) -> bool {
        self.state == SubscriptionState::Active && (rule == DateRule::Informs || self.dates.hold(now))
    }
}

impl Resource for Subscription {
    type Id = SubscriptionId;
    const KIND: &'static str = "subscription";

    fn id(&self) -> &SubscriptionId {
        &self.id
    }
}

/// What the keys of a subscription open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionScope {
    /// The APIs of a product, in the product's context.
    Product(ProductId),
    /// One API with all its revisions.
    Api(ApiId),
    /// All APIs: of the workspace that the subscription is in, or of the service with all its workspaces.
    AllApis,
    /// All APIs, for administrators and test consoles; the built-in `master` subscription.
    AllAccess,
}

/// Whether the keys of a subscription work; only `Active` grants access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// In use.
    Active,
    /// Stopped by an administrator.
    Suspended,
    /// Waits for approval.
    Submitted,
    /// Was not approved.
    Rejected,
    /// Ended by its owner or an administrator.
    Cancelled,
    /// Ran out.
    Expired,
}

impl SubscriptionState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Active, Self::Suspended, Self::Submitted, Self::Rejected, Self::Cancelled, Self::Expired];

    /// Its name in the property `state`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Submitted => "submitted",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// When a subscription was made, begins and ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionDates {
    /// When it was made.
    pub created: Option<Timestamp>,
    /// From when on it is in use.
    pub start: Option<Timestamp>,
    /// Until when it is in use.
    pub expiration: Option<Timestamp>,
    /// When it was cancelled; a record only.
    pub end: Option<Timestamp>,
}

impl SubscriptionDates {
    /// Whether a moment lies from the start on and before the expiration.
    #[must_use]
    pub fn hold(&self, now: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= now) && self.expiration.is_none_or(|end| now < end)
    }
}
