//! Backends behind an HTTP proxy: that of the backend entity, and that of the policy `proxy`.

use serde_json::json;

use crate::harness::{Api, Backend, Folder, Gateway, Policy};

/// Nobody but the proxy knows the host, so an answer proves the way.
#[tokio::test]
async fn calls_go_through_the_proxy_and_only_the_proxy_is_shown_its_password() {
    let proxy = Backend::start().await;
    let entity = json!({
        "url": "http://models.invalid/openai",
        "protocol": "http",
        "proxy": { "url": proxy.url(), "username": "gateway", "password": "{{proxy-password}}" },
    });
    let by_policy =
        format!(r#"<proxy url="{}" username="gateway" password="{{{{proxy-password}}}}" />"#, proxy.url());
    let folder = Folder::new()
        .secret("proxy-password", "open sesame")
        .backend("models", &entity)
        .api(&Api::new("backend").policy(Policy::inbound(r#"<set-backend-service backend-id="models" />"#)))
        .api(&Api::new("policy").to("http://models.invalid/openai").policy(Policy::inbound(&by_policy)));
    let mut gateway = Gateway::serving(folder).await;
    for path in ["/backend/chat", "/policy/chat"] {
        // What a caller says to its own proxy stays with it.
        let answer = gateway.get(path).header("proxy-authorization", "Basic mine").send().await;
        assert_eq!((answer.status, answer.text()), (200, "echo"), "{path}: {}", gateway.said());
        let seen = proxy.last();
        assert_eq!((seen.target.as_str(), seen.header("host")), ("/openai/chat", vec!["models.invalid"]));
        // RFC 7617: `gateway:open sesame`.
        assert_eq!(seen.header("proxy-authorization"), ["Basic Z2F0ZXdheTpvcGVuIHNlc2FtZQ=="]);
        let record = gateway.record().await.to_string();
        assert!(
            record.contains("http://models.invalid/openai/chat") && !record.contains("sesame"),
            "{record}"
        );
    }
}
