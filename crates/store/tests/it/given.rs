//! What the tests begin with.

use std::path::Path;

use jiff::Timestamp;
use model::{DisplayName, ProductId, SubscriptionId, SubscriptionKey, SubscriptionScope};
use secret::Secret;
use store::{NewSubscription, SealingKey, Store};
use tempfile::TempDir;

/// The sealing key of these tests and of the fixtures.
pub(crate) const SEALING_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

pub(crate) fn sealing_key() -> SealingKey {
    SealingKey::parse(&Secret::new(SEALING_KEY)).unwrap()
}

pub(crate) fn other_sealing_key() -> SealingKey {
    SealingKey::parse(&Secret::new("ff".repeat(32))).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2026-11-21T08:00:00Z")
}

pub(crate) async fn open(dir: &Path) -> Store {
    Store::open(dir, Some(sealing_key()), now()).await.unwrap()
}

pub(crate) async fn open_new() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    (dir, store)
}

pub(crate) fn id(text: &str) -> SubscriptionId {
    SubscriptionId::new(text).unwrap()
}

pub(crate) fn new(name: &str) -> NewSubscription {
    let scope = SubscriptionScope::Product(ProductId::new("starter").unwrap());
    NewSubscription::new(id(name), DisplayName::new("A team").unwrap(), scope)
}

pub(crate) fn text(key: &Option<SubscriptionKey>) -> String {
    match key {
        Some(SubscriptionKey::Known(slot)) => slot.load().unwrap().expose().to_owned(),
        other => panic!("not a known key: {other:?}"),
    }
}
