//! Access, row by row of `access.toml`.

use std::sync::Arc;

use jiff::Timestamp;
use model::access::{Access, CallerKeyState, Denial, Question, decide};
use model::{
    Api, ApiId, ApiPath, DateRule, DisplayName, Product, ProductId, ProductState, Subscription,
    SubscriptionId, SubscriptionScope, SubscriptionState, User, UserId, UserState, WorkspaceId,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    #[serde(default = "yes")]
    api_requires: bool,
    revision: Option<String>,
    /// The workspace that the API is in.
    workspace: Option<String>,
    products: Vec<String>,
    dates: Option<String>,
    key: Key,
    expect: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Key {
    Word(String),
    Subscription(Details),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Details {
    scope: String,
    workspace: Option<String>,
    state: Option<String>,
    owner: Option<String>,
    start: Option<String>,
    expiration: Option<String>,
}

fn yes() -> bool {
    true
}

fn name(text: &str) -> DisplayName {
    DisplayName::new(text).unwrap()
}

fn product(id: &str) -> Arc<Product> {
    let mut product = Product::new(ProductId::new(id).unwrap(), name(id));
    product.subscription_required = !id.starts_with("open");
    product.state = if id.ends_with("-draft") { ProductState::NotPublished } else { ProductState::Published };
    Arc::new(product)
}

fn subscription(details: &Details) -> Arc<Subscription> {
    let scope = match details.scope.as_str() {
        "api" => SubscriptionScope::Api(ApiId::new("the-api").unwrap()),
        "another api" => SubscriptionScope::Api(ApiId::new("another").unwrap()),
        "all apis" => SubscriptionScope::AllApis,
        "all access" => SubscriptionScope::AllAccess,
        other => {
            let product = other.strip_prefix("product ").unwrap();
            SubscriptionScope::Product(ProductId::new(product).unwrap())
        }
    };
    let mut subscription = Subscription::new(SubscriptionId::new("key").unwrap(), name("key"), scope);
    subscription.workspace = details.workspace.as_deref().map(|id| WorkspaceId::new(id).unwrap());
    subscription.state = match details.state.as_deref() {
        None => SubscriptionState::Active,
        Some("suspended") => SubscriptionState::Suspended,
        Some("cancelled") => SubscriptionState::Cancelled,
        Some("submitted") => SubscriptionState::Submitted,
        Some("rejected") => SubscriptionState::Rejected,
        Some("expired") => SubscriptionState::Expired,
        Some(other) => panic!("{other}"),
    };
    let moment = |text: &Option<String>| text.as_ref().map(|text| text.parse::<Timestamp>().unwrap());
    subscription.dates.start = moment(&details.start);
    subscription.dates.expiration = moment(&details.expiration);
    Arc::new(subscription)
}

fn user(state: &str) -> User {
    User {
        id: UserId::new("jane").unwrap(),
        email: "jane@example.com".into(),
        first_name: "Jane".into(),
        last_name: "Doe".into(),
        state: match state {
            "active" => UserState::Active,
            "blocked" => UserState::Blocked,
            "pending" => UserState::Pending,
            "deleted" => UserState::Deleted,
            other => panic!("{other}"),
        },
        note: None,
        registration_date: None,
        groups: Vec::new(),
        identities: Vec::new(),
        origin: None,
    }
}

fn shown(access: &Access<'_>) -> String {
    match access {
        Access::Denied(Denial::NotFound) => "not found".to_owned(),
        Access::Denied(Denial::Invalid) => "invalid".to_owned(),
        Access::Granted { subscription, product } => {
            let by = subscription.map_or("nobody", |subscription| subscription.id.as_str());
            let within = product.map_or("api", |product| product.id.as_str());
            format!("granted by {by} in {within}")
        }
    }
}

#[test]
fn access_is_decided_as_documented() {
    let table: Table = toml::from_str(include_str!("access.toml")).unwrap();
    for case in &table.case {
        let id = case.revision.as_ref().map_or("the-api".to_owned(), |it| format!("the-api;rev={it}"));
        let mut api = Api::new(ApiId::new(&id).unwrap(), name("The API"), ApiPath::new("x").unwrap());
        api.subscription_required = case.api_requires;
        api.workspace = case.workspace.as_deref().map(|id| WorkspaceId::new(id).unwrap());
        let products: Vec<_> = case.products.iter().map(|id| product(id)).collect();
        let (subscription, owner) = match &case.key {
            Key::Word(_) => (None, None),
            Key::Subscription(details) => (Some(subscription(details)), details.owner.as_deref().map(user)),
        };
        let key = match (&case.key, &subscription) {
            (Key::Word(word), _) if word == "none" => CallerKeyState::Absent,
            (_, None) => CallerKeyState::Unknown,
            (_, Some(subscription)) => CallerKeyState::Known { subscription, owner: owner.as_ref() },
        };
        let dates = if case.dates.is_some() { DateRule::Informs } else { DateRule::Limits };
        let now = "2026-06-15T12:00:00Z".parse().unwrap();
        let question = Question { api: &api, products: &products, key, now, dates };
        assert_eq!(shown(&decide(&question)), case.expect, "{} ({})", case.name, case.source);
    }
}
