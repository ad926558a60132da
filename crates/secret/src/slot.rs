//! A place for a secret that rotates.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::Secret;

/// The slot has no value: its source could not be read, or was not asked (as when only checking documents).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset {
    /// The slot's name.
    pub name: Arc<str>,
}

impl fmt::Display for Unset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the secret `{}` has no value", self.name)
    }
}

impl std::error::Error for Unset {}

/// A named place that compiled policies and backends refer to; rotation replaces what it holds without compiling
/// anything again. Cloning gives another handle to the same place.
#[derive(Clone)]
pub struct SecretSlot {
    name: Arc<str>,
    value: Arc<ArcSwapOption<Secret>>,
}

impl SecretSlot {
    /// An empty slot.
    #[must_use]
    pub fn unset(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), value: Arc::new(ArcSwapOption::empty()) }
    }

    /// A slot that holds a secret.
    #[must_use]
    pub fn holding(name: impl Into<Arc<str>>, secret: Secret) -> Self {
        let slot = Self::unset(name);
        slot.replace(secret);
        slot
    }

    /// The name under which people know it (a named value's display name).
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether it is a handle to the same place.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.value, &other.value)
    }

    /// Puts a new secret in; requests that read from now on see it.
    pub fn replace(&self, secret: Secret) {
        self.value.store(Some(Arc::new(secret)));
    }

    /// The secret of this moment.
    ///
    /// # Errors
    /// [`Unset`] when it has never had one.
    pub fn load(&self) -> Result<Secret, Unset> {
        let held = self.value.load();
        held.as_deref().cloned().ok_or_else(|| Unset { name: Arc::clone(&self.name) })
    }

    /// Whether it holds a secret.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.value.load().is_some()
    }
}

impl fmt::Debug for SecretSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretSlot({{{{{}}}}}, {})", self.name, if self.is_set() { "set" } else { "unset" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_secret_is_seen_through_every_handle() {
        let slot = SecretSlot::unset("provider-key");
        let other = slot.clone();
        assert_eq!(other.load().unwrap_err().to_string(), "the secret `provider-key` has no value");
        slot.replace(Secret::new("one"));
        assert!(other.load().unwrap().matches("one"));
        assert_eq!(format!("{other:?}"), "SecretSlot({{provider-key}}, set)");
    }
}
