//! Definitions of services whose operations everybody knows: method, URL template, and the `operationId` where clients'
//! policies are likely to name it. Facts of the wire; schemas are left to the service.

use std::sync::Arc;

use artifacts::write::{Object, Value, json};
use source::SourceFile;

use super::Service;

/// Azure OpenAI's data plane, 2025-03-01-preview.
const DATED: &str = include_str!("operations/azure-openai.txt");
/// Azure OpenAI v1.
const V1: &str = include_str!("operations/azure-openai-v1.txt");
/// AI model inference, 2024-05-01-preview.
const INFERENCE: &str = include_str!("operations/ai-model-inference.txt");
/// COMPAT: "Create OpenAI API" of the product makes this one operation.
const CHAT: &str = "POST /chat/completions ChatCompletions_Create\n";
/// COMPAT: "Create a passthrough API" makes wildcard operations.
const ANYTHING: &str = "GET /*\nPOST /*\nPUT /*\nPATCH /*\nDELETE /*\nHEAD /*\nOPTIONS /*\n";

/// The definition of a service.
pub(super) fn of(service: Service, title: &str, url: &str) -> Arc<SourceFile> {
    let (operations, version) = match service {
        Service::AzureOpenAi => (DATED, true),
        Service::AzureOpenAiV1 => (V1, false),
        Service::AzureAi => (INFERENCE, true),
        Service::OpenAi => (CHAT, false),
        Service::PassThrough => (ANYTHING, false),
    };
    of_operations(operations, title, Some(url), version)
}

/// Operations whose body names the model, as OpenAI has them.
pub(crate) fn by_model(title: &str) -> Arc<SourceFile> {
    let operations =
        ["chat/completions", "completions", "embeddings", "responses", "images/generations", "moderations"];
    let lines: String = operations.iter().map(|path| format!("POST /{path}\n")).collect();
    of_operations(&lines, title, None, false)
}

fn of_operations(operations: &str, title: &str, url: Option<&str>, version: bool) -> Arc<SourceFile> {
    let mut paths = Object::new();
    for line in operations.lines() {
        let mut words = line.split_whitespace();
        let (Some(method), Some(path)) = (words.next(), words.next()) else { continue };
        let item = paths.get(path).and_then(Value::as_object).cloned().unwrap_or_default();
        let operation = operation((method, path), words.next(), version);
        paths.set(path, item.with(&method.to_ascii_lowercase(), operation));
    }
    let document = Object::new()
        .with("openapi", "3.0.1")
        .with("info", Object::new().with("title", title).with("version", "1"))
        .maybe("servers", url.map(|url| vec![Object::new().with("url", url)]))
        .with("paths", paths);
    SourceFile::new("definition.json", json::text(&document.into()))
}

fn operation((method, path): (&str, &str), id: Option<&str>, version: bool) -> Object {
    let name = |part: &str| part.split_once('}').map(|(name, _)| name.to_owned());
    let mut parameters: Vec<Object> =
        path.split('{').skip(1).filter_map(name).map(|name| parameter(&name, "path")).collect();
    if version {
        parameters.push(parameter("api-version", "query"));
    }
    let ok = Object::new().with("200", Object::new().with("description", "OK"));
    Object::new()
        .maybe("operationId", id)
        .with("summary", format!("{method} {path}"))
        .maybe("parameters", (!parameters.is_empty()).then_some(parameters))
        .with("responses", ok)
}

fn parameter(name: &str, place: &str) -> Object {
    Object::new()
        .with("name", name)
        .with("in", place)
        .with("required", true)
        .with("schema", Object::new().with("type", "string"))
}
