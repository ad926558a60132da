//! Cases from files: `{c1}` stands for the id that ends so, `{tenant}` and `{base}` for what they say. `null` in `claims`
//! or `body` means that there is no such member.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::Value;

use super::web::{Answer, Provider, TENANT, claims, id};

fn cases(text: &str, base: &str) -> Vec<Value> {
    let mut text = text.replace("{tenant}", TENANT).replace("{base}", base);
    for end in ["a1", "a2", "c1", "c9", "d1", "d2", "d5", "d6", "e2", "ff"] {
        text = text.replace(&format!("{{{end}}}"), &id(end));
    }
    let file: Value = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn has(found: &Value, expected: &Value, name: &str) {
    for (member, value) in expected.as_object().into_iter().flatten() {
        assert_eq!(found.get(member).unwrap_or(&Value::Null), value, "{name}: {member}");
    }
}

fn check(case: &Value, answer: &Answer) {
    let name = case["name"].as_str().unwrap();
    assert_eq!(answer.status.as_u16(), case["status"], "{name}: {}", answer.text());
    if let Some(expected) = case.get("body") {
        has(&answer.json(), expected, name);
    }
    if let Some(expected) = case.get("claims") {
        has(&claims(&answer.token("access_token")), expected, name);
    }
    if let Some(code) = case["code"].as_u64() {
        let body = answer.json();
        assert_eq!((&body["error"], body["error_codes"][0].as_u64()), (&case["error"], Some(code)), "{name}");
        let description = body["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{name}: {description}");
        assert_eq!(body["timestamp"], "2026-11-21 00:00:00Z", "{name}");
        assert!(description.contains(body["trace_id"].as_str().unwrap()), "{name}");
    }
}

#[tokio::test]
async fn client_credentials() {
    let provider = Provider::start().await;
    let text = include_str!("../../cases/provider/client-credentials.json");
    for case in cases(text, provider.running.authority()) {
        let tenant = case["tenant"].as_str().unwrap_or(TENANT);
        let endpoint = case["endpoint"].as_str().unwrap_or("oauth2/v2.0/token");
        let method: Method = case["method"].as_str().unwrap_or("POST").parse().unwrap();
        let basic = case["basic"].as_str().map(|pair| format!("Basic {}", STANDARD.encode(pair)));
        let headers: Vec<(&str, &str)> =
            basic.iter().map(|basic| ("authorization", basic.as_str())).collect();
        let form = case["form"].as_str().unwrap();
        let answer = provider.call(method, &format!("/{tenant}/{endpoint}"), &headers, form).await;
        check(&case, &answer);
    }
}

#[tokio::test]
async fn managed_identities() {
    let provider = Provider::start().await;
    for case in cases(include_str!("../../cases/provider/machine.json"), provider.running.authority()) {
        let given = case["headers"].as_object().unwrap();
        let headers: Vec<(&str, &str)> =
            given.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let answer = provider.machine(case["path"].as_str().unwrap(), &headers).await;
        check(&case, &answer);
    }
}
