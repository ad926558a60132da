//! API definitions: OpenAPI 3.0 and 3.1 and Swagger 2.0, in JSON or YAML, as API Management imports them.
//!
//! Taken are the operations with their URL templates and the URL of the service. A required query parameter becomes a
//! part of the template, so that it takes part in matching, unless [`RequiredQuery`] says otherwise. [`survey`] also
//! tells what whoever imports a definition wants to know: the servers to choose from, the security schemes, and what is
//! left out. Schemas, responses and bodies are not read.

mod names;
mod operations;
mod references;
mod remarks;
mod security;
mod servers;

use std::sync::Arc;

use model::Operation;
use source::{Diagnostic, Diagnostics, SourceFile};
use url::Url;

pub use security::{SecurityKind, SecurityScheme};
pub use servers::{Server, ServerVariable, Unusable, base as service_url};

use crate::tree::{self, Kind, Node};

pub use names::normalised as resource_name;

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

/// What becomes of required query parameters: `translateRequiredQueryParameters` of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequiredQuery {
    /// They become parts of the URL template: a call without them means another operation, or none.
    #[default]
    Template,
    /// They stay parameters that callers may leave out, as far as finding the operation goes.
    Query,
}

/// How a definition is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Syntax {
    /// By the end of a file's name; by the first character where the name says nothing (`{` begins JSON).
    #[must_use]
    pub fn of(name: &str, text: &str) -> Self {
        let ends = |end: &str| name.len() > end.len() && name.to_ascii_lowercase().ends_with(end);
        if ends(".json") || (!ends(".yaml") && !ends(".yml") && text.trim_start().starts_with('{')) {
            Self::Json
        } else {
            Self::Yaml
        }
    }

    /// The end of a file's name: `json` or `yaml`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
        }
    }

    fn read(self, file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
        match self {
            Self::Json => tree::read_json(file),
            Self::Yaml => tree::read_yaml(file),
        }
    }
}

/// What somebody who imports a definition wants to know of it.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What a gateway takes of it.
    pub definition: Definition,
    /// The whole document.
    pub document: Node,
    /// `OpenAPI 3.1.0` or `Swagger 2.0`.
    pub format: String,
    /// What it says of the API.
    pub description: Option<String>,
    /// Where the terms of service stand.
    pub terms_of_service: Option<String>,
    /// Its servers, in order.
    pub servers: Vec<Server>,
    /// Its security schemes, those that it asks for first.
    pub security: Vec<SecurityScheme>,
    /// What the import leaves out, as warnings.
    pub remarks: Diagnostics,
}

/// Which of the formats a definition has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Swagger2,
    OpenApi3,
}

/// Reads a definition, JSON if its name ends so and YAML otherwise; none when nothing in it can be used.
pub fn read_definition(file: &Arc<SourceFile>, problems: &mut Diagnostics) -> Option<Definition> {
    read_definition_as(file, RequiredQuery::Template, problems)
}

/// The same, with what becomes of required query parameters.
pub fn read_definition_as(
    file: &Arc<SourceFile>,
    required: RequiredQuery,
    problems: &mut Diagnostics,
) -> Option<Definition> {
    let syntax = if file.name().ends_with(".json") { Syntax::Json } else { Syntax::Yaml };
    let (document, version) = read(file, syntax, problems)?;
    Some(definition(&document, version, required, problems))
}

/// Reads a definition for whoever imports it; none when nothing in it can be used.
pub fn survey(
    file: &Arc<SourceFile>,
    syntax: Syntax,
    required: RequiredQuery,
    problems: &mut Diagnostics,
) -> Option<Survey> {
    let (document, version) = read(file, syntax, problems)?;
    let definition = definition(&document, version, required, problems);
    let info = |name: &str| {
        let text = document.get("info").and_then(|info| info.get(name)).and_then(Node::scalar);
        text.filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    Some(Survey {
        format: format(&document),
        description: info("description"),
        terms_of_service: info("termsOfService"),
        servers: servers::servers(&document, version),
        security: security::schemes(&document, version),
        remarks: remarks::remarks(&document),
        definition,
        document,
    })
}

fn read(file: &Arc<SourceFile>, syntax: Syntax, problems: &mut Diagnostics) -> Option<(Node, Version)> {
    let document = syntax.read(file).map_err(|problem| problems.push(problem)).ok()?;
    let version = version(&document).map_err(|problem| problems.push(problem)).ok()?;
    Some((document, version))
}

fn definition(
    document: &Node,
    version: Version,
    required: RequiredQuery,
    problems: &mut Diagnostics,
) -> Definition {
    let title = document.get("info").and_then(|info| info.get("title")).and_then(Node::scalar);
    let (server, no_server) = servers::server(document, version);
    let found = operations::operations(document, version, required, problems);
    let (operations, written_ids) = found.into_iter().unzip();
    Definition { title: title.map(str::to_owned), server, no_server, operations, written_ids }
}

fn format(document: &Node) -> String {
    let word = |name: &str| document.get(name).and_then(Node::scalar);
    match (word("openapi"), word("swagger")) {
        (Some(text), _) => format!("OpenAPI {text}"),
        (None, text) => format!("Swagger {}", text.unwrap_or("2.0")),
    }
}

fn version(document: &Node) -> Result<Version, Diagnostic> {
    let word = |name: &str| document.get(name).and_then(Node::scalar);
    match (word("openapi"), word("swagger")) {
        (Some(text), _) if is_of(text, "3.0") || is_of(text, "3.1") => Ok(Version::OpenApi3),
        (None, Some("2.0" | "2")) => Ok(Version::Swagger2),
        (Some(text), _) | (None, Some(text)) => Err(unsupported(document, &format!("the version `{text}`"))),
        (None, None) => Err(unsupported(document, "neither `openapi` nor `swagger`")),
    }
}

/// Whether a version is `line`, or `line` with more behind a dot.
fn is_of(version: &str, line: &str) -> bool {
    version.strip_prefix(line).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

fn unsupported(document: &Node, what: &str) -> Diagnostic {
    let member = document.member("openapi").or_else(|| document.member("swagger"));
    let at = member.map_or(&document.at, |member| &member.value.at);
    let at = if matches!(document.kind, Kind::Table(_)) { at } else { &document.at };
    Diagnostic::error("unsupported-definition", format!("the API definition has {what}"))
        .at(at.clone())
        .help("definitions of OpenAPI 3.0 and 3.1 and Swagger 2.0 are read")
}
