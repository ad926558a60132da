//! Versions of an API: several APIs under one path, told apart by a segment, a query parameter or a header.

use std::sync::Arc;

use source::Location;

use crate::{DisplayName, HeaderText, JsonText, Resource, VersionSetId};

/// How the versions of one API are told apart.
#[derive(Clone, Debug)]
pub struct VersionSet {
    /// Its name.
    pub id: VersionSetId,
    /// Its name for people.
    pub display_name: DisplayName,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// Where the version stands in a request.
    pub scheme: VersioningScheme,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Resource for VersionSet {
    type Id = VersionSetId;
    const KIND: &'static str = "version set";

    fn id(&self) -> &VersionSetId {
        &self.id
    }
}

/// Where the version stands in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersioningScheme {
    /// The segment after the API's path: `/orders/v2/...`.
    Segment,
    /// A query parameter of this name.
    Query(Arc<str>),
    /// A header of this name.
    Header(HeaderText),
}

/// That an API is one of several versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiVersion {
    /// The set that says how versions are told apart.
    pub set: VersionSetId,
    /// Which version; none for the original one, which answers without an identifier.
    pub name: Option<Arc<str>>,
}
