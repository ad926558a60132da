//! The threads that serve requests.
//!
//! Two arrangements behind one setting (decision 18): a runtime of one thread for each core, where a connection and
//! everything it does stay on one thread; or one runtime whose threads share all work. In both, the thread that calls
//! [`DataPlane::start`] stays free for everything else (configuration, admin listener, accepting connections).

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// How the threads share work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuntimeKind {
    /// `per-core`: each thread has its own connections.
    #[default]
    PerCore,
    /// `shared`: any thread may continue any connection.
    Shared,
}

/// The setting `[runtime]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuntimeSettings {
    /// How the threads share work.
    pub kind: RuntimeKind,
    /// Threads for requests; as many as the machine has cores when not set.
    pub threads: Option<NonZeroUsize>,
}

/// The threads that serve requests. They end when this is dropped.
#[derive(Debug)]
pub struct DataPlane {
    handles: Box<[Handle]>,
    next: AtomicUsize,
    /// Held for their drop.
    _threads: Threads,
}

#[derive(Debug)]
enum Threads {
    PerCore(#[expect(dead_code, reason = "held for its drop")] Vec<oneshot::Sender<()>>),
    Shared(Option<Runtime>),
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Self::Shared(runtime) = self
            && let Some(runtime) = runtime.take()
        {
            // Waiting for the threads would block, which is not allowed in a task.
            runtime.shutdown_background();
        }
    }
}

impl DataPlane {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub fn start(settings: &RuntimeSettings) -> io::Result<Self> {
        let threads = settings.threads.map_or_else(thread::available_parallelism, Ok)?;
        let (handles, threads) = match settings.kind {
            RuntimeKind::PerCore => per_core(threads)?,
            RuntimeKind::Shared => shared(threads)?,
        };
        Ok(Self { handles: handles.into(), next: AtomicUsize::new(0), _threads: threads })
    }

    /// The runtimes, one or one for each core.
    #[must_use]
    pub fn handles(&self) -> &[Handle] {
        &self.handles
    }

    /// The runtime for the next connection, in turns.
    pub(super) fn next(&self) -> Option<&Handle> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.handles.get(turn % self.handles.len().max(1))
    }
}

fn per_core(threads: NonZeroUsize) -> io::Result<(Vec<Handle>, Threads)> {
    let mut handles = Vec::new();
    let mut stops = Vec::new();
    for number in 0..threads.get() {
        let (handle, stop) = one_core(number)?;
        handles.push(handle);
        stops.push(stop);
    }
    Ok((handles, Threads::PerCore(stops)))
}

/// A thread with a runtime of its own, until the sender is dropped.
fn one_core(number: usize) -> io::Result<(Handle, oneshot::Sender<()>)> {
    let (stop, stopped) = oneshot::channel::<()>();
    let (report, started) = sync_channel(1);
    let run = move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let (told, runtime) = match runtime {
            Ok(runtime) => (Ok(runtime.handle().clone()), Some(runtime)),
            Err(error) => (Err(error), None),
        };
        // Whoever waits for the report is this thread's starter, which does wait.
        let _heard = report.send(told);
        if let Some(runtime) = runtime {
            let _dropped = runtime.block_on(stopped);
        }
    };
    thread::Builder::new().name(format!("requests-{number}")).spawn(run)?;
    let handle = started.recv().map_err(|_| io::Error::other("the thread ended before it started"))??;
    Ok((handle, stop))
}

fn shared(threads: NonZeroUsize) -> io::Result<(Vec<Handle>, Threads)> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads.get())
        .thread_name("requests")
        .enable_all()
        .build()?;
    Ok((vec![runtime.handle().clone()], Threads::Shared(Some(runtime))))
}
