//! What operators can set about vaults.

/// Which vaults are asked, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Hosts that may be asked, with their port if they have one: a name, or `*.` and a suffix (one label or more take
    /// the star's place). Default: the suffixes of Azure's clouds.
    pub allowed_hosts: Vec<String>,
    /// Where hosts really are, for vaults that live elsewhere.
    pub overrides: Vec<HostOverride>,
    /// Appended to a vault's name where only its ARM resource id is given. Default: `vault.azure.net`.
    pub dns_suffix: String,
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
    /// The host as identifiers name it, with its port if they name one (`models.vault.azure.net`).
    pub host: String,
    /// Scheme, host and port that are called instead (`https://127.0.0.1:8443`). The request still names the vault's
    /// own host.
    pub base: String,
}

/// The suffixes of vaults in Azure's public, Chinese and US government clouds.
pub const AZURE_SUFFIXES: [&str; 3] = ["*.vault.azure.net", "*.vault.azure.cn", "*.vault.usgovcloudapi.net"];

impl Default for Settings {
    fn default() -> Self {
        Self {
            allowed_hosts: AZURE_SUFFIXES.map(str::to_owned).to_vec(),
            overrides: Vec::new(),
            dns_suffix: "vault.azure.net".to_owned(),
            api_version: "7.4".to_owned(),
            challenge_resource: ChallengeResource::Verified,
            concurrency: 8,
        }
    }
}
