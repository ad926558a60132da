//! `cardea export`: folders come out as they went in, and a gateway gives what it has in effect.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Api, Backend, Folder, Gateway, Output, Policy, Start, program};

const KEY: &str = "subscription-key-3d9f51";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

fn export(into: &Path, more: &[&str]) -> Output {
    program(&[&["export", into.to_str().expect("UTF-8")], more].concat(), &[])
}

fn files(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(root).expect("beneath").to_str().expect("UTF-8").to_owned();
            files.insert(name, std::fs::read_to_string(path).expect("text"));
        }
    }
    files
}

#[test]
fn an_exported_folder_is_exported_as_it_is() {
    for name in ["demo", "identity/apim"] {
        let beside = Folder::new();
        let (first, second) = (beside.beside("first"), beside.beside("second"));
        let from = example(name);
        let exported = export(&first, &["--artifacts", from.to_str().expect("UTF-8")]);
        assert_eq!((exported.code, exported.stderr.as_str()), (0, ""), "{exported:?}");
        let again = export(&second, &["--artifacts", first.to_str().expect("UTF-8")]);
        assert_eq!(again.code, 0, "{again:?}");
        assert_eq!(files(&first), files(&second), "{name}");
        let said = |folder: &Path| program(&["check", folder.to_str().expect("UTF-8")], &[]).stdout;
        assert_eq!(said(&from), said(&first), "{name}");
        // Policies and definitions come out letter by letter.
        for (path, text) in files(&from) {
            if path.ends_with(".xml") || path.contains("specification") {
                assert_eq!(files(&first).get(&path), Some(&text), "{path}");
            }
        }
    }
}

#[test]
fn artifacts_that_are_there_are_replaced_only_when_told() {
    let beside = Folder::new();
    let into = beside.beside("out");
    let from = example("demo");
    let from = ["--artifacts", from.to_str().expect("UTF-8")];
    assert_eq!(export(&into, &from).code, 0);
    let before = files(&into);
    std::fs::create_dir_all(into.join("apis/stale")).expect("a directory");
    std::fs::write(into.join("apis/stale/apiInformation.json"), "{}").expect("a file");
    std::fs::write(into.join("README.md"), "ours").expect("a file");
    let refused = export(&into, &from);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("--replace"), "{refused:?}");
    let replaced = export(&into, &[from.as_slice(), &["--replace", "--json"]].concat());
    assert_eq!(replaced.code, 0, "{replaced:?}");
    let told: Value = serde_json::from_str(&replaced.stdout).expect("JSON");
    assert_eq!(told["removed"], serde_json::json!(["apis/stale/apiInformation.json"]));
    let mut after = files(&into);
    assert_eq!(after.remove("README.md").as_deref(), Some("ours"));
    assert_eq!(after, before);
}

#[test]
fn a_folder_with_errors_is_written_only_when_told() {
    let folder = Folder::new().api(&Api::new("good")).file("apis/bad/apiInformation.json", "{");
    let artifacts = folder.artifacts();
    let from = ["--artifacts", artifacts.to_str().expect("UTF-8")];
    let into = folder.beside("out");
    let refused = export(&into, &from);
    assert_eq!((refused.code, into.exists()), (1, false));
    assert!(refused.stderr.contains("apis/bad/apiInformation.json"), "{refused:?}");
    assert_eq!(export(&into, &[from.as_slice(), &["--force"]].concat()).code, 0);
    assert!(into.join("apis/good/apiInformation.json").exists() && !into.join("apis/bad").exists());
}

/// What is served is written, not what the folder says: the last good version, and what was made in the state directory.
#[tokio::test]
async fn a_gateway_gives_what_it_has_in_effect() {
    let backend = Backend::start().await;
    let api = |text: &str| Api::new("own").to(&backend.url()).policy(Policy::inbound(text));
    let good = "<set-header name=\"x-good\"><value>1</value></set-header>";
    let folder = Folder::new().api(&api(good)).subscription("kept", "/apis", KEY).secret("s", "planted-6a1b");
    let sealing = folder.beside("sealing.key");
    program(&["sealing-key", "create", sealing.to_str().expect("UTF-8")], &[]);
    let gateway =
        Start::new(folder).set("state.sealing-key-file", sealing.to_str().expect("UTF-8")).start().await;
    let made = gateway.run(&["subscription", "create", "team-a", "--api", "own"]);
    assert_eq!(made.code, 0, "{made:?}");
    gateway.folder.put(&api("<set-heder />"));
    assert_eq!(gateway.ask("POST", "/-/reload").await.status, 200);
    let into = gateway.folder.beside("out");
    let exported = gateway.run(&["export", into.to_str().expect("UTF-8")]);
    assert_eq!(exported.code, 0, "{exported:?}");
    assert!(
        exported.stdout.contains("`apis/own`: it has errors; it is served, and written, as it was before")
    );
    assert!(exported.stdout.contains("written without keys: 1"), "{exported:?}");
    let found = files(&into);
    assert!(found["apis/own/policy.xml"].contains("x-good"), "{found:?}");
    assert!(found.contains_key("subscriptions/team-a/subscriptionInformation.json"));
    assert!(found["secrets.toml"].contains("[subscriptions.kept]"));
    let all: String = found.values().map(String::as_str).collect();
    let keys = made.stdout.split_whitespace().filter(|word| word.len() >= 32);
    for secret in keys.chain([KEY, "planted-6a1b"]) {
        assert!(!all.contains(secret), "{secret}");
    }
    let copy = found.into_iter().fold(Folder::new(), |copy, (path, text)| copy.file(&path, &text));
    let own = Gateway::serving(copy).await;
    assert_eq!(own.get("/own/x").send().await.status, 200);
}

#[test]
fn nobody_there_is_told_with_what_to_do() {
    let folder = Folder::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let told = export(&folder.beside("out"), &["--admin", &address]);
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("--artifacts"), "{told:?}");
    let over = export(&folder.beside("out"), &["--overrides", "x.yaml"]);
    assert!(over.code == 2 && over.stderr.contains("--artifacts"), "{over:?}");
}
