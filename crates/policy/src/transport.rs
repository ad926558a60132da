//! How a backend is connected to, as whoever makes the calls knows it. To policies it means nothing.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// How a backend is connected to: TLS settings, client certificates, a proxy. The default is that of the gateway.
///
/// It travels with the backend, so that a request goes on with what it began with when the configuration is replaced.
/// Two are equal when one is a copy of the other.
#[derive(Clone, Default)]
pub struct Transport(Option<Arc<dyn Any + Send + Sync>>);

impl Transport {
    /// A transport that only whoever knows this type can read.
    #[must_use]
    pub fn of<T: Any + Send + Sync>(how: T) -> Self {
        Self(Some(Arc::new(how)))
    }

    /// What it was made of; none of the default one, and of one that was made of something else.
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.as_deref()?.downcast_ref()
    }

    /// Where it stands in memory: the same for copies, another one for each of the others that is there at the same time.
    #[must_use]
    pub fn address(&self) -> usize {
        self.0.as_ref().map_or(0, |how| Arc::as_ptr(how).cast::<()>().addr())
    }
}

impl PartialEq for Transport {
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

impl Eq for Transport {}

impl Hash for Transport {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Transport(own)" } else { "Transport(default)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_equal_and_others_are_not() {
        let one = Transport::of(1_u8);
        assert_eq!(one, one.clone());
        assert_ne!(one, Transport::of(1_u8));
        assert_ne!(one, Transport::default());
        assert_eq!((one.get::<u8>(), one.get::<u16>()), (Some(&1), None));
    }
}
