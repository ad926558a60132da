//! The proxy: a port of its own before a service.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::connection;
use crate::plan::Fault;

/// Connections that are served at a time; further ones wait to be accepted.
const CONNECTIONS: usize = 4096;

/// What all connections of a proxy share.
#[derive(Debug)]
pub(crate) struct Shared {
    service: Mutex<SocketAddr>,
    fault: Mutex<Option<Fault>>,
    raw: AtomicBool,
    connections: AtomicU64,
    requests: AtomicU64,
    releases: Semaphore,
    end: Notify,
    cuts: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault.lock().clone()
    }

    /// Whether bytes pass without a look at them.
    pub(crate) fn is_raw(&self) -> bool {
        self.raw.load(Ordering::Relaxed)
    }

    /// Counts a request; gives how many there were before.
    pub(crate) fn requested(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) async fn connect(&self) -> io::Result<TcpStream> {
        let service = *self.service.lock();
        let stream = TcpStream::connect(service).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    pub(crate) async fn released(&self) {
        if let Ok(permit) = self.releases.acquire().await {
            permit.forget();
        }
    }

    pub(crate) async fn ended(&self) {
        self.end.notified().await;
    }
}

/// A running proxy. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
    /// Keeps the port while nobody listens there.
    reserved: Option<TcpSocket>,
}

impl FaultProxy {
    /// A proxy for HTTP/1.1 without TLS, on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(service: SocketAddr, fault: Option<Fault>) -> io::Result<Self> {
        Self::begin(service, fault, false).await
    }

    /// A proxy that looks into nothing: for TLS and HTTP/2. It meets faults of [`Stage::Accept`](crate::Stage::Accept) and
    /// [`Stage::Bytes`](crate::Stage::Bytes).
    ///
    /// # Errors
    /// When there is no port.
    pub async fn of_bytes(service: SocketAddr) -> io::Result<Self> {
        Self::begin(service, None, true).await
    }

    async fn begin(service: SocketAddr, fault: Option<Fault>, raw: bool) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            service: Mutex::new(service),
            fault: Mutex::new(fault),
            raw: AtomicBool::new(raw),
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            releases: Semaphore::new(0),
            end: Notify::new(),
            cuts: watch::Sender::new(0),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let accepting = Some(tokio::spawn(accept(listener, Arc::clone(&shared))));
        Ok(Self { address, shared, accepting, reserved: None })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it passes things on to, from the next connection on.
    pub fn lead_to(&self, service: SocketAddr) {
        *self.shared.service.lock() = service;
    }

    /// What the next connections and requests meet; both are counted anew.
    pub fn meet(&self, fault: Option<Fault>) {
        self.shared.connections.store(0, Ordering::Relaxed);
        self.shared.requests.store(0, Ordering::Relaxed);
        *self.shared.fault.lock() = fault;
    }

    /// Connections so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Requests whose head arrived here so far, whether or not the service saw them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Lets one fault that waits happen.
    pub fn release(&self) {
        self.shared.releases.add_permits(1);
    }

    /// Refuses connections from now on, and ends those that are open. The port stays its own.
    ///
    /// # Errors
    /// When the port cannot be kept.
    pub async fn go_away(&mut self) -> io::Result<()> {
        let Some(accepting) = self.accepting.take() else { return Ok(()) };
        accepting.abort();
        let _ended = accepting.await;
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        self.reserved = Some(socket);
        Ok(())
    }

    /// Ends all connections that are open; new ones are taken.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Listens again.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn come_back(&mut self) -> io::Result<()> {
        if let Some(socket) = self.reserved.take() {
            let listener = socket.listen(1024)?;
            self.accepting = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
        }
        Ok(())
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut cuts = shared.cuts.subscribe();
    loop {
        let has_room = connections.len() < CONNECTIONS;
        tokio::select! {
            Some(_) = connections.join_next() => {}
            _ = cuts.changed() => connections.abort_all(),
            accepted = listener.accept(), if has_room => {
                // A failed accept concerns the connection that failed, not the listener.
                if let Ok((stream, _)) = accepted {
                    let number = shared.connections.fetch_add(1, Ordering::Relaxed);
                    connections.spawn(connection::serve(stream, number, Arc::clone(&shared)));
                }
            }
        }
    }
}
