//! Who calls: holders of keys of each scope, and everybody.
//!
//! The rules are those of [`model::access`]: keys for an API or for all APIs set no product's context, keys of a published
//! product set its own, and without a key an open product comes before an API that requires none.

use std::fmt;
use std::sync::Arc;

use model::{Api, ApiId, Product, ProductId, Subscription, SubscriptionScope, SubscriptionState};

use crate::realm::Realm;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Whoever sends no key.
    Anybody,
    /// Whoever has a key of the product.
    Product(ProductId),
    /// Whoever has a key of the API.
    Api(ApiId),
    /// Whoever has a key of all APIs.
    AllApis,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anybody => f.write_str("anybody without a key"),
            Self::Product(id) => write!(f, "keys of the product `{id}`"),
            Self::Api(id) => write!(f, "keys of the API `{id}`"),
            Self::AllApis => f.write_str("keys of all APIs"),
        }
    }
}

impl Caller {
    /// Whose keys those of a subscription are.
    pub(super) fn of(scope: &SubscriptionScope) -> Self {
        match scope {
            SubscriptionScope::Product(id) => Self::Product(id.clone()),
            SubscriptionScope::Api(id) => Self::Api(id.root()),
            SubscriptionScope::AllApis | SubscriptionScope::AllAccess => Self::AllApis,
        }
    }
}

/// Everybody who can call an API.
pub(super) fn callers(realm: &Realm<'_>, api: &Api) -> Vec<Caller> {
    let products = realm.holders(&api.id);
    let products = products.iter().map(|product| Caller::Product(product.id.clone()));
    let all = std::iter::once(Caller::Anybody).chain(products);
    let all = all.chain([Caller::Api(api.id.root()), Caller::AllApis]);
    all.filter(|caller| context(realm, api, caller).is_some()).collect()
}

/// Whether a caller is let into an API, and into which product's context.
#[expect(clippy::option_option, reason = "let in without a product is not the same as not let in")]
pub(super) fn context(realm: &Realm<'_>, api: &Api, caller: &Caller) -> Option<Option<Arc<Product>>> {
    if !api.is_online {
        return None;
    }
    let products = realm.holders(&api.id);
    match caller {
        Caller::Anybody => {
            let open =
                products.iter().find(|product| product.is_published() && !product.subscription_required);
            match open {
                Some(product) => Some(Some(Arc::clone(product))),
                None => (!api.subscription_required).then_some(None),
            }
        }
        Caller::Product(id) => {
            let own = products.iter().find(|product| product.id == *id && product.is_published());
            own.map(|product| Some(Arc::clone(product)))
        }
        Caller::Api(id) => (*id == api.id.root()).then_some(None),
        Caller::AllApis => Some(None),
    }
}

/// Whether keys of a subscription work, its dates left aside.
pub(super) fn works(realm: &Realm<'_>, subscription: &Subscription) -> bool {
    let owner = subscription.owner.as_ref().and_then(|owner| realm.own()?.users.get(owner));
    subscription.state == SubscriptionState::Active && owner.is_none_or(|owner| owner.state.may_call())
}
