//! Compiled documents, and those that several APIs share: the service's and the products'.

use std::collections::HashMap;
use std::sync::Arc;

use gateway::Protocols;
use model::{ApiId, Collection, Product, ProductId, SecretBinding};
use policy::{CompiledDocument, Knowledge, Scope, compile_document};
use source::{Diagnostics, SourceFile};

use crate::broken::Broken;
use crate::default_policy;
use crate::documents::{FragmentTable, read_file};
use crate::place::Place;
use crate::surroundings::{Changes, same_resources};

/// A compiled document, or none when it has errors.
pub(crate) type Good = Option<Arc<CompiledDocument>>;

/// What every document of a build is compiled with.
pub(crate) struct Compiler<'a> {
    pub(crate) known: &'a Knowledge<'a>,
    pub(crate) fragments: &'a FragmentTable,
    pub(crate) broken: &'a Broken,
    pub(crate) protocols: Protocols,
    /// What changed since the build before.
    pub(crate) changes: &'a Changes,
}

/// A document and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    file: Arc<SourceFile>,
    /// At operation scope, the names of the parameters that it may ask for.
    parameters: Option<Box<[Arc<str>]>>,
    pub(crate) good: Good,
    /// Secrets of vaults that it asks for itself.
    pub(crate) secrets: Vec<SecretBinding>,
    pub(crate) problems: Diagnostics,
}

impl Compiler<'_> {
    /// Compiles a document, unless it stands among those from before and nothing that it depends on has changed.
    pub(crate) fn document<'b>(
        &self,
        file: &Arc<SourceFile>,
        scope: Scope,
        parameters: Option<Vec<Arc<str>>>,
        mut before: impl Iterator<Item = &'b Compiled>,
    ) -> Compiled {
        let parameters = parameters.map(Vec::into_boxed_slice);
        let same = |each: &&Compiled| {
            same_file(&each.file, file) && each.parameters == parameters && self.still_good(each)
        };
        before.find(same).cloned().unwrap_or_else(|| self.compile(file, scope, parameters))
    }

    /// Whether a document from before would come out the same. One with errors may depend on everything ("did you
    /// mean").
    pub(crate) fn still_good(&self, document: &Compiled) -> bool {
        let Some(good) = &document.good else { return false };
        !self.broken.has(document.file.name()) && !self.changes.concern(good.uses())
    }

    fn compile(&self, file: &Arc<SourceFile>, scope: Scope, parameters: Option<Box<[Arc<str>]>>) -> Compiled {
        let mut compiled = Compiled {
            file: Arc::clone(file),
            parameters,
            good: None,
            secrets: Vec::new(),
            problems: Diagnostics::new(),
        };
        if self.broken.has(file.name()) && file.text().is_empty() {
            return compiled;
        }
        let (document, read) = read_file(file);
        let (result, found) = compile_document(&document, scope, compiled.parameters.as_deref(), self.known);
        let includes_broken = || {
            let mut fragments = result.uses().into_iter().flat_map(|uses| &uses.fragments);
            fragments.any(|id| self.fragments.is_broken(id))
        };
        let good = !read.has_errors() && !found.has_errors() && !includes_broken();
        let good = good && !self.broken.has(file.name());
        compiled.secrets = result.uses().map(|uses| uses.secrets.clone()).unwrap_or_default();
        compiled.problems = read;
        compiled.problems.append(found);
        compiled.good = good.then(|| Arc::new(result));
        compiled
    }
}

impl Compiled {
    /// Whether it is what came of that file, or of one of its name.
    pub(crate) fn is_of(&self, file: &SourceFile) -> bool {
        self.file.name() == file.name()
    }
}

fn same_file(one: &Arc<SourceFile>, other: &Arc<SourceFile>) -> bool {
    Arc::ptr_eq(one, other) || one.name() == other.name() && one.text() == other.text()
}

/// Whether two documents are the very same.
pub(crate) fn same_good(one: &Good, other: &Good) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// The documents of a place's own scope and of broader ones, narrow to broad.
pub(crate) type Above = Vec<Good>;

/// The documents that several APIs of a service, or of a workspace, share.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    /// Of the service itself, or of the workspace.
    own: Option<Compiled>,
    /// What is broader than that.
    above: Above,
    products: HashMap<ProductId, Compiled>,
    /// The products that hold an API, by the name that its revisions share.
    holders: Arc<HashMap<ApiId, Vec<Arc<Product>>>>,
    holding: Collection<Product>,
}

impl Scopes {
    /// Compiles what is not among those from `before`. A service always has a policy, a workspace need not have one.
    pub(crate) fn compile(place: Place<'_>, compiler: &Compiler<'_>, above: &Above, before: &Self) -> Self {
        let configuration = place.contents;
        let file = configuration.policy.as_ref().map(|policy| Arc::clone(&policy.file));
        let file = file.or_else(|| place.workspace.is_none().then(default_policy::file));
        let own = file.map(|file| compiler.document(&file, place.scope(), None, before.own.iter()));
        let with_policy =
            configuration.products.iter().filter_map(|each| Some((each, each.policy.as_ref()?)));
        let products = with_policy.map(|(product, policy)| {
            let before = before.products.get(&product.id).into_iter();
            (product.id.clone(), compiler.document(&policy.file, Scope::Product, None, before))
        });
        let products = products.collect();
        let holders = match same_resources(&configuration.products, &before.holding) {
            true => Arc::clone(&before.holders),
            false => Arc::new(holders(&configuration.products)),
        };
        let holding = configuration.products.clone();
        Self { own, above: above.clone(), products, holders, holding }
    }

    /// All documents.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Compiled> {
        self.own.iter().chain(self.holding.ids().filter_map(|id| self.products.get(id)))
    }

    /// The document of the whole service, or workspace.
    pub(crate) fn own(&self) -> Good {
        self.own.as_ref().and_then(|own| own.good.clone())
    }

    /// That document, if there is one, and broader ones.
    pub(crate) fn around(&self) -> Above {
        let own = self.own.iter().map(|own| own.good.clone());
        own.chain(self.above.iter().cloned()).collect()
    }

    /// The products that hold an API, in the order of the configuration.
    pub(crate) fn holders(&self, api: &ApiId) -> &[Arc<Product>] {
        if self.holders.is_empty() {
            return &[];
        }
        self.holders.get(&api.root()).map_or(&[], Vec::as_slice)
    }

    /// The document of a product; none when it has no policy.
    pub(crate) fn product(&self, product: &ProductId) -> Option<&Good> {
        self.products.get(product).map(|compiled| &compiled.good)
    }
}

fn holders(products: &Collection<Product>) -> HashMap<ApiId, Vec<Arc<Product>>> {
    let mut holders: HashMap<ApiId, Vec<Arc<Product>>> = HashMap::new();
    for product in products.iter() {
        for api in &product.apis {
            let held = holders.entry(api.clone()).or_default();
            // A product may name an API twice.
            if !held.last().is_some_and(|last| Arc::ptr_eq(last, product)) {
                held.push(Arc::clone(product));
            }
        }
    }
    holders
}
