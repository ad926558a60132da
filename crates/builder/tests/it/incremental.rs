//! Whatever is changed one after the other: what is read and compiled of the changes is what a fresh start makes of
//! the folder.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use artifacts::{Entry, FolderError, FolderSource, Library, MemoryFolder, Options, Stamp, load_after};
use builder::{Builder, Built, build};
use gateway::{ApiEntry, Snapshot};
use model::Configuration;
use proptest::prelude::*;
use source::{Diagnostics, render_all};

use crate::world::settings;

/// Files with stamps.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, String>);

impl Files {
    fn memory(&self) -> MemoryFolder {
        MemoryFolder::new(self.0.clone())
    }

    fn set(&mut self, path: String, text: impl Into<String>) {
        self.0.insert(path, text.into());
    }

    fn remove(&mut self, directory: &str) {
        self.0.retain(|path, _| !path.starts_with(&format!("{directory}/")));
    }
}

impl FolderSource for Files {
    fn list(&self, directory: &str) -> Result<Vec<Entry>, FolderError> {
        self.memory().list(directory)
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, FolderError> {
        Ok(self.0.get(file).map(|text| text.as_bytes().to_vec()))
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        let mut hash = DefaultHasher::new();
        let inside = |each: &str| each == path || path.is_empty() || each.starts_with(&format!("{path}/"));
        let found: Vec<_> = self.0.iter().filter(|(each, _)| inside(each)).collect();
        found.hash(&mut hash);
        (!found.is_empty()).then(|| Stamp::new(hash.finish().into()))
    }
}

/// One change to a folder. Numbers choose what is changed, and what it becomes.
#[derive(Clone, Debug)]
enum Edit {
    Api(u8),
    ApiPolicy(u8, u8),
    OperationPolicy(u8, u8),
    RemoveApi(u8),
    NamedValue(u8, u8),
    RemoveNamedValue(u8),
    Fragment(u8),
    Backend(u8),
    Product(u8, u8),
    ProductPolicy(u8, u8),
    RemoveProduct(u8),
    Global(u8),
    Subscription(u8, u8),
    RemoveSubscription(u8),
    Overlay(u8),
}

/// Statements of policies: good ones, such as depend on something else, and broken ones.
fn statement(kind: u8) -> String {
    match kind % 10 {
        0 => r#"<set-header name="x-one"><value>{{value-0}}</value></set-header>"#.to_owned(),
        1 => {
            r#"<set-variable name="two" value="@(&quot;{{value-1}}&quot; + context.Api.Name)" />"#.to_owned()
        }
        2 => r#"<include-fragment fragment-id="shared" />"#.to_owned(),
        3 => r#"<set-backend-service backend-id="main" />"#.to_owned(),
        4 => r#"<set-backend-service backend-id="@(context.Api.Id)" />"#.to_owned(),
        5 => r#"<set-variable name="six" value="@(1 +)" />"#.to_owned(),
        6 => r#"<no-such-policy />"#.to_owned(),
        7 => r#"<include-fragment fragment-id="sharet" />"#.to_owned(),
        8 => r#"<set-header name="x-nine"><value>@("nine")</value></set-header>"#.to_owned(),
        _ => format!(r#"<!-- {kind} --><set-variable name="ten" value="{kind}" />"#),
    }
}

fn document(kind: u8) -> String {
    format!("<policies><inbound><base />{}</inbound></policies>", statement(kind))
}

fn information(path: &str) -> String {
    format!(
        r#"{{"properties": {{"displayName": "{path}", "path": "{path}", "serviceUrl": "https://{path}.example"}}}}"#
    )
}

fn apply(files: &mut Files, edit: &Edit) {
    match *edit {
        Edit::Api(api) => {
            let path = format!("apis/api-{}", api % 6);
            // Some have the path of another one.
            files.set(format!("{path}/apiInformation.json"), information(&format!("p{}", api % 12)));
            let definition = "openapi: 3.0.1\npaths:\n  /a/{id}:\n    get: {operationId: read}\n    put: {operationId: write}\n";
            files.set(format!("{path}/specification.yaml"), definition);
        }
        Edit::ApiPolicy(api, kind) => files.set(format!("apis/api-{}/policy.xml", api % 6), document(kind)),
        Edit::OperationPolicy(api, kind) => {
            let operation = ["read", "write", "none"][usize::from(kind % 3)];
            files.set(format!("apis/api-{}/operations/{operation}/policy.xml", api % 6), document(kind));
        }
        Edit::RemoveApi(api) => files.remove(&format!("apis/api-{}", api % 6)),
        Edit::NamedValue(value, text) => files.set(
            format!("named values/value-{}/namedValueInformation.json", value % 3),
            format!(r#"{{"properties": {{"displayName": "value-{}", "value": "v{text}"}}}}"#, value % 3),
        ),
        Edit::RemoveNamedValue(value) => files.remove(&format!("named values/value-{}", value % 3)),
        Edit::Fragment(kind) => {
            files.set(
                "policy fragments/shared/policyFragmentInformation.json".to_owned(),
                r#"{"properties": {}}"#,
            );
            let text = format!(
                "<fragment>{}</fragment>",
                if kind % 7 == 0 { "<oops".to_owned() } else { statement(kind) }
            );
            files.set("policy fragments/shared/policy.xml".to_owned(), text);
        }
        Edit::Backend(kind) => files.set(
            "backends/main/backendInformation.json".to_owned(),
            format!(
                r#"{{"properties": {{"url": "https://{{{{value-{}}}}}.example", "protocol": "http"}}}}"#,
                kind % 4
            ),
        ),
        Edit::Product(product, api) => {
            let path = format!("products/product-{}", product % 3);
            let text = r#"{"properties": {"displayName": "P", "state": "published"}}"#;
            files.set(format!("{path}/productInformation.json"), text);
            files.set(format!("{path}/apis/api-{}/productApiInformation.json", api % 6), "{}");
        }
        Edit::ProductPolicy(product, kind) => {
            files.set(format!("products/product-{}/policy.xml", product % 3), document(kind));
        }
        Edit::RemoveProduct(product) => files.remove(&format!("products/product-{}", product % 3)),
        Edit::Global(kind) => files.set("policy.xml".to_owned(), document(kind)),
        Edit::Subscription(subscription, product) => files.set(
            format!("subscriptions/s{}/subscriptionInformation.json", subscription % 4),
            format!(
                r#"{{"properties": {{"displayName": "S", "scope": "/products/product-{}"}}}}"#,
                product % 4
            ),
        ),
        Edit::RemoveSubscription(subscription) => {
            files.remove(&format!("subscriptions/s{}", subscription % 4))
        }
        Edit::Overlay(kind) => files.set(
            "overlay.toml".to_owned(),
            format!("[apis.api-{}]\nforward-key = {}\n", kind % 7, kind % 2 == 0),
        ),
    }
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let n = any::<u8>;
    let one = prop_oneof![
        n().prop_map(Edit::Api),
        (n(), n()).prop_map(|(a, b)| Edit::ApiPolicy(a, b)),
        (n(), n()).prop_map(|(a, b)| Edit::OperationPolicy(a, b)),
        n().prop_map(Edit::RemoveApi),
        (n(), n()).prop_map(|(a, b)| Edit::NamedValue(a, b)),
        n().prop_map(Edit::RemoveNamedValue),
        n().prop_map(Edit::Fragment),
        n().prop_map(Edit::Backend),
        (n(), n()).prop_map(|(a, b)| Edit::Product(a, b)),
        (n(), n()).prop_map(|(a, b)| Edit::ProductPolicy(a, b)),
        n().prop_map(Edit::RemoveProduct),
        n().prop_map(Edit::Global),
        (n(), n()).prop_map(|(a, b)| Edit::Subscription(a, b)),
        n().prop_map(Edit::RemoveSubscription),
        n().prop_map(Edit::Overlay),
    ];
    proptest::collection::vec(one, 1..24)
}

/// All that can be seen of a build, as text.
fn seen(configuration: &Configuration, read: &Diagnostics, built: &Built) -> String {
    let Built { snapshot, problems, kept, refused, secrets, .. } = built;
    let problems = format!("{}\n{}", render_all(read), render_all(problems));
    format!("{problems}\n{kept:?} {refused:?} {secrets:?}\n{configuration:#?}\n{snapshot:#?}")
}

/// What goes on from one moment of the folder to the next.
#[derive(Default)]
struct Running {
    library: Library,
    builder: Builder,
    served: Option<Snapshot>,
}

impl Running {
    /// Reads and compiles what changed; gives what is seen of that, and what is seen of a fresh start that serves the
    /// same as before.
    fn next(&mut self, files: &Files) -> (String, String) {
        let (configuration, read, fresh_library) = load_after(Library::default(), files, &Options::default());
        drop(fresh_library);
        let fresh = build(&configuration, &read, self.served.as_ref(), &settings());
        let fresh = seen(&configuration, &read, &fresh);
        let (configuration, read, library) = load_after(self.library.clone(), files, &Options::default());
        let built = self.builder.build(&configuration, &read, self.served.as_ref(), &settings());
        let changed = seen(&configuration, &read, &built);
        self.library = library;
        self.served = Some(built.snapshot);
        (changed, fresh)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_edits_gives_what_a_fresh_start_gives(edits in edits()) {
        let mut files = Files::default();
        for api in 0..4 {
            apply(&mut files, &Edit::Api(api));
            apply(&mut files, &Edit::Product(api, api));
            // The first four kinds ask for two named values, the fragment and the backend.
            apply(&mut files, &Edit::ApiPolicy(api, api));
        }
        apply(&mut files, &Edit::NamedValue(0, 0));
        apply(&mut files, &Edit::NamedValue(1, 0));
        apply(&mut files, &Edit::Fragment(8));
        apply(&mut files, &Edit::Backend(0));
        let mut running = Running::default();
        for edit in std::iter::once(None).chain(edits.iter().map(Some)) {
            if let Some(edit) = edit {
                apply(&mut files, edit);
            }
            let (changed, fresh) = running.next(&files);
            if changed != fresh {
                let line = changed.lines().zip(fresh.lines()).find(|(one, other)| one != other);
                prop_assert!(false, "after {edit:?}: {line:?}");
            }
        }
    }
}

/// Many APIs in one product, each with a policy of its own; every tenth uses a named value.
fn many(apis: usize) -> Files {
    let mut files = Files::default();
    for number in 0..apis {
        let path = format!("apis/many-{number}");
        files.set(format!("{path}/apiInformation.json"), information(&format!("many/{number}")));
        let definition = "openapi: 3.0.1\npaths:\n  /a/{id}:\n    get: {operationId: read}\n";
        files.set(format!("{path}/specification.yaml"), definition);
        files.set(format!("{path}/policy.xml"), own_document(number, 0));
        files.set(format!("products/all/apis/many-{number}/productApiInformation.json"), "{}");
    }
    let product = r#"{"properties": {"displayName": "P", "state": "published"}}"#;
    files.set("products/all/productInformation.json".to_owned(), product);
    apply(&mut files, &Edit::NamedValue(0, 0));
    files
}

fn own_document(number: usize, edition: usize) -> String {
    let value = if number.is_multiple_of(10) { "{{value-0}}" } else { "none" };
    format!(
        r#"<policies><inbound><base /><set-variable name="own" value="@(&quot;{value}-{number}-{edition}&quot; + context.Api.Id)" /></inbound></policies>"#
    )
}

/// The names of the APIs whose entries are not the very same in both.
fn made_anew(before: &[Arc<ApiEntry>], now: &[Arc<ApiEntry>]) -> Vec<String> {
    let changed = before.iter().zip(now).filter(|(before, now)| !Arc::ptr_eq(before, now));
    changed.map(|(_, now)| now.api.id.to_string()).collect()
}

#[test]
fn of_many_apis_only_those_are_compiled_again_that_a_change_concerns() {
    let mut files = many(200);
    let mut running = Running::default();
    let mut change = |files: &Files| {
        let before = running.served.as_ref().map(|served| served.apis.clone()).unwrap_or_default();
        let (changed, fresh) = running.next(files);
        assert!(changed == fresh);
        made_anew(&before, &running.served.as_ref().unwrap().apis)
    };
    change(&files);
    assert!(change(&files).is_empty());
    files.set("apis/many-77/policy.xml".to_owned(), own_document(77, 1));
    assert_eq!(change(&files), ["many-77"]);
    apply(&mut files, &Edit::NamedValue(0, 1));
    let using = change(&files);
    assert!(using.len() == 20 && using.iter().all(|name| name.ends_with('0')), "{using:?}");
    apply(&mut files, &Edit::NamedValue(1, 0));
    assert!(change(&files).is_empty());
    apply(&mut files, &Edit::Global(9));
    assert_eq!(change(&files).len(), 200);
}

#[test]
fn a_change_in_one_workspace_compiles_nothing_of_another() {
    let mut files = Files::default();
    let value = |text: &str| format!(r#"{{"properties": {{"displayName": "key", "value": "{text}"}}}}"#);
    for place in ["", "workspaces/red/", "workspaces/blue/"] {
        let path = format!("{place}apis/same");
        files.set(format!("{path}/apiInformation.json"), information(&format!("{place}same")));
        let definition = "openapi: 3.0.1\npaths:\n  /a:\n    get: {operationId: read}\n";
        files.set(format!("{path}/specification.yaml"), definition);
        let policy =
            r#"<policies><inbound><base /><set-variable name="own" value="{{key}}" /></inbound></policies>"#;
        files.set(format!("{path}/policy.xml"), policy);
        files.set(format!("{place}named values/key/namedValueInformation.json"), value("before"));
    }
    let mut running = Running::default();
    let mut change = |files: &Files| {
        let before = running.served.as_ref().map(|served| served.apis.clone()).unwrap_or_default();
        let (changed, fresh) = running.next(files);
        assert!(changed == fresh);
        let now = &running.served.as_ref().unwrap().apis;
        let anew = before.iter().zip(now).filter(|(before, now)| !Arc::ptr_eq(before, now));
        anew.map(|(_, now)| now.api.qualified_name()).collect::<Vec<_>>()
    };
    change(&files);
    files.set("workspaces/red/named values/key/namedValueInformation.json".to_owned(), value("after"));
    assert_eq!(change(&files), ["red/same"]);
    files.set("named values/key/namedValueInformation.json".to_owned(), value("after"));
    assert_eq!(change(&files), ["same"]);
    files.set("workspaces/blue/policy.xml".to_owned(), "<policies><inbound><base /></inbound></policies>");
    assert_eq!(change(&files), ["blue/same"]);
}
