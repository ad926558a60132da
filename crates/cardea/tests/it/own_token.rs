//! The gateway's own token: what happens when a backend refuses it before its end.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use parking_lot::Mutex;
use serde_json::json;

use crate::harness::{Api, Backend, Folder, KeyVault, Policy, Seen};

/// A service that does not take the first token that it sees: as if it had been given out before the role was.
async fn backend() -> Backend {
    let first: Arc<Mutex<Option<String>>> = Arc::default();
    let answer = move |seen: &Seen| {
        let shown = seen.header("authorization").concat();
        let mut first = first.lock();
        let is_first = *first.get_or_insert_with(|| shown.clone()) == shown;
        let status = if is_first { 401 } else { 200 };
        Response::builder().status(status).body(Full::new(Bytes::from_static(b"answer"))).expect("an answer")
    };
    Backend::answering(answer).await
}

#[tokio::test]
async fn a_token_that_a_backend_refuses_is_replaced_and_the_call_made_once_more() {
    let resource = "https://cognitiveservices.azure.com";
    let by_policy = format!(r#"<authentication-managed-identity resource="{resource}" />"#);
    let by_variable = format!(
        r#"<authentication-managed-identity resource="{resource}" output-token-variable-name="own" />
        <set-header name="Authorization" exists-action="override"><value>@("Bearer " + (string)context.Variables["own"])</value></set-header>"#
    );
    let by_backend = r#"<set-backend-service backend-id="models" />"#;
    for policy in [&*by_policy, &by_variable, by_backend] {
        let (vault, backend) = (KeyVault::without_grants().await, backend().await);
        let entity = json!({
            "url": backend.url(),
            "protocol": "http",
            "credentials": { "managedIdentity": { "resource": resource } },
        });
        let api = Api::new("a").to(&backend.url()).policy(Policy::inbound(policy));
        let gateway = vault.gateway(Folder::new().api(&api).backend("models", &entity)).start().await;
        let answer = gateway.call("POST", "/a").body("asked").send().await;
        assert_eq!(answer.status, 200, "{policy}: {}", gateway.said());
        let seen = backend.seen();
        assert_eq!(seen.len(), 2, "{policy}");
        assert!(seen.iter().all(|each| &*each.body == b"asked"), "{policy}: {seen:?}");
        assert_eq!(gateway.call("POST", "/a").send().await.status, 200, "{policy}");
        assert_eq!(backend.seen().len(), 3, "{policy}: the new token is kept");
    }
}
