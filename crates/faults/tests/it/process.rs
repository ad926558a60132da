//! What a process holds: sockets and memory, as the system counts them.

use std::path::Path;

use crate::harness::{Gateway, eventually};

/// Threads for requests, as the harness sets them.
pub(crate) const THREADS: usize = 2;

/// Open sockets.
pub(crate) fn sockets(gateway: &Gateway) -> usize {
    let folder = format!("/proc/{}/fd", gateway.pid());
    let entries = std::fs::read_dir(folder).expect("a process").flatten();
    let is_socket = |path: &Path| path.to_string_lossy().starts_with("socket:");
    entries.filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|to| is_socket(&to))).count()
}

/// Resident memory in KiB.
pub(crate) fn resident(gateway: &Gateway) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.pid())).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
    line.trim().trim_end_matches("kB").trim().parse().expect("a figure")
}

/// The value of a metric without labels.
pub(crate) fn metric(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a figure")
}

/// The sum of a metric over all its labels.
pub(crate) fn sum(text: &str, name: &str) -> f64 {
    let values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.rsplit_once(' '));
    values.map(|(_, value)| value.parse::<f64>().expect("a figure")).sum()
}

/// What memory may be more by when a suite is over, in KiB: what a first call of each kind sets up, and what the allocator
/// keeps. A body, a connection or a stream that stayed for each call would show in the long form.
const MEMORY: usize = 32 * 1024;

/// What must be as before once nobody calls any more. Every suite looks at it when it is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    sockets: usize,
    tasks: f64,
    in_flight: f64,
    connections: f64,
    web_sockets: f64,
    /// Resident memory in KiB.
    memory: usize,
}

impl Held {
    pub(crate) async fn by(gateway: &Gateway) -> Self {
        let metrics = gateway.metrics().await;
        Self {
            sockets: sockets(gateway),
            tasks: metric(&metrics, "cardea_tasks"),
            in_flight: metric(&metrics, "cardea_requests_in_flight"),
            connections: metric(&metrics, "cardea_connections"),
            web_sockets: sum(&metrics, "cardea_websockets"),
            memory: resident(gateway),
        }
    }

    /// A gateway that has just started, once it has done what starts do.
    pub(crate) async fn at_rest(gateway: &Gateway) -> Self {
        let mut before = Self::by(gateway).await;
        eventually("a gateway at rest", async || {
            let now = Self::by(gateway).await;
            let is_at_rest = now.sockets == before.sockets && now.tasks == before.tasks;
            before = now;
            is_at_rest.then_some(now)
        })
        .await
    }

    /// The same with so many tasks more, for what ends later: each thread looks after each backend that it called until
    /// that was not called for a while.
    pub(crate) fn and_tasks(mut self, more: usize) -> Self {
        self.tasks += more as f64;
        self
    }

    /// The same with what is kept of so many services that are still there: on each thread a connection, its tasks (two
    /// of HTTP/2), and the one that looks after the service.
    pub(crate) fn and_kept(mut self, services: usize) -> Self {
        self.sockets += services * THREADS;
        self.and_tasks(services * THREADS * 3)
    }

    /// Waits until a gateway holds no more than this.
    pub(crate) async fn again(self, gateway: &Gateway) {
        let mut last = self;
        let back = in_time(async || {
            last = Self::by(gateway).await;
            let is_back = last.sockets <= self.sockets
                && last.tasks <= self.tasks
                && last.in_flight == 0.0
                && last.connections <= self.connections
                && last.web_sockets == 0.0
                && last.memory <= self.memory + MEMORY;
            is_back.then_some(())
        });
        assert!(back.await, "before: {self:?}, after: {last:?}");
        assert!(!gateway.said().contains("panicked"), "{}", gateway.said());
    }
}

/// Whether it comes.
async fn in_time(mut look: impl AsyncFnMut() -> Option<()>) -> bool {
    let found = async {
        while look().await.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::harness::PATIENCE, found).await.is_ok()
}
