//! What goes on when a part of the configuration breaks: the last good version of each API that it reaches.

use serde_json::{Value, json};

use crate::harness::{Api, Backend, Folder, Gateway, Policy};

const BROKEN: &str = "<policies><inbound><base /><no-such-policy /></inbound></policies>";
const BROKEN_FRAGMENT: &str = "<fragment><no-such-policy /></fragment>";

fn set(name: &str, value: &str) -> String {
    format!(r#"<set-header name="{name}" exists-action="override"><value>{value}</value></set-header>"#)
}

fn marked(backend: &Backend, name: &str, mark: &str) -> Api {
    Api::new(name).to(&backend.url()).policy(Policy::inbound(&set("x-mark", mark)))
}

async fn state(gateway: &Gateway, api: &str) -> Value {
    let config = gateway.ask("GET", "/-/config").await.json();
    let apis = config["apis"].as_array().cloned().unwrap_or_default();
    apis.into_iter().find(|each| each["id"] == api).map_or(Value::Null, |each| each["state"].clone())
}

async fn reload(gateway: &Gateway) {
    let reloaded = gateway.ask("POST", "/-/reload").await;
    assert_eq!(reloaded.status, 200, "{}", reloaded.text());
}

async fn sent(gateway: &Gateway, backend: &Backend, api: &str, header: &str) -> String {
    let answer = gateway.get(&format!("/{api}")).send().await;
    assert_eq!(answer.status, 200, "{api}: {}", answer.text());
    backend.last().header(header).join(",")
}

/// A broken policy of the service stops what each API does from changing, whatever else is right in it.
#[tokio::test]
async fn a_broken_policy_of_the_service_keeps_every_api_as_it_was() {
    let backend = Backend::start().await;
    let of_service = |value: &str| {
        let own = set("x-service", value);
        format!("<policies><inbound>{own}</inbound><backend><forward-request /></backend></policies>")
    };
    let folder = Folder::new().policy(&of_service("1")).api(&marked(&backend, "one", "1"));
    let gateway = Gateway::serving(folder).await;
    gateway.folder.put(&marked(&backend, "one", "2"));
    gateway.folder.put(&marked(&backend, "new", "1"));
    gateway.folder.write("policy.xml", "<policies><inbound><no-such-policy /></inbound></policies>");
    reload(&gateway).await;
    assert_eq!(sent(&gateway, &backend, "one", "x-mark").await, "1");
    assert_eq!(sent(&gateway, &backend, "one", "x-service").await, "1");
    assert_eq!(state(&gateway, "one").await, "last-good");
    // One that was never good is not served without the service's policy.
    assert_eq!(gateway.get("/new").send().await.status, 500);
    assert_eq!(state(&gateway, "new").await, "refused");
    // Where nothing matches, nothing is forwarded either.
    assert_eq!(gateway.get("/none").send().await.status, 404);
    gateway.folder.write("policy.xml", &of_service("2"));
    reload(&gateway).await;
    assert_eq!(sent(&gateway, &backend, "one", "x-mark").await, "2");
    assert_eq!(sent(&gateway, &backend, "one", "x-service").await, "2");
    assert_eq!(sent(&gateway, &backend, "new", "x-mark").await, "1");
}

#[tokio::test]
async fn a_broken_fragment_keeps_the_apis_that_include_it_and_no_others() {
    let backend = Backend::start().await;
    let including = Policy::inbound(r#"<include-fragment fragment-id="shared" />"#);
    let fragment = |mark: &str| format!("<fragment>{}</fragment>", set("x-mark", mark));
    let folder = Folder::new()
        .api(&Api::new("including").to(&backend.url()).policy(including))
        .api(&marked(&backend, "alone", "1"))
        .file("policy fragments/shared/policyFragmentInformation.json", r#"{ "properties": {} }"#)
        .file("policy fragments/shared/policy.xml", &fragment("1"));
    let gateway = Gateway::serving(folder).await;
    assert_eq!(sent(&gateway, &backend, "including", "x-mark").await, "1");
    gateway.folder.put(&marked(&backend, "alone", "2"));
    for broken in [BROKEN_FRAGMENT, ""] {
        gateway.folder.write("policy fragments/shared/policy.xml", broken);
        reload(&gateway).await;
        assert_eq!(sent(&gateway, &backend, "including", "x-mark").await, "1", "{broken}");
        assert_eq!(state(&gateway, "including").await, "last-good", "{broken}");
        assert_eq!(sent(&gateway, &backend, "alone", "x-mark").await, "2");
    }
    gateway.folder.write("policy fragments/shared/policy.xml", &fragment("2"));
    reload(&gateway).await;
    assert_eq!(sent(&gateway, &backend, "including", "x-mark").await, "2");
}

/// What was taken away on purpose has no last good version: it does not come back when it is made again and broken.
#[tokio::test]
async fn an_api_that_was_taken_away_is_forgotten() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, "one", "1")).api(&marked(&backend, "two", "1"));
    let gateway = Gateway::serving(folder).await;
    std::fs::remove_dir_all(gateway.folder.artifacts().join("apis/one")).expect("the API");
    reload(&gateway).await;
    assert_eq!(gateway.get("/one").send().await.status, 404);
    gateway.folder.put(&marked(&backend, "one", "2").policy(BROKEN));
    reload(&gateway).await;
    assert_eq!(gateway.get("/one").send().await.status, 500);
    assert_eq!(state(&gateway, "one").await, "refused");
    gateway.folder.put(&marked(&backend, "one", "3"));
    reload(&gateway).await;
    assert_eq!(sent(&gateway, &backend, "one", "x-mark").await, "3");
}

/// A renamed API is another one; at the same path it takes the place of the one before, good or not.
#[tokio::test]
async fn a_renamed_api_is_another_one() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, "old", "1").at("one")).api(&marked(&backend, "x", "1"));
    let gateway = Gateway::serving(folder).await;
    let apis = gateway.folder.artifacts().join("apis");
    std::fs::rename(apis.join("old"), apis.join("new")).expect("renamed");
    gateway.folder.write("apis/new/policy.xml", BROKEN);
    reload(&gateway).await;
    assert_eq!(gateway.get("/one").send().await.status, 500);
    assert_eq!((state(&gateway, "old").await, state(&gateway, "new").await), (Value::Null, json!("refused")));
    gateway.folder.put(&marked(&backend, "new", "2").at("one"));
    reload(&gateway).await;
    assert_eq!(sent(&gateway, &backend, "one", "x-mark").await, "2");
}

/// From one bad version to the next, and back to the good one.
#[tokio::test]
async fn the_last_good_version_outlives_any_number_of_bad_ones() {
    let backend = Backend::start().await;
    let gateway = Gateway::serving(Folder::new().api(&marked(&backend, "one", "1"))).await;
    for broken in [BROKEN, "", "<policies><inbound>", "<policies>{#forgotten#}</policies>"] {
        gateway.folder.write("apis/one/policy.xml", broken);
        reload(&gateway).await;
        assert_eq!(sent(&gateway, &backend, "one", "x-mark").await, "1", "{broken}");
        assert_eq!(state(&gateway, "one").await, "last-good", "{broken}");
    }
    gateway.folder.put(&marked(&backend, "one", "1"));
    reload(&gateway).await;
    assert_eq!(state(&gateway, "one").await, "serving");
}
