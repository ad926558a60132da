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
