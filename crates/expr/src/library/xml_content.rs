//! Adding content to XML: what `new XElement(name, content)`, `Add` and their like make of any object.

use crate::eval::Cx;
use crate::object::Object;
use crate::value::HeapId;
use crate::xml::{self, XmlKind, XmlNode};
use crate::{Exception, Text, Value};

use super::sequence::Cursor;

/// Adds content at a place: sequences element by element, attributes to the element, everything else as text. Gives the
/// place behind it.
pub(super) fn add_content(
    cx: &mut Cx<'_>,
    to: HeapId,
    at: usize,
    content: &Value,
    depth: u32,
) -> Result<usize, Exception> {
    cx.burn(1)?;
    if depth > 32 {
        return Err(Exception::limit("The content is nested too deeply."));
    }
    if content.is_null() {
        return Ok(at);
    }
    if let Some((id, node)) = cx.heap.xml_of(content) {
        match node.kind {
            XmlKind::Attribute(..) => return add_attribute(cx, to, id).map(|()| at),
            XmlKind::Declaration(_) => {}
            _ => {
                let count = cx.heap.xml(to).map_or(0, |node| node.nodes().len());
                if at < count {
                    cx.burn(count as u64 / 64)?;
                }
                return cx.heap.xml_add_node(to, at, id);
            }
        }
    } else if is_sequence(cx, content) {
        let mut place = at;
        let mut cursor = Cursor::over(cx, content)?;
        while let Some(item) = cursor.next(cx)? {
            place = add_content(cx, to, place, &item, depth + 1)?;
        }
        return Ok(place);
    }
    let text = text_of(cx, content)?;
    cx.heap.xml_add_text(to, at, &text)
}

/// Adds content at the end, or at a place.
pub(super) fn add_all(cx: &mut Cx<'_>, to: HeapId, at: usize, content: &Value) -> Result<(), Exception> {
    add_content(cx, to, at, content, 0).map(drop)
}

/// The place behind all nodes of a container.
pub(super) fn end(cx: &Cx<'_>, container: HeapId) -> usize {
    cx.heap.xml(container).map_or(0, |node| node.nodes().len())
}

fn add_attribute(cx: &mut Cx<'_>, to: HeapId, attribute: HeapId) -> Result<(), Exception> {
    if cx.heap.xml(to).and_then(XmlNode::element).is_none() {
        let message = "An attribute cannot be added to content.";
        return Err(Exception::new("System.ArgumentException", Text::from_static(message)));
    }
    let count = cx.heap.xml(to).map_or(0, |node| node.attributes().len());
    cx.burn(count as u64 / 8)?;
    cx.heap.xml_add_attribute(to, attribute)
}

fn is_sequence(cx: &Cx<'_>, content: &Value) -> bool {
    match cx.heap.object(content) {
        Some(
            Object::Array { .. }
            | Object::Bytes { .. }
            | Object::List { .. }
            | Object::Dictionary(_)
            | Object::Set(_)
            | Object::Query(_)
            | Object::Json(_),
        ) => true,
        Some(Object::Native(native)) => native.items().is_some(),
        _ => false,
    }
}

/// The text of a value as content (`XContainer.GetStringValue`).
pub(super) fn text_of(cx: &mut Cx<'_>, value: &Value) -> Result<Text, Exception> {
    if let Some(text) = xml::content_text(value) {
        return Ok(text);
    }
    if cx.heap.xml_of(value).is_some_and(|(_, node)| !matches!(node.kind, XmlKind::Declaration(_))) {
        let message = "An XObject cannot be used as a value.";
        return Err(Exception::new("System.ArgumentException", Text::from_static(message)));
    }
    cx.display(value)
}
