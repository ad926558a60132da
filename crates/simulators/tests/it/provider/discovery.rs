//! Documents that say where everything is, and keys.

use jose::{Allowed, KeySet, Limits, Unverified};
use serde_json::json;
use simulators::identity::{OldKeys, TokenOrder};

use super::web::{Provider, TENANT, parts};

#[tokio::test]
async fn metadata_of_both_versions_leads_to_endpoints_that_are_served() {
    let provider = Provider::start().await;
    let base = provider.running.authority();
    let v2 = provider.get(&format!("/{TENANT}/v2.0/.well-known/openid-configuration")).await.json();
    assert_eq!(v2["issuer"], format!("{base}/{TENANT}/v2.0"));
    assert_eq!(v2["token_endpoint"], format!("{base}/{TENANT}/oauth2/v2.0/token"));
    let v1 = provider.get("/contoso.example/.well-known/openid-configuration").await.json();
    // The issuer of version 1 is Azure's own: policies name it.
    assert_eq!(v1["issuer"], format!("https://sts.windows.net/{TENANT}/"));
    assert_eq!(v1["jwks_uri"], format!("{base}/contoso.example/discovery/keys"));
    for document in [&v1, &v2] {
        for name in ["jwks_uri", "token_endpoint", "authorization_endpoint"] {
            let url = document[name].as_str().unwrap().strip_prefix(base).unwrap();
            assert_ne!(provider.get(url).await.status, 404, "{url}");
        }
    }
}

#[tokio::test]
async fn metadata_without_a_tenant_has_a_placeholder() {
    let provider = Provider::start().await;
    for name in ["common", "organizations"] {
        let v2 = provider.get(&format!("/{name}/v2.0/.well-known/openid-configuration")).await.json();
        let issuer = v2["issuer"].as_str().unwrap();
        assert!(issuer.ends_with("/{tenantid}/v2.0"), "{issuer}");
        let v1 = provider.get(&format!("/{name}/.well-known/openid-configuration")).await.json();
        assert_eq!(v1["issuer"], "https://sts.windows.net/{tenantid}/");
    }
    let instance = provider.get("/common/discovery/instance?api-version=1.1").await.json();
    assert_eq!(instance["metadata"][0]["aliases"], json!([format!("localhost:{}", provider.running.port())]));
}

#[tokio::test]
async fn published_keys_verify_tokens_and_say_what_entra_s_say() {
    let provider = Provider::start().await;
    let keys = provider.get(&format!("/{TENANT}/discovery/v2.0/keys")).await;
    let key = &keys.json()["keys"][0];
    assert_eq!((&key["kty"], &key["use"], &key["e"]), (&json!("RSA"), &json!("sig"), &json!("AQAB")));
    assert_eq!(key["kid"], key["x5t"]);
    assert_eq!(key["x5c"].as_array().map(Vec::len), Some(1));
    assert!(key["issuer"].as_str().unwrap().ends_with("/v2.0"));
    let token = provider.running.token(&TokenOrder::new("api://models")).unwrap();
    let set = KeySet::parse(&keys.body).unwrap();
    let verified = Unverified::parse(&token, &Limits::default()).unwrap().verify(set.keys(), &Allowed::all());
    assert_eq!(verified.unwrap().kid(), key["kid"].as_str());
}

#[tokio::test]
async fn headers_of_version_1_name_the_key_twice() {
    let provider = Provider::start().await;
    let header = |resource| parts(&provider.running.token(&TokenOrder::new(resource)).unwrap()).0;
    let (v1, v2) = (header("api://models"), header("api://models-v2"));
    assert_eq!(v1["x5t"], v1["kid"]);
    assert_eq!((v2.get("x5t"), &v2["alg"], &v2["typ"]), (None, &json!("RS256"), &json!("JWT")));
}

#[tokio::test]
async fn keys_rotate_with_and_without_the_old_ones() {
    let provider = Provider::start().await;
    let kids = async || {
        let keys = provider.get(&format!("/{TENANT}/discovery/keys")).await.json();
        let kids =
            keys["keys"].as_array().unwrap().iter().map(|key| String::from(key["kid"].as_str().unwrap()));
        kids.collect::<Vec<_>>()
    };
    let first = kids().await;
    let second = provider.running.rotate_keys(OldKeys::Keep).unwrap();
    assert_eq!(kids().await, [first[0].clone(), second.clone()]);
    let token = provider.running.token(&TokenOrder::new("api://models")).unwrap();
    assert_eq!(parts(&token).0["kid"], second);
    let rotated =
        provider.own(http::Method::POST, "/_simulator/rotate-keys?old=forget", &[], "").await.json();
    assert_eq!(kids().await, [rotated["kid"].as_str().unwrap()]);
}
