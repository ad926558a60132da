//! Vaults over HTTPS: a socket, TLS, and as many connections and as much time as is set, not more.
//!
//! HTTP/1.1 only, which every client of Key Vault speaks. Plain HTTP is not offered: clients refuse it.

mod connection;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::rest::{Rest, resource};
use crate::{Authenticator, Vaults};
use connection::Serving;
use tls::Certificate;

pub use tls::CertificatePem;

/// Between two looks for what need not be kept any more.
const SWEEP: Duration = Duration::from_secs(3600);

/// Pause after the system could not give a connection, so that it is not asked in a loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where vaults are, and what callers may use.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// The domain that vaults are under: `main` is at `main.<suffix>`.
    pub suffix: String,
    /// Certificate for `*.<suffix>`.
    pub certificate: CertificatePem,
    /// What tokens must have been made out for; `https://<suffix>[:port]` when it is none.
    pub resource: Option<String>,
    /// Open connections at most; the next ones wait.
    pub connections: usize,
    /// How long a request may take from its first byte to its answer.
    pub request_timeout: Duration,
}

impl ServerSettings {
    /// Settings with the usual limits: 500 connections, 30 seconds a request.
    #[must_use]
    pub fn new(address: SocketAddr, suffix: &str, certificate: CertificatePem) -> Self {
        Self {
            address,
            suffix: suffix.trim_start_matches('.').to_owned(),
            certificate,
            resource: None,
            connections: 500,
            request_timeout: Duration::from_secs(30),
        }
    }
}

/// Why vaults cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The certificate cannot be used.
    #[error("{0}")]
    Certificate(&'static str),
}

/// Vaults that are served.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    resource: String,
    certificate: Certificate,
    stop: watch::Sender<bool>,
    places: Arc<Semaphore>,
    connections: u32,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens and serves, in the runtime that calls this.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        settings: ServerSettings,
        vaults: Vaults,
        authenticator: Arc<dyn Authenticator>,
    ) -> Result<Self, StartError> {
        let listen = |source| StartError::Listen { address: settings.address, source };
        let certificate = Certificate::new(&settings.certificate)?;
        let listener = TcpListener::bind(settings.address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let resource = settings.resource.unwrap_or_else(|| resource(&settings.suffix, address.port()));
        let rest = Rest {
            vaults: vaults.clone(),
            authenticator,
            suffix: settings.suffix,
            resource: resource.clone(),
        };
        let connections =
            u32::try_from(settings.connections.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let places = Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(usize::MAX)));
        let (stop, stopped) = watch::channel(false);
        let serving =
            Serving { rest, tls: certificate.acceptor(), stopped, request_timeout: settings.request_timeout };
        let accepting = tokio::spawn(accept(listener, Arc::new(serving), Arc::clone(&places)));
        let tasks = vec![accepting, tokio::spawn(sweep(vaults))];
        Ok(Self { address, resource, certificate, stop, places, connections, tasks })
    }

    /// The address that it listens on; the port is the real one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What tokens must be made out for.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Shows another certificate from the next handshake on.
    ///
    /// # Errors
    /// [`StartError::Certificate`] when it cannot be used; the old one stays.
    pub fn replace_certificate(&self, pem: &CertificatePem) -> Result<(), StartError> {
        self.certificate.replace(pem)
    }

    /// Takes no more connections and waits for those that are open; what is not done at the deadline is cut.
    pub async fn shutdown(mut self, deadline: Duration) {
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // The port is free for the next one when this has ended.
            let _aborted = task.await;
        }
        // Every connection holds a place until it has ended.
        let _all = tokio::time::timeout(deadline, self.places.acquire_many(self.connections)).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn accept(listener: TcpListener, serving: Arc<Serving>, places: Arc<Semaphore>) {
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((tcp, _)) => {
                let serving = Arc::clone(&serving);
                tokio::spawn(async move {
                    serving.serve(tcp).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the vault cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn sweep(vaults: Vaults) {
    let mut rounds = tokio::time::interval(SWEEP);
    loop {
        rounds.tick().await;
        if let Err(error) = vaults.sweep().await {
            tracing::warn!(%error, "old records and deleted secrets of the vault could not be removed");
        }
    }
}
