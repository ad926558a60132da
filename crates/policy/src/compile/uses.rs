//! On what a compiled document depends, so that a change elsewhere compiles exactly the documents that it concerns.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::SecretBinding;

/// What a document asked the configuration around it for, whether it was there or not.
///
/// "Did you mean" is not in it: a document with errors depends on everything.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// Display names of named values.
    pub names: BTreeSet<Arc<str>>,
    /// Ids of fragments, in lower case.
    pub fragments: BTreeSet<Arc<str>>,
    /// Ids of backends, in lower case.
    pub backends: BTreeSet<Arc<str>>,
    /// Whether it may choose any backend when a request runs.
    pub all_backends: bool,
    /// Whether it asked for a certificate.
    pub certificates: bool,
    /// Secrets of vaults that it asked for itself.
    pub secrets: Vec<SecretBinding>,
}

impl Uses {
    /// Whether it asked for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { names, fragments, backends, all_backends, certificates, secrets } = self;
        let none = names.is_empty() && fragments.is_empty() && backends.is_empty() && secrets.is_empty();
        none && !all_backends && !certificates
    }
}
