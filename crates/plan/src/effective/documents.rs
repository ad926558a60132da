//! Documents, read once each, and what was found of pairs of them.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Fragment, FragmentId};
use policy_doc::{Element, Limits, read, read_with};
use source::SourceFile;

use super::PolicyChange;
use super::node::Node;
use super::sections::{Effective, Item, Level, SECTIONS, Sections};
use super::users::Uses;
use crate::realm::{Both, Realm};

/// The documents that an operation has, from the narrowest to the broadest.
pub(crate) type Chain = [(Level, Arc<SourceFile>)];

/// Files by where they are in memory: the configuration keeps them there.
type Key = Vec<(Level, usize)>;

/// Which of the two configurations: fragments differ between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    A,
    B,
}

/// What was read so far.
#[derive(Default)]
pub(crate) struct Documents {
    /// Keeps every file, so that its address names it.
    files: HashMap<(Side, usize), (Arc<SourceFile>, Arc<Sections>)>,
    together: HashMap<(Side, Key), Arc<Effective>>,
    pairs: HashMap<(Key, Key), Arc<Vec<PolicyChange>>>,
    uses: HashMap<(Side, Key), Arc<Uses>>,
}

fn key(chain: &Chain) -> Key {
    chain.iter().map(|(level, file)| (*level, Arc::as_ptr(file).addr())).collect()
}

impl Documents {
    /// What differs between two chains.
    pub(crate) fn difference(&mut self, both: &Both<'_>, a: &Chain, b: &Chain) -> Arc<Vec<PolicyChange>> {
        let key = (key(a), key(b));
        if let Some(known) = self.pairs.get(&key) {
            return Arc::clone(known);
        }
        let before = self.effective(&both.a, Side::A, a);
        let after = self.effective(&both.b, Side::B, b);
        let found = Arc::new(PolicyChange::between(&before, &after));
        self.pairs.insert(key, Arc::clone(&found));
        found
    }

    /// What runs for a chain.
    pub(crate) fn effective(&mut self, realm: &Realm<'_>, side: Side, chain: &Chain) -> Arc<Effective> {
        let key = (side, key(chain));
        if let Some(known) = self.together.get(&key) {
            return Arc::clone(known);
        }
        let read: Vec<_> =
            chain.iter().map(|(level, file)| (*level, self.sections(realm, side, file))).collect();
        let together = Arc::new(Effective::of(&read));
        self.together.insert(key, Arc::clone(&together));
        together
    }

    /// What the policies of a chain refer to.
    pub(crate) fn uses(&mut self, realm: &Realm<'_>, side: Side, chain: &Chain) -> Arc<Uses> {
        let key = (side, key(chain));
        if let Some(known) = self.uses.get(&key) {
            return Arc::clone(known);
        }
        let effective = self.effective(realm, side, chain);
        let mut uses = Uses::default();
        effective.all().for_each(|placed| placed.node.visit(&mut |node| uses.take(realm, node)));
        let uses = Arc::new(uses);
        self.uses.insert(key, Arc::clone(&uses));
        uses
    }

    fn sections(&mut self, realm: &Realm<'_>, side: Side, file: &Arc<SourceFile>) -> Arc<Sections> {
        let key = (side, Arc::as_ptr(file).addr());
        let entry =
            self.files.entry(key).or_insert_with(|| (Arc::clone(file), Arc::new(sections(realm, file))));
        Arc::clone(&entry.1)
    }
}

/// Reads a document. What is wrong with it, others tell.
fn sections(realm: &Realm<'_>, file: &Arc<SourceFile>) -> Sections {
    let (document, _) = read(file);
    let mut sections = Sections::default();
    for element in document.root().into_iter().flat_map(Element::elements) {
        let Some(at) = SECTIONS.iter().position(|name| **name == *element.name) else { continue };
        if let Some(place) = sections.get_mut(at) {
            *place = Some(items(realm, element));
        }
    }
    sections
}

fn items(realm: &Realm<'_>, section: &Element) -> Vec<Item> {
    let mut items = Vec::new();
    for element in section.elements() {
        match &*element.name {
            "base" => items.push(Item::Base),
            _ => items.extend(nodes(realm, element, Fragments::Expanded).into_iter().map(Item::Policy)),
        }
    }
    items
}

/// Whether fragments are put in. A fragment cannot hold another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fragments {
    Expanded,
    Kept,
}

/// INVARIANT: as deep as the reader lets documents be, twice at most.
fn nodes(realm: &Realm<'_>, element: &Element, fragments: Fragments) -> Vec<Arc<Node>> {
    if fragments == Fragments::Expanded
        && &*element.name == "include-fragment"
        && let Some(inside) = fragment(realm, element)
    {
        return inside;
    }
    let children = element.elements().flat_map(|child| nodes(realm, child, fragments)).collect();
    vec![Arc::new(Node::new(element, children))]
}

fn fragment(realm: &Realm<'_>, element: &Element) -> Option<Vec<Arc<Node>>> {
    let id = element.attribute("fragment-id")?;
    let id = FragmentId::new(id.value.text().text().trim()).ok()?;
    let fragment: &Arc<Fragment> = realm.own()?.fragments.get(&id)?;
    let (document, _) = read_with(&fragment.policy.file, Limits::FRAGMENT);
    let root = document.root()?;
    Some(root.elements().flat_map(|each| nodes(realm, each, Fragments::Kept)).collect())
}
