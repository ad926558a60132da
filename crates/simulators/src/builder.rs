//! Settings of the simulator, and starting it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::account::{Account, Accounts};
use crate::ids::Ids;
use crate::roles::Roles;
use crate::running::Running;
use crate::service::Service;
use crate::wire::auth::TokenVerifier;

/// A simulated model service. See the crate's example.
#[derive(Clone, Copy, Debug)]
pub struct ModelSimulator;

impl ModelSimulator {
    /// A simulator without accounts: it refuses everybody until one is added.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            accounts: Vec::new(),
            clock: Arc::new(|| 1_700_000_000),
            seed: 0,
            verifier: None,
            roles: Roles::default(),
        }
    }
}

/// Seconds since 1970.
pub(crate) type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What a simulator is made of.
pub struct Builder {
    accounts: Vec<Account>,
    clock: Clock,
    seed: u64,
    verifier: Option<Arc<dyn TokenVerifier>>,
    roles: Roles,
}

impl Builder {
    /// Adds an account. Keys must differ between accounts: the first account that has a key is its owner.
    #[must_use]
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.push(account);
        self
    }

    /// Where `created` times and quota windows come from, in seconds since 1970. Unless set, time stands still in
    /// November 2023, so that answers can be compared as a whole. Waiting ([`crate::Behaviour`]) is tokio's time.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// Where identifiers and regenerated keys start. The same seed gives the same ones.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Who verifies bearer tokens. Without a verifier all of them are refused.
    #[must_use]
    pub fn token_verifier(mut self, verifier: impl TokenVerifier + 'static) -> Self {
        self.verifier = Some(Arc::new(verifier));
        self
    }

    /// Which principals may call what; without assignments good tokens are refused with 403. [`Running::roles`] changes
    /// them later.
    #[must_use]
    pub fn roles(mut self, roles: Roles) -> Self {
        self.roles = roles;
        self
    }

    /// Listens on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start_on_loopback(self, port: u16) -> io::Result<Running> {
        self.start((Ipv4Addr::LOCALHOST, port)).await
    }

    /// Listens on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(self, address: impl Into<SocketAddr>) -> io::Result<Running> {
        self.start_on(TcpListener::bind(address.into()).await?)
    }

    /// Serves a listener that is bound already. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start_on(self, listener: TcpListener) -> io::Result<Running> {
        let ids = Arc::new(Ids::seeded(self.seed));
        let accounts = Accounts::new(self.accounts, Arc::clone(&ids));
        let service = Service::new(accounts, self.roles, self.clock, ids, self.verifier);
        Running::start(listener, Arc::new(service))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("accounts", &self.accounts)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
