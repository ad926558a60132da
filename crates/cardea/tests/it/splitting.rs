//! What policies make of a caller's text divides no message: it fails with an error that has a name, or is escaped.

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::cases::cases;
use crate::desync::message::{request, response};
use crate::desync::raw_backend::RawBackend;
use crate::harness::{Api, Folder, Gateway, Policy, Start};

/// A row of `cases/splitting.toml`, which says what each member means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    inbound: String,
    #[serde(default)]
    outbound: String,
    status: u16,
    zero: Option<u16>,
    arrives: Option<bool>,
}

/// What the caller sends, escaped; the policies decode it.
const EVILS: [&str; 6] = [
    "%0d%0aX-Injected:%201",
    "%0aX-Injected:%201",
    "%0dX-Injected:%201",
    "%0d%0a%0d%0aHTTP/1.1%20200%20OK%0d%0aX-Injected:%201%0d%0a%0d%0a",
    "%0d%0a%0d%0aGET%20/injected%20HTTP/1.1%0d%0ahost:%20a%0d%0aX-Injected:%201%0d%0a%0d%0a",
    "%00",
];

/// The caller's text as policies have it.
const TEXT: &str = r#"Uri.UnescapeDataString(context.Request.Headers.GetValueOrDefault("x-evil", ""))"#;

fn folder(cases: &[Case], backend: &RawBackend) -> Folder {
    cases.iter().fold(Folder::new(), |folder, case| {
        let [inbound, outbound] = [&case.inbound, &case.outbound].map(|text| text.replace("EVIL", TEXT));
        let policy = Policy::inbound(&inbound).and_outbound(&outbound);
        folder.api(&Api::new(&case.name).to(&backend.url()).policy(policy))
    })
}

async fn call(gateway: &Gateway, path: &str, evil: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(gateway.address).await.expect("a connection");
    let head = format!(
        "GET /{path}/x HTTP/1.1\r\nHost: gateway.example\r\nOrigin: https://a.example\r\nX-Evil: {evil}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut back = Vec::new();
    stream.read_to_end(&mut back).await.expect("an answer");
    back
}

#[tokio::test]
async fn no_value_of_a_policy_divides_a_message() {
    let cases: Vec<Case> = cases("splitting.toml");
    let backend = RawBackend::start().await;
    let mut gateway = Start::new(folder(&cases, &backend)).set("log.level", "error").start().await;
    assert_eq!(gateway.ask("GET", "/-/config/problems").await.text(), "[]");
    let mut wrong = Vec::new();
    for case in &cases {
        for evil in EVILS {
            let said = format!("{} {evil}", case.name);
            let back = call(&gateway, &case.name, evil).await;
            let (answer, rest) = response(&back, false, true).unwrap_or_else(|why| panic!("{said}: {why:?}"));
            let arrived: Vec<_> = backend
                .take()
                .await
                .iter()
                .map(|bytes| {
                    let (message, rest) = request(bytes).unwrap_or_else(|why| panic!("{said}: {why:?}"));
                    assert!(
                        rest.is_empty() && message.header("x-injected").is_empty(),
                        "{said}: {message:?}"
                    );
                    message
                })
                .collect();
            assert!(rest.is_empty() && answer.header("x-injected").is_empty(), "{said}: {answer:?}");
            let record = gateway.record().await;
            let is_named = record["lastError"]["reason"].as_str().is_some_and(|reason| !reason.is_empty());
            let status = case.zero.filter(|_| evil.contains("%00")).unwrap_or(case.status);
            let arrives = case.arrives.unwrap_or(status == 200);
            let expected = (status, arrives, status != 200);
            if (answer.status(), arrived.len() == 1, is_named) != expected {
                wrong.push(format!("{said}: {answer:?} {arrived:?} {record}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
