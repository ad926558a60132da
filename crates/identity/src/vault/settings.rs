//! What operators can set about vaults.

use model::VaultHosts;

use crate::settings::{Calls, PlainHttp};

/// Which vaults are asked, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Vaults that may be asked. Default: those of Azure's clouds.
    pub hosts: VaultHosts,
    /// Where hosts really are, for vaults that live elsewhere.
    pub overrides: Vec<HostOverride>,
    /// Whether the addresses of `overrides` may be without TLS.
    pub plain_http: PlainHttp,
    /// Limits of each call.
    pub calls: Calls,
    /// `api-version` of every request. Default: `7.4`.
    pub api_version: String,
    /// Whether the resource that a challenge names must be the vault's own domain. Default: verified.
    pub challenge_resource: ChallengeResource,
    /// Requests at once to one vault; more wait. Default: 8.
    pub concurrency: usize,
}

/// Whether the resource that a vault's challenge names is held against the vault's host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChallengeResource {
    /// The vault's host must end with it, as Azure's client libraries want. Otherwise whoever answers for the vault
    /// could get a token for another service.
    #[default]
    Verified,
    /// Any resource is believed. For vaults whose host has no domain of its own (`localhost`).
    Believed,
}

/// Where a vault's host really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOverride {
    /// The host as identifiers name it, with its port unless that is 443 (`models.vault.azure.net`).
    pub host: String,
    /// Scheme, host and port that are called instead (`https://127.0.0.1:8443`); a path goes before the secret's. The
    /// request still names the vault's own host in `Host`; the certificate must be that of the address called.
    pub base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hosts: VaultHosts::default(),
            overrides: Vec::new(),
            plain_http: PlainHttp::default(),
            calls: Calls::default(),
            api_version: "7.4".to_owned(),
            challenge_resource: ChallengeResource::Verified,
            concurrency: 8,
        }
    }
}
