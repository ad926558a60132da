//! What a program touches, known when it is compiled.
//!
//! The executor fills a body before the first step that may read it, and keeps what is expensive away from requests
//! that do not need it, by these facts alone (`decisions.md` 16). They never say less than what evaluation may do.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// A set of facts about a program.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Facts(u32);

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl Facts {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)*
        }

        const NAMES: &[(Facts, &str)] = &[$((Facts::$name, stringify!($name))),*];
    };
}

facts! {
    /// May read the body of the request.
    REQUEST_BODY = 0;
    /// May consume the body of the request: what is forwarded afterwards is empty.
    CONSUMES_REQUEST_BODY = 1;
    /// May read the body of the response.
    RESPONSE_BODY = 2;
    /// May consume the body of the response.
    CONSUMES_RESPONSE_BODY = 3;
    /// Reads headers of the request.
    REQUEST_HEADERS = 4;
    /// Reads headers of the response.
    RESPONSE_HEADERS = 5;
    /// Reads the URL, the original URL or matched parameters.
    URL = 6;
    /// Reads variables.
    VARIABLES = 7;
    /// Reads the subscription.
    SUBSCRIPTION = 8;
    /// Reads the user.
    USER = 9;
    /// Reads the product.
    PRODUCT = 10;
    /// Reads the last error.
    LAST_ERROR = 11;
    /// Writes to the trace.
    TRACE = 12;
    /// Asks for the time.
    TIME = 13;
    /// Asks for randomness.
    RANDOM = 14;
    /// Reads the response's status.
    RESPONSE_STATUS = 15;
    /// Has loops, local functions or lambdas: its cost is not bounded by its length.
    HEAVY = 16;
    /// Reads a secret.
    SECRET = 17;
    /// May change JSON that it was given: it gets a body of its own.
    CHANGES_JSON = 18;
}

impl Facts {
    /// No facts.
    pub const NONE: Self = Self(0);

    /// Whether all of `other` hold.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` holds.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both together, in constants.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOr for Facts {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

impl BitOrAssign for Facts {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = NAMES.iter().filter(|(fact, _)| self.contains(*fact)).map(|(_, name)| *name);
        write!(f, "{{{}}}", held.collect::<Vec<_>>().join(", "))
    }
}
