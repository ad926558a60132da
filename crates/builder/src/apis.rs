//! Effective policies per API, operation and product.

use std::collections::HashMap;
use std::sync::Arc;

use gateway::{ApiEntry, ApiPolicies, Contexts, Snapshot};
use model::{Api, Configuration, Operation, PolicyText, Product, ProductId};
use policy::{BaseUrl, CompiledDocument, Knowledge, Pipeline, Scope, compile_document, splice};
use policy_doc::{Document, Element};
use source::{Diagnostic, Diagnostics, SourceFile};

use crate::broken::Broken;
use crate::default_policy;
use crate::documents::{Documents, read_file};

/// The APIs of a configuration, compiled.
pub(crate) struct Apis {
    pub(crate) entries: Vec<ApiEntry>,
    pub(crate) unmatched: Arc<Pipeline>,
    pub(crate) kept: Vec<String>,
    pub(crate) refused: Vec<String>,
}

/// A compiled document, or none when it has errors.
type Good = Option<Arc<CompiledDocument>>;

/// What all APIs share.
struct Shared<'a> {
    documents: &'a Documents,
    known: &'a Knowledge<'a>,
    broken: &'a Broken,
    global: Good,
    products: HashMap<ProductId, Good>,
}

impl Apis {
    pub(crate) fn compile(
        configuration: &Configuration,
        documents: &Documents,
        known: &Knowledge<'_>,
        broken: &Broken,
        previous: Option<&Snapshot>,
        problems: &mut Diagnostics,
    ) -> Self {
        let shared = Shared { documents, known, broken, global: None, products: HashMap::new() };
        let shared = shared.compiled(configuration, problems);
        let unmatched = shared.global.as_deref().map(|global| splice(&[global])).unwrap_or_default();
        let mut apis = Self {
            entries: Vec::new(),
            unmatched: Arc::new(unmatched),
            kept: Vec::new(),
            refused: Vec::new(),
        };
        for api in configuration.apis.iter() {
            let products: Vec<Arc<Product>> =
                configuration.products.iter().filter(|product| product.contains(&api.id)).cloned().collect();
            let entry = shared.api(api, products, problems);
            apis.take(entry, previous);
        }
        apis.keep_unread(configuration, broken, previous);
        apis
    }

    /// An API that is there but could not be read at all goes on as it was.
    fn keep_unread(&mut self, configuration: &Configuration, broken: &Broken, previous: Option<&Snapshot>) {
        for entry in previous.iter().flat_map(|snapshot| &snapshot.apis) {
            let id = &entry.api.id;
            let good = !matches!(entry.policies, ApiPolicies::Refused);
            if good && !configuration.apis.contains(id) && broken.is_of_api(id.as_str()) {
                self.entries.push(entry.clone());
                self.kept.push(id.to_string());
            }
        }
    }

    /// Takes an API; one with errors is replaced by its last good version.
    fn take(&mut self, entry: ApiEntry, previous: Option<&Snapshot>) {
        if !matches!(entry.policies, ApiPolicies::Refused) {
            self.entries.push(entry);
            return;
        }
        let name = entry.api.id.to_string();
        let earlier = previous.and_then(|snapshot| good_version(snapshot, &entry.api));
        match earlier {
            Some(earlier) => {
                self.entries.push(earlier);
                self.kept.push(name);
            }
            None => {
                self.entries.push(entry);
                self.refused.push(name);
            }
        }
    }
}

fn good_version(snapshot: &Snapshot, api: &Api) -> Option<ApiEntry> {
    let same = |entry: &&ApiEntry| entry.api.id == api.id && !matches!(entry.policies, ApiPolicies::Refused);
    snapshot.apis.iter().find(same).cloned()
}

impl<'a> Shared<'a> {
    /// With the documents that several APIs share.
    fn compiled(mut self, configuration: &Configuration, problems: &mut Diagnostics) -> Self {
        let file = configuration
            .policy
            .as_ref()
            .map_or_else(default_policy::file, |policy| Arc::clone(&policy.file));
        self.global = self.document(&file, Scope::Global, None, problems);
        for product in configuration.products.iter() {
            if let Some(policy) = &product.policy {
                let compiled = self.document(&policy.file, Scope::Product, None, problems);
                self.products.insert(product.id.clone(), compiled);
            }
        }
        self
    }

    fn document(
        &self,
        file: &Arc<SourceFile>,
        scope: Scope,
        parameters: Option<&[Arc<str>]>,
        problems: &mut Diagnostics,
    ) -> Good {
        if self.broken.has(file.name()) && file.text().is_empty() {
            return None;
        }
        let (document, read) = read_file(file);
        let (compiled, found) = compile_document(&document, scope, parameters, self.known);
        let good = !read.has_errors() && !found.has_errors() && !self.includes_broken(&document);
        let good = good && !self.broken.has(file.name());
        problems.append(read);
        problems.append(found);
        good.then(|| Arc::new(compiled))
    }

    fn includes_broken(&self, document: &Document) -> bool {
        let names = |element: &Element| {
            let attribute =
                element.attribute("fragment-id").filter(|_| &*element.name == "include-fragment")?;
            Some(attribute.value.raw().trim().to_owned())
        };
        let mut open: Vec<&Element> = document.root().into_iter().collect();
        while let Some(element) = open.pop() {
            if names(element).is_some_and(|id| self.documents.fragments.is_broken(&id)) {
                return true;
            }
            open.extend(element.elements());
        }
        false
    }

    fn api(&self, api: &Arc<Api>, products: Vec<Arc<Product>>, problems: &mut Diagnostics) -> ApiEntry {
        let before = problems.count(source::Severity::Error);
        let service_url = service_url(api, problems);
        let own = self.optional(api.policy.as_ref(), Scope::Api, None, problems);
        let operations: Vec<_> = api.operations.iter().map(|each| self.operation(each, problems)).collect();
        let own_errors =
            problems.count(source::Severity::Error) > before || self.broken.is_of_api(api.id.as_str());
        let policies = self.policies(own, operations, &products).filter(|_| !own_errors);
        ApiEntry {
            api: Arc::clone(api),
            products,
            service_url,
            policies: policies.unwrap_or(ApiPolicies::Refused),
        }
    }

    fn operation(&self, operation: &Operation, problems: &mut Diagnostics) -> Result<Good, ()> {
        let parameters: Vec<Arc<str>> = operation.url_template.parameters().cloned().collect();
        self.optional(operation.policy.as_ref(), Scope::Operation, Some(&parameters), problems)
    }

    /// A document that need not be there: an error only when it is there and broken.
    fn optional(
        &self,
        policy: Option<&PolicyText>,
        scope: Scope,
        parameters: Option<&[Arc<str>]>,
        problems: &mut Diagnostics,
    ) -> Result<Good, ()> {
        let Some(policy) = policy else { return Ok(None) };
        self.document(&policy.file, scope, parameters, problems).map(Some).ok_or(())
    }

    /// None when any document that reaches the API is broken.
    fn policies(
        &self,
        api: Result<Good, ()>,
        operations: Vec<Result<Good, ()>>,
        products: &[Arc<Product>],
    ) -> Option<ApiPolicies> {
        let global = self.global.as_deref()?;
        let api = api.ok()?;
        let operations = operations.into_iter().collect::<Result<Vec<_>, ()>>().ok()?;
        let mut in_products = Vec::new();
        for product in products {
            let document = match self.products.get(&product.id) {
                None => None,
                Some(compiled) => Some(compiled.as_deref()?),
            };
            in_products.push((product.id.clone(), document));
        }
        let contexts = |operation: Option<&CompiledDocument>| {
            let chain = |product: Option<&CompiledDocument>| {
                let scopes = [operation, api.as_deref(), product, Some(global)];
                Arc::new(splice(&scopes.into_iter().flatten().collect::<Vec<_>>()))
            };
            Contexts {
                plain: chain(None),
                products: in_products.iter().map(|(id, document)| (id.clone(), chain(*document))).collect(),
            }
        };
        let operations = operations.iter().map(|operation| contexts(operation.as_deref())).collect();
        Some(ApiPolicies::Compiled { api: contexts(None), operations })
    }
}

fn service_url(api: &Api, problems: &mut Diagnostics) -> Option<Arc<BaseUrl>> {
    let url = api.service_url.as_ref()?;
    match BaseUrl::parse(url.as_str()) {
        Ok(base) => Some(Arc::new(base)),
        Err(why) => {
            let message = format!("the service URL of the API `{}` cannot be called: {why}", api.id);
            let problem = Diagnostic::error("bad-service-url", message);
            problems.push(match &api.origin {
                Some(at) => problem.at(at.clone()),
                None => problem,
            });
            None
        }
    }
}
