//! Subscriptions and their owners.

use model::{Subscription, SubscriptionKey, SubscriptionScope, SubscriptionState, User, UserState};

use super::{Pair, pairs, reference};
use crate::change::{Change, How, Kind, Subject, Weight, opens_if};
use crate::realm::{Both, Realm};

pub(super) fn compare(both: &Both<'_>, changes: &mut Vec<Change>) {
    for pair in pairs(both.a.own().map(|own| &own.subscriptions), both.b.own().map(|own| &own.subscriptions))
    {
        match pair {
            Pair::Removed(each) => changes.push(whole(&both.a, each, How::Removed)),
            Pair::Added(each) => changes.push(whole(&both.b, each, How::Added)),
            Pair::Kept(before, after) => one(both, before, after, changes),
        }
    }
    for pair in pairs(both.a.own().map(|own| &own.users), both.b.own().map(|own| &own.users)) {
        if let Pair::Kept(before, after) = pair {
            let what = both.b.named("user", &after.id);
            let subject = Subject { kind: Kind::User, what, at: after.origin.clone() };
            let weight = opens_if(after.state.may_call());
            subject.property("state", (user_state(before), user_state(after)), weight, changes);
        }
    }
}

fn user_state(user: &User) -> String {
    match user.state {
        UserState::Active => "active",
        UserState::Blocked => "blocked",
        UserState::Pending => "pending",
        UserState::Deleted => "deleted",
    }
    .to_owned()
}

fn whole(realm: &Realm<'_>, subscription: &Subscription, how: How) -> Change {
    let weight = if how == How::Added { Weight::Adds } else { Weight::Breaks };
    let what = realm.named("subscription", &subscription.id);
    let mut change = Change::new(weight, Kind::Subscription, how, what).at(subscription.origin.clone());
    let text = format!("{}, {}", scope(&subscription.scope), subscription.state.name());
    *(if how == How::Added { &mut change.after } else { &mut change.before }) = Some(text);
    change
}

/// What keys open, for people.
pub(crate) fn scope(scope: &SubscriptionScope) -> String {
    match scope {
        SubscriptionScope::Product(id) => format!("for the product `{id}`"),
        SubscriptionScope::Api(id) => format!("for the API `{id}`"),
        SubscriptionScope::AllApis => "for all APIs".to_owned(),
        SubscriptionScope::AllAccess => "for everything".to_owned(),
    }
}

fn one(both: &Both<'_>, before: &Subscription, after: &Subscription, changes: &mut Vec<Change>) {
    let what = both.b.named("subscription", &after.id);
    let subject = Subject { kind: Kind::Subscription, what, at: after.origin.clone() };
    subject.property("scope", (scope(&before.scope), scope(&after.scope)), Weight::Opens, changes);
    let state = |each: &Subscription| each.state.name().to_owned();
    let weight = opens_if(after.state == SubscriptionState::Active);
    subject.property("state", (state(before), state(after)), weight, changes);
    let owner =
        |each: &Subscription| each.owner.as_ref().map_or_else(|| "nobody".to_owned(), |id| format!("`{id}`"));
    subject.property("owner", (owner(before), owner(after)), Weight::Alters, changes);
    let date = |at: Option<&dyn std::fmt::Display>| at.map_or_else(|| "none".to_owned(), ToString::to_string);
    let start = |each: &Subscription| date(each.dates.start.as_ref().map(|at| at as _));
    subject.property("start", (start(before), start(after)), Weight::Alters, changes);
    let end = |each: &Subscription| date(each.dates.expiration.as_ref().map(|at| at as _));
    subject.property("expiration", (end(before), end(after)), Weight::Alters, changes);
    let traces = |each: &Subscription| if each.allow_tracing { "allowed" } else { "not allowed" }.to_owned();
    subject.property("tracing", (traces(before), traces(after)), Weight::Alters, changes);
    key(both, &subject, "primary key", (before.primary.as_ref(), after.primary.as_ref()), changes);
    key(both, &subject, "secondary key", (before.secondary.as_ref(), after.secondary.as_ref()), changes);
}

/// Where a key comes from. The key itself is never looked at.
fn key(
    both: &Both<'_>,
    subject: &Subject,
    name: &'static str,
    (before, after): (Option<&SubscriptionKey>, Option<&SubscriptionKey>),
    changes: &mut Vec<Change>,
) {
    let from = |realm: &Realm<'_>, key: Option<&SubscriptionKey>| match key {
        None => "none".to_owned(),
        Some(SubscriptionKey::Known(slot)) => format!("from {}", reference(realm, Some(slot))),
        Some(SubscriptionKey::Verified(_)) => "verified by its hash".to_owned(),
    };
    subject.property(name, (from(&both.a, before), from(&both.b, after)), Weight::Breaks, changes);
}
