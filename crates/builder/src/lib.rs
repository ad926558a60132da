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
mod handshake;
mod names;
mod place;
mod scopes;
mod surroundings;
mod trust;

use std::collections::HashMap;
use std::sync::Arc;

pub use gateway::Protocols;
use gateway::backends::BackendStates;
use gateway::{Destinations, Edition, Snapshot};
use model::routing::RouteTable;
use model::{Configuration, SecretBinding, SecretReference, WorkspaceId};
use policy::{CodeUse, Limits, NamedValueTable, Pipeline, Reading, Site, VaultSecrets, splice};
use source::Diagnostics;

use apis::Apis;
use broken::Broken;
use place::{BuiltPlace, Common, KeptPlace, Place};
use scopes::{Above, Compiled};

/// What a build needs besides the configuration.
#[derive(Debug)]
pub struct Settings {
    /// Which configuration it is.
    pub edition: Arc<Edition>,
    /// Which process this is.
    pub instance_id: Arc<str>,
    /// Whether the text of secrets may be looked at.
    pub reading: Reading,
    /// Whether named values may stand in the code of expressions.
    pub named_values: CodeUse,
    /// Sizes that bound each request.
    pub limits: Limits,
    /// Whether the `protocols` of APIs are enforced.
    pub protocols: Protocols,
    /// How TLS is done where a backend says nothing else.
    pub transport: net::Options,
    /// Whom backends' certificates are checked against.
    pub roots: net::Roots,
    /// Which certificates their authorities revoked.
    pub revoked: net::RevocationLists,
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
    /// Names of the APIs that are served as they were before, because they have errors now; in workspaces behind the
    /// workspace's ([`model::qualified`]).
    pub kept: Vec<String>,
    /// Names of the APIs that are refused, likewise.
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
    service: KeptPlace,
    workspaces: HashMap<WorkspaceId, KeptPlace>,
    destinations: Arc<Destinations>,
    routes: Arc<RouteTable>,
    secrets: Vec<SecretBinding>,
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
        let vaults = VaultSecrets::new(settings.vaults.clone(), self.vault_secrets(settings));
        let secrets = &configuration.secrets;
        let common = Common { settings, broken: &broken, vaults: &vaults, secrets };
        let places = self.places(configuration, &common);
        let mut problems = Diagnostics::new();
        places.iter().for_each(|(_, place)| problems.append(place.problems.clone()));
        if places.iter().any(|(_, place)| place.are_backends_new) {
            self.destinations = Arc::new(Destinations::new(settings.transport.clone()));
        }
        let compiled: Vec<_> = places.iter().flat_map(|(_, place)| place.apis.iter().cloned()).collect();
        let apis = Apis::choose(configuration, &compiled, &broken, previous, &mut problems);
        let (routes, route_problems) =
            RouteTable::after(&self.routes, apis.entries.iter().map(|entry| &entry.api), |api| {
                configuration.version_set(api)
            });
        problems.append(route_problems);
        self.routes = Arc::new(routes);
        self.secrets = wanted(places.iter().flat_map(|(_, place)| place.documents()));
        let backends = places.iter().flat_map(|(_, place)| place.backends.iter().cloned()).collect();
        self.keep(places);
        let snapshot = Snapshot {
            edition: Arc::clone(&settings.edition),
            site: Arc::new(site(configuration, settings)),
            routes: Arc::clone(&self.routes),
            apis: apis.entries,
            backends,
            unmatched: Arc::new(self.unmatched()),
            limits: settings.limits,
        };
        Built {
            snapshot,
            destinations: Arc::clone(&self.destinations),
            problems: distinct(problems.sorted()),
            kept: apis.kept,
            refused: apis.refused,
            secrets: self.secrets.clone(),
        }
    }

    /// The service, then its workspaces, compiled.
    fn places<'c>(
        &mut self,
        configuration: &'c Configuration,
        common: &Common<'_>,
    ) -> Vec<(Option<&'c WorkspaceId>, BuiltPlace)> {
        let service = Place { contents: configuration, workspace: None };
        let service = std::mem::take(&mut self.service).build(service, &Above::default(), common);
        let above = service.kept.scopes.around();
        let mut places = vec![(None, service)];
        let mut before = std::mem::take(&mut self.workspaces);
        for workspace in configuration.workspaces.iter() {
            let place = Place { contents: &workspace.contents, workspace: Some(&**workspace) };
            let kept = before.remove(&workspace.id).unwrap_or_default();
            places.push((Some(&workspace.id), kept.build(place, &above, common)));
        }
        places
    }

    /// Keeps what was compiled for the next build.
    fn keep(&mut self, places: Vec<(Option<&WorkspaceId>, BuiltPlace)>) {
        for (id, place) in places {
            match id {
                None => self.service = place.kept,
                Some(id) => drop(self.workspaces.insert(id.clone(), place.kept)),
            }
        }
    }

    /// The effective policy of what matches no API.
    fn unmatched(&self) -> Pipeline {
        self.service.scopes.own().map(|own| splice(&[&own])).unwrap_or_default()
    }

    /// Secrets of vaults from before, also those that only documents of this builder hold.
    fn vault_secrets(&self, settings: &Settings) -> Vec<SecretBinding> {
        let of_vaults =
            settings.known.iter().filter(|known| matches!(known.reference, SecretReference::Vault(_)));
        of_vaults.chain(&self.secrets).cloned().collect()
    }
}

/// The named values of the service, for whoever compiles single documents.
#[must_use]
pub fn named_values(configuration: &Configuration, reading: Reading) -> NamedValueTable {
    names::table(configuration, &configuration.secrets, reading)
}

fn site(configuration: &Configuration, settings: &Settings) -> Site {
    Site {
        service: configuration.service.clone(),
        groups: configuration.groups.clone(),
        instance_id: Arc::clone(&settings.instance_id),
        apis: configuration
            .everywhere()
            .map(|(place, inside)| (place.cloned(), inside.apis.clone()))
            .collect(),
        certificates: configuration.certificates.clone(),
        trust: Some(Arc::new(trust::Authorities::of(configuration, settings))),
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
