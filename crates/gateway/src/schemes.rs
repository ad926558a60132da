//! Over which schemes an API is reached.
//!
//! An API says it by its `protocols`. Calls of WebSocket APIs count as those of HTTP do: `ws` as `http`, `wss` as `https`.
//! Whether a call came encrypted is a matter of the listener and of proxies that are trusted; here it is known.

use model::{Api, Protocol};

/// Whether the `protocols` of APIs decide anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocols {
    /// An API is reached over what it lists.
    #[default]
    Enforced,
    /// Every API is reached over everything.
    Ignored,
}

/// Schemes, as a set of bits that is made when configuration is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schemes(u8);

const PLAIN: u8 = 1;
const ENCRYPTED: u8 = 2;

impl Schemes {
    /// All there are.
    pub const ALL: Self = Self(PLAIN | ENCRYPTED);

    /// Those of an API.
    #[must_use]
    pub fn of(api: &Api, rule: Protocols) -> Self {
        match rule {
            Protocols::Ignored => Self::ALL,
            Protocols::Enforced => {
                Self(api.protocols.iter().map(|each| bit(*each)).fold(0, |all, bit| all | bit))
            }
        }
    }

    /// Whether a call over this scheme, `http` or `https`, is one of them.
    #[must_use]
    pub fn contain(self, scheme: &str) -> bool {
        self.0 & if scheme == "https" { ENCRYPTED } else { PLAIN } != 0
    }
}

fn bit(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Http | Protocol::Ws => PLAIN,
        Protocol::Https | Protocol::Wss => ENCRYPTED,
    }
}
