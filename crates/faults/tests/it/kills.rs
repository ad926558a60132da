//! `kill -9` and start, again and again, while calls and changes are under way: what was reported as done is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::factor;
use crate::harness::{Api, Backend, Folder, Gateway, Policy, Start, eventually};
use crate::process::Held;

const SEALING_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const ROUNDS: usize = 6;

fn marked(backend: &Backend, mark: usize) -> Api {
    let set =
        format!(r#"<set-header name="x-mark" exists-action="override"><value>{mark}</value></set-header>"#);
    Api::new("one").to(&backend.url()).with_key().policy(Policy::inbound(&set))
}

/// Calls until it is told to stop, or the gateway is gone; every answer that comes is a good one.
async fn keep_calling(to: std::net::SocketAddr, key: String, end: Arc<AtomicBool>) {
    while !end.load(Ordering::Relaxed) {
        let call = crate::harness::Call::new(to, "GET", "/one").key(&key);
        let Ok(open) = call.open().await else { return };
        assert_eq!(open.status, 200);
        if open.whole().await.is_err() {
            return;
        }
    }
}

fn create(gateway: &Gateway, name: &str) -> String {
    let made = gateway.run(&["subscription", "create", name, "--all-apis"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    crate::disks::primary(&made)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_reported_as_done_is_lost_by_kills() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&marked(&backend, 0)).subscription("team", "/apis", "key-of-the-folder");
    let mut start =
        Start::new(folder).set("state.save-milliseconds", "0").variable("CARDEA_SEALING_KEY", SEALING_KEY);
    let mut keys = vec!["key-of-the-folder".to_owned()];
    for round in 0..ROUNDS * factor() {
        let gateway = start.start().await;
        assert!(!gateway.said().contains("left aside"), "{}", gateway.said());
        for key in &keys {
            assert_eq!(gateway.get("/one").key(key).send().await.status, 200, "{key} in round {round}");
        }
        let end = Arc::new(AtomicBool::new(false));
        let calling: Vec<_> = (0..4)
            .map(|_| tokio::spawn(keep_calling(gateway.address, keys[0].clone(), Arc::clone(&end))))
            .collect();
        keys.push(create(&gateway, &format!("made-{round}")));
        // A change is being saved, or not yet, when it is killed.
        gateway.folder.put(&marked(&backend, round + 1));
        assert_eq!(gateway.ask("POST", "/-/reload").await.status, 200);
        if round % 2 == 0 {
            let saved = async || gateway.said().contains("configuration saved").then_some(());
            eventually("it is saved", saved).await;
        }
        start = gateway.killed().await;
        end.store(true, Ordering::Relaxed);
        for call in calling {
            call.await.expect("good answers only");
        }
        // Every line of the log is whole but for the last one, which the kill may have cut; lines that were written stay.
        let log = std::fs::read_to_string(start.folder().beside("access.log")).expect("the log");
        let (whole, _cut) = log.rsplit_once('\n').expect("lines");
        let broken = whole.lines().filter(|line| serde_json::from_str::<Value>(line).is_err()).count();
        assert!(broken <= round, "{broken} broken lines after {} kills", round + 1);
    }
    let gateway = start.start().await;
    let before = Held::at_rest(&gateway).await;
    let answer = gateway.get("/one").key(&keys[0]).send().await;
    assert_eq!(answer.status, 200);
    before.and_kept(1).again(&gateway).await;
    assert_eq!(backend.last().header("x-mark"), [(ROUNDS * factor()).to_string().as_str()]);
}
