//! One generation of configuration, compiled: immutable, shared by all requests that began under it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use model::routing::RouteTable;
use model::{Api, Product, ProductId};
use policy::{BaseUrl, Limits, Pipeline, Site, Workspace};

use crate::backends::BackendEntry;
use crate::schemes::Schemes;

/// Everything that requests need to know, in one piece. A request takes it at the door and keeps it to its end.
#[derive(Debug)]
pub struct Snapshot {
    /// Which configuration it is.
    pub edition: Arc<Edition>,
    /// The service that the gateway belongs to.
    pub site: Arc<Site>,
    /// Which request means which operation.
    pub routes: Arc<RouteTable>,
    /// The APIs, in the order of `routes`.
    pub apis: Vec<Arc<ApiEntry>>,
    /// The effective policy where no API matched: its `on-error` can turn the 404 into something else.
    pub unmatched: Arc<Pipeline>,
    /// The backends and pools, for operators.
    pub backends: Vec<BackendEntry>,
    /// Sizes that bound each request.
    pub limits: Limits,
}

/// Which configuration is served.
///
/// The generation counts in one process. The revision and the commit are the same in all processes that read the same
/// files: they tell whether two of them serve the same, and the commit which one is newer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edition {
    /// Counts the configurations of this process, from 1.
    pub generation: u64,
    /// What the bytes of the configuration come to.
    pub revision: Arc<str>,
    /// The commit that it was made of, where that is known.
    pub commit: Option<Arc<str>>,
    /// Whether answers say which configuration they were made with, in [`EDITION_HEADER`].
    pub is_shown: bool,
}

/// The header that says which configuration an answer was made with.
pub const EDITION_HEADER: HeaderName = HeaderName::from_static("cardea-configuration");

impl Edition {
    /// The value of [`EDITION_HEADER`]: `generation=3, revision=1f3a9c0d5e77, commit=...`; none when it is not shown.
    #[must_use]
    pub fn header(&self) -> Option<HeaderValue> {
        self.is_shown.then(|| HeaderValue::from_str(&self.to_string()).ok())?
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "generation={}, revision={}", self.generation, self.revision)?;
        match &self.commit {
            Some(commit) => write!(f, ", commit={commit}"),
            None => Ok(()),
        }
    }
}

impl Snapshot {
    /// URLs of OpenID providers' metadata that its policies will ask for; `authority` is where Entra is.
    #[must_use]
    pub fn providers(&self, authority: &str) -> BTreeSet<String> {
        let mut urls = BTreeSet::new();
        self.unmatched.providers(authority, &mut urls);
        let contexts = self.apis.iter().filter_map(|entry| match &entry.policies {
            ApiPolicies::Compiled { api, operations } => Some((api, operations)),
            ApiPolicies::Refused => None,
        });
        for (api, operations) in contexts {
            api.providers(authority, &mut urls);
            // Operations without a policy of their own have the API's.
            let own = operations.iter().filter(|each| !Arc::ptr_eq(each, api));
            own.for_each(|each| each.providers(authority, &mut urls));
        }
        urls
    }
}

/// One API of a snapshot.
#[derive(Clone, Debug)]
pub struct ApiEntry {
    /// The API.
    pub api: Arc<Api>,
    /// The workspace that it is in.
    pub workspace: Option<Arc<Workspace>>,
    /// The published and unpublished products that hold it.
    pub products: Vec<Arc<Product>>,
    /// Its service URL.
    pub service_url: Option<Arc<BaseUrl>>,
    /// Over which schemes it is reached.
    pub schemes: Schemes,
    /// Its policies.
    pub policies: ApiPolicies,
}

/// Whether an API can be served.
#[derive(Clone, Debug)]
pub enum ApiPolicies {
    /// It can.
    Compiled {
        /// Where the API matched but none of its operations.
        api: Arc<Contexts>,
        /// Per operation, in the API's order. One without a policy of its own shares the API's.
        operations: Box<[Arc<Contexts>]>,
    },
    /// Its effective policy has errors and no earlier version of it is there: calls are refused, never forwarded
    /// without it.
    Refused,
}

/// Effective policies by the product in whose context a call is made.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    /// Without a product.
    pub plain: Arc<Pipeline>,
    /// In products.
    pub products: Box<[(ProductId, Arc<Pipeline>)]>,
}

impl Contexts {
    fn providers(&self, authority: &str, urls: &mut BTreeSet<String>) {
        self.plain.providers(authority, urls);
        self.products.iter().for_each(|(_, pipeline)| pipeline.providers(authority, urls));
    }

    /// The effective policy in a product's context.
    #[must_use]
    pub fn pipeline(&self, product: Option<&ProductId>) -> &Arc<Pipeline> {
        let Some(product) = product else { return &self.plain };
        self.products.iter().find(|(id, _)| id == product).map_or(&self.plain, |(_, pipeline)| pipeline)
    }
}

impl ApiEntry {
    /// The effective policy of an operation, or of the API itself, in a context. None when the API is refused.
    #[must_use]
    pub fn pipeline(&self, operation: Option<usize>, product: Option<&ProductId>) -> Option<&Arc<Pipeline>> {
        let ApiPolicies::Compiled { api, operations } = &self.policies else { return None };
        let contexts = match operation {
            Some(index) => operations.get(index)?,
            None => api,
        };
        Some(contexts.pipeline(product))
    }
}

/// A request's `Origin` and the method that a cross-origin preflight asks for, when it is one.
#[must_use]
pub(crate) fn preflight_method(method: &http::Method, headers: &HeaderMap) -> Option<http::Method> {
    if method != http::Method::OPTIONS || !headers.contains_key(http::header::ORIGIN) {
        return None;
    }
    let wanted = headers.get(http::header::ACCESS_CONTROL_REQUEST_METHOD)?;
    http::Method::from_bytes(wanted.as_bytes()).ok()
}
