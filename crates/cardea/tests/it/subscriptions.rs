//! `cardea subscription`: keys that work at once in a gateway that runs, are shown once, and are kept sealed.

use serde_json::Value;

use crate::harness::{Api, Backend, Folder, Gateway, Output, Product, Start, eventually, program};

/// A gateway with a sealing key, and the API `own` in the product `starter`.
async fn gateway(backend: &Backend) -> Gateway {
    let folder = Folder::new()
        .api(&Api::new("own").with_key().to(&backend.url()))
        .api(&Api::new("other").with_key().to(&backend.url()))
        .product(&Product::new("starter", &["own"]));
    let sealing = folder.beside("sealing.key");
    let made = program(&["sealing-key", "create", sealing.to_str().expect("UTF-8")], &[]);
    assert_eq!(made.code, 0, "{made:?}");
    Start::new(folder).set("state.sealing-key-file", "sealing.key").start().await
}

/// The key behind a word of the output.
fn key(output: &Output, which: &str) -> String {
    assert_eq!(output.code, 0, "{output:?}");
    let line = output.stdout.lines().find_map(|line| line.strip_prefix(which));
    line.unwrap_or_else(|| panic!("no `{which}` in {output:?}")).trim().to_owned()
}

async fn status(gateway: &Gateway, path: &str, key: &str) -> u16 {
    gateway.get(path).key(key).send().await.status
}

#[tokio::test]
async fn changes_are_in_effect_when_the_command_returns() {
    let backend = Backend::start().await;
    let gateway = gateway(&backend).await;
    let made = gateway.run(&["subscription", "create", "team-a", "--product", "starter"]);
    assert!(made.stderr.contains("in effect"), "{made:?}");
    let (primary, secondary) = (key(&made, "primary:"), key(&made, "secondary:"));
    assert_eq!(status(&gateway, "/own", &primary).await, 200);
    assert_eq!(status(&gateway, "/own", &secondary).await, 200);
    assert_eq!(status(&gateway, "/other", &primary).await, 401);

    let rotated = gateway.run(&["subscription", "rotate", "team-a", "--key", "secondary"]);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    let fresh = rotated.stdout.lines().last().expect("the new key").to_owned();
    assert_eq!(status(&gateway, "/own", &fresh).await, 200);
    assert_eq!(status(&gateway, "/own", &secondary).await, 401);
    assert_eq!(status(&gateway, "/own", &primary).await, 200);

    for (change, expected) in [("suspend", 401), ("activate", 200), ("cancel", 401)] {
        let changed = gateway.run(&["subscription", change, "team-a"]);
        assert_eq!(changed.code, 0, "{change}: {changed:?}");
        assert_eq!(status(&gateway, "/own", &primary).await, expected, "{change}");
        assert_eq!(status(&gateway, "/own", &fresh).await, expected, "{change}");
    }
}

#[tokio::test]
async fn a_key_opens_what_it_was_made_for() {
    let backend = Backend::start().await;
    let mut gateway = gateway(&backend).await;
    let api = key(&gateway.run(&["subscription", "create", "ci", "--api", "other"]), "primary:");
    let all = key(&gateway.run(&["subscription", "create", "ops", "--all-apis"]), "primary:");
    assert_eq!(status(&gateway, "/other", &api).await, 200);
    assert_eq!(gateway.record().await["apimSubscriptionId"], "ci");
    assert_eq!(status(&gateway, "/own", &api).await, 401);
    assert_eq!(status(&gateway, "/own", &all).await, 200);
    assert_eq!(status(&gateway, "/other", &all).await, 200);
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_sealed() {
    let backend = Backend::start().await;
    let gateway = gateway(&backend).await;
    let made = gateway.run(&["subscription", "create", "team-a", "--product", "starter"]);
    let keys = [key(&made, "primary:"), key(&made, "secondary:")];
    assert_ne!(keys[0], keys[1]);
    assert_eq!(status(&gateway, "/own", &keys[0]).await, 200);
    assert_eq!(status(&gateway, "/own?subscription-key=wrong", &keys[1]).await, 200);

    let again = gateway.run(&["subscription", "create", "team-a", "--product", "starter"]);
    assert_ne!(again.code, 0, "{again:?}");
    assert!(again.stderr.contains("team-a"), "{again:?}");
    let table = gateway.run(&["subscription", "list"]);
    assert!(table.stdout.contains("team-a") && table.stdout.contains("/products/starter"), "{table:?}");
    let json = gateway.run(&["subscription", "list", "--json"]);
    let rows: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!((&rows[0]["id"], &rows[0]["state"]), (&"team-a".into(), &"active".into()));

    let shown = format!("{again:?}{table:?}{json:?}{}{:?}", gateway.said(), gateway.records());
    let metrics = gateway.metrics().await;
    let config = gateway.ask("GET", "/-/config").await;
    for key in &keys {
        assert!(!shown.contains(key) && !metrics.contains(key) && !config.text().contains(key));
        for (path, bytes) in everything_below(&gateway.folder.beside("state")) {
            let found = bytes.windows(key.len()).any(|part| part == key.as_bytes());
            assert!(!found, "a key stands in {path}");
        }
    }
}

fn everything_below(directory: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.is_file() {
                // Not so the socket of `--take-over`.
                files.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
            }
        }
    }
    assert!(!files.is_empty());
    files
}

/// Nobody but the owner reads what is kept, sealed or not.
#[tokio::test]
async fn what_is_kept_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let backend = Backend::start().await;
    let gateway = gateway(&backend).await;
    key(&gateway.run(&["subscription", "create", "team-a", "--product", "starter"]), "primary:");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o077;
    assert_eq!(mode(&gateway.folder.beside("sealing.key")), 0, "the sealing key");
    assert_eq!(mode(&gateway.folder.beside("state")), 0, "the state directory");
}

#[tokio::test]
async fn keys_survive_a_restart() {
    let backend = Backend::start().await;
    let gateway = gateway(&backend).await;
    let primary =
        key(&gateway.run(&["subscription", "create", "team-a", "--product", "starter"]), "primary:");
    let gateway = gateway.restarted().await;
    assert_eq!(status(&gateway, "/own", &primary).await, 200);
}

/// The command tells a gateway by its admin listener; one that it does not find notices by itself.
#[tokio::test]
async fn a_gateway_that_was_not_told_notices_by_itself() {
    let backend = Backend::start().await;
    let gateway = gateway(&backend).await;
    std::fs::remove_file(gateway.folder.beside("state/admin.address")).expect("the gateway's note");
    let made = gateway.run(&["subscription", "create", "team-a", "--product", "starter"]);
    assert!(!made.stderr.contains("in effect"), "{made:?}");
    let primary = key(&made, "primary:");
    eventually("the key works", async || (status(&gateway, "/own", &primary).await == 200).then_some(()))
        .await;
}

#[tokio::test]
async fn without_a_sealing_key_no_key_is_made() {
    let folder = Folder::new().api(&Api::new("own").with_key().to("http://127.0.0.1:9"));
    let gateway = Gateway::serving(folder).await;
    let refused = gateway.run(&["subscription", "create", "team-a", "--api", "own"]);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.stderr.contains("cardea sealing-key create"), "{refused:?}");
    assert_eq!(refused.stdout, "");
}

/// A gateway that lacks the sealing key serves what it can, and says whether that is all.
#[tokio::test]
async fn readiness_tells_of_keys_that_cannot_be_read() {
    let backend = Backend::start().await;
    let gateway = gateway(&backend).await;
    assert_eq!(gateway.ask("GET", "/-/ready").await.json()["ready"], true);
    key(&gateway.run(&["subscription", "create", "team-a", "--product", "starter"]), "primary:");
    let gateway = gateway.restarted_without("state.sealing-key-file").await;
    let ready = gateway.ask("GET", "/-/ready").await;
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert!(ready.text().contains("cannot be used: 1"), "{}", ready.text());
    let unused = Gateway::serving(Folder::new().api(&Api::new("own"))).await;
    let ready = unused.ask("GET", "/-/ready").await;
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert!(ready.text().contains("no sealing key"), "{}", ready.text());
}
