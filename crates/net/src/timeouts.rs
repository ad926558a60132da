//! How long each stage of a call may take.
//!
//! The stages follow one another, and each has a limit and an [`ErrorKind`](crate::ErrorKind) of its own:
//!
//! ```text
//! place in the queue ─▶ name ─▶ connection ─▶ TLS ─▶ request's bytes ─▶ answer's head ─▶ answer's bytes ─▶ end
//!                       dns     connect       tls    sending            (the caller's)   gap               total
//! ```
//!
//! The time until the answer's head is not bounded here: whoever sends says how long it waits
//! ([`Client::send_within`](crate::Client::send_within)), or drops the future when it has waited enough.

use std::time::Duration;

/// Limits of one call. None of them counts time in which nothing is expected of the other side: an answer that nobody
/// reads does not run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the host's name is an address. Default 5 s.
    pub dns: Duration,
    /// Until a connection stands, that of a proxy and its tunnel included. Default 10 s.
    pub connect: Duration,
    /// Until the TLS handshake is done. Default 10 s.
    pub tls: Duration,
    /// For how long the other side may take no byte of what is sent. Default 60 s.
    pub sending: Duration,
    /// For how long the other side may send no byte of the answer's body. Default 300 s.
    pub gap: Duration,
    /// From the answer's head to its end. Default: none.
    pub total: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            sending: Duration::from_secs(60),
            gap: Duration::from_secs(300),
            total: None,
        }
    }
}
