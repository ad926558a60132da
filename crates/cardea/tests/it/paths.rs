//! What a path means: APIs, versions, revisions, operations; and that the backend gets the bytes that the caller sent.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::cases::cases;
use crate::harness::{Api, Backend, Folder, Gateway, raw};

/// A row of `cases/paths.toml`, which says what each member means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    name: String,
    send: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    status: Option<u16>,
    arrives: Option<String>,
    api: Option<String>,
    revision: Option<String>,
}

fn folder(backend: &Backend) -> Folder {
    let base = format!("{}/base", backend.url());
    let api = |name: &str| Api::new(name).to(&base);
    let revision = |number: &str, url: &str| {
        Api::new(&format!("rev;rev={number}"))
            .at("rev")
            .to(url)
            .serving(&["GET /x"])
            .with("apiRevision", json!(number))
            .with("isCurrent", json!(false))
    };
    let version = |set: &str, name: &str| {
        let api =
            Api::new(&format!("{set}-{name}")).at(set).to(&format!("{base}/{name}")).serving(&["GET /x"]);
        api.with("apiVersionSetId", json!(format!("/apiVersionSets/{set}"))).with("apiVersion", json!(name))
    };
    let original = Api::new("qry").to(&format!("{base}/original")).serving(&["GET /x"]);
    let original = original.with("apiVersionSetId", json!("/apiVersionSets/qry"));
    Folder::new()
        .api(&api("things").serving(&["GET /a/b", "HEAD /a/b", "GET /items/{id}", "GET /tail/{*rest}"]))
        .api(&api("deep").at("things/deep").serving(&["GET /x"]))
        .api(&api("root").at("").serving(&["GET /"]))
        .api(&api("rev").serving(&["GET /x"]).with("apiRevision", json!("1")).with("isCurrent", json!(true)))
        .api(&revision("2", &format!("{}/two", backend.url())))
        .api(&revision("3", &base).with("isOnline", json!(false)))
        .version_set("seg", &json!({ "versioningScheme": "Segment" }))
        .version_set("qry", &json!({ "versioningScheme": "Query", "versionQueryName": "api-version" }))
        .version_set("hdr", &json!({ "versioningScheme": "Header", "versionHeaderName": "Api-Version" }))
        .api(&version("seg", "v1"))
        .api(&version("seg", "v2"))
        .api(&original)
        .api(&version("qry", "v2"))
        .api(&version("hdr", "v1"))
}

#[tokio::test]
async fn targets_mean_what_the_table_says() {
    let backend = Backend::start().await;
    let mut gateway = Gateway::serving(folder(&backend)).await;
    assert_eq!(gateway.ask("GET", "/-/config/problems").await.text(), "[]");
    let cases: Vec<Case> = cases("paths.toml");
    for case in &cases {
        let said = format!("{} {}", case.send, case.name);
        let before = backend.seen().len();
        let headers: String =
            case.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head =
            format!("{} HTTP/1.1\r\nhost: gateway.example\r\n{headers}connection: close\r\n\r\n", case.send);
        let answer = raw(gateway.address, &head).await;
        let status: u16 = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect(&said);
        let after = backend.seen();
        let arrived = after.get(before).map(|seen| seen.target.clone());
        assert_eq!(arrived, case.arrives, "{said}: {answer}");
        assert_eq!(status, case.status.unwrap_or(200), "{said}: {answer}");
        if matches!(status, 400 | 404) && !case.send.starts_with("HEAD") {
            let text = if status == 400 { "Bad request" } else { "Resource not found" };
            let body = format!(r#"{{ "statusCode": {status}, "message": "{text}" }}"#);
            assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{said}: {answer}");
        }
        let record = gateway.record().await;
        if let Some(api) = &case.api {
            assert_eq!(record["apiId"], api.as_str(), "{said}");
        }
        if let Some(revision) = &case.revision {
            assert_eq!(record["apiRevision"], revision.as_str(), "{said}");
        }
    }
}
