//! The demo: a gateway with the example folder in front of simulated models, over real sockets, in one process.

pub(crate) mod calls;
pub(crate) mod check;
pub(crate) mod example;
pub(crate) mod models;
pub(crate) mod page;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use artifacts::{SecretError, SecretSource};
use model::SecretReference;
use policy::Rng as _;
use secret::Secret;
use simulators::Running as Simulator;
use tokio::net::TcpListener;

use crate::instance::{DemoKeys, Instance, Parts};
use crate::settings::{self, Settings};
use crate::system::{DEMO_KEY, SystemRng};

/// The parties of the demo, running.
pub(crate) struct Demo {
    /// The gateway.
    pub instance: Instance,
    /// The simulated model service.
    pub models: Simulator,
    /// The keys that callers use.
    pub callers: Callers,
}

/// Keys of the example's subscriptions.
#[derive(Clone)]
pub(crate) struct Callers {
    /// Of the product `starter`.
    pub team_a: String,
    /// Of the product `unlimited`.
    pub team_b: String,
}

impl Demo {
    /// Starts everything. Ports that are taken are replaced by free ones.
    ///
    /// # Errors
    /// When no port can be bound at all, or the example does not compile.
    pub(crate) async fn start(port: u16) -> anyhow::Result<Self> {
        let provider = models::Keys::with_first(None);
        let callers = Callers { team_a: key(), team_b: key() };
        let models = models::simulator(&provider).start_on(bind(after(port, 1)).await?)?;
        let folder = example::folder(&format!("http://{}", models.address()))?;
        let settings = settings(port).await;
        let secrets = Secrets::of(&callers, &provider);
        let parts = Parts {
            folder: Box::new(folder),
            secrets: Box::new(secrets),
            store: None,
            access_log: None,
            environment: identity::Environment::default(),
            trusted: Vec::new(),
            demo_keys: DemoKeys::Taken,
        };
        let instance = Instance::start(&settings, parts).await?;
        Ok(Self { instance, models, callers })
    }

    /// Ends everything.
    pub(crate) async fn shutdown(self) {
        let _drained = self.instance.shutdown().await;
        self.models.shutdown().await;
    }
}

/// The port if it is free, otherwise a free one.
async fn bind(port: u16) -> anyhow::Result<TcpListener> {
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

async fn settings(port: u16) -> Settings {
    Settings {
        strict: true,
        listen: settings::Listen {
            address: wanted(port).await,
            drain_seconds: 2,
            ..settings::Listen::default()
        },
        admin: settings::Admin { address: wanted(after(port, 2)).await, ..settings::Admin::default() },
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
