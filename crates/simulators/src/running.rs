//! A simulator that listens: connections in, requests to the service, and the end of it all.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::account::Accounts;
use crate::behaviour::Behaviour;
use crate::connection::{Connection, ResetSwitch};
use crate::recorder::Recorder;
use crate::roles::Roles;
use crate::service::Service;

/// Connections that are served at a time; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 4_096;

/// A running simulator. Dropping it ends it as [`Running::shutdown`] does, but without waiting.
pub struct Running {
    address: SocketAddr,
    service: Arc<Service>,
    stop: watch::Sender<()>,
    acceptor: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(listener: TcpListener, service: Arc<Service>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(());
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&service), stopped));
        Ok(Self { address, service, stop, acceptor })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens as the start of an URL, without a slash at the end: `http://127.0.0.1:8020`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it received.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        self.service.recorder()
    }

    /// Its accounts, whose keys can be read and regenerated.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        self.service.accounts()
    }

    /// Who may call what with a token; can be changed.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        self.service.roles()
    }

    /// Sets how a deployment behaves from now on, as [`crate::Deployment::behaving`] does from the start: a service that
    /// fails and comes back. Requests that say so themselves are answered as they say. `false` when there is no such
    /// deployment.
    #[must_use]
    pub fn behave(&self, account: &str, deployment: &str, behaviour: Behaviour) -> bool {
        self.service.behave(account, deployment, behaviour)
    }

    /// Closes the listener and every connection, also those that hang on purpose.
    pub async fn shutdown(self) {
        drop(self.stop);
        // An acceptor that panicked has closed everything as well.
        let _ended = self.acceptor.await;
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, service: Arc<Service>, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        let has_room = connections.len() < MAX_CONNECTIONS;
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if has_room => {
                // A failed accept concerns the connection that failed, not the listener.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, Arc::clone(&service)));
                }
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
    service.end_sessions().await;
}

/// Serves one connection: HTTP/1.1, or HTTP/2 when the client begins with its preface.
async fn serve(stream: TcpStream, service: Arc<Service>) {
    // Frames leave as they are written; a socket that refuses the option works without it.
    let _unchanged = stream.set_nodelay(true);
    let reset = ResetSwitch::default();
    let io = TokioIo::new(Connection::new(stream, reset.clone()));
    let handler = service_fn(move |request| Arc::clone(&service).answer(request, reset.clone()));
    // Its errors are those of callers that went away or that we cut off: the recorder has them.
    let _ended = auto::Builder::new(TokioExecutor::new()).serve_connection_with_upgrades(io, handler).await;
}
