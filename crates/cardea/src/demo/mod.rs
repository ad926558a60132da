//! The demo: a gateway with the example folders in front of simulated models, with a tenant and a vault beside it, over
//! real sockets, in one process.

pub(crate) mod calls;
pub(crate) mod check;
pub(crate) mod example;
pub(crate) mod facts;
pub(crate) mod models;
pub(crate) mod page;
pub(crate) mod parties;
pub(crate) mod scenes;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use artifacts::{SecretError, SecretSource};
use model::SecretReference;
use policy::Rng as _;
use secret::Secret;
use simulators::{KeyName, Running as Simulator, Scope};
use tokio::net::TcpListener;

use self::example::Places;
use self::parties::Parties;
use crate::instance::{DemoKeys, Instance, Parts};
use crate::settings::{self, Settings};
use crate::system::{DEMO_KEY, SystemRng};

/// The parties of the demo, running.
pub(crate) struct Demo {
    /// The gateway.
    pub instance: Instance,
    /// The simulated model service.
    pub models: Simulator,
    /// The tenant, the machine and the vault.
    pub parties: Parties,
    /// What callers sign in with.
    pub callers: Callers,
}

/// What callers sign in with.
#[derive(Clone)]
pub(crate) struct Callers {
    /// The key of the product `starter`.
    pub team_a: String,
    /// The key of the product `unlimited`.
    pub team_b: String,
    /// The key of the API with three layers.
    pub red_key: String,
    /// A token of the application Team Red.
    pub red: String,
    /// A token of the application Team Blue.
    pub blue: String,
    /// A token of an application without a role.
    pub stranger: String,
}

/// What the gateway's identity may read in the vault when the demo starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Granted {
    /// Everything that the folder refers to.
    All,
    /// All but the key of [`WITHHELD`]: what then happens is shown by the check.
    AllButOne,
}

/// The secret that is granted late.
pub(crate) const WITHHELD: &str = "cohere-key";
/// The secret that holds the second key of the account at Azure.
pub(crate) const ROTATED: &str = "azure-openai-key";

impl Demo {
    /// Starts everything. Ports that are taken are replaced by free ones.
    ///
    /// # Errors
    /// When no port can be bound at all, or the examples do not compile.
    pub(crate) async fn start(port: u16, granted: Granted) -> anyhow::Result<Self> {
        let keys = models::Keys::with_first(None);
        let models = bind(after(port, 1)).await?;
        let parties =
            Parties::start(bind(after(port, 3)).await?, bind(after(port, 4)).await?, after(port, 5)).await?;
        let models = models::simulator(&keys).token_verifier(parties.identity.verifier()).start_on(models)?;
        let (_, gateway) = parties.gateway()?;
        models.roles().grant(gateway.as_str(), Scope::account(models::AZURE));
        fill(&parties, &models, &keys, granted).await?;
        let callers = Callers::new(&parties)?;
        let folder = example::folder(&Places {
            models: models.base_url(),
            entra: parties.authority(),
            vault: parties.vault_url(),
        })?;
        let parts = Parts {
            catalog: Box::new(catalog::Fixed::new(folder)),
            secrets: Box::new(Secrets::of(&callers, &keys)),
            store: None,
            access_log: None,
            environment: identity::Environment::default(),
            trusted: vec![parties.trusted()],
            demo_keys: DemoKeys::Taken,
            sockets: crate::sockets::Origin::Own,
        };
        let instance = Instance::start(&settings(port, &parties, granted).await, parts).await?;
        Ok(Self { instance, models, parties, callers })
    }

    /// Ends everything.
    pub(crate) async fn shutdown(self) {
        let _drained = self.instance.shutdown().await;
        self.models.shutdown().await;
        self.parties.shutdown().await;
    }
}

impl Callers {
    fn new(parties: &Parties) -> anyhow::Result<Self> {
        Ok(Self {
            team_a: key(),
            team_b: key(),
            red_key: key(),
            red: parties.token("Team Red")?,
            blue: parties.token("Team Blue")?,
            stranger: parties.token("Stranger")?,
        })
    }

    /// All of them, which nobody but the gateway may see.
    pub(crate) fn all(&self) -> [&str; 6] {
        [&self.team_a, &self.team_b, &self.red_key, &self.red, &self.blue, &self.stranger]
    }
}

/// Puts the models' keys into the vault and lets the gateway read them.
async fn fill(
    parties: &Parties,
    models: &Simulator,
    keys: &models::Keys,
    granted: Granted,
) -> anyhow::Result<()> {
    let second = models.accounts().key(models::AZURE, KeyName::Key2).context("the account has a key")?;
    let (_, gateway) = parties.gateway()?;
    for (name, value) in
        [(ROTATED, second.as_str()), ("mistral-key", keys.mistral()), (WITHHELD, keys.cohere())]
    {
        parties.set_secret(name, value).await?;
        if granted == Granted::All || name != WITHHELD {
            parties.grant_reading(&gateway, name).await?;
        }
    }
    Ok(())
}

/// The port if it is free, otherwise a free one.
pub(super) async fn bind(port: u16) -> anyhow::Result<TcpListener> {
    let wanted = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    match wanted {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no free port on loopback"),
    }
}

/// The port so many after the first one; 0, which takes any free port, stays 0.
fn after(port: u16, places: u16) -> u16 {
    if port == 0 { 0 } else { port.saturating_add(places) }
}

/// The port if it is free now, otherwise 0: whoever listens takes a free one then.
async fn wanted(port: u16) -> SocketAddr {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.is_ok();
    SocketAddr::from((Ipv4Addr::LOCALHOST, if free { port } else { 0 }))
}

async fn settings(port: u16, parties: &Parties, granted: Granted) -> Settings {
    let (host, base) = parties.vault_host();
    Settings {
        // A secret that is not granted is an error of what needs it.
        strict: granted == Granted::All,
        listen: settings::Listen {
            address: wanted(port).await,
            drain_seconds: 2,
            ..settings::Listen::default()
        },
        admin: settings::Admin { address: wanted(after(port, 2)).await, ..settings::Admin::default() },
        identity: settings::Identity {
            authority: Some(parties.authority()),
            imds: Some(parties.identity.machine()),
            ..settings::Identity::default()
        },
        vault: settings::Vault {
            allowed_hosts: vec![host.clone()],
            overrides: vec![settings::VaultHost { host, base }],
            ..settings::Vault::default()
        },
        ..Settings::default()
    }
}

/// A key that works in this process only.
pub(crate) fn key() -> String {
    let mut bytes = [0; 16];
    SystemRng.fill(&mut bytes);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{DEMO_KEY}{digits}")
}

/// The secrets that the example's `secrets.toml` refers to.
struct Secrets(Arc<HashMap<&'static str, String>>);

impl Secrets {
    fn of(callers: &Callers, provider: &models::Keys) -> Self {
        Self(Arc::new(HashMap::from([
            ("AZURE_OPENAI_KEY", provider.first().to_owned()),
            ("OPENAI_KEY", provider.first().to_owned()),
            ("TEAM_A_KEY", callers.team_a.clone()),
            ("TEAM_B_KEY", callers.team_b.clone()),
            ("TEAM_RED_KEY", callers.red_key.clone()),
        ])))
    }
}

impl SecretSource for Secrets {
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        let known = match reference {
            SecretReference::Env(name) => self.0.get(name.as_str()),
            SecretReference::File(_) | SecretReference::Vault(_) => None,
        };
        known
            .map(|text| Secret::new(text.clone()))
            .ok_or_else(|| SecretError { why: format!("{reference} is not part of the demo") })
    }
}
