//! From a text, or from a reader's place, to nodes of the heap.

use crate::value::HeapId;
use crate::{Exception, Heap, Text};

use super::markup::{Attribute, Event, Markup, Settings, Tag};
use super::names::is_blank;
use super::node::{Element, XmlKind};

/// What a text is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Document,
    Element,
}

/// `XDocument.Parse` and `XElement.Parse`.
///
/// # Errors
/// `System.Xml.XmlException`.
pub(crate) fn read(
    heap: &mut Heap,
    text: &Text,
    wanted: Wanted,
    keep_space: bool,
) -> Result<HeapId, Exception> {
    let mut markup = Markup::new(text, Settings::WithDocumentType);
    match wanted {
        Wanted::Document => document(heap, &mut markup, keep_space),
        Wanted::Element => {
            let mut root = None;
            while let Some(event) = markup.next()? {
                if let Event::Start(tag) = event {
                    root = Some(build(heap, &mut markup, tag, keep_space)?);
                }
            }
            root.ok_or_else(Exception::null_reference)
        }
    }
}

fn document(heap: &mut Heap, markup: &mut Markup, keep_space: bool) -> Result<HeapId, Exception> {
    let mut nodes = Vec::new();
    let mut declaration = None;
    while let Some(event) = markup.next()? {
        match event {
            Event::Declaration(found) => {
                declaration = Some(heap.xml_make(XmlKind::Declaration(Box::new(found)))?);
            }
            Event::Space(_, _) if !keep_space => {}
            other => nodes.extend(build_node(heap, markup, other, keep_space)?),
        }
    }
    let document = heap.xml_make(XmlKind::Document { declaration, nodes: Vec::new() })?;
    attach(heap, document, nodes)?;
    Ok(document)
}

/// Puts new nodes, which have no parent, into a new container.
fn attach(heap: &mut Heap, container: HeapId, nodes: Vec<HeapId>) -> Result<(), Exception> {
    heap.charge(nodes.len() * 8)?;
    for &node in &nodes {
        if let Some(node) = heap.xml_mut(node) {
            node.parent = Some(container);
        }
    }
    if let Some(own) = heap.xml_mut(container).and_then(super::XmlNode::nodes_mut) {
        *own = nodes;
    }
    Ok(())
}

/// The node of one event, with what is inside of it; none for an end.
pub(crate) fn build_node(
    heap: &mut Heap,
    markup: &mut Markup,
    event: Event,
    keep_space: bool,
) -> Result<Option<HeapId>, Exception> {
    let kind = match event {
        Event::Start(tag) => return build(heap, markup, tag, keep_space).map(Some),
        Event::Text(text) | Event::Space(text, _) => XmlKind::Text(text),
        Event::CData(text) => XmlKind::CData(text),
        Event::Comment(text) => XmlKind::Comment(text),
        Event::Instruction(target, data) => XmlKind::Instruction(target, data),
        Event::DocumentType(of) => XmlKind::DocumentType(Box::new(of)),
        Event::Declaration(_) | Event::End(..) => return Ok(None),
    };
    heap.xml_make(kind).map(Some)
}

/// The element whose start tag was just read, up to its end tag. Nesting does not recurse.
pub(crate) fn build(
    heap: &mut Heap,
    markup: &mut Markup,
    tag: Tag,
    keep_space: bool,
) -> Result<HeapId, Exception> {
    let empty = tag.empty;
    let root = element(heap, tag)?;
    if empty {
        return Ok(root);
    }
    let mut open: Vec<(HeapId, Vec<HeapId>)> = vec![(root, Vec::new())];
    while let Some(event) = markup.next()? {
        let node = match event {
            Event::End(..) => {
                let Some((id, nodes)) = open.pop() else { break };
                close(heap, id, nodes)?;
                if open.is_empty() {
                    return Ok(root);
                }
                continue;
            }
            Event::Space(_, false) if !keep_space => continue,
            Event::Start(tag) => {
                let empty = tag.empty;
                let id = element(heap, tag)?;
                if let Some((_, nodes)) = open.last_mut() {
                    nodes.push(id);
                }
                if !empty {
                    open.push((id, Vec::new()));
                }
                continue;
            }
            other => build_node(heap, markup, other, keep_space)?,
        };
        if let Some((_, nodes)) = open.last_mut() {
            nodes.extend(node);
        }
    }
    Ok(root)
}

fn close(heap: &mut Heap, id: HeapId, nodes: Vec<HeapId>) -> Result<(), Exception> {
    attach(heap, id, nodes)?;
    if let Some(element) = heap.xml_mut(id).and_then(super::XmlNode::element_mut) {
        element.open = true;
    }
    Ok(())
}

fn element(heap: &mut Heap, tag: Tag) -> Result<HeapId, Exception> {
    let id = heap.xml_make(XmlKind::Element(Box::new(Element {
        name: tag.name,
        attributes: Vec::new(),
        nodes: Vec::new(),
        open: false,
    })))?;
    let mut attributes = Vec::with_capacity(tag.attributes.len());
    for Attribute { name, value, .. } in tag.attributes {
        let attribute = heap.xml_make(XmlKind::Attribute(name, value))?;
        if let Some(node) = heap.xml_mut(attribute) {
            node.parent = Some(id);
        }
        attributes.push(attribute);
    }
    if let Some(element) = heap.xml_mut(id).and_then(super::XmlNode::element_mut) {
        element.attributes = attributes;
    }
    Ok(id)
}

/// Whether text may stand beside the root of a document.
pub(super) fn fits_document(text: &Text) -> Result<(), Exception> {
    if is_blank(text.as_str()) {
        return Ok(());
    }
    let message = "Non-whitespace characters cannot be added to content.";
    Err(Exception::new("System.ArgumentException", Text::from_static(message)))
}
