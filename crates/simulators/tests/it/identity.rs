//! Keys and tokens.

use serde_json::{Value, json};
use simulators::{Credential, KeyName, Principal, Running, TokenRefusal, TokenVerifier};

use crate::client::{CHAT, Client, KEY, KEY2, builder, start};

fn hello() -> Value {
    json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "Hello" }] })
}

fn last_credential(running: &Running) -> Credential {
    running.recorder().requests().pop().unwrap().credential
}

#[tokio::test]
async fn both_keys_open_and_the_record_says_which_it_was() {
    let (running, client) = start().await;
    for (key, name) in [(KEY, KeyName::Key1), (KEY2, KeyName::Key2)] {
        let answer = client.post_bearer("/v1/chat/completions", key, &hello()).await;
        assert_eq!(answer.status, 200);
        let expected = Credential::Key { account: String::from("contoso"), key: name };
        assert_eq!(last_credential(&running), expected);
    }
}

#[tokio::test]
async fn a_regenerated_key_is_refused_at_once() {
    let (running, client) = start().await;
    assert_eq!(client.post(CHAT, &hello()).await.status, 200);
    let new = running.accounts().regenerate("contoso", KeyName::Key1).unwrap();
    assert_eq!(client.post(CHAT, &hello()).await.status, 401);
    assert_eq!(client.post_bearer("/v1/chat/completions", &new, &hello()).await.status, 200);
    assert_eq!(client.post_bearer("/v1/chat/completions", KEY2, &hello()).await.status, 200);
    assert_eq!(running.accounts().key("contoso", KeyName::Key1), Some(new));
}

#[tokio::test]
async fn a_key_opens_only_the_deployments_of_its_account() {
    let (_running, client) = start().await;
    let answer =
        client.post("/openai/deployments/flaky/chat/completions?api-version=2024-10-21", &hello()).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]["code"]),
        (404, &json!("DeploymentNotFound"))
    );
}

/// Lets `good` in, knows `stranger` without a role, and nobody else.
struct Verifier;

impl TokenVerifier for Verifier {
    fn verify(&self, token: &str, deployment: Option<&str>) -> Result<Principal, TokenRefusal> {
        match (token, deployment) {
            ("good", Some("gpt-4o") | None) => {
                Ok(Principal { id: String::from("app-1"), account: String::from("contoso") })
            }
            ("good" | "stranger", _) => Err(TokenRefusal::NoRole),
            _ => Err(TokenRefusal::Invalid),
        }
    }
}

#[tokio::test]
async fn a_verifier_decides_about_tokens() {
    let running = builder().token_verifier(Verifier).start(([127, 0, 0, 1], 0)).await.unwrap();
    let client = Client::new(&running);
    assert_eq!(client.post_bearer(CHAT, "good", &hello()).await.status, 200);
    assert_eq!(last_credential(&running), Credential::Token(String::from("app-1")));
    let small = "/openai/deployments/small/chat/completions?api-version=2024-10-21";
    let refused = client.post_bearer(small, "good", &hello()).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["error"]["code"]),
        (401, &json!("PermissionDenied"))
    );
    assert_eq!(client.post_bearer(CHAT, "bad", &hello()).await.json()["statusCode"], 401);
    assert_eq!(client.post_bearer("/openai/v1/chat/completions", "good", &hello()).await.status, 200);
    assert_eq!(client.post_bearer("/openai/v1/chat/completions", KEY, &hello()).await.status, 200);
}
