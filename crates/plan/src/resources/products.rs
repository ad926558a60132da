//! Products: whether they let anybody in, and to what.

use model::{Product, ProductState};

use super::{Pair, named, pairs};
use crate::change::{Change, How, Kind, Subject, Weight, opens_if};
use crate::realm::{Both, Realm};

pub(super) fn compare(both: &Both<'_>, changes: &mut Vec<Change>) {
    for pair in pairs(both.a.own().map(|own| &own.products), both.b.own().map(|own| &own.products)) {
        match pair {
            Pair::Removed(product) => changes.push(whole(&both.a, product, How::Removed)),
            Pair::Added(product) => changes.push(whole(&both.b, product, How::Added)),
            Pair::Kept(before, after) => one(both, before, after, changes),
        }
    }
}

fn whole(realm: &Realm<'_>, product: &Product, how: How) -> Change {
    let weight = if how == How::Added { Weight::Adds } else { Weight::Breaks };
    let what = realm.named("product", &product.id);
    let mut change = Change::new(weight, Kind::Product, how, what).at(product.origin.clone());
    let apis = named(&product.apis).join(", ");
    let text = format!("{}, {}, APIs: {apis}", state(product), requirement(product));
    *(if how == How::Added { &mut change.after } else { &mut change.before }) = Some(text);
    change
}

fn state(product: &Product) -> &'static str {
    match product.state {
        ProductState::NotPublished => "not published",
        ProductState::Published => "published",
    }
}

fn requirement(product: &Product) -> &'static str {
    if product.subscription_required { "a subscription is required" } else { "open to everybody" }
}

fn one(both: &Both<'_>, before: &Product, after: &Product, changes: &mut Vec<Change>) {
    let what = both.b.named("product", &after.id);
    let subject = Subject { kind: Kind::Product, what, at: after.origin.clone() };
    let told = |tell: fn(&Product) -> &'static str| (tell(before).to_owned(), tell(after).to_owned());
    subject.property("state", told(state), opens_if(after.is_published()), changes);
    subject.property(
        "subscription requirement",
        told(requirement),
        opens_if(!after.subscription_required),
        changes,
    );
    let approval: fn(&Product) -> &'static str =
        |product| if product.approval_required { "needs approval" } else { "needs no approval" };
    subject.property("new subscription", told(approval), opens_if(!after.approval_required), changes);
    let limit = |product: &Product| {
        product.subscriptions_limit.map_or_else(|| "any number".to_owned(), |limit| limit.to_string())
    };
    subject.property("subscriptions of one user", (limit(before), limit(after)), Weight::Alters, changes);
    let weights = (Weight::Opens, Weight::Breaks);
    subject.members("API", (&named(&before.apis), &named(&after.apis)), weights, changes);
    subject.members("group", (&named(&before.groups), &named(&after.groups)), weights, changes);
}
