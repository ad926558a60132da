//! The four sections of an effective policy.

use std::sync::Arc;

use super::node::Node;

/// The sections, by their names.
pub(crate) const SECTIONS: [&str; 4] = ["inbound", "backend", "outbound", "on-error"];

/// Where a policy was written. Broader scopes are less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    Global,
    Workspace,
    Product,
    Api,
    Operation,
}

/// What stands in a section of one document.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// `<base />`.
    Base,
    /// A policy.
    Policy(Arc<Node>),
}

/// The sections of one document; none for one that is not there.
pub(crate) type Sections = [Option<Vec<Item>>; 4];

/// A policy of an effective policy.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) level: Level,
    pub(crate) node: Arc<Node>,
}

/// What runs, section by section.
#[derive(Debug, Default)]
pub(crate) struct Effective {
    pub(crate) sections: [Vec<Placed>; 4],
}

impl Effective {
    /// Puts documents together, given from the narrowest to the broadest.
    pub(crate) fn of(documents: &[(Level, Arc<Sections>)]) -> Self {
        let mut effective = Self::default();
        for (at, section) in effective.sections.iter_mut().enumerate() {
            expand(documents, at, section);
        }
        effective
    }

    /// Every policy of every section.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Placed> {
        self.sections.iter().flatten()
    }
}

/// INVARIANT: as deep as there are scopes.
fn expand(documents: &[(Level, Arc<Sections>)], at: usize, out: &mut Vec<Placed>) {
    let Some(((level, narrowest), broader)) = documents.split_first() else { return };
    let Some(items) = narrowest.get(at).and_then(Option::as_ref) else { return expand(broader, at, out) };
    for item in items {
        match item {
            Item::Base => expand(broader, at, out),
            Item::Policy(node) => out.push(Placed { level: *level, node: Arc::clone(node) }),
        }
    }
}
