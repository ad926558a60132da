//! What changes for callers.

use std::collections::HashMap;

use artifacts::write::{Object, Value};
use model::{Operation, Piece, QueryValue, Segment};

use super::Import;
use crate::Plan;

/// A change of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallChange {
    /// What happened.
    pub kind: CallChangeKind,
    /// The operation's name now; of one that is gone the name it had.
    pub operation: String,
    /// Method and URL template now; of one that is gone what it had.
    pub call: String,
    /// What it was before: method and template of one that answers other calls now, the name of one that was renamed.
    pub before: Option<String>,
}

/// What happened to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallChangeKind {
    /// It is new.
    Added,
    /// It is gone: such calls get 404, or another operation.
    Removed,
    /// It answers other calls than before.
    Changed,
    /// It answers the same calls under another name.
    Renamed,
}

impl CallChangeKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Renamed => "renamed",
        }
    }
}

/// A change of the API itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// What changes, such as `path`.
    pub name: &'static str,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

/// Compares operations.
pub(super) fn changes(old: &[Operation], new: &[Operation]) -> Vec<CallChange> {
    let old_ids: HashMap<String, &Operation> = old.iter().map(|each| (key(each), each)).collect();
    let new_ids: HashMap<String, &Operation> = new.iter().map(|each| (key(each), each)).collect();
    let gone: HashMap<String, &Operation> =
        old.iter().filter(|each| !new_ids.contains_key(&key(each))).map(|each| (shape(each), each)).collect();
    let mut renamed = Vec::new();
    let mut changes: Vec<CallChange> = Vec::new();
    for operation in new {
        let change = |kind, before: Option<String>| {
            Some(CallChange { kind, operation: operation.id.to_string(), call: call(operation), before })
        };
        changes.extend(match (old_ids.get(&key(operation)), gone.get(&shape(operation))) {
            (Some(before), _) if shape(before) == shape(operation) => None,
            (Some(before), _) => change(CallChangeKind::Changed, Some(call(before))),
            (None, Some(before)) => {
                renamed.push(key(before));
                change(CallChangeKind::Renamed, Some(before.id.to_string()))
            }
            (None, None) => change(CallChangeKind::Added, None),
        });
    }
    let removed = gone.values().filter(|each| !renamed.contains(&key(each)));
    let mut removed: Vec<CallChange> = removed
        .map(|each| CallChange {
            kind: CallChangeKind::Removed,
            operation: each.id.to_string(),
            call: call(each),
            before: None,
        })
        .collect();
    removed.sort_by(|one, other| one.call.cmp(&other.call));
    changes.extend(removed);
    changes
}

fn key(operation: &Operation) -> String {
    operation.id.as_str().to_ascii_lowercase()
}

pub(super) fn call(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.url_template)
}

/// Which calls an operation answers, whatever its parameters are called.
pub(super) fn shape(operation: &Operation) -> String {
    let mut text = operation.method.to_string();
    for segment in operation.url_template.segments() {
        text.push('/');
        match segment {
            Segment::Literal(literal) => text.push_str(&literal.to_ascii_lowercase()),
            Segment::Parameter(_) => text.push_str("{}"),
            Segment::Wildcard(_) => text.push_str("{*}"),
            Segment::Compound(pieces) => pieces.iter().for_each(|piece| match piece {
                Piece::Literal(literal) => text.push_str(&literal.to_ascii_lowercase()),
                Piece::Parameter(_) => text.push_str("{}"),
            }),
        }
    }
    let part = |part: &model::QueryPart| match &part.value {
        QueryValue::Literal(value) => format!("{}={value}", part.name).to_ascii_lowercase(),
        QueryValue::Parameter(_) => format!("{}={{}}", part.name).to_ascii_lowercase(),
    };
    let mut query: Vec<String> = operation.url_template.query().iter().map(part).collect();
    query.sort();
    format!("{text}?{}", query.join("&"))
}

impl Import<'_> {
    /// The properties of the file that is planned.
    pub(super) fn planned(&self, plan: &Plan) -> Object {
        let path = artifacts::write::places::api_information(&self.api);
        let file = plan.files.iter().find(|file| file.path == path);
        let properties = file.and_then(|file| {
            let text = String::from_utf8_lossy(&file.bytes).into_owned();
            let value = artifacts::write::json::read(&source::SourceFile::new(path, text)).ok()?;
            value.as_object()?.get("properties")?.as_object().cloned()
        });
        properties.unwrap_or_default()
    }

    /// What changes about the API itself, between the file that is there and the one that is planned.
    pub(super) fn settings(&self, after: &Object) -> Vec<SettingChange> {
        let Some(existing) = &self.existing else { return Vec::new() };
        let before = &existing.properties;
        let old_server = existing.definition.as_ref().and_then(|survey| survey.definition.server.as_ref());
        let new_server = self.survey.definition.server.as_ref();
        let server = |of: &Object, url: Option<&url::Url>| text_of(of, "serviceUrl").or(url.map(url_text));
        let keys =
            |of: &Object, name: &str| text_of(of.get("subscriptionKeyParameterNames")?.as_object()?, name);
        let all = [
            ("server", server(before, old_server), server(after, new_server)),
            ("path", text_of(before, "path"), text_of(after, "path")),
            ("subscription required", flag(before), flag(after)),
            ("key header", keys(before, "header"), keys(after, "header")),
            ("key query parameter", keys(before, "query"), keys(after, "query")),
            ("version", text_of(before, "apiVersion"), text_of(after, "apiVersion")),
        ];
        let changed = all.into_iter().filter(|(_, before, after)| before != after);
        changed.map(|(name, before, after)| SettingChange { name, before, after }).collect()
    }
}

pub(super) fn text_of(object: &Object, name: &str) -> Option<String> {
    object.get(name)?.as_text().map(str::to_owned)
}

fn flag(object: &Object) -> Option<String> {
    // Without the member a key is needed.
    Some(
        if object.get("subscriptionRequired") == Some(&Value::Bool(false)) { "no" } else { "yes" }.to_owned(),
    )
}

/// A URL without the slash that stands for nothing.
pub(super) fn url_text(url: &url::Url) -> String {
    let text = url.as_str();
    text.strip_suffix('/').filter(|_| url.path() == "/").unwrap_or(text).to_owned()
}
