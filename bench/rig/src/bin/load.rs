//! Sends requests over a fixed number of connections, flat out or at a fixed rate, and counts.
//!
//! ```console
//! $ load --to 127.0.0.1:18101 --keys keys.txt --deployment gpt-4o --size 1024 --connections 64 --warm-up 0.5 --seconds 2
//! started
//! ended
//! {"requests":94312,"units":94312,"failures":0,...}
//! ```
//!
//! `started` is written when the warm-up is over and counting begins, `ended` when it ends. An answer counts only if it is
//! 200 and complete. Without a rate, each connection sends as soon as its last answer is there. With `--rate`, requests
//! are due so many times a second whatever the proxy does; each takes a connection that is free, or waits for one, and its
//! latency counts from when it was due. With `--tokens FILE`, calls have one of its tokens each, and a key as before;
//! `first_uses` counts those whose token had not been sent since the start. `units` are answers, or events of streams, also
//! of those that are still under way. `--protocol tls` and `h2` need `--authority`; `--streams` are requests at a time on
//! one HTTP/2 connection. With `--fresh yes`, each request has a connection of its own.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rig::arguments::Arguments;
use rig::call::{Call, Calls};
use rig::caller::Caller;
use rig::counted::Counted;
use rig::dial::{Dial, Protocol};
use rig::schedule::Schedule;
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

/// An answer that takes longer is a failure.
const PATIENCE: Duration = Duration::from_secs(10);

/// What all connections share.
struct Run {
    dial: Dial,
    calls: Calls,
    counted: Counted,
    opened: Cell<usize>,
    fresh: bool,
    rate: Option<u32>,
    due: RefCell<VecDeque<Due>>,
    more_due: Notify,
    stopped: Cell<bool>,
}

/// A request at a fixed rate.
struct Due {
    at: Instant,
    counts: bool,
}

struct Sizes {
    connections: usize,
    streams: usize,
    warm_up: f64,
    seconds: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut given = Arguments::of_process()?;
    let sizes = Sizes::read(&mut given)?;
    let run = Rc::new(Run::read(&mut given)?);
    given.end()?;
    LocalSet::new().run_until(measure(sizes, run)).await
}

impl Sizes {
    fn read(given: &mut Arguments) -> io::Result<Self> {
        Ok(Self {
            connections: given.take("connections")?.unwrap_or(64),
            streams: given.take("streams")?.unwrap_or(1),
            warm_up: given.take("warm-up")?.unwrap_or(0.0),
            seconds: given.take("seconds")?.unwrap_or(1.0),
        })
    }
}

impl Run {
    fn read(given: &mut Arguments) -> io::Result<Self> {
        let protocol = given.take("protocol")?.unwrap_or(Protocol::Plain);
        let authority: Option<String> = given.take("authority")?;
        let dial = Dial::new(given.need("to")?, protocol, authority.as_deref())?;
        let fresh = given.take::<String>("fresh")?.is_some_and(|text| text == "yes");
        let scheme = if protocol == Protocol::Plain { "http" } else { "https" };
        let calls = Calls::read(given, &dial.host(), scheme)?;
        Ok(Self {
            dial,
            calls,
            counted: Counted::default(),
            opened: Cell::new(0),
            fresh,
            rate: given.take("rate")?,
            due: RefCell::default(),
            more_due: Notify::new(),
            stopped: Cell::new(false),
        })
    }

    async fn open(&self) -> io::Result<Caller> {
        let number = self.opened.replace(self.opened.get() + 1);
        Caller::open(&self.dial, number, &self.calls, &self.counted.received).await
    }
}

async fn measure(sizes: Sizes, run: Rc<Run>) -> io::Result<()> {
    let mut callers = JoinSet::new();
    for number in 0..sizes.connections {
        callers.spawn_local(connection(
            Rc::clone(&run),
            number * sizes.streams,
            sizes.connections * sizes.streams,
            sizes.streams,
        ));
    }
    let ticking = run.rate.map(|rate| spawn_local(tick(Rc::clone(&run), rate)));
    sleep(Duration::from_secs_f64(sizes.warm_up)).await;
    run.counted.begin();
    let begin = Instant::now();
    say("started")?;
    sleep(Duration::from_secs_f64(sizes.seconds)).await;
    run.counted.end();
    let (elapsed, units) = (begin.elapsed(), run.counted.received.get() / run.calls.unit);
    say("ended")?;
    run.stopped.set(true);
    run.more_due.notify_waiters();
    // Calls that are under way end, so that the next measurement begins with quiet.
    while callers.join_next().await.is_some() {}
    if let Some(ticking) = ticking {
        ticking.await.map_err(io::Error::other)??;
    }
    say(&run.counted.told(units, elapsed))
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Makes requests due at their points in time, whether or not anybody can send them.
async fn tick(run: Rc<Run>, rate: u32) -> io::Result<()> {
    let mut schedule = Schedule::new(rate)?;
    while !run.stopped.get() {
        for at in schedule.due().await? {
            let counts = run.counted.counting();
            if counts {
                run.counted.late(at.elapsed());
            }
            run.due.borrow_mut().push_back(Due { at, counts });
            run.more_due.notify_one();
        }
    }
    Ok(())
}

/// A connection, made anew as often as it breaks; in HTTP/2 with several requests at a time.
async fn connection(run: Rc<Run>, first: usize, of: usize, streams: usize) {
    let mut others = JoinSet::new();
    let opened = match run.open().await {
        Ok(caller) => Some(caller),
        Err(error) => {
            run.counted.fail(&error);
            None
        }
    };
    for number in 1..streams {
        if let Some(caller) = opened.as_ref().and_then(Caller::beside) {
            others.spawn_local(call_until_stopped(Rc::clone(&run), Some(caller), first + number, of));
        }
    }
    call_until_stopped(run, opened, first, of).await;
    while others.join_next().await.is_some() {}
}

/// Each takes the keys and tokens in turn; together they begin everywhere.
async fn call_until_stopped(run: Rc<Run>, mut caller: Option<Caller>, number: usize, of: usize) {
    let begin = number * run.calls.all.len() / of.max(1);
    let mut calls = run.calls.all.iter().cycle().skip(begin);
    while let (Some(due), Some(call)) = (next(&run).await, calls.next()) {
        if let Err(error) = one(&run, &mut caller, call, &due).await {
            run.counted.fail(&error);
            caller = None;
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The next request to send: at once, or when one is due; none at the end.
async fn next(run: &Run) -> Option<Due> {
    let Some(_) = run.rate else {
        let counts = run.counted.counting();
        return (!run.stopped.get()).then(|| Due { at: Instant::now(), counts });
    };
    loop {
        let due = run.due.borrow_mut().pop_front();
        if due.is_some() || run.stopped.get() {
            return due;
        }
        run.more_due.notified().await;
    }
}

async fn one(run: &Run, caller: &mut Option<Caller>, call: &Call, due: &Due) -> io::Result<()> {
    if run.fresh {
        *caller = None;
    }
    let mut open = match caller.take() {
        Some(open) => open,
        None => timeout(PATIENCE, run.open()).await??,
    };
    let answer = timeout(PATIENCE, open.call(&run.calls, call, &run.counted.received)).await??;
    let first_use = call.first_use();
    // At a fixed rate those count that were due in time, else those that were answered in time.
    let counts = if run.rate.is_some() { due.counts } else { run.counted.counting() };
    if counts {
        run.counted.answered(due.at, &answer, first_use);
    }
    *caller = Some(open);
    Ok(())
}
