//! Effective policies: what runs for an operation once the documents of all scopes are put together.
//!
//! COMPAT: evaluation starts at the narrowest scope that has a definition, and `<base />` stands for the next broader
//! one; a section that a document does not have counts as `<base />` alone (`policies-a.md` 7; `policy::splice` does the
//! same with compiled documents). Named values stay `{{name}}`: what becomes of them is a change of their own.

mod documents;
mod matching;
pub(crate) mod node;
mod reach;
mod sections;
mod users;

pub(crate) use documents::{Documents, Side};
pub(crate) use reach::{Reach, listed, operation_name};
pub(crate) use sections::{Effective, Level, Placed, SECTIONS};
pub(crate) use users::{Uses, users};

use std::collections::HashMap;
use std::sync::Arc;

use model::{Api, Operation, Product};
use source::{Location, SourceFile};

use crate::change::{Change, How, Kind, Weight};
use crate::realm::{Both, Realm};
use crate::resources::operations::pairs;
use matching::{Matched, is_check, match_up};
use node::Node;

/// The documents of an operation, from the narrowest to the broadest.
pub(crate) fn chain(
    realm: &Realm<'_>,
    api: &Api,
    operation: Option<&Operation>,
    product: Option<&Product>,
) -> Vec<(Level, Arc<SourceFile>)> {
    let text = |policy: &Option<model::PolicyText>| policy.as_ref().map(|policy| Arc::clone(&policy.file));
    let own = [
        (Level::Operation, operation.and_then(|operation| text(&operation.policy))),
        (Level::Api, text(&api.policy)),
        (Level::Product, product.and_then(|product| text(&product.policy))),
        (Level::Workspace, realm.of_workspace()),
        (Level::Global, Some(realm.global())),
    ];
    own.into_iter().filter_map(|(level, file)| Some((level, file?))).collect()
}

/// What of the effective policies changes, for the operations that are on both sides.
pub(crate) fn compare(both: &Both<'_>, documents: &mut Documents, changes: &mut Vec<Change>) {
    let (Some(a), Some(b)) = (both.a.own(), both.b.own()) else { return };
    let mut found = Found::default();
    for after in b.apis.iter() {
        let Some(before) = a.apis.get(&after.id) else { continue };
        for (one, other) in pairs(before, after) {
            let way = |product: &Option<(Arc<Product>, Arc<Product>)>| {
                let (in_a, in_b) =
                    product.as_ref().map_or((None, None), |(one, other)| (Some(&**one), Some(&**other)));
                (chain(&both.a, before, Some(one), in_a), chain(&both.b, after, Some(other), in_b))
            };
            for product in contexts(both, after) {
                let (in_a, in_b) = way(&product);
                let context = product.as_ref().map(|(_, product)| product.id.as_str());
                for each in documents.difference(both, &in_a, &in_b).iter() {
                    found.take(each, &both.b.named("API", &after.id), after, other, context);
                }
            }
        }
    }
    changes.extend(found.changes());
}

/// Without product, and in each product that holds the API on both sides.
fn contexts(both: &Both<'_>, api: &Api) -> Vec<Option<(Arc<Product>, Arc<Product>)>> {
    let before = both.a.holders(&api.id);
    let in_both = both.b.holders(&api.id).into_iter().filter_map(|product| {
        let same = before.iter().find(|each| each.id == product.id)?;
        Some(Some((Arc::clone(same), Arc::clone(product))))
    });
    std::iter::once(None).chain(in_both).collect()
}

/// The same change of the same place, whichever operation it was met at.
type Key = (&'static str, How, Option<(String, u32)>, Option<(String, u32)>);

/// One policy that is not what it was.
#[derive(Clone, Debug)]
pub(crate) struct PolicyChange {
    section: &'static str,
    matched: Matched,
}

impl PolicyChange {
    /// All that differs between two effective policies.
    fn between(a: &Effective, b: &Effective) -> Vec<Self> {
        let sections = SECTIONS.iter().zip(a.sections.iter().zip(&b.sections));
        let of = |section: &'static str, one: &[Placed], other: &[Placed]| {
            let nodes =
                |placed: &[Placed]| placed.iter().map(|each| Arc::clone(&each.node)).collect::<Vec<_>>();
            match_up(&nodes(one), &nodes(other)).into_iter().map(move |matched| Self { section, matched })
        };
        sections.flat_map(|(section, (one, other))| of(section, one, other)).collect()
    }

    fn key(&self) -> Key {
        let place =
            |node: Option<&Arc<Node>>| node.map(|node| (node.at.file.name().to_owned(), node.at.span.start));
        let (before, after) = self.matched.nodes();
        (self.section, self.matched.how(), place(before), place(after))
    }

    fn weight(&self) -> Weight {
        let (before, after) = self.matched.nodes();
        let guards =
            |node: Option<&Arc<Node>>| self.section == "inbound" && node.is_some_and(|node| is_check(node));
        match self.matched.how() {
            How::Removed if guards(before) => Weight::Opens,
            How::Added if guards(after) => Weight::Breaks,
            How::Changed if guards(before) || guards(after) => Weight::Opens,
            How::Added | How::Removed | How::Changed => Weight::Alters,
        }
    }
}

/// The changes that were found, each once, with the operations that they reach.
#[derive(Default)]
struct Found {
    index: HashMap<Key, usize>,
    list: Vec<(PolicyChange, Reach)>,
}

impl Found {
    fn take(
        &mut self,
        change: &PolicyChange,
        name: &str,
        api: &Api,
        operation: &Operation,
        context: Option<&str>,
    ) {
        let next = self.list.len();
        let index = *self.index.entry(change.key()).or_insert(next);
        if index == next {
            self.list.push((change.clone(), Reach::default()));
        }
        if let Some((_, reach)) = self.list.get_mut(index) {
            reach.add(name, api, operation, context);
        }
    }

    fn changes(self) -> impl Iterator<Item = Change> {
        self.list.into_iter().map(|(each, reach)| {
            let (before, after) = each.matched.nodes();
            let node = after.or(before);
            let title = node.map_or_else(String::new, |node| node.quoted());
            let at: Option<Location> = node.map(|node| node.at.clone());
            let what = format!("{title} in {}", each.section);
            let mut change = Change::new(each.weight(), Kind::Policy, each.matched.how(), what).at(at);
            change.details = each.matched.details();
            change.reaches = reach.told();
            change
        })
    }
}
