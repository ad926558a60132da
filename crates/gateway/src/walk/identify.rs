//! The room of identification: who calls, by subscription key, and which effective policy follows.

use std::sync::Arc;

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use model::access::{Access, CallerKeyState, Denial, Question, decide};
use model::{Api, CallerKey as KeySetting, Product, Subscription, User, presented_key};
use policy::{Exchange, Fault, FaultKind, Pipeline};
use secret::Secret;

use super::route::Routed;
use super::{Failed, Room};
use crate::callers::Callers;

/// Decides whether the caller is let in, writes who it is to the exchange, and gives the effective policy.
pub(super) fn identify(
    callers: &Callers,
    routed: &Routed<'_>,
    exchange: &mut Exchange,
) -> Room<Arc<Pipeline>> {
    let entry = routed.entry;
    let plain = entry.pipeline(Some(routed.operation), None).cloned();
    let key = take_key(&entry.api, exchange);
    let known = key.as_ref().and_then(|key| callers.subscription(key.expose()));
    let owner = known.and_then(|subscription| callers.owner(subscription));
    let question = Question {
        api: &entry.api,
        products: &entry.products,
        key: key_state(key.is_some(), known, owner),
        now: exchange.received,
        dates: exchange.site.service.subscription_dates,
    };
    match decide(&question) {
        Access::Granted { subscription, product } => {
            let used = subscription.cloned();
            enter(exchange, key, used, owner.cloned(), product.cloned());
            let product = exchange.caller.product.as_ref().map(|product| &product.id);
            entry
                .pipeline(Some(routed.operation), product)
                .cloned()
                .ok_or_else(|| refused(&entry.api.qualified_name()))
        }
        Access::Denied(why) => Err(Failed::new(denied(why, &entry.api, exchange), plain)),
    }
}

fn key_state<'a>(
    sent: bool,
    known: Option<&'a Arc<Subscription>>,
    owner: Option<&'a Arc<User>>,
) -> CallerKeyState<'a> {
    match known {
        Some(subscription) => CallerKeyState::Known { subscription, owner: owner.map(AsRef::as_ref) },
        None if sent => CallerKeyState::Unknown,
        None => CallerKeyState::Absent,
    }
}

fn take_key(api: &Api, exchange: &Exchange) -> Option<Secret> {
    let presented = presented_key(api, &exchange.request.headers, exchange.request.query())?;
    Some(Secret::new(presented.text))
}

/// Writes the caller to the exchange. The key is remembered, so that it is not forwarded, only if it opened the API
/// and the API does not ask for API Management's way.
fn enter(
    exchange: &mut Exchange,
    key: Option<Secret>,
    subscription: Option<Arc<Subscription>>,
    owner: Option<Arc<User>>,
    product: Option<Arc<Product>>,
) {
    let forwards = exchange.api.as_ref().is_some_and(|api| api.settings.caller_key == KeySetting::Forwarded);
    exchange.caller.forward_key = forwards;
    exchange.caller.key = key.filter(|_| subscription.is_some());
    exchange.caller.user = owner.filter(|_| subscription.is_some());
    exchange.caller.subscription = subscription;
    exchange.caller.product = product;
}

fn refused(api: &str) -> Box<Failed> {
    let fault = Fault::new(FaultKind::ConfigurationInvalid);
    Failed::new(fault.detail(format!("the policies of the API `{api}` do not compile")), None)
}

/// COMPAT: header and bodies as recorded (`policies-a.md` 9.3): `type` is always `header`, `name` is the API's header.
fn denied(why: Denial, api: &Api, exchange: &Exchange) -> Fault {
    let fault = Fault::new(match why {
        Denial::NotFound => FaultKind::SubscriptionKeyNotFound,
        Denial::Invalid => FaultKind::SubscriptionKeyInvalid,
    });
    let original = &exchange.request.original;
    let challenge = format!(
        "AzureApiManagementKey realm=\"{}://{}/{}\",name=\"{}\",type=\"header\"",
        original.scheme,
        original.host_header(),
        api.path,
        api.key_names.header.as_str()
    );
    match HeaderValue::from_str(&challenge) {
        Ok(value) => fault.header(WWW_AUTHENTICATE, value),
        Err(_) => fault,
    }
}
