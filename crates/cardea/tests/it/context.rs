//! Every member of `context`, as policies of the running gateway see it: one row of `cases/context.toml` each.

use http::Response;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::json;

use crate::harness::{Answer, Api, Authority, Backend, Call, Folder, Gateway, Policy, Product, Start, Wire};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

/// A row, whose file says what each member means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    member: String,
    value: String,
    #[serde(default)]
    call: Caller,
    #[serde(default)]
    at: Place,
    #[serde(default)]
    before: String,
    #[expect(dead_code, reason = "for readers")]
    source: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Caller {
    #[default]
    Key,
    None,
    Tls,
    Stranger,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Place {
    #[default]
    Inbound,
    Outbound,
    OnError,
}

/// Policies that only a call for the row runs.
fn only(row: usize, policies: &str) -> String {
    let condition = format!(r#"@(context.Request.Headers.GetValueOrDefault("x-row", "") == "{row}")"#);
    format!("<choose><when condition='{condition}'>{policies}</when></choose>")
}

fn policy(rows: &[Row]) -> Policy {
    let mut policy = Policy::default();
    for (number, row) in rows.iter().enumerate() {
        let shown = format!("<set-body>@({})</set-body>", row.member);
        let answer = format!("<return-response>{shown}</return-response>");
        policy = match row.at {
            Place::Inbound => policy.and_inbound(&only(number, &format!("{}{answer}", row.before))),
            Place::Outbound => {
                policy.and_inbound(&only(number, &row.before)).and_outbound(&only(number, &answer))
            }
            Place::OnError => {
                policy.and_inbound(&only(number, &row.before)).and_on_error(&only(number, &answer))
            }
        };
    }
    policy
}

fn folder(backend: &Backend, rows: &[Row]) -> Folder {
    let base = format!("{}/base", backend.url());
    let (authority, shown) = (Authority::new(), Authority::new().client());
    let folder = Folder::new()
        .overlay("[service]\nname = \"contoso\"\nid = \"contoso-id\"\nregion = \"West Europe\"\n")
        .overlay(
            "[users.jane]\nemail = \"jane@example.com\"\nfirst-name = \"Jane\"\nlast-name = \"Doe\"\nnote = \"VIP\"\n\
             registration-date = \"2024-01-02T03:04:05Z\"\ngroups = [\"developers\"]\n\
             identities = [{ provider = \"Aad\", id = \"jane-at-entra\" }]\n",
        )
        .version_set("stages", &json!({ "versioningScheme": "Segment" }))
        .api(
            &Api::new("shop")
                .with("displayName", json!("The shop"))
                .with("apiVersion", json!("v1"))
                .with("apiVersionSetId", json!("/apiVersionSets/stages"))
                .at("store")
                .with_key()
                .to(&base)
                .serving(&["POST /items/{id}"])
                .policy(policy(rows)),
        )
        .api(&Api::new("other").to(&base))
        .api(&Api::new("open").to(&base).policy(policy(rows)))
        .product(
            &Product::new("starter", &["shop", "other"])
                .with("displayName", json!("Starter"))
                .with("approvalRequired", json!(true))
                .with("subscriptionsLimit", json!(5)),
        )
        .file("products/starter/groups/developers/productGroupInformation.json", "{}")
        .subscription_with(
            "main",
            &json!({
                "displayName": "Main", "scope": "/products/starter", "ownerId": "/users/jane",
                "createdDate": "2024-05-01T10:00:00Z", "startDate": "2024-06-01T00:00:00Z",
            }),
            &[("primary", "main-1"), ("secondary", "main-2")],
        )
        .backend("single", &json!({ "url": base, "protocol": "http" }))
        .backend("both", &json!({ "type": "Pool", "pool": { "services": [{ "id": "/backends/single" }] } }))
        .certificate("client", &shown.pem, &shown.key_pem());
    std::fs::write(folder.beside("root.pem"), &authority.pem).expect("a file");
    folder
}

async fn backend() -> Backend {
    Backend::answering(|_| {
        let answer = Response::builder().status(202).header("x-backend", "yes");
        answer.body(Full::from("lamp")).expect("an answer")
    })
    .await
}

fn rows() -> Vec<Row> {
    let table: Table = toml::from_str(include_str!("../cases/context.toml")).expect("a table of rows");
    table.row
}

fn call(gateway: &Gateway, number: usize, row: &Row) -> Call {
    let call = if row.call == Caller::Key {
        gateway
            .call("POST", "/store/v1/items/7%2C8?a=1&b=2&a=3")
            .key("main-1")
            .header("host", "api.example:8443")
            .header("x-two", "one")
            .header("x-two", "two")
            .header("content-type", "application/json")
            .body(r#"{"item":{"name":"lamp"}}"#)
    } else {
        gateway.call("GET", "/open/x")
    };
    call.header("x-row", &number.to_string())
}

fn differs(row: &Row, answer: &Answer) -> Option<String> {
    let is_same = answer.status == 200 && answer.text() == row.value;
    (!is_same).then(|| {
        format!("{}\n  wanted {:?}\n  got    {} {:?}\n", row.member, row.value, answer.status, answer.text())
    })
}

#[tokio::test]
async fn every_member_of_context_says_what_the_documentation_says() {
    let (rows, backend) = (rows(), backend().await);
    let gateway = Gateway::serving(folder(&backend, &rows)).await;
    let mut wrong = String::new();
    for (number, row) in rows.iter().enumerate() {
        if matches!(row.call, Caller::Key | Caller::None) {
            let answer = call(&gateway, number, row).send().await;
            wrong.extend(differs(row, &answer));
        }
    }
    assert!(wrong.is_empty(), "{wrong}\n{}", gateway.said());
}

#[tokio::test]
async fn the_certificate_of_a_caller_is_what_its_authority_makes_it() {
    let (rows, backend) = (rows(), backend().await);
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = authority.server();
    let folder = folder(&backend, &rows);
    std::fs::write(folder.beside("gateway.pem"), &server.pem).expect("a file");
    std::fs::write(folder.beside("gateway.key"), server.key_pem()).expect("a file");
    let root = folder.beside("callers.pem");
    std::fs::write(&root, &authority.pem).expect("a file");
    let line = format!("[certificate-authorities.callers]\ncertificate = {{ file = {root:?} }}\n");
    let start = Start::new(folder.overlay(&line))
        .set("listen.tls.certificate", "gateway.pem")
        .set("listen.tls.key", "gateway.key")
        .set("listen.tls.request-client-certificate", "true");
    let gateway = start.start().await;
    let mut wrong = String::new();
    for (number, row) in rows.iter().enumerate() {
        let shown = match row.call {
            Caller::Tls => authority.client(),
            Caller::Stranger => stranger.client(),
            _ => continue,
        };
        let wire =
            Wire::MutualTls { root: authority.pem.clone(), chain: shown.pem.clone(), key: shown.key_pem() };
        let answer = call(&gateway, number, row).over(wire).send().await;
        wrong.extend(differs(row, &answer));
    }
    assert!(wrong.is_empty(), "{wrong}\n{}", gateway.said());
}
