//! A process is killed while it writes; what it had reported as done must be there.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use model::SubscriptionId;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use store::SystemRng;

use crate::given::{new, now, open};

/// Tells the copy of this program where to write.
const DIRECTORY: &str = "CARDEA_STORE_TEST_DIRECTORY";

/// More than the parent waits for, so that the writer is in the middle of its work when it is killed.
const AT_MOST: usize = 5_000;

const REPORTED: usize = 25;

/// Does nothing when it runs as one of the tests. The test below starts it in a process of its own.
#[tokio::test]
async fn the_writer() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let store = open(Path::new(&directory)).await;
    for number in 0..AT_MOST {
        let keys =
            store.subscriptions().create(new(&format!("s-{number}")), &SystemRng, now()).await.unwrap();
        println!("done s-{number} {}", keys.primary.expose());
    }
}

fn start_writer(directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_writer", "--nocapture", "--test-threads", "1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The name and primary key of each subscription that the writer has reported; then the writer is killed.
fn reports_until_killed(directory: &Path) -> Vec<(String, String)> {
    let mut writer = start_writer(directory);
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
    let report = |line: String| {
        // The test harness writes its own text in front of the first line.
        let (_, report) = line.split_once("done ")?;
        report.split_once(' ').map(|(name, key)| (name.to_owned(), key.to_owned()))
    };
    let reports = lines.filter_map(report).take(REPORTED).collect();
    writer.kill().unwrap();
    writer.wait().unwrap();
    reports
}

#[tokio::test]
async fn what_was_reported_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let reports = reports_until_killed(dir.path());
    assert_eq!(reports.len(), REPORTED);

    let store = open(dir.path()).await;
    for (name, key) in &reports {
        let kept = store.subscriptions().list_secrets(&SubscriptionId::new(name).unwrap()).await.unwrap();
        assert!(kept.primary.matches(key), "{name}");
    }
    let all = store.subscriptions().load_all().await.unwrap();
    assert!(all.iter().all(|each| each.keys().count() == 2), "no subscription is half there");
    assert_eq!(store.revision().await.unwrap().0, all.len() as u64);

    let mut raw = SqliteConnectOptions::new().filename(store.path()).connect().await.unwrap();
    let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut raw).await.unwrap();
    assert_eq!(verdict, "ok");
    store.subscriptions().create(new("after"), &SystemRng, now()).await.unwrap();
}
