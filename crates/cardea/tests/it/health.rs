//! `cardea health`: what an orchestrator's probe learns from it.

use crate::harness::{Api, Backend, Folder, Gateway, Start, program};

async fn folder() -> Folder {
    Folder::new().api(&Api::new("own").to(&Backend::start().await.url()))
}

#[tokio::test]
async fn it_says_whether_the_gateway_is_ready() {
    let gateway = Gateway::serving(folder().await).await;
    // It finds the gateway by the state directory: here the admin listener has a port that nobody could know before.
    let ready = gateway.run(&["health"]);
    assert_eq!((ready.code, ready.stderr.as_str()), (0, ""));
    assert!(ready.stdout.starts_with("ready"), "{ready:?}");
    let live = gateway.run(&["health", "--live"]);
    assert_eq!((live.code, live.stdout.trim()), (0, "alive"));
    let asked = program(&["health", "--admin", &gateway.admin.to_string()], &[]);
    assert_eq!(asked.code, 0, "{asked:?}");
}

/// Keys that were sealed and cannot be opened: callers would be refused that should be let in.
#[tokio::test]
async fn it_gives_the_reasons_when_the_gateway_is_not_ready() {
    let folder = folder().await;
    let sealing = folder.beside("sealing.key");
    program(&["sealing-key", "create", sealing.to_str().expect("UTF-8")], &[]);
    let state = tempfile::tempdir().expect("a directory");
    let dir = state.path().to_str().expect("UTF-8");
    let sealed =
        [("CARDEA_STATE__DIR", dir), ("CARDEA_STATE__SEALING_KEY_FILE", sealing.to_str().expect("UTF-8"))];
    let made = program(&["subscription", "create", "team-a", "--api", "own"], &sealed);
    assert_eq!(made.code, 0, "{made:?}");
    let gateway = Start::new(folder).set("state.dir", dir).start().await;
    let told = gateway.run(&["health"]);
    assert_eq!((told.code, told.stderr.as_str()), (1, ""));
    assert!(told.stdout.starts_with("not ready: ") && told.stdout.contains("seal"), "{told:?}");
    // A restart would not help: the gateway is alive.
    assert_eq!(gateway.run(&["health", "--live"]).code, 0);
}

#[test]
fn nobody_there_is_not_healthy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let told = program(&["health", "--admin", &address], &[]);
    assert_eq!((told.code, told.stdout.as_str()), (1, ""));
    assert!(told.stderr.contains(&format!("no gateway answers at {address}")), "{told:?}");
    let off = program(&["health"], &[("CARDEA_ADMIN__ENABLED", "false")]);
    assert_eq!(off.code, 2);
    assert!(off.stderr.contains("admin.enabled"), "{off:?}");
}
