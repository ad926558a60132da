//! Resources of one name on both sides, property by property: those that callers notice.

mod apis;
mod backends;
mod named_values;
pub(crate) mod operations;
mod people;
mod products;

use std::sync::Arc;

use model::{Collection, Resource};
use secret::SecretSlot;

use crate::change::Change;
use crate::effective::Documents;
use crate::realm::{Both, Realm};

/// All resources but policies.
pub(crate) fn compare(both: &Both<'_>, documents: &mut Documents, changes: &mut Vec<Change>) {
    apis::compare(both, changes);
    products::compare(both, changes);
    people::compare(both, changes);
    backends::compare(both, documents, changes);
    named_values::compare(both, documents, changes);
}

/// What became of a resource.
enum Pair<'a, T> {
    Removed(&'a Arc<T>),
    Added(&'a Arc<T>),
    Kept(&'a Arc<T>, &'a Arc<T>),
}

/// The resources of both sides by their names.
fn pairs<'a, T: Resource>(a: Option<&'a Collection<T>>, b: Option<&'a Collection<T>>) -> Vec<Pair<'a, T>> {
    let gone = a.into_iter().flat_map(Collection::iter);
    let gone = gone.filter(|each| b.is_none_or(|b| !b.contains(each.id()))).map(Pair::Removed);
    let here = b.into_iter().flat_map(Collection::iter).map(|after| {
        let before = a.and_then(|a| a.get(after.id()));
        before.map_or(Pair::Added(after), |before| Pair::Kept(before, after))
    });
    gone.chain(here).collect()
}

/// Where a secret comes from, if it comes from anywhere.
fn reference(realm: &Realm<'_>, slot: Option<&SecretSlot>) -> String {
    let binding = slot.and_then(|slot| realm.source(slot));
    binding.map_or_else(|| "nowhere".to_owned(), |binding| binding.reference.to_string())
}

/// Names in backticks, one after the other.
fn named<T: std::fmt::Display>(names: impl IntoIterator<Item = T>) -> Vec<String> {
    names.into_iter().map(|name| format!("`{name}`")).collect()
}
