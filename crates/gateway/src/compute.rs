//! The threads for expressions that may take long: few, with a queue that has an end.
//!
//! A thread that serves requests asks for a place and goes on serving; see `policy::apart`. Work that panics ends alone.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use parking_lot::{Condvar, Mutex};
use policy::{Compute, Job, Place};

/// How many threads, and how much may wait.
#[derive(Clone, Copy, Debug)]
pub struct ComputeSettings {
    /// Threads.
    pub threads: NonZeroUsize,
    /// Evaluations that may wait for one of them.
    pub queue: usize,
}

/// The threads. They end when this is dropped; what still waits then is not done.
#[derive(Debug)]
pub struct ComputePool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// There is work, or there will be none any more.
    news: Condvar,
    /// Work that may be there at once, running or waiting.
    most: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Places that are taken: work that runs or waits, and places whose work has not come yet.
    taken: usize,
    closed: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl ComputePool {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: ComputeSettings) -> io::Result<Self> {
        let most = settings.threads.get().saturating_add(settings.queue);
        let shared = Arc::new(Shared { state: Mutex::default(), news: Condvar::new(), most });
        let pool = Self { shared: Arc::clone(&shared) };
        for number in 0..settings.threads.get() {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("expressions-{number}")).spawn(move || shared.work())?;
        }
        Ok(pool)
    }
}

impl Drop for ComputePool {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.shared.state.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        self.shared.news.notify_all();
        drop(waiting);
    }
}

impl Compute for ComputePool {
    fn place(&self) -> Option<Place> {
        let mut state = self.shared.state.lock();
        if state.closed || state.taken >= self.shared.most {
            return None;
        }
        state.taken += 1;
        let taken = Taken(Arc::clone(&self.shared));
        Some(Box::new(move |job| taken.queue(job)))
    }
}

/// A place; dropped, it is free again.
struct Taken(Arc<Shared>);

impl Taken {
    fn queue(self, job: Job) {
        let shared = Arc::clone(&self.0);
        let mut state = shared.state.lock();
        if state.closed {
            return;
        }
        state.waiting.push_back(Box::new(move || {
            // The place is free again when the work is done, also when it panics or is never begun.
            let _place = self;
            job();
        }));
        drop(state);
        shared.news.notify_one();
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.state.lock().taken -= 1;
    }
}

impl Shared {
    fn work(&self) {
        while let Some(job) = self.next() {
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                tracing::error!("an evaluation of a policy expression panicked");
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.waiting.pop_front() {
                return Some(job);
            }
            self.news.wait(&mut state);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn pool(threads: usize, queue: usize) -> ComputePool {
        let threads = NonZeroUsize::new(threads).unwrap();
        ComputePool::start(ComputeSettings { threads, queue }).unwrap()
    }

    #[test]
    fn a_full_queue_refuses_and_takes_again_when_work_is_done() {
        let pool = pool(1, 1);
        let (go, gate) = sync_channel::<()>(1);
        let (tell, done) = sync_channel(1);
        pool.place().unwrap()(Box::new(move || gate.recv().unwrap()));
        pool.place().unwrap()(Box::new(move || tell.send(()).unwrap()));
        assert!(pool.place().is_none(), "one runs, one waits");
        go.send(()).unwrap();
        done.recv().unwrap();
        // The second place is given back right after its work; a place that was not used is, too.
        while pool.place().is_none() {
            thread::yield_now();
        }
    }

    #[test]
    fn a_panic_ends_its_own_work_only() {
        let pool = pool(1, 4);
        let (tell, done) = sync_channel(1);
        pool.place().unwrap()(Box::new(|| panic!("on purpose")));
        pool.place().unwrap()(Box::new(move || tell.send(()).unwrap()));
        assert!(done.recv().is_ok());
    }

    #[test]
    fn work_that_still_waits_at_the_end_is_dropped() {
        let pool = pool(1, 4);
        let (go, gate) = sync_channel::<()>(1);
        let (tell, done) = sync_channel::<()>(1);
        pool.place().unwrap()(Box::new(move || assert!(gate.recv().is_err())));
        pool.place().unwrap()(Box::new(move || tell.send(()).unwrap()));
        drop(pool);
        assert!(done.recv().is_err());
        drop(go);
    }
}
