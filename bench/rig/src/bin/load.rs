//! Sends requests over a fixed number of connections, each as soon as the last answer is there, and counts.
//!
//! ```console
//! $ load --to 127.0.0.1:18101 --keys keys.txt --deployment gpt-4o --size 1024 --connections 64 --warm-up 0.5 --seconds 2
//! started
//! {"requests":94312,"units":94312,"failures":0,...}
//! ```
//!
//! `started` is written when the warm-up is over and counting begins. An answer counts only if it is 200 and complete.
//! With `--tokens FILE`, calls have one of its tokens each, and a key as before; `first_uses` counts those whose token had
//! not been sent since the start. `units` are answers, or events of streams, also of those that are still under way.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rig::message::{Connection, body_length, invalid};
use rig::traffic::{
    ANSWER_SIZE, BURST, CALLER_KEY, SCHEME, STREAM, TOKEN, event, path, request_body, stream_size,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

/// An answer that takes longer is a failure.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct Settings {
    to: String,
    keys: String,
    tokens: Option<String>,
    deployment: String,
    size: usize,
    connections: usize,
    warm_up: f64,
    seconds: f64,
}

/// What all connections send and what they count.
struct Run {
    to: String,
    heads: Vec<Head>,
    body: String,
    expected: usize,
    unit: usize,
    received: Rc<Cell<usize>>,
    counting: Cell<bool>,
    stopped: Cell<bool>,
    first_uses: Cell<u64>,
    failures: Cell<u64>,
    first_failure: RefCell<Option<String>>,
    latencies: RefCell<Vec<u32>>,
}

/// The head of a request, with a caller's key and maybe a token.
struct Head {
    text: String,
    used: Cell<bool>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let settings = Settings::from_arguments()?;
    let run = Rc::new(Run::new(&settings)?);
    LocalSet::new().run_until(measure(&settings, run)).await
}

impl Settings {
    fn from_arguments() -> io::Result<Self> {
        let mut settings = Self { connections: 64, size: 1024, seconds: 1.0, ..Self::default() };
        let mut arguments = std::env::args().skip(1);
        while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
            match name.as_str() {
                "--to" => settings.to = value,
                "--keys" => settings.keys = value,
                "--tokens" => settings.tokens = Some(value),
                "--deployment" => settings.deployment = value,
                "--size" => settings.size = number(&value)?,
                "--connections" => settings.connections = number(&value)?,
                "--warm-up" => settings.warm_up = number(&value)?,
                "--seconds" => settings.seconds = number(&value)?,
                _ => return Err(io::Error::other(format!("`{name}` means nothing"))),
            }
        }
        Ok(settings)
    }
}

fn number<T: std::str::FromStr>(text: &str) -> io::Result<T> {
    text.parse().map_err(|_| io::Error::other(format!("`{text}` is not a number")))
}

impl Run {
    fn new(settings: &Settings) -> io::Result<Self> {
        let streamed = [STREAM, BURST].contains(&settings.deployment.as_str());
        let body = request_body(settings.size, streamed);
        let head = |(key, token): (&str, &str)| {
            let text = format!(
                "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAccept: */*\r\n\
                 User-Agent: load/1\r\n{CALLER_KEY}: {key}\r\n{token}Content-Length: {}\r\n\r\n",
                path(&settings.deployment),
                settings.to,
                body.len(),
            );
            Head { text, used: Cell::new(false) }
        };
        let keys = std::fs::read_to_string(&settings.keys)?;
        let tokens = settings.tokens.as_ref().map(std::fs::read_to_string).transpose()?;
        let heads: Vec<_> = match tokens {
            Some(tokens) => {
                let tokens: Vec<_> =
                    tokens.lines().map(|token| format!("{TOKEN}: {SCHEME}{token}\r\n")).collect();
                keys.lines().cycle().zip(tokens.iter().map(String::as_str)).map(head).collect()
            }
            None => keys.lines().map(|key| head((key, ""))).collect(),
        };
        Ok(Self {
            to: settings.to.clone(),
            heads,
            expected: if streamed { stream_size() } else { ANSWER_SIZE },
            unit: if streamed { event().len() } else { ANSWER_SIZE },
            received: Rc::default(),
            body,
            counting: Cell::new(false),
            stopped: Cell::new(false),
            first_uses: Cell::new(0),
            failures: Cell::new(0),
            first_failure: RefCell::new(None),
            latencies: RefCell::new(Vec::with_capacity(1 << 20)),
        })
    }

    fn fail(&self, error: &io::Error) {
        self.failures.set(self.failures.get() + 1);
        self.first_failure.borrow_mut().get_or_insert_with(|| error.to_string());
    }

    fn count(&self, head: &Head, latency: Duration) {
        let first = !head.used.replace(true);
        if self.counting.get() {
            self.first_uses.set(self.first_uses.get() + u64::from(first));
            self.latencies.borrow_mut().push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
        }
    }
}

async fn measure(settings: &Settings, run: Rc<Run>) -> io::Result<()> {
    let mut callers = JoinSet::new();
    for first in 0..settings.connections {
        callers.spawn_local(call_until_stopped(Rc::clone(&run), first, settings.connections));
    }
    sleep(Duration::from_secs_f64(settings.warm_up)).await;
    run.received.set(0);
    run.counting.set(true);
    let begin = Instant::now();
    say("started")?;
    sleep(Duration::from_secs_f64(settings.seconds)).await;
    run.counting.set(false);
    let elapsed = begin.elapsed();
    say(&report(&run, elapsed))?;
    run.stopped.set(true);
    // Calls that are under way end, so that the next measurement begins with quiet.
    while callers.join_next().await.is_some() {}
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn report(run: &Run, elapsed: Duration) -> String {
    let mut latencies = run.latencies.borrow_mut();
    latencies.sort_unstable();
    let percentile = |percent: usize| latencies.get(latencies.len() * percent / 100).copied().unwrap_or(0);
    let failure = run.first_failure.borrow().as_deref().unwrap_or("").replace(['"', '\\'], "'");
    format!(
        r#"{{"requests":{},"units":{},"first_uses":{},"failures":{},"first_failure":"{failure}","seconds":{:.6},"p50_us":{},"p99_us":{}}}"#,
        latencies.len(),
        run.received.get() / run.unit,
        run.first_uses.get(),
        run.failures.get(),
        elapsed.as_secs_f64(),
        percentile(50),
        percentile(99),
    )
}

/// Each connection takes the keys and tokens in turn; together they begin everywhere.
async fn call_until_stopped(run: Rc<Run>, first: usize, connections: usize) {
    let begin = first * run.heads.len() / connections.max(1);
    let mut heads = run.heads.iter().cycle().skip(begin);
    while !run.stopped.get() {
        if let Err(error) = call_on_one_connection(&run, &mut heads).await {
            run.fail(&error);
            sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn call_on_one_connection<'a>(run: &Run, heads: &mut impl Iterator<Item = &'a Head>) -> io::Result<()> {
    let mut connection = Connection::new(TcpStream::connect(&run.to).await?, Rc::clone(&run.received))?;
    while !run.stopped.get() {
        let head = heads.next().ok_or_else(|| io::Error::other("there are no keys"))?;
        let begin = Instant::now();
        timeout(PATIENCE, call(run, &mut connection, &head.text)).await??;
        run.count(head, begin.elapsed());
    }
    Ok(())
}

async fn call(run: &Run, connection: &mut Connection, head: &str) -> io::Result<()> {
    let parts = [IoSlice::new(head.as_bytes()), IoSlice::new(run.body.as_bytes())];
    let written = connection.stream().write_vectored(&parts).await?;
    for part in [rest(head, written), rest(&run.body, written.saturating_sub(head.len()))] {
        connection.stream().write_all(part).await?;
    }
    let answer = connection.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let length = connection.skip_body(body_length(&answer)?).await?;
    match (answer.starts_with(b"HTTP/1.1 200 "), length == run.expected) {
        (true, true) => Ok(()),
        (true, false) => Err(invalid(&format!("an answer of {length} bytes, {} are right", run.expected))),
        (false, _) => Err(invalid(&String::from_utf8_lossy(answer.trim_ascii_end()))),
    }
}

fn rest(text: &str, written: usize) -> &[u8] {
    text.as_bytes().get(written..).unwrap_or_default()
}
