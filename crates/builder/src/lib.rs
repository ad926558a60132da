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
mod scopes;
mod surroundings;

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway::backends::{BackendEntry, BackendStates};
use gateway::{Destinations, Edition, Snapshot};
use model::routing::RouteTable;
use model::{Collection, Configuration, SecretBinding, SecretReference};
use policy::{Knowledge, Limits, NamedValueTable, Reading, Site, VaultSecrets, splice};
use source::Diagnostics;

use apis::{Apis, KeptApis};
use broken::Broken;
use documents::Documents;
use scopes::{Compiled, Compiler, Scopes};
use surroundings::{Changes, Surroundings, same_resources};

/// What a build needs besides the configuration.
#[derive(Debug)]
pub struct Settings {
    /// Which configuration it is.
    pub edition: Arc<Edition>,
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
    /// What is remembered of backends from one configuration to the next.
    pub backends: Arc<BackendStates>,
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
    Builder::default().build(configuration, read, previous, settings)
}

/// Compiles one configuration after the other, each time only what is not as it was.
///
/// What comes of it is what [`build`] gives, with the very same entries where nothing changed. Resources count as
/// unchanged when they are the same in memory, documents also when they have the same text; a document is compiled
/// again when something changed that it asked for ([`policy::Uses`]). It serves one process: settings must stay the
/// same from build to build, but for the generation and the known secrets.
#[derive(Debug, Default)]
pub struct Builder {
    surroundings: Surroundings,
    documents: Documents,
    backends: Option<KeptBackends>,
    scopes: Scopes,
    apis: KeptApis,
    routes: Arc<RouteTable>,
    secrets: Vec<SecretBinding>,
}

/// The backends of a build, and on what they depend.
#[derive(Debug)]
struct KeptBackends {
    entities: Collection<model::Backend>,
    names: BTreeSet<Arc<str>>,
    table: Arc<dyn policy::Backends>,
    /// The same, for operators.
    entries: Vec<BackendEntry>,
    destinations: Arc<Destinations>,
    /// What is wrong with them; with errors they are not kept.
    problems: Diagnostics,
}

impl Builder {
    /// Compiles a configuration. `read` is what was wrong when it was read, `previous` is what is served now.
    #[must_use]
    pub fn build(
        &mut self,
        configuration: &Configuration,
        read: &Diagnostics,
        previous: Option<&Snapshot>,
        settings: &Settings,
    ) -> Built {
        let broken = Broken::of(read, &configuration.broken);
        let mut problems = Diagnostics::new();
        let names = names::table(configuration, settings.reading);
        let documents = Documents::read(configuration, &broken, &self.documents, &mut problems);
        let surroundings = Surroundings::of(configuration, &documents);
        let mut changes = surroundings.changes(&self.surroundings);
        let backends = self.backends(configuration, &names, settings, &mut changes);
        problems.append(backends.problems.clone());
        let vaults = VaultSecrets::new(settings.vaults.clone(), self.vault_secrets(settings));
        let known = Knowledge {
            registry: &policies::REGISTRY,
            names: &names,
            fragments: &documents.fragments,
            backends: Arc::clone(&backends.table),
            vaults: &vaults,
            certificates: &configuration.certificates,
        };
        let compiler =
            Compiler { known: &known, fragments: &documents.fragments, broken: &broken, changes: &changes };
        let scopes = Scopes::compile(configuration, &compiler, &self.scopes);
        scopes.all().for_each(|each| problems.append(each.problems.clone()));
        let compiled = apis::compile(configuration, &compiler, &scopes, &self.apis);
        let apis = Apis::choose(configuration, &compiled, &broken, previous, &mut problems);
        let (routes, route_problems) = RouteTable::after(
            &self.routes,
            apis.entries.iter().map(|entry| &entry.api),
            &configuration.version_sets,
        );
        problems.append(route_problems);
        let routes = Arc::new(routes);
        let secrets = wanted(scopes.all().chain(compiled.iter().flat_map(|api| api.documents())));
        let snapshot = Snapshot {
            edition: Arc::clone(&settings.edition),
            site: Arc::new(site(configuration, settings)),
            routes: Arc::clone(&routes),
            apis: apis.entries,
            backends: backends.entries.clone(),
            unmatched: Arc::new(scopes.global().map(|global| splice(&[&global])).unwrap_or_default()),
            limits: settings.limits,
        };
        let destinations = Arc::clone(&backends.destinations);
        drop(known);
        *self = Self {
            surroundings,
            documents,
            backends: Some(backends).filter(|backends| !backends.problems.has_errors()),
            scopes,
            apis: KeptApis::new(compiled),
            routes,
            secrets: secrets.clone(),
        };
        let problems = distinct(problems.sorted());
        Built { snapshot, destinations, problems, kept: apis.kept, refused: apis.refused, secrets }
    }

    /// Those from before, if nothing changed on which they depend.
    fn backends(
        &mut self,
        configuration: &Configuration,
        names: &NamedValueTable,
        settings: &Settings,
        changes: &mut Changes,
    ) -> KeptBackends {
        let same = |kept: &KeptBackends| {
            same_resources(&kept.entities, &configuration.backends)
                && !changes.certificates
                && !changes.concern_names(&kept.names)
        };
        if let Some(kept) = self.backends.take().filter(same) {
            return kept;
        }
        changes.backends = true;
        let mut problems = Diagnostics::new();
        let names = names.clone();
        let resolved = backends::resolve(configuration, &names, settings, &mut problems);
        KeptBackends {
            entities: configuration.backends.clone(),
            names: names.asked(),
            table: resolved.table,
            entries: resolved.entries,
            destinations: Arc::new(Destinations::new(settings.transport.clone())),
            problems,
        }
    }

    /// Secrets of vaults from before, also those that only documents of this builder hold.
    fn vault_secrets(&self, settings: &Settings) -> Vec<SecretBinding> {
        let of_vaults =
            settings.known.iter().filter(|known| matches!(known.reference, SecretReference::Vault(_)));
        of_vaults.chain(&self.secrets).cloned().collect()
    }
}

fn site(configuration: &Configuration, settings: &Settings) -> Site {
    Site {
        service: configuration.service.clone(),
        groups: configuration.groups.clone(),
        instance_id: Arc::clone(&settings.instance_id),
    }
}

/// The secrets of vaults that documents ask for themselves, each once.
fn wanted<'a>(documents: impl Iterator<Item = &'a Compiled>) -> Vec<SecretBinding> {
    let mut wanted: Vec<SecretBinding> = Vec::new();
    for binding in documents.flat_map(|document| &document.secrets) {
        if !wanted.iter().any(|known| known.slot.is_same(&binding.slot)) {
            wanted.push(binding.clone());
        }
    }
    wanted
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
