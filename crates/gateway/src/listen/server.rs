//! A running listener: it accepts connections and hands them to the data plane, until it is shut down.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::Handler;
use super::registry::{Place, Registry, Stage};
use super::runtime::DataPlane;
use super::serve::{Serving, serve};
use super::settings::ListenSettings;
use super::watched::Rules;
use crate::metrics::{Full, ListenMetrics};

/// Connections that the system holds for us before we accept them.
const BACKLOG: i32 = 4_096;

/// First probe of a silent caller.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Pause after the system could not give a connection (no more file handles), so that it is not asked in a loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long WebSockets and streams of events may take to say goodbye at the deadline of a shutdown.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long the last words of streams may take from the answer to the socket.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What a caller hears who comes when all connections are taken.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// A socket that listens. Connections wait in it from now on, though nobody takes them yet.
#[derive(Debug)]
pub struct Bound {
    socket: std::net::TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Binds an address that nobody else listens on; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn to(address: SocketAddr) -> io::Result<Self> {
        Self::socket(bind(address)?.into())
    }

    /// Takes a socket that listens already: of the process before, or of whoever started this one.
    ///
    /// # Errors
    /// When it is no socket of an internet address.
    pub fn socket(socket: std::net::TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// The address; the port is the real one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same socket once more.
    ///
    /// # Errors
    /// When the system has no handle left.
    pub fn again(&self) -> io::Result<std::net::TcpListener> {
        self.socket.try_clone()
    }
}

impl From<Bound> for std::net::TcpListener {
    fn from(bound: Bound) -> Self {
        bound.socket
    }
}

/// Running listeners.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    shared: Arc<Ending>,
    /// Held so that the threads outlive the connections.
    _plane: Arc<DataPlane>,
}

struct Ending {
    registry: Arc<Registry>,
    closed: watch::Sender<bool>,
}

impl std::fmt::Debug for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} connections", self.registry.open())
    }
}

/// How a shutdown went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that the deadline cut.
    pub cut: usize,
}

impl Server {
    /// Binds the address and serves in the data plane.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start<H: Handler>(
        settings: ListenSettings,
        handler: H,
        plane: &Arc<DataPlane>,
        metrics: ListenMetrics,
    ) -> io::Result<Self> {
        let bound = Bound::to(settings.address)?;
        Self::start_on(vec![(bound, settings)], handler, plane, metrics)
    }

    /// Serves on sockets that listen. Connections are accepted in the runtime that calls this, and handed over in turns,
    /// so that each thread gets its share whatever the order they come in. The connections of all listeners count
    /// together, by the limits of the first.
    ///
    /// # Errors
    /// When the system does not tell of connections.
    pub fn start_on<H: Handler>(
        listeners: Vec<(Bound, ListenSettings)>,
        handler: H,
        plane: &Arc<DataPlane>,
        metrics: ListenMetrics,
    ) -> io::Result<Self> {
        let limits = listeners.first().map(|(_, settings)| settings.limits.clone()).unwrap_or_default();
        let registry = Registry::new(limits.connections, limits.connections_per_address);
        let (closed, _) = watch::channel(false);
        let shared = Arc::new(Ending { registry, closed });
        let handler = Arc::new(handler);
        let addresses = listeners.iter().map(|(bound, _)| bound.address).collect();
        for (bound, settings) in listeners {
            let listener = TcpListener::from_std(bound.socket)?;
            let serving = Serving {
                handler: Arc::clone(&handler),
                limits: settings.limits,
                metrics: metrics.clone(),
                proxy_protocol_from: settings.proxy_protocol_from,
                forwarding: Arc::new(settings.forwarding),
                registry: Arc::clone(&shared.registry),
            };
            let accepting = Accepting {
                tls: settings.tls.map(|tls| TlsAcceptor::from(tls.config())),
                serving: Arc::new(serving),
                plane: Arc::clone(plane),
                ending: Arc::clone(&shared),
            };
            let closed = shared.closed.subscribe();
            tokio::spawn(accepting.run(listener, closed));
        }
        Ok(Self { addresses, shared, _plane: Arc::clone(plane) })
    }

    /// The address that the first listener listens on; the port is the real one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addresses.first().copied().unwrap_or_else(|| ([0, 0, 0, 0], 0).into())
    }

    /// The addresses of all listeners, in the order of their settings.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.registry.open()
    }

    /// Has callers move away: from now on every answer over HTTP/1.1 is the last of its connection. Connections are still
    /// accepted, and those without a request stay open.
    pub fn leave(&self) {
        self.shared.registry.advance(Stage::Leaving);
    }

    /// Stops accepting. What waits in the sockets is for others who have them; without others they are closed.
    pub fn close(&self) {
        self.shared.closed.send_replace(true);
    }

    /// Waits until no connection is open, for so long at most.
    pub async fn emptied(&self, within: Duration) {
        let _late = tokio::time::timeout(within, self.shared.registry.emptied()).await;
    }

    /// Stops accepting, lets requests that run come to their end and closes their connections (`Connection: close`,
    /// GOAWAY). What is not done at the deadline is cut: handlers and bodies are dropped, connections closed;
    /// WebSockets are closed with a frame that says so, streams of events with an event where their API wants that.
    pub async fn shutdown(&self, deadline: Duration) -> Drained {
        let registry = &self.shared.registry;
        registry.advance(Stage::Draining);
        self.close();
        if tokio::time::timeout(deadline, registry.emptied()).await.is_ok() {
            return Drained { cut: 0 };
        }
        let cut = registry.open();
        let has_streams = registry.streams() > 0;
        registry.advance(Stage::Closing);
        let _said = tokio::time::timeout(GOODBYE, registry.said()).await;
        if has_streams {
            let _written = tokio::time::timeout(LAST_WORDS, registry.emptied()).await;
        }
        registry.advance(Stage::Cut);
        registry.emptied().await;
        Drained { cut }
    }
}

/// A socket that nobody else listens on; one that is closing may be taken over.
fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

struct Accepting<H> {
    tls: Option<TlsAcceptor>,
    serving: Arc<Serving<H>>,
    plane: Arc<DataPlane>,
    ending: Arc<Ending>,
}

impl<H: Handler> Accepting<H> {
    async fn run(self, listener: TcpListener, mut closed: watch::Receiver<bool>) {
        loop {
            let accepted = tokio::select! {
                biased;
                _ = closed.wait_for(|closed| *closed) => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((tcp, peer)) => self.take(tcp, peer),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn take(&self, tcp: TcpStream, peer: SocketAddr) {
        self.serving.metrics.counted().accepted.inc();
        let place = match self.ending.registry.enter(peer.ip(), &self.serving.metrics) {
            Ok(place) => place,
            Err(full) => return self.turn_away(&tcp, full, peer.ip()),
        };
        if let Err(error) = self.hand_over(tcp, peer, place) {
            tracing::debug!(%error, "a connection was lost before it was served");
        }
    }

    fn turn_away(&self, tcp: &TcpStream, full: Full, caller: IpAddr) {
        self.serving.metrics.turned_away(full, caller.to_canonical());
        if self.tls.is_none() {
            // One try that does not wait: a fresh socket has room for it.
            let _sent = tcp.try_write(FULL);
        }
    }

    fn hand_over(&self, tcp: TcpStream, peer: SocketAddr, place: Place) -> io::Result<()> {
        tune(&tcp)?;
        let Some(to) = self.plane.next() else { return Ok(()) };
        let (serving, tls) = (Arc::clone(&self.serving), self.tls.clone());
        if Handle::current().id() == to.id() {
            to.spawn(serve(serving, tcp, peer, tls, place));
            return Ok(());
        }
        let tcp = tcp.into_std()?;
        to.spawn(async move {
            if let Ok(tcp) = TcpStream::from_std(tcp) {
                serve(serving, tcp, peer, tls, place).await;
            }
        });
        Ok(())
    }
}

/// No Nagle, so that an event never waits for the caller's delayed acknowledgement; and a caller whose machine is gone
/// is found out.
fn tune(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    SockRef::from(tcp).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))
}

/// Errors of the connection that was to be accepted; the listener itself is well.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

impl<H> Serving<H> {
    pub(super) fn rules(&self, caller: SocketAddr) -> Rules<'_> {
        Rules { limits: &self.limits, metrics: &self.metrics, caller: caller.ip().to_canonical() }
    }
}
