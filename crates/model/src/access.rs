//! Who may call an API, and in which context.
//!
//! One function, [`decide`], answers from the API, the products that hold it and what became of the caller's key. It
//! does not look keys up and does not read requests ([`crate::presented_key`] does).
//!
//! COMPAT (documentation of subscriptions, 2025-12 numbering): a key of an active subscription for this API, for a
//! product that holds it, or for all APIs always wins and sets the context. Any other key is ignored and the rules
//! without key decide: an open product's context, else the API's when it requires no subscription. Only if those deny
//! too the caller is refused, as invalid when a key was sent and as missing when none was. The page contradicts itself
//! for a bad key on an API of an open product (its table says deny); its numbered steps are followed.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{Api, DateRule, Product, Subscription, SubscriptionScope, User};

/// What is known about a call when access is decided.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The API that is called.
    pub api: &'a Api,
    /// The products that hold it.
    pub products: &'a [Arc<Product>],
    /// What became of the caller's key.
    pub key: CallerKeyState<'a>,
    /// The moment of the call.
    pub now: Timestamp,
    /// Whether dates limit subscriptions.
    pub dates: DateRule,
}

/// What became of the caller's key.
#[derive(Clone, Copy, Debug)]
pub enum CallerKeyState<'a> {
    /// The call carries none.
    Absent,
    /// The call carries one that belongs to no subscription.
    Unknown,
    /// The call carries one of this subscription's keys.
    Known {
        /// The subscription.
        subscription: &'a Arc<Subscription>,
        /// Its owner, if it has one that is known.
        owner: Option<&'a User>,
    },
}

/// Whether the call is let in.
#[derive(Clone, Copy, Debug)]
pub enum Access<'a> {
    /// It is, in this context.
    Granted {
        /// The subscription whose key opened the API; none when it was open anyway.
        subscription: Option<&'a Arc<Subscription>>,
        /// The product whose policies apply; none for keys of an API or of all APIs.
        product: Option<&'a Arc<Product>>,
    },
    /// It is not: 401.
    Denied(Denial),
}

/// Why a call is not let in; the names are the last part of API Management's reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// `SubscriptionKeyNotFound`: a key is needed and none was sent.
    NotFound,
    /// `SubscriptionKeyInvalid`: a key was sent and does not open this API.
    Invalid,
}

/// Decides whether a call is let in and in which context.
#[must_use]
pub fn decide<'a>(question: &Question<'a>) -> Access<'a> {
    if let CallerKeyState::Known { subscription, owner } = question.key
        && let Some(product) = opens(question, subscription, owner)
    {
        return Access::Granted { subscription: Some(subscription), product };
    }
    if let Some(open) = question.products.iter().find(|each| is_open(each)) {
        return Access::Granted { subscription: None, product: Some(open) };
    }
    if !question.api.subscription_required {
        return Access::Granted { subscription: None, product: None };
    }
    Access::Denied(match question.key {
        CallerKeyState::Absent => Denial::NotFound,
        CallerKeyState::Unknown | CallerKeyState::Known { .. } => Denial::Invalid,
    })
}

/// Whether what a subscription is for may be in the place where the API is.
///
/// COMPAT: what is in a workspace refers to what is in the same one ("Federated API management with workspaces"). The
/// pages of subscriptions say of those for all APIs, and of the all-access one, that they are for all APIs of the
/// instance, and except no workspace. A product or an API is told by its name, which the service and a workspace may
/// both have here.
fn reaches(subscription: &Subscription, api: &Api) -> bool {
    let everywhere = matches!(subscription.scope, SubscriptionScope::AllAccess | SubscriptionScope::AllApis);
    subscription.workspace == api.workspace || subscription.workspace.is_none() && everywhere
}

/// Whether the subscription opens the API now, and the product in whose context it does.
fn opens<'a>(
    question: &Question<'a>,
    subscription: &Subscription,
    owner: Option<&User>,
) -> Option<Option<&'a Arc<Product>>> {
    let good = reaches(subscription, question.api)
        && subscription.is_active(question.now, question.dates)
        && owner.is_none_or(|owner| owner.state.may_call());
    if !good {
        return None;
    }
    match &subscription.scope {
        SubscriptionScope::AllAccess | SubscriptionScope::AllApis => Some(None),
        SubscriptionScope::Api(id) => (id.root() == question.api.id.root()).then_some(None),
        SubscriptionScope::Product(id) => {
            let holds = |each: &&Arc<Product>| each.id == *id && each.is_published();
            question.products.iter().find(holds).map(Some)
        }
    }
}

fn is_open(product: &Product) -> bool {
    product.is_published() && !product.subscription_required
}
