//! A service or one of its workspaces, compiled for itself.
//!
//! Names belong to the place where they stand: a document of a workspace sees the named values, fragments, backends and
//! certificates of that workspace and no others, and a document of the service sees the service's. Both become steps with
//! everything in them before they are put together, so the service's policy has its own names also where it runs for an
//! API of a workspace.
//!
//! COMPAT: "For security reasons, you can't reference service-level resources from workspace-level policies (for example,
//! named values) or by resource names, such as `backend-id`" ("Federated API management with workspaces").

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway::backends::BackendEntry;
use model::{CertificateAuthority, Collection, Configuration, SecretBinding, WorkspaceId};
use policy::{Knowledge, NamedValueTable, Scope, VaultSecrets, Workspace};
use source::Diagnostics;

use crate::apis::{self, KeptApi, KeptApis};
use crate::broken::Broken;
use crate::documents::Documents;
use crate::scopes::{Above, Compiled, Compiler, Scopes};
use crate::surroundings::{Changes, Surroundings, same_resources};
use crate::{Settings, backends, names};

/// What the places of a build share.
pub(crate) struct Common<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) broken: &'a Broken,
    /// Secrets of vaults that documents ask for.
    pub(crate) vaults: &'a VaultSecrets,
    /// Where the secrets of the configuration come from, workspaces included.
    pub(crate) secrets: &'a [SecretBinding],
}

/// What is compiled: the service, or a workspace.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// What is in it.
    pub(crate) contents: &'a Configuration,
    /// The workspace; none for the service.
    pub(crate) workspace: Option<&'a model::Workspace>,
}

impl<'a> Place<'a> {
    fn id(self) -> Option<&'a WorkspaceId> {
        self.workspace.map(|workspace| &workspace.id)
    }

    /// The scope of the document for everything in it.
    pub(crate) fn scope(self) -> Scope {
        if self.workspace.is_some() { Scope::Workspace } else { Scope::Global }
    }

    /// The workspace as requests see it: the one from before when nothing of it changed.
    fn shown(self, before: Option<Arc<Workspace>>) -> Option<Arc<Workspace>> {
        let workspace = self.workspace?;
        let same = |known: &Arc<Workspace>| {
            known.display_name == workspace.display_name
                && same_resources(&known.groups, &self.contents.groups)
        };
        before.filter(same).or_else(|| {
            Some(Arc::new(Workspace {
                id: workspace.id.clone(),
                display_name: workspace.display_name.clone(),
                groups: self.contents.groups.clone(),
            }))
        })
    }
}

/// What is kept of a place from one build to the next.
#[derive(Debug, Default)]
pub(crate) struct KeptPlace {
    workspace: Option<Arc<Workspace>>,
    surroundings: Surroundings,
    documents: Documents,
    backends: Option<KeptBackends>,
    pub(crate) scopes: Scopes,
    apis: KeptApis,
}

/// The backends of a place, and on what they depend.
#[derive(Debug)]
struct KeptBackends {
    entities: Collection<model::Backend>,
    authorities: Collection<CertificateAuthority>,
    names: BTreeSet<Arc<str>>,
    table: Arc<dyn policy::Backends>,
    /// The same, for operators.
    entries: Vec<BackendEntry>,
    /// What is wrong with them; with errors they are not kept.
    problems: Diagnostics,
}

/// What came of a place.
pub(crate) struct BuiltPlace {
    pub(crate) kept: KeptPlace,
    pub(crate) apis: Vec<Arc<KeptApi>>,
    pub(crate) backends: Vec<BackendEntry>,
    /// Whether its backends were resolved anew.
    pub(crate) are_backends_new: bool,
    /// What is wrong outside of its APIs.
    pub(crate) problems: Diagnostics,
}

impl BuiltPlace {
    /// All documents that were compiled.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Compiled> {
        self.kept.scopes.all().chain(self.apis.iter().flat_map(|api| api.documents()))
    }
}

impl KeptPlace {
    /// Compiles what is not as it was. `above` are the documents of broader scopes than the place's own.
    pub(crate) fn build(self, place: Place<'_>, above: &Above, common: &Common<'_>) -> BuiltPlace {
        let contents = place.contents;
        let mut problems = Diagnostics::new();
        let mut names = names::table(contents, common.secrets, common.settings.reading);
        names.set_code_use(common.settings.named_values);
        let documents = Documents::read(contents, common.broken, &self.documents, &mut problems);
        let surroundings = Surroundings::of(contents, &documents);
        let mut changes = surroundings.changes(&self.surroundings);
        let backends = resolved(self.backends, place, &names, common.settings, &mut changes);
        problems.append(backends.problems.clone());
        let known = Knowledge {
            registry: &policies::REGISTRY,
            names: &names,
            fragments: &documents.fragments,
            backends: Arc::clone(&backends.table),
            vaults: common.vaults,
            certificates: &contents.certificates,
        };
        let compiler = Compiler {
            known: &known,
            fragments: &documents.fragments,
            broken: common.broken,
            protocols: common.settings.protocols,
            changes: &changes,
        };
        let scopes = Scopes::compile(place, &compiler, above, &self.scopes);
        scopes.all().for_each(|each| problems.append(each.problems.clone()));
        let workspace = place.shown(self.workspace);
        let apis = apis::compile(contents, workspace.as_ref(), &compiler, &scopes, &self.apis);
        let entries = backends.entries.clone();
        let are_backends_new = changes.backends;
        drop(known);
        let kept = KeptPlace {
            workspace,
            surroundings,
            documents,
            backends: Some(backends).filter(|backends| !backends.problems.has_errors()),
            scopes,
            apis: KeptApis::new(apis.clone()),
        };
        BuiltPlace { kept, apis, backends: entries, are_backends_new, problems }
    }
}

/// The backends from before, if nothing changed on which they depend.
fn resolved(
    before: Option<KeptBackends>,
    place: Place<'_>,
    names: &NamedValueTable,
    settings: &Settings,
    changes: &mut Changes,
) -> KeptBackends {
    let same = |kept: &KeptBackends| {
        same_resources(&kept.entities, &place.contents.backends)
            && same_resources(&kept.authorities, &place.contents.authorities)
            && !changes.certificates
            && !changes.concern_names(&kept.names)
    };
    if let Some(kept) = before.filter(same) {
        return kept;
    }
    changes.backends = true;
    let mut problems = Diagnostics::new();
    let names = names.clone();
    let resolved = backends::resolve(place.contents, place.id(), &names, settings, &mut problems);
    KeptBackends {
        entities: place.contents.backends.clone(),
        authorities: place.contents.authorities.clone(),
        names: names.asked(),
        table: resolved.table,
        entries: resolved.entries,
        problems,
    }
}
