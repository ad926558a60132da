//! API definitions: OpenAPI 3.0 and 3.1 and Swagger 2.0, in JSON or YAML, as API Management imports them.
//!
//! Taken are the operations with their URL templates and the URL of the service. A required query parameter becomes a
//! part of the template, so that it takes part in matching. Schemas, security and responses are not read.

mod names;
mod operations;
mod servers;

use std::sync::Arc;

use model::Operation;
use source::{Diagnostic, Diagnostics, SourceFile};
use url::Url;

use crate::tree::{self, Kind, Node};

/// What a definition says.
#[derive(Clone, Debug, Default)]
pub struct Definition {
    /// Its title.
    pub title: Option<String>,
    /// Where the service is: the first server whose URL begins with `https:`.
    pub server: Option<Url>,
    /// Why there is none although the definition names servers; matters unless somebody else says where to call.
    pub no_server: Option<Diagnostic>,
    /// The operations, in order.
    pub operations: Vec<Operation>,
    /// The `operationId` of each, as it was written.
    pub written_ids: Vec<Option<String>>,
}

/// Which of the formats a definition has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Swagger2,
    OpenApi3,
}

/// Reads a definition, JSON if its name ends so and YAML otherwise; none when nothing in it can be used.
pub fn read_definition(file: &Arc<SourceFile>, problems: &mut Diagnostics) -> Option<Definition> {
    let document = if file.name().ends_with(".json") { tree::read_json(file) } else { tree::read_yaml(file) };
    let document = document.map_err(|problem| problems.push(problem)).ok()?;
    let version = version(&document).map_err(|problem| problems.push(problem)).ok()?;
    let title = document.get("info").and_then(|info| info.get("title")).and_then(Node::scalar);
    let (server, no_server) = servers::server(&document, version);
    let found = operations::operations(&document, version, problems);
    let (operations, written_ids) = found.into_iter().unzip();
    Some(Definition { title: title.map(str::to_owned), server, no_server, operations, written_ids })
}

fn version(document: &Node) -> Result<Version, Diagnostic> {
    let word = |name: &str| document.get(name).and_then(Node::scalar);
    match (word("openapi"), word("swagger")) {
        (Some(text), _) if text.starts_with("3.0") || text.starts_with("3.1") => Ok(Version::OpenApi3),
        (None, Some("2.0" | "2")) => Ok(Version::Swagger2),
        (Some(text), _) | (None, Some(text)) => Err(unsupported(document, &format!("the version `{text}`"))),
        (None, None) => Err(unsupported(document, "neither `openapi` nor `swagger`")),
    }
}

fn unsupported(document: &Node, what: &str) -> Diagnostic {
    let member = document.member("openapi").or_else(|| document.member("swagger"));
    let at = member.map_or(&document.at, |member| &member.value.at);
    let at = if matches!(document.kind, Kind::Table(_)) { at } else { &document.at };
    Diagnostic::error("unsupported-definition", format!("the API definition has {what}"))
        .at(at.clone())
        .help("definitions of OpenAPI 3.0 and 3.1 and Swagger 2.0 are read")
}
