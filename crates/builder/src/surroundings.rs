//! What documents may ask for, and what of it changed since the build before.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{Certificate, Collection, Configuration, NamedValueContent, Resource};
use policy::Uses;
use secret::{Secret, SecretSlot};

use crate::documents::Documents;

/// What documents were compiled with.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    names: HashMap<Arc<str>, Value>,
    fragments: HashMap<Arc<str>, Arc<policy_doc::Document>>,
    certificates: Collection<Certificate>,
}

/// A named value as documents see it.
#[derive(Debug)]
enum Value {
    Plain(Arc<str>),
    /// Its text counts too: a document may have it as code.
    Secret(SecretSlot, Option<Secret>),
}

impl Value {
    fn of(content: &NamedValueContent) -> Self {
        match content {
            NamedValueContent::Plain(text) => Self::Plain(Arc::clone(text)),
            NamedValueContent::Secret(slot) | NamedValueContent::KeyVault { slot, .. } => {
                Self::Secret(slot.clone(), slot.load().ok())
            }
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(one), Self::Plain(other)) => one == other,
            (Self::Secret(slot, text), Self::Secret(other_slot, other_text)) => {
                slot.is_same(other_slot) && same_text(text.as_ref(), other_text.as_ref())
            }
            _ => false,
        }
    }
}

fn same_text(one: Option<&Secret>, other: Option<&Secret>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.matches(other.expose()),
        (None, None) => true,
        _ => false,
    }
}

impl Surroundings {
    pub(crate) fn of(configuration: &Configuration, documents: &Documents) -> Self {
        let values = configuration.named_values.iter();
        Self {
            names: values.map(|each| (each.name.as_str().into(), Value::of(&each.content))).collect(),
            fragments: documents.fragments.good().collect(),
            certificates: configuration.certificates.clone(),
        }
    }

    /// What is not as it was.
    pub(crate) fn changes(&self, before: &Self) -> Changes {
        let certificates = !same_resources(&self.certificates, &before.certificates);
        Changes {
            names: differing(&self.names, &before.names, Value::is_same),
            fragments: differing(&self.fragments, &before.fragments, Arc::ptr_eq),
            certificates,
            backends: false,
        }
    }
}

/// Whether two collections hold the very same resources in the same order.
pub(crate) fn same_resources<T: Resource>(one: &Collection<T>, other: &Collection<T>) -> bool {
    one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| Arc::ptr_eq(one, other))
}

/// The keys that are in one of two maps only, or whose values differ.
fn differing<V>(
    now: &HashMap<Arc<str>, V>,
    before: &HashMap<Arc<str>, V>,
    same: impl Fn(&V, &V) -> bool,
) -> HashSet<Arc<str>> {
    let is_new = |(key, value): &(&Arc<str>, &V)| !before.get(*key).is_some_and(|known| same(known, value));
    let gone = before.keys().filter(|key| !now.contains_key(*key));
    now.iter().filter(is_new).map(|(key, _)| key).chain(gone).cloned().collect()
}

/// What changed of what documents may ask for.
#[derive(Debug)]
pub(crate) struct Changes {
    names: HashSet<Arc<str>>,
    fragments: HashSet<Arc<str>>,
    pub(crate) certificates: bool,
    /// Whether backends were resolved anew.
    pub(crate) backends: bool,
}

impl Changes {
    /// Whether nothing changed.
    fn none(&self) -> bool {
        self.names.is_empty() && self.fragments.is_empty() && !self.certificates && !self.backends
    }

    /// Whether a document that asked for this has to be compiled again.
    pub(crate) fn concern(&self, uses: Option<&Uses>) -> bool {
        let Some(uses) = uses.filter(|_| !self.none()) else { return false };
        let backends = self.backends && (uses.all_backends || !uses.backends.is_empty());
        backends
            || self.certificates && uses.certificates
            || self.concern_names(&uses.names)
            || uses.fragments.iter().any(|id| self.fragments.contains(id))
    }

    /// Whether any of these names changed.
    pub(crate) fn concern_names<'a>(&self, names: impl IntoIterator<Item = &'a Arc<str>>) -> bool {
        !self.names.is_empty() && names.into_iter().any(|name| self.names.contains(name))
    }
}
