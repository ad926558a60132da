//! A provider that is out of order.

use http::Method;
use simulators::Credential;
use simulators::identity::{Directory, IdentityProvider, StartError};

use super::web::{Provider, TENANT, id};

#[tokio::test]
async fn a_part_misbehaves_as_asked_while_the_others_do_not() {
    let provider = Provider::start().await;
    let keys = format!("/{TENANT}/discovery/v2.0/keys");
    let set = async |part: &str, list: &str| {
        let page = format!("/_simulator/behaviour?for={part}");
        provider.own(Method::PUT, &page, &[], list).await.status.as_u16()
    };
    assert_eq!(set("keys", "status=503; retry-after=7; first=2").await, 204);
    for status in [503, 503, 200] {
        assert_eq!(provider.get(&keys).await.status, status);
    }
    assert_eq!(set("keys", "garbage").await, 204);
    let spoilt = provider.get(&keys).await;
    assert!(serde_json::from_slice::<serde_json::Value>(&spoilt.body).is_err());
    assert_eq!(provider.get(&format!("/{TENANT}/.well-known/openid-configuration")).await.status, 200);
    assert!(provider.running.behave("managed-identity", "status=429".parse().unwrap()));
    assert_eq!(provider.machine("/msi/token", &[]).await.status, 429);
    for (part, list) in [("nothing", "garbage"), ("keys", "wrong"), ("keys", "gzip"), ("keys", "words=3")] {
        assert_eq!(set(part, list).await, 400, "{part} {list}");
    }
    assert_eq!(provider.own(Method::DELETE, "/_simulator/requests", &[], "").await.status, 204);
    assert_eq!(provider.get(&keys).await.status, 200);
}

#[tokio::test]
async fn a_provider_that_is_down_refuses_connections_and_comes_back_on_its_ports() {
    let provider = Provider::start().await;
    let path = format!("/{TENANT}/.well-known/openid-configuration");
    assert_eq!(provider.get(&path).await.status, 200);
    provider.running.go_down().await;
    let refused = provider.try_call(Method::GET, &path, &[], "").await.unwrap_err();
    assert!(refused.to_string().contains("refused"), "{refused}");
    provider.running.come_back().await;
    assert_eq!(provider.get(&path).await.status, 200);
}

#[tokio::test]
async fn requests_are_recorded_with_their_caller_and_without_secrets() {
    let provider = Provider::start().await;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret=the+second&scope=api%3A%2F%2Fmodels%2F.default",
        id("c1")
    );
    assert_eq!(provider.token(&form).await.status, 200);
    let requests = provider.running.recorder().requests();
    assert_eq!(requests[0].credential, Credential::Client(id("c1")));
    assert!(!format!("{requests:?}").contains("the+second"));
    let shown = provider.machine("/_simulator/requests?settled", &[]).await;
    assert_eq!(shown.json()["requests"][0]["credential"]["client"], id("c1"));
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let everywhere = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let loopback = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let builder = IdentityProvider::builder(Directory::example().unwrap());
    let error = builder.start_on(loopback, everywhere).unwrap_err();
    assert!(matches!(error, StartError::NotLoopback(_)), "{error}");
}
