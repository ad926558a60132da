//! Whose turn it is in a pool: round robin, by weight, by priority.
//!
//! Members of the lowest priority number come first; those of the next are used only when none of the better can be
//! called. Inside of a priority the turns are those of smooth weighted round robin: each member gains its weight, the
//! richest is chosen and pays the sum of all. Weights 5, 1, 1 give `a a b a c a a`; over such a cycle every member has
//! exactly its share, without randomness.

use std::collections::BTreeMap;

use model::PoolMember;
use parking_lot::Mutex;
use policy::Balance;

/// Whose turn it is among the members of one pool.
#[derive(Debug)]
pub struct Rotation {
    members: Vec<PoolMember>,
    /// Places of members with their weights, best priority first.
    groups: Vec<Vec<(usize, i64)>>,
    /// What each member has gained, by place.
    gained: Mutex<Vec<i64>>,
}

impl Rotation {
    /// A pool at the beginning of its turns.
    #[must_use]
    pub fn new(members: &[PoolMember]) -> Self {
        let mut groups: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            // COMPAT: what no priority means beside members that have one is not documented; it counts as 0, the best.
            groups.entry(member.priority.unwrap_or(0)).or_default().push(place);
        }
        let groups = groups.into_values().map(|places| weighted(&places, members)).collect();
        Self { members: members.to_vec(), groups, gained: Mutex::new(vec![0; members.len()]) }
    }

    /// Whether it is of a pool with these members.
    pub(super) fn is_of(&self, members: &[PoolMember]) -> bool {
        self.members == members
    }

    /// Of these, the one whose turn it is.
    fn turn(&self, candidates: &[(usize, i64)]) -> Option<usize> {
        if let [(only, _)] = candidates {
            return Some(*only);
        }
        let total: i64 = candidates.iter().map(|(_, weight)| weight).sum();
        let mut gained = self.gained.lock();
        let mut richest: Option<(usize, i64)> = None;
        for (place, weight) in candidates {
            let Some(own) = gained.get_mut(*place) else { continue };
            *own += weight;
            if richest.is_none_or(|(_, most)| *own > most) {
                richest = Some((*place, *own));
            }
        }
        let (place, _) = richest?;
        if let Some(own) = gained.get_mut(place) {
            *own -= total;
        }
        Some(place)
    }
}

/// The weights inside of one priority.
///
/// COMPAT: without any weight all have the same share. Beside members with a weight, one without counts as 1, and one of
/// weight 0 gets no calls (not documented; `docs/compatibility.md`).
fn weighted(places: &[usize], members: &[PoolMember]) -> Vec<(usize, i64)> {
    let given = |place: &usize| members.get(*place).and_then(|member| member.weight);
    let even = places.iter().all(|place| given(place).unwrap_or(0) == 0);
    let weight = |place: &usize| if even { 1 } else { i64::from(given(place).unwrap_or(1)) };
    places.iter().map(|place| (*place, weight(place))).filter(|(_, weight)| *weight > 0).collect()
}

impl Balance for Rotation {
    fn next(&self, can_be_called: &dyn Fn(usize) -> bool, tried: &[usize]) -> Option<usize> {
        for group in &self.groups {
            let open: Vec<_> = group.iter().copied().filter(|(place, _)| can_be_called(*place)).collect();
            let fresh: Vec<_> = open.iter().copied().filter(|(place, _)| !tried.contains(place)).collect();
            let best = if fresh.is_empty() { &open } else { &fresh };
            if let Some(place) = self.turn(best) {
                return Some(place);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use model::BackendId;

    use super::*;

    /// Members `a`, `b`, `c` … with priority and weight.
    fn pool_of(members: &[(Option<u8>, Option<u8>)]) -> Rotation {
        let member = |(index, (priority, weight)): (usize, &(Option<u8>, Option<u8>))| {
            let id = BackendId::new(&format!("m{index}")).unwrap();
            PoolMember { backend: id, priority: *priority, weight: *weight }
        };
        Rotation::new(&members.iter().enumerate().map(member).collect::<Vec<_>>())
    }

    fn turns(pool: &Rotation, count: usize, closed: &[usize]) -> String {
        let name = |place: usize| char::from(b'a' + u8::try_from(place).unwrap());
        (0..count).map(|_| pool.next(&|place| !closed.contains(&place), &[]).map_or('-', name)).collect()
    }

    /// Backends page, "Load-balanced pool": round robin by default.
    #[test]
    fn members_without_weights_take_turns() {
        let pool = pool_of(&[(None, None); 3]);
        assert_eq!(turns(&pool, 7, &[]), "abcabca");
        let without = turns(&pool, 10, &[1]);
        let count = |name| without.matches(name).count();
        assert!(count('b') == 0 && count('a').abs_diff(count('c')) <= 2, "{without}");
    }

    /// The same page: in proportion to the weights, here exactly over each cycle.
    #[test]
    fn weights_are_kept_exactly_over_each_cycle() {
        let pool = pool_of(&[(None, Some(5)), (None, Some(1)), (None, Some(1))]);
        assert_eq!(turns(&pool, 14, &[]), "aabacaaaabacaa");
        let shares = pool_of(&[(None, Some(60)), (None, Some(30)), (None, Some(10)), (None, Some(0))]);
        for _ in 0..5 {
            let cycle = turns(&shares, 100, &[]);
            let count = |name| cycle.matches(name).count();
            assert_eq!((count('a'), count('b'), count('c'), count('d')), (60, 30, 10, 0));
        }
    }

    /// The same page: members of lower priority only when all of the higher are kept away.
    #[test]
    fn a_worse_priority_is_used_only_when_nothing_better_can_be_called() {
        let pool = pool_of(&[
            (Some(2), Some(1)),
            (Some(1), None),
            (Some(1), None),
            (Some(2), Some(3)),
            (Some(3), None),
        ]);
        assert_eq!(turns(&pool, 4, &[]), "bcbc");
        assert_eq!(turns(&pool, 3, &[1]), "ccc");
        assert_eq!(turns(&pool, 8, &[1, 2]), "dadddadd");
        assert_eq!(turns(&pool, 2, &[0, 1, 2, 3]), "ee");
        assert_eq!(turns(&pool, 2, &[0, 1, 2, 3, 4]), "--");
    }

    #[test]
    fn a_member_that_was_tried_waits_for_the_others_of_its_priority() {
        let pool = pool_of(&[(Some(1), None), (Some(1), None), (Some(2), None)]);
        let all = |_| true;
        let first = pool.next(&all, &[]).unwrap();
        let second = pool.next(&all, &[first]).unwrap();
        assert_ne!(first, second);
        // A worse priority does not come up because the better ones were tried.
        assert!(pool.next(&all, &[first, second]).unwrap() < 2);
    }

    #[test]
    fn turns_stay_even_among_threads() {
        let pool = std::sync::Arc::new(pool_of(&[(None, Some(3)), (None, Some(1))]));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let pool = std::sync::Arc::clone(&pool);
                std::thread::spawn(move || turns(&pool, 1_000, &[]).matches('a').count())
            })
            .collect();
        let first: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(first, 3_000);
    }
}
