//! Through a proxy: a tunnel for what is encrypted, whole URLs for what is not.

use std::net::SocketAddr;
use std::sync::Arc;

use http::HeaderValue;
use net::{Destination, ErrorKind, Guard, HttpVersion, Options, Proxy};
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::server::{self, client, full, get, text};

/// A proxy that knows who may use it; it keeps the heads of requests. Tunnels all lead to one server, whatever they are
/// asked for, so that names need not exist; other requests it answers itself.
async fn proxy(leads_to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heads);
    let (address, _) = server::serving(move |tcp| serve(tcp, Arc::clone(&kept), leads_to)).await;
    (address, heads)
}

async fn serve(tcp: TcpStream, heads: Arc<Mutex<Vec<String>>>, leads_to: SocketAddr) {
    let mut tcp = BufReader::new(tcp);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && tcp.read_line(&mut head).await.unwrap() > 0 {}
    heads.lock().push(head.to_ascii_lowercase());
    let answer = match (head.contains(GOOD), head.starts_with("CONNECT ")) {
        (false, _) => "HTTP/1.1 407 Who are you\r\n\r\n",
        (true, true) => "HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n",
        (true, false) => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy",
    };
    tcp.write_all(answer.as_bytes()).await.unwrap();
    if head.starts_with("CONNECT ") && answer.contains(" 200 ") {
        let mut server = TcpStream::connect(leads_to).await.unwrap();
        let _ended = tokio::io::copy_bidirectional(&mut tcp, &mut server).await;
    }
}

fn through(proxy: SocketAddr, url: &str, version: HttpVersion, sign_in: &'static str) -> Destination {
    let url_of_proxy = format!("http://{proxy}").parse().unwrap();
    let proxy = Proxy::new(&url_of_proxy, Some(HeaderValue::from_static(sign_in))).unwrap();
    let options = Options { version, proxy: Some(proxy), ..Options::default() };
    Destination::new(&url.parse().unwrap(), options).unwrap()
}

const GOOD: &str = "Basic Z29vZA==";

#[tokio::test]
async fn what_is_not_encrypted_is_handed_to_the_proxy_with_its_whole_url() {
    let (address, heads) = proxy(SocketAddr::from(([127, 0, 0, 1], 1))).await;
    // Nobody but the proxy has to know the name.
    let to = through(address, "http://models.invalid:81/", HttpVersion::Http1, GOOD);
    let answer = client().send(&to, get("/chat?a=b")).await.unwrap();
    assert_eq!(text(answer).await, "proxy");
    let head = heads.lock()[0].clone();
    assert!(head.starts_with("get http://models.invalid:81/chat?a=b http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nhost: models.invalid:81\r\n"), "{head}");
    assert!(head.contains("\r\nproxy-authorization: basic z29vza==\r\n"), "{head}");
}

#[tokio::test]
async fn http2_goes_through_a_tunnel_and_shows_the_server_nothing_of_the_proxy() {
    let (server, _) = server::http(async |request| {
        assert!(!request.headers().contains_key("proxy-authorization"));
        http::Response::new(full("server"))
    })
    .await;
    let (address, heads) = proxy(server).await;
    let to = through(address, "http://models.invalid/", HttpVersion::Http2, GOOD);
    let client = client();
    for _ in 0..2 {
        assert_eq!(text(client.send(&to, get("/chat")).await.unwrap()).await, "server");
    }
    let heads = heads.lock();
    assert_eq!(heads.len(), 1, "the connection is kept");
    assert!(
        heads[0].starts_with("connect models.invalid:80 http/1.1\r\nhost: models.invalid:80\r\n"),
        "{}",
        heads[0]
    );
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told() {
    let (address, _) = proxy(SocketAddr::from(([127, 0, 0, 1], 1))).await;
    let to = through(address, "https://models.invalid/", HttpVersion::Http1, "Basic YmFk");
    let error = client().send(&to, get("/chat")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the proxy answered 407");
}

/// Decision 25: a proxy is no way around the guard, as far as we can see.
#[tokio::test]
async fn an_address_that_policies_may_not_call_is_not_asked_of_a_proxy() {
    let (address, heads) = proxy(SocketAddr::from(([127, 0, 0, 1], 1))).await;
    for url in ["http://127.0.0.1/", "http://main.localhost/", "http://[::1]/", "http://10.0.0.1/"] {
        let url_of_proxy = format!("http://{address}").parse().unwrap();
        let proxy = Some(Proxy::new(&url_of_proxy, None).unwrap());
        let options = Options { proxy, guard: Some(Guard::default()), ..Options::default() };
        let to = Destination::new(&url.parse().unwrap(), options).unwrap();
        assert_eq!(client().send(&to, get("/")).await.unwrap_err().kind(), ErrorKind::Guarded, "{url}");
    }
    assert!(heads.lock().is_empty());
}
