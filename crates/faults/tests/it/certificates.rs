//! Certificates and configurations that are swapped while calls are under way: none fails, and the new ones are used.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::factor;
use crate::harness::{Api, Authority, Backend, Call, Folder, Policy, Start, Wire, eventually};
use crate::process::Held;

const SWAPS: usize = 20;

fn marked(backend: &Backend, mark: &str) -> Api {
    let set =
        format!(r#"<set-header name="x-mark" exists-action="override"><value>{mark}</value></set-header>"#);
    Api::new("one").to(&backend.url()).policy(Policy::inbound("").and_outbound(&set))
}

fn write(folder: &Path, authority: &Authority) {
    let own = authority.server();
    std::fs::write(folder.join("tls.key"), own.key_pem()).expect("a file");
    std::fs::write(folder.join("tls.crt"), &own.pem).expect("a file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_and_configurations_change_under_load() {
    let (backend, old, new) = (Backend::start().await, Authority::new(), Authority::new());
    let folder = Folder::new().api(&marked(&backend, "0"));
    let beside = folder.beside("");
    write(&beside, &old);
    let start = Start::new(folder)
        .set("listen.tls.certificate", "tls.crt")
        .set("listen.tls.key", "tls.key")
        .set("configuration.quiet-milliseconds", "1");
    let gateway = start.start().await;
    let before = Held::at_rest(&gateway).await;
    let (end, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut calling = tokio::task::JoinSet::new();
    for offer in [&["h2"], &["http/1.1"], &["h2"], &["http/1.1"]] {
        let (to, end, answers) = (gateway.address, Arc::clone(&end), Arc::clone(&answers));
        // Whoever trusts both is served whichever it is.
        let roots = [old.pem.clone(), new.pem.clone()];
        calling.spawn(async move {
            while !end.load(Ordering::Relaxed) {
                let mut whys = Vec::new();
                for root in &roots {
                    let call = Call::new(to, "GET", "/one").over(Wire::Tls { root: root.clone(), offer });
                    match call.open().await {
                        Ok(open) => {
                            let answer = open.whole().await.expect("a whole answer");
                            assert_eq!(answer.status, 200);
                            answers.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(why) => whys.push(why),
                    }
                }
                assert!(whys.iter().all(|why| why.contains("invalid peer certificate")), "{whys:?}");
            }
        });
    }
    let swaps = SWAPS * factor();
    for swap in 1..=swaps {
        write(&beside, if swap % 2 == 0 { &old } else { &new });
        gateway.folder.put(&marked(&backend, &swap.to_string()));
        gateway.signal("HUP");
        let root = if swap % 2 == 0 { &old.pem } else { &new.pem };
        eventually("the new certificate and the new configuration", async || {
            let wire = Wire::Tls { root: root.clone(), offer: &["h2"] };
            let answer = gateway.get("/one").over(wire).open().await.ok()?.whole().await.expect("an answer");
            (answer.header("x-mark") == swap.to_string()).then_some(())
        })
        .await;
    }
    end.store(true, Ordering::Relaxed);
    calling.join_all().await;
    assert!(answers.load(Ordering::Relaxed) > swaps, "{}", answers.load(Ordering::Relaxed));
    drop(backend);
    before.and_tasks(4).again(&gateway).await;
    // A pair that does not fit leaves the old one in place.
    std::fs::write(beside.join("tls.key"), new.server().key_pem()).expect("a file");
    gateway.signal("HUP");
    eventually("it is told", async || gateway.said().contains("cannot be renewed; the old").then_some(()))
        .await;
    assert_eq!(gateway.terminate().await, 0);
}
