//! What is recorded.

use http::Method;
use http_body_util::BodyExt;
use serde_json::json;
use simulators::{Credential, Outcome};

use crate::client::{CHAT, Client, KEY, start};

#[tokio::test]
async fn a_request_is_recorded_without_its_credentials() {
    let (running, client) = start().await;
    let body = json!({ "messages": [{ "role": "user", "content": "Hello" }] });
    let path = format!("{CHAT}&subscription-key=planted-query");
    let headers = [("ocp-apim-subscription-key", "planted-header"), ("x-mark", "kept")];
    client.post_with(&path, &headers, &body).await;
    let requests = running.recorder().wait_until(|requests| requests.len() == 1).await;
    let recorded = &requests[0];
    assert_eq!((recorded.number, recorded.method.as_str()), (1, "POST"));
    assert_eq!(recorded.path, "/openai/deployments/gpt-4o/chat/completions");
    assert_eq!(recorded.headers["x-mark"], "kept");
    assert_eq!(recorded.body, body.to_string());
    assert_eq!(
        (recorded.status.unwrap().as_u16(), recorded.outcome, recorded.frames),
        (200, Outcome::Answered, 1)
    );
    let shown = format!("{recorded:?}");
    assert!(!shown.contains("planted") && !shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn the_record_can_be_read_and_cleared_over_http() {
    let (_running, client) = start().await;
    client.post(CHAT, &json!({ "messages": [] })).await;
    let shown = client.get("/_simulator/requests?settled").await;
    assert!(!shown.text().contains(KEY));
    let request = &shown.json()["requests"][0];
    assert_eq!(request["credential"], json!({ "account": "contoso", "key": "key1" }));
    assert!(request["headers"]["api-key"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!((&request["status"], &request["outcome"]), (&json!(400), &json!("answered")));
    assert_eq!(request["body"], json!({ "messages": [] }));
    assert_eq!(client.send(Method::DELETE, "/_simulator/requests", &[], b"").await.status, 204);
    assert_eq!(client.get("/_simulator/requests").await.json(), json!({ "requests": [] }));
    assert_eq!(client.get("/_simulator/health").await.status, 200);
}

#[tokio::test]
async fn a_refused_key_is_recorded_by_its_hash() {
    let (running, client) = start().await;
    client.send(Method::POST, CHAT, &[("api-key", "abc")], b"{}").await;
    // SHA-256 of "abc": FIPS 180-2, appendix B.1.
    let hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(running.recorder().requests()[0].credential, Credential::Refused(String::from(hash)));
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_is_noticed() {
    let (running, _) = start().await;
    for client in [Client::new(&running), Client::over_http2(&running)] {
        running.recorder().clear();
        let body =
            json!({ "messages": [{ "role": "user", "content": "Hello" }], "stream": true }).to_string();
        let headers = [("api-key", KEY), ("x-simulate", "hang=after-3")];
        let response = client.open(Method::POST, CHAT, &headers, body.as_bytes()).await.unwrap();
        let mut incoming = response.into_body();
        incoming.frame().await.unwrap().unwrap();
        let in_progress = running.recorder().wait_until(|requests| requests[0].frames == 3).await;
        assert_eq!(in_progress[0].outcome, Outcome::InProgress);
        drop(incoming);
        let gone = running.recorder().wait_until(|requests| requests[0].outcome != Outcome::InProgress).await;
        assert_eq!((gone[0].outcome, gone[0].frames), (Outcome::CallerGone, 3));
    }
}
