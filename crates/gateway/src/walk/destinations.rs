//! Destinations that were called before, so that a call does not make one anew.

use std::collections::HashMap;
use std::sync::Arc;

use http::Uri;
use net::{Destination, DestinationError, Guard, HttpVersion, Options, Proxy};
use parking_lot::RwLock;
use policy::{BaseUrl, Scheme, Transport};

/// How many are kept; policies can make any number of base URLs.
const KEPT: usize = 1_024;

/// A cache of destinations.
///
/// INVARIANT: how a backend is connected to comes from the backend itself, so that a request goes on with the TLS settings
/// and certificates that it began with while another configuration is put into service.
#[derive(Debug, Default)]
pub struct Destinations {
    usual: Options,
    known: RwLock<HashMap<Key, Destination>>,
    /// The same for base URLs of the configuration, found by where they stand in memory: what stands there is kept.
    configured: RwLock<HashMap<Place, Configured, foldhash::fast::RandomState>>,
}

/// Where the host and the transport of a base URL stand, and what else a destination depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    host: usize,
    transport: usize,
    port: u16,
    scheme: Scheme,
    version: HttpVersion,
}

/// A destination, and what must not be freed so that its place stays its own.
#[derive(Debug)]
struct Configured {
    destination: Destination,
    _host: Arc<str>,
    _transport: Transport,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    scheme: Scheme,
    host: Arc<str>,
    port: u16,
    version: HttpVersion,
    transport: Transport,
    guard: Option<Guard>,
    proxy: Option<([u8; 32], Option<Guard>)>,
}

/// What a call asks for besides what its backend does.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// Only the addresses that it allows are called.
    pub guard: Option<Guard>,
    /// It goes through this proxy, unless the backend has one of its own.
    pub proxy: Option<Proxy>,
}

impl Destinations {
    /// An empty cache; `usual` is how whatever says nothing else is connected to.
    #[must_use]
    pub fn new(usual: Options) -> Self {
        Self { usual, ..Self::default() }
    }

    /// The destination of a base URL of the configuration that is called as its backend says.
    ///
    /// # Errors
    /// When its host cannot be one.
    pub fn configured(
        &self,
        base: &BaseUrl,
        transport: Option<&Transport>,
        version: HttpVersion,
    ) -> Result<Destination, DestinationError> {
        let (host, own) = (Arc::as_ptr(&base.host).addr(), transport.map_or(0, Transport::address));
        let (port, scheme) = (base.port, base.scheme);
        let place = Place { host, transport: own, port, scheme, version };
        if let Some(known) = self.configured.read().get(&place) {
            return Ok(known.destination.clone());
        }
        let transport = transport.cloned().unwrap_or_default();
        let destination = self.get(base, &transport, version, Way::default())?;
        let kept = Configured {
            destination: destination.clone(),
            _host: Arc::clone(&base.host),
            _transport: transport,
        };
        let mut configured = self.configured.write();
        if configured.len() >= KEPT {
            configured.clear();
        }
        configured.insert(place, kept);
        Ok(destination)
    }

    /// The destination of a base URL.
    ///
    /// # Errors
    /// When its host cannot be one.
    pub fn get(
        &self,
        base: &BaseUrl,
        transport: &Transport,
        version: HttpVersion,
        way: Way,
    ) -> Result<Destination, DestinationError> {
        let host = Arc::clone(&base.host);
        let Way { guard, proxy } = way;
        let fingerprint = proxy.as_ref().map(Proxy::fingerprint);
        let transport_key = transport.clone();
        let (scheme, port) = (base.scheme, base.port);
        let key = Key { scheme, host, port, version, transport: transport_key, guard, proxy: fingerprint };
        if let Some(known) = self.known.read().get(&key) {
            return Ok(known.clone());
        }
        let options = transport.get::<Options>().unwrap_or(&self.usual).clone();
        let text = format!("{}://{}", base.scheme.name(), base.authority());
        let uri: Uri = text.parse().map_err(|_| DestinationError::Host(base.host.to_string()))?;
        let proxy = options.proxy.or(proxy);
        let fresh = Destination::new(&uri, Options { version, guard, proxy, ..options })?;
        let mut known = self.known.write();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, fresh.clone());
        Ok(fresh)
    }
}
