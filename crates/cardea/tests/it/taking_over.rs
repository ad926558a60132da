//! One process follows another on the same sockets; load balancers get time to notice that a gateway ends; certificates
//! change under callers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Api, Authority, Backend, Folder, Gateway, Start, Wire, eventually};

/// Addresses that nobody listens on at the moment, so that two processes can have the same settings.
fn free() -> (SocketAddr, SocketAddr) {
    let bind = || std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let (one, other) = (bind(), bind());
    (one.local_addr().expect("an address"), other.local_addr().expect("an address"))
}

async fn started(backend: &Backend) -> Gateway {
    let (callers, operators) = free();
    let start = Start::new(Folder::new().api(&Api::new("own").to(&backend.url())));
    let start = start.set("listen.address", &callers.to_string());
    start.set("admin.address", &operators.to_string()).start().await
}

/// What a caller gets who connects anew.
async fn called(address: SocketAddr) -> std::io::Result<String> {
    let mut tcp = TcpStream::connect(address).await?;
    tcp.write_all(b"GET /own HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Callers who connect anew for each call, until they are told to stop.
struct Callers {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    tasks: Vec<tokio::task::JoinHandle<Vec<String>>>,
}

impl Callers {
    fn of(address: SocketAddr) -> Self {
        let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let one = || {
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut failed = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    match called(address).await {
                        Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => {
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        other => failed.push(format!("{other:?}")),
                    }
                }
                failed
            })
        };
        let tasks = (0..4).map(|_| one()).collect();
        Self { stop, answered, tasks }
    }

    /// Waits until some more calls were answered.
    async fn more(&self) {
        let now = self.answered.load(Ordering::Relaxed);
        let enough = async || (self.answered.load(Ordering::Relaxed) > now + 20).then_some(());
        eventually("more calls are answered", enough).await;
    }

    /// What they were refused.
    async fn failures(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        let mut failed = Vec::new();
        for task in self.tasks {
            failed.extend(task.await.expect("a caller"));
        }
        failed
    }
}

#[tokio::test]
async fn a_new_process_takes_over_without_a_call_that_fails() {
    let backend = Backend::start().await;
    let mut gateway = started(&backend).await;
    let callers = Callers::of(gateway.address);
    callers.more().await;
    let mut kept = TcpStream::connect(gateway.address).await.expect("a connection");
    for _ in 0..3 {
        let next = gateway.succeeded().await;
        assert_eq!((next.address, next.admin), (gateway.address, gateway.admin));
        // A connection that was open may ask once more, and is told that it was the last time.
        let first = kept.write_all(b"GET /own HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let mut answer = String::new();
        let read = kept.read_to_string(&mut answer).await;
        assert!(first.is_ok() && read.is_ok() && answer.contains("connection: close"), "{answer}");
        kept = TcpStream::connect(next.address).await.expect("a connection");
        callers.more().await;
        assert_eq!(gateway.ended().await, 0, "{}", gateway.said());
        assert_eq!(next.ask("GET", "/-/ready").await.status, 200);
        // The note of where operators come in is the new one's: the command line finds it.
        assert!(next.folder.beside("state/admin.address").exists());
        callers.more().await;
        gateway = next;
    }
    assert_eq!(callers.failures().await, Vec::<String>::new());
    assert_eq!(gateway.terminate().await, 0);
    assert!(!gateway.folder.beside("state/take-over.sock").exists());
}

#[tokio::test]
async fn who_takes_over_from_nobody_just_starts() {
    let backend = Backend::start().await;
    let mut gateway = started(&backend).await;
    gateway.signal("KILL");
    let next = gateway.succeeded().await;
    assert!(called(next.address).await.expect("an answer").starts_with("HTTP/1.1 200 "));
}

/// The process that serves is not disturbed by one that cannot serve.
#[tokio::test]
async fn a_process_that_fails_takes_nothing_over() {
    let backend = Backend::start().await;
    let mut gateway = started(&backend).await;
    let address = gateway.address;
    let (folder, _) = (gateway.folder.artifacts(), ());
    let refused = gateway.run(&[
        "serve",
        "--take-over",
        "--artifacts",
        folder.join("not-there").to_str().expect("UTF-8"),
    ]);
    assert_ne!(refused.code, 0);
    assert!(called(address).await.expect("an answer").starts_with("HTTP/1.1 200 "));
    assert_eq!(gateway.record().await["responseCode"], 200);
}

/// `drain-delay-seconds`: not ready, and still there.
#[tokio::test]
async fn load_balancers_get_time_to_notice_that_it_ends() {
    let backend = Backend::start().await;
    let start = Start::new(Folder::new().api(&Api::new("own").to(&backend.url())));
    let gateway = start.set("listen.drain-delay-seconds", "3600").start().await;
    gateway.signal("TERM");
    let unready = async || {
        let answer = gateway.ask("GET", "/-/ready").await;
        (answer.status == 503).then(|| answer.text().to_owned())
    };
    eventually("it is not ready", unready).await;
    let answer = called(gateway.address).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let mut kept = TcpStream::connect(gateway.address).await.expect("a connection");
    kept.write_all(b"GET /own HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("a request");
    let mut answer = String::new();
    kept.read_to_string(&mut answer).await.expect("an answer and the end");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn certificates_are_read_anew_when_their_files_change() {
    let (old, new) = (Authority::new(), Authority::new());
    let backend = Backend::start().await;
    let folder = Folder::new().api(&Api::new("own").to(&backend.url()).with("protocols", json!(["https"])));
    let write = |folder: &Folder, authority: &Authority| {
        let server = authority.server();
        std::fs::write(folder.beside("gateway.key"), server.key_pem()).expect("a file");
        std::fs::write(folder.beside("gateway.pem"), &server.pem).expect("a file");
    };
    write(&folder, &old);
    let start = Start::new(folder);
    let start = start.set("listen.tls.certificate", "gateway.pem").set("listen.tls.key", "gateway.key");
    let gateway = start.start().await;
    let trusting = |authority: &Authority| Wire::Tls { root: authority.pem.clone(), offer: &["http/1.1"] };
    assert_eq!(gateway.get("/own").over(trusting(&old)).send().await.status, 200);
    write(&gateway.folder, &new);
    eventually("the new certificate is shown", async || {
        gateway.said().contains("certificates were renewed").then_some(())
    })
    .await;
    assert_eq!(gateway.get("/own").over(trusting(&new)).send().await.status, 200);
}

/// `[[listeners]]`: each with an address of its own, and TLS or not.
#[tokio::test]
async fn callers_come_in_by_several_listeners() {
    let authority = Authority::new();
    let server = authority.server();
    let backend = Backend::start().await;
    let folder = Folder::new().api(&Api::new("own").to(&backend.url()));
    std::fs::write(folder.beside("gateway.pem"), &server.pem).expect("a file");
    std::fs::write(folder.beside("gateway.key"), server.key_pem()).expect("a file");
    let (secure, proxied) = free();
    let listeners = format!(
        r#"[{{ address = "{secure}", tls = {{ certificate = "gateway.pem", key = "gateway.key" }} }},
            {{ address = "{proxied}", proxy-protocol-from = ["127.0.0.0/8"], forwarded-from = ["203.0.113.0/24"] }}]"#
    );
    let start = Start::new(folder).variable("CARDEA_LISTENERS", &listeners.replace('\n', " "));
    let mut gateway = start.start().await;
    assert_eq!(gateway.get("/own").send().await.status, 200);
    assert_eq!(gateway.record().await["callerIpAddress"], "127.0.0.1");
    let wire = Wire::Tls { root: authority.pem.clone(), offer: &["h2"] };
    let answer = crate::harness::Call::new(secure, "GET", "/own").over(wire).send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(gateway.record().await["clientTlsVersion"], "1.3");
    // A load balancer whose caller is a proxy that is trusted: the proxy says who calls, and stands in the list.
    let mut tcp = TcpStream::connect(proxied).await.expect("a connection");
    let call = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\nGET /own HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
        x-forwarded-for: 192.0.2.99, 198.51.100.9\r\nx-forwarded-proto: https\r\n\r\n";
    tcp.write_all(call.as_bytes()).await.expect("a call");
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let record = gateway.record().await;
    assert_eq!(record["callerIpAddress"], "198.51.100.9", "{record}");
    assert!(record["url"].as_str().is_some_and(|url| url.starts_with("https://a")), "{record}");
    assert_eq!(backend.last().header("x-forwarded-for"), ["192.0.2.99, 198.51.100.9, 203.0.113.7"]);
}
