use model::{ApiId, SubscriptionScope, SubscriptionState, UserId};
use secret::Secret;
use store::{NewSubscription, NewUser, SystemRng, WhichKey};

use crate::given::{at, id, new, now, open, open_new, text};

#[tokio::test]
async fn what_was_created_is_there_after_opening_again() {
    let (dir, store) = open_new().await;
    let owner = UserId::new("ada").unwrap();
    let user = NewUser {
        id: owner.clone(),
        email: "ada@example.com".into(),
        first_name: "Ada".into(),
        last_name: "L".into(),
        note: None,
    };
    store.users().create(user, now()).await.unwrap();
    let wanted = NewSubscription {
        owner: Some(owner.clone()),
        scope: SubscriptionScope::Api(ApiId::new("Orders").unwrap()),
        start: Some(at("2026-12-01T00:00:00Z")),
        expiration: Some(at("2027-12-01T00:00:00Z")),
        allow_tracing: true,
        ..new("Team-A")
    };
    let keys = store.subscriptions().create(wanted, &SystemRng, now()).await.unwrap();
    store.close().await;

    let all = open(dir.path()).await.subscriptions().load_all().await.unwrap();
    let [found] = all.as_slice() else { panic!("one subscription, not {all:?}") };
    assert_eq!((found.id.as_str(), found.display_name.as_str()), ("Team-A", "A team"));
    assert_eq!(found.scope, SubscriptionScope::Api(ApiId::new("orders").unwrap()));
    assert_eq!((found.owner.as_ref(), found.state), (Some(&owner), SubscriptionState::Active));
    assert_eq!(found.dates.created, Some(now()));
    assert_eq!(found.dates.start, Some(at("2026-12-01T00:00:00Z")));
    assert_eq!(found.dates.expiration, Some(at("2027-12-01T00:00:00Z")));
    assert!(found.allow_tracing && found.dates.end.is_none());
    assert_eq!(text(&found.primary), keys.primary.expose());
    assert_eq!(text(&found.secondary), keys.secondary.expose());
}

#[tokio::test]
async fn every_scope_and_state_is_kept() {
    let (_dir, store) = open_new().await;
    let scopes = [
        ("for-all", SubscriptionScope::AllApis),
        ("master", SubscriptionScope::AllAccess),
        ("for-api", SubscriptionScope::Api(ApiId::new("orders").unwrap())),
    ];
    for (name, scope) in scopes.clone() {
        let wanted = NewSubscription { scope, ..new(name) };
        store.subscriptions().create(wanted, &SystemRng, now()).await.unwrap();
    }
    let found: Vec<_> = store.subscriptions().list().await.unwrap();
    for ((name, scope), found) in scopes.iter().zip(&found) {
        assert_eq!((found.id.as_str(), &found.scope), (*name, scope));
    }
    use SubscriptionState::{Active, Cancelled, Expired, Rejected, Submitted, Suspended};
    for state in [Suspended, Submitted, Rejected, Cancelled, Expired, Active] {
        store.subscriptions().set_state(&id("for-all"), state, None, now()).await.unwrap();
        assert_eq!(store.subscriptions().list().await.unwrap()[0].state, state);
    }
}

#[tokio::test]
async fn generated_keys_differ_and_look_like_those_of_api_management() {
    let (_dir, store) = open_new().await;
    let keys = store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
    for key in [&keys.primary, &keys.secondary] {
        let key = key.expose();
        assert!(
            key.len() == 32 && key.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
            "{key}"
        );
    }
    assert_ne!(keys.primary.expose(), keys.secondary.expose());
}

#[tokio::test]
async fn rotating_replaces_one_key_and_leaves_the_other() {
    let (_dir, store) = open_new().await;
    let old = store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
    let fresh = store.subscriptions().rotate(&id("A"), WhichKey::Primary, &SystemRng).await.unwrap();

    let kept = store.subscriptions().list_secrets(&id("a")).await.unwrap();
    assert_eq!(kept.primary.expose(), fresh.expose());
    assert_eq!(kept.secondary.expose(), old.secondary.expose());
    let find = async |key: &Secret| store.subscriptions().find_by_key(key).await.unwrap();
    assert_eq!(find(&old.primary).await, None);
    assert_eq!(find(&fresh).await, Some(id("a")));
    assert_eq!(find(&old.secondary).await, Some(id("a")));
}

#[tokio::test]
async fn given_keys_are_taken_and_open_one_subscription_only() {
    let (_dir, store) = open_new().await;
    let subscriptions = store.subscriptions();
    let given = |name: &str, primary: &str, secondary: &str| NewSubscription {
        primary: Some(Secret::new(primary)),
        secondary: Some(Secret::new(secondary)),
        ..new(name)
    };
    subscriptions.create(given("a", "first-key", "second-key"), &SystemRng, now()).await.unwrap();
    let secrets = subscriptions.list_secrets(&id("a")).await.unwrap();
    assert_eq!((secrets.primary.expose(), secrets.secondary.expose()), ("first-key", "second-key"));

    for taken in [given("b", "first-key", "x"), given("b", "x", "second-key"), given("b", "same", "same")] {
        let problem = subscriptions.create(taken, &SystemRng, now()).await.unwrap_err().to_string();
        assert!(problem.contains("choose another"), "{problem}");
    }
    let taken = subscriptions.set_key(&id("a"), WhichKey::Primary, &Secret::new("second-key")).await;
    assert!(taken.unwrap_err().to_string().contains("choose another"));
    assert_eq!(subscriptions.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn states_change_with_their_dates_and_comments() {
    let (_dir, store) = open_new().await;
    store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
    let set = async |state, comment, moment| {
        store.subscriptions().set_state(&id("a"), state, comment, at(moment)).await.unwrap();
        store.subscriptions().list().await.unwrap().remove(0)
    };
    let suspended = set(SubscriptionState::Suspended, Some("unpaid"), "2026-12-01T00:00:00Z").await;
    assert_eq!(
        (suspended.state, suspended.state_comment.as_deref()),
        (SubscriptionState::Suspended, Some("unpaid"))
    );
    assert_eq!(suspended.dates.end, None);
    let cancelled = set(SubscriptionState::Cancelled, None, "2026-12-02T00:00:00Z").await;
    assert_eq!((cancelled.dates.end, cancelled.state_comment), (Some(at("2026-12-02T00:00:00Z")), None));
    let active = set(SubscriptionState::Active, None, "2026-12-03T00:00:00Z").await;
    assert_eq!((active.state, active.dates.end), (SubscriptionState::Active, None));
}

#[tokio::test]
async fn a_deleted_subscription_is_gone_with_its_keys() {
    let (_dir, store) = open_new().await;
    let keys = store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
    store.subscriptions().delete(&id("a")).await.unwrap();
    assert!(store.subscriptions().load_all().await.unwrap().is_empty());
    assert_eq!(store.subscriptions().find_by_key(&keys.primary).await.unwrap(), None);
    store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
}

#[tokio::test]
async fn mistakes_are_answered_with_what_to_do() {
    let (_dir, store) = open_new().await;
    let subscriptions = store.subscriptions();
    subscriptions.create(new("a"), &SystemRng, now()).await.unwrap();
    let create =
        async |wanted| subscriptions.create(wanted, &SystemRng, now()).await.unwrap_err().to_string();

    let cases = [
        (new("A"), "the subscription `A` is there already; choose another name or delete that one first"),
        (
            NewSubscription { owner: Some(UserId::new("bob").unwrap()), ..new("b") },
            "there is no user `bob` in the store; `list` shows those that there are",
        ),
        (
            NewSubscription { scope: SubscriptionScope::AllAccess, ..new("b") },
            "the subscription `b` cannot have this scope: all access is for the built-in subscription `master`; \
             choose all APIs instead",
        ),
        (
            new("Master"),
            "the subscription `Master` cannot have this scope: `master` is the built-in subscription for all access; \
             choose another name",
        ),
        (
            NewSubscription {
                scope: SubscriptionScope::Api(ApiId::new("orders;rev=2").unwrap()),
                ..new("b")
            },
            "the subscription `b` cannot have this scope: it is for an API with all its revisions; choose `orders`",
        ),
        (
            NewSubscription { secondary: Some(Secret::new("two words")), ..new("b") },
            "the given secondary key cannot be used: it may hold visible ASCII characters only, since it travels in \
             a header",
        ),
    ];
    for (wanted, problem) in cases {
        assert_eq!(create(wanted).await, problem);
    }
    let unknown = "there is no subscription `nobody` in the store; `list` shows those that there are";
    let nobody = id("nobody");
    let rotated = subscriptions.rotate(&nobody, WhichKey::Primary, &SystemRng).await;
    assert_eq!(rotated.unwrap_err().to_string(), unknown);
    assert_eq!(subscriptions.delete(&nobody).await.unwrap_err().to_string(), unknown);
    assert_eq!(subscriptions.list_secrets(&nobody).await.unwrap_err().to_string(), unknown);
    let state = subscriptions.set_state(&nobody, SubscriptionState::Active, None, now()).await;
    assert_eq!(state.unwrap_err().to_string(), unknown);
    assert_eq!(subscriptions.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn calls_can_run_on_any_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (_dir, store) = open_new().await;
    is_send(store.subscriptions().create(new("a"), &SystemRng, now())).await.unwrap();
    is_send(store.subscriptions().load_all()).await.unwrap();
    let mut changes = is_send(store.changes()).await.unwrap();
    is_send(changes.poll()).await.unwrap();
}
