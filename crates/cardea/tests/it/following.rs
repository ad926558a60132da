//! The folder changes under a running gateway: it notices, reads no half of a change, and says which configuration it
//! serves.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::harness::{Api, Backend, Folder, Gateway, Policy, Start, eventually};

const BROKEN: &str = "<policies><inbound><base /><no-such-policy /></inbound></policies>";

fn marked(backend: &Backend, mark: &str) -> Api {
    let header =
        format!(r#"<set-header name="x-mark" exists-action="override"><value>{mark}</value></set-header>"#);
    Api::new("one").to(&backend.url()).policy(Policy::inbound(&header))
}

async fn mark(gateway: &Gateway, backend: &Backend) -> String {
    let answer = gateway.get("/one").send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    backend.last().header("x-mark").join(",")
}

async fn becomes(gateway: &Gateway, backend: &Backend, wanted: &str) {
    let is_so = async || (mark(gateway, backend).await == wanted).then_some(());
    eventually(&format!("version {wanted}"), is_so).await;
}

async fn config(gateway: &Gateway) -> Value {
    gateway.ask("GET", "/-/config").await.json()
}

/// A gateway that follows its folder without long pauses.
fn following(folder: Folder, how: &str) -> Start {
    let start = Start::new(folder).set("configuration.follow", how).set("configuration.poll-seconds", "1");
    start.set("configuration.quiet-milliseconds", "20")
}

#[tokio::test]
async fn a_change_takes_effect_by_itself() {
    for how in ["watch", "poll"] {
        let backend = Backend::start().await;
        let gateway = following(Folder::new().api(&marked(&backend, "1")), how).start().await;
        assert_eq!(mark(&gateway, &backend).await, "1");
        gateway.folder.put(&marked(&backend, "2"));
        becomes(&gateway, &backend, "2").await;
        // Also in a directory that came while it ran.
        gateway.folder.put(&Api::new("two").to(&backend.url()));
        eventually("a new API", async || (gateway.get("/two").send().await.status == 200).then_some(()))
            .await;
        gateway
            .folder
            .write("apis/two/policy.xml", &String::from(Policy::inbound("<set-method>PUT</set-method>")));
        let is_put = async || {
            gateway.get("/two").send().await;
            (backend.last().method == "PUT").then_some(())
        };
        eventually("a policy in a new directory", is_put).await;
        let config = config(&gateway).await;
        assert_eq!(
            (&config["lastReload"]["cause"], &config["lastReload"]["outcome"]),
            (&json!("changed"), &json!("served")),
            "{how}"
        );
    }
}

/// The override file is part of the configuration, wherever it is.
#[tokio::test]
async fn a_change_of_the_override_file_takes_effect_by_itself() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, "1").policy(Policy::inbound(
        r#"<set-header name="x-mark" exists-action="override"><value>{{mark}}</value></set-header>"#,
    )));
    let folder = folder.named_value("mark", "1");
    let overriding =
        |mark: &str| format!("namedValues:\n  - name: mark\n    properties:\n      value: {mark}\n");
    let path = folder.beside("overrides.yaml");
    std::fs::write(&path, overriding("two")).expect("a file");
    let start = following(folder, "watch").argument("--overrides").argument(path.to_str().expect("UTF-8"));
    let gateway = start.start().await;
    assert_eq!(mark(&gateway, &backend).await, "two");
    let revision = config(&gateway).await["revision"].clone();
    std::fs::write(&path, overriding("three")).expect("a file");
    becomes(&gateway, &backend, "three").await;
    assert_ne!(config(&gateway).await["revision"], revision);
}

#[tokio::test]
async fn with_off_a_change_waits_until_somebody_asks() {
    let backend = Backend::start().await;
    let gateway = following(Folder::new().api(&marked(&backend, "1")), "off").start().await;
    gateway.folder.put(&marked(&backend, "2"));
    assert_eq!(mark(&gateway, &backend).await, "1");
    assert_eq!(gateway.ask("POST", "/-/reload").await.status, 200);
    assert_eq!(mark(&gateway, &backend).await, "2");
}

/// As Kubernetes mounts a ConfigMap, and as tools keep releases.
#[tokio::test]
async fn a_link_that_leads_elsewhere_is_followed() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, "1"));
    let artifacts = folder.artifacts();
    let (first, second) = (folder.beside("..1"), folder.beside("..2"));
    std::fs::rename(&artifacts, &first).expect("renamed");
    symlink(&first, folder.beside("..data")).expect("a link");
    symlink("..data", &artifacts).expect("a link");
    let gateway = following(folder, "watch").start().await;
    assert_eq!(mark(&gateway, &backend).await, "1");
    let other = Folder::new().api(&marked(&backend, "2"));
    assert!(
        std::process::Command::new("cp")
            .arg("-r")
            .arg(other.artifacts())
            .arg(&second)
            .status()
            .expect("`cp`")
            .success()
    );
    symlink(&second, gateway.folder.beside("fresh")).expect("a link");
    std::fs::rename(gateway.folder.beside("fresh"), gateway.folder.beside("..data")).expect("renamed");
    std::fs::remove_dir_all(first).expect("removed");
    becomes(&gateway, &backend, "2").await;
}

#[tokio::test]
async fn two_gateways_with_the_same_files_say_that_they_serve_the_same() {
    let backend = Backend::start().await;
    let files = || Folder::new().api(&marked(&backend, "1"));
    let start = |folder| Start::new(folder).set("configuration.debug-header", "true");
    let mut one = start(files().file("COMMIT_ID", "0123abcd\n")).start().await;
    let other = start(files().file("COMMIT_ID", "0123abcd\n")).start().await;
    other.ask("POST", "/-/reload").await;
    let (of_one, of_other) = (config(&one).await, config(&other).await);
    assert_eq!((&of_one["generation"], &of_other["generation"]), (&json!(1), &json!(2)));
    assert_eq!(of_one["revision"], of_other["revision"]);
    let revision = of_one["revision"].as_str().expect("a revision");
    let shown = one.get("/one").send().await;
    let wanted = format!("generation=1, revision={revision}, commit=0123abcd");
    assert_eq!(shown.header("cardea-configuration"), wanted);
    let record = one.record().await;
    assert_eq!(
        (&record["configurationGeneration"], &record["configurationRevision"]),
        (&json!(1), &json!(revision))
    );
    let labels = format!(r#"cardea_configuration_info{{revision="{revision}",commit="0123abcd"}} 1"#);
    assert!(one.metrics().await.contains(&labels));
    eventually("the log", async || one.said().contains(revision).then_some(())).await;
    // A newer one is told from it everywhere.
    one.folder.write("COMMIT_ID", "4567cdef");
    one.ask("POST", "/-/reload").await;
    assert_ne!(config(&one).await["revision"], of_one["revision"]);
    assert!(one.get("/one").send().await.header("cardea-configuration").ends_with("commit=4567cdef"));
}

#[tokio::test]
async fn callers_are_not_told_of_the_configuration_unless_that_is_set() {
    let gateway = Gateway::serving(Folder::new()).await;
    assert_eq!(gateway.get("/none").send().await.header("cardea-configuration"), "");
}

#[tokio::test]
async fn a_folder_that_vanishes_takes_nothing_away() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, "1"));
    let (artifacts, away) = (folder.artifacts(), folder.beside("away"));
    let gateway = following(folder, "watch").start().await;
    for is_empty in [false, true] {
        std::fs::rename(&artifacts, &away).expect("renamed");
        if is_empty {
            std::fs::create_dir(&artifacts).expect("a directory");
        }
        let refused = gateway.ask("POST", "/-/reload").await;
        let code = if is_empty { "folder-empty" } else { "folder-missing" };
        assert_eq!(
            (refused.status, &refused.json()["problems"][0]["code"]),
            (422, &json!(code)),
            "{}",
            refused.text()
        );
        assert_eq!(mark(&gateway, &backend).await, "1");
        let ready = gateway.ask("GET", "/-/ready").await;
        assert_eq!(ready.status, 200);
        assert!(ready.text().contains("the configuration before goes on"), "{}", ready.text());
        assert_eq!(config(&gateway).await["lastReload"]["outcome"], "unread");
        if is_empty {
            std::fs::remove_dir(&artifacts).expect("removed");
        }
        std::fs::rename(&away, &artifacts).expect("renamed");
        let is_over = async || (config(&gateway).await["lastReload"]["outcome"] == "served").then_some(());
        eventually("it is noticed that it is back", is_over).await;
    }
    assert!(gateway.metrics().await.contains(r#"cardea_configuration_reloads_total{result="unread"}"#));
    assert_eq!(mark(&gateway, &backend).await, "1");
}

#[tokio::test]
async fn a_checkout_in_progress_is_waited_for() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, "1"));
    std::fs::create_dir(folder.beside(".git")).expect("a directory");
    let gateway = following(folder, "watch").start().await;
    let lock = gateway.folder.beside(".git/index.lock");
    std::fs::write(&lock, "").expect("a file");
    gateway.folder.put(&marked(&backend, "2"));
    let refused = gateway.ask("POST", "/-/reload").await;
    assert_eq!(
        (refused.status, &refused.json()["problems"][0]["code"]),
        (422, &json!("checkout-in-progress"))
    );
    assert_eq!(mark(&gateway, &backend).await, "1");
    std::fs::remove_file(lock).expect("removed");
    becomes(&gateway, &backend, "2").await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_no_start() {
    let folder = Folder::new();
    std::fs::create_dir(folder.beside(".git")).expect("a directory");
    std::fs::write(folder.beside(".git/index.lock"), "").expect("a file");
    let output = Start::new(folder).refused().await;
    assert!(output.stderr.contains("git is at work") && output.stderr.contains("index.lock"), "{output:?}");
}

/// With `strict`, what is refused leaves no trace: not even a secret that came with it.
#[tokio::test]
async fn a_refused_configuration_does_not_rotate_secrets() {
    let backend = Backend::start().await;
    let with_key = r#"<set-header name="x-key" exists-action="override"><value>{{key}}</value></set-header>"#;
    let folder = Folder::new()
        .api(&Api::new("one").to(&backend.url()).policy(Policy::inbound(with_key)))
        .secret("key", "first-key");
    let start = Start::new(folder).set("strict", "true").set("secrets.refresh-seconds", "3600");
    let gateway = start.start().await;
    let key = async || {
        assert_eq!(gateway.get("/one").send().await.status, 200);
        backend.last().header("x-key").join(",")
    };
    assert_eq!(key().await, "first-key");
    gateway.folder.rotate("key", "second-key");
    gateway.folder.put(&Api::new("two").policy(BROKEN));
    assert_eq!(gateway.ask("POST", "/-/reload").await.status, 422);
    assert_eq!(key().await, "first-key");
    assert_eq!(config(&gateway).await["lastReload"]["outcome"], "refused");
    gateway.folder.put(&Api::new("two").policy(Policy::inbound("")));
    assert_eq!(gateway.ask("POST", "/-/reload").await.status, 200);
    assert_eq!(key().await, "second-key");
}
