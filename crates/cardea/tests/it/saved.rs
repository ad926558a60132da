//! The configuration in the state directory: what a gateway starts from, and serves while its folder is away.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Api, Backend, Folder, Gateway, Policy, Start, eventually};

/// The sealing key of these tests and of the fixtures.
const SEALING_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

const BROKEN: &str = "<policies><inbound><base /><no-such-policy /></inbound></policies>";

/// What happens to a file.
type Damage = dyn Fn(&mut Vec<u8>);

fn marked(backend: &Backend, mark: &str) -> Api {
    let set =
        format!(r#"<set-header name="x-mark" exists-action="override"><value>{mark}</value></set-header>"#);
    Api::new("one").with_key().to(&backend.url()).policy(Policy::inbound(&set))
}

fn folder(backend: &Backend) -> Folder {
    Folder::new().api(&marked(backend, "1")).subscription("team", "/apis", "planted-key-of-team")
}

fn start(folder: Folder) -> Start {
    Start::new(folder)
        .set("state.save-milliseconds", "0")
        .set("configuration.follow", "poll")
        .set("configuration.poll-seconds", "1")
        .set("configuration.quiet-milliseconds", "1")
        .variable("CARDEA_SEALING_KEY", SEALING_KEY)
}

/// Whether it has said so.
async fn said(gateway: &Gateway, what: &str) {
    eventually(what, async || gateway.said().contains(what).then_some(())).await;
}

/// A gateway that has saved what it serves.
async fn saved(backend: &Backend) -> Gateway {
    let gateway = start(folder(backend)).start().await;
    said(&gateway, "configuration saved").await;
    gateway
}

async fn sent(gateway: &Gateway, backend: &Backend) -> String {
    let answer = gateway.get("/one").header("Ocp-Apim-Subscription-Key", "planted-key-of-team").send().await;
    assert_eq!(answer.status, 200, "{} {}", answer.text(), gateway.said());
    backend.last().header("x-mark").join(",")
}

async fn config(gateway: &Gateway) -> Value {
    gateway.ask("GET", "/-/config").await.json()
}

fn file(folder: &Folder) -> PathBuf {
    folder.beside("state/configuration.saved")
}

fn take_away(folder: &Folder) {
    std::fs::rename(folder.artifacts(), folder.beside("away")).expect("renamed");
}

fn bring_back(folder: &Folder) {
    std::fs::rename(folder.beside("away"), folder.artifacts()).expect("renamed");
}

#[tokio::test]
async fn what_was_saved_is_served_while_the_folder_is_away_and_until_it_is_back() {
    let backend = Backend::start().await;
    let start = saved(&backend).await.killed().await;
    take_away(start.folder());
    let gateway = start.start().await;
    assert_eq!(sent(&gateway, &backend).await, "1");
    let config_then = config(&gateway).await;
    assert_eq!(
        (&config_then["source"], &config_then["lastReload"]["outcome"]),
        (&"saved".into(), &"unread".into())
    );
    assert_eq!(config_then["saved"]["revision"], config_then["revision"]);
    let ready = gateway.ask("GET", "/-/ready").await;
    assert_eq!(ready.status, 200);
    assert!(ready.text().contains("saved in the state directory is served"), "{}", ready.text());
    assert!(gateway.metrics().await.contains("configuration_from_saved_state 1"));
    assert!(gateway.said().contains("the configuration that was saved is served"), "{}", gateway.said());

    bring_back(&gateway.folder);
    said(&gateway, "the folder is back; it is what was saved").await;
    assert_eq!(config(&gateway).await["source"], "folder");
    assert!(gateway.metrics().await.contains("configuration_from_saved_state 0"));
    gateway.folder.put(&marked(&backend, "2"));
    eventually("the new policy", async || (sent(&gateway, &backend).await == "2").then_some(())).await;
}

#[tokio::test]
async fn a_folder_that_changed_while_nobody_ran_is_served_as_it_is_now() {
    let backend = Backend::start().await;
    let start = saved(&backend).await.killed().await;
    start.folder().put(&marked(&backend, "2"));
    let gateway = start.start().await;
    assert_eq!(sent(&gateway, &backend).await, "2");
    assert_eq!(config(&gateway).await["source"], "folder");
    said(&gateway, "configuration saved").await;
    let start = gateway.killed().await;
    take_away(start.folder());
    let gateway = start.start().await;
    assert_eq!(sent(&gateway, &backend).await, "2");
}

/// The last good version of an API outlives the process.
#[tokio::test]
async fn an_api_that_is_broken_when_the_gateway_starts_goes_on_as_it_was_saved() {
    let backend = Backend::start().await;
    let start = saved(&backend).await.killed().await;
    start.folder().put(&marked(&backend, "2").policy(BROKEN));
    start.folder().put(&Api::new("two").to(&backend.url()));
    let gateway = start.start().await;
    assert_eq!(sent(&gateway, &backend).await, "1");
    let shown = config(&gateway).await;
    let state =
        |id: &str| shown["apis"].as_array()?.iter().find(|api| api["id"] == id).map(|api| &api["state"]);
    assert_eq!((state("one"), state("two")), (Some(&"last-good".into()), Some(&"serving".into())));
    assert_eq!(gateway.get("/two").send().await.status, 200);
    // What goes on is not what the folder says: it is not saved in the place of what is good.
    said(&gateway, "the configuration is not saved while APIs go on").await;
    let gateway = gateway.killed().await.start().await;
    assert_eq!(sent(&gateway, &backend).await, "1");
}

#[tokio::test]
async fn with_strict_what_was_saved_is_served_in_the_place_of_what_is_refused() {
    let backend = Backend::start().await;
    let start = saved(&backend).await.killed().await;
    start.folder().put(&marked(&backend, "2").policy(BROKEN));
    let gateway = start.set("strict", "true").start().await;
    assert_eq!(sent(&gateway, &backend).await, "1");
    let shown = config(&gateway).await;
    assert_eq!((&shown["source"], &shown["lastReload"]["outcome"]), (&"saved".into(), &"refused".into()));
    gateway.folder.put(&marked(&backend, "3"));
    eventually("the new policy", async || (sent(&gateway, &backend).await == "3").then_some(())).await;
}

/// Everything is read and compiled again, and nothing less is served.
#[tokio::test]
async fn what_another_program_has_saved_is_compiled_whole() {
    let backend = Backend::start().await;
    for is_away in [false, true] {
        let start = saved(&backend).await.killed().await;
        let other = start.folder().beside("cardea");
        std::fs::copy(env!("CARGO_BIN_EXE_cardea"), &other).expect("a copy");
        if is_away {
            take_away(start.folder());
        }
        let gateway = start.program(other).start().await;
        assert!(gateway.said().contains("the saved configuration is another program's"));
        assert_eq!(sent(&gateway, &backend).await, "1");
    }
}

/// A secret's source may be away with the folder.
#[tokio::test]
async fn secrets_that_cannot_be_read_have_their_saved_values() {
    let backend = Backend::start().await;
    let start = saved(&backend).await.killed().await;
    take_away(start.folder());
    start.folder().take_secrets_away();
    let gateway = start.start().await;
    assert_eq!(sent(&gateway, &backend).await, "1");
    assert!(gateway.said().contains("cannot be read"), "{}", gateway.said());
}

#[tokio::test]
async fn nothing_is_saved_without_a_sealing_key_and_nothing_in_clear_with_one() {
    let backend = Backend::start().await;
    let planted = folder(&backend).secret("token", "planted-token").file(
        "named values/clear/namedValueInformation.json",
        r#"{ "properties": { "displayName": "clear", "value": "planted-in-the-folder", "secret": true } }"#,
    );
    let gateway = start(planted).start().await;
    said(&gateway, "configuration saved").await;
    let bytes = std::fs::read(file(&gateway.folder)).expect("the file");
    for planted in ["planted-", "set-header", "x-mark", "apiInformation"] {
        assert!(!bytes.windows(planted.len()).any(|window| window == planted.as_bytes()), "{planted}");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(file(&gateway.folder)).expect("the file").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);

    let without = Start::new(folder(&backend)).set("state.save-milliseconds", "0").start().await;
    assert_eq!(without.ask("POST", "/-/reload").await.status, 200);
    assert_eq!(config(&without).await["saved"], Value::Null);
    assert!(!file(&without.folder).exists());
}

/// The folder is served as if nothing had been saved; without the folder there is nothing to serve.
#[tokio::test]
async fn a_file_that_is_damaged_is_left_aside() {
    let backend = Backend::start().await;
    let start = saved(&backend).await.killed().await;
    let (path, folder) = (file(start.folder()), start.folder().artifacts());
    let whole = std::fs::read(&path).expect("the file");
    let damages: [&Damage; 5] = [
        &|bytes| bytes.truncate(20),
        &|bytes| bytes.truncate(bytes.len() - 1),
        &|bytes| bytes.truncate(bytes.len() / 2),
        &|bytes| bytes.clear(),
        &|bytes| {
            let middle = bytes.len() - 60;
            bytes[middle] ^= 1;
        },
    ];
    let mut start = start;
    for damage in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        std::fs::write(&path, bytes).expect("written");
        let gateway = start.start().await;
        assert!(gateway.said().contains("the saved configuration is left aside"), "{}", gateway.said());
        assert_eq!(sent(&gateway, &backend).await, "1");
        start = gateway.killed().await;
    }
    std::fs::write(&path, b"not this").expect("written");
    std::fs::rename(folder, start.folder().beside("away")).expect("renamed");
    let refused = start.refused().await;
    assert_ne!(refused.code, 0, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("cannot be read") && !refused.stderr.contains("panicked"),
        "{}",
        refused.stderr
    );
}

/// Whoever goes back to an earlier release keeps what the later one has saved, and does not read it.
#[tokio::test]
async fn what_a_later_release_has_saved_is_refused_and_kept() {
    let backend = Backend::start().await;
    let start = saved(&backend).await.killed().await;
    let path = file(start.folder());
    let mut bytes = std::fs::read(&path).expect("the file");
    bytes[16] = 2;
    std::fs::write(&path, &bytes).expect("written");
    let gateway = start.start().await;
    assert!(gateway.said().contains("schema version 2, this release knows up to 1"), "{}", gateway.said());
    assert_eq!(sent(&gateway, &backend).await, "1");
    said(&gateway, "the configuration cannot be saved").await;
    assert_eq!(std::fs::read(&path).expect("the file"), bytes);
    assert!(
        config(&gateway).await["saved"]["failed"]
            .as_str()
            .is_some_and(|why| why.contains("schema version 2"))
    );
}

/// One state directory for each version of what is saved, as that version wrote it. `tests/fixtures/README.md` says how.
#[tokio::test]
async fn what_every_version_has_saved_is_served() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/saved");
    let versions: Vec<PathBuf> = std::fs::read_dir(&fixtures)
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(!versions.is_empty());
    for version in versions {
        let folder = Folder::new();
        std::fs::create_dir_all(folder.beside("state")).expect("a directory");
        for entry in std::fs::read_dir(&version).expect("a fixture") {
            let entry = entry.expect("an entry");
            std::fs::copy(entry.path(), folder.beside("state").join(entry.file_name())).expect("a copy");
        }
        std::fs::remove_dir_all(folder.artifacts()).expect("removed");
        let gateway = start(folder).start().await;
        let answer =
            gateway.get("/fixed").header("Ocp-Apim-Subscription-Key", "key-of-the-fixture").send().await;
        assert_eq!((answer.status, answer.text()), (200, "from the fixture"), "{}", version.display());
    }
}
