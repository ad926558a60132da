//! Answers like a model, and does as little as possible.
//!
//! ```console
//! $ upstream --listen 127.0.0.1:18080
//! $ upstream --listen 127.0.0.1:18081 --provider-key SECRET
//! ```
//!
//! With `--provider-key`, a request without that key in `api-key`, or with a caller's key still in it, gets 401: a good
//! answer then proves that the proxy has done its work.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use rig::message::{Connection, body_length, header};
use rig::traffic::{BURST, CALLER_KEY, EVENTS, STREAM, answer_body, chunk, event};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::sleep;

/// Between two events of a stream: long enough for each to arrive by itself.
const PACE: Duration = Duration::from_millis(5);

const REFUSED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

/// Everything that is ever sent.
struct Answers {
    provider_key: Option<String>,
    plain: Vec<u8>,
    stream_head: Vec<u8>,
    event: Vec<u8>,
    last: Vec<u8>,
}

impl Answers {
    fn new(provider_key: Option<String>) -> Self {
        let body = answer_body();
        let length = body.len();
        let json = "Content-Type: application/json";
        let events = "Content-Type: text/event-stream\r\nX-Accel-Buffering: no";
        Self {
            provider_key,
            plain: format!("HTTP/1.1 200 OK\r\n{json}\r\nContent-Length: {length}\r\n\r\n{body}").into(),
            stream_head: format!("HTTP/1.1 200 OK\r\n{events}\r\nTransfer-Encoding: chunked\r\n\r\n").into(),
            event: chunk(&event()).into(),
            last: (chunk(&event()) + "0\r\n\r\n").into(),
        }
    }

    fn refuses(&self, head: &[u8]) -> bool {
        let Some(key) = &self.provider_key else { return false };
        header(head, "api-key") != Some(key.as_bytes()) || header(head, CALLER_KEY).is_some()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let (mut listen, mut provider_key) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
        match name.as_str() {
            "--listen" => listen = Some(value),
            "--provider-key" => provider_key = Some(value),
            _ => return Err(io::Error::other(format!("`{name}` means nothing"))),
        }
    }
    let listener =
        TcpListener::bind(listen.ok_or_else(|| io::Error::other("`--listen` is missing"))?).await?;
    LocalSet::new().run_until(accept(listener, Rc::new(Answers::new(provider_key)))).await
}

async fn accept(listener: TcpListener, answers: Rc<Answers>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let (connection, answers) = (Connection::new(stream, Rc::default())?, Rc::clone(&answers));
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
