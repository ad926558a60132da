//! Keys and tokens.

use http::Method;
use serde_json::{Value, json};
use simulators::{Credential, KeyName, Principal, Roles, Running, Scope, TokenRefused, TokenVerifier};

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

/// Knows `ada`, `bob` and `eve`, and nobody else.
struct Verifier;

impl TokenVerifier for Verifier {
    fn verify(&self, token: &str) -> Result<Principal, TokenRefused> {
        match token {
            "ada" | "bob" | "eve" => Ok(Principal { id: String::from(token) }),
            _ => Err(TokenRefused),
        }
    }
}

const SMALL: &str = "/openai/deployments/small/chat/completions?api-version=2024-10-21";
const V1: &str = "/openai/v1/chat/completions";

/// Ada may use the account, Bob one deployment, Eve nothing.
async fn with_roles() -> (Running, Client) {
    let roles = Roles::default();
    roles.grant("ada", Scope::account("contoso"));
    roles.grant("bob", Scope::deployment("contoso", "gpt-4o"));
    let running = builder().token_verifier(Verifier).roles(roles).start(([127, 0, 0, 1], 0)).await.unwrap();
    let client = Client::new(&running);
    (running, client)
}

#[tokio::test]
async fn a_token_that_is_not_verified_is_nobodys() {
    let (running, client) = with_roles().await;
    for path in [CHAT, V1] {
        let answer = client.post_bearer(path, "mallory", &hello()).await;
        assert_eq!(answer.status, 401, "{path}");
    }
    assert!(matches!(last_credential(&running), Credential::Refused(_)));
    assert_eq!(client.post_bearer(V1, KEY, &hello()).await.status, 200, "v1 takes keys as Bearer too");
}

#[tokio::test]
async fn roles_decide_what_a_principal_may_call() {
    let (running, client) = with_roles().await;
    let embed = "/openai/deployments/embed/embeddings?api-version=2024-10-21";
    let small = json!({ "model": "small", "messages": [{ "role": "user", "content": "Hello" }] });
    for (who, path, body, status) in [
        ("ada", CHAT, hello(), 200),
        ("ada", SMALL, hello(), 200),
        ("ada", V1, hello(), 200),
        ("ada", embed, json!({ "input": "Hello" }), 200),
        ("bob", CHAT, hello(), 200),
        ("bob", V1, hello(), 200),
        ("bob", SMALL, hello(), 403),
        // The deployment counts, wherever it is named.
        ("bob", V1, small, 403),
        ("bob", embed, json!({ "input": "Hello" }), 403),
        ("eve", CHAT, hello(), 403),
        // Whom nothing is allowed is not told what there is.
        ("eve", "/openai/deployments/nothing/chat/completions?api-version=2024-10-21", hello(), 403),
        ("ada", "/openai/deployments/nothing/chat/completions?api-version=2024-10-21", hello(), 404),
    ] {
        let answer = client.post_bearer(path, who, &body).await;
        assert_eq!(answer.status, status, "{who} {path}: {}", answer.text());
        assert_eq!(last_credential(&running), Credential::Token(String::from(who)));
    }
}

/// The text as people report it (`Azure.RequestFailedException: The principal … lacks the required data action …`).
#[tokio::test]
async fn a_missing_role_is_named_as_azure_names_it() {
    let (_running, client) = with_roles().await;
    for (path, action, operation) in [
        (
            CHAT,
            "deployments/chat/completions/action",
            "POST /openai/deployments/{deployment-id}/chat/completions",
        ),
        ("/openai/responses?api-version=2025-03-01-preview", "responses/write", "POST /openai/responses"),
        ("/openai/v1/responses", "responses/write", "POST /openai/v1/responses"),
    ] {
        let answer = client.post_bearer(path, "eve", &json!({ "model": "gpt-4o", "input": "x" })).await;
        let expected = format!(
            "The principal `eve` lacks the required data action `Microsoft.CognitiveServices/accounts/OpenAI/{action}` to \
             perform `{operation}` operation."
        );
        assert_eq!(answer.json(), json!({ "error": { "code": "PermissionDenied", "message": expected } }));
    }
}

#[tokio::test]
async fn assignments_are_changed_while_it_runs() {
    let (running, client) = with_roles().await;
    running.roles().grant("eve", Scope::deployment("contoso", "small"));
    assert_eq!(client.post_bearer(SMALL, "eve", &hello()).await.status, 200);
    assert_eq!(client.post_bearer(CHAT, "eve", &hello()).await.status, 403);
    let assignment = json!({ "principal": "eve", "account": "contoso" }).to_string();
    let assign = async |method| client.send(method, "/_simulator/roles", &[], assignment.as_bytes()).await;
    assert_eq!(assign(Method::PUT).await.status, 204);
    assert_eq!(client.post_bearer(CHAT, "eve", &hello()).await.status, 200);
    let shown = client.get("/_simulator/roles").await.json();
    assert_eq!(shown["roles"].as_array().unwrap().len(), 4, "{shown}");
    assert_eq!(assign(Method::DELETE).await.status, 204);
    assert_eq!(assign(Method::DELETE).await.status, 404);
    assert_eq!(client.post_bearer(CHAT, "eve", &hello()).await.status, 403);
    assert_eq!(client.send(Method::PUT, "/_simulator/roles", &[], b"{}").await.status, 400);
}

/// As at Azure the host names the account: `contoso.openai.azure.com`.
#[tokio::test]
async fn a_token_is_for_the_account_that_the_host_names() {
    let (running, client) = with_roles().await;
    running.roles().grant("eve", Scope::account("fabrikam"));
    let call = async |host: &str, who: &str| {
        let bearer = format!("Bearer {who}");
        let headers = [("host", host), ("authorization", bearer.as_str())];
        client.send(Method::POST, CHAT, &headers, hello().to_string().as_bytes()).await.status.as_u16()
    };
    assert_eq!(call("contoso.openai.azure.com", "ada").await, 200);
    assert_eq!(call("fabrikam.openai.azure.com", "ada").await, 403);
    assert_eq!(call("fabrikam.openai.azure.com", "eve").await, 404, "it has no such deployment");
}

/// COMPAT: microsoft/sample-app-aoai-chatGPT issue 1000.
#[tokio::test]
async fn keys_can_be_switched_off() {
    let (running, client) = with_roles().await;
    assert!(running.accounts().disable_keys("contoso"));
    let refused = client.post(CHAT, &hello()).await;
    assert_eq!(refused.status, 403);
    let message = "Key based authentication is disabled for this resource.";
    assert_eq!(
        refused.json(),
        json!({ "error": { "code": "AuthenticationTypeDisabled", "message": message } })
    );
    assert_eq!(client.post_bearer(CHAT, "ada", &hello()).await.status, 200);
    assert!(running.accounts().enable_keys("contoso"));
    assert_eq!(client.post(CHAT, &hello()).await.status, 200);
    assert!(!running.accounts().disable_keys("nobody"));
}
