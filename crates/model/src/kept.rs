//! What is kept as it was written, because nothing acts on it yet: whole resources, and members of information files
//! for which the model has no field. Whoever writes the configuration back, or compares two of them, finds it here.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use source::Location;

use crate::{DiagnosticId, LoggerId, ReleaseId, Resource, SchemaId, TagId};

/// Compact JSON text: an object in the form of an information file, so with `properties` inside.
///
/// Its `Debug` form hides the text: loggers have keys.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JsonText(Arc<str>);

impl JsonText {
    /// Takes text that is JSON.
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonText({} bytes)", self.0.len())
    }
}

/// A resource that is kept whole.
#[derive(Clone, Debug)]
pub struct Kept<I> {
    /// Its name.
    pub id: I,
    /// Its information file, with what an override put over it.
    pub document: JsonText,
    /// Where it was defined.
    pub origin: Option<Location>,
}

/// Where requests and events are logged to. Logs are a matter of the settings here.
pub type Logger = Kept<LoggerId>;
/// What is logged about calls, and to which logger: of the service, a workspace, or one API.
pub type DiagnosticEntity = Kept<DiagnosticId>;
/// That a revision of an API was made the current one.
pub type Release = Kept<ReleaseId>;
/// A schema of an API's definition.
pub type Schema = Kept<SchemaId>;

/// What people call a kind of kept resource.
pub trait KeptKind: Clone + Eq + Hash + fmt::Display {
    /// The kind.
    const KIND: &'static str;
}

impl KeptKind for LoggerId {
    const KIND: &'static str = "logger";
}

impl KeptKind for DiagnosticId {
    const KIND: &'static str = "diagnostic";
}

impl KeptKind for ReleaseId {
    const KIND: &'static str = "release";
}

impl KeptKind for SchemaId {
    const KIND: &'static str = "schema";
}

impl<I: KeptKind> Resource for Kept<I> {
    type Id = I;
    const KIND: &'static str = I::KIND;

    fn id(&self) -> &I {
        &self.id
    }
}

/// What is kept of one API beside itself.
#[derive(Clone, Debug, Default)]
pub struct ApiKept {
    /// Its diagnostics.
    pub diagnostics: Vec<DiagnosticEntity>,
    /// Its releases.
    pub releases: Vec<Release>,
    /// Its schemas.
    pub schemas: Vec<Schema>,
    /// Tags that stand beside it; those that name it themselves are not among them.
    pub tags: Vec<TagId>,
}

impl ApiKept {
    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
            && self.releases.is_empty()
            && self.schemas.is_empty()
            && self.tags.is_empty()
    }
}
