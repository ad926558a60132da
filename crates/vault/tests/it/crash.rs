//! A process is killed while it sets secrets; what it had reported as done must be there, with its record.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use vault::{AuditFilter, NewSecret, VersionId};

use crate::harness::{SetClock, name, on_disk, operator};

/// Tells the copy of this program where to write.
const DIRECTORY: &str = "CARDEA_VAULT_TEST_DIRECTORY";
/// More than the parent waits for.
const AT_MOST: usize = 5_000;
const REPORTED: usize = 20;

/// Does nothing when it runs as one of the tests. The test below starts it in a process of its own.
#[tokio::test]
async fn the_writer() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let vault = on_disk(Path::new(&directory), &SetClock::new("2026-11-21T08:00:00Z")).await;
    for number in 0..AT_MOST {
        let secret = name(&format!("s-{}", number % 3));
        let set = vault.set(&operator(), &secret, NewSecret::new(format!("value-{number}"))).await.unwrap();
        println!("done {secret} {} value-{number}", set.version.id);
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

/// Secret, version and value of each set that the writer has reported; then the writer is killed.
fn reports_until_killed(directory: &Path) -> Vec<(String, String, String)> {
    let mut writer = start_writer(directory);
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
    let report = |line: String| {
        // The test harness writes its own text in front of the first line.
        let (_, report) = line.split_once("done ")?;
        let mut words = report.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()?, words.next()?))
    };
    let reports = lines.filter_map(report).take(REPORTED).collect();
    writer.kill().unwrap();
    writer.wait().unwrap();
    reports
}

#[tokio::test]
async fn what_was_set_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let reports = reports_until_killed(dir.path());
    assert_eq!(reports.len(), REPORTED);
    let vault = on_disk(dir.path(), &SetClock::new("2026-11-21T08:00:00Z")).await;
    let filter = AuditFilter { vault: vault.name().clone(), secret: None, who: None, limit: 10_000 };
    let records = vault.records(&filter).await.unwrap();
    for (secret, version, value) in &reports {
        let read =
            vault.get(&operator(), &name(secret), Some(&VersionId::new(version).unwrap())).await.unwrap();
        assert!(read.value.unwrap().matches(value), "{secret}");
        let is_its = |record: &vault::AuditRecord| record.version.as_ref() == Some(version);
        assert!(records.iter().any(is_its), "{secret} {version} has no record");
    }
    vault.set(&operator(), &name("after"), NewSecret::new("x")).await.unwrap();
}
