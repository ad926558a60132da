//! A listener of a site: it can be taken away and comes back on the same port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::serve::Power;
use super::{Door, Shared, Site};
use crate::connection::{Connection, ResetSwitch};

/// Connections that are served at a time; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 1_024;
/// How long a client may take for its handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Between two attempts to listen again.
const REBIND: Duration = Duration::from_millis(50);
/// Attempts to listen again before the listener stays away.
const REBINDS: usize = 100;

/// A listener that serves.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    acceptor: JoinHandle<()>,
    stop: watch::Sender<()>,
    listening: watch::Receiver<bool>,
}

/// What the connections of a listener have in common.
struct Entrance<S> {
    shared: Arc<Shared<S>>,
    tls: Option<TlsAcceptor>,
    listening: watch::Sender<bool>,
}

impl<S> Clone for Entrance<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), tls: self.tls.clone(), listening: self.listening.clone() }
    }
}

impl Server {
    /// Serves a listener that is bound already; with TLS if there is a configuration for it.
    pub(crate) fn start<S: Site>(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        shared: Arc<Shared<S>>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(());
        let (told, listening) = watch::channel(true);
        let entrance = Entrance { shared, tls: tls.map(TlsAcceptor::from), listening: told };
        let acceptor = tokio::spawn(serve_until(stopped, listener, address, entrance));
        Ok(Self { address, acceptor, stop, listening })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it listens, or does not.
    pub(crate) async fn until(&self, listening: bool) {
        // An acceptor that ended does not listen, and never will.
        let mut told = self.listening.clone();
        let _ended = told.wait_for(|now| *now == listening).await;
    }

    /// Closes the listener and every connection.
    pub(crate) async fn shutdown(self) {
        drop(self.stop);
        // An acceptor that panicked has closed everything as well.
        let _ended = self.acceptor.await;
    }
}

/// Serves, pauses while the power is off, and ends with `stopped`.
async fn serve_until<S: Site>(
    mut stopped: watch::Receiver<()>,
    listener: TcpListener,
    address: SocketAddr,
    entrance: Entrance<S>,
) {
    let mut power = entrance.shared.power.subscribe();
    let mut listener = Some(listener);
    while let Some(current) = listener.take() {
        tokio::select! {
            _ = stopped.changed() => return,
            () = accept(current, &entrance, &mut power) => {}
        }
        entrance.listening.send_replace(false);
        tokio::select! {
            _ = stopped.changed() => return,
            _ = power.wait_for(|power| *power == Power::On) => {}
        }
        listener = bind_again(address).await;
        entrance.listening.send_replace(listener.is_some());
    }
}

/// Accepts connections until the power is off; then all of them end.
async fn accept<S: Site>(listener: TcpListener, entrance: &Entrance<S>, power: &mut watch::Receiver<Power>) {
    let mut connections = JoinSet::new();
    loop {
        let has_room = connections.len() < MAX_CONNECTIONS;
        tokio::select! {
            _ = power.wait_for(|power| *power == Power::Off) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if has_room => {
                // A failed accept concerns the connection that failed, not the listener.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, entrance.clone()));
                }
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn bind_again(address: SocketAddr) -> Option<TcpListener> {
    for _ in 0..REBINDS {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Some(listener);
        }
        sleep(REBIND).await;
    }
    None
}

async fn serve<S: Site>(stream: TcpStream, entrance: Entrance<S>) {
    // Frames leave as they are written; a socket that refuses the option works without it.
    let _unchanged = stream.set_nodelay(true);
    let reset = ResetSwitch::default();
    let connection = Connection::new(stream, reset.clone());
    match &entrance.tls {
        None => speak(connection, Door::Plain, &entrance.shared, reset).await,
        Some(tls) => {
            // A client that does not trust us, or is none, is its own affair.
            if let Ok(Ok(secured)) = timeout(HANDSHAKE, tls.accept(connection)).await {
                speak(secured, Door::Tls, &entrance.shared, reset).await;
            }
        }
    }
}

async fn speak<S: Site, C>(connection: C, door: Door, shared: &Arc<Shared<S>>, reset: ResetSwitch)
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shared = Arc::clone(shared);
    let handler = service_fn(move |request| Arc::clone(&shared).handle(door, request, reset.clone()));
    // Its errors are those of callers that went away or that we cut off: the recorder has them.
    let _ended =
        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), handler).await;
}
