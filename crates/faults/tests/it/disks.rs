//! Disks that are full: serving goes on, what is lost is counted and told, and nothing is damaged once there is room again.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::harness::{Api, Backend, Folder, Gateway, Output, Start, eventually};
use crate::process::{Held, metric};
use crate::rights;

const SEALING_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A small file system. Mounting needs the rights of root ([`rights::to_mount`]).
struct Disk {
    at: PathBuf,
    _beside: tempfile::TempDir,
}

impl Disk {
    fn new(size: &str) -> Self {
        let beside = tempfile::tempdir().expect("a directory");
        let at = beside.path().join("disk");
        std::fs::create_dir(&at).expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&at)
            .output()
            .expect("`mount` can be run");
        let why = String::from_utf8_lossy(&mounted.stderr).into_owned();
        assert!(mounted.status.success(), "a small disk needs the rights of root: {why}");
        Self { at, _beside: beside }
    }

    /// Takes all room that is left.
    fn fill(&self) {
        let path = self.at.join("filler");
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a file");
        for piece in [vec![0; 4096], vec![0; 1]] {
            while std::io::Write::write(&mut file, &piece).is_ok_and(|written| written > 0) {}
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.at.join("filler")).expect("removed");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

fn folder(backend: &Backend) -> Folder {
    Folder::new().api(&Api::new("one").to(&backend.url()).with_key()).subscription(
        "team",
        "/apis",
        "key-of-the-folder",
    )
}

async fn call(gateway: &Gateway, key: &str) -> u16 {
    gateway.get("/one").key(key).send().await.status
}

/// The primary key that a command printed.
pub(crate) fn primary(output: &Output) -> String {
    let line = output.stdout.lines().find(|line| line.contains("primary:")).expect("a key");
    line.split_whitespace().last().expect("a key").to_owned()
}

async fn lost(gateway: &Gateway) -> f64 {
    metric(&gateway.metrics().await, "cardea_access_records_dropped_total")
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).expect("the log");
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_costs_records_and_no_calls() {
    if !rights::to_mount() {
        return;
    }
    let backend = Backend::start().await;
    let disk = Disk::new("64k");
    let path = disk.at.join("access.log");
    let start = Start::new(folder(&backend)).set("log.access", path.to_str().expect("UTF-8"));
    let gateway = start.start().await;
    let before = Held::at_rest(&gateway).await;
    assert_eq!(call(&gateway, "key-of-the-folder").await, 200);
    eventually("a record", async || (lines(&path).len() == 1).then_some(())).await;
    disk.fill();
    let mut calls = 1;
    eventually("records are lost", async || {
        assert_eq!(call(&gateway, "key-of-the-folder").await, 200);
        calls += 1;
        (lost(&gateway).await > 0.0).then_some(())
    })
    .await;
    eventually("it is told", async || gateway.said().contains("access log").then_some(())).await;
    disk.empty();
    let written = lines(&path).len();
    eventually("records are written again", async || {
        assert_eq!(call(&gateway, "key-of-the-folder").await, 200);
        calls += 1;
        (lines(&path).len() > written).then_some(())
    })
    .await;
    // Each call is either written or counted as lost.
    eventually("all are accounted for", async || {
        (lines(&path).len() + lost(&gateway).await as usize == calls).then_some(())
    })
    .await;
    before.and_kept(1).again(&gateway).await;
    assert_eq!(gateway.terminate().await, 0);
    assert!(lines(&path).iter().all(|record| record["responseCode"] == json!(200)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_takes_nothing_costs_all_records_and_no_calls() {
    let backend = Backend::start().await;
    let gateway = Start::new(folder(&backend)).set("log.access", "/dev/full").start().await;
    let before = Held::at_rest(&gateway).await;
    for _ in 0..50 {
        assert_eq!(call(&gateway, "key-of-the-folder").await, 200);
    }
    eventually("all are lost", async || (lost(&gateway).await == 50.0).then_some(())).await;
    before.and_kept(1).again(&gateway).await;
    assert_eq!(gateway.terminate().await, 0);
}

/// The state directory on a full disk: what is there serves on, what cannot be written is an error, and is there again
/// with the room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_the_state_costs_changes_and_no_calls() {
    if !rights::to_mount() {
        return;
    }
    let backend = Backend::start().await;
    let disk = Disk::new("1m");
    let state = disk.at.join("state");
    let start = Start::new(folder(&backend))
        .set("state.dir", state.to_str().expect("UTF-8"))
        .set("state.save-milliseconds", "0")
        .variable("CARDEA_SEALING_KEY", SEALING_KEY);
    let gateway = start.start().await;
    eventually("saved", async || gateway.said().contains("configuration saved").then_some(())).await;
    let held = Held::at_rest(&gateway).await;
    let create = |name: &str| gateway.run(&["subscription", "create", name, "--all-apis"]);
    let made = create("before");
    assert_eq!(made.code, 0, "{}", made.stderr);
    let before = primary(&made);
    assert_eq!(call(&gateway, &before).await, 200);

    disk.fill();
    let refused = eventually("there is no room", async || {
        let made = create("within");
        (made.code != 0).then_some(made)
    })
    .await;
    assert!(refused.stderr.contains("full"), "{}", refused.stderr);
    gateway.folder.put(&Api::new("two").to(&backend.url()));
    assert_eq!(gateway.ask("POST", "/-/reload").await.status, 200);
    eventually("it is told", async || {
        gateway.said().contains("the configuration cannot be saved").then_some(())
    })
    .await;
    assert_eq!(call(&gateway, &before).await, 200);
    assert_eq!(gateway.get("/two").send().await.status, 200);

    disk.empty();
    let made = create("after");
    assert_eq!(made.code, 0, "{}", made.stderr);
    let after = primary(&made);
    held.and_kept(1).again(&gateway).await;
    let gateway = gateway.killed().await.start().await;
    for key in [&before, &after] {
        assert_eq!(call(&gateway, key).await, 200, "{}", gateway.said());
    }
    assert_eq!(gateway.get("/two").send().await.status, 200);
    assert!(!gateway.said().contains("left aside"), "{}", gateway.said());
}
