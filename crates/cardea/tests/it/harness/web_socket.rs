//! WebSockets: a server whose behaviour the path chooses, and callers.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderMap;
use parking_lot::Mutex;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

/// What a caller holds.
pub(crate) type Socket = WebSocketStream<TcpStream>;

/// A WebSocket server. What it does with a WebSocket says the end of its path:
///
/// - `/echo` sends every message back, `/silent` says nothing;
/// - `/close` closes with 4001 after the first message, `/vanish` lets the connection drop then;
/// - `/flood` sends messages of 64 KiB without end;
/// - `/refuse` answers the handshake with 403 and a body, `/wrong` with a key that is not the answer.
#[derive(Debug)]
pub(crate) struct EchoServer {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    is_tls: bool,
}

/// What it has seen.
#[derive(Debug, Default)]
struct Seen {
    handshakes: Vec<(String, HeaderMap)>,
    /// What came last on each WebSocket that has ended.
    ends: Vec<String>,
    sent: u64,
}

impl EchoServer {
    pub(crate) async fn start() -> Self {
        Self::listening(None).await
    }

    pub(crate) async fn over_tls(config: ServerConfig) -> Self {
        Self::listening(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listening(tls: Option<TlsAcceptor>) -> Self {
        let is_tls = tls.is_some();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (seen, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(tcp, seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                serve(stream, seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, seen, is_tls }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        match self.is_tls {
            true => format!("wss://localhost:{}/base", self.address.port()),
            false => format!("ws://{}/base", self.address),
        }
    }

    /// Path, query and headers of the handshakes so far.
    pub(crate) fn handshakes(&self) -> Vec<(String, HeaderMap)> {
        self.seen.lock().handshakes.clone()
    }

    /// What came last on each WebSocket that has ended.
    pub(crate) fn ends(&self) -> Vec<String> {
        self.seen.lock().ends.clone()
    }

    /// Bytes that `/flood` has been able to send.
    pub(crate) fn sent(&self) -> u64 {
        self.seen.lock().sent
    }
}

#[expect(clippy::result_large_err, reason = "the library's callback has this form")]
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(tcp: S, seen: Arc<Mutex<Seen>>) {
    let mut path = String::new();
    let noted = Arc::clone(&seen);
    let look = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        path = request.uri().path().trim_end_matches('/').to_owned();
        noted.lock().handshakes.push((request.uri().to_string(), request.headers().clone()));
        if path.ends_with("/refuse") {
            let answer = http::Response::builder().status(403).header("content-type", "text/plain");
            return Err(answer.body(Some("not you".to_owned())).expect("an answer"));
        }
        if path.ends_with("/wrong") {
            response.headers_mut().insert("sec-websocket-accept", http::HeaderValue::from_static("no"));
        }
        let offered = request.headers().get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
        if let Some(first) = offered.and_then(|text| text.split(',').next()) {
            response.headers_mut().insert("sec-websocket-protocol", first.trim().parse().expect("a header"));
        }
        Ok(response)
    };
    let Ok(socket) = accept_hdr_async(tcp, look).await else { return };
    let end = talk(socket, &path, &seen).await;
    seen.lock().ends.push(end);
}

/// Talks as the path says; gives what came last.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    path: &str,
    seen: &Mutex<Seen>,
) -> String {
    if path.ends_with("/flood") {
        let piece = Message::Binary(Bytes::from(vec![7; 65_536]));
        while socket.send(piece.clone()).await.is_ok() {
            seen.lock().sent += 65_536;
        }
        return "flooded".to_owned();
    }
    loop {
        let message = match socket.next().await {
            None => return "end".to_owned(),
            Some(Err(error)) => return format!("error: {error}"),
            Some(Ok(message)) => message,
        };
        match message {
            Message::Close(frame) => {
                while socket.next().await.is_some() {}
                return frame.map_or("close".to_owned(), |frame| format!("close {}", u16::from(frame.code)));
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            _ if path.ends_with("/vanish") => return "vanished".to_owned(),
            _ if path.ends_with("/silent") => {}
            _ if path.ends_with("/close") => {
                let frame = CloseFrame { code: 4001.into(), reason: "enough".into() };
                let _sent = socket.close(Some(frame)).await;
            }
            data => {
                let _sent = socket.send(data).await;
            }
        }
    }
}

/// Opens a WebSocket; gives the head of the answer too.
pub(crate) async fn connect(
    to: SocketAddr,
    target: &str,
    headers: &[(&str, &str)],
) -> Result<(Socket, http::Response<Option<Vec<u8>>>), Error> {
    let tcp = TcpStream::connect(to).await.expect("a connection");
    tcp.set_nodelay(true).expect("a socket");
    let mut request = http::Request::get(format!("ws://{to}{target}"))
        .header("host", to.to_string())
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", generate_key());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client_async(request.body(()).expect("a request"), tcp).await
}
