//! Adding content to JSON: what `Add`, `AddFirst`, `AddAfterSelf` and the constructors make of any object.

use crate::eval::{Cx, runtime_type};
use crate::json::{self, JsonKind, JsonType};
use crate::object::Object;
use crate::value::HeapId;
use crate::{Exception, Text, Value};

use super::sequence::Cursor;

/// Adds content at a place, or at the end: sequences element by element (`JContainer.AddInternal`). Gives the place
/// behind it.
pub(super) fn add_content(
    cx: &mut Cx<'_>,
    to: HeapId,
    at: Option<usize>,
    content: &Value,
    depth: u32,
) -> Result<Option<usize>, Exception> {
    cx.burn(1)?;
    if depth > 32 {
        return Err(Exception::limit("The content is nested too deeply."));
    }
    if !is_multiple(cx, content) {
        let node = token_of(cx, content)?;
        insert(cx, to, at, node)?;
        return Ok(at.map(|at| at + 1));
    }
    let mut place = at;
    let mut cursor = Cursor::over(cx, content)?;
    while let Some(item) = cursor.next(cx)? {
        place = add_content(cx, to, place, &item, depth + 1)?;
    }
    Ok(place)
}

/// Whether content counts as several: sequences other than text, bytes and tokens (`JContainer.IsMultiContent`).
pub(super) fn is_multiple(cx: &Cx<'_>, content: &Value) -> bool {
    match cx.heap.object(content) {
        Some(
            Object::Array { .. }
            | Object::List { .. }
            | Object::Dictionary(_)
            | Object::Set(_)
            | Object::Query(_),
        ) => true,
        Some(Object::Native(native)) => native.items().is_some() || native.live(0).is_some(),
        _ => false,
    }
}

/// A single value as a token (`JContainer.CreateFromContent`).
pub(super) fn token_of(cx: &mut Cx<'_>, content: &Value) -> Result<HeapId, Exception> {
    let plain = match cx.heap.object(content) {
        None => !matches!(content, Value::Host(_)),
        Some(Object::Json(_) | Object::Bytes { .. }) => true,
        Some(Object::Native(native)) => json::uri_text(native.as_ref()).is_some(),
        Some(_) => false,
    };
    if plain {
        return json::from_value(cx.heap, content);
    }
    let class = runtime_type(cx.heap, content).net_name();
    let message = format!("Could not determine JSON object type for type {class}.");
    Err(Exception::new("System.ArgumentException", message))
}

fn class_of(cx: &Cx<'_>, id: HeapId) -> String {
    runtime_type(cx.heap, &Value::Ref(id)).net_name()
}

fn cannot_add(cx: &Cx<'_>, node: HeapId, to: HeapId) -> Exception {
    let message = format!("Can not add {} to {}.", class_of(cx, node), class_of(cx, to));
    Exception::new("System.ArgumentException", message)
}

/// Puts a token into a container, at a place or at the end.
pub(super) fn insert(cx: &mut Cx<'_>, to: HeapId, at: Option<usize>, node: HeapId) -> Result<(), Exception> {
    let is_property = cx.heap.json(node).is_some_and(|node| node.ty() == JsonType::Property);
    match cx.heap.json(to).map(|to| &to.kind) {
        Some(JsonKind::Array(_) | JsonKind::Constructor(..)) if is_property => Err(cannot_add(cx, node, to)),
        Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)) => {
            if at.is_some_and(|at| at < items.len()) {
                let moved = items.len() as u64;
                cx.burn(moved / 64)?;
            }
            cx.heap.json_insert(to, at, node)
        }
        Some(JsonKind::Object(_)) if is_property => cx.heap.json_add_property(to, node, at),
        Some(JsonKind::Object(_)) => Err(cannot_add(cx, node, to)),
        Some(JsonKind::Property(_)) => Err(Exception::new(
            "Newtonsoft.Json.JsonException",
            Text::from_static("Newtonsoft.Json.Linq.JProperty cannot have multiple values."),
        )),
        Some(JsonKind::Value(..)) | None => Err(Exception::null_reference()),
    }
}

/// A value for a property: several become an array.
pub(super) fn property_content(cx: &mut Cx<'_>, content: &Value) -> Result<HeapId, Exception> {
    if !is_multiple(cx, content) {
        let node = token_of(cx, content)?;
        if cx.heap.json(node).is_some_and(|node| node.ty() == JsonType::Property) {
            let message = "Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JProperty.";
            return Err(Exception::new("System.ArgumentException", Text::from_static(message)));
        }
        return Ok(node);
    }
    let array = cx.heap.json_node(JsonKind::Array(Vec::new()))?;
    add_content(cx, array, None, content, 0)?;
    Ok(array)
}

/// A property's items are its value and nothing else.
pub(super) fn fixed_items() -> Exception {
    let message = "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.";
    Exception::new("Newtonsoft.Json.JsonException", Text::from_static(message))
}
