//! Effective policies per API, operation and product.
//!
//! What came of an API is kept with what it was made of. When all of that is the same at the next build, the very same
//! entry goes into the next snapshot.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use gateway::{ApiEntry, ApiPolicies, Contexts, Schemes, Snapshot};
use model::{Api, ApiId, ApiKind, Configuration, PolicyText, Product};
use policy::{BaseUrl, CompiledDocument, Pipeline, Scope, Workspace, splice};
use rayon::prelude::*;
use source::{Diagnostic, Diagnostics, Location};

use crate::broken::Broken;
use crate::caller_token;
use crate::handshake;
use crate::scopes::{Above, Compiled, Compiler, Good, Scopes, same_good};

/// The APIs of a configuration, compiled.
#[derive(Debug, Default)]
pub(crate) struct Apis {
    pub(crate) entries: Vec<Arc<ApiEntry>>,
    pub(crate) kept: Vec<String>,
    pub(crate) refused: Vec<String>,
}

/// What came of the APIs of a build, in the order of the configuration.
#[derive(Debug, Default)]
pub(crate) struct KeptApis {
    list: Vec<Arc<KeptApi>>,
    /// Their places, once somebody asks for one that stands elsewhere now.
    places: OnceLock<HashMap<ApiId, usize>>,
}

impl KeptApis {
    pub(crate) fn new(list: Vec<Arc<KeptApi>>) -> Self {
        Self { list, places: OnceLock::new() }
    }

    /// The one of that name; `at` is where it probably stands.
    fn get(&self, at: usize, id: &ApiId) -> Option<&Arc<KeptApi>> {
        let near = self.list.get(at).filter(|each| each.id() == id);
        near.or_else(|| {
            let all = || self.list.iter().enumerate().map(|(at, each)| (each.id().clone(), at)).collect();
            self.list.get(*self.places.get_or_init(all).get(id)?)
        })
    }
}

/// What came of an API, and what it was made of.
#[derive(Debug)]
pub(crate) struct KeptApi {
    /// With the API and the products.
    entry: Arc<ApiEntry>,
    documents: Arc<Documents>,
    /// Documents of the service, of the workspace and of the products.
    broader: Vec<Good>,
    problems: Diagnostics,
    /// Where tokens are validated that reach a backend.
    places: Vec<Location>,
}

/// The documents of one API.
#[derive(Debug)]
struct Documents {
    own: Option<Compiled>,
    /// Operations that have a policy, by their place in the API's list.
    operations: Box<[(usize, Compiled)]>,
}

impl Documents {
    fn all(&self) -> impl Iterator<Item = &Compiled> {
        self.own.iter().chain(self.operations.iter().map(|(_, document)| document))
    }
}

impl KeptApi {
    pub(crate) fn id(&self) -> &ApiId {
        &self.entry.api.id
    }

    /// Its own documents.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Compiled> {
        self.documents.all()
    }
}

/// Compiles the APIs of a service or workspace, but for those that are as they were.
pub(crate) fn compile(
    contents: &Configuration,
    workspace: Option<&Arc<Workspace>>,
    compiler: &Compiler<'_>,
    scopes: &Scopes,
    before: &KeptApis,
) -> Vec<Arc<KeptApi>> {
    let shared = Shared { compiler, workspace, scopes, around: scopes.around() };
    let apis: Vec<&Arc<Api>> = contents.apis.iter().collect();
    let api = |(at, api): (usize, &Arc<Api>)| shared.api(api, before.get(at, &api.id));
    apis.into_par_iter().enumerate().map(api).collect()
}

impl Apis {
    /// Decides what is served of what was compiled.
    pub(crate) fn choose(
        configuration: &Configuration,
        compiled: &[Arc<KeptApi>],
        broken: &Broken,
        previous: Option<&Snapshot>,
        problems: &mut Diagnostics,
    ) -> Self {
        let mut apis = Self::default();
        for each in compiled {
            problems.append(each.problems.clone());
            apis.take(&each.entry, previous);
        }
        apis.keep_unread(configuration, broken, previous);
        // Entries stand where they were compiled, but for those that go on from before.
        let places = apis.entries.iter().enumerate().map(|(at, entry)| match compiled.get(at) {
            Some(kept) if Arc::ptr_eq(&kept.entry, entry) => (&**entry, kept.places.clone()),
            _ => (&**entry, caller_token::places(entry)),
        });
        let places: Vec<_> = places.filter(|(_, places)| !places.is_empty()).collect();
        caller_token::warn(places.iter().map(|(entry, places)| (*entry, places.as_slice())), problems);
        apis
    }

    /// An API that is there but could not be read at all goes on as it was.
    fn keep_unread(&mut self, configuration: &Configuration, broken: &Broken, previous: Option<&Snapshot>) {
        if !broken.any_api() {
            return;
        }
        for entry in previous.iter().flat_map(|snapshot| &snapshot.apis) {
            let api = &entry.api;
            let good = !matches!(entry.policies, ApiPolicies::Refused);
            let place = configuration.inside(api.workspace.as_ref());
            let is_read = place.is_some_and(|place| place.apis.contains(&api.id));
            if good && !is_read && configuration.serves(api) && broken.is_of_api(api) {
                self.entries.push(Arc::clone(entry));
                self.kept.push(api.qualified_name());
            }
        }
    }

    /// Takes an API; one with errors is replaced by its last good version.
    fn take(&mut self, entry: &Arc<ApiEntry>, previous: Option<&Snapshot>) {
        if !matches!(entry.policies, ApiPolicies::Refused) {
            self.entries.push(Arc::clone(entry));
            return;
        }
        let name = entry.api.qualified_name();
        let earlier = previous.and_then(|snapshot| good_version(snapshot, &entry.api));
        match earlier {
            Some(earlier) => {
                self.entries.push(earlier);
                self.kept.push(name);
            }
            None => {
                self.entries.push(Arc::clone(entry));
                self.refused.push(name);
            }
        }
    }
}

fn good_version(snapshot: &Snapshot, api: &Api) -> Option<Arc<ApiEntry>> {
    let same = |entry: &&Arc<ApiEntry>| {
        let is_it = entry.api.id == api.id && entry.api.workspace == api.workspace;
        is_it && !matches!(entry.policies, ApiPolicies::Refused)
    };
    snapshot.apis.iter().find(same).cloned()
}

/// What all APIs share.
struct Shared<'a> {
    compiler: &'a Compiler<'a>,
    workspace: Option<&'a Arc<Workspace>>,
    scopes: &'a Scopes,
    around: Above,
}

impl Shared<'_> {
    fn api(&self, api: &Arc<Api>, before: Option<&Arc<KeptApi>>) -> Arc<KeptApi> {
        let products = self.scopes.holders(&api.id);
        let broader = self.broader(products);
        let same = before.filter(|before| self.is_same(api, before));
        if let Some(before) = same.filter(|before| self.is_same_around(before, products, &broader)) {
            return Arc::clone(before);
        }
        let documents = match same {
            Some(before) => Arc::clone(&before.documents),
            None => Arc::new(self.documents(api, before.map(|before| &*before.documents))),
        };
        Arc::new(self.assemble(api, documents, products.to_vec(), broader))
    }

    /// Whether an API's own documents are as they were.
    fn is_same(&self, api: &Arc<Api>, before: &KeptApi) -> bool {
        Arc::ptr_eq(&before.entry.api, api)
            && before.documents.all().all(|document| self.compiler.still_good(document))
            && !self.compiler.broken.is_of_api(api)
            && !before.problems.has_errors()
    }

    /// Whether the workspace, the products of an API and the documents of broader scopes are as they were.
    fn is_same_around(&self, before: &KeptApi, products: &[Arc<Product>], broader: &[Good]) -> bool {
        let known = &before.entry.products;
        let is_same_workspace = match (&before.entry.workspace, self.workspace) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        is_same_workspace
            && known.len() == products.len()
            && known.iter().zip(products).all(|(one, other)| Arc::ptr_eq(one, other))
            && before.broader.len() == broader.len()
            && before.broader.iter().zip(broader).all(|(one, other)| same_good(one, other))
    }

    /// The documents of broader scopes than the API's: those of the products that have one too.
    fn broader(&self, products: &[Arc<Product>]) -> Vec<Good> {
        let of_products = products.iter().filter_map(|each| self.scopes.product(&each.id).cloned());
        self.around.iter().cloned().chain(of_products).collect()
    }

    fn documents(&self, api: &Api, before: Option<&Documents>) -> Documents {
        let own = api.policy.as_ref().map(|policy| {
            let before = before.iter().flat_map(|before| &before.own);
            self.compiler.document(&policy.file, Scope::Api, None, before)
        });
        let with_policy = api.operations.iter().enumerate();
        let with_policy = with_policy.filter_map(|(at, each)| Some((at, each, each.policy.as_ref()?)));
        let operations = with_policy.map(|(at, operation, PolicyText { file, .. })| {
            let before = before.iter().flat_map(|before| &before.operations).map(|(_, document)| document);
            let before = before.filter(|document| document.is_of(file));
            let parameters = operation.url_template.parameters().cloned().collect();
            (at, self.compiler.document(file, Scope::Operation, Some(parameters), before))
        });
        Documents { own, operations: operations.collect() }
    }

    fn assemble(
        &self,
        api: &Arc<Api>,
        documents: Arc<Documents>,
        products: Vec<Arc<Product>>,
        broader: Vec<Good>,
    ) -> KeptApi {
        let mut problems = Diagnostics::new();
        let service_url = service_url(api, &mut problems);
        documents.all().for_each(|document| problems.append(document.problems.clone()));
        if api.kind == ApiKind::WebSocket {
            handshake::check(documents.all().filter_map(|each| each.good.as_deref()), &mut problems);
        }
        let errors = problems.has_errors() || self.compiler.broken.is_of_api(api);
        let policies = self.policies(api, &documents, &products).filter(|_| !errors);
        let policies = policies.unwrap_or(ApiPolicies::Refused);
        let workspace = self.workspace.cloned();
        let schemes = Schemes::of(api, self.compiler.protocols);
        let entry = ApiEntry { api: Arc::clone(api), workspace, products, service_url, schemes, policies };
        let places = caller_token::places(&entry);
        KeptApi { entry: Arc::new(entry), documents, broader, problems, places }
    }

    /// None when any document that reaches the API is broken.
    fn policies(&self, api: &Api, documents: &Documents, products: &[Arc<Product>]) -> Option<ApiPolicies> {
        let around: Vec<&CompiledDocument> =
            self.around.iter().map(Option::as_deref).collect::<Option<_>>()?;
        let own = optional(documents.own.as_ref())?;
        let mut in_products = Vec::new();
        for product in products {
            let document = match self.scopes.product(&product.id) {
                None => None,
                Some(compiled) => Some(compiled.as_deref()?),
            };
            in_products.push((product.id.clone(), document));
        }
        let contexts = |operation: Option<&CompiledDocument>| {
            let chain = |product: Option<&CompiledDocument>| {
                let narrow = [operation, own, product].into_iter().flatten();
                Arc::new(splice(&narrow.chain(around.iter().copied()).collect::<Vec<_>>()))
            };
            let plain = chain(None);
            let in_product = |document: Option<&CompiledDocument>| -> Arc<Pipeline> {
                document.map_or_else(|| Arc::clone(&plain), |document| chain(Some(document)))
            };
            let products = in_products.iter().map(|(id, document)| (id.clone(), in_product(*document)));
            Arc::new(Contexts { products: products.collect(), plain: Arc::clone(&plain) })
        };
        let of_api = contexts(None);
        let mut operations = vec![Arc::clone(&of_api); api.operations.len()];
        for (at, document) in &documents.operations {
            let document = optional(Some(document))?;
            if let Some(place) = operations.get_mut(*at) {
                *place = contexts(document);
            }
        }
        Some(ApiPolicies::Compiled { api: of_api, operations: operations.into() })
    }
}

/// A document that need not be there; none only when it is there and broken.
fn optional(document: Option<&Compiled>) -> Option<Option<&CompiledDocument>> {
    match document {
        None => Some(None),
        Some(document) => document.good.as_deref().map(Some),
    }
}

fn service_url(api: &Api, problems: &mut Diagnostics) -> Option<Arc<BaseUrl>> {
    let url = api.service_url.as_ref()?;
    match BaseUrl::parse(url.as_str()) {
        Ok(base) => Some(Arc::new(base)),
        Err(why) => {
            let message =
                format!("the service URL of the API `{}` cannot be called: {why}", api.qualified_name());
            let problem = Diagnostic::error("bad-service-url", message);
            problems.push(match &api.origin {
                Some(at) => problem.at(at.clone()),
                None => problem,
            });
            None
        }
    }
}
