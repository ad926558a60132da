//! The provider while it runs.

use std::fmt;
use std::sync::Arc;

use super::directory::Directory;
use super::order::{OrderError, TokenOrder, made};
use super::site::IdentitySite;
use super::state::State;
use super::verifier::Verifier;
use crate::authority::Authority;
use crate::behaviour::Behaviour;
use crate::managed_identity::Endpoints;
use crate::recorder::Recorder;
use crate::signing::{KeyError, OldKeys};
use crate::web::{Power, Server, Shared};

/// A running identity provider.
pub struct RunningIdentity {
    pub(super) state: Arc<State>,
    pub(super) shared: Arc<Shared<IdentitySite>>,
    pub(super) authority: Arc<Authority>,
    pub(super) managed: Endpoints,
    pub(super) provider: Server,
    pub(super) machine: Server,
}

impl RunningIdentity {
    /// The authority, without a slash at its end: `https://localhost:8403`. What `AZURE_AUTHORITY_HOST` is set to.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.state.issuers.base
    }

    /// The port of the authority.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.provider.address().port()
    }

    /// The machine's own endpoints over HTTP, without a slash at the end: `http://127.0.0.1:8404`. What
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST` is set to; IMDS's path begins there.
    #[must_use]
    pub fn machine(&self) -> String {
        format!("http://{}", self.machine.address())
    }

    /// App Service's endpoint: `IDENTITY_ENDPOINT`.
    #[must_use]
    pub fn identity_endpoint(&self) -> String {
        format!("{}/msi/token", self.machine())
    }

    /// What App Service's endpoint wants in `X-IDENTITY-HEADER`: `IDENTITY_HEADER`.
    #[must_use]
    pub fn identity_header(&self) -> &str {
        self.managed.header()
    }

    /// Azure Arc's endpoint: `IDENTITY_ENDPOINT` beside an `IMDS_ENDPOINT`. Answers only if the builder has a folder.
    #[must_use]
    pub fn arc_endpoint(&self) -> String {
        format!("{}/arc/token", self.machine())
    }

    /// The metadata of a tenant, named by its id or domain, for tokens of version 2.
    #[must_use]
    pub fn metadata_url(&self, tenant: &str) -> String {
        format!("{}/{tenant}/v2.0/.well-known/openid-configuration", self.authority())
    }

    /// The authority that signed the server's certificate: what clients must trust, and what may sign more of them.
    #[must_use]
    pub fn certificates(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// Who is there at the moment.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.state.directory()
    }

    /// Replaces the directory: roles that are taken away are not in the next token.
    pub fn set_directory(&self, directory: Directory) {
        *self.state.directory.write() = Arc::new(directory);
    }

    /// A token made to order.
    ///
    /// # Errors
    /// When the order names what is not there.
    pub fn token(&self, order: &TokenOrder) -> Result<String, OrderError> {
        made(&self.state, order)
    }

    /// The issuer of the simulated cluster's tokens.
    #[must_use]
    pub fn cluster_issuer(&self) -> String {
        self.state.cluster_issuer()
    }

    /// A token of the simulated cluster for a service account (`system:serviceaccount:default:gateway`), good for so
    /// many seconds: what `AZURE_FEDERATED_TOKEN_FILE` holds.
    #[must_use]
    pub fn cluster_token(&self, subject: &str, lifetime: u64) -> String {
        self.state.cluster_token(subject, &super::Federated::usual_audience(), lifetime)
    }

    /// Signs with a new key from now on; its id is given back.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate_keys(&self, old: OldKeys) -> Result<String, KeyError> {
        self.state.keys.rotate(old)
    }

    /// Whether tokens are this provider's, for services that are called with them.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier::new(Arc::clone(&self.state))
    }

    /// What it received.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.shared.recorder
    }

    /// Sets how a part behaves from now on: `metadata`, `keys`, `token`, `authorize`, `groups`, `managed-identity`.
    /// `false` when there is no such part, or only models behave so (words, quotas, compression).
    #[must_use]
    pub fn behave(&self, part: &str, behaviour: Behaviour) -> bool {
        self.shared.behave(part, behaviour)
    }

    /// Nobody listens any more: connections are refused, those that are open end.
    pub async fn go_down(&self) {
        self.shared.power.send_replace(Power::Off);
        self.provider.until(false).await;
        self.machine.until(false).await;
    }

    /// Listens again, on the same ports.
    pub async fn come_back(&self) {
        self.shared.power.send_replace(Power::On);
        self.provider.until(true).await;
        self.machine.until(true).await;
    }

    /// Closes everything.
    pub async fn shutdown(self) {
        self.provider.shutdown().await;
        self.machine.shutdown().await;
    }
}

impl fmt::Debug for RunningIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningIdentity").field("authority", &self.authority()).finish_non_exhaustive()
    }
}
