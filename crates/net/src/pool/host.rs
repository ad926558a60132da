//! The connections of one runtime to one destination.

use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::gate::Door;
use super::{Lease, Outgoing, Permit, Wish, http1, http2};
use crate::destination::Inner;
use crate::error::Error;
use crate::settings::ClientSettings;

pub(super) struct Host<B> {
    pub(super) settings: Arc<ClientSettings>,
    /// What it may have at once, with the same destination on other runtimes.
    pub(super) door: Arc<Door>,
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

/// What a destination has for a request; the permit comes back where there is nothing.
pub(super) enum Taken<B> {
    Lease(Lease<B>),
    /// Nothing, but somebody is opening a connection.
    Dialing(Permit),
    Nothing(Permit),
}

impl<B: Outgoing> Host<B> {
    pub(super) fn new(settings: Arc<ClientSettings>, door: Arc<Door>) -> Arc<Self> {
        let last_used = Instant::now();
        let state =
            State { idle: Vec::new(), shared: Vec::new(), dialing: false, failed_dials: 0, last_used };
        Arc::new(Self { settings, door, dialed: Notify::new(), state: Mutex::new(state) })
    }

    /// A permit for a request, waited for if need be.
    pub(super) async fn enter(&self, to: &Inner) -> Result<Permit, Error> {
        match self.door.try_enter() {
            Some(permit) => Ok(permit),
            None => self.door.enter(to.authority.as_str()).await,
        }
    }

    /// The HTTP/1.1 connection that was used last, so that the others can grow old.
    pub(super) fn take_http1(
        self: &Arc<Self>,
        wish: Wish,
        permit: Permit,
        now: Instant,
    ) -> Result<http1::Lease<B>, Permit> {
        let mut state = self.state.lock();
        state.last_used = now;
        let connection = match wish {
            Wish::Fresh => None,
            Wish::Any => self.pop_idle(&mut state, now),
        };
        match connection {
            Some(connection) => {
                let host = Arc::clone(self);
                Ok(http1::Lease { connection, host, reused: true, permit })
            }
            None => Err(permit),
        }
    }

    fn pop_idle(&self, state: &mut State<B>, now: Instant) -> Option<http1::Connection<B>> {
        while let Some(idle) = state.idle.pop() {
            if now.duration_since(idle.since) >= self.settings.idle_timeout {
                // Those below have been idle for longer still.
                state.idle.clear();
                return None;
            }
            if idle.connection.is_ready() && !idle.connection.life().is_over(now) {
                return Some(idle.connection);
            }
        }
        None
    }

    /// Whatever connection there is, HTTP/2 first.
    pub(super) fn take(self: &Arc<Self>, wish: Wish, permit: Permit) -> Taken<B> {
        let permit = match self.take_shared(permit) {
            Ok(lease) => return Taken::Lease(Lease::Http2(lease)),
            Err(permit) => permit,
        };
        let permit = match self.take_http1(wish, permit, Instant::now()) {
            Ok(lease) => return Taken::Lease(Lease::Http1(lease)),
            Err(permit) => permit,
        };
        if self.state.lock().dialing { Taken::Dialing(permit) } else { Taken::Nothing(permit) }
    }

    /// The HTTP/2 connection with the fewest requests, unless all are full or refuse requests and another may be opened.
    fn take_shared(&self, permit: Permit) -> Result<http2::Lease<B>, Permit> {
        let now = Instant::now();
        let mut state = self.state.lock();
        state.last_used = now;
        state.shared.retain(|shared| shared.is_open(now));
        let heard = || state.shared.iter().filter(|shared| !shared.is_doubted());
        let may_open = heard().count() < self.settings.max_http2_connections && !self.door.gate().is_full();
        match heard().min_by_key(|shared| (shared.refuses(), shared.load())) {
            Some(best) if !(may_open && (best.refuses() || is_full(best, &self.settings))) => {
                Ok(best.lease(permit))
            }
            _ => Err(permit),
        }
    }

    /// Keeps an HTTP/1.1 connection that has finished its request, or closes it where there are enough.
    pub(super) fn put(&self, connection: http1::Connection<B>) {
        let since = Instant::now();
        if connection.life().is_over(since) {
            return;
        }
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
        state.idle.retain(|idle| {
            let is_usable = idle.connection.is_ready() && !idle.connection.life().is_over(now);
            is_usable && now.duration_since(idle.since) < limit
        });
        state.shared.retain(|shared| shared.is_open(now) && !shared.is_idle_since(now, limit));
        // Whoever has a permit has the door too.
        let is_used = Arc::strong_count(&self.door) > 1;
        let is_empty = state.idle.is_empty() && state.shared.is_empty() && !state.dialing && !is_used;
        is_empty && now.duration_since(state.last_used) >= limit
    }

    /// Gives no further requests to connections that lead elsewhere; those under way end as they would.
    pub(super) fn keep_only(&self, addresses: &[IpAddr]) {
        let mut state = self.state.lock();
        state.idle.retain(|idle| idle.connection.life().leads_to(addresses));
        state.shared.retain(|shared| shared.life().leads_to(addresses));
    }

    /// Whether any connection is kept.
    pub(super) fn has_connections(&self) -> bool {
        let state = self.state.lock();
        !state.idle.is_empty() || !state.shared.is_empty()
    }

    /// Closes a connection that carries no request; says whether there was one.
    pub(super) fn close_idle(&self) -> bool {
        let mut state = self.state.lock();
        if !state.idle.is_empty() {
            // The one that has been idle for longest.
            drop(state.idle.remove(0));
            return true;
        }
        let idle = state.shared.iter().position(|shared| shared.load() == 0);
        idle.map(|place| state.shared.swap_remove(place)).is_some()
    }

    pub(super) fn idle(&self) -> usize {
        let state = self.state.lock();
        let shared = state.shared.iter().filter(|shared| shared.load() == 0).count();
        state.idle.iter().filter(|idle| idle.connection.is_ready()).count() + shared
    }
}

fn is_full<B>(shared: &http2::Shared<B>, settings: &ClientSettings) -> bool {
    shared.load() >= shared.limit().min(settings.max_streams_per_connection)
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
