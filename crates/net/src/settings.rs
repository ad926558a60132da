//! What holds for every connection of a client, whatever its destination.

use std::time::Duration;

use crate::resolve::NameSettings;

/// What one destination may have at once, on all runtimes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Requests, from when they are sent until their answer's body is gone. Default 8,192.
    pub requests: usize,
    /// Connections, used or kept. At the limit an idle one is closed for a new one; over HTTP/1.1, where each request
    /// needs one, it bounds the requests too. Default 8,192.
    pub connections: usize,
    /// Requests that wait for others to end; beyond it they fail at once. Default 1,024.
    pub queue: usize,
    /// For how long they wait. Default 5 s.
    pub queue_wait: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { requests: 8_192, connections: 8_192, queue: 1_024, queue_wait: Duration::from_secs(5) }
    }
}

/// Settings of a [`Client`](crate::Client). Connections are kept for each runtime, destination and HTTP version.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// An idle connection is closed after this time. Below the 60 s and more of common servers and load balancers,
    /// so that we close first. Default 50 s.
    pub idle_timeout: Duration,
    /// A connection takes no further request after this time, a tenth sooner or later at random, so that changes of names
    /// and of load balancers are followed and not all leave at once. Default 10 min.
    pub max_age: Duration,
    /// What one destination may have at once.
    pub bounds: Bounds,
    /// How names are looked up.
    pub names: NameSettings,
    /// Idle HTTP/1.1 connections kept for one destination, on one runtime. Default 256.
    pub max_idle_per_destination: usize,
    /// Destinations whose connections are kept, on all runtimes together; beyond it connections are used once.
    /// Bounds what URLs made by policies can fill. Default 1,024.
    pub max_destinations: usize,
    /// Requests at once on one HTTP/2 connection before another is opened; the server's own limit wins when it is
    /// lower. Default 100.
    pub max_streams_per_connection: usize,
    /// HTTP/2 connections to one destination, on one runtime; when all are full, requests wait in them. Default 8.
    pub max_http2_connections: usize,
    /// Bytes of an answer's head. Default 64 KiB.
    pub max_head_bytes: usize,
    /// Header fields in an answer's head. Default 100: up to there the HTTP library needs no memory of its own to read them.
    pub max_headers: usize,
    /// How often an HTTP/2 connection in use is probed, and how long the probe may take. Default 20 s and 10 s.
    pub http2_probe: (Duration, Duration),
    /// First probe of a silent TCP connection. Default 60 s.
    pub tcp_keepalive: Duration,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(50),
            max_age: Duration::from_secs(600),
            bounds: Bounds::default(),
            names: NameSettings::default(),
            max_idle_per_destination: 256,
            max_destinations: 1_024,
            max_streams_per_connection: 100,
            max_http2_connections: 8,
            max_head_bytes: 64 * 1024,
            max_headers: 100,
            http2_probe: (Duration::from_secs(20), Duration::from_secs(10)),
            tcp_keepalive: Duration::from_secs(60),
        }
    }
}

impl ClientSettings {
    /// How often kept connections are looked through.
    pub(crate) fn pause(&self) -> Duration {
        (self.idle_timeout / 2).min(self.names.fresh).max(Duration::from_secs(1))
    }
}
