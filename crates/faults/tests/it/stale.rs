//! Kept connections that die: one that is known to be dead is replaced and nobody sees it. What was sent on one that dies then
//! is not sent again, since the model may have done it already (RFC 9110 section 9.2.2 leaves that to who knows).

use faults::{Act, Fault, FaultProxy, Stage};
use serde_json::json;
use simulators::Running;

use crate::harness::{Api, CHAT, Folder, Gateway, MODEL_KEY, Policy, Start, eventually, models};
use crate::process::{Held, sockets};

/// One thread, so that the second call finds the connection of the first.
async fn start(proxy: &FaultProxy) -> Gateway {
    let key = r#"<set-header name="api-key" exists-action="override"><value>{{key}}</value></set-header>"#;
    let endpoint = format!("http://{}", proxy.address());
    let folder = Folder::new().api(&Api::models(&endpoint).policy(Policy::inbound(key)));
    Start::new(folder.secret("key", MODEL_KEY)).set("runtime.threads", "1").start().await
}

async fn ask(gateway: &Gateway) -> u16 {
    let body = json!({ "messages": [{ "role": "user", "content": "hello" }] });
    gateway.call("POST", CHAT).json(&body).send().await.status
}

async fn prepare() -> (Running, FaultProxy, Gateway) {
    let models = models().await;
    // The fault lies in wait: it keeps the connection open for a second request.
    let never = Fault::new(Stage::Again, Act::Delay);
    let proxy = FaultProxy::start(models.address(), Some(never)).await.expect("a port");
    let gateway = start(&proxy).await;
    (models, proxy, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_connection_that_is_known_to_be_dead_is_replaced() {
    let (_models, proxy, gateway) = prepare().await;
    let held = Held::at_rest(&gateway).await;
    let before = sockets(&gateway);
    for round in 1..=3 {
        assert_eq!(ask(&gateway).await, 200);
        assert_eq!(ask(&gateway).await, 200);
        assert_eq!((proxy.connections(), proxy.requests()), (round, round * 2), "one is used for both");
        proxy.cut();
        eventually("the end is seen", async || (sockets(&gateway) <= before).then_some(())).await;
    }
    held.and_tasks(1).again(&gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_on_a_kept_connection_that_dies_is_not_sent_again() {
    let (_models, proxy, mut gateway) = prepare().await;
    let held = Held::at_rest(&gateway).await;
    for act in [Act::Reset, Act::Close] {
        proxy.meet(Some(Fault::new(Stage::Again, act)));
        assert_eq!(ask(&gateway).await, 200, "{act:?}");
        gateway.record().await;
        assert_eq!(ask(&gateway).await, 500, "{act:?}");
        assert_eq!(gateway.record().await["lastError"]["reason"], "BackendConnectionFailure", "{act:?}");
        assert_eq!((proxy.connections(), proxy.requests()), (1, 2), "{act:?}");
    }
    held.and_kept(1).again(&gateway).await;
}
