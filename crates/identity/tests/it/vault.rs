//! Reading secrets of vaults, as Azure's client libraries were seen to do it (management 3.1).

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use identity::vault::{ChallengeResource, Client, HostOverride, Settings, Why};
use model::{VaultHosts, VaultReference, VaultSecretIdentifier};
use parking_lot::Mutex;
use policy::{AccessToken, IdentityChoice, PortFuture, TokenRequest, TokenSource, TokenUnavailable};
use secret::Secret;
use serde_json::{Value, json};

use crate::world::{Answer, World, away, json, query, settle, status, value};

/// Gives the token `planted-token` for every resource, and remembers for what it was asked.
#[derive(Debug, Default)]
struct Tokens {
    asked: Mutex<Vec<TokenRequest>>,
    none: bool,
}

impl TokenSource for Tokens {
    fn after_unauthorized<'a>(
        &'a self,
        _request: &'a TokenRequest,
        _refused: &'a Secret,
    ) -> PortFuture<'a, Option<AccessToken>> {
        Box::pin(async { None })
    }

    fn token<'a>(
        &'a self,
        request: &'a TokenRequest,
    ) -> PortFuture<'a, Result<AccessToken, TokenUnavailable>> {
        self.asked.lock().push(request.clone());
        let TokenRequest { resource, identity, .. } = request.clone();
        Box::pin(async move {
            if self.none {
                return Err(TokenUnavailable { resource, identity, why: "no source".to_owned() });
            }
            Ok(AccessToken { token: Secret::new("planted-token"), expires: jiff::Timestamp::MAX })
        })
    }
}

fn challenge(resource: &str) -> Answer {
    let header = format!("Bearer authorization=\"https://login.example/tenant\", resource=\"{resource}\"");
    Ok(Response::builder().status(401).header("WWW-Authenticate", header).body(Bytes::new()).unwrap())
}

/// A vault that wants a token for `resource` and then answers so.
fn vault(
    resource: &'static str,
    mut answer: impl FnMut(&Request<Bytes>) -> Answer + Send + 'static,
) -> impl FnMut(&Request<Bytes>) -> Answer + Send + 'static {
    move |request| match request.headers().get("Authorization") {
        None => challenge(resource),
        Some(token) if token == "Bearer planted-token" => answer(request),
        Some(_) => panic!("another token came"),
    }
}

fn azure(answer: impl FnMut(&Request<Bytes>) -> Answer + Send + 'static) -> Arc<World> {
    World::new(vault("https://vault.azure.net", answer))
}

fn bundle(version: &str) -> Value {
    json!({
        "value": "planted-value",
        "id": format!("https://models.vault.azure.net/secrets/provider-key/{version}"),
        "attributes": {"enabled": true, "created": 1, "updated": 1, "recoveryLevel": "Recoverable"},
    })
}

fn client(world: &Arc<World>, settings: Settings) -> (Client, Arc<Tokens>) {
    let tokens = Arc::new(Tokens::default());
    (Client::new(settings, Arc::clone(&tokens) as _, Arc::clone(world) as _).unwrap(), tokens)
}

fn reference(id: &str) -> VaultReference {
    VaultReference { secret: VaultSecretIdentifier::parse(id).unwrap(), identity_client_id: None }
}

fn provider_key() -> VaultReference {
    reference("https://models.vault.azure.net/secrets/provider-key")
}

async fn why(world: &Arc<World>) -> (Why, String) {
    let error = client(world, Settings::default()).0.get(&provider_key()).await.unwrap_err();
    (error.why.clone(), error.to_string())
}

#[tokio::test(start_paused = true)]
async fn the_challenge_is_answered_once_and_remembered() {
    let world = azure(|_| json(200, &bundle("0af1")));
    let (client, tokens) = client(&world, Settings::default());
    let fetched = client.get(&provider_key()).await.unwrap();
    assert!(fetched.value.matches("planted-value"));
    assert_eq!(fetched.version.as_deref(), Some("0af1"));
    assert!(!format!("{fetched:?} {client:?}").contains("planted"));
    let asked = world.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].headers().get("Authorization").is_none() && asked[0].body().is_empty());
    // The latest version: a slash and nothing behind it.
    assert_eq!(asked[1].uri(), "https://models.vault.azure.net/secrets/provider-key/?api-version=7.4");
    assert_eq!(asked[1].headers()["Host"], "models.vault.azure.net");
    client.get(&provider_key()).await.unwrap();
    assert_eq!(world.count(), 3);
    let request = tokens.asked.lock()[0].clone();
    assert_eq!((&*request.resource, request.identity), ("https://vault.azure.net", IdentityChoice::System));
}

#[tokio::test(start_paused = true)]
async fn a_version_and_an_identity_are_asked_for_when_they_are_named() {
    let world = azure(|_| json(200, &bundle("0af1")));
    let (client, tokens) =
        client(&world, Settings { api_version: "2025-07-01".to_owned(), ..Settings::default() });
    let pinned = VaultReference {
        identity_client_id: Some("user".into()),
        ..reference("https://models.vault.azure.net/secrets/provider-key/0af1")
    };
    client.get(&pinned).await.unwrap();
    assert_eq!(world.last().uri().path(), "/secrets/provider-key/0af1");
    assert_eq!(value(&query(&world.last()), "api-version"), Some("2025-07-01"));
    assert_eq!(tokens.asked.lock()[0].identity, IdentityChoice::User("user".into()));
}

#[tokio::test(start_paused = true)]
async fn no_token_is_sent_for_a_resource_that_is_not_the_vaults_own() {
    let foreign = |_: &Request<Bytes>| challenge("https://management.azure.com");
    let world = World::new(foreign);
    let (problem, text) = why(&world).await;
    assert_eq!(problem, Why::ForeignResource("https://management.azure.com".to_owned()));
    assert!(text.contains("`https://management.azure.com`, which is not its own domain"), "{text}");
    assert_eq!(world.count(), 1);
    // A vault on a host without a domain passes only where the check is switched off.
    let world = World::new(vault("https://other.example", |_| json(200, &bundle("1"))));
    let settings = Settings { challenge_resource: ChallengeResource::Believed, ..Settings::default() };
    let (client, tokens) = client(&world, settings);
    client.get(&provider_key()).await.unwrap();
    assert_eq!(&*tokens.asked.lock()[0].resource, "https://other.example");
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_changed_its_challenge_is_followed_once() {
    let world = azure(|_| json(200, &bundle("1")));
    let (client, tokens) = client(&world, Settings::default());
    client.get(&provider_key()).await.unwrap();
    let mut refused = false;
    world.becomes(move |_| {
        let first = !std::mem::replace(&mut refused, true);
        if first { challenge("https://azure.net") } else { json(200, &bundle("2")) }
    });
    client.get(&provider_key()).await.unwrap();
    assert_eq!(&*tokens.asked.lock().last().unwrap().resource, "https://azure.net");
    // One that refuses every token is not asked forever.
    world.becomes(|_| challenge("https://azure.net"));
    let error = client.get(&provider_key()).await.unwrap_err();
    assert_eq!(error.why, Why::Unauthorized(Some("https://login.example/tenant".to_owned())));
    assert_eq!(world.count(), 5);
}

/// Errors of management 3.1 and 5.4.
#[tokio::test(start_paused = true)]
async fn errors_say_vault_secret_identity_and_what_to_do() {
    let forbidden = |inner: &str| {
        let inner = inner.to_owned();
        azure(move |_| {
            json(
                403,
                &json!({"error": {"code": "Forbidden", "message": "planted", "innererror": {"code": inner}}}),
            )
        })
    };
    let (problem, text) = why(&forbidden("ForbiddenByRbac")).await;
    assert_eq!(problem, Why::Forbidden { code: "ForbiddenByRbac".to_owned() });
    let expected = "the secret `provider-key` of the vault `https://models.vault.azure.net` as the system-assigned \
                    identity cannot be read: the identity may not (ForbiddenByRbac): grant it the role `Key Vault \
                    Secrets User` on the vault, or `get` on secrets in its access policies; a vault of Cardea has `cardea vault grant`";
    assert_eq!(text, expected);
    assert_eq!(why(&forbidden("SecretDisabled")).await.0, Why::Disabled);
    let disabled = azure(|_| json(200, &json!({"value": "planted", "attributes": {"enabled": false}})));
    assert_eq!(why(&disabled).await.0, Why::Disabled);
    let missing = azure(|_| json(404, &json!({"error": {"code": "SecretNotFound", "message": "planted"}})));
    assert_eq!(why(&missing).await.0, Why::NotFound("SecretNotFound".to_owned()));
    let no_json = azure(|_| status(StatusCode::OK));
    assert_eq!(why(&no_json).await.0, Why::Refused("200 with something else than JSON".to_owned()));
    let moved = azure(|_| status(StatusCode::FOUND));
    assert_eq!(why(&moved).await.0, Why::Refused("302 Found, and redirects are not followed".to_owned()));
    let no_challenge = World::new(|_| status(StatusCode::UNAUTHORIZED));
    let expected = Why::Refused("401 without a usable `WWW-Authenticate` header".to_owned());
    assert_eq!(why(&no_challenge).await.0, expected);
    let gone = World::new(|_| away());
    assert!(matches!(why(&gone).await.0, Why::Unreachable(_)));
    let world = azure(|_| json(200, &bundle("1")));
    let tokens = Arc::new(Tokens { none: true, ..Tokens::default() });
    let client = Client::new(Settings::default(), tokens, Arc::clone(&world) as _).unwrap();
    let error = client.get(&provider_key()).await.unwrap_err();
    let expected = "the system-assigned identity gets no token for `https://vault.azure.net`: no source";
    assert_eq!(error.why, Why::NoToken(expected.to_owned()));
    for error in [why(&missing).await.1, why(&disabled).await.1] {
        assert!(!error.contains("planted"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_vault_is_asked_again() {
    let mut left = 2;
    let world = azure(move |_| {
        if left == 0 {
            return json(200, &bundle("1"));
        }
        left -= 1;
        status(StatusCode::TOO_MANY_REQUESTS)
    });
    client(&world, Settings::default()).0.get(&provider_key()).await.unwrap();
    assert_eq!(world.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn only_allowed_vaults_are_asked_and_they_may_live_elsewhere() {
    let world = World::new(vault("https://vault.localhost:8443", |_| json(200, &bundle("1"))));
    let id = "https://demo.vault.localhost:8443/secrets/k";
    let (strict, _) = client(&world, Settings::default());
    assert_eq!(strict.get(&reference(id)).await.unwrap_err().why, Why::NotAllowed);
    assert_eq!(world.count(), 0);
    let elsewhere = |host: &str, base: &str| HostOverride { host: host.to_owned(), base: base.to_owned() };
    let settings = Settings {
        hosts: VaultHosts::new(["*.vault.localhost:8443"], "vault.localhost:8443").unwrap(),
        overrides: vec![elsewhere("Demo.vault.localhost:8443", "http://127.0.0.1:9/base/")],
        ..Settings::default()
    };
    client(&world, settings).0.get(&reference(id)).await.unwrap();
    let request = world.last();
    assert_eq!(request.uri(), "http://127.0.0.1:9/base/secrets/k/?api-version=7.4");
    assert_eq!(request.headers()["Host"], "demo.vault.localhost:8443");
    let settings =
        Settings { overrides: vec![elsewhere("a", "http://vault.example")], ..Settings::default() };
    let refused = Client::new(settings, Arc::new(Tokens::default()), World::new(|_| away())).unwrap_err();
    assert!(refused.to_string().contains("plain `http`"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_readers_of_one_secret_cause_one_request() {
    let world = azure(|_| json(200, &bundle("1")));
    world.hold();
    let (client, _) = client(&world, Settings::default());
    let readers: Vec<_> = (0..100)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get(&provider_key()).await.is_ok() })
        })
        .collect();
    settle().await;
    world.release();
    for reader in readers {
        assert!(reader.await.unwrap());
    }
    assert_eq!(world.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_vault_gets_so_many_requests_at_once_and_others_do_not_wait_for_it() {
    let world = azure(|_| json(200, &bundle("1")));
    world.hold();
    let (client, _) = client(&world, Settings { concurrency: 3, ..Settings::default() });
    let read = |id: String| {
        let client = client.clone();
        tokio::spawn(async move { client.get(&reference(&id)).await.is_ok() })
    };
    let mut readers: Vec<_> =
        (0..20).map(|n| read(format!("https://models.vault.azure.net/secrets/s{n}"))).collect();
    readers.push(read("https://other.vault.azure.net/secrets/s".to_owned()));
    settle().await;
    assert_eq!(world.count(), 4);
    world.release();
    for reader in readers {
        assert!(reader.await.unwrap());
    }
}
