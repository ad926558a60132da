//! The wall clock jumps, forwards and back, under the running program: `libfaketime` stands between it and the system's
//! clock; the monotonic one goes on as it is.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{Start, Tenant, ask, eventually};

const BY_TOKEN: &str = "/token/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";

fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a directory").flatten();
    let mut paths = folders.map(|each| each.path().join("faketime/libfaketimeMT.so.1"));
    paths.find(|path| path.exists()).expect("Debian's package `faketime`: `./test faults` installs it")
}

/// Sets how far the clock of the program is off.
fn set(start: &std::path::Path, offset: &str) {
    let fresh = start.with_extension("new");
    std::fs::write(&fresh, format!("{offset}\n")).expect("a file");
    std::fs::rename(fresh, start).expect("renamed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_when_the_clock_jumps_and_expired_is_what_has_expired() {
    let tenant = Tenant::start().await;
    let folder = tenant.folder();
    let clock = folder.beside("clock");
    set(&clock, "+0");
    let start: Start = tenant.gateway(folder);
    let gateway = start
        .variable("LD_PRELOAD", library().to_str().expect("UTF-8"))
        .variable("FAKETIME_TIMESTAMP_FILE", clock.to_str().expect("UTF-8"))
        .variable("FAKETIME_NO_CACHE", "1")
        .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .variable("DONT_FAKE_MONOTONIC", "1")
        .set("identity.retry-seconds", "1")
        .set("tokens.openid-retry-seconds", "1")
        .set("tokens.openid-interval-seconds", "1")
        .start()
        .await;
    let hello = json!({ "messages": [{ "role": "user", "content": "Say hello" }] });
    let call = async || ask(&gateway, BY_TOKEN, &tenant.token("Team Red"), &hello).await.status;
    assert_eq!(call().await, 200);
    // Five minutes: within the life of tokens, beyond what is fresh. Two hours: a token of now has expired there. A year back:
    // it is not valid yet. And again as it was.
    for (offset, expected) in [("+5m", 200), ("+2h", 401), ("+0", 200), ("-1y", 401), ("+0", 200)] {
        set(&clock, offset);
        eventually(offset, async || (call().await == expected).then_some(())).await;
        assert_eq!(gateway.ask("GET", "/-/ready").await.status, 200, "{offset}");
    }
    assert_eq!(gateway.terminate().await, 0);
    let records = gateway.records();
    assert!(records.iter().all(|record| record["totalTime"].as_u64().is_some_and(|time| time < 60_000)));
    assert!(records.iter().all(|record| record["timeGenerated"] != Value::Null));
    assert!(!gateway.said().contains("panicked"), "{}", gateway.said());
}
