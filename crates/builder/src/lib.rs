//! Configuration to snapshot: reads and compiles every policy, resolves backends, and reports every problem.
//!
//! [`build`] never fails: it gives the best snapshot that can be served and all [`source::Diagnostics`]. An API whose
//! effective policy does not compile keeps its previous version; where there is none it is refused (decision 1).
//! `cardea check` and `cardea serve` call the same function.

mod apis;
mod backends;
mod broken;
mod caller_token;
mod default_policy;
mod documents;
mod names;

use std::sync::Arc;

use gateway::{Destinations, Snapshot};
use model::routing::RouteTable;
use model::{Configuration, SecretBinding};
use policy::{Knowledge, Limits, Reading, Site, VaultSecrets};
use source::Diagnostics;

use apis::Apis;
use broken::Broken;
use documents::Documents;

/// What a build needs besides the configuration.
#[derive(Debug)]
pub struct Settings {
    /// Counts configurations of this process, from 1.
    pub generation: u64,
    /// Which process this is.
    pub instance_id: Arc<str>,
    /// Whether the text of secrets may be looked at.
    pub reading: Reading,
    /// Sizes that bound each request.
    pub limits: Limits,
    /// How TLS is done where a backend says nothing else.
    pub transport: net::Options,
    /// Whom backends' certificates are checked against.
    pub roots: net::Roots,
    /// Which vaults documents may ask for secrets.
    pub vaults: model::VaultHosts,
    /// Secrets from before, those of [`Built::secrets`] too: one that a document asks for again keeps its slot, hence its
    /// value.
    pub known: Vec<SecretBinding>,
}

/// What came of a configuration.
#[derive(Debug)]
pub struct Built {
    /// What can be served.
    pub snapshot: Snapshot,
    /// How backends are reached.
    pub destinations: Arc<Destinations>,
    /// Everything that is wrong, sorted by file and place.
    pub problems: Diagnostics,
    /// Names of the APIs that are served as they were before, because they have errors now.
    pub kept: Vec<String>,
    /// Names of the APIs that are refused.
    pub refused: Vec<String>,
    /// Secrets of vaults that documents ask for beyond those of the configuration. Whoever serves the snapshot fills
    /// their slots; until then the policies that want them fail.
    pub secrets: Vec<SecretBinding>,
}

/// Compiles a configuration. `read` is what was wrong when it was read, `previous` is what is served now.
#[must_use]
pub fn build(
    configuration: &Configuration,
    read: &Diagnostics,
    previous: Option<&Snapshot>,
    settings: &Settings,
) -> Built {
    let broken = Broken::of(read, &configuration.broken);
    let mut problems = Diagnostics::new();
    let names = names::table(configuration, settings.reading);
    let backends = backends::resolve(configuration, &names, settings, &mut problems);
    let mut documents = Documents::read(configuration, &broken);
    problems.append(documents.take_problems());
    let vaults = VaultSecrets::new(settings.vaults.clone(), settings.known.clone());
    let known = Knowledge {
        registry: &policies::REGISTRY,
        names: &names,
        fragments: &documents.fragments,
        backends: Arc::clone(&backends.table),
        vaults: &vaults,
        certificates: &configuration.certificates,
    };
    let apis = Apis::compile(configuration, &documents, &known, &broken, previous, &mut problems);
    caller_token::warn(&apis.entries, &mut problems);
    let (routes, route_problems) =
        RouteTable::new(apis.entries.iter().map(|entry| &entry.api), &configuration.version_sets);
    problems.append(route_problems);
    let site = Site {
        service: configuration.service.clone(),
        groups: configuration.groups.clone(),
        instance_id: Arc::clone(&settings.instance_id),
    };
    let snapshot = Snapshot {
        generation: settings.generation,
        site: Arc::new(site),
        routes,
        apis: apis.entries,
        unmatched: apis.unmatched,
        limits: settings.limits,
    };
    Built {
        snapshot,
        destinations: Arc::new(Destinations::new(backends.transports)),
        problems: distinct(problems.sorted()),
        kept: apis.kept,
        refused: apis.refused,
        secrets: vaults.into_bindings(),
    }
}

/// A fragment is compiled at each place that includes it; what is wrong with it is said once.
fn distinct(problems: Diagnostics) -> Diagnostics {
    let mut seen = std::collections::HashSet::new();
    let key = |each: &source::Diagnostic| {
        let at = each.at.as_ref().map(|at| (at.file.name().to_owned(), at.span));
        (each.code, at, each.message.clone())
    };
    problems.into_iter().filter(|each| seen.insert(key(each))).collect()
}
