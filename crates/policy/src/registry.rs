//! The list of policies, as the compiler of documents sees it.

use crate::{Action, CompileCx, PolicySpec, Reader};

/// A problem was reported; there is nothing to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported;

/// Compiles one element of a policy.
pub type Compile = fn(&Reader<'_>, &mut CompileCx<'_>) -> Result<Action, Reported>;

/// A policy of the list.
#[derive(Clone, Copy, Debug)]
pub struct PolicyEntry {
    /// What it says of itself.
    pub spec: &'static PolicySpec,
    /// How it compiles.
    pub compile: Compile,
}

/// All policies: those that run, and those that API Management has and we do not run yet.
#[derive(Clone, Copy, Debug)]
pub struct Registry {
    /// Those that run, sorted by element name.
    pub policies: &'static [PolicyEntry],
    /// Element names of those that are refused as not yet supported.
    pub planned: &'static [&'static str],
    /// Element names of those that do not run in the handshake of a WebSocket API.
    pub not_in_handshakes: &'static [&'static str],
}

impl Registry {
    /// The policy with this element name.
    #[must_use]
    pub fn find(&self, element: &str) -> Option<&'static PolicyEntry> {
        self.policies.iter().find(|each| each.spec.element == element)
    }

    /// Whether API Management has a policy of this name that we do not run.
    #[must_use]
    pub fn is_planned(&self, element: &str) -> bool {
        self.planned.contains(&element)
    }

    /// Whether a policy of this name runs in the handshake of a WebSocket API.
    #[must_use]
    pub fn runs_in_handshakes(&self, element: &str) -> bool {
        !self.not_in_handshakes.contains(&element)
    }

    /// The names of all policies, for "did you mean".
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.policies.iter().map(|each| each.spec.element).chain(self.planned.iter().copied())
    }
}
