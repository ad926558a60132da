//! The open connections of a server: how many there are, what each is doing, and how to end them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::lends::Lends;
use super::owed::Owed;
use super::settings::Limits;
use super::stream::{Protocol, Stream};
use super::turns::Turn;
use crate::metrics::{Full, ListenMetrics, OneConnection, Timeout};

/// How far the end of a server has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Stage {
    Open = 0,
    /// Each connection may ask once more.
    Leaving = 1,
    /// No new requests; those that run may end.
    Draining = 2,
    /// The time of those that run is up: WebSockets say goodbye.
    Closing = 3,
    /// Nothing may go on.
    Cut = 4,
}

/// All open connections of a server.
pub(super) struct Registry {
    limit: usize,
    /// Of one address; 0: the limit of all.
    per_address: usize,
    stage: AtomicU8,
    next: AtomicU64,
    tickets: Mutex<HashMap<u64, Arc<Ticket>>>,
    /// How many connections each address has, where that is limited.
    by_address: Mutex<HashMap<IpAddr, usize>>,
    emptied: Notify,
    /// Says that the stage has changed, or that the last WebSocket or stream has ended.
    pub(super) changed: Notify,
    /// Says nothing but that [`Stage::Closing`] has come.
    pub(super) closing: Notify,
    /// WebSockets, on connections of their own or on streams of HTTP/2.
    sockets: AtomicUsize,
    /// Answers that say so when they are ended.
    pub(super) streams: AtomicUsize,
}

impl Registry {
    pub(super) fn new(limit: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            per_address,
            by_address: Mutex::default(),
            stage: AtomicU8::new(Stage::Open as u8),
            next: AtomicU64::new(0),
            tickets: Mutex::default(),
            emptied: Notify::new(),
            changed: Notify::new(),
            closing: Notify::new(),
            sockets: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
        })
    }

    /// A place for one more connection.
    ///
    /// # Errors
    /// When there are enough, or its address has enough.
    pub(super) fn enter(self: &Arc<Self>, from: IpAddr, metrics: &ListenMetrics) -> Result<Place, Full> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let ticket = Arc::new(Ticket::new());
        let mut tickets = self.tickets.lock();
        if tickets.len() >= self.limit {
            return Err(Full::All);
        }
        let address = self.count(from)?;
        tickets.insert(id, Arc::clone(&ticket));
        drop(tickets);
        let counted = Some(metrics.connection());
        Ok(Place { registry: Arc::clone(self), id, address, ticket, counted })
    }

    /// Counts a connection of an address, where that matters.
    fn count(&self, from: IpAddr) -> Result<Option<IpAddr>, Full> {
        if self.per_address == 0 {
            return Ok(None);
        }
        let address = network(from.to_canonical());
        let mut counts = self.by_address.lock();
        let count = counts.entry(address).or_default();
        if *count >= self.per_address {
            return Err(Full::Address);
        }
        *count += 1;
        Ok(Some(address))
    }

    fn count_off(&self, address: IpAddr) {
        let mut counts = self.by_address.lock();
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }

    pub(super) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Open,
            1 => Stage::Leaving,
            2 => Stage::Draining,
            3 => Stage::Closing,
            _ => Stage::Cut,
        }
    }

    /// Moves on to a stage and tells every connection.
    pub(super) fn advance(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        self.changed.notify_waiters();
        if stage >= Stage::Closing {
            self.closing.notify_waiters();
        }
        let tickets: Vec<Arc<Ticket>> = self.tickets.lock().values().cloned().collect();
        tickets.iter().for_each(|ticket| ticket.wake());
    }

    /// Waits for a stage.
    async fn reached(&self, stage: Stage) {
        loop {
            let changed = self.changed.notified();
            if self.stage() >= stage {
                return;
            }
            changed.await;
        }
    }

    /// Waits for the time when nothing may go on. Wakes whoever waits for nothing else.
    pub(super) async fn closing(&self) {
        let closing = self.closing.notified();
        if self.stage() < Stage::Closing {
            closing.await;
        }
    }

    /// Waits until no WebSocket is open, and no answer that says so when it is ended.
    pub(super) async fn said(&self) {
        loop {
            let changed = self.changed.notified();
            if self.sockets.load(Ordering::Acquire) + self.streams() == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Answers under way that say so when they are ended.
    pub(super) fn streams(&self) -> usize {
        self.streams.load(Ordering::Acquire)
    }

    pub(super) fn open(&self) -> usize {
        self.tickets.lock().len()
    }

    /// Waits until no connection is open.
    pub(super) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.open() == 0 {
                return;
            }
            emptied.await;
        }
    }
}

/// Whom an address stands for: of IPv6 one caller has a network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// A connection's place among the open ones, until it is dropped.
pub(super) struct Place {
    registry: Arc<Registry>,
    id: u64,
    /// Whose connections it is one of, where those are counted.
    address: Option<IpAddr>,
    pub(super) ticket: Arc<Ticket>,
    counted: Option<OneConnection>,
}

impl Place {
    /// Has this waker woken when the stage changes.
    pub(super) fn watch(&self, waker: &Waker) {
        *self.ticket.waker.lock() = Some(waker.clone());
    }

    pub(super) fn stage(&self) -> Stage {
        self.registry.stage()
    }

    /// Keeps the place for a request that may become a WebSocket.
    pub(super) fn hold(self: &Arc<Self>) -> HeldSlot {
        let held = Held { busy: Busy::begin(&self.ticket), place: Arc::clone(self), is_socket: false };
        HeldSlot(Arc::new(Mutex::new(Some(held))))
    }
}

/// How a request carries its place to whoever may open a WebSocket for it.
#[derive(Clone)]
pub(crate) struct HeldSlot(Arc<Mutex<Option<Held>>>);

impl HeldSlot {
    /// The place, once.
    pub(crate) fn take(&self) -> Option<Held> {
        self.0.lock().take()
    }
}

/// The place of a connection, kept by a request that has become a WebSocket: the server waits for it when it ends, and
/// an HTTP/2 connection is not idle.
pub(crate) struct Held {
    busy: Busy,
    place: Arc<Place>,
    is_socket: bool,
}

impl Held {
    /// The WebSocket is open.
    pub(crate) fn opened(&mut self) {
        self.is_socket = true;
        self.place.registry.sockets.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits until the server ends and the time of those that run is up.
    pub(crate) fn closing(&self) -> impl Future<Output = ()> + Send + 'static {
        let registry = Arc::clone(&self.place.registry);
        async move { registry.reached(Stage::Closing).await }
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held({})", self.busy.0.in_flight.load(Ordering::Relaxed))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let registry = &self.place.registry;
        if self.is_socket && registry.sockets.fetch_sub(1, Ordering::AcqRel) == 1 {
            registry.changed.notify_waiters();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // First, so that whoever waits for the last place sees the last connection counted off.
        self.counted = None;
        if let Some(address) = self.address {
            self.registry.count_off(address);
        }
        let mut tickets = self.registry.tickets.lock();
        tickets.remove(&self.id);
        let is_last = tickets.is_empty();
        drop(tickets);
        if is_last {
            self.registry.emptied.notify_waiters();
        }
    }
}

/// What a connection is doing; written by its socket and its requests, read when its timer fires.
pub(super) struct Ticket {
    /// Of the connection's task; kept when it is used, since the task says it once only.
    waker: Mutex<Option<Waker>>,
    in_flight: AtomicUsize,
    /// Whose turn it is; HTTP/1.1 only.
    pub(super) turn: Turn,
    /// Whether the socket waits for the end of the last request.
    held: AtomicBool,
    /// Since when the socket takes nothing though there is something.
    blocked: Mutex<Option<Instant>>,
    /// Whether it does, for those who only want to know that.
    is_blocked: AtomicBool,
    /// What streams of HTTP/2 do not take.
    owed: Owed,
    /// Whether nothing of a request is anywhere, so that the connection may be put aside.
    may_park: AtomicBool,
    parking: Mutex<Parking>,
    /// Whether the answer under way can be taken back from the HTTP library.
    pub(super) lends: Lends,
    /// When the last request ended, or the first bytes of the next one's head came.
    since: Mutex<Since>,
}

/// Where a connection is that is put aside.
enum Parking {
    No,
    Asked,
    Is(Parked),
}

/// A connection that is put aside.
pub(super) struct Parked {
    pub(super) stream: Stream,
    /// What the HTTP library has written and the socket has not taken.
    pub(super) unsent: Bytes,
}

#[derive(Clone, Copy)]
enum Since {
    /// Nothing was received since then.
    Idle(Instant),
    /// A head began then, and has not ended.
    Head(Instant),
}

impl Ticket {
    fn new() -> Self {
        // A new connection owes us a head.
        let since = Mutex::new(Since::Head(Instant::now()));
        Self {
            waker: Mutex::new(None),
            in_flight: AtomicUsize::new(0),
            turn: Turn::default(),
            held: AtomicBool::new(false),
            blocked: Mutex::new(None),
            is_blocked: AtomicBool::new(false),
            owed: Owed::default(),
            may_park: AtomicBool::new(false),
            parking: Mutex::new(Parking::No),
            lends: Lends::default(),
            since,
        }
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock() {
            waker.wake_by_ref();
        }
    }

    /// A request has come; it ends when the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, metrics: &ListenMetrics, protocol: Protocol) -> InFlight {
        self.turn.answer();
        self.lends.begin();
        metrics.counted().in_flight.inc();
        let stream = (protocol == Protocol::Http2).then(|| self.owed.enter());
        InFlight { busy: Busy::begin(self), metrics: metrics.clone(), stream }
    }

    /// The socket takes nothing, or takes something again.
    pub(super) fn is_blocked(&self, is_blocked: bool) {
        self.is_blocked.store(is_blocked, Ordering::Relaxed);
        let mut blocked = self.blocked.lock();
        *blocked = is_blocked.then(|| blocked.unwrap_or_else(Instant::now));
    }

    /// Whether the answer that was owed has been made in full.
    pub(super) fn is_answered(&self) -> bool {
        self.turn.is_answer() && self.in_flight.load(Ordering::Relaxed) == 0
    }

    /// The socket waits, or not, for the end of the last request.
    pub(super) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Relaxed);
    }

    /// Whether the connection may be put aside while nothing comes.
    pub(super) fn may_park(&self, may: bool) {
        self.may_park.store(may, Ordering::Relaxed);
    }

    /// Asks for the connection, if it may be put aside, when the HTTP library lets go of it.
    pub(super) fn wants_to_park(&self) -> bool {
        let may = self.may_park.swap(false, Ordering::Relaxed) && self.turn.is_rest();
        if may {
            *self.parking.lock() = Parking::Asked;
        }
        may
    }

    /// Asks for the connection and the answer under way, if the HTTP library is not needed for the rest of it. The library is
    /// to be asked once more, for what it still writes.
    pub(super) fn wants_to_go_on_alone(&self) -> bool {
        let may = self.turn.is_answer() && self.lends.take_back();
        if may {
            *self.parking.lock() = Parking::Asked;
        }
        may
    }

    /// The HTTP library lets go of the connection.
    pub(super) fn park(&self, parked: impl FnOnce() -> Parked) {
        let mut parking = self.parking.lock();
        if let Parking::Asked = *parking {
            *parking = Parking::Is(parked());
        }
    }

    /// The connection that was put aside.
    pub(super) fn parked(&self) -> Option<Parked> {
        match std::mem::replace(&mut *self.parking.lock(), Parking::No) {
            Parking::Is(parked) => Some(parked),
            Parking::No | Parking::Asked => None,
        }
    }

    /// Bytes have come.
    pub(super) fn received(&self) {
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            return;
        }
        let mut since = self.since.lock();
        if let Since::Idle(_) = *since {
            *since = Since::Head(Instant::now());
        }
    }

    /// When a limit will have been reached if nothing happens, and which.
    pub(super) fn expires(&self, limits: &Limits) -> Option<(Instant, Timeout)> {
        let blocked = *self.blocked.lock();
        if let Some(since) = [blocked, self.owed.since()].into_iter().flatten().min() {
            return Some((since + limits.write_gap, Timeout::WriteGap));
        }
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            return None;
        }
        Some(match *self.since.lock() {
            Since::Idle(since) => (since + limits.idle_timeout, Timeout::Idle),
            Since::Head(since) => (since + limits.head_timeout, Timeout::Head),
        })
    }
}

/// A request that is being answered.
pub(super) struct InFlight {
    busy: Busy,
    metrics: ListenMetrics,
    /// Its place among the streams of HTTP/2.
    stream: Option<usize>,
}

impl InFlight {
    /// More of the answer is asked for: what was given has been taken. False when the socket takes nothing as yet.
    ///
    /// Over HTTP/1.1 the library asks for up to 64 KiB while a socket is full. It asks again when that has taken what there
    /// is, and the socket wakes it: whoever is told to wait need not be woken.
    pub(super) fn asked(&self) -> bool {
        let ticket = &self.busy.0;
        match self.stream {
            Some(stream) => ticket.owed.taken(stream),
            None => return !ticket.is_blocked.load(Ordering::Relaxed),
        }
        true
    }

    /// A piece of the answer was given.
    pub(super) fn gave(&self) {
        if let Some(stream) = self.stream {
            self.busy.0.owed.gave(stream);
        }
    }

    /// The answer switches the connection to another protocol.
    pub(super) fn switches(&self) {
        self.busy.0.turn.switch();
    }

    pub(super) fn metrics(&self) -> &ListenMetrics {
        &self.metrics
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.metrics.counted().in_flight.dec();
        if let Some(stream) = self.stream {
            self.busy.0.owed.leave(stream);
        }
    }
}

/// Keeps a connection from being idle, until it is dropped.
struct Busy(Arc<Ticket>);

impl Busy {
    fn begin(ticket: &Arc<Ticket>) -> Self {
        ticket.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(ticket))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.in_flight.load(Ordering::Relaxed) == 1 {
            *self.0.since.lock() = Since::Idle(Instant::now());
        }
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        if self.0.held.load(Ordering::Relaxed) {
            self.0.wake();
        }
    }
}
