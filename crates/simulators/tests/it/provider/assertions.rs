//! Client assertions: with a certificate ("Microsoft identity platform application authentication certificate credentials"),
//! and with a token of another issuer ("Workload identity federation").

use jose::SignatureAlgorithm;
use jose::sign::SigningKey;
use serde_json::{Map, Value, json};
use simulators::client_certificate;
use simulators::identity::{App, Directory, FederatedIssuer, Tenant};

use super::web::{NOW, Provider, TENANT, claims, encoded, id};

fn form(client: &str, assertion: &str) -> String {
    let scope = encoded("api://models/.default");
    format!(
        "grant_type=client_credentials&client_id={}&scope={scope}&client_assertion={}\
         &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
        id(client),
        encoded(assertion)
    )
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_certificate_proves_who_calls() {
    let certificate = client_certificate("team").unwrap();
    let app = App::new(id("c4"), "Certified").certificate(certificate.certificate_pem.clone());
    let models = App::new(id("a1"), "Models").identifier_uri("api://models");
    let tenant = Tenant::new(TENANT, "contoso.example").app(app).app(models);
    let provider = Provider::of(Directory::new(tenant).unwrap()).await;
    let pem = format!("{}{}", certificate.key_pem, certificate.certificate_pem);
    let key = SigningKey::from_pem(pem.as_bytes()).unwrap();
    let endpoint = format!("{}/{TENANT}/oauth2/v2.0/token", provider.running.authority());
    let good = json!({
        "aud": endpoint, "iss": id("c4"), "sub": id("c4"), "jti": "one", "nbf": NOW, "exp": NOW + 600,
    });
    let by = |name: &str, value: Value| {
        let mut changed = map(&good);
        changed.insert("jti".into(), json!(format!("other {name} {value}")));
        changed.insert(name.into(), value);
        changed
    };
    let thumbprint = map(&json!({ "x5t": key.x5t() }));
    let padded = map(&json!({ "x5t": format!("{}=", key.x5t().unwrap()) }));
    let by_sha256 = map(&json!({ "x5t#S256": key.x5t_s256() }));
    let other = map(&json!({ "x5t": "AAAA" }));
    let none = Map::new();
    let (rs, ps) = (SignatureAlgorithm::Rs256, SignatureAlgorithm::Ps256);
    let cases = [
        ("good", rs, &thumbprint, map(&good), (200, 0)),
        ("the same again", rs, &thumbprint, map(&good), (401, 50_013)),
        ("PS256 and SHA-256", ps, &by_sha256, by("jti", json!("two")), (200, 0)),
        ("a thumbprint with padding", rs, &padded, by("jti", json!("three")), (200, 0)),
        (
            "for the issuer",
            rs,
            &thumbprint,
            by("aud", json!(endpoint.replace("/oauth2/v2.0/token", "/v2.0"))),
            (200, 0),
        ),
        // As MSAL for Python 1.39 writes it.
        ("an end with a fraction", rs, &thumbprint, by("exp", json!(NOW as f64 + 600.25)), (200, 0)),
        ("no thumbprint", rs, &none, by("jti", json!("four")), (401, 700_027)),
        ("another certificate", rs, &other, by("jti", json!("five")), (401, 700_027)),
        (
            "another algorithm",
            SignatureAlgorithm::Rs512,
            &thumbprint,
            by("jti", json!("six")),
            (401, 700_027),
        ),
        (
            "for somebody else",
            rs,
            &thumbprint,
            by("aud", json!("https://login.example/x/v2.0")),
            (401, 700_023),
        ),
        ("of somebody else", rs, &thumbprint, by("iss", json!(id("a1"))), (401, 700_021)),
        ("about somebody else", rs, &thumbprint, by("sub", json!(id("a1"))), (401, 700_021)),
        ("expired", rs, &thumbprint, by("exp", json!(NOW - 301)), (401, 700_024)),
        ("without an end", rs, &thumbprint, by("exp", Value::Null), (401, 700_024)),
        ("not yet good", rs, &thumbprint, by("nbf", json!(NOW + 301)), (401, 700_024)),
    ];
    for (name, algorithm, header, content, expected) in cases {
        let assertion = key.sign(algorithm, header, &content).unwrap();
        let answer = provider.token(&form("c4", assertion.expose())).await;
        assert_eq!(answer.outcome(), expected, "{name}: {}", answer.text());
        if expected == (200, 0) {
            assert_eq!(claims(&answer.token("access_token"))["appidacr"], "2", "{name}");
        }
    }
    let stranger = client_certificate("stranger").unwrap();
    let stranger = SigningKey::from_pem(stranger.key_pem.as_bytes()).unwrap();
    let forged = stranger.sign(rs, &thumbprint, &by("jti", json!("seven"))).unwrap();
    assert_eq!(provider.token(&form("c4", forged.expose())).await.outcome(), (401, 700_027));
}

#[tokio::test]
async fn a_token_of_the_cluster_proves_who_calls() {
    let provider = Provider::start().await;
    let subject = "system:serviceaccount:default:gateway";
    let token = provider.running.cluster_token(subject, 3_600);
    // What people's editors add at the end of a file is no reason to refuse.
    for assertion in [token.clone(), format!("{token}\n")] {
        let answer = provider.token(&form("c1", &assertion)).await;
        assert_eq!(claims(&answer.token("access_token"))["appidacr"], "2");
    }
    assert_eq!(provider.token(&form("e2", &token)).await.outcome(), (401, 700_211));
    let other = provider.running.cluster_token("system:serviceaccount:default:Gateway", 3_600);
    assert_eq!(provider.token(&form("c1", &other)).await.outcome(), (401, 700_213));
    let order = json!({ "subject": subject, "audience": "api://other" }).to_string();
    let other = provider.own(http::Method::POST, "/_simulator/cluster-tokens", &[], &order).await.text();
    assert_eq!(provider.token(&form("c1", &other)).await.outcome(), (401, 700_212));
    provider.wait(4_000);
    assert_eq!(provider.token(&form("c1", &token)).await.outcome(), (401, 700_024));
}

#[tokio::test]
async fn a_token_of_an_issuer_that_is_trusted_proves_who_calls() {
    let key = SigningKey::generate(jose::sign::KeyKind::Rsa2048).unwrap().with_id("k1");
    let keys = json!({ "keys": [key.public_jwk().unwrap()] }).to_string();
    let issuer = "https://ci.example";
    let app = App::new(id("c4"), "Pipeline").federated(FederatedIssuer::Url(issuer.into()), "repo:a/b");
    let models = App::new(id("a1"), "Models").identifier_uri("api://models");
    let tenant = Tenant::new(TENANT, "contoso.example").app(app).app(models);
    let directory = Directory::new(tenant).unwrap();
    assert!(directory.clone().trusting(issuer, "no keys").is_err());
    let provider = Provider::of(directory.trusting(issuer, keys).unwrap()).await;
    let claims = json!({
        "iss": issuer, "sub": "repo:a/b", "aud": "api://AzureADTokenExchange", "exp": NOW + 600,
    });
    let token = key.sign(SignatureAlgorithm::Rs256, &Map::new(), &map(&claims)).unwrap();
    assert_eq!(provider.token(&form("c4", token.expose())).await.outcome(), (200, 0));
}

#[tokio::test]
async fn an_issuer_must_be_the_one_that_signed() {
    let provider = Provider::start().await;
    let key = SigningKey::generate(jose::sign::KeyKind::Rsa2048).unwrap();
    let claims = json!({
        "iss": provider.running.cluster_issuer(), "sub": "system:serviceaccount:default:gateway",
        "aud": "api://AzureADTokenExchange", "exp": NOW + 600,
    });
    let forged = key.sign(SignatureAlgorithm::Rs256, &Map::new(), &map(&claims)).unwrap();
    assert_eq!(provider.token(&form("c1", forged.expose())).await.outcome(), (401, 50_013));
}
