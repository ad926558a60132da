//! Definite assignment and reachability.

use crate::code::Slot;

use super::Binder;

/// Which variables are surely assigned at a point; at a point that is never reached, all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub(super) bits: Vec<u64>,
    pub(super) dead: bool,
}

/// A loop or switch, and the states with which it is left.
#[derive(Clone, Debug)]
pub(super) struct Jump {
    pub(super) is_loop: bool,
    pub(super) breaks: Vec<State>,
}

impl State {
    pub(super) fn assign(&mut self, slot: Slot) {
        let (word, bit) = (slot.0 as usize / 64, slot.0 % 64);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= 1 << bit;
        }
    }

    pub(super) fn is_assigned(&self, slot: Slot) -> bool {
        let (word, bit) = (slot.0 as usize / 64, slot.0 % 64);
        self.dead || self.bits.get(word).is_some_and(|bits| bits & (1 << bit) != 0)
    }

    /// What is assigned when both were gone through, one after the other.
    pub(super) fn and(&self, other: &Self) -> Self {
        let length = self.bits.len().max(other.bits.len());
        let bit = |state: &Self, at: usize| state.bits.get(at).copied().unwrap_or(0);
        let bits = (0..length).map(|at| bit(self, at) | bit(other, at)).collect();
        Self { bits, dead: self.dead || other.dead }
    }

    /// What is assigned whichever of two ways was taken.
    pub(super) fn join(&self, other: &Self) -> Self {
        if self.dead {
            return other.clone();
        }
        if other.dead {
            return self.clone();
        }
        let bits = self.bits.iter().zip(&other.bits).map(|(a, b)| a & b).collect();
        Self { bits, dead: false }
    }
}

impl Binder<'_> {
    /// Nothing behind this point is reached.
    pub(super) fn stop(&mut self) {
        self.state.dead = true;
    }

    /// Goes on with one of two states.
    pub(super) fn go_on(&mut self, state: State) {
        self.state = state;
        self.split = None;
    }

    /// Begins a loop or switch.
    pub(super) fn enter_jump(&mut self, is_loop: bool) {
        self.jumps.push(Jump { is_loop, breaks: Vec::new() });
    }

    /// Ends a loop or switch: the state behind it, given the state in which it ends by itself.
    pub(super) fn leave_jump(&mut self, end: State) {
        let breaks = self.jumps.pop().map(|jump| jump.breaks).unwrap_or_default();
        self.state = breaks.iter().fold(end, |all, one| all.join(one));
    }
}
