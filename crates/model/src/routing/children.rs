//! What follows a node of a tree, by the text of a segment. Most nodes have few children, which are compared one by
//! one; many are hashed.

use indexmap::IndexMap;

use super::operations::place;
use super::path::{Folded, Raw};

/// So many are compared one by one; more are hashed.
const FEW: usize = 8;

/// Children by segment; each is a place in the tree's list of nodes.
#[derive(Debug, Default)]
pub(super) struct Children {
    few: Vec<(Folded, u32)>,
    many: Option<Box<IndexMap<Folded, u32>>>,
}

impl Children {
    /// The child for a segment.
    pub(super) fn get(&self, segment: Raw<'_>) -> Option<usize> {
        let found = match &self.many {
            Some(many) => many.get(&segment).copied(),
            None => self.few.iter().find(|(key, _)| key.is(segment)).map(|&(_, child)| child),
        };
        found.map(|child| child as usize)
    }

    /// The child for a segment; `next` becomes it when there is none.
    pub(super) fn get_or_insert(&mut self, segment: &str, next: usize) -> usize {
        let key = Folded::new(segment);
        let next = place(next);
        let child = match &mut self.many {
            Some(many) => *many.entry(key).or_insert(next),
            None => self.few_or_insert(key, next),
        };
        child as usize
    }

    /// Gives back what growing took in excess.
    pub(super) fn shrink(&mut self) {
        self.few.shrink_to_fit();
    }

    fn few_or_insert(&mut self, key: Folded, next: u32) -> u32 {
        if let Some(&(_, child)) = self.few.iter().find(|(known, _)| *known == key) {
            return child;
        }
        self.few.push((key, next));
        if self.few.len() > FEW {
            self.many = Some(Box::new(std::mem::take(&mut self.few).into_iter().collect()));
        }
        next
    }
}
