//! A folder with mistakes, served: what is right is served, what is not is refused, and what was right before goes on.

use serde_json::{Value, json};

use crate::harness::{Api, Backend, Folder, Gateway, Policy, Product, Start, eventually};

const BROKEN: &str = "<policies><inbound><base /><no-such-policy /></inbound></policies>";

fn marked(backend: &Backend, name: &str, mark: &str) -> Api {
    let header =
        format!(r#"<set-header name="x-mark" exists-action="override"><value>{mark}</value></set-header>"#);
    Api::new(name).to(&backend.url()).policy(Policy::inbound(&header))
}

/// The state of an API, as the admin listener tells it.
async fn state(gateway: &Gateway, api: &str) -> Value {
    let config = gateway.ask("GET", "/-/config").await.json();
    let apis = config["apis"].as_array().cloned().unwrap_or_default();
    apis.into_iter().find(|each| each["id"] == api).map_or(Value::Null, |each| each["state"].clone())
}

async fn mark(gateway: &Gateway, backend: &Backend, api: &str) -> String {
    let answer = gateway.get(&format!("/{api}")).send().await;
    assert_eq!(answer.status, 200, "{api}: {}", answer.text());
    backend.last().header("x-mark").join(",")
}

#[tokio::test]
async fn a_broken_api_is_refused_and_the_others_are_served() {
    let backend = Backend::start().await;
    let folder = Folder::new()
        .api(&marked(&backend, "good", "1"))
        .api(&Api::new("broken").to(&backend.url()).policy(BROKEN));
    let mut gateway = Gateway::serving(folder).await;
    assert_eq!(mark(&gateway, &backend, "good").await, "1");
    gateway.record().await;
    let answer = gateway.get("/broken").send().await;
    let record = gateway.record().await;
    let id = record["correlationId"].as_str().expect("an id");
    let body =
        format!(r#"{{ "statusCode": 500, "message": "Internal server error", "activityId": "{id}" }}"#);
    assert_eq!((answer.status, answer.text()), (500, body.as_str()));
    assert_eq!(record["lastError"]["reason"], "ConfigurationInvalid", "{record}");
    assert_eq!(backend.seen().len(), 1, "it is never forwarded without its policy");
    assert_eq!(
        (state(&gateway, "good").await, state(&gateway, "broken").await),
        (json!("serving"), json!("refused"))
    );
    assert!(gateway.metrics().await.contains(r#"cardea_api_state{api="broken",state="refused"} 1"#));
    eventually("the log names it", async || gateway.said().contains("no-such-policy").then_some(())).await;
}

#[tokio::test]
async fn broken_documents_count_for_every_api_that_they_reach() {
    let backend = Backend::start().await;
    let including = Policy::inbound(r#"<include-fragment fragment-id="shared" />"#);
    let folder = Folder::new()
        .api(&marked(&backend, "alone", "1"))
        .api(&marked(&backend, "in-product", "1").with_key())
        .api(&Api::new("including").to(&backend.url()).policy(including))
        .product(&Product::new("starter", &["in-product"]).policy(BROKEN))
        .file("policy fragments/shared/policy.xml", "<fragment><no-such-policy /></fragment>")
        .subscription("a", "/apis/in-product", "k-1");
    let gateway = Gateway::serving(folder).await;
    assert_eq!(gateway.get("/alone").send().await.status, 200);
    assert_eq!(gateway.get("/in-product").key("k-1").send().await.status, 500);
    assert_eq!(gateway.get("/including").send().await.status, 500);
    // A policy of the service reaches all of them.
    gateway.folder.write("policy.xml", BROKEN);
    let gateway = gateway.restarted().await;
    for api in ["/alone", "/including"] {
        assert_eq!(gateway.get(api).send().await.status, 500, "{api}");
    }
}

#[tokio::test]
async fn strict_refuses_to_start() {
    let folder = Folder::new().api(&Api::new("good")).api(&Api::new("broken").policy(BROKEN));
    let output = Start::new(folder).argument("--strict").refused().await;
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.contains("--> apis/broken/policy.xml:1:29"), "{output:?}");
    assert!(output.stderr.contains("`strict` is set"), "{output:?}");
    assert!(!output.stderr.contains("listening"), "{output:?}");
}

#[tokio::test]
async fn a_reload_takes_what_is_right_and_keeps_the_last_good_version_of_the_rest() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, "one", "1")).api(&marked(&backend, "two", "1"));
    let gateway = Gateway::serving(folder).await;
    gateway.folder.put(&marked(&backend, "one", "2"));
    gateway.folder.write("apis/two/policy.xml", BROKEN);
    gateway.folder.put(&marked(&backend, "three", "1"));
    let reloaded = gateway.ask("POST", "/-/reload").await;
    assert_eq!((reloaded.status, &reloaded.json()["accepted"]), (200, &json!(true)), "{}", reloaded.text());
    assert!(reloaded.text().contains("no-such-policy"), "{}", reloaded.text());
    for (api, expected) in [("one", "2"), ("two", "1"), ("three", "1")] {
        assert_eq!(mark(&gateway, &backend, api).await, expected, "{api}");
    }
    assert_eq!(state(&gateway, "two").await, "last-good");
    let problems = gateway.ask("GET", "/-/config/problems").await.json();
    assert_eq!(problems[0]["file"], "apis/two/policy.xml", "{problems}");

    // Put right, and one taken away; this time by signal.
    gateway.folder.put(&marked(&backend, "two", "3"));
    std::fs::remove_dir_all(gateway.folder.artifacts().join("apis/three")).expect("the API");
    gateway.signal("HUP");
    eventually("the new version", async || (mark(&gateway, &backend, "two").await == "3").then_some(()))
        .await;
    assert_eq!(gateway.get("/three").send().await.status, 404);
    assert_eq!(gateway.ask("GET", "/-/config/problems").await.text(), "[]");
    let metrics = gateway.metrics().await;
    assert!(metrics.contains("cardea_configuration_generation 3"), "{metrics}");
}

/// Also where the API's own description can no longer be read.
#[tokio::test]
async fn an_api_whose_description_breaks_keeps_its_last_good_version() {
    let backend = Backend::start().await;
    let gateway = Gateway::serving(Folder::new().api(&marked(&backend, "one", "1"))).await;
    for file in ["apis/one/apiInformation.json", "apis/one/specification.json"] {
        let path = gateway.folder.artifacts().join(file);
        let good = std::fs::read_to_string(&path).expect("a file");
        gateway.folder.write(file, "{ \"properties\": ");
        let reloaded = gateway.ask("POST", "/-/reload").await;
        assert!(reloaded.text().contains(file), "{}", reloaded.text());
        assert_eq!(mark(&gateway, &backend, "one").await, "1", "{file}");
        gateway.folder.write(file, &good);
    }
}

#[tokio::test]
async fn strict_refuses_a_reload_as_a_whole() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, "one", "1")).api(&marked(&backend, "two", "1"));
    let gateway = Start::new(folder).set("strict", "true").start().await;
    gateway.folder.put(&marked(&backend, "one", "2"));
    gateway.folder.write("apis/two/policy.xml", BROKEN);
    let reloaded = gateway.ask("POST", "/-/reload").await;
    assert_eq!((reloaded.status, &reloaded.json()["accepted"]), (422, &json!(false)), "{}", reloaded.text());
    assert_eq!(mark(&gateway, &backend, "one").await, "1");
    assert_eq!(mark(&gateway, &backend, "two").await, "1");
    assert!(gateway.ask("GET", "/-/config/problems").await.text().contains("no-such-policy"));
    assert_eq!(gateway.ask("GET", "/-/config").await.json()["generation"], 1);
}

/// A file that cannot be read is not a file that says nothing: nobody is forwarded without the policy that it holds.
#[tokio::test]
async fn a_policy_that_cannot_be_read_is_not_left_out() {
    let backend = Backend::start().await;
    let token =
        r#"<set-header name="x-mark" exists-action="override"><value>{#forgotten#}</value></set-header>"#;
    let operation = Api::new("no-such-operation").to(&backend.url());
    let folder = Folder::new()
        .api(&marked(&backend, "not-text", "1"))
        .api(&marked(&backend, "token", "1").policy(Policy::inbound(token)))
        .api(&operation.operation_policy("renamed", Policy::inbound("<set-method>GET</set-method>")))
        .api(&Api::new("in-product").with_key().to(&backend.url()))
        .api(&marked(&backend, "good", "1"))
        .product(&Product::new("starter", &["in-product"]).policy("x"))
        .subscription("a", "/apis/in-product", "k-1");
    let not_text = [0xff, 0xfe, b'<'];
    for file in ["apis/not-text/policy.xml", "products/starter/policy.xml"] {
        std::fs::write(folder.artifacts().join(file), not_text).expect("a file");
    }
    let gateway = Gateway::serving(folder).await;
    for api in ["/not-text", "/token", "/no-such-operation", "/in-product"] {
        assert_eq!(gateway.get(api).key("k-1").send().await.status, 500, "{api}");
    }
    assert!(backend.seen().is_empty());
    assert_eq!(mark(&gateway, &backend, "good").await, "1");
    // The policy of the service reaches everybody.
    std::fs::write(gateway.folder.artifacts().join("policy.xml"), not_text).expect("a file");
    let reloaded = gateway.ask("POST", "/-/reload").await;
    assert!(reloaded.text().contains("not-text"), "{}", reloaded.text());
    assert_eq!(state(&gateway, "good").await, "last-good");
    let gateway = gateway.restarted().await;
    assert_eq!(gateway.get("/good").send().await.status, 500);
}
