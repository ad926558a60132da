//! Operations: what can be called in an API.

use std::sync::Arc;

use source::Location;

use crate::{DisplayName, OperationId, PolicyText, UrlTemplate};

/// A method and a URL template.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name inside the API.
    pub id: OperationId,
    /// Its name for people.
    pub display_name: DisplayName,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// The method, any token; compared exactly.
    pub method: http::Method,
    /// Which paths (and query parameters) it answers.
    pub url_template: UrlTemplate,
    /// What is known about the parameters of the template.
    pub template_parameters: Vec<Parameter>,
    /// The policy at operation scope.
    pub policy: Option<PolicyText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Operation {
    /// An operation of which nothing but method and template is known.
    #[must_use]
    pub fn new(
        id: OperationId,
        display_name: DisplayName,
        method: http::Method,
        url_template: UrlTemplate,
    ) -> Self {
        Self {
            id,
            display_name,
            description: None,
            method,
            url_template,
            template_parameters: Vec::new(),
            policy: None,
            origin: None,
        }
    }
}

impl Operation {
    /// The one operation of a WebSocket API.
    ///
    /// COMPAT: every WebSocket API has `onHandshake`, which is made with it and cannot be changed ("Import a WebSocket
    /// API"). Which paths below the API's it answers is not documented; here all of them, so that `/realtime` and the like
    /// reach the service.
    #[must_use]
    pub fn on_handshake() -> Option<Self> {
        let id = OperationId::new(Self::ON_HANDSHAKE).ok()?;
        let name = DisplayName::new(Self::ON_HANDSHAKE).ok()?;
        Some(Self::new(id, name, http::Method::GET, UrlTemplate::new("/*").ok()?))
    }

    /// The name of that operation.
    pub const ON_HANDSHAKE: &str = "onHandshake";
}

/// What is known about a parameter of a URL template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the template.
    pub name: Arc<str>,
    /// Its type, such as `string`.
    pub kind: Arc<str>,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// Whether it must be there.
    pub required: bool,
    /// The values that it may have; empty for any.
    pub values: Vec<Arc<str>>,
}
