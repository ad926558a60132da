//! Routes, row by row of `routing.toml`.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method};
use model::routing::{Outcome, RouteRequest, RouteTable};
use model::{
    Api, ApiId, ApiPath, ApiVersion, Collection, DisplayName, HeaderText, Operation, OperationId,
    UrlTemplate, VersionSet, VersionSetId, VersioningScheme, WorkspaceId,
};
use serde::Deserialize;
use source::{Diagnostics, render_all};

#[derive(Deserialize)]
struct Table {
    world: Vec<World>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct World {
    name: String,
    scheme: Option<String>,
    api: Vec<TestApi>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestApi {
    id: String,
    path: String,
    #[serde(default)]
    set: bool,
    version: Option<String>,
    #[serde(default = "yes")]
    online: bool,
    operations: Vec<String>,
    /// Requests stand after the last API of a world.
    #[serde(default)]
    requests: Vec<TestRequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct TestRequest {
    send: String,
    version_header: Option<String>,
    expect: String,
    source: String,
}

fn yes() -> bool {
    true
}

pub(crate) fn api(id: &str, path: &str, operations: &[impl AsRef<str>]) -> Api {
    let mut api =
        Api::new(ApiId::new(id).unwrap(), DisplayName::new(id).unwrap(), ApiPath::new(path).unwrap());
    for (index, text) in operations.iter().enumerate() {
        let (method, template) = text.as_ref().split_once(' ').unwrap();
        let id = OperationId::new(&format!("op-{index}")).unwrap();
        let name = DisplayName::new(text.as_ref()).unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        api.operations.push(Operation::new(id, name, method, UrlTemplate::new(template).unwrap()));
    }
    api
}

fn set_id() -> VersionSetId {
    VersionSetId::new("set").unwrap()
}

fn built(api: &TestApi) -> Arc<Api> {
    let mut built = self::api(&api.id, &api.path, &api.operations);
    built.is_online = api.online;
    if api.set {
        built.version = Some(ApiVersion { set: set_id(), name: api.version.as_deref().map(Arc::from) });
    }
    Arc::new(built)
}

fn sets(scheme: Option<&str>) -> Collection<VersionSet> {
    let mut sets = Collection::new();
    let scheme = match scheme {
        None => return sets,
        Some("segment") => VersioningScheme::Segment,
        Some("query") => VersioningScheme::Query("api-version".into()),
        Some("header") => VersioningScheme::Header(HeaderText::new("X-Version").unwrap()),
        Some(other) => panic!("{other}"),
    };
    let display_name = DisplayName::new("set").unwrap();
    sets.insert(VersionSet {
        id: set_id(),
        display_name,
        description: None,
        scheme,
        rest: None,
        origin: None,
    })
    .unwrap();
    sets
}

pub(crate) fn shown(outcome: &Outcome<'_, '_>) -> String {
    match outcome {
        Outcome::NoApi => "no api".to_owned(),
        Outcome::BadPath(_) => "bad path".to_owned(),
        Outcome::NoOperation(api) => format!("{}: no operation", api.api.id),
        Outcome::Found(found) => {
            let parameters: Vec<String> =
                found.parameters().map(|each| format!("{}={}", each.name, each.value())).collect();
            let parameters = match parameters.as_slice() {
                [] => " ".to_owned(),
                some => format!(" {} ", some.join(" ")),
            };
            let operation = found.operation().unwrap();
            format!(
                "{}: {} {} |{parameters}| {}",
                found.api.api.id, operation.method, operation.url_template, found.api.rest
            )
        }
    }
}

fn check(table: &RouteTable, world: &str, request: &TestRequest) {
    let (method, target) = request.send.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let mut headers = HeaderMap::new();
    if let Some(value) = &request.version_header {
        headers.insert(HeaderName::from_static("x-version"), value.parse().unwrap());
    }
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let found = table.find(&RouteRequest { method: &method, path, query, headers: &headers });
    assert_eq!(shown(&found), request.expect, "{world}: {} ({})", request.send, request.source);
}

#[test]
fn requests_find_their_operations() {
    let table: Table = toml::from_str(include_str!("routing.toml")).unwrap();
    for world in &table.world {
        let apis: Vec<Arc<Api>> = world.api.iter().map(built).collect();
        let (table, problems) = RouteTable::new(&apis, &sets(world.scheme.as_deref()));
        assert!(problems.is_empty(), "{}: {}", world.name, render_all(&problems));
        for request in world.api.iter().flat_map(|api| &api.requests) {
            check(&table, &world.name, request);
        }
    }
}

fn problems_of(apis: &[Api], scheme: Option<&str>) -> Vec<&'static str> {
    let apis: Vec<Arc<Api>> = apis.iter().cloned().map(Arc::new).collect();
    let (_, problems): (_, Diagnostics) = RouteTable::new(&apis, &sets(scheme));
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn what_cannot_be_told_apart_is_refused() {
    let none: [&str; 0] = [];
    let versioned = |id: &str, version: Option<&str>| {
        let mut api = api(id, "p", &none);
        api.version = Some(ApiVersion { set: set_id(), name: version.map(Arc::from) });
        api
    };
    // "Operation with the same method and URL template already exists" (API Management's own refusal).
    assert_eq!(problems_of(&[api("a", "a", &["GET /{x}", "GET /{y}"])], None), ["operation-taken"]);
    assert_eq!(problems_of(&[api("a", "a", &["GET /x?k=1", "GET /X?K=1"])], None), ["operation-taken"]);
    assert_eq!(problems_of(&[api("a", "a", &["GET /x", "POST /x", "GET /x?k=1"])], None), [""; 0]);
    // Paths are unique but for members of one version set.
    assert_eq!(problems_of(&[api("a", "p", &none), api("b", "P/", &none)], None), ["api-path-taken"]);
    assert_eq!(
        problems_of(&[api("a", "p", &none), versioned("b", Some("v1"))], Some("segment")),
        ["api-path-taken"]
    );
    let two = [versioned("a", Some("v1")), versioned("b", Some("V1"))];
    assert_eq!(problems_of(&two, Some("segment")), ["api-path-taken"]);
    assert_eq!(problems_of(&[versioned("a", None), versioned("b", Some("v1"))], Some("segment")), [""; 0]);
    assert_eq!(problems_of(&[versioned("a", None)], None), ["unknown-version-set"]);
}

#[test]
fn workspaces_share_paths_with_the_service_and_not_names() {
    let in_team = |mut api: Api| {
        api.workspace = Some(WorkspaceId::new("team").unwrap());
        Arc::new(api)
    };
    let none: [&str; 0] = [];
    // One name, two paths: two APIs.
    let apis = [Arc::new(api("a", "p", &["GET /x"])), in_team(api("a", "q", &["GET /x"]))];
    let (table, problems) = RouteTable::new(&apis, &Collection::new());
    assert!(problems.is_empty(), "{}", render_all(&problems));
    let headers = HeaderMap::new();
    let request = RouteRequest { method: &Method::GET, path: "/q/x", query: None, headers: &headers };
    let Outcome::Found(found) = table.find(&request) else { panic!("not found") };
    assert_eq!(found.api.api.qualified_name(), "team/a");
    // One path, whatever the names: "unique in the instance" (page on importing APIs). Also one version set's name in two places.
    let (_, problems) =
        RouteTable::new(&[Arc::new(api("a", "p", &none)), in_team(api("a", "p", &none))], &Collection::new());
    assert_eq!(
        problems.iter().map(|each| each.message.as_str()).collect::<Vec<_>>(),
        ["the API `team/a` has the path `p`, which the API `a` has already"]
    );
    let versioned = |id: &str, version: &str| {
        let mut api = api(id, "p", &none);
        api.version = Some(ApiVersion { set: set_id(), name: Some(version.into()) });
        api
    };
    let apis = [Arc::new(versioned("a", "v1")), in_team(versioned("b", "v2"))];
    let (_, problems) = RouteTable::new(&apis, &sets(Some("segment")));
    assert_eq!(problems.iter().map(|each| each.code).collect::<Vec<_>>(), ["api-path-taken"]);
}

/// Nodes with many literals are searched in another way than those with few.
#[test]
fn every_one_of_many_literals_is_found() {
    for count in [1, 15, 16, 17, 200] {
        let mut wide = Api::new(
            ApiId::new("wide").unwrap(),
            DisplayName::new("Wide").unwrap(),
            ApiPath::new("wide").unwrap(),
        );
        for at in 0..count {
            let template = UrlTemplate::new(&format!("/Thing{}/{{id}}", at * 7919 % 1000)).unwrap();
            let id = OperationId::new(&format!("op-{at}")).unwrap();
            wide.operations.push(Operation::new(id, DisplayName::new("x").unwrap(), Method::GET, template));
        }
        let (table, problems) = RouteTable::new([&Arc::new(wide)], &Collection::new());
        assert!(problems.is_empty());
        let headers = HeaderMap::new();
        let find = |path: &str| {
            let request = RouteRequest { method: &Method::GET, path, query: None, headers: &headers };
            match table.find(&request) {
                Outcome::Found(found) => Some((found.index, found.parameters().next().unwrap().raw.len())),
                _ => None,
            }
        };
        for at in 0..count {
            let number = at * 7919 % 1000;
            assert_eq!(find(&format!("/wide/thing{number}/42")), Some((at, 2)), "{number} of {count}");
            assert_eq!(find(&format!("/wide/%74HING{number}/42")), Some((at, 2)), "{number} of {count}");
            assert_eq!(find(&format!("/wide/thing{number}x/42")), None);
        }
    }
}
