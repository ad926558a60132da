//! Starting a gateway, and ending it.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use catalog::Catalog;
use gateway::access_log::AccessLog;
use gateway::admin::AdminServer;
use gateway::backends::{BackendMetrics, OutboundMetrics};
use gateway::listen::{Bound, DataPlane, Drained, ListenSettings, RuntimeKind, RuntimeSettings, Server};
use gateway::metrics::{Metrics, TaskMetrics};
use gateway::{ApiEntry, Callers, ComputePool, Forwarder, Protocols, Schemes, Sockets, Telemetry, Walk};
use parking_lot::RwLock;
use policy::{Clock as _, OpenIdProviders, Ports, Rng as _};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::certificates::Certificates;
use super::first::{self, First, Instead};
use super::follow::{follow_folder, follow_overrides};
use super::foreign::NoDemo;
use super::known::Known;
use super::load::{Loaded, Loader, Over, SecretPort};
use super::parties::{Parties, vault_hosts};
use super::renew::Cause;
use super::reread::{Outcome, Reread};
use super::retired::Retired;
use super::saved::Recalled;
use super::saving::SavingState;
use super::vaults::{DemoKeys, Vaults};
use super::{Latest, Running};
use crate::settings::{self, Settings};
use crate::sockets::{Listening, Origin};
use crate::system::{SystemClock, SystemRng};

/// What a gateway is made of besides its settings.
pub(crate) struct Parts {
    /// Where the artifacts come from.
    pub catalog: Box<dyn Catalog>,
    /// Where secrets come from.
    pub secrets: SecretPort,
    /// What was kept of subscriptions and users.
    pub store: Option<store::Store>,
    /// Where the record of each request goes.
    pub access_log: Option<gateway::access_log::Target>,
    /// The variables with which Azure's hosts say who the gateway is.
    pub environment: identity::Environment,
    /// Authorities to trust besides the system's and those of the settings, in PEM.
    pub trusted: Vec<String>,
    /// Whether keys of the demo are taken from vaults.
    pub demo_keys: DemoKeys,
    /// Where the sockets come from.
    pub sockets: Origin,
}

/// Where a gateway listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    /// Callers.
    pub gateway: SocketAddr,
    /// Operators.
    pub admin: Option<SocketAddr>,
}

/// A gateway that runs.
pub(crate) struct Instance {
    running: Arc<Running>,
    server: Server,
    admin: Option<AdminServer>,
    log: Option<AccessLog>,
    followers: Vec<JoinHandle<()>>,
    certificates: Arc<[Certificates]>,
    /// The listening sockets once more, for whoever takes over.
    sockets: Vec<std::net::TcpListener>,
    settings: Settings,
}

impl Instance {
    /// Reads the configuration, compiles it and starts to listen.
    ///
    /// # Errors
    /// When settings make no sense, a port is taken, or the configuration has errors and `strict` is set, or not the
    /// gateway that is to be served.
    pub(crate) async fn start(settings: &Settings, mut parts: Parts) -> anyhow::Result<Self> {
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION")));
        let log = parts.access_log.take().map(|target| open_log(target, &metrics)).transpose()?;
        let origin = std::mem::replace(&mut parts.sockets, Origin::Own);
        let running = Running::begin(settings, parts, metrics, log.clone()).await?;
        let plane = DataPlane::start(&runtime(settings)?);
        let plane = Arc::new(plane.context("the threads for requests cannot be started")?);
        running.count_tasks(&plane);
        // Last of all: from here on callers come in, and a process before us may leave.
        Self::open(settings, origin, running, &plane, log).await
    }

    /// Opens the listeners; whoever had the sockets before hears that it serves.
    async fn open(
        settings: &Settings,
        origin: Origin,
        running: Arc<Running>,
        plane: &Arc<DataPlane>,
        log: Option<AccessLog>,
    ) -> anyhow::Result<Self> {
        let mut sockets = origin.get().await?;
        let open = listeners(settings, &mut sockets)?;
        let of_admin = settings.admin.enabled.then(|| sockets.take(settings.admin.address)).transpose()?;
        let successor = sockets.finish()?;
        let sockets = open.again(of_admin.as_ref())?;
        let server =
            Server::start_on(open.bound, Arc::clone(&running.walk), plane, running.metrics.listen.clone());
        let server = server.context("connections cannot be accepted")?;
        let admin = open_admin(of_admin, &running)?;
        let certificates: Arc<[Certificates]> = open.certificates.into();
        let mut followers = running.follow(settings);
        let every = Duration::from_secs(settings.secrets.refresh_seconds);
        followers.push(tokio::spawn(Certificates::follow(Arc::clone(&certificates), every)));
        if let Some(successor) = successor
            && let Err(error) = successor.serves().await
        {
            tracing::warn!("{error:#}; it may serve on");
        }
        let settings = settings.clone();
        Ok(Self { running, server, admin, log, followers, certificates, sockets, settings })
    }

    /// Where it listens.
    #[must_use]
    pub(crate) fn addresses(&self) -> Addresses {
        Addresses { gateway: self.server.address(), admin: self.admin.as_ref().map(AdminServer::address) }
    }

    /// The addresses of all listeners for callers, in the order of the settings.
    #[must_use]
    pub(crate) fn gateways(&self) -> &[SocketAddr] {
        self.server.addresses()
    }

    /// The sockets once more, for whoever takes over; the caller has them from now on.
    pub(crate) fn take_sockets(&mut self) -> Vec<std::net::TcpListener> {
        std::mem::take(&mut self.sockets)
    }

    /// Reads the configuration anew, and opens log files anew.
    pub(crate) async fn reload(&self) {
        if let Some(log) = &self.log {
            log.reopen();
        }
        self.certificates.iter().for_each(Certificates::renew);
        let reloaded = self.running.renew(Cause::Asked).await;
        tracing::info!(
            accepted = reloaded.accepted,
            generation = reloaded.generation,
            problems = reloaded.problems.len(),
            "reloaded"
        );
    }

    /// Says that it is not ready, waits until load balancers have noticed, stops accepting, lets requests end, and ends.
    pub(crate) async fn shutdown(mut self) -> Drained {
        self.running.draining.store(true, Ordering::Relaxed);
        self.sockets.clear();
        let delay = Duration::from_secs(self.settings.listen.drain_delay_seconds);
        if !delay.is_zero() {
            self.server.leave();
            tokio::time::sleep(delay).await;
        }
        self.end().await
    }

    /// Another process serves on the same sockets: accepts no more, lets open connections ask once more, and ends.
    pub(crate) async fn leave(mut self) -> Drained {
        self.running.draining.store(true, Ordering::Relaxed);
        // Operators ask the other one.
        self.admin = None;
        self.sockets.clear();
        self.server.leave();
        self.server.close();
        self.server.emptied(Duration::from_secs(self.settings.listen.handover_seconds)).await;
        self.end().await
    }

    async fn end(self) -> Drained {
        let drain = Duration::from_secs(self.settings.listen.drain_seconds);
        let drained = self.server.shutdown(drain).await;
        for follower in self.followers {
            follower.abort();
            // One that is in the middle of something would find its runtime gone.
            let _ended = follower.await;
        }
        if let Some(log) = &self.log {
            let written = log.flush(Duration::from_secs(2));
            tracing::debug!(written, "access log flushed");
        }
        drained
    }
}

impl Running {
    /// Reads the configuration, compiles it and puts it in place. Nobody is let in yet.
    async fn begin(
        settings: &Settings,
        parts: Parts,
        metrics: Arc<Metrics>,
        log: Option<AccessLog>,
    ) -> anyhow::Result<Arc<Self>> {
        let outbound = Outbound::of(settings, &parts.trusted)?;
        let parties = Parties::of(settings, &parts.environment, &*parts.secrets, outbound.options.clone())?;
        let vaults =
            Vaults::new(parties.vaults, settings.vault.clone(), parts.demo_keys, metrics.vaults.clone());
        let loader = loader(settings, parts.catalog, parts.secrets, vaults.clone(), outbound)?;
        let saving = SavingState::new(settings.state.saves_after());
        let recalled = recall(parts.store.as_ref(), &saving, &parties.known);
        let First { loaded, instead, is_rotated } = loader.first(recalled, settings.strict).await?;
        if is_rotated {
            saving.outdated();
        }
        let forwarder =
            Forwarder::new(settings.outbound.client(), guard(settings), settings.limits.resent_body);
        let forwarder = Arc::new(forwarder);
        let ports = Ports {
            clock: Arc::new(SystemClock),
            timer: Arc::new(SystemClock),
            rng: Arc::new(SystemRng),
            forward: Arc::clone(&forwarder) as _,
            providers: providers(parts.demo_keys, parties.providers),
            verified: parties.verified,
            tokens: parties.tokens,
            rotation: Arc::new(vaults.clone()),
            compute: compute_pool(settings)?,
            buffers: policy::Buffers::new(settings.limits.buffered_bytes),
        };
        let walk = Arc::new(walk(settings, ports, &loaded, &metrics, log));
        let of_backends = Box::new(BackendMetrics::new(Arc::clone(&walk)));
        let outbound = Box::new(OutboundMetrics::new(Arc::clone(&forwarder)));
        metrics.extend(|registry| {
            registry.register_collector(of_backends);
            registry.register_collector(outbound);
        });
        let running = Arc::new(Self {
            walk,
            forwarder,
            metrics,
            loader,
            vaults,
            own: parties.own,
            store: parts.store,
            strict: settings.strict,
            hash_key: hash_key(),
            generation: AtomicU64::new(1),
            draining: AtomicBool::new(false),
            latest: RwLock::new(Latest::default()),
            retired: Retired::default(),
            renewing: Mutex::new(()),
            saving,
            known: parties.known,
        });
        running.adopt_first(loaded, instead);
        running.say_whether_protocols_count(settings);
        running.renew_callers().await.context("subscriptions cannot be read")?;
        Ok(running)
    }

    fn adopt_first(&self, loaded: Loaded, instead: Option<Instead>) {
        self.say(&loaded.problems);
        match instead {
            None => self.adopt(loaded, Cause::Start),
            Some(why) => self.adopt_saved(loaded, why),
        }
    }

    /// Counts the tasks of all runtimes, that of this call too.
    fn count_tasks(&self, plane: &DataPlane) {
        let runtimes = plane.handles().iter().cloned().chain([Handle::current()]).collect();
        self.metrics.extend(|registry| registry.register_collector(Box::new(TaskMetrics::new(runtimes))));
    }

    /// Tells the operator what is wrong with a configuration.
    pub(super) fn say(&self, problems: &source::Diagnostics) {
        for problem in problems {
            let at = problem.at.as_ref().map(ToString::to_string).unwrap_or_default();
            match problem.severity {
                source::Severity::Error => tracing::error!(code = problem.code, at, "{}", problem.message),
                source::Severity::Warning => tracing::warn!(code = problem.code, at, "{}", problem.message),
                source::Severity::Note => tracing::info!(code = problem.code, at, "{}", problem.message),
            }
        }
    }

    /// Tells the operator that APIs which want encryption are reached without it, where nobody chose so.
    fn say_whether_protocols_count(&self, settings: &Settings) {
        if settings.leaves_protocols_open() {
            let snapshot = self.walk.snapshot.load();
            let wants =
                |entry: &&Arc<ApiEntry>| !Schemes::of(&entry.api, Protocols::Enforced).contain("http");
            let apis = snapshot.apis.iter().filter(wants).count();
            if apis > 0 {
                tracing::warn!(
                    apis,
                    "APIs whose `protocols` do not have http are reached over it: no listener has TLS, and no proxy is \
                     trusted to say what callers used. Give `listen.tls`, or `listen.forwarded-from`; or set \
                     `listen.api-protocols`"
                );
            }
        }
    }

    /// Serves what was saved, and tells the operator why.
    fn adopt_saved(&self, saved: Loaded, why: Instead) {
        self.adopt(saved, Cause::Saved);
        let outcome = match why {
            Instead::Unread(why) => {
                tracing::error!(code = why.code(), "{why}; the configuration that was saved is served");
                self.metrics.configuration.unread();
                Outcome::Unread(why.to_string())
            }
            Instead::Refused(problems) => {
                self.say(&problems);
                tracing::error!("the folder's configuration is refused; the one that was saved is served");
                self.metrics.configuration.refused();
                self.latest.write().problems = problems;
                Outcome::Refused
            }
        };
        self.note(Reread::new(Cause::Start, outcome));
    }

    /// Follows what other processes and files change.
    fn follow(self: &Arc<Self>, settings: &Settings) -> Vec<JoinHandle<()>> {
        let mut followers =
            vec![tokio::spawn(follow_secrets(Arc::clone(self), settings.secrets.refresh_seconds))];
        followers.push(tokio::spawn(follow_folder(Arc::clone(self), settings.configuration.clone())));
        followers.push(tokio::spawn(follow_overrides(Arc::clone(self), settings.configuration.clone())));
        followers.push(tokio::spawn(free_retired(Arc::clone(self))));
        followers.push(tokio::spawn(Arc::clone(self).keep_saved()));
        if let (Some(quiet), Some(store)) = (settings.state.saves_after(), &self.store)
            && store.sealed()
        {
            followers.push(tokio::spawn(self.known.clone().keep_saved(store.clone(), quiet)));
        }
        let vaults = Arc::clone(self);
        followers.push(tokio::spawn(async move { vaults.follow_vaults().await }));
        if self.store.is_some() {
            followers.push(tokio::spawn(follow_store(Arc::clone(self))));
        }
        followers
    }
}

/// What was saved, of configurations and of identity providers; what is saved already is not saved again.
fn recall(store: Option<&store::Store>, saving: &SavingState, known: &Known) -> Option<Recalled> {
    let recalled = first::recall(store.filter(|_| saving.is_on()));
    saving.begin(recalled.as_ref());
    if saving.is_on() {
        known.recall(store);
    }
    recalled
}

fn providers(demo_keys: DemoKeys, all: Arc<dyn OpenIdProviders>) -> Arc<dyn OpenIdProviders> {
    match demo_keys {
        DemoKeys::Taken => all,
        DemoKeys::Refused => Arc::new(NoDemo(all)),
    }
}

fn compute_pool(settings: &Settings) -> anyhow::Result<Arc<ComputePool>> {
    let pool = ComputePool::start(settings.expressions.pool());
    pool.map(Arc::new).context("the threads for expressions cannot be started")
}

/// The walk of requests, which finds nothing yet.
fn walk(
    settings: &Settings,
    ports: Ports,
    loaded: &Loaded,
    metrics: &Arc<Metrics>,
    log: Option<AccessLog>,
) -> Walk {
    let region = Some(Arc::clone(&loaded.configuration.service.region));
    Walk {
        snapshot: ArcSwap::from_pointee(empty_snapshot(loaded)),
        callers: ArcSwap::from_pointee(Callers::new(&[0; 32], [], [])),
        ports: Arc::new(ports),
        sink: Arc::new(Telemetry::new(Arc::clone(metrics), log, region)),
        sockets: Arc::new(Sockets::new(settings.websocket.limits(), metrics.web_sockets.clone())),
    }
}

/// Frees configurations of before when the last of their requests has ended.
async fn free_retired(running: Arc<Running>) {
    loop {
        running.retired.news().await;
        while !running.retired.sweep().is_empty() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

async fn follow_secrets(running: Arc<Running>, seconds: u64) {
    let mut ticks = tokio::time::interval(Duration::from_secs(seconds));
    loop {
        ticks.tick().await;
        running.renew_secrets().await;
    }
}

/// The command line tells a gateway that runs on the same state directory at once; this notices what it could not.
async fn follow_store(running: Arc<Running>) {
    let Some(store) = &running.store else { return };
    let mut changes = match store.changes().await {
        Ok(changes) => changes,
        Err(error) => {
            tracing::error!(%error, "the state directory cannot be followed");
            return;
        }
    };
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        match changes.poll().await {
            Ok(None) => {}
            Ok(Some(_)) => {
                if let Err(error) = running.renew_callers().await {
                    tracing::error!(%error, "subscriptions cannot be read");
                }
            }
            Err(error) => tracing::warn!(%error, "the state directory cannot be read"),
        }
    }
}

fn guard(settings: &Settings) -> net::Guard {
    net::Guard {
        allow_loopback: settings.outbound.allow_loopback,
        allow_private: settings.outbound.allow_private,
    }
}

struct Outbound {
    options: net::Options,
    roots: net::Roots,
    revoked: net::RevocationLists,
}

impl Outbound {
    fn of(settings: &Settings, trusted: &[String]) -> anyhow::Result<Self> {
        let mut extra = trusted.to_vec();
        for path in &settings.outbound.extra_roots {
            let path = settings.beside(path);
            extra.push(
                std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read `{}`", path.display()))?,
            );
        }
        let roots = net::Roots::system_and(&extra).context("`outbound.extra-roots` cannot be used")?;
        let tls = net::Tls::new(net::TlsSettings::default(), roots.clone())?;
        let timeouts = settings.outbound.timeouts();
        let revoked = revocation_lists(settings)?;
        Ok(Self { options: net::Options { tls, timeouts, ..net::Options::default() }, roots, revoked })
    }
}

fn revocation_lists(settings: &Settings) -> anyhow::Result<net::RevocationLists> {
    let paths: Vec<_> = settings.outbound.revocation_lists.iter().map(|path| settings.beside(path)).collect();
    let read =
        |path: &PathBuf| std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()));
    let files = paths.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    net::RevocationLists::read(&files).map_err(|index| {
        let path = paths.get(index).map(|path| path.display().to_string()).unwrap_or_default();
        anyhow::anyhow!("`outbound.revocation-lists`: `{path}` is no revocation list")
    })
}

/// How connections are made to whom the settings name.
///
/// # Errors
/// When a root of the settings cannot be used.
pub(crate) fn outbound_options(settings: &Settings) -> anyhow::Result<net::Options> {
    Ok(Outbound::of(settings, &[])?.options)
}

/// What reads a folder and all its secrets for `cardea check`, as the gateway does that would serve it.
///
/// # Errors
/// When settings make no sense, or a secret that they refer to cannot be read.
pub(crate) fn resolving(
    settings: &Settings,
    catalog: Box<dyn Catalog>,
    environment: &identity::Environment,
) -> anyhow::Result<Loader> {
    let secrets: SecretPort = Box::new(crate::system::SystemSecrets);
    let outbound = Outbound::of(settings, &[])?;
    let parties = Parties::of(settings, environment, &*secrets, outbound.options.clone())?;
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION")).vaults;
    let vaults = Vaults::new(parties.vaults, settings.vault.clone(), DemoKeys::Refused, metrics);
    loader(settings, catalog, secrets, vaults, outbound)
}

fn loader(
    settings: &Settings,
    catalog: Box<dyn Catalog>,
    secrets: SecretPort,
    vaults: Vaults,
    outbound: Outbound,
) -> anyhow::Result<Loader> {
    Ok(Loader {
        catalog,
        patience: Duration::from_secs(settings.configuration.settle_seconds),
        shows_edition: settings.configuration.debug_header,
        over: Over::of(settings),
        secrets: Some(secrets),
        vault_hosts: vault_hosts(settings)?,
        vaults: Some(vaults),
        instance_id: instance_id(),
        limits: settings.of_requests(),
        protocols: settings.protocols(),
        named_values: settings.expressions.named_values(),
        transport: outbound.options,
        roots: outbound.roots,
        revoked: outbound.revoked,
        backends: Arc::default(),
        library: parking_lot::Mutex::default(),
        builder: parking_lot::Mutex::default(),
        recalled: parking_lot::Mutex::default(),
    })
}

fn open_log(target: gateway::access_log::Target, metrics: &Metrics) -> anyhow::Result<AccessLog> {
    let settings = gateway::access_log::AccessLogSettings::to(target);
    AccessLog::start(settings, metrics.access_records_dropped.clone())
        .context("the access log cannot be opened")
}

fn runtime(settings: &Settings) -> anyhow::Result<RuntimeSettings> {
    let threads = settings.runtime.threads.map(NonZeroUsize::try_from).transpose()?;
    let kind = match settings.runtime.kind {
        settings::RuntimeKind::PerCore => RuntimeKind::PerCore,
        settings::RuntimeKind::Shared => RuntimeKind::Shared,
    };
    Ok(RuntimeSettings { kind, threads })
}

/// Listeners that are about to serve.
struct Listeners {
    bound: Vec<(Bound, ListenSettings)>,
    certificates: Vec<Certificates>,
}

impl Listeners {
    /// The sockets once more, and that of the operators, for whoever takes over.
    fn again(&self, admin: Option<&Bound>) -> anyhow::Result<Vec<std::net::TcpListener>> {
        let again = self.bound.iter().map(|(bound, _)| bound).chain(admin).map(Bound::again);
        again.collect::<std::io::Result<_>>().context("there are too many open files")
    }
}

fn listeners(settings: &Settings, sockets: &mut Listening) -> anyhow::Result<Listeners> {
    let limits = settings.listen.limits(settings.limits.request_head);
    let mut open = Listeners { bound: Vec::new(), certificates: Vec::new() };
    for listener in settings.listeners() {
        let mut own = listener.settings(limits.clone())?;
        if let Some(files) = &listener.tls {
            let certificates = Certificates::read(files, settings)?;
            own.tls = Some(certificates.tls());
            open.certificates.push(certificates);
        }
        open.bound.push((sockets.take(own.address)?, own));
    }
    Ok(open)
}

fn open_admin(bound: Option<Bound>, running: &Arc<Running>) -> anyhow::Result<Option<AdminServer>> {
    let Some(bound) = bound else { return Ok(None) };
    let admin = AdminServer::start_on(bound.into(), Arc::clone(running), Arc::clone(&running.metrics));
    admin.map(Some).context("operators cannot be let in")
}

/// What is served while the first configuration is put in place: nothing.
fn empty_snapshot(loaded: &Loaded) -> gateway::Snapshot {
    gateway::Snapshot {
        edition: Arc::default(),
        site: Arc::clone(&loaded.built.snapshot.site),
        routes: Arc::default(),
        apis: Vec::new(),
        unmatched: Arc::default(),
        backends: Vec::new(),
        limits: loaded.built.snapshot.limits,
    }
}

fn instance_id() -> Arc<str> {
    let mut bytes = [0; 8];
    SystemRng.fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes)).into()
}

fn hash_key() -> [u8; 32] {
    let mut key = [0; 32];
    SystemRng.fill(&mut key);
    key
}

/// Opens the state directory of the settings with the sealing key of the settings.
///
/// # Errors
/// When one of them cannot be used.
pub(crate) async fn open_store(
    settings: &Settings,
    sealing_key: Option<secret::Secret>,
) -> anyhow::Result<store::Store> {
    let key = match (sealing_key, settings.sealing_key_file()) {
        (Some(text), _) => {
            Some(store::SealingKey::parse(&text).context("`CARDEA_SEALING_KEY` is not a sealing key")?)
        }
        (None, Some(path)) => Some(store::SealingKey::read_file(&path)?),
        (None, None) => None,
    };
    let dir = settings.state_dir();
    let store = store::Store::open(&dir, key, SystemClock.now()).await;
    store.with_context(|| format!("the state directory `{}` cannot be used", dir.display()))
}
