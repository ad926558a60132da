//! Connections that are kept, for each runtime and destination.
//!
//! A connection's task belongs to the runtime that opened it, so a request only uses connections of its own runtime:
//! nothing wakes another thread when every core has a runtime of its own.

mod gate;
mod host;
mod http1;
mod http2;
mod life;
mod progress;

pub(crate) use gate::Permit;
pub(crate) use http2::StreamGuard;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use parking_lot::RwLock;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::answer::Incoming;
use crate::destination::{Destination, HttpVersion, Inner};
use crate::dial::{current_addresses, dial};
use crate::error::{Error, ErrorKind, Retry};
use crate::failures::Failures;
use crate::resolve::Resolver;
use crate::settings::ClientSettings;
use gate::{Counted, Door, Gate};
use host::{Host, Taken};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a request's body must be; implemented by everything that is it.
pub(crate) trait Outgoing: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static {}

impl<B> Outgoing for B where B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static {}

/// A connection for one request.
pub(crate) enum Lease<B> {
    Http1(http1::Lease<B>),
    Http2(http2::Lease<B>),
}

/// A failed request, given back when nothing of it was sent.
pub(crate) struct Failed<B> {
    pub(crate) error: Error,
    pub(crate) unsent: Option<Request<B>>,
}

impl<B> Failed<B> {
    fn of(error: hyper::Error, unsent: Option<Request<B>>, to: &Inner, reused: bool) -> Self {
        let error = Error::from_hyper(error).at(to.authority.as_str());
        Self { error: if reused { error.on_kept_connection() } else { error }, unsent }
    }
}

/// What it takes to open a connection.
struct Opening<'a> {
    to: &'a Inner,
    permit: Permit,
    counted: Counted,
}

impl<B: Outgoing> Lease<B> {
    /// `due` is until when the head of the answer is waited for, by whoever sends.
    pub(crate) async fn send(
        self,
        to: &Inner,
        request: Request<B>,
        due: Option<Instant>,
    ) -> Result<Response<Incoming>, Failed<B>> {
        match self {
            Self::Http1(lease) => lease.send(to, request).await,
            Self::Http2(lease) => lease.send(to, request, due).await,
        }
    }

    /// Whether other requests went through the connection before: it may have died unnoticed.
    pub(crate) fn is_reused(&self) -> bool {
        match self {
            Self::Http1(lease) => lease.reused,
            Self::Http2(lease) => lease.reused,
        }
    }
}

/// Which connections may serve a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// An idle one if there is one.
    Any,
    /// One that was not idle before: an idle one has just turned out to be dead.
    Fresh,
}

/// All connections of a client.
pub(crate) struct Pool<B> {
    settings: Arc<ClientSettings>,
    names: Arc<Resolver>,
    failures: Arc<Failures>,
    hosts: RwLock<HashMap<Key, Arc<Host<B>>, foldhash::fast::RandomState>>,
}

#[derive(Clone)]
struct Key {
    runtime: Option<tokio::runtime::Id>,
    to: Arc<Inner>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.runtime == other.runtime && self.to.shares_connections_with(&other.to)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.runtime.hash(state);
        state.write_u64(self.to.key_hash);
    }
}

impl<B: Outgoing> Pool<B> {
    pub(crate) fn new(settings: ClientSettings) -> Arc<Self> {
        let names = Resolver::new(settings.names.clone());
        Arc::new(Self {
            settings: Arc::new(settings),
            names,
            failures: Arc::default(),
            hosts: RwLock::default(),
        })
    }

    /// A connection to the destination: a kept one, or a new one.
    pub(crate) async fn lease(self: &Arc<Self>, to: &Destination, wish: Wish) -> Result<Lease<B>, Error> {
        let host = self.host(to.inner());
        let permit = host.enter(to.inner()).await?;
        if to.version() == HttpVersion::Http1 {
            return match host.take_http1(wish, permit, Instant::now()) {
                Ok(lease) => Ok(Lease::Http1(lease)),
                Err(permit) => self.open(&host, to.inner(), permit).await,
            };
        }
        self.lease_shared(&host, to.inner(), wish, permit).await
    }

    /// An idle HTTP/1.1 connection, if the destination is spoken to so and nothing has to be waited for.
    pub(crate) fn idle_lease(self: &Arc<Self>, to: &Destination, now: Instant) -> Option<http1::Lease<B>> {
        if to.version() != HttpVersion::Http1 {
            return None;
        }
        let host = self.host(to.inner());
        let permit = host.door.try_enter()?;
        host.take_http1(Wish::Any, permit, now).ok()
    }

    /// As `lease`, where connections may be shared: one request dials, the others wait for it, unless dials fail.
    async fn lease_shared(
        &self,
        host: &Arc<Host<B>>,
        to: &Inner,
        wish: Wish,
        permit: Permit,
    ) -> Result<Lease<B>, Error> {
        let failed_before = host.failed_dials();
        let mut permit = permit;
        loop {
            let dialed = host.dialed.notified();
            permit = match host.take(wish, permit) {
                Taken::Lease(lease) => return Ok(lease),
                Taken::Dialing(permit) if host.failed_dials() == failed_before => {
                    dialed.await;
                    permit
                }
                Taken::Dialing(rest) | Taken::Nothing(rest) => {
                    permit = rest;
                    break;
                }
            };
        }
        let announced = host.announce_dial();
        let opened = self.open(host, to, permit).await?;
        announced.succeeded();
        Ok(opened)
    }

    async fn open(&self, host: &Arc<Host<B>>, to: &Inner, permit: Permit) -> Result<Lease<B>, Error> {
        let gate = host.door.gate();
        if gate.is_full() && !self.close_idle(to) && to.options.version != HttpVersion::Http1 {
            return Err(Error::new(ErrorKind::Full, Retry::Safe).at(to.authority.as_str()));
        }
        let opening = Opening { to, permit, counted: gate.count() };
        let stream = dial(to, &self.settings, &self.names).await?;
        let is_tls = to.scheme == http::uri::Scheme::HTTPS;
        if stream.chose_http2() || (to.options.version == HttpVersion::Http2 && !is_tls) {
            http2::open(stream, host, opening).await.map(Lease::Http2)
        } else {
            http1::open(stream, host, opening).await.map(Lease::Http1)
        }
    }

    /// Closes an idle connection to the destination, on whichever runtime; says whether there was one.
    fn close_idle(&self, to: &Inner) -> bool {
        let hosts = self.hosts.read();
        let mut same = hosts.iter().filter(|(key, _)| key.to.shares_connections_with(to));
        same.any(|(_, host)| host.close_idle())
    }

    fn host(self: &Arc<Self>, to: &Arc<Inner>) -> Arc<Host<B>> {
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        let key = Key { runtime, to: Arc::clone(to) };
        if let Some(host) = self.hosts.read().get(&key) {
            return Arc::clone(host);
        }
        self.add(key)
    }

    fn add(self: &Arc<Self>, key: Key) -> Arc<Host<B>> {
        let mut hosts = self.hosts.write();
        if let Some(host) = hosts.get(&key) {
            return Arc::clone(host);
        }
        let same = hosts.iter().find(|(other, _)| other.to.shares_connections_with(&key.to));
        let gate = same.map_or_else(|| self.gate(&key.to), |(_, host)| Arc::clone(host.door.gate()));
        let host = Host::new(Arc::clone(&self.settings), Door::to(gate, Arc::clone(&self.failures)));
        if hosts.len() < self.settings.max_destinations {
            hosts.insert(key.clone(), Arc::clone(&host));
            tokio::spawn(sweep(Arc::downgrade(self), Arc::downgrade(&host), key));
        }
        host
    }

    /// Over HTTP/1.1 a request at once is a connection.
    fn gate(&self, to: &Inner) -> Arc<Gate> {
        let bounds = self.settings.bounds;
        let requests = match to.options.version {
            HttpVersion::Http1 => bounds.requests.min(bounds.connections),
            HttpVersion::Http2Or1 | HttpVersion::Http2 => bounds.requests,
        };
        Gate::new(bounds, requests)
    }

    /// Connections that are open and not in use, of all destinations.
    pub(crate) fn idle(&self) -> usize {
        self.hosts.read().values().map(|host| host.idle()).sum()
    }

    pub(crate) fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Requests that are under way, of all destinations.
    pub(crate) fn requests(&self) -> usize {
        let hosts = self.hosts.read();
        let mut gates: Vec<_> = hosts.values().map(|host| host.door.gate()).collect();
        gates.sort_by_key(|gate| Arc::as_ptr(gate));
        gates.dedup_by_key(|gate| Arc::as_ptr(gate));
        gates.iter().map(|gate| gate.requests()).sum()
    }

    /// Closes what leads to addresses that the host's name no longer has.
    async fn follow_name(&self, host: &Host<B>, to: &Inner) {
        if host.has_connections()
            && let Some(addresses) = current_addresses(to, &self.names).await
        {
            host.keep_only(&addresses);
        }
    }
}

/// Closes what has been idle for too long or leads elsewhere by now, and forgets the destination when nothing is left of
/// it.
async fn sweep<B: Outgoing>(pool: Weak<Pool<B>>, host: Weak<Host<B>>, key: Key) {
    let Some(pause) = pool.upgrade().map(|pool| pool.settings.pause()) else { return };
    loop {
        tokio::time::sleep(pause).await;
        let (Some(pool), Some(host)) = (pool.upgrade(), host.upgrade()) else { return };
        if host.sweep() {
            pool.hosts.write().remove(&key);
            return;
        }
        pool.follow_name(&host, &key.to).await;
    }
}
