//! The connections of one runtime to one destination.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Lease, Outgoing, Wish, http1, http2};
use crate::settings::ClientSettings;

pub(super) struct Host<B> {
    pub(super) settings: Arc<ClientSettings>,
    /// Says that a dial which others wait for has ended, well or badly.
    pub(super) dialed: Notify,
    state: Mutex<State<B>>,
}

struct State<B> {
    /// HTTP/1.1 connections without a request; the one that was used last is at the end.
    idle: Vec<Idle<B>>,
    /// HTTP/2 connections, with and without requests.
    shared: Vec<http2::Shared<B>>,
    dialing: bool,
    /// So that whoever waits for a dial learns that it is better to try alone.
    failed_dials: u64,
    last_used: Instant,
}

struct Idle<B> {
    connection: http1::Connection<B>,
    since: Instant,
}

/// What a destination has for a request.
pub(super) enum Taken<B> {
    Lease(Lease<B>),
    /// Nothing, but somebody is opening a connection.
    Dialing,
    Nothing,
}

impl<B: Outgoing> Host<B> {
    pub(super) fn new(settings: Arc<ClientSettings>) -> Arc<Self> {
        let last_used = Instant::now();
        let state =
            State { idle: Vec::new(), shared: Vec::new(), dialing: false, failed_dials: 0, last_used };
        Arc::new(Self { settings, dialed: Notify::new(), state: Mutex::new(state) })
    }

    /// The HTTP/1.1 connection that was used last, so that the others can grow old.
    pub(super) fn take_http1(self: &Arc<Self>, wish: Wish) -> Option<Lease<B>> {
        let now = Instant::now();
        let mut state = self.state.lock();
        state.last_used = now;
        if wish == Wish::Fresh {
            return None;
        }
        let connection = self.pop_idle(&mut state, now)?;
        Some(Lease::Http1(http1::Lease { connection, host: Arc::clone(self), reused: true }))
    }

    fn pop_idle(&self, state: &mut State<B>, now: Instant) -> Option<http1::Connection<B>> {
        while let Some(idle) = state.idle.pop() {
            if now.duration_since(idle.since) >= self.settings.idle_timeout {
                // Those below have been idle for longer still.
                state.idle.clear();
                return None;
            }
            if idle.connection.is_ready() {
                return Some(idle.connection);
            }
        }
        None
    }

    /// Whatever connection there is, HTTP/2 first.
    pub(super) fn take(self: &Arc<Self>, wish: Wish) -> Taken<B> {
        if let Some(lease) = self.take_shared() {
            return Taken::Lease(Lease::Http2(lease));
        }
        if let Some(lease) = self.take_http1(wish) {
            return Taken::Lease(lease);
        }
        if self.state.lock().dialing { Taken::Dialing } else { Taken::Nothing }
    }

    /// The HTTP/2 connection with the fewest requests, unless all are full and another may be opened.
    fn take_shared(&self) -> Option<http2::Lease<B>> {
        let mut state = self.state.lock();
        state.last_used = Instant::now();
        state.shared.retain(http2::Shared::is_open);
        let may_open = state.shared.len() < self.settings.max_http2_connections;
        let least = state.shared.iter().min_by_key(|shared| shared.load())?;
        let is_full = least.load() >= least.limit().min(self.settings.max_streams_per_connection);
        (!(is_full && may_open)).then(|| least.lease())
    }

    /// Keeps an HTTP/1.1 connection that has finished its request, or closes it where there are enough.
    pub(super) fn put(&self, connection: http1::Connection<B>) {
        let since = Instant::now();
        let mut state = self.state.lock();
        if state.idle.len() < self.settings.max_idle_per_destination {
            state.idle.push(Idle { connection, since });
        }
    }

    pub(super) fn share(&self, shared: http2::Shared<B>) {
        self.state.lock().shared.push(shared);
    }

    /// Lets other requests wait for the connection that is being opened, until the guard is dropped.
    pub(super) fn announce_dial(self: &Arc<Self>) -> DialGuard<B> {
        self.state.lock().dialing = true;
        DialGuard { host: Arc::clone(self), failed: true }
    }

    /// How many dials ended without a connection.
    pub(super) fn failed_dials(&self) -> u64 {
        self.state.lock().failed_dials
    }

    /// Closes what is too old. True when nothing is left and nobody has come for a while.
    pub(super) fn sweep(&self) -> bool {
        let now = Instant::now();
        let limit = self.settings.idle_timeout;
        let mut state = self.state.lock();
        state.idle.retain(|idle| idle.connection.is_ready() && now.duration_since(idle.since) < limit);
        state.shared.retain(|shared| shared.is_open() && !shared.is_idle_since(now, limit));
        let is_empty = state.idle.is_empty() && state.shared.is_empty() && !state.dialing;
        is_empty && now.duration_since(state.last_used) >= limit
    }

    pub(super) fn idle(&self) -> usize {
        let state = self.state.lock();
        let shared = state.shared.iter().filter(|shared| shared.load() == 0).count();
        state.idle.iter().filter(|idle| idle.connection.is_ready()).count() + shared
    }
}

/// Ends the announcement of a dial, also when the request that dialed was given up.
pub(super) struct DialGuard<B> {
    host: Arc<Host<B>>,
    failed: bool,
}

impl<B> DialGuard<B> {
    pub(super) fn succeeded(mut self) {
        self.failed = false;
    }
}

impl<B> Drop for DialGuard<B> {
    fn drop(&mut self) {
        let mut state = self.host.state.lock();
        state.dialing = false;
        state.failed_dials += u64::from(self.failed);
        drop(state);
        self.host.dialed.notify_waiters();
    }
}
