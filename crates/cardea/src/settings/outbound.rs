//! The section of `cardea.toml` about calls to backends, identity endpoints and vaults. Each doc comment here is the
//! setting's documentation.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// `[outbound]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Outbound {
    /// Seconds to find the addresses of a host's name. Default: 5.
    pub dns_seconds: u64,
    /// Seconds to connect, the tunnel of a proxy included. Default: 10.
    pub connect_seconds: u64,
    /// Seconds for the TLS handshake. Default: 10.
    pub tls_seconds: u64,
    /// Seconds for which a backend may take no byte of what is sent to it. Default: 60.
    pub sending_seconds: u64,
    /// Seconds for which a backend may send no byte within the body of its answer. How long it may take to begin the
    /// answer is said by `timeout` of `forward-request`. Default: 300.
    pub gap_seconds: u64,
    /// Seconds for the body of an answer in all; 0: it is not bounded. Default: 0.
    pub answer_seconds: u64,
    /// Requests to one backend at once, until their answers are complete; more wait. Default: 8192.
    pub requests: usize,
    /// Connections to one backend, used and kept. Default: 8192.
    pub connections: usize,
    /// Requests to one backend that may wait for others to end; more are answered with 503 at once. Default: 1024.
    pub queue: usize,
    /// Seconds that they wait; after that they are answered with 503. Default: 5.
    pub queue_seconds: u64,
    /// Seconds for which a connection is kept without a request. Default: 50.
    pub idle_seconds: u64,
    /// Seconds after which a connection takes no further request, a tenth sooner or later at random. Default: 600.
    pub connection_seconds: u64,
    /// HTTP/2 connections of one thread to one backend. Default: 8.
    pub http2_connections: usize,
    /// Requests at once on one HTTP/2 connection before another is opened; the backend's own limit counts when it is
    /// lower. Default: 100.
    pub http2_streams: usize,
    /// Seconds for which the addresses of a name are used before it is looked up again; kept connections to addresses that
    /// it no longer has take no further request. Default: 10.
    pub name_seconds: u64,
    /// Seconds for which the addresses that a name had are used while it cannot be looked up. Default: 3600.
    pub stale_name_seconds: u64,
    /// PEM files of authorities to trust besides the system's. Default: none.
    pub extra_roots: Vec<PathBuf>,
    /// PEM or DER files of revocation lists (CRLs), read when the gateway starts. `Verify()` of a certificate in a policy is
    /// false when its authority has no list here that is in force. Default: none.
    pub revocation_lists: Vec<PathBuf>,
    /// Whether URLs that a policy expression computes, and redirects to another host, may reach this machine. URLs
    /// that stand in the configuration may reach everything. Default: false.
    pub allow_loopback: bool,
    /// Whether such URLs may reach private networks. Metadata services and link-local addresses they never may.
    /// Default: false.
    pub allow_private: bool,
}

impl Default for Outbound {
    fn default() -> Self {
        let (client, timeouts) = (net::ClientSettings::default(), net::Timeouts::default());
        Self {
            dns_seconds: timeouts.dns.as_secs(),
            connect_seconds: timeouts.connect.as_secs(),
            tls_seconds: timeouts.tls.as_secs(),
            sending_seconds: timeouts.sending.as_secs(),
            gap_seconds: timeouts.gap.as_secs(),
            answer_seconds: 0,
            requests: client.bounds.requests,
            connections: client.bounds.connections,
            queue: client.bounds.queue,
            queue_seconds: client.bounds.queue_wait.as_secs(),
            idle_seconds: client.idle_timeout.as_secs(),
            connection_seconds: client.max_age.as_secs(),
            http2_connections: client.max_http2_connections,
            http2_streams: client.max_streams_per_connection,
            name_seconds: client.names.fresh.as_secs(),
            stale_name_seconds: client.names.stale.as_secs(),
            extra_roots: Vec::new(),
            revocation_lists: Vec::new(),
            allow_loopback: false,
            allow_private: false,
        }
    }
}

impl Outbound {
    /// How long each stage of a call may take.
    #[must_use]
    pub(crate) fn timeouts(&self) -> net::Timeouts {
        let seconds = Duration::from_secs;
        net::Timeouts {
            dns: seconds(self.dns_seconds),
            connect: seconds(self.connect_seconds),
            tls: seconds(self.tls_seconds),
            sending: seconds(self.sending_seconds),
            gap: seconds(self.gap_seconds),
            total: (self.answer_seconds > 0).then(|| seconds(self.answer_seconds)),
        }
    }

    /// How connections are kept and bounded.
    #[must_use]
    pub(crate) fn client(&self) -> net::ClientSettings {
        let seconds = Duration::from_secs;
        let bounds = net::Bounds {
            requests: self.requests,
            connections: self.connections,
            queue: self.queue,
            queue_wait: seconds(self.queue_seconds),
        };
        let names = net::NameSettings {
            fresh: seconds(self.name_seconds),
            stale: seconds(self.stale_name_seconds),
            ..net::NameSettings::default()
        };
        net::ClientSettings {
            idle_timeout: seconds(self.idle_seconds),
            max_age: seconds(self.connection_seconds),
            bounds,
            names,
            max_http2_connections: self.http2_connections,
            max_streams_per_connection: self.http2_streams,
            ..net::ClientSettings::default()
        }
    }

    /// Settings that make no sense as 0.
    #[must_use]
    pub(super) fn at_least_one(&self) -> [(&'static str, u64); 13] {
        [
            ("outbound.dns-seconds", self.dns_seconds),
            ("outbound.connect-seconds", self.connect_seconds),
            ("outbound.tls-seconds", self.tls_seconds),
            ("outbound.sending-seconds", self.sending_seconds),
            ("outbound.gap-seconds", self.gap_seconds),
            ("outbound.requests", self.requests as u64),
            ("outbound.connections", self.connections as u64),
            ("outbound.idle-seconds", self.idle_seconds),
            ("outbound.connection-seconds", self.connection_seconds),
            ("outbound.http2-connections", self.http2_connections as u64),
            ("outbound.http2-streams", self.http2_streams as u64),
            ("outbound.name-seconds", self.name_seconds),
            ("outbound.stale-name-seconds", self.stale_name_seconds),
        ]
    }
}
