//! One folder for several environments and gateways: what is put over it, and what comes over that.

use serde_json::json;

use crate::harness::{Api, Authority, Backend, Folder, Gateway, Policy, Start, eventually, program};

const SETTING: &str = "configuration.override-file";

fn header(value: &str) -> Policy {
    Policy::inbound(&format!(
        r#"<set-header name="x-env" exists-action="override"><value>{value}</value></set-header>"#
    ))
}

/// An API whose policy says in which environment it runs, and where it goes in development.
fn folder(development: &Backend) -> Folder {
    Folder::new()
        .named_value("environment", "dev")
        .api(&Api::new("orders").to(&development.url()).policy(header("{{environment}}")))
}

fn overriding(url: &str, value: &str) -> String {
    format!(
        "apis:\n  - name: orders\n    properties: {{ serviceUrl: \"{url}\" }}\n\
         namedValues:\n  - name: environment\n    properties: {{ value: {value} }}\n"
    )
}

async fn environment(gateway: &Gateway, backend: &Backend) -> String {
    let answer = gateway.get("/orders/a").send().await;
    assert_eq!(answer.status, 200, "{}", gateway.said());
    backend.last().header("x-env").join(",")
}

/// Decision 6: the override file comes over the folder, and `secrets.toml` over the override file.
#[tokio::test]
async fn the_override_file_comes_over_the_folder_and_references_come_over_it() {
    let (development, production) = (Backend::start().await, Backend::start().await);
    let folder = folder(&development);
    std::fs::write(folder.beside("prod.yaml"), overriding(&production.url(), "prod")).expect("a file");
    let gateway = Start::new(folder).set(SETTING, "prod.yaml").start().await;
    assert_eq!(environment(&gateway, &production).await, "prod");
    assert!(development.seen().is_empty());

    std::fs::write(gateway.folder.beside("prod.yaml"), overriding(&production.url(), "blue"))
        .expect("a file");
    gateway.signal("HUP");
    eventually("the override file is read again", async || {
        (environment(&gateway, &production).await == "blue").then_some(())
    })
    .await;

    let folder = self::folder(&development).secret("environment", "by reference");
    std::fs::write(folder.beside("prod.yaml"), overriding(&production.url(), "prod")).expect("a file");
    let gateway = Start::new(folder).set(SETTING, "prod.yaml").start().await;
    assert_eq!(environment(&gateway, &production).await, "by reference");
}

/// Nobody is sent to the backend of another environment because the file that says so is wrong or gone.
#[tokio::test]
async fn without_its_override_file_an_api_is_not_served() {
    let development = Backend::start().await;
    for text in [
        None,
        Some("apis: ["),
        Some("apis:\n  - name: orders\n    properties: { description: \"{#token#}\" }\n"),
    ] {
        let folder = folder(&development);
        if let Some(text) = text {
            std::fs::write(folder.beside("prod.yaml"), text).expect("a file");
        }
        let gateway = Start::new(folder).set(SETTING, "prod.yaml").start().await;
        assert_eq!(gateway.get("/orders/a").send().await.status, 500, "{text:?}");
    }
    assert!(development.seen().is_empty());
}

#[tokio::test]
async fn a_gateway_serves_its_apis_only() {
    let backend = Backend::start().await;
    let folder = Folder::new()
        .api(&Api::new("ours").to(&backend.url()))
        .api(&Api::new("theirs").to(&backend.url()))
        .file(
            "gateways/west/gatewayInformation.json",
            r#"{"properties": {"locationData": {"name": "West"}}}"#,
        )
        .file("gateways/west/apis/ours/gatewayApiInformation.json", "{}");
    let artifacts = folder.artifacts();
    let check = |name: &str| program(&["check", artifacts.to_str().expect("UTF-8"), "--gateway", name], &[]);
    assert!(check("west").stdout.starts_with("1 API, "), "{}", check("west").stdout);
    assert_eq!(check("east").code, 1);
    let gateway = Start::new(folder).set("configuration.gateway", "west").start().await;
    assert_eq!(gateway.get("/ours/a").send().await.status, 200);
    assert_eq!(gateway.get("/theirs/a").send().await.status, 404);
}

/// An authority of the overlay is trusted where the folder has a backend, and nowhere else.
#[tokio::test]
async fn authorities_of_the_overlay_are_trusted_in_calls_to_backends() {
    let (authority, client) = (Authority::new(), "client");
    let backend = Backend::over_tls(authority.mutual()).await;
    let identity = authority.client();
    let entity = json!({
        "url": backend.url(),
        "protocol": "http",
        "credentials": { "certificateIds": [client] },
    });
    let folder = || {
        let chosen = Policy::inbound(r#"<set-backend-service backend-id="guarded" />"#);
        Folder::new()
            .certificate(client, &identity.pem, &identity.key_pem())
            .backend("guarded", &entity)
            .api(&Api::new("guarded").policy(chosen))
    };
    let gateway = Gateway::serving(folder()).await;
    assert_eq!(gateway.get("/guarded/a").send().await.status, 500);

    let trusting = folder();
    let root = trusting.beside("root.pem");
    std::fs::write(&root, &authority.pem).expect("a file");
    let line = format!("[certificate-authorities.own]\ncertificate = {{ file = {root:?} }}\n");
    let gateway = Gateway::serving(trusting.overlay(&line)).await;
    let answer = gateway.get("/guarded/a").send().await;
    assert_eq!((answer.status, answer.text()), (200, "echo"), "{}", gateway.said());
}
