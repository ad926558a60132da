//! Holds many connections or streams at once, so that somebody can look what they cost, and then proves that all are well.
//!
//! ```console
//! $ hold --to 127.0.0.1:18101 --keys keys.txt --deployment gpt-4o --count 10000 --kind idle
//! held
//!
//! {"held":10000,"clean":10000,"first_failure":""}
//! ```
//!
//! `idle` sends a request over each connection and lets it rest; `streams` reads answers as they come; `readers` reads
//! the heads of the answers and lets the rest wait, with small windows. `held` is written when all are there. After a line on
//! standard input, each idle connection sends another request, and each reader reads on. A connection is clean if all of
//! its answers were 200 and complete; a stream that ended before that line was not held, and is not clean.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use rig::arguments::Arguments;
use rig::call::{Call, Calls};
use rig::caller::{Caller, begin, end};
use rig::dial::{Dial, Protocol};
use rig::message::Length;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinSet, LocalSet, spawn_blocking};
use tokio::time::timeout;

/// How many connect or ask at the same time.
const AT_ONCE: usize = 64;

/// Bytes that the kernel takes in for a slow reader. A window below a segment of the loopback device (64 KB) would make
/// reading on slow by itself.
const SMALL_WINDOW: u32 = 64 * 1024;

/// For one request, or for a whole stream.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Idle,
    Streams,
    Readers,
}

impl FromStr for Kind {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        match text {
            "idle" => Ok(Self::Idle),
            "streams" => Ok(Self::Streams),
            "readers" => Ok(Self::Readers),
            _ => Err(io::Error::other(format!("there is no kind `{text}`"))),
        }
    }
}

/// What all of them share.
struct Run {
    kind: Kind,
    dial: Dial,
    calls: Calls,
    count: usize,
    turns: Semaphore,
    meter: Rc<Cell<usize>>,
    held: watch::Sender<usize>,
    go: watch::Sender<bool>,
    clean: Cell<usize>,
    first_failure: RefCell<Option<String>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut given = Arguments::of_process()?;
    let run = Rc::new(Run::read(&mut given)?);
    given.end()?;
    LocalSet::new().run_until(hold(run)).await
}

impl Run {
    fn read(given: &mut Arguments) -> io::Result<Self> {
        let protocol = given.take("protocol")?.unwrap_or(Protocol::Plain);
        let authority: Option<String> = given.take("authority")?;
        let kind = given.need("kind")?;
        let dial = Dial::new(given.need("to")?, protocol, authority.as_deref())?;
        let dial = if kind == Kind::Readers { dial.with_receive_buffer(SMALL_WINDOW) } else { dial };
        let scheme = if protocol == Protocol::Plain { "http" } else { "https" };
        let calls = Calls::read(given, &dial.host(), scheme)?;
        Ok(Self {
            kind,
            dial,
            calls,
            count: given.need("count")?,
            turns: Semaphore::new(AT_ONCE),
            meter: Rc::default(),
            held: watch::Sender::new(0),
            go: watch::Sender::new(false),
            clean: Cell::new(0),
            first_failure: RefCell::default(),
        })
    }
}

async fn hold(run: Rc<Run>) -> io::Result<()> {
    let mut all = JoinSet::new();
    for number in 0..run.count {
        all.spawn_local(one(Rc::clone(&run), number));
    }
    // One that failed counts as there, or nobody would ever hear of it.
    let count = run.count;
    run.held.subscribe().wait_for(|held| *held == count).await.map_err(io::Error::other)?;
    say("held")?;
    spawn_blocking(|| io::stdin().read_line(&mut String::new())).await.map_err(io::Error::other)??;
    run.go.send_replace(true);
    while all.join_next().await.is_some() {}
    let failure = run.first_failure.take().unwrap_or_default().replace(['"', '\\', '\r', '\n'], " ");
    say(&format!(r#"{{"held":{count},"clean":{},"first_failure":"{failure}"}}"#, run.clean.get()))
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

async fn one(run: Rc<Run>, number: usize) {
    let index = number % run.calls.all.len();
    let Some(call) = run.calls.all.get(index) else { return };
    match begun(&run, number, call).await {
        Ok(open) => match finished(&run, open, call).await {
            Ok(()) => run.clean.set(run.clean.get() + 1),
            Err(error) => fail(&run, &error),
        },
        Err(error) => {
            run.held.send_modify(|held| *held += 1);
            fail(&run, &error);
        }
    }
}

fn fail(run: &Run, error: &io::Error) {
    run.first_failure.borrow_mut().get_or_insert_with(|| error.to_string());
}

/// A connection that has had its answer, or the head of one.
enum Open {
    Answered(Caller),
    Begun(Caller, Length),
}

async fn begun(run: &Run, number: usize, call: &Call) -> io::Result<Open> {
    let _turn = run.turns.acquire().await.map_err(io::Error::other)?;
    let opened = Caller::open(&run.dial, number, &run.calls, &run.meter);
    let mut caller = timeout(PATIENCE, opened).await??;
    match (&mut caller, run.kind) {
        (_, Kind::Idle) => {
            timeout(PATIENCE, caller.call(&run.calls, call, &run.meter)).await??;
            Ok(Open::Answered(caller))
        }
        (Caller::One(connection), _) => {
            let length = timeout(PATIENCE, begin(connection, &run.calls, call)).await??;
            Ok(Open::Begun(caller, length))
        }
        (Caller::Two(_), _) => Err(io::Error::other("streams are held in HTTP/1.1 only")),
    }
}

async fn finished(run: &Run, open: Open, call: &Call) -> io::Result<()> {
    let mut go = run.go.subscribe();
    run.held.send_modify(|held| *held += 1);
    if run.kind != Kind::Streams {
        go.wait_for(|go| *go).await.map_err(io::Error::other)?;
    }
    match open {
        Open::Answered(mut caller) => {
            let _turn = run.turns.acquire().await.map_err(io::Error::other)?;
            timeout(PATIENCE, caller.call(&run.calls, call, &run.meter)).await?.map(drop)
        }
        Open::Begun(Caller::One(mut connection), length) => {
            timeout(PATIENCE, end(&mut connection, &run.calls, length)).await??;
            if *go.borrow() {
                Ok(())
            } else {
                Err(io::Error::other("a stream ended before it was looked at"))
            }
        }
        Open::Begun(Caller::Two(_), _) => Ok(()),
    }
}
