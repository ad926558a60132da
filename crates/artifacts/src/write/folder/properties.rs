//! Members of information files beyond the model's fields.

use model::JsonText;
use source::SourceFile;

use crate::write::{Object, Value, json};

/// An information file: its properties, and what it said beyond them.
pub(super) fn document(properties: Object, rest: Option<&JsonText>) -> String {
    let mut document = Object::new().with("properties", properties);
    if let Some(Value::Object(rest)) = rest.map(value) {
        merge(&mut document, rest);
    }
    json::text(&document.into())
}

/// What is kept as text.
pub(super) fn value(text: &JsonText) -> Value {
    // INVARIANT: it was written by a reader of such documents.
    json::read(&SourceFile::new("kept", text.as_str())).unwrap_or_default()
}

/// Adds the members that are not there, at every depth.
///
/// INVARIANT: what is kept is no deeper than readers allow.
fn merge(into: &mut Object, rest: Object) {
    for (name, value) in rest.into_members() {
        match (into.get_mut(&name), value) {
            (None, value) => into.set(&name, value),
            (Some(Value::Object(there)), Value::Object(more)) => merge(there, more),
            (Some(_), _) => {}
        }
    }
}
