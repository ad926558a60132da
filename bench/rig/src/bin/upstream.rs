//! Answers like a model, and does as little as possible.
//!
//! ```console
//! $ upstream --listen 127.0.0.1:18080
//! $ upstream --listen 127.0.0.1:18081 --provider-key SECRET
//! $ upstream --listen 127.0.0.1:18082 --token-claims eyJhdWQiOiJodHRwczov
//! ```
//!
//! With `--provider-key`, a request without that key in `api-key`, or with a caller's key still in it, gets 401: a good
//! answer then proves that the proxy has done its work. With `--token-claims`, the same without a token whose claims, in
//! Base64url, begin like this: those of the proxy's own token do, those of its callers do not.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use rig::arguments::Arguments;
use rig::message::{Connection, body_length, header};
use rig::traffic::{
    BURST, CALLER_KEY, EVENTS, LONG, LONG_EVENTS, PACE, SCHEME, SLOW, SLOW_PACE, STREAM, TOKEN, answer_body,
    chunk, event,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::sleep;

const REFUSED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

/// What a request must have got from the proxy.
enum Wanted {
    Nothing,
    ProviderKey(String),
    TokenClaims(String),
}

/// Everything that is ever sent.
struct Answers {
    wanted: Wanted,
    plain: Vec<u8>,
    stream_head: Vec<u8>,
    event: Vec<u8>,
    last: Vec<u8>,
    many: Vec<u8>,
}

impl Answers {
    fn new(wanted: Wanted) -> Self {
        let body = answer_body();
        let length = body.len();
        let json = "Content-Type: application/json";
        let events = "Content-Type: text/event-stream\r\nX-Accel-Buffering: no";
        Self {
            wanted,
            plain: format!("HTTP/1.1 200 OK\r\n{json}\r\nContent-Length: {length}\r\n\r\n{body}").into(),
            stream_head: format!("HTTP/1.1 200 OK\r\n{events}\r\nTransfer-Encoding: chunked\r\n\r\n").into(),
            event: chunk(&event()).into(),
            last: (chunk(&event()) + "0\r\n\r\n").into(),
            many: chunk(&event().repeat(EVENTS)).into(),
        }
    }

    fn refuses(&self, head: &[u8]) -> bool {
        let done = match &self.wanted {
            Wanted::Nothing => return false,
            Wanted::ProviderKey(key) => header(head, "api-key") == Some(key.as_bytes()),
            Wanted::TokenClaims(begin) => {
                claims(head).is_some_and(|claims| claims.starts_with(begin.as_bytes()))
            }
        };
        !done || header(head, CALLER_KEY).is_some()
    }
}

/// The claims of the token, and what is behind them, as they were sent.
fn claims(head: &[u8]) -> Option<&[u8]> {
    let token = header(head, TOKEN)?.strip_prefix(SCHEME.as_bytes())?;
    let dot = token.iter().position(|byte| *byte == b'.')?;
    token.get(dot + 1..)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut given = Arguments::of_process()?;
    let listen: String = given.need("listen")?;
    let wanted = match (given.take("provider-key")?, given.take("token-claims")?) {
        (Some(key), _) => Wanted::ProviderKey(key),
        (None, Some(begin)) => Wanted::TokenClaims(begin),
        (None, None) => Wanted::Nothing,
    };
    given.end()?;
    let listener = TcpListener::bind(listen).await?;
    LocalSet::new().run_until(accept(listener, Rc::new(Answers::new(wanted)))).await
}

async fn accept(listener: TcpListener, answers: Rc<Answers>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (connection, answers) = (Connection::new(stream.into(), Rc::default()), Rc::clone(&answers));
        // A proxy that goes away is none of our business.
        spawn_local(async move { drop(serve(connection, &answers).await) });
    }
}

async fn serve(mut connection: Connection, answers: &Answers) -> io::Result<()> {
    while let Some(head) = connection.head().await? {
        connection.skip_body(body_length(&head)?).await?;
        if answers.refuses(&head) {
            connection.stream().write_all(REFUSED).await?;
            continue;
        }
        match deployment(&head) {
            Some(name) if name == STREAM.as_bytes() => stream(&mut connection, answers, Some(PACE)).await?,
            Some(name) if name == BURST.as_bytes() => stream(&mut connection, answers, None).await?,
            Some(name) if name == SLOW.as_bytes() => {
                stream(&mut connection, answers, Some(SLOW_PACE)).await?
            }
            Some(name) if name == LONG.as_bytes() => long_stream(&mut connection, answers).await?,
            _ => connection.stream().write_all(&answers.plain).await?,
        }
    }
    Ok(())
}

/// What stands behind `/deployments/`.
fn deployment(head: &[u8]) -> Option<&[u8]> {
    let mut segments = head.split(|byte| *byte == b'/');
    segments.find(|segment| *segment == b"deployments")?;
    segments.next()
}

/// Each event is written by itself; all other connections have their turn in between.
async fn stream(connection: &mut Connection, answers: &Answers, pace: Option<Duration>) -> io::Result<()> {
    connection.stream().write_all(&answers.stream_head).await?;
    for number in 1..=EVENTS {
        match pace {
            Some(pace) => sleep(pace).await,
            None => yield_now().await,
        }
        let event = if number == EVENTS { &answers.last } else { &answers.event };
        connection.stream().write_all(event).await?;
    }
    Ok(())
}

/// As fast as the reader lets it, in chunks of many events: it is the reader that is to be slow, not who frames.
async fn long_stream(connection: &mut Connection, answers: &Answers) -> io::Result<()> {
    connection.stream().write_all(&answers.stream_head).await?;
    for _ in 0..LONG_EVENTS / EVENTS {
        connection.stream().write_all(&answers.many).await?;
    }
    connection.stream().write_all(b"0\r\n\r\n").await
}
