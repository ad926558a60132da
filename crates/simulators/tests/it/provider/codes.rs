//! Authorization codes with PKCE, and refresh tokens.
//!
//! The verifier and its challenge are those of RFC 7636, appendix B. Rules of redirect URIs: "Redirect URI (reply URL)
//! best practices and limitations", AADSTS9002326 and AADSTS9002327.

use http::Method;
use simulators::identity::RunningIdentity;

use super::web::{Answer, Provider, TENANT, claims, encoded, id};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SPA: &str = "https://console.example/callback";
const PUBLIC: &str = "http://localhost:5173/callback";
const WEB: &str = "https://portal.example/callback";
const ORIGIN: [(&str, &str); 1] = [("origin", "https://console.example")];

fn request(client: &str, redirect: &str, more: &str) -> String {
    let (redirect, scope) = (encoded(redirect), encoded("api://models/Chat.Use openid offline_access"));
    format!(
        "/{TENANT}/oauth2/v2.0/authorize?response_type=code&client_id={}&redirect_uri={redirect}&scope={scope}&state=s%201{more}",
        id(client)
    )
}

fn location(answer: &Answer) -> url::Url {
    answer.header("location").parse().unwrap_or_else(|_| panic!("{} {}", answer.status, answer.text()))
}

fn query(url: &url::Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Signs Ada in.
async fn code(provider: &Provider, client: &str, redirect: &str, more: &str) -> String {
    let more = format!("&login_hint=ada%40contoso.example{more}");
    let answer = provider.get(&request(client, redirect, &more)).await;
    let location = location(&answer);
    assert_eq!((answer.status.as_u16(), query(&location, "state")), (302, String::from("s 1")));
    query(&location, "code")
}

fn pkce() -> String {
    format!("&code_challenge={CHALLENGE}&code_challenge_method=S256")
}

fn form(client: &str, redirect: &str, code: &str, more: &str) -> String {
    let redirect = encoded(redirect);
    format!(
        "grant_type=authorization_code&client_id={}&redirect_uri={redirect}&code={code}{more}",
        id(client)
    )
}

#[tokio::test]
async fn a_page_of_a_single_page_application_signs_in_once_per_code() {
    let provider = Provider::start().await;
    let code = code(&provider, "e1", SPA, &format!("{}&nonce=n1", pkce())).await;
    let form = form("e1", SPA, &code, &format!("&code_verifier={VERIFIER}&client_info=1"));
    let answer = provider.token_with(&ORIGIN, &form).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, "*"));
    let token = claims(&answer.token("access_token"));
    assert_eq!((&token["scp"], &token["upn"]), (&"Chat.Use".into(), &"ada@contoso.example".into()));
    assert_eq!((&token["appidacr"], &token["oid"]), (&"0".into(), &id("b1").into()));
    assert_eq!(token["groups"], serde_json::json!([id("f1"), id("f2")]));
    let own = claims(&answer.token("id_token"));
    assert_eq!((&own["aud"], &own["nonce"], &own["ver"]), (&id("e1").into(), &"n1".into(), &"2.0".into()));
    assert_eq!(own["preferred_username"], "ada@contoso.example");
    assert_ne!(own["sub"], token["sub"], "a user has another `sub` at every application");
    assert_eq!(answer.json()["scope"], "api://models/Chat.Use");
    let again = provider.token_with(&ORIGIN, &form).await;
    assert_eq!(again.outcome(), (400, 54_005));
}

#[tokio::test]
async fn who_redeems_must_be_what_the_redirect_uri_belongs_to() {
    let provider = Provider::start().await;
    let verifier = format!("&code_verifier={VERIFIER}");
    let secret = "&client_secret=secret+of+the+portal";
    let cases = [
        ("from a server", "e1", SPA, &ORIGIN[..0], verifier.clone(), (400, 9_002_327)),
        ("with a secret", "e1", SPA, &ORIGIN[..], format!("{verifier}&client_secret=x"), (401, 700_025)),
        ("a native one from a page", "e1", PUBLIC, &ORIGIN[..], verifier.clone(), (400, 9_002_326)),
        ("a native one", "e1", PUBLIC, &ORIGIN[..0], verifier.clone(), (200, 0)),
        ("a web one from a page", "e2", WEB, &ORIGIN[..], format!("{verifier}{secret}"), (400, 9_002_326)),
        ("a web one without a secret", "e2", WEB, &ORIGIN[..0], verifier.clone(), (401, 7_000_218)),
        ("a web one", "e2", WEB, &ORIGIN[..0], format!("{verifier}{secret}"), (200, 0)),
    ];
    for (name, client, redirect, headers, more, expected) in cases {
        let code = code(&provider, client, redirect, &pkce()).await;
        let answer = provider.token_with(headers, &form(client, redirect, &code, &more)).await;
        assert_eq!(answer.outcome(), expected, "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_code_is_bound_to_what_it_was_asked_with() {
    let provider = Provider::start().await;
    let good = code(&provider, "e1", PUBLIC, &pkce()).await;
    let verifier = format!("&code_verifier={VERIFIER}");
    let cases = [
        (
            "another verifier",
            form("e1", PUBLIC, &good, &format!("&code_verifier={}", "x".repeat(43))),
            (400, 501_481),
        ),
        ("no verifier", form("e1", PUBLIC, &good, ""), (400, 900_144)),
        ("another redirect URI", form("e1", "http://localhost:1/other", &good, &verifier), (401, 500_112)),
        ("another client", form("c1", PUBLIC, &good, &verifier), (400, 700_016)),
        ("another code", form("e1", PUBLIC, "x", &verifier), (400, 9_002_313)),
        ("no code", form("e1", PUBLIC, "", &verifier), (400, 900_144)),
        ("after all", form("e1", PUBLIC, &good, &verifier), (200, 0)),
    ];
    for (name, form, expected) in cases {
        let answer = provider.token(&form).await;
        assert_eq!(answer.outcome(), expected, "{name}: {}", answer.text());
    }
    let late = code(&provider, "e1", PUBLIC, &pkce()).await;
    provider.wait(601);
    assert_eq!(provider.token(&form("e1", PUBLIC, &late, &verifier)).await.outcome(), (400, 70_008));
}

#[tokio::test]
async fn a_single_page_application_needs_pkce() {
    let provider = Provider::start().await;
    let code = code(&provider, "e1", SPA, "").await;
    let answer = provider.token_with(&ORIGIN, &form("e1", SPA, &code, "")).await;
    assert_eq!(answer.outcome(), (400, 9_002_325));
}

#[tokio::test]
async fn an_answer_to_a_browser_goes_where_it_was_asked_to() {
    let provider = Provider::start().await;
    let hint = "&login_hint=ada%40contoso.example";
    let fragment = provider.get(&request("e1", SPA, &format!("{hint}&response_mode=fragment"))).await;
    assert!(fragment.header("location").starts_with(&format!("{SPA}#code=")), "{fragment:?}");
    let posted = provider.get(&request("e1", SPA, &format!("{hint}&response_mode=form_post"))).await;
    assert!(posted.text().contains(&format!("action=\"{SPA}\"")), "{}", posted.text());
    let silent = location(&provider.get(&request("e1", SPA, "&prompt=none")).await);
    assert_eq!(query(&silent, "error"), "login_required");
    let token =
        provider.get(&request("e1", SPA, hint).replace("response_type=code", "response_type=token")).await;
    assert_eq!(query(&location(&token), "error"), "unsupported_response_type");
    let scope = provider.get(&request("e1", SPA, hint).replace("Chat%2EUse", "Chat%2EOther")).await;
    assert!(query(&location(&scope), "error_description").starts_with("AADSTS650053"), "{scope:?}");
    let page = provider.get(&request("e1", SPA, "")).await;
    assert!(page.text().contains("login_hint=ada%40contoso%2Eexample"), "{}", page.text());
}

#[tokio::test]
async fn who_is_not_registered_is_not_redirected_to() {
    let provider = Provider::start().await;
    for (client, redirect, code) in [
        ("e1", "https://evil.example/callback", "AADSTS50011"),
        ("e1", WEB, "AADSTS50011"),
        ("ff", SPA, "AADSTS700016"),
    ] {
        let answer = provider.get(&request(client, redirect, "&login_hint=ada%40contoso.example")).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (400, ""));
        assert!(answer.text().contains(code), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_page_shows_what_it_was_sent_as_text() {
    let provider = Provider::start().await;
    let answer = provider.get(&request("e1", "https://x/<script>alert(1)</script>", "")).await;
    assert!(!answer.text().contains("<script>alert"), "{}", answer.text());
}

fn refresh(client: &str, token: &str, more: &str) -> String {
    let scope = encoded("api://models/Chat.Use");
    format!("grant_type=refresh_token&client_id={}&refresh_token={token}&scope={scope}{more}", id(client))
}

async fn signed_in(provider: &Provider, client: &str, redirect: &str, more: &str) -> String {
    let headers = if redirect == SPA { &ORIGIN[..] } else { &[] };
    let code = code(provider, client, redirect, &pkce()).await;
    let form = form(client, redirect, &code, &format!("&code_verifier={VERIFIER}{more}"));
    provider.token_with(headers, &form).await.token("refresh_token")
}

#[tokio::test]
async fn a_refresh_gives_a_new_refresh_token_and_leaves_the_old_one() {
    let provider = Provider::start().await;
    let secret = "&client_secret=secret+of+the+portal";
    let first = signed_in(&provider, "e2", WEB, secret).await;
    let answer = provider.token(&refresh("e2", &first, secret)).await;
    let second = answer.token("refresh_token");
    assert_ne!(first, second);
    assert_eq!(claims(&answer.token("access_token"))["scp"], "Chat.Use");
    for token in [&first, &second] {
        assert_eq!(provider.token(&refresh("e2", token, secret)).await.outcome(), (200, 0));
    }
    assert_eq!(provider.token(&refresh("e2", &second, "")).await.outcome(), (401, 7_000_218));
    assert_eq!(provider.token(&refresh("e2", "x", secret)).await.outcome(), (400, 9_002_313));
    provider.wait(91 * 24 * 3_600);
    assert_eq!(provider.token(&refresh("e2", &second, secret)).await.outcome(), (400, 700_082));
}

#[tokio::test]
async fn refresh_tokens_of_single_page_applications_end_24_hours_after_the_sign_in() {
    let provider = Provider::start().await;
    let first = signed_in(&provider, "e1", SPA, "").await;
    assert_eq!(provider.token(&refresh("e1", &first, "")).await.outcome(), (400, 9_002_327));
    provider.wait(23 * 3_600);
    let second = provider.token_with(&ORIGIN, &refresh("e1", &first, "")).await.token("refresh_token");
    provider.wait(2 * 3_600);
    let answer = provider.token_with(&ORIGIN, &refresh("e1", &second, "")).await;
    assert_eq!(answer.outcome(), (400, 700_084));
}

#[tokio::test]
async fn the_token_endpoint_answers_preflights_and_records_no_code() {
    let provider = Provider::start().await;
    let path = format!("/{TENANT}/oauth2/v2.0/token");
    let preflight = provider.call(Method::OPTIONS, &path, &ORIGIN, "").await;
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    let token = signed_in(&provider, "e1", PUBLIC, "").await;
    let _refreshed = provider.token(&refresh("e1", &token, "")).await;
    let shown = format!("{:?}", requests(&provider.running));
    assert!(!shown.contains(&token) && !shown.contains(VERIFIER), "{shown}");
}

fn requests(running: &RunningIdentity) -> Vec<simulators::RecordedRequest> {
    running.recorder().requests()
}
