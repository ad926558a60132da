//! Tags: words by which people find APIs and products.

use source::Location;

use crate::{ApiId, DisplayName, JsonText, ProductId, Resource, TagId};

/// A word, and what it is for. It changes nothing about calls.
#[derive(Clone, Debug)]
pub struct Tag {
    /// Its name.
    pub id: TagId,
    /// Its name for people.
    pub display_name: DisplayName,
    /// The APIs that have it; `echo;rev=2` for one revision.
    pub apis: Vec<ApiId>,
    /// The products that have it.
    pub products: Vec<ProductId>,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Resource for Tag {
    type Id = TagId;
    const KIND: &'static str = "tag";

    fn id(&self) -> &TagId {
        &self.id
    }
}
