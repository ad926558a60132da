//! Server-side request forgery: however an address is written, a URL that a caller had made reaches neither this machine
//! nor private networks nor metadata services.

use http::Response;
use http_body_util::Full;
use serde::Deserialize;

use crate::harness::{Api, Backend, Folder, Policy, Start};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    computed: Vec<String>,
    redirects: Vec<String>,
}

fn table(port: &str) -> Table {
    toml::from_str(&include_str!("../cases/guarded.toml").replace("PORT", port)).expect("a table of cases")
}

#[tokio::test]
async fn no_way_of_writing_an_address_goes_round_the_guard() {
    let inside = Backend::start().await;
    let url = inside.url();
    let port = url.rsplit(':').next().expect("a port").to_owned();
    // A backend of the configuration, which may be here, and which sends its caller elsewhere.
    let outside = Backend::answering(|seen| {
        let to = seen.headers.get("x-to").cloned().expect("a place");
        Response::builder().status(307).header("location", to).body(Full::default()).expect("an answer")
    })
    .await;
    let computed = r#"<set-backend-service base-url="@(Uri.UnescapeDataString(context.Request.Headers.GetValueOrDefault("x-to", "")))" />"#;
    let follows = "<policies><inbound><base /></inbound><backend><forward-request follow-redirects=\"true\" /></backend>\
                   <outbound><base /></outbound><on-error><base /></on-error></policies>";
    let folder = Folder::new()
        .api(&Api::new("computed").policy(Policy::inbound(computed)))
        .api(&Api::new("follows").to(&outside.url()).policy(follows));
    let mut gateway = Start::new(folder).start().await;
    let table = table(&port);
    let mut wrong = Vec::new();
    let rows = table.computed.iter().map(|to| ("computed", to));
    for (api, to) in rows.chain(table.redirects.iter().map(|to| ("follows", to))) {
        let answer = gateway.get(&format!("/{api}/x")).header("x-to", to).send().await;
        let record = gateway.record().await;
        let is_refused = answer.status == 500 && record["lastError"]["reason"].is_string();
        // A redirect that is none for us is the caller's to see.
        let is_passed = api == "follows" && answer.status == 307;
        if !(is_refused || is_passed) {
            wrong.push(format!("{api} {to}: {} {record}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(inside.seen().is_empty(), "{:?}", inside.seen());
}
