//! What a proxy is told to do: data, so that a case is a file.
//!
//! ```toml
//! at = "frame"    # in the middle of the frame that follows
//! after = 2       # the second
//! does = "reset"
//! ```

use std::time::Duration;

use serde::Deserialize;

/// How far a connection, or an exchange on it, has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stage {
    /// The connection was accepted; nothing was read.
    Accept,
    /// The head of the request has arrived; the service has not seen it.
    Request,
    /// The service has answered; nothing of that went back.
    Answer,
    /// `after` bytes of the answer's head went back.
    Head,
    /// The answer's head went back.
    HeadEnd,
    /// `after` whole frames (chunks) of the answer went back.
    Frames,
    /// The same, and a few bytes of the next one.
    Frame,
    /// `after` bytes of the answer's body went back, or of what follows a change of protocols.
    Body,
    /// All frames went back, but not what says that they were all.
    End,
    /// `after` bytes went back, whatever they are: for TLS and HTTP/2, of which the proxy knows nothing more.
    Bytes,
    /// The connection has served an exchange, and the head of another request arrives.
    Again,
}

/// What happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Act {
    /// A TCP reset.
    Reset,
    /// An orderly end of the connection.
    Close,
    /// Nothing more, on a connection that stays open and is read.
    Hang,
    /// Nothing more, and nothing is read: what the other side sends fills the buffers of the system.
    BlackHole,
    /// The fault's text, then what `then` says.
    Say,
    /// The fault's text again and again, until the other side leaves.
    Endless,
    /// From here on single bytes, `milliseconds` apart.
    Trickle,
    /// A pause of `milliseconds`, then the rest.
    Delay,
}

/// What follows the text of a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// An orderly end of the connection.
    #[default]
    Close,
    /// A TCP reset.
    Reset,
    /// Nothing more.
    Hang,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// Where it happens.
    pub at: Stage,
    /// How many bytes or frames before it, where the stage counts them.
    #[serde(default)]
    pub after: u64,
    /// What happens.
    pub does: Act,
    /// The bytes of [`Act::Say`] and [`Act::Endless`].
    #[serde(default)]
    pub text: String,
    /// What follows the text.
    #[serde(default)]
    pub then: Then,
    /// The pause of [`Act::Trickle`] and [`Act::Delay`].
    #[serde(default)]
    pub milliseconds: u64,
    /// Only the first so many requests meet it; of [`Stage::Accept`], connections. All unless set.
    pub first: Option<u64>,
    /// Whether it waits, where it is to happen, until [`FaultProxy::release`](crate::FaultProxy::release) lets it: then
    /// everything before it has certainly arrived.
    #[serde(default)]
    pub waits: bool,
}

impl Fault {
    /// A fault for every request.
    #[must_use]
    pub fn new(at: Stage, does: Act) -> Self {
        Self {
            at,
            after: 0,
            does,
            text: String::new(),
            then: Then::Close,
            milliseconds: 0,
            first: None,
            waits: false,
        }
    }

    /// So many bytes or frames later.
    #[must_use]
    pub fn after(mut self, after: u64) -> Self {
        self.after = after;
        self
    }

    /// With this pause.
    #[must_use]
    pub fn milliseconds(mut self, milliseconds: u64) -> Self {
        self.milliseconds = milliseconds;
        self
    }

    pub(crate) fn pause(&self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }

    /// Whether the `number`th (from 0) meets it.
    pub(crate) fn meets(&self, number: u64) -> bool {
        self.first.is_none_or(|first| number < first)
    }
}
