//! Where the sockets come from that the program listens on: bound by itself, given by whoever started it, or taken over
//! from the process that served before.
//!
//! Connections wait in a socket whoever has it. So a socket that passes from process to process refuses nobody.

mod handover;
mod passing;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use gateway::listen::Bound;

pub(crate) use handover::{Handover, Successor};

/// Where sockets come from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// They are bound.
    Own,
    /// Whoever started the program has bound them (`LISTEN_FDS`).
    Given(Vec<TcpListener>),
    /// The process that serves now has them, and tells of itself in this directory; if there is none, they are bound.
    Predecessor(PathBuf),
}

/// Listening that have not been asked for yet.
#[derive(Debug)]
pub(crate) struct Listening {
    listening: Vec<TcpListener>,
    /// Whether each must be one that the settings name.
    all: bool,
    successor: Option<Successor>,
}

impl Origin {
    /// The sockets that systemd, or another, passed to this process. Looked at once, before anything is opened.
    ///
    /// # Errors
    /// When one of them is no listening socket of an internet address.
    pub(crate) fn of_environment() -> anyhow::Result<Self> {
        let mut given = listenfd::ListenFd::from_env();
        let mut sockets = Vec::new();
        for index in 0..given.len() {
            let socket = given.take_tcp_listener(index).context("a socket that was passed cannot be used")?;
            sockets.extend(socket);
        }
        Ok(if sockets.is_empty() { Self::Own } else { Self::Given(sockets) })
    }

    /// Gets them.
    ///
    /// # Errors
    /// When a process that serves does not hand them over.
    pub(crate) async fn get(self) -> anyhow::Result<Listening> {
        let (listening, all, successor) = match self {
            Self::Own => (Vec::new(), false, None),
            Self::Given(sockets) => (sockets, true, None),
            Self::Predecessor(dir) => match handover::ask(&dir).await? {
                Some((sockets, successor)) => (sockets, false, Some(successor)),
                None => (Vec::new(), false, None),
            },
        };
        Ok(Listening { listening, all, successor })
    }
}

impl Listening {
    /// The socket of an address: one that is there, or a new one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(crate) fn take(&mut self, address: SocketAddr) -> anyhow::Result<Bound> {
        let is_it = |socket: &TcpListener| socket.local_addr().is_ok_and(|own| own == address);
        let bound = match self.listening.iter().position(is_it) {
            Some(index) => Bound::socket(self.listening.swap_remove(index)),
            None => Bound::to(address),
        };
        bound.with_context(|| format!("cannot listen on {address}"))
    }

    /// After all were taken: what says that they are served.
    ///
    /// # Errors
    /// When a socket was passed that no setting names: it would take connections that nobody answers.
    pub(crate) fn finish(self) -> anyhow::Result<Option<Successor>> {
        if let Some(left) = self.listening.first().filter(|_| self.all) {
            let address = left.local_addr().map(|address| address.to_string()).unwrap_or_default();
            bail!("a socket for {address} was passed, which no listener of the settings has");
        }
        Ok(self.successor)
    }
}
