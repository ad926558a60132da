//! What holds between units: references, names that are taken, secrets and who has them.
//!
//! It looks at every resource once, reads no file, and shares what needs no change with its unit.

mod apis;
mod gateways;
mod links;
mod named_values;
mod notes;
mod people;
mod revisions;
mod secrets;
mod subscriptions;
mod workspaces;

pub(super) use subscriptions::KeptSubscriptions;

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use model::{ApiId, Collection, Configuration, Invalid, ProductId, Resource, User};
use source::{Diagnostic, Diagnostics};

use super::backends::dangling_members;
use super::scope::Units;
use super::unit::Unit;
use super::{Options, Secrets, Shelf};
use crate::Overlay;
use crate::overlay::{CertificateFiles, Inside};

/// Makes a configuration of what was read. `problems` are those of the overlay.
pub(super) fn assemble(
    units: Units,
    overlay: Overlay,
    shelf: &Shelf,
    options: &Options<'_>,
    problems: Diagnostics,
) -> (Configuration, Diagnostics) {
    let mut assembly = Assembly::new(&units, overlay.inside, (options, shelf));
    assembly.problems = problems;
    let places = overlay.workspaces.iter().map(|(id, _, at)| (id.clone(), at.clone())).collect();
    for (id, inside, _) in overlay.workspaces {
        assembly.of_workspaces.entry(id).or_default().append(inside);
    }
    assembly.configuration.service = overlay.service;
    assembly.all(units, overlay.users, overlay.certificates);
    assembly.authorities(overlay.authorities);
    assembly.unknown_workspaces(places);
    assembly.notes();
    assembly.select();
    (assembly.configuration, assembly.problems)
}

/// The assembly of a service, or of a workspace.
struct Assembly<'a> {
    options: &'a Options<'a>,
    shelf: &'a Shelf,
    overlay: Inside,
    configuration: Configuration,
    problems: Diagnostics,
    /// APIs that are there but were refused: what refers to them is not to blame.
    refused_apis: HashSet<ApiId>,
    /// The same of products.
    refused_products: HashSet<ProductId>,
    /// Where it stands in the folder: empty for the service.
    prefix: Arc<str>,
    /// What the overlay says about workspaces.
    of_workspaces: workspaces::OfWorkspaces,
}

impl<'a> Assembly<'a> {
    fn new(units: &Units, overlay: Inside, (options, shelf): (&'a Options<'a>, &'a Shelf)) -> Self {
        Self {
            options,
            shelf,
            overlay,
            configuration: Configuration::default(),
            problems: Diagnostics::new(),
            refused_apis: refused(&units.apis, |name| ApiId::new(name).map(|id| id.root())),
            refused_products: refused(&units.products, ProductId::new),
            prefix: Arc::clone(&units.prefix),
            of_workspaces: workspaces::OfWorkspaces::new(),
        }
    }

    /// `users` and `certificates` are of the service: a workspace has none of its own.
    fn all(&mut self, units: Units, users: Vec<Arc<User>>, certificates: Vec<CertificateFiles>) {
        self.problems.append(units.problems);
        self.configuration.policy = units.policy;
        self.named_values(units.named_values);
        self.configuration.version_sets = self.collected(units.version_sets);
        self.groups(units.groups);
        self.users(users);
        self.configuration.fragments = self.collected(units.fragments);
        self.certificates(certificates);
        let backends = self.collected(units.backends);
        self.problems.append(dangling_members(&backends));
        self.configuration.backends = backends;
        self.apis(units.apis);
        self.products(units.products);
        self.subscriptions(&units.subscriptions);
        self.configuration.loggers = self.collected(units.loggers);
        self.configuration.diagnostics = self.collected(units.diagnostics);
        self.tags(units.tags);
        self.gateways(units.gateways);
        self.workspaces(units.workspaces);
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
        if unit.is_broken {
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
