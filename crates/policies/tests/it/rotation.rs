//! What only several calls show: keys that are replaced while the gateway runs, and tokens that are remembered.

use policy::Scope;
use policy_doc::{Lookup, NamedValues as _};
use secret::Secret;

use crate::documents::Document;
use crate::script::When;
use crate::walk::{Loaded, Walked};

const URL: &str = "https://login.example/.well-known/openid-configuration";

fn loaded(policy: &str, when: &str) -> Result<Loaded, String> {
    let text = format!("<policies><inbound>{policy}</inbound></policies>");
    let when = When::read(when)?;
    let (loaded, problems) = Loaded::of(&[Document { scope: Scope::Operation, text }], &when)?;
    loaded.ok_or_else(|| format!("{problems:?}"))
}

fn reason(walked: &Walked) -> &str {
    walked.error.as_ref().map_or("", |error| error.reason)
}

/// A call with this token.
fn call(loaded: &Loaded, token: &str) -> Result<Walked, String> {
    loaded.call(&When::read(&format!("> GET /\n> Authorization: Bearer {{token {token}}}"))?)
}

/// Issue 3: rotation of a symmetric key needs no compilation, and what the old key verified is not remembered.
#[test]
fn a_secret_key_is_replaced_while_calls_go_on() {
    let loaded = loaded(
        r#"<validate-jwt header-name="Authorization"><issuer-signing-keys><key>{{signing}}</key></issuer-signing-keys></validate-jwt>"#,
        "key s HS\nkey n HS\nsecret signing = none\ntoken old s {\"exp\":1767229200}\ntoken new n {\"exp\":1767229200}\n> GET /",
    )
    .unwrap();
    let Lookup::Secret { slot, .. } = loaded.names.get("signing") else { panic!("no secret") };
    let slot = loaded.names.slots().get(slot).unwrap().clone();
    let text = |name: &str| match loaded.names.get(name) {
        Lookup::Plain(text) => Secret::new(text),
        _ => panic!("no named value"),
    };
    assert_eq!(reason(&call(&loaded, "old").unwrap()), "PolicyFailure", "what is no key opens nothing");
    slot.replace(text("s-secret"));
    for _ in 0..2 {
        assert_eq!(reason(&call(&loaded, "old").unwrap()), "");
    }
    assert_eq!(loaded.remembered.hits(), 1, "the second call found the token remembered");
    slot.replace(text("n-secret"));
    assert_eq!(reason(&call(&loaded, "old").unwrap()), "TokenSignatureKeyNotFound");
    assert_eq!(reason(&call(&loaded, "new").unwrap()), "");
    assert_eq!(loaded.remembered.hits(), 1);
}

/// Issue 3: verified tokens are remembered; claims are not: another policy on the same token says no.
#[test]
fn a_remembered_token_is_still_judged_by_its_claims() {
    let policy = format!(
        r#"<validate-jwt header-name="Authorization"><openid-config url="{URL}" /></validate-jwt>
        <validate-jwt header-name="Authorization"><openid-config url="{URL}" /><required-claims><claim name="roles" /></required-claims></validate-jwt>"#
    );
    let when = format!(
        "key k RS256\nprovider {URL} = https://login.example keys k\ntoken t k {{\"iss\":\"https://login.example\",\"exp\":1767229200}}\n> GET /"
    );
    let loaded = loaded(&policy, &when).unwrap();
    let walked = call(&loaded, "t").unwrap();
    assert_eq!(reason(&walked), "TokenClaimNotFound");
    assert_eq!(loaded.remembered.hits(), 1, "its signature was not verified again");
    assert_eq!((walked.asked.fetched, walked.asked.renewed), (1, 0), "nor were keys fetched again");
}

/// A provider that withdraws a key: what it signed is good no longer, remembered or not.
#[test]
fn a_withdrawn_key_is_not_remembered() {
    let policy =
        format!(r#"<validate-jwt header-name="Authorization"><openid-config url="{URL}" /></validate-jwt>"#);
    let when = format!(
        "key k RS256\nkey new RS256\nprovider {URL} = https://login.example keys k\nrenewed {URL} = https://login.example keys new\n\
         token t k {{\"iss\":\"https://login.example\",\"exp\":1767229200}}\n\
         token n new {{\"iss\":\"https://login.example\",\"exp\":1767229200}}\n> GET /"
    );
    let loaded = loaded(&policy, &when).unwrap();
    assert_eq!(reason(&call(&loaded, "t").unwrap()), "");
    assert_eq!(reason(&call(&loaded, "n").unwrap()), "", "the new key is fetched at its first use");
    let walked = call(&loaded, "t").unwrap();
    assert_eq!(reason(&walked), "TokenSignatureKeyNotFound");
    assert_eq!(loaded.remembered.hits(), 0);
}

/// Whoever sends a forged token again and again has its signature verified once, and no other token suffers from it.
#[test]
fn a_forged_token_is_verified_once_for_the_same_keys() {
    let policy =
        format!(r#"<validate-jwt header-name="Authorization"><openid-config url="{URL}" /></validate-jwt>"#);
    let claims = "{\"iss\":\"https://login.example\",\"exp\":1767229200}";
    let when = format!(
        "key k RS256\nkey forger RS256\nprovider {URL} = https://login.example keys k\n\
         token good k {claims}\ntoken forged forger {claims} header {{\"kid\":\"k\"}}\n> GET /"
    );
    let loaded = loaded(&policy, &when).unwrap();
    for verified_before in [0, 1, 2] {
        assert_eq!(reason(&call(&loaded, "forged").unwrap()), "TokenSignatureInvalid");
        assert_eq!(loaded.remembered.refused_hits(), verified_before);
        assert_eq!(reason(&call(&loaded, "good").unwrap()), "");
    }
}

/// A token whose key is not known yet is looked at again as soon as there are other keys.
#[test]
fn that_a_key_is_not_known_is_not_remembered() {
    let policy =
        format!(r#"<validate-jwt header-name="Authorization"><openid-config url="{URL}" /></validate-jwt>"#);
    let when = format!(
        "key k RS256\nkey new RS256\nprovider {URL} = https://login.example keys k\nrenewed {URL} = https://login.example keys new\n\
         token n new {{\"iss\":\"https://login.example\",\"exp\":1767229200}}\n> GET /"
    );
    let loaded = loaded(&policy, &when).unwrap();
    assert_eq!(reason(&call(&loaded, "n").unwrap()), "", "it was refused by the old keys only");
    assert_eq!(loaded.remembered.refused_hits(), 0);
}

/// What a policy asks of claims is judged once for a token, what an expression asks for every time, and times are.
#[test]
fn a_token_that_was_accepted_is_still_judged_by_what_a_request_asks_for() {
    let policy = format!(
        r#"<validate-jwt header-name="Authorization"><openid-config url="{URL}" /><audiences><audience>a</audience></audiences></validate-jwt>
        <validate-jwt header-name="Authorization"><openid-config url="{URL}" /><required-claims><claim name="roles"><value>@(context.Request.Headers.GetValueOrDefault("Role", "r"))</value></claim></required-claims></validate-jwt>"#
    );
    let when = format!(
        "key k RS256\nprovider {URL} = https://login.example keys k\n\
         token t k {{\"iss\":\"https://login.example\",\"aud\":\"a\",\"roles\":[\"r\"],\"exp\":1767229200}}\n> GET /"
    );
    let loaded = loaded(&policy, &when).unwrap();
    let call = |role: &str| {
        let when = format!("> GET /\n> Authorization: Bearer {{token t}}\n> Role: {role}");
        loaded.call(&When::read(&when).unwrap()).unwrap()
    };
    for (role, expected) in [("r", ""), ("r", ""), ("s", "TokenClaimValueNotAllowed"), ("r", "")] {
        assert_eq!(reason(&call(role)), expected);
    }
}

/// What an encrypted token holds is remembered of whoever could open it, and of nobody else.
#[test]
fn an_encrypted_token_is_not_remembered_where_there_is_no_key_for_it() {
    let policy = |decryption: &str| {
        format!(
            r#"<validate-jwt header-name="Authorization"><openid-config url="{URL}" />{decryption}</validate-jwt>"#
        )
    };
    let both = policy("<decryption-keys><key>{{d-secret}}</key></decryption-keys>") + &policy("");
    let when = format!(
        "key k RS256\nkey d HS\nprovider {URL} = https://login.example keys k\n\
         token t k {{\"iss\":\"https://login.example\",\"exp\":1767229200}}\nencrypted e = t for d\n> GET /"
    );
    let loaded = loaded(&both, &when).unwrap();
    for _ in 0..2 {
        assert_eq!(reason(&call(&loaded, "e").unwrap()), "JwtInvalid");
    }
    assert_eq!(loaded.remembered.hits(), 1, "by the first policy, in the second call");
}

/// Two providers have a key in common: a token is remembered of each, and its issuer vouches for it where it is asked.
#[test]
fn a_token_that_another_provider_vouched_for_is_still_its_issuers() {
    let other = "https://other.example/.well-known/openid-configuration";
    let policy = format!(
        r#"<validate-jwt header-name="Authorization"><openid-config url="{other}" /><issuers><issuer>https://login.example</issuer></issuers></validate-jwt>
        <validate-jwt header-name="Authorization"><openid-config url="{other}" /><openid-config url="{URL}" /></validate-jwt>"#
    );
    let when = format!(
        "key k RS256\nprovider {URL} = https://login.example keys k\nprovider {other} = https://other.example keys k\n\
         token t k {{\"iss\":\"https://login.example\",\"exp\":1767229200}}\n> GET /"
    );
    let loaded = loaded(&policy, &when).unwrap();
    for _ in 0..3 {
        assert_eq!(reason(&call(&loaded, "t").unwrap()), "");
    }
}

/// Mangled tokens of every kind end in a refusal, quickly, and never in the backend.
#[test]
fn mangled_tokens_are_refused() {
    let policy =
        format!(r#"<validate-jwt header-name="Authorization"><openid-config url="{URL}" /></validate-jwt>"#);
    let when = format!(
        "key k RS256\nprovider {URL} = https://login.example keys k\ntoken t k {{\"iss\":\"https://login.example\",\"exp\":1767229200}}\n> GET /"
    );
    let loaded = loaded(&policy, &when).unwrap();
    let token = loaded.signers.fill("{token t}");
    // The last character of Base64url may hold bits that mean nothing; a strict reader refuses those as well.
    for at in (0..token.len()).step_by(3) {
        for with in ['A', '.', '=', ' ', '"'] {
            let mangled: String =
                token.chars().enumerate().map(|(index, c)| if index == at { with } else { c }).collect();
            if mangled == token {
                continue;
            }
            let when = When::read(&format!("> GET /\n> Authorization: Bearer {mangled}")).unwrap();
            let walked = loaded.call(&when).unwrap();
            assert!(
                walked.seen.is_none() && walked.status.as_u16() == 401,
                "{at} {with:?}: {:?}",
                walked.error
            );
        }
    }
}

/// Providers are fetched ahead of the first caller, as far as they are known by then.
#[test]
fn a_pipeline_names_its_providers() {
    let policy = format!(
        r#"<validate-jwt header-name="Authorization"><openid-config url="https://{{{{host}}}}/a" /><openid-config url="{URL}" /></validate-jwt>
        <choose><when condition="@(context.Request.Method == "GET")"><validate-azure-ad-token tenant-id="contoso.com" /></when>
        <otherwise><validate-azure-ad-token tenant-id="@(context.Request.Method)" />
        <validate-azure-ad-token tenant-id="common" authentication-endpoint="login.microsoftonline.us" /></otherwise></choose>"#
    );
    let loaded = loaded(&policy, "secret host = one.example\n> GET /").unwrap();
    let mut urls = std::collections::BTreeSet::new();
    loaded.pipeline.providers("https://login.microsoftonline.com", &mut urls);
    let expected = [
        URL,
        "https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration",
        "https://login.microsoftonline.us/common/v2.0/.well-known/openid-configuration",
        "https://one.example/a",
    ];
    assert_eq!(urls.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
