//! WebSocket APIs: policies on the handshake, then bytes both ways until one side ends, and one record of it all.

use futures_util::{SinkExt as _, StreamExt as _};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::harness::{
    Api, Authority, EchoServer, Folder, Gateway, Policy, Socket, Start, connect, eventually,
};

/// RFC 6455 1.3: the key of the examples.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

async fn serving(api: Api) -> Gateway {
    Gateway::serving(Folder::new().api(&api)).await
}

async fn open(gateway: &Gateway, target: &str) -> Socket {
    connect(gateway.address, target, &[]).await.expect("a WebSocket").0
}

/// The answer to a handshake that does not open a WebSocket: status and body.
async fn refused(gateway: &Gateway, target: &str, headers: &[(&str, &str)]) -> (u16, String) {
    match connect(gateway.address, target, headers).await {
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            (response.status().as_u16(), String::from_utf8(body).expect("text"))
        }
        Err(other) => panic!("{target}: {other}"),
        Ok(_) => panic!("{target}: opened"),
    }
}

/// A close frame's status, which must come next.
async fn closed(socket: &mut Socket) -> u16 {
    loop {
        match socket.next().await.expect("a frame").expect("a frame") {
            Message::Close(frame) => return frame.expect("a status").code.into(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{} bytes instead of a close", other.len()),
        }
    }
}

/// Sends a handshake as it stands, with `\r\n` after each line, and gives the head of the answer.
async fn raw(gateway: &Gateway, lines: &[&str]) -> (TcpStream, String) {
    let mut tcp = TcpStream::connect(gateway.address).await.expect("a connection");
    let head = format!("{}\r\nhost: gateway.example\r\n\r\n", lines.join("\r\n"));
    tcp.write_all(head.as_bytes()).await.expect("sent");
    let mut read = Vec::new();
    while !read.windows(4).any(|window| window == b"\r\n\r\n") {
        assert!(tcp.read_buf(&mut read).await.expect("bytes") > 0, "closed: {read:?}");
    }
    (tcp, String::from_utf8(read).expect("text"))
}

#[tokio::test]
async fn messages_pass_both_ways_and_are_recorded_once() {
    let server = EchoServer::start().await;
    let mut gateway = serving(Api::web_socket("chat", &server.url())).await;
    let (mut socket, response) =
        connect(gateway.address, "/chat/echo?a=1", &[("x-mine", "1")]).await.unwrap();
    assert_eq!(response.status(), 101);
    let large = vec![7_u8; 1_000_000];
    for message in [Message::text("hello"), Message::binary(large.clone()), Message::text("")] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.send(Message::Ping("are you there".into())).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong("are you there".into()));
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}

    let [(target, headers)] = &server.handshakes()[..] else { panic!("one handshake") };
    assert_eq!(
        (target.as_str(), &headers["x-mine"]),
        ("/base/echo?a=1", &http::HeaderValue::from_static("1"))
    );
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(server.ends(), ["close"]);

    let record = gateway.record().await;
    assert_eq!(
        (&record["responseCode"], &record["isRequestSuccess"]),
        (&json!(101), &json!(true)),
        "{record}"
    );
    assert_eq!((&record["operationId"], &record["method"]), (&json!("onHandshake"), &json!("GET")));
    assert_eq!(
        record["webSocket"],
        json!({ "ended": "closed-by-caller", "messagesReceived": 3, "messagesSent": 3 })
    );
    for size in ["requestSize", "responseSize"] {
        assert!(record[size].as_u64().is_some_and(|size| (1_000_000..1_001_000).contains(&size)), "{record}");
    }
    let metrics = gateway.metrics().await;
    for line in [
        r#"cardea_websockets{api="chat"} 0"#,
        r#"cardea_websocket_messages_total{api="chat",source="caller"} 3"#,
        r#"cardea_websocket_messages_total{api="chat",source="backend"} 3"#,
        r#"cardea_websockets_ended_total{api="chat",reason="closed-by-caller"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} of {metrics}");
    }
    assert_eq!(gateway.terminate().await, 0);
    assert_eq!(gateway.records().len(), 1);
}

/// RFC 6455 4.2.1 and 4.2.2 say what a handshake must have, and what is answered where it has not.
#[tokio::test]
async fn what_is_no_handshake_is_refused() {
    let server = EchoServer::start().await;
    let gateway = serving(Api::web_socket("chat", &server.url())).await;
    let key = format!("sec-websocket-key: {KEY}");
    let (get, version) = ("GET /chat/echo HTTP/1.1", "sec-websocket-version: 13");
    let (upgrade, connection) = ("upgrade: websocket", "connection: Upgrade");
    for (lines, status, says) in [
        (vec![get], "426", "upgrade: websocket"),
        (vec![get, upgrade, version, &key], "426", "upgrade: websocket"),
        (vec![get, upgrade, connection, &key], "426", "sec-websocket-version: 13"),
        (
            vec![get, upgrade, connection, &key, "sec-websocket-version: 8"],
            "426",
            "sec-websocket-version: 13",
        ),
        (vec![get, upgrade, connection, version], "400", ""),
        (vec![get, upgrade, connection, version, "sec-websocket-key: c2hvcnQ="], "400", ""),
        (vec![get, upgrade, connection, version, &key, &key], "400", ""),
        (vec![get, upgrade, connection, version, &key, "content-length: 4"], "400", ""),
        (vec!["POST /chat/echo HTTP/1.1", upgrade, connection, version, &key], "404", ""),
    ] {
        let (_tcp, head) = raw(&gateway, &lines).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")) && head.contains(says), "{lines:?}: {head}");
    }
    assert!(server.handshakes().is_empty());
    let (_tcp, head) = raw(&gateway, &[get, upgrade, connection, version, &key]).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
}

#[tokio::test]
async fn keys_and_policies_decide_about_the_handshake() {
    let server = EchoServer::start().await;
    let header = "<check-header name=\"x-pass\" failed-check-httpcode=\"403\" failed-check-error-message=\"no pass\" \
                  ignore-case=\"true\"><value>yes</value></check-header>";
    let api = Api::web_socket("chat", &server.url()).with_key().policy(Policy::inbound(header));
    let folder = Folder::new().api(&api).subscription("mine", "/apis/chat", "planted-key");
    let mut gateway = Gateway::serving(folder).await;
    let key = ("Ocp-Apim-Subscription-Key", "planted-key");
    assert_eq!(refused(&gateway, "/chat/echo", &[]).await.0, 401);
    let (status, body) = refused(&gateway, "/chat/echo", &[key]).await;
    assert_eq!((status, body.contains("no pass")), (403, true), "{body}");
    assert!(server.handshakes().is_empty());

    let browser = "realtime, openai-insecure-api-key.planted-key";
    let headers = [key, ("x-pass", "yes"), ("sec-websocket-protocol", browser)];
    let (mut socket, response) = connect(gateway.address, "/chat/echo", &headers).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "realtime");
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    let query = "/chat/echo?subscription-key=planted-key&a=1";
    let (mut socket, _) = connect(gateway.address, query, &[("x-pass", "yes")]).await.unwrap();
    socket.close(None).await.unwrap();

    for (target, headers) in server.handshakes() {
        assert!(!format!("{target} {headers:?}").contains("planted-key"), "{target} {headers:?}");
    }
    assert_eq!(server.handshakes()[1].0, "/base/echo?a=1");
    for status in [401, 403, 101, 101] {
        assert_eq!(gateway.record().await["responseCode"], status);
    }
    let log = std::fs::read_to_string(gateway.folder.beside("access.log")).unwrap();
    assert!(!log.contains("planted-key") && !gateway.said().contains("planted-key"));
}

#[tokio::test]
async fn bearer_keys_may_stand_among_the_subprotocols() {
    let server = EchoServer::start().await;
    let api = Api::web_socket("chat", &server.url()).with_key();
    let folder = Folder::new().api(&api).subscription("mine", "/apis/chat", "planted-key");
    let gateway = Gateway::serving(folder.overlay("[apis.chat]\nbearer-keys = true\n")).await;
    let good = [("sec-websocket-protocol", "realtime, openai-insecure-api-key.planted-key")];
    connect(gateway.address, "/chat/echo", &good).await.unwrap();
    let bad = [("sec-websocket-protocol", "realtime, openai-insecure-api-key.other")];
    assert_eq!(refused(&gateway, "/chat/echo", &bad).await.0, 401);
}

#[tokio::test]
async fn the_backends_refusal_is_relayed_as_it_is() {
    let server = EchoServer::start().await;
    let mut gateway = serving(Api::web_socket("chat", &server.url())).await;
    let (status, body) = refused(&gateway, "/chat/refuse", &[]).await;
    assert_eq!((status, body.contains("not you")), (403, true), "{body}");
    let record = gateway.record().await;
    assert_eq!((&record["responseCode"], &record["webSocket"]), (&json!(403), &Value::Null));
    // A 101 that does not answer the key is not the WebSocket that was asked for.
    assert_eq!(refused(&gateway, "/chat/wrong", &[]).await.0, 500);
    assert_eq!(gateway.record().await["lastError"]["reason"], "BackendConnectionFailure");
}

/// Headers of the connection concern the connection: an HTTP API serves the request as if it had not asked.
#[tokio::test]
async fn other_apis_do_not_switch_protocols() {
    let server = EchoServer::start().await;
    let http = server.url().replace("ws://", "http://");
    let gateway = serving(Api::new("plain").to(&http)).await;
    let key = format!("sec-websocket-key: {KEY}");
    let lines = [
        "GET /plain/echo HTTP/1.1",
        "upgrade: websocket",
        "connection: Upgrade",
        "sec-websocket-version: 13",
        &key,
    ];
    let (_tcp, head) = raw(&gateway, &lines).await;
    assert!(!head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(server.handshakes().is_empty(), "the backend saw no handshake");
}

/// A backend that switches protocols unasked would have its bytes read as somebody else's answer.
#[tokio::test]
async fn an_http_backend_that_switches_protocols_has_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let _read = tcp.read(&mut [0; 4096]).await;
            let _sent = tcp
                .write_all(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
                .await;
        }
    });
    let gateway = serving(Api::new("plain").to(&format!("http://{address}"))).await;
    assert_eq!(gateway.get("/plain/x").send().await.status, 500);
    let policy = Policy::inbound("<return-response><set-status code=\"101\" /></return-response>");
    gateway.folder.put(&Api::new("said").policy(policy));
    gateway.ask("POST", "/-/reload").await;
    assert_eq!(gateway.get("/said/x").send().await.status, 500);
}

#[tokio::test]
async fn whoever_ends_ends_the_other_side_too() {
    let server = EchoServer::start().await;
    let mut gateway = serving(Api::web_socket("chat", &server.url())).await;
    // The backend closes with a status of its own.
    let mut socket = open(&gateway, "/chat/close").await;
    socket.send(Message::text("x")).await.unwrap();
    assert_eq!(closed(&mut socket).await, 4001);
    while socket.next().await.is_some() {}
    let record = gateway.record().await;
    assert_eq!(record["webSocket"]["ended"], "closed-by-backend", "{record}");
    assert_eq!(record["webSocket"]["closeCode"], 4001);
    // The backend is gone without a word.
    let mut socket = open(&gateway, "/chat/vanish").await;
    socket.send(Message::text("x")).await.unwrap();
    assert_eq!(closed(&mut socket).await, 1011);
    while socket.next().await.is_some() {}
    let record = gateway.record().await;
    assert_eq!(record["webSocket"]["ended"], "backend-left", "{record}");
    assert_eq!(record["isRequestSuccess"], false);
    // The caller is.
    let mut socket = open(&gateway, "/chat/echo").await;
    socket.send(Message::text("x")).await.unwrap();
    socket.next().await.unwrap().unwrap();
    drop(socket);
    let record = gateway.record().await;
    assert_eq!(record["webSocket"]["ended"], "caller-left", "{record}");
    eventually("the backend heard of it", async || {
        server.ends().last().filter(|end| *end == "close 1001").cloned()
    })
    .await;
}

/// In the middle of a frame nothing can be said: the backend's connection ends there.
#[tokio::test]
async fn a_frame_that_breaks_off_is_not_followed_by_another() {
    let server = EchoServer::start().await;
    let gateway = serving(Api::web_socket("chat", &server.url())).await;
    let key = format!("sec-websocket-key: {KEY}");
    let lines = [
        "GET /chat/echo HTTP/1.1",
        "upgrade: websocket",
        "connection: Upgrade",
        "sec-websocket-version: 13",
        &key,
    ];
    let (mut tcp, _) = raw(&gateway, &lines).await;
    tcp.write_all(&[0x81, 0x85, 1, 2, 3, 4, 5]).await.unwrap();
    drop(tcp);
    let end = eventually("the end", async || server.ends().first().cloned()).await;
    assert!(end.starts_with("error") || end == "end", "{end}");
}

#[tokio::test]
async fn silence_and_age_have_limits() {
    let server = EchoServer::start().await;
    for (setting, ended) in [("websocket.idle-seconds", "idle"), ("websocket.lifetime-seconds", "lifetime")] {
        let folder = Folder::new().api(&Api::web_socket("chat", &server.url()));
        let mut gateway = Start::new(folder).set(setting, "1").start().await;
        let mut socket = open(&gateway, "/chat/silent").await;
        assert_eq!(closed(&mut socket).await, 1001);
        while socket.next().await.is_some() {}
        let record = gateway.record().await;
        assert_eq!(
            (&record["webSocket"]["ended"], &record["isRequestSuccess"]),
            (&json!(ended), &json!(true))
        );
        eventually("the backend heard of it", async || {
            server.ends().last().filter(|end| *end == "close 1001").cloned()
        })
        .await;
    }
}

#[tokio::test]
async fn no_more_are_opened_than_may_be() {
    let server = EchoServer::start().await;
    let folder = Folder::new().api(&Api::web_socket("chat", &server.url()));
    let gateway = Start::new(folder).set("websocket.connections", "1").start().await;
    let mut first = open(&gateway, "/chat/echo").await;
    assert_eq!(refused(&gateway, "/chat/echo", &[]).await.0, 503);
    first.close(None).await.unwrap();
    while first.next().await.is_some() {}
    eventually("room for another", async || connect(gateway.address, "/chat/echo", &[]).await.ok()).await;
}

#[tokio::test]
async fn a_gateway_that_ends_says_goodbye_to_both_sides() {
    let server = EchoServer::start().await;
    let folder = Folder::new().api(&Api::web_socket("chat", &server.url()));
    let gateway = Start::new(folder).set("listen.drain-seconds", "1").start().await;
    let mut socket = open(&gateway, "/chat/echo").await;
    gateway.signal("TERM");
    // It goes on until the deadline.
    socket.send(Message::text("x")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("x"));
    assert_eq!(closed(&mut socket).await, 1001);
    while socket.next().await.is_some() {}
    assert_eq!(gateway.ended().await, 0);
    assert_eq!(server.ends(), ["close 1001"]);
    let [record] = &gateway.records()[..] else { panic!("one record") };
    assert_eq!(record["webSocket"]["ended"], "shutdown", "{record}");
}

/// What is on its way is bounded by the buffers of the sockets; the gateway holds one piece.
#[tokio::test]
async fn a_slow_reader_slows_the_backend() {
    let server = EchoServer::start().await;
    let gateway = serving(Api::web_socket("chat", &server.url())).await;
    let mut socket = open(&gateway, "/chat/flood").await;
    let mut other = open(&gateway, "/chat/echo").await;
    let (mut before, mut rounds) = (0, 0);
    // It waits: nothing of it is taken while another's messages go there and back many times.
    while rounds < 200 {
        other.send(Message::text("x")).await.unwrap();
        other.next().await.unwrap().unwrap();
        let sent = server.sent();
        rounds = if sent == before && sent > 0 { rounds + 1 } else { 0 };
        before = sent;
        assert!(before < 64 * 1024 * 1024, "{before} bytes were taken");
    }
    for _ in 0..3 * before / 65_536 {
        assert_eq!(socket.next().await.unwrap().unwrap().len(), 65_536);
    }
}

#[tokio::test]
async fn policies_that_do_not_apply_are_refused_or_skipped() {
    let server = EchoServer::start().await;
    let body = Policy::inbound(
        "<set-body>never</set-body><set-header name=\"x-seen\" exists-action=\"override\"><value>yes</value></set-header>",
    );
    let own = Folder::new().api(&Api::web_socket("chat", &server.url()).policy(body.clone()));
    let gateway = Gateway::serving(own).await;
    assert_eq!(refused(&gateway, "/chat/echo", &[]).await.0, 500);
    assert!(gateway.said().contains("`set-body` cannot be applied to `onHandshake`"), "{}", gateway.said());

    let broader = "<policies><inbound><set-method>POST</set-method><set-body>never</set-body>\
                   <set-header name=\"x-seen\" exists-action=\"override\"><value>yes</value></set-header></inbound>\
                   <backend><forward-request /></backend><outbound /><on-error /></policies>";
    let folder = Folder::new().policy(broader).api(&Api::web_socket("chat", &server.url()));
    let gateway = Gateway::serving(folder).await;
    open(&gateway, "/chat/echo").await;
    assert_eq!(server.handshakes()[0].1["x-seen"], "yes");
}

/// A pool's members take handshakes in turns, and a breaker counts those that fail.
#[tokio::test]
async fn backends_of_a_pool_take_turns_and_failures_are_counted() {
    let server = EchoServer::start().await;
    let member = |path: &str| {
        json!({ "protocol": "http", "url": format!("ws://{}/{path}", server.address), "circuitBreaker": { "rules": [{
            "name": "r", "tripDuration": "PT1M",
            "failureCondition": { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 400, "max": 499 }] }
        }] } })
    };
    let pool = json!({ "type": "Pool", "pool": { "services": [{ "id": "/backends/bad" }, { "id": "/backends/good" }] } });
    let chosen = Policy::inbound("<set-backend-service backend-id=\"both\" /><rewrite-uri template=\"/\" />");
    let folder = Folder::new()
        .backend("bad", &member("refuse"))
        .backend("good", &member("echo"))
        .backend("both", &pool)
        .api(&Api::web_socket("chat", &server.url()).policy(chosen));
    let gateway = Gateway::serving(folder).await;
    let mut opened = 0;
    for _ in 0..6 {
        opened += usize::from(connect(gateway.address, "/chat", &[]).await.is_ok());
    }
    assert_eq!(opened, 5, "{:?}", server.handshakes());
}

/// What a caller says before the answer is there is not lost, and not taken for a request.
#[tokio::test]
async fn frames_may_come_with_the_handshake() {
    let server = EchoServer::start().await;
    let gateway = serving(Api::web_socket("chat", &server.url())).await;
    let mut tcp = TcpStream::connect(gateway.address).await.expect("a connection");
    let head = format!(
        "GET /chat/echo HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\r\n"
    );
    // RFC 6455 5.7: a masked `Hello`.
    let frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    tcp.write_all(&[head.as_bytes(), &frame].concat()).await.expect("sent");
    let mut read = Vec::new();
    while !read.ends_with(b"\x81\x05Hello") {
        assert!(
            tcp.read_buf(&mut read).await.expect("bytes") > 0,
            "closed: {:?}",
            String::from_utf8_lossy(&read)
        );
    }
}

/// RFC 8441: a stream of HTTP/2 becomes a WebSocket; the others go on beside it.
#[tokio::test]
async fn http2_callers_open_streams() {
    let server = EchoServer::start().await;
    let http = server.url().replace("ws://", "http://");
    let folder = Folder::new().api(&Api::web_socket("chat", &server.url())).api(&Api::new("plain").to(&http));
    let mut gateway = Start::new(folder).set("listen.idle-seconds", "1").start().await;
    let tcp = TcpStream::connect(gateway.address).await.expect("a connection");
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tcp)).await.expect("HTTP/2");
    let connection = tokio::spawn(connection);
    let url = |path: &str| format!("http://gateway.example{path}");
    let empty = http_body_util::Empty::<bytes::Bytes>::new;
    // With its answer come the gateway's settings, which allow what follows.
    let plain = sender.send_request(http::Request::get(url("/none")).body(empty()).unwrap()).await.unwrap();
    assert_eq!(plain.status(), 404);
    let mut ask = async |path: &str| {
        let mut request =
            http::Request::connect(url(path)).header("sec-websocket-version", "13").body(empty()).unwrap();
        request.extensions_mut().insert(hyper::ext::Protocol::from_static("websocket"));
        sender.send_request(request).await.unwrap()
    };
    assert_eq!(ask("/plain/echo").await.status(), 400, "an API of another type");
    let response = ask("/chat/echo").await;
    assert_eq!(response.status(), 200);
    let stream = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    for _ in 0..2 {
        socket.send(Message::text("hello")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));
        // As long as a connection may be without a request: another's is closed for that, and the open stream is one.
        let mut idle = TcpStream::connect(gateway.address).await.expect("a connection");
        idle.write_all(b"GET /none HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
        let answered = idle.read_to_end(&mut Vec::new()).await;
        assert!(answered.is_ok_and(|length| length > 0));
    }
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    let mut records = Vec::new();
    for _ in 0..5 {
        records.push(gateway.record().await);
    }
    let opened = records.iter().find(|record| !record["webSocket"].is_null()).expect("a WebSocket");
    assert_eq!(
        (&opened["responseCode"], &opened["clientProtocol"]),
        (&json!(101), &json!("HTTP/2")),
        "{opened}"
    );
    assert_eq!(opened["webSocket"]["ended"], "closed-by-caller");
    connection.abort();
}

/// The backend asks for a certificate, which its entity has: a handshake is a call like any other.
#[tokio::test]
async fn backends_are_reached_over_tls() {
    let authority = Authority::new();
    let server = EchoServer::over_tls(authority.mutual()).await;
    let own = authority.client();
    let entity = json!({
        "url": server.url(), "protocol": "http", "credentials": { "certificateIds": ["/certificates/client"] },
    });
    let chosen = Policy::inbound("<set-backend-service backend-id=\"guarded\" />");
    let folder = Folder::new()
        .certificate("client", &own.pem, &own.key_pem())
        .backend("guarded", &entity)
        .api(&Api::web_socket("guarded", "ws://localhost").policy(chosen))
        .api(&Api::web_socket("anonymous", &server.url()));
    std::fs::write(folder.beside("root.pem"), &authority.pem).expect("a file");
    let gateway = Start::new(folder).set("outbound.extra-roots", "root.pem").start().await;
    let mut socket = open(&gateway, "/guarded/echo").await;
    let message = Message::binary(vec![7_u8; 300_000]);
    socket.send(message.clone()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), message);
    assert_eq!(refused(&gateway, "/anonymous/echo", &[]).await.0, 500);
}
