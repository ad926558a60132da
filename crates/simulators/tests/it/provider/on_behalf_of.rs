//! On behalf of, and the groups of users who have many. "Microsoft identity platform and OAuth2.0 On-Behalf-Of flow".

use http::Method;
use serde_json::json;
use simulators::identity::{Flaw, TokenOrder};

use super::web::{Provider, TENANT, claims, encoded, id};

fn form(assertion: &str) -> String {
    let scope = encoded("api://models/.default");
    format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&requested_token_use=on_behalf_of&client_id={}\
         &client_secret=secret+of+the+portal&scope={scope}&assertion={assertion}",
        id("e2")
    )
}

#[tokio::test]
async fn a_token_for_the_portal_becomes_one_for_the_models_in_the_same_name() {
    let provider = Provider::start().await;
    let order = TokenOrder::new("api://portal").by_client("Console").about_user("ada@contoso.example");
    let assertion = provider.running.token(&order).unwrap();
    let answer = provider.token(&form(&assertion)).await;
    let token = claims(&answer.token("access_token"));
    assert_eq!((&token["aud"], &token["appid"]), (&"api://models".into(), &id("e2").into()));
    assert_eq!((&token["oid"], &token["scp"]), (&id("b1").into(), &"Chat.Use Chat.Read".into()));
    assert_eq!(token["roles"], json!(["Chat.Use"]));
}

#[tokio::test]
async fn only_a_good_token_of_a_user_for_this_application_is_taken() {
    let provider = Provider::start().await;
    let portal = || TokenOrder::new("api://portal").about_user("ada@contoso.example");
    let cases = [
        (
            "for somebody else",
            TokenOrder::new("api://models").about_user("ada@contoso.example"),
            (400, 500_131),
        ),
        ("without a user", TokenOrder::new("api://portal").by_client("Team A"), (400, 7_000_114)),
        ("expired", portal().with_flaw(Flaw::Expired), (400, 500_133)),
        ("a wrong signature", portal().with_flaw(Flaw::WrongSignature), (400, 50_013)),
        ("another key", portal().with_flaw(Flaw::UnknownKey), (400, 50_013)),
        ("unsigned", portal().with_flaw(Flaw::Unsigned), (400, 50_013)),
        ("signed with what is public", portal().with_flaw(Flaw::ConfusedAlgorithm), (400, 50_013)),
        ("another issuer", portal().with_flaw(Flaw::WrongIssuer), (400, 50_013)),
    ];
    for (name, order, expected) in cases {
        let assertion = provider.running.token(&order).unwrap();
        let answer = provider.token(&form(&assertion)).await;
        assert_eq!(answer.outcome(), expected, "{name}: {}", answer.text());
    }
    assert_eq!(provider.token(&form("x")).await.outcome(), (400, 50_027));
}

#[tokio::test]
async fn too_many_groups_are_elsewhere() {
    let provider = Provider::start().await;
    let order = TokenOrder::new("api://models").about_user("grace@contoso.example");
    let token = provider.running.token(&order).unwrap();
    let found = claims(&token);
    // Shape: "Access token claims reference", groups overage claim.
    assert_eq!((found.get("groups"), &found["_claim_names"]), (None, &json!({ "groups": "src1" })));
    let endpoint = found["_claim_sources"]["src1"]["endpoint"].as_str().unwrap();
    let path = endpoint.strip_prefix(provider.running.authority()).unwrap();
    assert_eq!(path, format!("/{TENANT}/users/{}/getMemberObjects", id("b3")));
    let refused = provider.call(Method::POST, path, &[], "{}").await;
    assert_eq!(refused.status, 401);
    let bearer = format!("Bearer {token}");
    let groups = provider.call(Method::POST, path, &[("authorization", &bearer)], "{}").await.json();
    assert_eq!(groups["value"].as_array().map(Vec::len), Some(3));
}
