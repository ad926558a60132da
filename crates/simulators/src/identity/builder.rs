//! Settings of the identity provider, and starting it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::net::TcpListener;

use super::claims::Issuers;
use super::directory::Directory;
use super::running::RunningIdentity;
use super::site::IdentitySite;
use super::state::State;
use crate::authority::{Authority, AuthorityError};
use crate::builder::Clock;
use crate::ids::Ids;
use crate::managed_identity::Endpoints;
use crate::random;
use crate::signing::{KeyError, KeyRing, LazyRing};
use crate::web::{Server, Shared};

/// What tokens of version 1 say who issued them. COMPAT: the same in all of Azure's public cloud.
const V1_ISSUER: &str = "https://sts.windows.net";

/// The provider cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A port is taken.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
    /// The address can be reached from elsewhere.
    #[error("the identity provider makes tokens for whoever asks: it listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// No certificate.
    #[error(transparent)]
    Certificate(#[from] AuthorityError),
    /// No key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A simulated identity provider. See the module's example.
#[derive(Clone, Copy, Debug)]
pub struct IdentityProvider;

impl IdentityProvider {
    /// A provider for this directory.
    #[must_use]
    pub fn builder(directory: Directory) -> IdentityBuilder {
        IdentityBuilder {
            directory,
            authority: None,
            host: String::from("localhost"),
            v1_issuer: String::from(V1_ISSUER),
            clock: Arc::new(|| 1_700_000_000),
            seed: 0,
            key_mark: String::new(),
            header: None,
            arc_folder: None,
        }
    }
}

/// What a provider is made of.
pub struct IdentityBuilder {
    directory: Directory,
    authority: Option<Arc<Authority>>,
    host: String,
    v1_issuer: String,
    clock: Clock,
    seed: u64,
    key_mark: String,
    header: Option<String>,
    arc_folder: Option<PathBuf>,
}

impl IdentityBuilder {
    /// The certificate authority that signs the server's certificate; otherwise one is made.
    #[must_use]
    pub fn authority(mut self, authority: Arc<Authority>) -> Self {
        self.authority = Some(authority);
        self
    }

    /// The name of the host in issuers and metadata: `localhost` unless set. It must lead to loopback.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The start of the issuer of version 1, without a slash at its end. Unless set it is that of Azure's public cloud,
    /// `https://sts.windows.net`: policies are written for it. It is a name; nothing is fetched from there.
    #[must_use]
    pub fn v1_issuer(mut self, start: impl Into<String>) -> Self {
        self.v1_issuer = start.into();
        self
    }

    /// Where the time comes from, in seconds since 1970. Unless set, it stands still in November 2023.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// Where identifiers of tokens and errors start. Secrets, codes and keys are random whatever it is.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What ids of the provider's keys begin with, so that those who must not believe it can tell. Nothing unless set, as
    /// with Entra.
    #[must_use]
    pub fn key_mark(mut self, mark: impl Into<String>) -> Self {
        self.key_mark = mark.into();
        self
    }

    /// The value of `X-IDENTITY-HEADER` that App Service's endpoint wants; otherwise a random one.
    #[must_use]
    pub fn identity_header(mut self, value: impl Into<String>) -> Self {
        self.header = Some(value.into());
        self
    }

    /// The folder into which Azure Arc's endpoint writes its challenges. Without it there is no such endpoint. COMPAT:
    /// clients read from `/var/opt/azcmagent/tokens` only.
    #[must_use]
    pub fn arc_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.arc_folder = Some(folder.into());
        self
    }

    /// Listens on 127.0.0.1, with HTTPS as the provider and with HTTP as the machine; port 0 takes a free one.
    ///
    /// # Errors
    /// When a port is taken, or no key or certificate can be made.
    pub async fn start_on_loopback(self, https: u16, http: u16) -> Result<RunningIdentity, StartError> {
        let https = TcpListener::bind((Ipv4Addr::LOCALHOST, https)).await?;
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, http)).await?;
        self.start_on(https, http)
    }

    /// Serves listeners that are bound already. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// When an address is not on loopback, or no key or certificate can be made.
    pub fn start_on(self, https: TcpListener, http: TcpListener) -> Result<RunningIdentity, StartError> {
        let (address, machine) = (https.local_addr()?, http.local_addr()?);
        if let Some(reachable) = [address, machine].into_iter().find(|address| !address.ip().is_loopback()) {
            return Err(StartError::NotLoopback(reachable));
        }
        let authority = self.authority.clone().map_or_else(|| Authority::new().map(Arc::new), Ok)?;
        let tls = authority.server_config(&[&self.host, "localhost", "127.0.0.1", "::1"])?;
        let managed =
            Endpoints::new(self.header.clone().unwrap_or_else(random::text), self.arc_folder.clone());
        let state = Arc::new(self.state(address.port())?);
        let ca = String::from(authority.pem());
        let site = IdentitySite { state: Arc::clone(&state), managed: managed.clone(), ca };
        let shared = Arc::new(Shared::new(site));
        let provider = Server::start(https, Some(tls), Arc::clone(&shared))?;
        let machine = Server::start(http, None, Arc::clone(&shared))?;
        Ok(RunningIdentity { state, shared, authority, managed, provider, machine })
    }

    fn state(self, port: u16) -> Result<State, StartError> {
        let names = [self.host.as_str(), "localhost", "127.0.0.1", "[::1]"];
        Ok(State {
            issuers: Issuers { base: format!("https://{}:{port}", self.host), v1: self.v1_issuer },
            directory: RwLock::new(Arc::new(self.directory)),
            keys: KeyRing::generate("accounts.accesscontrol.windows.net", &self.key_mark)?,
            cluster: LazyRing::new("cluster"),
            clock: self.clock,
            ids: Ids::seeded(self.seed),
            store: super::grants::store::Store::default(),
            hosts: names.iter().map(|name| format!("{name}:{port}")).collect(),
        })
    }
}

impl fmt::Debug for IdentityBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityBuilder").field("directory", &self.directory).finish_non_exhaustive()
    }
}
