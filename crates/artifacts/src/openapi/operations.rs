//! The operations of a definition.

use std::sync::Arc;

use http::Method;
use model::{DisplayName, Operation, OperationId, Parameter, UrlTemplate};
use source::{Diagnostic, Diagnostics};

use super::names::{Names, normalised};
use super::references::resolved;
use super::{RequiredQuery, Version};
use crate::tree::{Member, Node};

/// Methods of a path that become operations. COMPAT: `trace` is ignored (documentation of import).
pub(super) const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// The operations, each with its `operationId` as it was written.
pub(super) fn operations(
    document: &Node,
    version: Version,
    required: RequiredQuery,
    problems: &mut Diagnostics,
) -> Vec<(Operation, Option<String>)> {
    let mut reader = Reader { document, version, required, names: Names::default(), problems };
    let mut found = Vec::new();
    for name in ["paths", "x-ms-paths"] {
        for path in document.get(name).map(Node::members).unwrap_or_default() {
            // Extensions may stand between paths.
            if !path.name.starts_with("x-") {
                reader.path(path, &mut found);
            }
        }
    }
    found
}

struct Reader<'a> {
    document: &'a Node,
    version: Version,
    required: RequiredQuery,
    names: Names,
    problems: &'a mut Diagnostics,
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
}

struct Given {
    place: Place,
    /// Whether it becomes a part of the template.
    in_template: bool,
    /// Its name as callers write it; the parameter's is the one in the template.
    name: Arc<str>,
    parameter: Parameter,
}

impl<'a> Reader<'a> {
    fn path(&mut self, path: &'a Member, found: &mut Vec<(Operation, Option<String>)>) {
        let Some(item) = self.resolved(&path.value) else { return };
        let shared = self.parameters(item);
        for operation in item.members().iter().filter(|each| METHODS.contains(&each.name.as_str())) {
            if let Some(read) = self.operation(path, operation, &shared) {
                found.push(read);
            }
        }
    }

    fn operation(
        &mut self,
        path: &Member,
        member: &'a Member,
        shared: &[Given],
    ) -> Option<(Operation, Option<String>)> {
        let node = &member.value;
        let own = self.parameters(node);
        let overridden =
            |given: &&Given| !own.iter().any(|each| each.place == given.place && each.name == given.name);
        let all: Vec<&Given> = shared.iter().filter(overridden).chain(&own).collect();
        let text = template(&path.name, &all);
        let url_template = UrlTemplate::new(&text).map_err(|error| self.refuse(member, &error)).ok()?;
        let method = Method::from_bytes(member.name.to_ascii_uppercase().as_bytes()).ok()?;
        let written = node.get("operationId").and_then(Node::scalar).filter(|id| !id.trim().is_empty());
        let id = self.id(written, &method, &text, member)?;
        let display_name = display_name(node, written, &method, &path.name)?;
        let mut operation = Operation::new(id, display_name, method, url_template);
        operation.description = node.get("description").and_then(Node::text).map(Arc::from);
        operation.template_parameters = parameters_of(&operation.url_template, &all);
        operation.origin = Some(member.at.clone());
        Some((operation, written.map(str::to_owned)))
    }

    fn id(
        &mut self,
        written: Option<&str>,
        method: &Method,
        template: &str,
        member: &Member,
    ) -> Option<OperationId> {
        let named = written.map_or_else(|| format!("{method}-{template}"), str::to_owned);
        let Some(name) = self.names.take(&named) else {
            let message = format!("more than a thousand operations would be named `{}`", normalised(&named));
            self.problems.push(Diagnostic::error("operation-taken", message).at(member.at.clone()));
            return None;
        };
        OperationId::new(&name).map_err(|error| self.refuse(member, &error)).ok()
    }

    fn refuse(&mut self, member: &Member, error: &dyn std::fmt::Display) {
        self.problems.push(Diagnostic::error("invalid-operation", error.to_string()).at(member.at.clone()));
    }

    /// The path and query parameters of a path or an operation.
    fn parameters(&mut self, of: &'a Node) -> Vec<Given> {
        let nodes = of.get("parameters").map(Node::items).unwrap_or_default();
        nodes.iter().filter_map(|node| self.parameter(node)).collect()
    }

    fn parameter(&mut self, node: &'a Node) -> Option<Given> {
        let node = self.resolved(node)?;
        let place = match node.get("in").and_then(Node::text)? {
            "path" => Place::Path,
            "query" => Place::Query,
            _ => return None,
        };
        let schema = match self.version {
            Version::Swagger2 => Some(node),
            Version::OpenApi3 => schema_of(node).and_then(|schema| self.resolved(schema)),
        };
        let required = node.get("required").and_then(Node::flag).unwrap_or(place == Place::Path);
        let values = schema.and_then(|schema| schema.get("enum")).map(Node::items).unwrap_or_default();
        let name = node.get("name").and_then(Node::scalar)?;
        let parameter = Parameter {
            name: variable(name).into(),
            kind: schema.and_then(type_of).unwrap_or("string").into(),
            description: node.get("description").and_then(Node::text).map(Arc::from),
            required,
            values: values.iter().filter_map(Node::scalar).map(Arc::from).collect(),
        };
        let in_template = place == Place::Query && required && self.required == RequiredQuery::Template;
        Some(Given { place, in_template, name: name.into(), parameter })
    }

    fn resolved(&mut self, node: &'a Node) -> Option<&'a Node> {
        resolved(self.document, node).map_err(|problem| self.problems.push(problem)).ok()
    }
}

/// The schema of a parameter, which may stand beneath a content type.
fn schema_of(parameter: &Node) -> Option<&Node> {
    let content = || parameter.get("content")?.members().first()?.value.get("schema");
    parameter.get("schema").or_else(content)
}

/// A name as it can stand between braces.
fn variable(name: &str) -> String {
    name.replace(['{', '}', '*', '/', '=', '&', '?'], "_")
}

/// A name as it can stand in the query of a template.
fn query_name(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        match c {
            '%' | '&' | '=' | '?' | '#' | '+' | '{' | '}' => text.push_str(&format!("%{:02X}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

/// The word for a schema's type; the first one that is not `null` where OpenAPI 3.1 gives several.
fn type_of(schema: &Node) -> Option<&str> {
    let node = schema.get("type")?;
    node.text().or_else(|| node.items().iter().filter_map(Node::text).find(|word| *word != "null"))
}

/// COMPAT: a required query parameter becomes a part of the template and so takes part in matching.
fn template(path: &str, given: &[&Given]) -> String {
    let path = path.split('#').next().unwrap_or(path);
    let mut text = path.to_owned();
    let in_path = path.split_once('?').map_or("", |(_, query)| query);
    for each in given.iter().filter(|each| each.in_template) {
        let name = query_name(&each.name);
        let is_name =
            |part: &str| part.split('=').next().is_some_and(|there| there.eq_ignore_ascii_case(&name));
        if !in_path.split('&').any(is_name) {
            let separator = if text.contains('?') { '&' } else { '?' };
            text.push_str(&format!("{separator}{name}={{{}}}", each.parameter.name));
        }
    }
    text
}

/// What is known about each parameter of a template; nothing but its name when the definition forgot it.
fn parameters_of(template: &UrlTemplate, given: &[&Given]) -> Vec<Parameter> {
    let known = |name: &Arc<str>| given.iter().find(|each| each.parameter.name == *name);
    let unknown = |name: &Arc<str>| Parameter {
        name: Arc::clone(name),
        kind: "string".into(),
        description: None,
        required: true,
        values: Vec::new(),
    };
    template
        .parameters()
        .map(|name| known(name).map_or_else(|| unknown(name), |each| each.parameter.clone()))
        .collect()
}

/// `summary`, cut to 300 characters, else `operationId` (documentation of import), else method and path.
fn display_name(node: &Node, written: Option<&str>, method: &Method, path: &str) -> Option<DisplayName> {
    let summary = node.get("summary").and_then(Node::scalar).filter(|text| !text.trim().is_empty());
    let text = summary.or(written).map_or_else(|| format!("{method} {path}"), str::to_owned);
    DisplayName::new(&text.chars().take(300).collect::<String>()).ok()
}
