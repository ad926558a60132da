//! Two workspaces and a service that have the same names for everything, and see nothing of each other.
//!
//! What is expected is what "Federated API management with workspaces" of Microsoft's documentation says: a workspace's
//! resources refer to those of the same workspace; its policies see no named value and no backend of the service; policies
//! run global, workspace, product, API.

use serde_json::json;

use crate::harness::{Answer, Backend, Folder, Gateway};

const PLACES: [(&str, &str); 3] = [("", "service"), ("workspaces/red/", "red"), ("workspaces/blue/", "blue")];

/// Everything has the same name everywhere; the API's path and all values tell the place.
fn place(folder: Folder, prefix: &str, name: &str, backend: &Backend) -> Folder {
    let file = |path: &str, text: &str| {
        folder.write(&format!("{prefix}{path}"), text);
    };
    let properties = |properties: serde_json::Value| json!({ "properties": properties }).to_string();
    file(
        "apis/chat/apiInformation.json",
        &properties(json!({ "displayName": "Chat", "path": format!("{name}-chat"), "protocols": ["http"] })),
    );
    file(
        "apis/chat/specification.json",
        r#"{"openapi":"3.0.1","info":{"title":"Chat","version":"1"},"paths":{"/x":{"get":{"responses":{"200":{"description":"OK"}}}}}}"#,
    );
    file(
        "apis/chat/policy.xml",
        r#"<policies><inbound><base /><include-fragment fragment-id="mark" /></inbound><on-error><base /><set-header name="x-scope"><value>@(context.LastError.Scope)</value></set-header></on-error></policies>"#,
    );
    file(
        "policy fragments/mark/policy.xml",
        &format!(
            r#"<fragment><set-header name="x-fragment"><value>{name} {{{{key}}}}</value></set-header><set-backend-service backend-id="model" /></fragment>"#
        ),
    );
    file(
        "named values/key/namedValueInformation.json",
        &properties(json!({ "displayName": "key", "value": format!("value-of-{name}") })),
    );
    file(
        "backends/model/backendInformation.json",
        &properties(json!({ "url": format!("{}/{name}-backend", backend.url()), "protocol": "http" })),
    );
    file(
        "products/starter/productInformation.json",
        &properties(json!({ "displayName": format!("Starter of {name}"), "state": "published" })),
    );
    file("products/starter/apis/chat/productApiInformation.json", "{}");
    file(
        "products/starter/policy.xml",
        r#"<policies><inbound><base /><set-header name="x-way" exists-action="append"><value>product</value></set-header></inbound></policies>"#,
    );
    for (id, scope) in [("starter", "/products/starter"), ("one", "/apis/chat"), ("all", "/apis")] {
        file(
            &format!("subscriptions/{id}/subscriptionInformation.json"),
            &properties(json!({ "displayName": id, "scope": scope, "primaryKey": format!("{name}-{id}") })),
        );
    }
    folder
}

fn folder(backend: &Backend) -> Folder {
    let folder =
        PLACES.iter().fold(Folder::new(), |folder, (prefix, name)| place(folder, prefix, name, backend));
    folder
        .policy(
            r#"<policies><inbound><set-header name="x-global"><value>{{key}}</value></set-header><set-header name="x-way" exists-action="append"><value>global</value></set-header></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>"#,
        )
        .file(
            "workspaces/red/policy.xml",
            r#"<policies><inbound><base /><set-header name="x-way" exists-action="append"><value>@("workspace " + context.Workspace.Id + " " + context.Workspace.Name)</value></set-header><choose><when condition="@(context.Request.Headers.ContainsKey(&quot;x-fail&quot;))"><set-variable name="n" value="@(int.Parse(&quot;x&quot;))" /></when></choose></inbound></policies>"#,
        )
        .file(
            "workspaces/red/workspaceInformation.json",
            r#"{"properties":{"displayName":"Red team"}}"#,
        )
}

async fn call(gateway: &Gateway, name: &str, key: &str) -> Answer {
    gateway.get(&format!("/{name}-chat/x")).key(key).send().await
}

#[tokio::test]
async fn workspaces_with_the_same_names_do_not_see_each_other() {
    let backend = Backend::start().await;
    let mut gateway = Gateway::serving(folder(&backend)).await;
    for (_, name) in PLACES {
        let answer = call(&gateway, name, &format!("{name}-starter")).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let seen = backend.last();
        assert_eq!(seen.target, format!("/{name}-backend/x"));
        assert_eq!(seen.header("x-fragment"), [format!("{name} value-of-{name}")]);
        // The service's policy sees the service's named value wherever it runs.
        assert_eq!(seen.header("x-global"), ["value-of-service"], "{name}");
        let way = match name {
            "red" => "global,workspace red Red team,product",
            _ => "global,product",
        };
        assert_eq!(seen.header("x-way"), [way], "{name}");
        let record = gateway.record().await;
        let workspace = if name == "service" { json!(null) } else { json!(name) };
        assert_eq!((&record["workspaceId"], &record["apiId"]), (&workspace, &json!("chat")), "{record}");
        let backend_id = if name == "service" { "model".to_owned() } else { format!("{name}/model") };
        assert_eq!(record["backendId"], backend_id, "{record}");
    }
    let metrics = gateway.metrics().await;
    for api in ["chat", "red/chat", "blue/chat"] {
        assert!(
            metrics.contains(&format!("cardea_api_state{{api=\"{api}\",state=\"serving\"}} 1")),
            "{metrics}"
        );
    }
}

#[tokio::test]
async fn a_key_of_one_workspace_opens_no_other() {
    let backend = Backend::start().await;
    let gateway = Gateway::serving(folder(&backend)).await;
    for (_, owner) in PLACES {
        for (_, target) in PLACES {
            for id in ["starter", "one", "all"] {
                let answer = call(&gateway, target, &format!("{owner}-{id}")).await;
                // "All APIs within an API Management instance": the service's key for all APIs is the only one that
                // reaches further than its own place.
                let is_open = owner == target || owner == "service" && id == "all";
                let expected = if is_open { 200 } else { 401 };
                assert_eq!(answer.status, expected, "the key `{id}` of {owner} on {target}");
            }
        }
    }
}

#[tokio::test]
async fn an_error_in_a_workspaces_policy_has_its_scope() {
    let backend = Backend::start().await;
    let gateway = Gateway::serving(folder(&backend)).await;
    let answer = gateway.get("/red-chat/x").key("red-starter").header("x-fail", "1").send().await;
    assert_eq!((answer.status, answer.header("x-scope")), (500, "workspace"));
}

#[tokio::test]
async fn what_is_wrong_in_one_workspace_stays_there() {
    let backend = Backend::start().await;
    let gateway = Gateway::serving(folder(&backend)).await;
    gateway
        .folder
        .write("workspaces/red/policy.xml", "<policies><inbound>{{of-nobody}}</inbound></policies>");
    gateway.folder.write(
        "workspaces/blue/named values/key/namedValueInformation.json",
        r#"{"properties":{"displayName":"key","value":"new"}}"#,
    );
    let reloaded = gateway.ask("POST", "/-/reload").await;
    assert_eq!(reloaded.status, 200, "{}", reloaded.text());
    // The last good version of red's API goes on; blue's new value is there.
    assert_eq!(call(&gateway, "red", "red-starter").await.status, 200);
    assert_eq!(backend.last().header("x-way"), ["global,workspace red Red team,product"]);
    assert_eq!(call(&gateway, "blue", "blue-starter").await.status, 200);
    assert_eq!(backend.last().header("x-fragment"), ["blue new"]);
    let config = gateway.ask("GET", "/-/config").await.json();
    let apis = config["apis"].as_array().unwrap().iter();
    let states: Vec<_> = apis.map(|api| (api["workspace"].clone(), api["state"].clone())).collect();
    let expected = [
        (json!(null), json!("serving")),
        (json!("blue"), json!("serving")),
        (json!("red"), json!("last-good")),
    ];
    assert_eq!(states, expected, "{config}");
}

#[tokio::test]
async fn a_self_hosted_gateway_serves_its_apis_and_no_workspace() {
    let backend = Backend::start().await;
    let folder = folder(&backend)
        .file("gateways/edge/gatewayInformation.json", r#"{"properties":{"description":"Edge"}}"#)
        .file("gateways/edge/apis/chat/gatewayApiInformation.json", "{}");
    let gateway = crate::harness::Start::new(folder).argument("--gateway").argument("edge").start().await;
    assert_eq!(call(&gateway, "service", "service-starter").await.status, 200);
    assert_eq!(call(&gateway, "red", "red-starter").await.status, 404);
    // A gateway that is not there any more does not take its APIs with it.
    std::fs::rename(gateway.folder.artifacts().join("gateways/edge"), gateway.folder.beside("edge")).unwrap();
    assert_eq!(gateway.ask("POST", "/-/reload").await.status, 422);
    assert_eq!(call(&gateway, "service", "service-starter").await.status, 200);
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_refused_with_a_proposal() {
    let folder = Folder::new().file("gateways/edge/gatewayInformation.json", r#"{"properties":{}}"#);
    let output = crate::harness::Start::new(folder).argument("--gateway").argument("egde").refused().await;
    let said = &output.stderr;
    assert!(said.contains("there is no gateway `egde`") && said.contains("did you mean `edge`?"), "{said}");
}
