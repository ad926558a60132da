//! Users and groups.

use std::sync::Arc;

use jiff::Timestamp;
use source::Location;

use crate::{DisplayName, GroupId, JsonText, Resource, UserId};

/// Somebody who owns subscriptions.
#[derive(Clone, Debug)]
pub struct User {
    /// The name as a resource.
    pub id: UserId,
    /// Electronic mail.
    pub email: Arc<str>,
    /// Given name.
    pub first_name: Arc<str>,
    /// Family name.
    pub last_name: Arc<str>,
    /// Whether the user may call anything.
    pub state: UserState,
    /// What administrators wrote.
    pub note: Option<Arc<str>>,
    /// Since when the user is known.
    pub registration_date: Option<Timestamp>,
    /// The groups that the user is in.
    pub groups: Vec<GroupId>,
    /// How the user signs in.
    pub identities: Vec<UserIdentity>,
    /// Where the user was defined.
    pub origin: Option<Location>,
}

impl Resource for User {
    type Id = UserId;
    const KIND: &'static str = "user";

    fn id(&self) -> &UserId {
        &self.id
    }
}

/// Whether a user may call anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserState {
    /// In use.
    #[default]
    Active,
    /// May neither sign in nor call any API.
    Blocked,
    /// Has been invited and has not confirmed.
    Pending,
    /// Is gone.
    Deleted,
}

impl UserState {
    /// Whether keys of such a user are good.
    ///
    /// COMPAT: documented for blocked users (keys are refused at run time). A deleted user's keys are refused as well;
    /// nothing is documented about pending users, whose keys are taken.
    #[must_use]
    pub fn may_call(self) -> bool {
        matches!(self, Self::Active | Self::Pending)
    }
}

/// An account elsewhere by which a user signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserIdentity {
    /// Who vouches, such as `Aad` or `Basic`.
    pub provider: Arc<str>,
    /// The account's name there.
    pub id: Arc<str>,
}

/// A group of users.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub id: GroupId,
    /// Its name for people.
    pub display_name: DisplayName,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// Who says who is in it.
    pub kind: GroupKind,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined; none for the built-in ones.
    pub origin: Option<Location>,
}

impl Resource for Group {
    type Id = GroupId;
    const KIND: &'static str = "group";

    fn id(&self) -> &GroupId {
        &self.id
    }
}

/// Who says who is in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupKind {
    /// An administrator.
    #[default]
    Custom,
    /// API Management itself: `administrators`, `developers`, `guests`.
    System,
    /// A directory; the text names the group there, such as `aad://contoso.com/groups/...`.
    External(Arc<str>),
}
