use std::path::Path;

use model::SubscriptionState;
use store::{Store, SystemRng, WhichKey};

use crate::given::{id, new, now, open, open_new};

#[tokio::test]
async fn a_change_by_another_handle_is_noticed_once() {
    let (dir, gateway) = open_new().await;
    let mut changes = gateway.changes().await.unwrap();
    assert_eq!(changes.poll().await.unwrap(), None);

    let command_line = open(dir.path()).await;
    command_line.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
    let first = changes.poll().await.unwrap().unwrap();
    assert_eq!((first, first), (changes.seen(), gateway.revision().await.unwrap()));
    assert_eq!(changes.poll().await.unwrap(), None);

    gateway.subscriptions().rotate(&id("a"), WhichKey::Primary, &SystemRng).await.unwrap();
    assert!(changes.poll().await.unwrap().unwrap() > first, "own changes too");
}

#[tokio::test]
async fn every_kind_of_change_makes_a_new_revision_and_a_refused_one_does_not() {
    let (_dir, store) = open_new().await;
    let subscriptions = store.subscriptions();
    let mut last = store.revision().await.unwrap();
    let mut grown = async |what: &str| {
        let now = store.revision().await.unwrap();
        assert!(now > last, "{what}");
        last = now;
    };
    subscriptions.create(new("a"), &SystemRng, now()).await.unwrap();
    grown("create").await;
    subscriptions.rotate(&id("a"), WhichKey::Secondary, &SystemRng).await.unwrap();
    grown("rotate").await;
    subscriptions.set_state(&id("a"), SubscriptionState::Suspended, None, now()).await.unwrap();
    grown("set_state").await;
    subscriptions.delete(&id("a")).await.unwrap();
    grown("delete").await;

    let before = store.revision().await.unwrap();
    subscriptions.delete(&id("a")).await.unwrap_err();
    subscriptions.list().await.unwrap();
    assert_eq!(store.revision().await.unwrap(), before);
}

async fn create_many(dir: &Path, prefix: usize) -> Store {
    let store = open(dir).await;
    for number in 0..10 {
        let wanted = new(&format!("s-{prefix}-{number}"));
        store.subscriptions().create(wanted, &SystemRng, now()).await.unwrap();
    }
    store
}

/// Each handle has its own connections, as processes have; all of them find an empty directory.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_open_and_write_one_directory_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let writers: Vec<_> = (0..8)
        .map(|prefix| {
            let path = dir.path().to_owned();
            tokio::spawn(async move { create_many(&path, prefix).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let store = open(dir.path()).await;
    assert_eq!(store.subscriptions().load_all().await.unwrap().len(), 80);
    assert_eq!(store.revision().await.unwrap().0, 80);
}
