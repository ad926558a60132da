//! What requests of the identity provider share.

use std::sync::Arc;

use jose::{KeySet, Unverified};
use parking_lot::RwLock;
use serde_json::{Map, Value, json};

use super::claims::Issuers;
use super::directory::Directory;
use super::grants::store::Store;
use crate::builder::Clock;
use crate::ids::Ids;
use crate::signing::{Fault, KeyRing, LazyRing, signed, times, verified};

/// Everything.
pub(crate) struct State {
    pub(crate) issuers: Issuers,
    pub(crate) directory: RwLock<Arc<Directory>>,
    pub(crate) keys: KeyRing,
    /// Of the simulated cluster, which signs for service accounts.
    pub(crate) cluster: LazyRing,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) store: Store,
    /// Names of this host, each with the port.
    pub(crate) hosts: Vec<String>,
}

impl State {
    pub(crate) fn now(&self) -> u64 {
        (self.clock)()
    }

    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read())
    }

    /// A token with these claims.
    pub(crate) fn signed(&self, claims: Map<String, Value>) -> String {
        self.keys.sign(&claims)
    }

    /// The claims of a token of ours that is good now.
    pub(crate) fn verified(&self, token: &str, now: u64) -> Result<Map<String, Value>, Fault> {
        verified(token, &self.keys.set(), now)
    }

    /// Whether a token of another issuer is one of its, and good now.
    pub(crate) fn foreign(&self, token: &Unverified, issuer: &str, now: u64) -> Result<(), Fault> {
        if issuer == self.cluster_issuer() {
            signed(token, &self.cluster.get().ok_or(Fault::UnknownKey)?.set())?;
        } else {
            signed(token, &self.trusted(issuer).ok_or(Fault::UnknownKey)?)?;
        }
        times(token.claims(), now)
    }

    fn trusted(&self, issuer: &str) -> Option<KeySet> {
        let directory = self.directory();
        let found = directory.issuers.iter().find(|one| one.url == issuer)?;
        KeySet::parse(found.keys.as_bytes()).ok()
    }

    /// The issuer of the simulated cluster's tokens.
    pub(crate) fn cluster_issuer(&self) -> String {
        format!("{}/cluster", self.issuers.base)
    }

    /// A token as Kubernetes projects it into a pod.
    pub(crate) fn cluster_token(&self, subject: &str, audience: &str, lifetime: u64) -> String {
        let now = self.now();
        let claims = json!({
            "aud": [audience],
            "exp": now.saturating_add(lifetime),
            "iat": now,
            "iss": self.cluster_issuer(),
            "jti": self.ids.uuid(),
            "nbf": now,
            "sub": subject,
        });
        let signed = claims.as_object().zip(self.cluster.get()).map(|(claims, keys)| keys.sign(claims));
        signed.unwrap_or_default()
    }

    /// Whether a host with its port is this one.
    pub(crate) fn is_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }
}
