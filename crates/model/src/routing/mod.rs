//! Which API, revision, version and operation a request means.
//!
//! A [`RouteTable`] is built once per configuration; finding costs one hash per segment of the API's path and a search in
//! the few lines of memory that hold the operations of that API, however many there are.
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
//! assert_eq!(found.parameters().next().map(|each| each.value().into_owned()), Some("a/b".to_owned()));
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
mod compound;
mod frozen;
mod operations;
mod path;
mod places;
mod query;
mod writing;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, Method};
use source::Diagnostics;

use crate::{Api, Collection, Operation, VersionSet};

pub use path::{BadPath, check as check_path};

use apis::ApiPaths;
use frozen::Operations;
use path::{Form, Look};

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
    paths: Arc<ApiPaths>,
    /// The version set of each API that has one.
    version_sets: Box<[Option<Arc<VersionSet>>]>,
    /// Whether all APIs can be told apart.
    is_clean: bool,
}

/// What is known of APIs from a table before.
struct Known<'a> {
    list: &'a [Arc<Routed>],
    /// Their places, once somebody asks for one that stands elsewhere now.
    places: OnceCell<HashMap<*const Api, usize>>,
}

impl<'a> Known<'a> {
    fn new(table: &'a RouteTable) -> Self {
        Self { list: &table.apis, places: OnceCell::new() }
    }

    /// What is known of an API that is the same in memory; `at` is where it probably stands.
    fn get(&self, at: usize, api: &Arc<Api>) -> Option<Arc<Routed>> {
        let near = self.list.get(at).filter(|routed| Arc::ptr_eq(&routed.api, api));
        let found = near.or_else(|| {
            let all =
                || self.list.iter().enumerate().map(|(at, each)| (Arc::as_ptr(&each.api), at)).collect();
            self.list.get(*self.places.get_or_init(all).get(&Arc::as_ptr(api))?)
        });
        found.cloned()
    }
}

/// Whether two APIs are found by the same calls, as far as it does not depend on their operations.
fn is_reached_alike(one: &Api, other: &Api) -> bool {
    one.id == other.id
        && one.workspace == other.workspace
        && one.path.as_str().eq_ignore_ascii_case(other.path.as_str())
        && one.version == other.version
        && one.revision == other.revision
        && one.is_current == other.is_current
        && one.is_online == other.is_online
}

fn is_same_set(one: &Option<Arc<VersionSet>>, other: &Option<Arc<VersionSet>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// Where the first segment of a text ends. Segments are short, so that looking at byte after byte is fast.
fn segment_end(text: &str) -> usize {
    text.bytes().position(|byte| byte == b'/').unwrap_or(text.len())
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
    names: &'t [Arc<str>],
    /// What was captured, with how it is escaped.
    values: Vec<&'r str>,
    form: Form,
    in_path: usize,
}

impl<'t, 'r> Match<'t, 'r> {
    /// The values of the template's parameters, in the template's order.
    pub fn parameters(&self) -> impl Iterator<Item = Captured<'t, 'r>> {
        let form = |at: usize| if at < self.in_path { self.form } else { Form::Query };
        let named = self.names.iter().zip(&self.values).enumerate();
        named.map(move |(at, (name, &raw))| Captured { name, raw, form: form(at) })
    }

    /// The operation; looked up when it is wanted, because whoever serves a request needs its place only.
    #[must_use]
    pub fn operation(&self) -> Option<&'t Operation> {
        self.api.api.operations.get(self.index)
    }
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

    /// Whether it was sent as it is.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        path::is_plain(self.raw, self.form)
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
        let set = |api: &Api| version_sets.get(&api.version.as_ref()?.set);
        Self::after(&Self::default(), apis, set)
    }

    /// The same, sharing with the table `before` what APIs that are the same in memory have in it. `version_set` gives the
    /// version set of an API that has one ([`crate::Configuration::version_set`]).
    #[must_use]
    pub fn after<'a, 's>(
        before: &Self,
        apis: impl IntoIterator<Item = &'a Arc<Api>>,
        version_set: impl Fn(&Api) -> Option<&'s Arc<VersionSet>>,
    ) -> (Self, Diagnostics) {
        let mut problems = Diagnostics::new();
        let known = Known::new(before);
        let routed: Vec<Arc<Routed>> = apis
            .into_iter()
            .enumerate()
            .map(|(at, api)| known.get(at, api).unwrap_or_else(|| Routed::new(api)))
            .collect();
        routed.iter().for_each(|each| problems.append(each.problems.clone()));
        let sets: Box<[_]> = routed.iter().map(|each| version_set(&each.api).cloned()).collect();
        if let Some(paths) = before.same_paths(&routed, &sets) {
            let table = Self { apis: routed, paths, version_sets: sets, is_clean: true };
            return (table, problems);
        }
        let mut paths = ApiPaths::default();
        let before = problems.len();
        for (index, (each, set)) in routed.iter().zip(&sets).enumerate() {
            if each.api.is_online {
                paths.add(index, &routed, set.as_deref(), &mut problems);
            }
        }
        paths.end();
        let is_clean = problems.len() == before;
        let paths = Arc::new(paths);
        (Self { apis: routed, paths, version_sets: sets, is_clean }, problems)
    }

    /// The paths, if those of these APIs are the same and nothing is wrong with them.
    fn same_paths(&self, apis: &[Arc<Routed>], sets: &[Option<Arc<VersionSet>>]) -> Option<Arc<ApiPaths>> {
        let same_sets = sets.len() == self.version_sets.len()
            && sets.iter().zip(&self.version_sets).all(|(one, other)| is_same_set(one, other));
        let same_api = |(one, other): (&Arc<Routed>, &Arc<Routed>)| {
            Arc::ptr_eq(one, other) || is_reached_alike(&one.api, &other.api)
        };
        let same = self.is_clean
            && same_sets
            && apis.len() == self.apis.len()
            && apis.iter().zip(&self.apis).all(same_api);
        same.then(|| Arc::clone(&self.paths))
    }

    /// What a request means.
    #[must_use]
    pub fn find<'t, 'r>(&'t self, request: &RouteRequest<'r>) -> Outcome<'t, 'r> {
        let look = match Look::at(request.path) {
            Ok(look) => look,
            Err(bad) => return Outcome::BadPath(bad),
        };
        let Some((index, rest)) = self.paths.find(request, look) else { return Outcome::NoApi };
        let Some(routed) = self.apis.get(index) else { return Outcome::NoApi };
        let api = ApiMatch { index, api: &routed.api, rest };
        match routed.operations.find(&routed.api, request, (rest, look.form)) {
            Some(found) => Outcome::Found(Match {
                api,
                index: found.index,
                names: found.names,
                values: found.values,
                form: look.form,
                in_path: found.in_path,
            }),
            None => Outcome::NoOperation(api),
        }
    }
}
