//! Names to addresses: asked again within a bounded time, one slow name holding up no other, the last good answer
//! serving while the resolver is away.
//!
//! The system's resolver is asked (`getaddrinfo`), which honours what operators configure beside DNS and knows how long
//! its answers hold, but does not tell. So an answer is used for [`NameSettings::fresh`] and then asked for anew.
//! A call of it cannot be given up and occupies a thread: there is one at a time for a name, and a bounded number in all,
//! with a bound of their own for names that policies made.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout};

/// More addresses of a name than this are not tried.
const MAX_ADDRESSES: usize = 16;

/// Names whose answers are kept.
const MAX_NAMES: usize = 4_096;

/// Names of the configuration that are looked up at once.
const LOOKUPS: usize = 32;

/// Names made by policies that are looked up at once.
const GUARDED_LOOKUPS: usize = 16;

/// RFC 8767 section 5: how long a resolver may be silent before the last good answer serves.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// What a lookup gives when it has to wait.
pub type LookupFuture = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names.
pub trait Lookup: Send + Sync + fmt::Debug {
    /// The addresses of a name.
    fn lookup(&self, host: &str) -> LookupFuture;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug)]
struct System;

impl Lookup for System {
    fn lookup(&self, host: &str) -> LookupFuture {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.take(MAX_ADDRESSES).map(|address| address.ip()).collect())
        })
    }
}

/// How names are looked up.
#[derive(Clone, Debug)]
pub struct NameSettings {
    /// An answer is used for so long before the name is asked for again. Default 10 s.
    pub fresh: Duration,
    /// The last good answer serves for so long while the resolver fails or is silent. Default 1 h.
    pub stale: Duration,
    /// Who is asked. Default: the system's resolver.
    pub lookup: Arc<dyn Lookup>,
}

impl Default for NameSettings {
    fn default() -> Self {
        Self { fresh: Duration::from_secs(10), stale: Duration::from_secs(3_600), lookup: Arc::new(System) }
    }
}

/// Why a name has no address.
#[derive(Debug)]
pub(crate) enum Unresolved {
    /// The resolver says so, or fails.
    Failed(io::Error),
    /// The resolver was silent for too long.
    Silent,
}

/// On whose behalf a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behalf {
    Configuration,
    Policy,
}

pub(crate) struct Resolver {
    settings: NameSettings,
    names: Mutex<HashMap<Box<str>, Arc<Name>>>,
    lookups: Arc<Semaphore>,
    guarded_lookups: Arc<Semaphore>,
}

/// What is known of a name.
#[derive(Default)]
struct Name {
    known: Mutex<Known>,
    /// Says that a lookup has ended, well or badly.
    ended: Notify,
}

#[derive(Default)]
struct Known {
    /// The last good answer and when it came.
    answer: Option<(Vec<IpAddr>, Instant)>,
    /// The answer before it: resolvers give some of many addresses in turns.
    before: Vec<IpAddr>,
    /// Whether nobody was reached at the addresses of the answer.
    doubted: bool,
    /// Whether somebody is asking.
    asking: bool,
    /// How many lookups have ended.
    lookups: u64,
    /// What the latest lookup failed with.
    failure: Option<(io::ErrorKind, String)>,
}

impl Known {
    fn within(&self, age: Duration) -> Option<&[IpAddr]> {
        let (addresses, at) = self.answer.as_ref()?;
        (at.elapsed() < age).then_some(addresses.as_slice())
    }
}

impl Resolver {
    pub(crate) fn new(settings: NameSettings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            names: Mutex::default(),
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            guarded_lookups: Arc::new(Semaphore::new(GUARDED_LOOKUPS)),
        })
    }

    /// The addresses of a name, within a time.
    pub(crate) async fn resolve(
        &self,
        host: &str,
        behalf: Behalf,
        limit: Duration,
    ) -> Result<Vec<IpAddr>, Unresolved> {
        let name = self.name(host);
        let has_old = {
            let known = name.known.lock();
            if let Some(fresh) = known.within(self.settings.fresh).filter(|_| !known.doubted) {
                return Ok(fresh.to_vec());
            }
            known.within(self.settings.stale).is_some()
        };
        let patience = if has_old { limit.min(PATIENCE) } else { limit };
        let answered = timeout(patience, self.ask(&name, host, behalf)).await.is_ok();
        let known = name.known.lock();
        match known.within(self.settings.stale) {
            Some(addresses) => Ok(addresses.to_vec()),
            None if answered => Err(Unresolved::Failed(known.error())),
            None => Err(Unresolved::Silent),
        }
    }

    /// Asks anew and gives all addresses of the last two good answers; none when nothing is known.
    pub(crate) async fn refreshed(&self, host: &str, behalf: Behalf, limit: Duration) -> Option<Vec<IpAddr>> {
        self.resolve(host, behalf, limit).await.ok()?;
        let name = self.name(host);
        let known = name.known.lock();
        let (addresses, _) = known.answer.as_ref()?;
        Some(addresses.iter().chain(&known.before).copied().collect())
    }

    /// The next call asks anew: nobody was reached at the addresses that are known.
    pub(crate) fn doubt(&self, host: &str) {
        let name = self.names.lock().get(host).cloned();
        if let Some(name) = name {
            name.known.lock().doubted = true;
        }
    }

    fn name(&self, host: &str) -> Arc<Name> {
        let mut names = self.names.lock();
        if let Some(name) = names.get(host) {
            return Arc::clone(name);
        }
        if names.len() >= MAX_NAMES {
            names.retain(|_, name| {
                let known = name.known.lock();
                known.asking || known.within(self.settings.fresh).is_some()
            });
        }
        let name = Arc::new(Name::default());
        if names.len() < MAX_NAMES {
            names.insert(host.into(), Arc::clone(&name));
        }
        name
    }

    /// Waits for the end of a lookup, which is begun if nobody else has.
    async fn ask(&self, name: &Arc<Name>, host: &str, behalf: Behalf) {
        let before = name.known.lock().lookups;
        loop {
            let ended = name.ended.notified();
            {
                let mut known = name.known.lock();
                if known.lookups != before {
                    return;
                }
                if !known.asking {
                    known.asking = true;
                    self.begin(Asking(Arc::clone(name)), host, behalf);
                }
            }
            ended.await;
        }
    }

    /// A task of its own, so that it outlives whoever wanted to know first.
    fn begin(&self, asking: Asking, host: &str, behalf: Behalf) {
        let lookup = Arc::clone(&self.settings.lookup);
        let places = match behalf {
            Behalf::Configuration => Arc::clone(&self.lookups),
            Behalf::Policy => Arc::clone(&self.guarded_lookups),
        };
        let host: Box<str> = host.into();
        tokio::spawn(async move {
            let Ok(_place) = places.acquire().await else { return };
            let found = lookup.lookup(&host).await;
            asking.0.known.lock().take(found);
        });
    }
}

impl Known {
    fn take(&mut self, found: io::Result<Vec<IpAddr>>) {
        match found {
            Ok(addresses) if addresses.is_empty() => {
                self.failure = Some((io::ErrorKind::NotFound, "it has no address".to_owned()));
            }
            Ok(mut addresses) => {
                addresses.truncate(MAX_ADDRESSES);
                self.failure = None;
                self.doubted = false;
                let old = self.answer.replace((addresses, Instant::now()));
                self.before = old.map(|(addresses, _)| addresses).unwrap_or_default();
            }
            Err(error) => self.failure = Some((error.kind(), error.to_string())),
        }
    }

    fn error(&self) -> io::Error {
        match &self.failure {
            Some((kind, text)) => io::Error::new(*kind, text.clone()),
            None => io::Error::from(io::ErrorKind::NotFound),
        }
    }
}

/// Ends a lookup, also when the runtime that it runs on ends first.
struct Asking(Arc<Name>);

impl Drop for Asking {
    fn drop(&mut self) {
        let mut known = self.0.known.lock();
        known.asking = false;
        known.lookups += 1;
        drop(known);
        self.0.ended.notify_waiters();
    }
}
