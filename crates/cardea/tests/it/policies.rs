//! Policies through the real program, once each: that they are wired. What each does in detail is tested where it is.

use serde_json::json;

use crate::harness::{Api, Backend, CHAT, Folder, Gateway, MODEL_KEY, Policy, Product, eventually, models};

#[tokio::test]
async fn a_preflight_is_answered_without_a_key() {
    let backend = Backend::start().await;
    let cors = r#"
        <cors allow-credentials="true">
            <allowed-origins><origin>https://portal.example</origin></allowed-origins>
            <allowed-methods preflight-result-max-age="300"><method>POST</method></allowed-methods>
            <allowed-headers><header>content-type</header><header>api-key</header></allowed-headers>
        </cors>"#;
    let api = Api::new("own").with_key().to(&backend.url()).policy(Policy::inbound(cors));
    let mut gateway = Gateway::serving(Folder::new().api(&api).subscription("a", "/apis", "k-1")).await;
    let preflight = |origin: &str| {
        let call = gateway.call("OPTIONS", "/own/chat").header("origin", origin);
        let call = call.header("access-control-request-method", "POST");
        call.header("access-control-request-headers", "content-type,api-key")
    };
    let allowed = preflight("https://portal.example").send().await;
    assert_eq!(allowed.status, 200, "{}", allowed.text());
    assert_eq!(allowed.header("access-control-allow-origin"), "https://portal.example");
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    assert_eq!(allowed.header("access-control-max-age"), "300");
    assert!(allowed.header("access-control-allow-methods").contains("POST"));
    let other = preflight("https://evil.example").send().await;
    assert_eq!((other.status, other.text(), other.header("access-control-allow-origin")), (200, "", ""));
    assert!(backend.seen().is_empty(), "a preflight is not forwarded");
    // The call itself takes a key, and its answer, a refusal too, may be read by the page.
    let call = |key: &str| {
        gateway.call("POST", "/own/chat").key(key).header("origin", "https://portal.example").body("{}")
    };
    let answer = call("k-1").send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "https://portal.example");
    assert_eq!(call("wrong").send().await.status, 401);
    for status in [200, 200, 200, 401] {
        assert_eq!(gateway.record().await["responseCode"], status);
    }
}

#[tokio::test]
async fn addresses_paths_and_answers() {
    let backend = Backend::start().await;
    let api = |name: &str, text: &str| Api::new(name).to(&backend.url()).policy(Policy::inbound(text));
    let templated = Api::new("rewritten")
        .to(&format!("{}/v2", backend.url()))
        .serving(&["GET /items/{id}"])
        .policy(Policy::inbound(r#"<rewrite-uri template="/things?id={id}" />"#));
    let folder = Folder::new()
        .api(&api("only-others", r#"<ip-filter action="allow"><address>192.0.2.1</address></ip-filter>"#))
        .api(&api("only-us", r#"<ip-filter action="allow"><address>127.0.0.1</address></ip-filter>"#))
        .api(&templated)
        .api(&api(
            "answered",
            r#"<return-response>
                <set-status code="418" reason="Short and stout" />
                <set-header name="x-pot" exists-action="override"><value>tea</value></set-header>
                <set-body>{"pot": true}</set-body>
            </return-response>"#,
        ));
    let gateway = Gateway::serving(folder).await;
    assert_eq!(gateway.get("/only-others").send().await.status, 403);
    assert_eq!(gateway.get("/only-us").send().await.status, 200);
    assert_eq!(gateway.get("/rewritten/items/7?x=1").send().await.status, 200);
    assert_eq!(backend.last().target, "/v2/things?id=7&x=1");
    let answer = gateway.get("/answered").send().await;
    assert_eq!((answer.status, answer.header("x-pot"), answer.text()), (418, "tea", r#"{"pot": true}"#));
    assert_eq!(backend.seen().len(), 2);
}

/// Scopes, fragments, named values and expressions together, as in the documents of the how-tos.
#[tokio::test]
async fn scopes_fragments_and_expressions_work_together() {
    let models = models().await;
    let fragment = r#"<fragment>
        <set-variable name="model" value="@((string)context.Request.Body.As<JObject>(preserveContent: true)["model"] ?? "none")" />
    </fragment>"#;
    let product = Policy::inbound(
        r#"<include-fragment fragment-id="find-model" />
        <choose>
            <when condition="@((string)context.Variables["model"] == "gpt-4o")">
                <return-response>
                    <set-status code="403" reason="Forbidden" />
                    <set-body>@(context.Product.Name + " may not use " + (string)context.Variables["model"])</set-body>
                </return-response>
            </when>
        </choose>"#,
    );
    let api = Policy::inbound(
        r#"<set-header name="api-key" exists-action="override"><value>@("{{provider-key}}")</value></set-header>"#,
    )
    .and_outbound(
        r#"<set-header name="x-answered" exists-action="override">
            <value>@(context.Response.StatusCode + " for " + context.Subscription.Id + " of {{tenant}}")</value>
        </set-header>"#,
    );
    let folder = Folder::new()
        .api(&Api::models(&models.base_url()).with_key().policy(api))
        .product(&Product::new("starter", &["openai"]).policy(product))
        .file("policy fragments/find-model/policy.xml", fragment)
        .secret("provider-key", MODEL_KEY)
        .named_value("tenant", "contoso")
        .subscription("team-a", "/products/starter", "k-1");
    let gateway = Gateway::serving(folder).await;
    let chat = |model: &str| {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Say hello" }] });
        gateway.call("POST", CHAT).key("k-1").json(&body)
    };
    let answer = chat("gpt-4o-mini").send().await;
    assert_eq!(
        (answer.status, answer.header("x-answered")),
        (200, "200 for team-a of contoso"),
        "{}",
        answer.text()
    );
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "You said: Say hello");
    let refused = chat("gpt-4o").send().await;
    assert_eq!((refused.status, refused.text()), (403, "starter may not use gpt-4o"));
    assert_eq!(models.recorder().requests().len(), 1);
}

/// A secret inside of a C# string is read when the expression runs, so that rotation reaches it, and one that is code
/// is compiled anew.
#[tokio::test]
async fn secrets_in_expressions_rotate() {
    let backend = Backend::start().await;
    let inbound = r#"
        <set-header name="x-text" exists-action="override"><value>@("Bearer {{text}}")</value></set-header>
        <set-header name="x-code" exists-action="override"><value>@(({{code}}).ToString())</value></set-header>"#;
    let folder = Folder::new()
        .api(&Api::new("own").to(&backend.url()).policy(Policy::inbound(inbound)))
        .secret("text", "one")
        .secret("code", "40 + 1");
    let gateway = Gateway::serving(folder).await;
    assert_eq!(gateway.get("/own").send().await.status, 200, "{}", gateway.said());
    assert_eq!(
        (backend.last().header("x-text"), backend.last().header("x-code")),
        (vec!["Bearer one"], vec!["41"])
    );
    gateway.folder.rotate("text", "two");
    gateway.folder.rotate("code", "40 + 2");
    eventually("both are new", async || {
        assert_eq!(gateway.get("/own").send().await.status, 200);
        let seen = backend.last();
        ((seen.header("x-text"), seen.header("x-code")) == (vec!["Bearer two"], vec!["42"])).then_some(())
    })
    .await;
}

/// The caller's key can be read by policies, though it is not forwarded.
#[tokio::test]
async fn policies_see_the_callers_key() {
    let backend = Backend::start().await;
    let inbound = r#"<set-header name="x-length" exists-action="override">
        <value>@(context.Request.Headers.GetValueOrDefault("Ocp-Apim-Subscription-Key", "").Length.ToString() + " " + (context.Subscription.Key == "k-12345").ToString())</value>
    </set-header>"#;
    let api = Api::new("own").with_key().to(&backend.url()).policy(Policy::inbound(inbound));
    let gateway = Gateway::serving(Folder::new().api(&api).subscription("a", "/apis", "k-12345")).await;
    assert_eq!(gateway.get("/own").key("k-12345").send().await.status, 200);
    assert_eq!(backend.last().header("x-length"), ["7 True"]);
    assert!(!backend.last().everything().contains("k-12345"));
}
