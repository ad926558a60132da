//! What holds between units: references, names that are taken, secrets and who has them.
//!
//! It looks at every resource once, reads no file, and shares what needs no change with its unit.

mod apis;
mod links;
mod named_values;
mod people;
mod secrets;
mod subscriptions;

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use model::{ApiId, Collection, Configuration, Invalid, ProductId, Resource, VaultHosts};
use source::{Diagnostic, Diagnostics};

use super::backends::dangling_members;
use super::scope::Units;
use super::unit::Unit;
use super::{Options, Secrets};
use crate::Overlay;

/// Makes a configuration of what was read. `problems` are those of the overlay.
pub(super) fn assemble(
    units: Units,
    overlay: Overlay,
    options: &Options<'_>,
    problems: Diagnostics,
) -> (Configuration, Diagnostics) {
    let mut assembly = Assembly {
        secrets: &options.secrets,
        vaults: &options.vaults,
        overlay,
        configuration: Configuration::default(),
        problems,
        refused_apis: refused(&units.apis, |name| ApiId::new(name).map(|id| id.root())),
        refused_products: refused(&units.products, ProductId::new),
    };
    assembly.all(units);
    (assembly.configuration, assembly.problems)
}

struct Assembly<'a> {
    secrets: &'a Secrets<'a>,
    vaults: &'a VaultHosts,
    overlay: Overlay,
    configuration: Configuration,
    problems: Diagnostics,
    /// APIs that are there but were refused: what refers to them is not to blame.
    refused_apis: HashSet<ApiId>,
    /// The same of products.
    refused_products: HashSet<ProductId>,
}

impl Assembly<'_> {
    fn all(&mut self, units: Units) {
        self.configuration.service = self.overlay.service.clone();
        self.problems.append(units.problems);
        self.configuration.policy = units.policy;
        self.named_values(units.named_values);
        let sets = self.collected(units.version_sets);
        self.configuration.version_sets = sets;
        self.groups(units.groups);
        self.users();
        let fragments = self.collected(units.fragments);
        self.configuration.fragments = fragments;
        self.certificates();
        let backends = self.collected(units.backends);
        self.problems.append(dangling_members(&backends));
        self.configuration.backends = backends;
        self.apis(units.apis);
        self.products(units.products);
        self.subscriptions(units.subscriptions);
    }

    /// What the units of one kind hold; their problems are taken.
    fn read<R>(&mut self, units: Vec<Unit<R>>) -> Vec<Arc<R>> {
        let mut all = Vec::with_capacity(units.len());
        for unit in units {
            self.broken(&unit);
            self.problems.append(unit.problems);
            all.extend(unit.read);
        }
        all
    }

    /// Remembers the directory of a unit that has errors.
    fn broken<R>(&mut self, unit: &Unit<R>) {
        if unit.problems.has_errors() {
            self.configuration.broken.push(Arc::clone(&unit.directory));
        }
    }

    /// The resources of units that hold nothing else.
    fn collected<T: Resource>(&mut self, units: Vec<Unit<T>>) -> Collection<T> {
        let mut collection = Collection::new();
        for resource in self.read(units) {
            insert(&mut collection, resource, &mut self.problems);
        }
        collection
    }
}

/// The names of units whose resources are refused.
fn refused<R, I: Eq + Hash>(units: &[Unit<R>], parse: impl Fn(&str) -> Result<I, Invalid>) -> HashSet<I> {
    let refused = units.iter().filter(|unit| unit.read.is_none());
    refused.filter_map(|unit| parse(unit.directory.rsplit('/').next()?).ok()).collect()
}

/// Adds a resource to its collection; a directory's name that differs in case only is a second one of its name.
fn insert<T: Resource>(collection: &mut Collection<T>, resource: Arc<T>, problems: &mut Diagnostics) {
    if let Err(duplicate) = collection.insert_shared(resource) {
        problems.push(Diagnostic::error("duplicate-name", duplicate.to_string()));
    }
}
