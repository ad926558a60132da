//! Finds the state that a backend or pool of a new configuration goes on with.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use model::{BreakerRule, PoolMember};
use parking_lot::Mutex;

use super::{CircuitBreaker, Rotation};

/// The state of all backends of the process. A configuration holds what it uses; what none uses any more is forgotten.
///
/// A rule or a pool that was changed begins anew. A configuration that is read and then refused changes nothing: what is
/// served keeps its own.
#[derive(Debug, Default)]
pub struct BackendStates {
    breakers: Mutex<HashMap<Arc<str>, Vec<Weak<CircuitBreaker>>>>,
    rotations: Mutex<HashMap<Arc<str>, Vec<Weak<Rotation>>>>,
}

impl BackendStates {
    /// The breaker of a backend with this rule. The name is the [`model::qualified`] one: backends of two workspaces may
    /// have one name, and fail each for itself.
    #[must_use]
    pub fn breaker(&self, backend: &str, rule: &BreakerRule) -> Arc<CircuitBreaker> {
        let fresh = || CircuitBreaker::new(backend.into(), rule.clone());
        same_or(&self.breakers, backend, |known| known.rule() == rule, fresh)
    }

    /// Whose turn it is in a pool with these members; the name as above.
    #[must_use]
    pub fn rotation(&self, pool: &str, members: &[PoolMember]) -> Arc<Rotation> {
        same_or(&self.rotations, pool, |known| known.is_of(members), || Rotation::new(members))
    }
}

fn same_or<T>(
    known: &Mutex<HashMap<Arc<str>, Vec<Weak<T>>>>,
    name: &str,
    is_same: impl Fn(&T) -> bool,
    fresh: impl FnOnce() -> T,
) -> Arc<T> {
    // Names of resources do not distinguish case.
    let id: Arc<str> = name.to_ascii_lowercase().into();
    let mut known = known.lock();
    // Now and then, so that a configuration of many backends is not gone through once for each of them.
    if !known.contains_key(&id) && known.len().is_power_of_two() {
        known.retain(|_, states| states.iter().any(|state| state.strong_count() > 0));
    }
    let of_id = known.entry(id).or_default();
    of_id.retain(|state| state.strong_count() > 0);
    if let Some(same) = of_id.iter().filter_map(Weak::upgrade).find(|state| is_same(state)) {
        return same;
    }
    let fresh = Arc::new(fresh());
    of_id.push(Arc::downgrade(&fresh));
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::BackendId;

    fn member(name: &str, weight: u8) -> PoolMember {
        PoolMember { backend: BackendId::new(name).unwrap(), priority: None, weight: Some(weight) }
    }

    #[test]
    fn what_is_unchanged_goes_on_and_what_is_changed_begins_anew() {
        let states = BackendStates::default();
        let id = "pool";
        let served = states.rotation(id, &[member("a", 1)]);
        assert!(Arc::ptr_eq(&served, &states.rotation(id, &[member("a", 1)])));
        let refused = states.rotation(id, &[member("a", 2)]);
        assert!(!Arc::ptr_eq(&served, &refused));
        drop(refused);
        assert!(Arc::ptr_eq(&served, &states.rotation(id, &[member("a", 1)])));
    }
}
