//! Gateways beside API Management's own (self-hosted ones), each of which serves a part of the APIs.

use std::sync::Arc;

use source::Location;

use crate::{ApiId, GatewayId, JsonText, Resource};

/// A gateway and the APIs that it serves.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its name.
    pub id: GatewayId,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// The APIs that it serves, by the name that all revisions share.
    pub apis: Vec<ApiId>,
    /// What its file says beyond that, such as where it stands.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Resource for Gateway {
    type Id = GatewayId;
    const KIND: &'static str = "gateway";

    fn id(&self) -> &GatewayId {
        &self.id
    }
}
