//! The section of `cardea.toml` about the vault that `cardea vault serve` serves. Each doc comment here is the setting's
//! documentation.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// `[vault-server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct VaultServer {
    /// Address and port. Default: `127.0.0.1:8443`.
    pub address: SocketAddr,
    /// Certificate and key for every name under `suffix`; a vault is served over TLS only. `cardea vault serve` needs
    /// it. Default: none.
    pub tls: Option<VaultServerTls>,
    /// The domain that vaults are under: the vault `main` is at `https://main.vault.localhost:8443`.
    /// Default: `vault.localhost`.
    pub suffix: String,
    /// Names of the vaults. The only one is also at every host that is not under `suffix`. Default: `main`.
    pub vaults: Vec<String>,
    /// Who issues callers' tokens: Entra, or what has its shape. Default: `https://login.microsoftonline.com`.
    pub authority: String,
    /// The tenant whose tokens are taken. `cardea vault serve` needs it. Default: none.
    pub tenant: Option<String>,
    /// Where the issuer's metadata is, for one whose paths are not Entra's. Without it both versions of the tenant's
    /// metadata are taken. Default: none.
    pub openid_configurations: Vec<String>,
    /// What tokens must have been made out for (`aud`). Without it `https://`, the suffix, and the port unless it is 443.
    /// Azure's clients take a challenge only if the vault's host and port end with a dot and this host and port.
    /// Default: none.
    pub resource: Option<String>,
    /// Days for which a deleted secret can be recovered: 7 to 90. Default: 90.
    pub recoverable_days: u16,
    /// What happens when a value is asked for before its `nbf` or from its `exp` on: `refuse` (403), or `serve`, as Key
    /// Vault does. Default: `refuse`.
    pub outside_validity: OutsideValidity,
    /// Records of the audit at most, over all vaults; the oldest go first. Default: 1000000.
    pub audit_rows: u32,
    /// Days for which records are kept. Default: 365.
    pub audit_days: u16,
    /// Open connections at most; the next ones wait. Default: 500.
    pub connections: usize,
    /// Seconds a request may take. Default: 30.
    pub request_seconds: u64,
    /// Seconds that running requests get to end after SIGTERM. Default: 10.
    pub drain_seconds: u64,
}

impl Default for VaultServer {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8443)),
            tls: None,
            suffix: "vault.localhost".to_owned(),
            vaults: vec!["main".to_owned()],
            authority: "https://login.microsoftonline.com".to_owned(),
            tenant: None,
            openid_configurations: Vec::new(),
            resource: None,
            recoverable_days: 90,
            outside_validity: OutsideValidity::default(),
            audit_rows: 1_000_000,
            audit_days: 365,
            connections: 500,
            request_seconds: 30,
            drain_seconds: 10,
        }
    }
}

/// `[vault-server.tls]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct VaultServerTls {
    /// PEM file of the certificate and the authorities between it and a root; read anew at SIGHUP.
    pub certificate: PathBuf,
    /// PEM file of the private key; read anew at SIGHUP.
    pub key: PathBuf,
}

/// What happens to values outside of their validity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OutsideValidity {
    /// They are refused.
    #[default]
    Refuse,
    /// They are given.
    Serve,
}

impl VaultServer {
    /// Refuses what cannot be.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !(7..=90).contains(&self.recoverable_days) {
            bail!("`vault-server.recoverable-days` must be 7 to 90");
        }
        for (name, is_none) in [
            ("vaults", self.vaults.is_empty()),
            ("suffix", self.suffix.trim_matches('.').is_empty()),
            ("audit-rows", self.audit_rows == 0),
            ("audit-days", self.audit_days == 0),
            ("connections", self.connections == 0),
            ("request-seconds", self.request_seconds == 0),
        ] {
            if is_none {
                bail!("`vault-server.{name}` must not be empty or 0");
            }
        }
        self.names().map(drop)
    }

    /// The names of the vaults.
    ///
    /// # Errors
    /// When one is none.
    pub(crate) fn names(&self) -> anyhow::Result<Vec<vault::VaultName>> {
        let names = self.vaults.iter().map(|name| vault::VaultName::new(name)).collect::<Result<_, _>>();
        names.context("`vault-server.vaults` cannot be used")
    }

    /// The rules of all vaults.
    #[must_use]
    pub(crate) fn rules(&self) -> vault::Rules {
        vault::Rules {
            recoverable_days: self.recoverable_days,
            outside_validity: match self.outside_validity {
                OutsideValidity::Refuse => vault::OutsideValidity::Refuse,
                OutsideValidity::Serve => vault::OutsideValidity::Serve,
            },
            audit_rows: self.audit_rows,
            audit_days: self.audit_days,
        }
    }
}
