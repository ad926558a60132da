//! The admin listener's socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::AdminState;
use super::guard::Reach;
use super::routes::router;
use crate::metrics::Metrics;

/// A running admin listener. It ends when this is dropped.
#[derive(Debug)]
pub struct AdminServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl AdminServer {
    /// Binds the address (port 0 takes a free one) and serves in the runtime that calls this.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start<S: AdminState>(
        address: SocketAddr,
        state: Arc<S>,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?.into_std()?;
        Self::start_on(listener, state, metrics)
    }

    /// Serves on a socket that listens already.
    ///
    /// # Errors
    /// When it is no socket of an internet address.
    pub fn start_on<S: AdminState>(
        listener: std::net::TcpListener,
        state: Arc<S>,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let reach = if address.ip().is_loopback() { Reach::Loopback } else { Reach::Network };
        let app = router(state, metrics, reach);
        let task = tokio::spawn(async move {
            // It only returns when it is told to end, which nobody does: its task is aborted.
            let _ended = axum::serve(listener, app).await;
        });
        Ok(Self { address, task })
    }

    /// The address that it listens on; the port is the real one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for AdminServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
