//! Which tokens are believed. The expected codes are Key Vault's (AKV10022, AKV10032) and those of Microsoft's token
//! library (IDX10223 expired, IDX10501 unknown key, IDX10511 wrong signature).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jose::sign::{KeyKind, SigningKey, unsigned};
use jose::{KeySet, SignatureAlgorithm};
use policy::{OpenIdProviders, PortFuture, Provider, ProviderUnavailable};
use serde_json::{Map, Value, json};
use vault::{Authenticator, Authority, CallerKind, NotAuthenticated, ProviderTokens};

use crate::harness::at;

const RESOURCE: &str = "https://vault.test:8443";
const V2: &str = "https://login.test/tenant-1/v2.0";
const V1: &str = "https://sts.windows.net/tenant-1/";

/// A provider with Entra's two versions, whose keys can be rotated and which can be away.
#[derive(Debug)]
struct Entra {
    keys: KeySet,
    rotated: KeySet,
    is_away: AtomicBool,
}

impl Entra {
    fn provider(&self, url: &str, keys: &KeySet) -> Result<Arc<Provider>, ProviderUnavailable> {
        if self.is_away.load(Ordering::SeqCst) {
            let why = "connection refused".to_owned();
            return Err(ProviderUnavailable::new(url, why));
        }
        let issuer = match url {
            "https://login.test/tenant-1/v2.0/.well-known/openid-configuration" => V2,
            "https://login.test/tenant-1/.well-known/openid-configuration" => V1,
            other => panic!("nobody should ask for {other}"),
        };
        Ok(Arc::new(Provider::new(issuer.into(), keys.clone(), 1)))
    }
}

impl OpenIdProviders for Entra {
    fn known(&self, _url: &str) -> Option<Arc<Provider>> {
        None
    }

    fn provider<'a>(&'a self, url: &'a str) -> PortFuture<'a, Result<Arc<Provider>, ProviderUnavailable>> {
        Box::pin(async { self.provider(url, &self.keys) })
    }

    fn after_unknown_key<'a>(
        &'a self,
        url: &'a str,
        _seen: &'a Arc<Provider>,
    ) -> PortFuture<'a, Arc<Provider>> {
        Box::pin(async { self.provider(url, &self.rotated).unwrap() })
    }

    fn authority(&self) -> &str {
        "https://login.test"
    }
}

struct Party {
    key: SigningKey,
    fresh: SigningKey,
    provider: Arc<Entra>,
    tokens: ProviderTokens,
}

fn entra() -> Party {
    let key = |id: &str| SigningKey::generate(KeyKind::Ec(jose::Curve::P256)).unwrap().with_id(id);
    let (key, fresh) = (key("key-1"), key("key-2"));
    let set = |key: &SigningKey| KeySet::new([key.verifying_key().unwrap()]);
    let provider = Arc::new(Entra { keys: set(&key), rotated: set(&fresh), is_away: false.into() });
    let authority = Authority::new("https://login.test/", "tenant-1");
    let tokens = ProviderTokens::new(authority, Arc::clone(&provider) as _);
    Party { key, fresh, provider, tokens }
}

/// The claims of an application's token, with changes; null takes a claim away.
fn claims(changes: &Value) -> Map<String, Value> {
    let now = at("2026-11-21T08:00:00Z").as_second();
    let mut claims = json!({
        "iss": V2, "aud": RESOURCE, "exp": now + 3600, "nbf": now - 3600, "oid": "oid-1", "azp": "app-1",
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims.as_object().unwrap().clone()
}

fn signed(key: &SigningKey, changes: &Value) -> String {
    key.sign(key.algorithm(), &Map::new(), &claims(changes)).unwrap().expose().to_owned()
}

async fn refusal(party: &Party, token: &str) -> String {
    let answer = party.tokens.authenticate(token, RESOURCE, at("2026-11-21T08:00:00Z")).await;
    match answer.unwrap_err() {
        NotAuthenticated::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tokens_of_both_versions_and_both_kinds_are_believed() {
    let party = entra();
    let now = at("2026-11-21T08:00:00Z");
    for (changes, object, app, kind) in [
        (json!({}), Some("oid-1"), Some("app-1"), CallerKind::Application),
        (json!({"aud": "https://vault.test:8443/"}), Some("oid-1"), Some("app-1"), CallerKind::Application),
        (json!({"aud": ["other", RESOURCE]}), Some("oid-1"), Some("app-1"), CallerKind::Application),
        (
            json!({"iss": V1, "azp": null, "appid": "app-2"}),
            Some("oid-1"),
            Some("app-2"),
            CallerKind::Application,
        ),
        (json!({"oid": null}), None, Some("app-1"), CallerKind::Application),
        (json!({"scp": "user_impersonation"}), Some("oid-1"), Some("app-1"), CallerKind::User),
        (json!({"azp": null}), Some("oid-1"), None, CallerKind::Application),
        // Clocks may be five minutes apart.
        (json!({"exp": now.as_second() - 299}), Some("oid-1"), Some("app-1"), CallerKind::Application),
    ] {
        let token = signed(&party.key, &changes);
        let caller = party.tokens.authenticate(&token, RESOURCE, now).await.unwrap();
        let found = (caller.object_id.as_deref(), caller.app_id.as_deref(), caller.kind);
        assert_eq!(found, (object, app, kind), "{changes}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_for_us_or_not_good_is_refused() {
    let party = entra();
    let now = at("2026-11-21T08:00:00Z").as_second();
    for (changes, expected) in [
        (json!({"aud": "https://management.azure.com"}), "AKV10022"),
        (json!({"aud": "https://vault.test:8443//"}), "AKV10022"),
        (json!({"aud": "https://vault.test"}), "AKV10022"),
        (json!({"aud": null}), "AKV10022"),
        (json!({"iss": "https://login.test/tenant-2/v2.0"}), "AKV10032"),
        (json!({"iss": null}), "AKV10032"),
        (json!({"iss": 1}), "AKV10032"),
        (json!({"exp": now - 301}), "IDX10223"),
        (json!({"exp": null}), "IDX10225"),
        (json!({"nbf": now + 301}), "IDX10222"),
        (json!({"oid": null, "azp": null}), "names nobody"),
        (json!({"oid": null, "scp": "user_impersonation"}), "names nobody"),
        (json!({"oid": "", "azp": ""}), "names nobody"),
    ] {
        let why = refusal(&party, &signed(&party.key, &changes)).await;
        assert!(why.contains(expected), "{changes}: {why}");
    }
}

#[tokio::test]
async fn a_signature_by_another_key_or_with_a_public_key_as_secret_is_refused() {
    let party = entra();
    let stranger = SigningKey::generate(KeyKind::Ec(jose::Curve::P256)).unwrap().with_id("key-1");
    let forged = refusal(&party, &signed(&stranger, &json!({}))).await;
    assert!(forged.contains("IDX10511"), "{forged}");
    let unknown = refusal(&party, &signed(&stranger.with_id("key-9"), &json!({}))).await;
    assert!(unknown.contains("IDX10501"), "{unknown}");
    let none = refusal(&party, &unsigned(&claims(&json!({})))).await;
    assert!(none.contains("IDX10504"), "{none}");
    let by_hmac = SigningKey::symmetric(b"what everybody can fetch, as a secret").unwrap().with_id("key-1");
    let hmac = by_hmac.sign(SignatureAlgorithm::Hs256, &Map::new(), &claims(&json!({}))).unwrap();
    let hmac = refusal(&party, hmac.expose()).await;
    assert!(hmac.contains("IDX10696"), "{hmac}");
    for text in ["", "a.b.c", &"x".repeat(100_000)] {
        refusal(&party, text).await;
    }
}

#[tokio::test]
async fn a_rotated_key_is_fetched() {
    let party = entra();
    let token = signed(&party.fresh, &json!({}));
    let caller = party.tokens.authenticate(&token, RESOURCE, at("2026-11-21T08:00:00Z")).await.unwrap();
    assert_eq!(caller.object_id.as_deref(), Some("oid-1"));
}

#[tokio::test]
async fn without_the_provider_nobody_is_refused_or_let_in() {
    let party = entra();
    party.provider.is_away.store(true, Ordering::SeqCst);
    let token = signed(&party.key, &json!({}));
    let answer = party.tokens.authenticate(&token, RESOURCE, at("2026-11-21T08:00:00Z")).await;
    assert!(matches!(answer, Err(NotAuthenticated::Unavailable(_))), "{answer:?}");
}
