//! Connections: TLS, its renewal, limits, the end.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use vault::{CertificatePem, Rules, StartError};

use crate::harness::{SetClock, certificate, in_memory, serve, serve_with};

async fn vaults() -> vault::Vaults {
    in_memory(&SetClock::new("2026-11-21T08:00:00Z"), Rules::default()).await.vaults()
}

#[tokio::test]
async fn plain_http_is_not_answered() {
    let running = serve(vaults().await).await;
    let mut tcp = TcpStream::connect(running.server.address()).await.unwrap();
    tcp.write_all(b"GET /secrets HTTP/1.1\r\nHost: main.vault.test\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ended = tcp.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    running.end().await;
}

#[tokio::test]
async fn a_certificate_is_replaced_while_it_runs() {
    let mut running = serve(vaults().await).await;
    let new = certificate();
    let broken = CertificatePem { chain: "no certificate".into(), key: new.key.clone() };
    assert!(running.server.replace_certificate(&broken).is_err());
    assert_eq!(running.ask(None, "GET /secrets", "").await.status, 401, "the old one stays");
    running.server.replace_certificate(&new).unwrap();
    assert!(running.connect().await.is_err(), "the old certificate is not shown any more");
    running.trust(&new);
    assert_eq!(running.ask(None, "GET /secrets", "").await.status, 401);
    running.end().await;
}

#[tokio::test]
async fn a_key_of_another_certificate_and_a_taken_port_are_refused() {
    let running = serve(vaults().await).await;
    let (one, other) = (certificate(), certificate());
    let mixed = CertificatePem { chain: one.chain, key: other.key };
    assert!(running.server.replace_certificate(&mixed).is_err());
    let settings = vault::ServerSettings::new(running.server.address(), "vault.test", certificate());
    let tokens = std::sync::Arc::new(crate::harness::NamesAsTokens);
    let taken = vault::Server::start(settings, vaults().await, tokens).await.unwrap_err();
    assert!(matches!(taken, StartError::Listen { .. }), "{taken}");
    running.end().await;
}

#[tokio::test]
async fn a_request_that_does_not_end_is_ended() {
    let short = |settings| vault::ServerSettings { request_timeout: Duration::from_millis(50), ..settings };
    let running = serve_with(vaults().await, short).await;
    let mut stream = running.connect().await.unwrap();
    let head = "PUT /secrets/a?api-version=7.4 HTTP/1.1\r\nHost: main.vault.test\r\nAuthorization: Bearer app\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains(r#""code":"RequestTimeout""#), "{answer}");
    running.end().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let running = serve(vaults().await).await;
    let request = Request::get("/secrets").header("host", running.host()).header("x", "y".repeat(100_000));
    assert_eq!(running.send(request.body(Full::default()).unwrap()).await.status, 431);
    running.end().await;
}

#[tokio::test]
async fn answers_are_not_for_caches_and_have_a_name() {
    let running = serve(vaults().await).await;
    let answer = running.ask(None, "GET /secrets", "").await;
    let header = |name| answer.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("cache-control"), "no-cache, no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-type"), "application/json; charset=utf-8");
    assert_eq!(header("x-ms-request-id").len(), 36);
    running.end().await;
}

#[tokio::test]
async fn a_shutdown_ends_idle_connections() {
    let running = serve(vaults().await).await;
    let mut idle = running.connect().await.unwrap();
    let address = running.server.address();
    running.end().await;
    let mut rest = Vec::new();
    let _ended = idle.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(address).await.is_err());
}
