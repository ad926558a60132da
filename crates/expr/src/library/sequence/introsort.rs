//! The sort of `Array.Sort` and `List<T>.Sort`: not stable, and equal elements end where .NET puts them.
//!
//! .NET sorts small parts by insertion, larger ones around the median of three, and falls back to a heap when that goes too
//! deep (.NET Framework reference source, `ArraySortHelper<T>`; since 4.5). Comparisons call lambdas, so they may fail.

use std::cmp::Ordering;

use crate::{Exception, Value};

/// Parts up to this length are sorted by insertion.
const SMALL: usize = 16;

type Done<T = ()> = Result<T, Exception>;

/// Sorts values.
///
/// # Errors
/// The comparison's.
pub(crate) fn introsort(
    items: &mut [Value],
    compare: &mut dyn FnMut(&Value, &Value) -> Result<Ordering, Exception>,
) -> Done {
    let depth = 2 * items.len().checked_ilog2().map_or(0, |log| log + 1);
    Sort { compare }.part(items, depth)
}

struct Sort<'c> {
    compare: &'c mut dyn FnMut(&Value, &Value) -> Result<Ordering, Exception>,
}

impl Sort<'_> {
    fn less(&mut self, items: &[Value], a: usize, b: usize) -> Done<bool> {
        match (items.get(a), items.get(b)) {
            (Some(a), Some(b)) => Ok((self.compare)(a, b)?.is_lt()),
            _ => Ok(false),
        }
    }

    fn order(&mut self, items: &mut [Value], a: usize, b: usize) -> Done {
        if let (true, Some(one), Some(other)) = (a != b, items.get(a), items.get(b))
            && (self.compare)(one, other)?.is_gt()
        {
            items.swap(a, b);
        }
        Ok(())
    }

    fn part(&mut self, mut items: &mut [Value], mut depth: u32) -> Done {
        while items.len() > SMALL {
            if depth == 0 {
                return self.heap(items);
            }
            depth -= 1;
            let pivot = self.partition(items)?;
            let (left, right) = items.split_at_mut(pivot);
            self.part(right.get_mut(1..).unwrap_or_default(), depth)?;
            items = left;
        }
        match items.len() {
            0 | 1 => Ok(()),
            2 => self.order(items, 0, 1),
            3 => {
                self.order(items, 0, 1)?;
                self.order(items, 0, 2)?;
                self.order(items, 1, 2)
            }
            _ => self.insertion(items),
        }
    }

    /// Where the pivot ends; what is less stands before it.
    fn partition(&mut self, items: &mut [Value]) -> Done<usize> {
        let last = items.len() - 1;
        let middle = last / 2;
        self.order(items, 0, middle)?;
        self.order(items, 0, last)?;
        self.order(items, middle, last)?;
        let pivot = last - 1;
        items.swap(middle, pivot);
        let (mut left, mut right) = (0, pivot);
        while left < right {
            left += 1;
            while left < pivot && self.less(items, left, pivot)? {
                left += 1;
            }
            right -= 1;
            while right > 0 && self.less(items, pivot, right)? {
                right -= 1;
            }
            if left >= right {
                break;
            }
            items.swap(left, right);
        }
        items.swap(left, pivot);
        Ok(left)
    }

    fn insertion(&mut self, items: &mut [Value]) -> Done {
        for end in 1..items.len() {
            let mut at = end;
            while at > 0 && self.less(items, at, at - 1)? {
                items.swap(at, at - 1);
                at -= 1;
            }
        }
        Ok(())
    }

    fn heap(&mut self, items: &mut [Value]) -> Done {
        let length = items.len();
        for top in (0..length / 2).rev() {
            self.sink(items, top, length)?;
        }
        for end in (1..length).rev() {
            items.swap(0, end);
            self.sink(items, 0, end)?;
        }
        Ok(())
    }

    fn sink(&mut self, items: &mut [Value], mut at: usize, length: usize) -> Done {
        loop {
            let mut child = at * 2 + 1;
            if child >= length {
                return Ok(());
            }
            if child + 1 < length && self.less(items, child, child + 1)? {
                child += 1;
            }
            if !self.less(items, at, child)? {
                return Ok(());
            }
            items.swap(at, child);
            at = child;
        }
    }
}
