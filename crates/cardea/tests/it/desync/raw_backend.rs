//! A backend that keeps every byte it gets, connection by connection, and answers with the bytes that a test gives it.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::message::{Malformed, request};
use crate::harness::eventually;

/// The answer when a test gives none.
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// What one connection brought.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    /// Whether a request has begun and is not complete, and the connection is open.
    within: bool,
    /// How much of it was taken.
    taken: usize,
}

/// How requests are answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) closes: bool,
}

#[derive(Debug)]
struct State {
    lines: Vec<Line>,
    reply: Reply,
}

/// A running backend.
pub(crate) struct RawBackend {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

impl RawBackend {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let reply = Reply { bytes: OK.into(), closes: false };
        let state = Arc::new(Mutex::new(State { lines: Vec::new(), reply }));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, accepting }
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers so from now on.
    pub(crate) fn replies(&self, reply: Reply) {
        self.state.lock().reply = reply;
    }

    /// The bytes of each connection that came since they were taken last, once no request is in its middle.
    pub(crate) async fn take(&self) -> Vec<Vec<u8>> {
        eventually("the backend's requests end", async || {
            let is_quiet = !self.state.lock().lines.iter().any(|line| line.within);
            is_quiet.then_some(())
        })
        .await;
        let mut state = self.state.lock();
        state.lines.iter_mut().filter_map(Line::take).collect()
    }
}

impl Line {
    fn take(&mut self) -> Option<Vec<u8>> {
        let fresh = self.bytes[self.taken..].to_vec();
        self.taken = self.bytes.len();
        (!fresh.is_empty()).then_some(fresh)
    }
}

impl Drop for RawBackend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let at = {
                let mut held = state.lock();
                held.lines.push(Line::default());
                held.lines.len() - 1
            };
            let _ended = serve(stream, &state, at).await;
            state.lock().lines[at].within = false;
        });
    }
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>, at: usize) -> std::io::Result<()> {
    let mut pending = Vec::new();
    loop {
        let before = pending.len();
        if stream.read_buf(&mut pending).await? == 0 {
            return Ok(());
        }
        {
            let line = &mut state.lock().lines[at];
            line.bytes.extend_from_slice(&pending[before..]);
            line.within = true;
        }
        while !pending.is_empty() {
            match request(&pending) {
                Ok((_, rest)) => pending = rest.to_vec(),
                Err(Malformed::Incomplete) => break,
                // The test finds the same.
                Err(Malformed::Wrong(_)) => pending.clear(),
            }
            let reply = state.lock().reply.clone();
            stream.write_all(&reply.bytes).await?;
            if reply.closes {
                return Ok(());
            }
        }
        state.lock().lines[at].within = !pending.is_empty();
    }
}
