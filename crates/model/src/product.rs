//! Products: what subscriptions are for.

use std::sync::Arc;

use source::Location;

use crate::{ApiId, DisplayName, GroupId, JsonText, PolicyText, ProductId, Resource, TagId};

/// A set of APIs with terms of use.
#[derive(Clone, Debug)]
pub struct Product {
    /// Its name.
    pub id: ProductId,
    /// Its name for people.
    pub display_name: DisplayName,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// Legal terms.
    pub terms: Option<Arc<str>>,
    /// Whether its APIs can be called through it.
    pub state: ProductState,
    /// False makes it an open product: its APIs need no key.
    pub subscription_required: bool,
    /// Whether an administrator must approve each subscription.
    pub approval_required: bool,
    /// How many subscriptions one user may have; none for any number.
    pub subscriptions_limit: Option<u32>,
    /// Its APIs, by the name that all revisions share.
    pub apis: Vec<ApiId>,
    /// The groups whose members see it.
    pub groups: Vec<GroupId>,
    /// Tags that stand beside it; those that name it themselves are not among them.
    pub tags: Vec<TagId>,
    /// The policy at product scope.
    pub policy: Option<PolicyText>,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Product {
    /// A product of that name that needs subscriptions, is not published and holds nothing.
    #[must_use]
    pub fn new(id: ProductId, display_name: DisplayName) -> Self {
        Self {
            id,
            display_name,
            description: None,
            terms: None,
            state: ProductState::NotPublished,
            subscription_required: true,
            approval_required: false,
            subscriptions_limit: None,
            apis: Vec::new(),
            groups: Vec::new(),
            tags: Vec::new(),
            policy: None,
            rest: None,
            origin: None,
        }
    }

    /// Whether calls can be made in its context at all.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.state == ProductState::Published
    }

    /// Whether it holds the API (of any revision).
    #[must_use]
    pub fn contains(&self, api: &ApiId) -> bool {
        let root = api.root();
        self.apis.contains(&root)
    }
}

impl Resource for Product {
    type Id = ProductId;
    const KIND: &'static str = "product";

    fn id(&self) -> &ProductId {
        &self.id
    }
}

/// Whether a product's APIs can be called through it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProductState {
    /// Only administrators see it, and no call is made through it.
    #[default]
    NotPublished,
    /// In use.
    Published,
}

impl ProductState {
    /// The word that `context.Product.State` gives.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotPublished => "NotPublished",
            Self::Published => "Published",
        }
    }
}
