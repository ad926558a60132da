//! Which API, revision, version and operation a request means.
//!
//! A [`RouteTable`] is built once per configuration; finding costs one hash per segment, however many APIs and
//! operations there are.
//!
//! ```
//! use std::sync::Arc;
//! use http::{HeaderMap, Method};
//! use model::routing::{Outcome, RouteRequest, RouteTable};
//! use model::{Api, ApiId, ApiPath, Collection, DisplayName, Operation, OperationId, UrlTemplate};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut api = Api::new(ApiId::new("orders")?, DisplayName::new("Orders")?, ApiPath::new("shop/orders")?);
//! let template = UrlTemplate::new("/{id}/items")?;
//! api.operations.push(Operation::new(OperationId::new("items")?, DisplayName::new("Items")?, Method::GET, template));
//! let (table, problems) = RouteTable::new([&Arc::new(api)], &Collection::new());
//! assert!(problems.is_empty());
//!
//! let headers = HeaderMap::new();
//! let request = RouteRequest { method: &Method::GET, path: "/shop/Orders/a%2fb/items/", query: None, headers: &headers };
//! let Outcome::Found(found) = table.find(&request) else { return Err("not found".into()) };
//! assert_eq!(found.api.rest, "/a%2fb/items/");
//! assert_eq!(found.parameters[0].value(), "a/b");
//! # Ok(())
//! # }
//! ```
//!
//! COMPAT: API Management documents that APIs are told apart by path, that a method and a template name an operation,
//! that a trailing slash makes no difference, and that template query parts are required. It documents no precedence;
//! these rules follow `System.UriTemplate`: the longest API path wins and there is no falling back to a shorter one;
//! segment by segment a literal comes before a compound, a parameter, a wildcard; then more query parts, literal
//! values first; then the order of definition. Literals are compared without regard to ASCII case.
//!
//! Paths are matched on one decoded form and handed on as the bytes that were sent: `%2f` is data inside a segment,
//! `//` is an empty segment, and what would change the segments when decoded is refused as [`BadPath`].

mod apis;
mod children;
mod operations;
mod path;
mod query;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, Method};
use source::Diagnostics;

use crate::{Api, Collection, Operation, VersionSet};

pub use path::BadPath;

use apis::ApiPaths;
use operations::Operations;
use path::Form;

/// What the route of a request depends on.
#[derive(Clone, Copy, Debug)]
pub struct RouteRequest<'r> {
    /// The method.
    pub method: &'r Method,
    /// The path as it was sent, beginning with a slash.
    pub path: &'r str,
    /// The query as it was sent, without its question mark.
    pub query: Option<&'r str>,
    /// The headers, for versions that stand in one.
    pub headers: &'r HeaderMap,
}

/// All routes of a configuration.
#[derive(Debug, Default)]
pub struct RouteTable {
    apis: Vec<Arc<Routed>>,
    paths: ApiPaths,
}

#[derive(Debug)]
struct Routed {
    api: Arc<Api>,
    operations: Operations,
    /// What is wrong with its operations.
    problems: Diagnostics,
}

impl Routed {
    fn new(api: &Arc<Api>) -> Arc<Self> {
        let mut problems = Diagnostics::new();
        let operations = Operations::new(api, &mut problems);
        Arc::new(Self { api: Arc::clone(api), operations, problems })
    }
}

/// What a request means.
#[derive(Clone, Debug)]
pub enum Outcome<'t, 'r> {
    /// An operation.
    Found(Match<'t, 'r>),
    /// An API, but none of its operations.
    NoOperation(ApiMatch<'t, 'r>),
    /// Nothing that is served.
    NoApi,
    /// Nothing, because its path cannot be taken as it is.
    BadPath(BadPath),
}

/// The API that a request means.
#[derive(Clone, Copy, Debug)]
pub struct ApiMatch<'t, 'r> {
    /// Its place in the list from which the table was made.
    pub index: usize,
    /// The API.
    pub api: &'t Arc<Api>,
    /// The path without API path, version and revision, as it was sent: empty or beginning with a slash.
    pub rest: &'r str,
}

/// The operation that a request means.
#[derive(Clone, Debug)]
pub struct Match<'t, 'r> {
    /// The API.
    pub api: ApiMatch<'t, 'r>,
    /// The operation's place in the API's list.
    pub index: usize,
    /// The operation.
    pub operation: &'t Operation,
    /// The values of the template's parameters, in the template's order.
    pub parameters: Vec<Captured<'t, 'r>>,
}

/// The value of a parameter of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured<'t, 'r> {
    /// The parameter's name in the template; `*` for a nameless wildcard.
    pub name: &'t Arc<str>,
    /// Its value as it was sent.
    pub raw: &'r str,
    form: Form,
}

impl<'r> Captured<'_, 'r> {
    /// The value, decoded.
    #[must_use]
    pub fn value(&self) -> Cow<'r, str> {
        path::decoded(self.raw, self.form)
    }
}

impl RouteTable {
    /// Builds the routes of APIs, and says which of them cannot be reached and why. Where two APIs or operations
    /// cannot be told apart the first one stays. Revisions that are not online are left out.
    #[must_use]
    pub fn new<'a>(
        apis: impl IntoIterator<Item = &'a Arc<Api>>,
        version_sets: &Collection<VersionSet>,
    ) -> (Self, Diagnostics) {
        Self::after(&Self::default(), apis, version_sets)
    }

    /// The same, sharing with the table `before` what APIs that are the same in memory have in it.
    #[must_use]
    pub fn after<'a>(
        before: &Self,
        apis: impl IntoIterator<Item = &'a Arc<Api>>,
        version_sets: &Collection<VersionSet>,
    ) -> (Self, Diagnostics) {
        let known: HashMap<*const Api, &Arc<Routed>> =
            before.apis.iter().map(|routed| (Arc::as_ptr(&routed.api), routed)).collect();
        let mut table = Self::default();
        let mut problems = Diagnostics::new();
        for (index, api) in apis.into_iter().enumerate() {
            let routed =
                known.get(&Arc::as_ptr(api)).map_or_else(|| Routed::new(api), |known| Arc::clone(known));
            problems.append(routed.problems.clone());
            table.apis.push(routed);
            if api.is_online {
                table.paths.add(index, api, version_sets, &mut problems);
            }
        }
        (table, problems)
    }

    /// What a request means.
    #[must_use]
    pub fn find<'t, 'r>(&'t self, request: &RouteRequest<'r>) -> Outcome<'t, 'r> {
        if let Err(bad) = path::check(request.path) {
            return Outcome::BadPath(bad);
        }
        let Some((index, rest)) = self.paths.find(request) else { return Outcome::NoApi };
        let Some(routed) = self.apis.get(index) else { return Outcome::NoApi };
        let api = ApiMatch { index, api: &routed.api, rest };
        match routed.operations.find(&routed.api, request, rest) {
            Some(found) => Outcome::Found(Match {
                api,
                index: found.index,
                operation: found.operation,
                parameters: found.parameters,
            }),
            None => Outcome::NoOperation(api),
        }
    }
}
