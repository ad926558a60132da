//! Who is let in, what those hear who are not, and that a caller's key stays behind.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::cases::cases;
use crate::harness::{Answer, Api, Backend, Folder, Gateway, Policy, Product, Seen, Start};

/// The recorded bodies: 152 and 143 bytes (`docs/errors.md`).
const MISSING: &str = r#"{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }"#;
const INVALID: &str = r#"{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }"#;

/// A row of `cases/keys.toml`, which says what each member means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    send: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    status: u16,
    refused: Option<String>,
    subscription: Option<String>,
    product: Option<String>,
    user: Option<String>,
    #[serde(default)]
    arrives: Vec<String>,
}

fn folder(backend: &Backend) -> Folder {
    let api = |name: &str| Api::new(name).to(&backend.url());
    Folder::new()
        .overlay("[apis.bearer]\nbearer-keys = true\n")
        .overlay("[users.jane]\nemail = \"jane@example.com\"\nstate = \"blocked\"\n")
        .overlay("[users.joe]\nemail = \"joe@example.com\"\n")
        .api(&api("own").with_key())
        .api(&api("named").with_key_names("api-key", "key"))
        .api(&api("bearer").with_key())
        .api(&api("auth").with_key_names("Authorization", "key"))
        .api(&api("free"))
        .api(&api("opened").with_key())
        .api(&api("both").with_key())
        .api(&api("other").with_key())
        .product(&Product::new("starter", &["own", "named", "bearer", "auth", "free", "both"]))
        .product(&Product::new("draft", &["own"]).with("state", json!("notPublished")))
        .product(&Product::new("open", &["opened", "both"]).open())
        .subscription_with(
            "product",
            &json!({ "displayName": "product", "scope": "/products/starter" }),
            &[("primary", "product-1"), ("secondary", "product-2")],
        )
        .subscription("api", "/apis/own", "api-1")
        .subscription("all", "/apis", "all-1")
        .subscription("draft", "/products/draft", "draft-1")
        .of_starter("suspended", &json!({ "state": "suspended" }))
        .of_starter("cancelled", &json!({ "state": "cancelled" }))
        .of_starter("submitted", &json!({ "state": "submitted" }))
        .of_starter("expired", &json!({ "expirationDate": "2020-01-01T00:00:00Z" }))
        .of_starter("future", &json!({ "startDate": "2999-01-01T00:00:00Z" }))
        .of_starter(
            "current",
            &json!({ "startDate": "2020-01-01T00:00:00Z", "expirationDate": "2999-01-01T00:00:00Z" }),
        )
        .of_starter("blocked", &json!({ "ownerId": "/users/jane" }))
        .of_starter("owned", &json!({ "ownerId": "/users/joe" }))
}

impl Folder {
    /// A subscription for the product `starter`, with more properties.
    fn of_starter(self, name: &str, more: &serde_json::Value) -> Self {
        let mut properties = json!({ "displayName": name, "scope": "/products/starter" });
        for (property, value) in more.as_object().expect("an object") {
            properties[property] = value.clone();
        }
        self.subscription_with(name, &properties, &[("primary", &format!("{name}-1"))])
    }
}

#[tokio::test]
async fn callers_are_let_in_as_the_table_says() {
    let backend = Backend::start().await;
    let mut gateway = Gateway::serving(folder(&backend)).await;
    let cases: Vec<Case> = cases("keys.toml");
    for case in &cases {
        let before = backend.seen().len();
        let (method, target) = case.send.split_once(' ').expect("a method and a target");
        let call = gateway.call(method, target);
        let call = case.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        let answer = call.send().await;
        assert_eq!(answer.status, case.status, "{}: {}", case.name, answer.text());
        refused_as_recorded(case, &answer);
        let record = gateway.record().await;
        let logged = |column: &str| record[column].as_str().map(str::to_owned);
        assert_eq!(logged("apimSubscriptionId"), case.subscription, "{}: subscription", case.name);
        assert_eq!(logged("productId"), case.product, "{}: product", case.name);
        assert_eq!(logged("userId"), case.user, "{}: user", case.name);
        let after = backend.seen();
        assert_eq!(
            after.len() - before,
            usize::from(case.status == 200),
            "{}: calls of the backend",
            case.name
        );
        if case.status == 200 {
            arrives(case, after.last().expect("a call"));
        }
    }
}

fn refused_as_recorded(case: &Case, answer: &Answer) {
    let expected = match case.refused.as_deref() {
        Some("missing") => MISSING,
        Some("invalid") => INVALID,
        None => return,
        Some(other) => panic!("{}: `{other}` is not a way to be refused", case.name),
    };
    assert_eq!(answer.text(), expected, "{}", case.name);
    assert_eq!(answer.header("content-type"), "application/json", "{}", case.name);
    assert_eq!(answer.header("content-length"), expected.len().to_string(), "{}", case.name);
}

/// What the caller sent as keys, and what of it must not have arrived.
fn arrives(case: &Case, seen: &Seen) {
    let text = seen.everything();
    for value in &case.arrives {
        assert!(text.contains(value.as_str()), "{}: `{value}` did not arrive: {text}", case.name);
    }
    let sent = case.headers.values().map(String::as_str).chain(case.send.split(['?', '&']).skip(1));
    for value in sent.filter(|value| !value.is_empty()) {
        let key = value.rsplit(['=', ' ']).next().expect("a value");
        let may = case.arrives.iter().any(|each| each.contains(key)) || matches!(key, "1" | "2");
        assert!(may || !text.contains(key), "{}: `{key}` was forwarded: {text}", case.name);
    }
    if let Some(owner) = &case.subscription {
        assert!(!text.contains(&format!("{owner}-1")), "{}: the key was forwarded: {text}", case.name);
    }
}

#[tokio::test]
async fn a_refusal_is_the_recorded_one_byte_for_byte() {
    assert_eq!((MISSING.len(), INVALID.len()), (152, 143));
    let api = Api::new("models").at("team/models").with_key_names("api-key", "key").to("http://127.0.0.1:9");
    let gateway = Gateway::serving(Folder::new().api(&api)).await;
    let missing = gateway.get("/team/models/x").header("host", "gateway.example:8443").send().await;
    let invalid = gateway.get("/team/models/x?key=bad").header("host", "gateway.example").send().await;
    assert_eq!((missing.status, missing.text()), (401, MISSING));
    assert_eq!((invalid.status, invalid.text()), (401, INVALID));
    assert_eq!(
        missing.header("www-authenticate"),
        r#"AzureApiManagementKey realm="http://gateway.example:8443/team/models",name="api-key",type="header""#
    );
    // The type is `header` also where the key came in the query (recorded).
    assert_eq!(
        invalid.header("www-authenticate"),
        r#"AzureApiManagementKey realm="http://gateway.example/team/models",name="api-key",type="header""#
    );
}

#[tokio::test]
async fn exactly_the_callers_key_stays_behind() {
    let backend = Backend::start().await;
    let api = |name: &str| Api::new(name).with_key_names("api-key", "key").to(&backend.url());
    let set = |action: &str, value: &str| {
        let text = format!(
            r#"<set-header name="api-key" exists-action="{action}"><value>{value}</value></set-header>"#
        );
        Policy::inbound(&text)
    };
    let folder = Folder::new()
        .api(&api("untouched"))
        .api(&api("appended").policy(set("append", "ours")))
        .api(&api("overridden").policy(set("override", "ours")))
        .api(&api("skipped").policy(set("skip", "ours")))
        .subscription("all", "/apis", "k-1");
    let gateway = Gateway::serving(folder).await;
    for (path, expected) in [
        ("/untouched", vec![]),
        ("/appended", vec!["ours"]),
        ("/overridden", vec!["ours"]),
        // It was there when the policy looked, and it is taken out when the call is made.
        ("/skipped", vec![]),
    ] {
        let answer = gateway.get(path).header("api-key", "k-1").send().await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(backend.last().header("api-key"), expected, "{path}");
    }
    // The key came in the query: what is in the header is something else, and is forwarded.
    let answer = gateway.get("/untouched?a=1&key=k-1&b=k-1").header("x-mine", "k-1").send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(backend.last().target, "/?a=1&b=k-1");
    assert_eq!(backend.last().header("x-mine"), ["k-1"]);
}

#[tokio::test]
async fn an_api_can_ask_for_the_key_to_be_forwarded_as_api_management_does() {
    let backend = Backend::start().await;
    let folder = Folder::new()
        .api(&Api::new("like-apim").with_key().to(&backend.url()))
        .overlay("[apis.like-apim]\nforward-key = true\n")
        .subscription("all", "/apis", "k-1");
    let gateway = Gateway::serving(folder).await;
    assert_eq!(gateway.get("/like-apim").key("k-1").send().await.status, 200);
    assert_eq!(backend.last().header("ocp-apim-subscription-key"), ["k-1"]);
    assert_eq!(gateway.get("/like-apim?subscription-key=k-1").send().await.status, 200);
    assert_eq!(backend.last().target, "/?subscription-key=k-1");
}

/// API Management does not act on a subscription's dates; a setting of the service makes it so here too.
#[tokio::test]
async fn dates_can_be_made_information_only() {
    let backend = Backend::start().await;
    let folder = folder(&backend).overlay("[service]\nsubscription-dates = \"inform\"\n");
    let gateway = Gateway::serving(folder).await;
    for key in ["expired-1", "future-1"] {
        assert_eq!(gateway.get("/own").key(key).send().await.status, 200, "{key}");
    }
    assert_eq!(gateway.get("/own").key("suspended-1").send().await.status, 401);
}

/// Product policies belong to the product through which a call is made, and to no other.
#[tokio::test]
async fn the_key_decides_whose_product_policies_run() {
    let backend = Backend::start().await;
    let mark = |name: &str| {
        Policy::inbound(&format!(
            r#"<set-header name="x-product" exists-action="append"><value>{name}</value></set-header>"#
        ))
    };
    let folder = Folder::new()
        .api(&Api::new("shared").with_key().to(&backend.url()))
        .product(&Product::new("gold", &["shared"]).policy(mark("gold")))
        .product(&Product::new("silver", &["shared"]).policy(mark("silver")))
        .subscription("g", "/products/gold", "gold-1")
        .subscription("s", "/products/silver", "silver-1")
        .subscription("a", "/apis/shared", "api-1");
    let gateway = Start::new(folder).start().await;
    for (key, expected) in [("gold-1", vec!["gold"]), ("silver-1", vec!["silver"]), ("api-1", vec![])] {
        assert_eq!(gateway.get("/shared").key(key).send().await.status, 200, "{key}");
        assert_eq!(backend.last().header("x-product"), expected, "{key}");
    }
}
