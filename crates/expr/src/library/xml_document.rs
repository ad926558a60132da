//! `XmlDocument` and its elements as official snippets use them: load a text, find nodes, read their text.
//!
//! The types are not on API Management's list; Microsoft's own snippets use them. Nodes are found by location paths of XPath 1.0:
//! names, `*`, `.`, `..`, `//`, `@name`, `text()`, and predicates with a position or a comparison with a text. Anything else in a
//! path throws `NotSupportedException`.

mod path;

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::value::HeapId;
use crate::xml::{self, Wanted, XmlKind, XmlNode};
use crate::{Exception, Text, Value};

use super::arguments::{text, text_or_empty};
use super::natives::{made, named, state, state_mut};
use super::xml_nodes::{enum_value, written};
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("string Name", |cx, a| name(cx, a).map(|(prefix, local)| qualified(&prefix, &local))),
            member("string LocalName", |cx, a| name(cx, a).map(|(_, local)| Value::Text(local))),
            member("string NamespaceURI", |cx, a| {
                let own = own(cx, a)?;
                let name = cx.heap.xml(own).and_then(XmlNode::name);
                Ok(Value::Text(name.map_or(Text::EMPTY, |name| name.namespace.clone())))
            }),
            member("XmlNodeType NodeType", |cx, a| {
                let number = cx.heap.xml(own(cx, a)?).map_or(0, XmlNode::node_type);
                Ok(enum_value("XmlNodeType", number))
            }),
            member("string Value", |cx, a| {
                let own = own(cx, a)?;
                let is_container = cx.heap.xml(own).is_some_and(|node| matches!(node.node_type(), 1 | 9));
                Ok(if is_container { Value::Null } else { Value::Text(cx.heap.xml_value(own)) })
            }),
            member("string InnerText", |cx, a| {
                let text = cx.heap.xml_value(own(cx, a)?);
                cx.grow(text.len())?;
                Ok(Value::Text(text))
            }),
            member("string OuterXml", |cx, a| written(cx, own(cx, a)?, 1).map(Value::Text)),
            member("bool HasChildNodes", |cx, a| {
                Ok(Value::Bool(cx.heap.xml(own(cx, a)?).is_some_and(|node| !node.nodes().is_empty())))
            }),
            member("XmlNode ParentNode", |cx, a| {
                let parent = cx.heap.xml_parent(own(cx, a)?);
                wrapped(cx, parent)
            }),
            member("XmlNode FirstChild", |cx, a| {
                let child = cx.heap.xml(own(cx, a)?).and_then(|node| node.nodes().first()).copied();
                wrapped(cx, child)
            }),
            member("XmlNode SelectSingleNode(string xpath)", |cx, a| {
                let own = own(cx, a)?;
                let found = path::select(cx, own, text(a, 1, "xpath")?.as_str())?;
                wrapped(cx, found.first().copied())
            }),
        ],
        ..TypeSpec::class("System.Xml.XmlNode", "api/system.xml.xmlnode")
    },
    TypeSpec {
        bases: &["XmlNode"],
        members: &[
            member("string GetAttribute(string name)", |cx, a| {
                let found = attribute(cx, a)?;
                Ok(Value::Text(found.map_or(Text::EMPTY, |id| cx.heap.xml_value(id))))
            }),
            member("bool HasAttribute(string name)", |cx, a| Ok(Value::Bool(attribute(cx, a)?.is_some()))),
        ],
        ..TypeSpec::class("System.Xml.XmlElement", "api/system.xml.xmlelement")
    },
    TypeSpec {
        bases: &["XmlNode"],
        members: &[
            member("new()", |cx, _| {
                let id = cx.heap.xml_make(XmlKind::Document { declaration: None, nodes: Vec::new() })?;
                made(cx, Dom { class: "XmlDocument", id })
            }),
            member("void LoadXml(string xml)", |cx, a| {
                let source = text(a, 1, "s")?.clone();
                cx.burn(source.len() as u64 / 16)?;
                cx.heap.charge(source.len())?;
                let id = xml::read(cx.heap, &source, Wanted::Document, false)?;
                state_mut::<Dom>(cx, a, 0)?.id = id;
                Ok(Value::Null)
            }),
            member("XmlElement DocumentElement", |cx, a| {
                let own = own(cx, a)?;
                let nodes = cx.heap.xml(own).map(XmlNode::nodes).unwrap_or_default();
                let root = nodes.iter().find(|id| cx.heap.xml(**id).is_some_and(|node| node.element().is_some()));
                let root = root.copied();
                wrapped(cx, root)
            }),
        ],
        ..TypeSpec::class("System.Xml.XmlDocument", "api/system.xml.xmldocument")
    },
];

/// A node of the old document model: which node it shows.
#[derive(Debug)]
struct Dom {
    class: &'static str,
    id: HeapId,
}

impl NativeObject for Dom {
    fn class(&self) -> Type {
        named(self.class)
    }

    fn key(&self, _: &crate::Heap) -> Option<crate::object::Key> {
        Some(crate::object::Key::Number(26, i128::from(self.id.0)))
    }
}

fn own(cx: &Cx<'_>, args: &[Value]) -> Result<HeapId, Exception> {
    state::<Dom>(cx, args, 0).map(|dom| dom.id)
}

fn wrapped(cx: &mut Cx<'_>, id: Option<HeapId>) -> Eval {
    let Some(id) = id else { return Ok(Value::Null) };
    let class = match cx.heap.xml(id).map(XmlNode::node_type) {
        Some(1) => "XmlElement",
        Some(9) => "XmlDocument",
        _ => "XmlNode",
    };
    made(cx, Dom { class, id })
}

fn attribute(cx: &Cx<'_>, args: &[Value]) -> Result<Option<HeapId>, Exception> {
    let wanted = text_or_empty(args, 1);
    let attributes = cx.heap.xml(own(cx, args)?).map(XmlNode::attributes).unwrap_or_default();
    let same = |id: &&HeapId| {
        cx.heap.xml(**id).and_then(XmlNode::name).is_some_and(|name| {
            name.namespace.is_empty() && name.local.as_str() == wanted
        })
    };
    Ok(attributes.iter().find(same).copied())
}

/// Prefix and local name.
fn name(cx: &Cx<'_>, args: &[Value]) -> Result<(String, Text), Exception> {
    let own = own(cx, args)?;
    let Some(node) = cx.heap.xml(own) else { return Err(Exception::null_reference()) };
    Ok(match &node.kind {
        XmlKind::Element(element) => {
            let prefix = super::json_xml::prefix(cx, own, element.name.namespace.as_str());
            (prefix.unwrap_or_default(), element.name.local.clone())
        }
        XmlKind::Attribute(name, _) => {
            let prefix = super::json_xml::prefix(cx, own, name.namespace.as_str());
            (prefix.unwrap_or_default(), name.local.clone())
        }
        XmlKind::Instruction(target, _) => (String::new(), target.clone()),
        XmlKind::Text(_) => (String::new(), Text::from_static("#text")),
        XmlKind::CData(_) => (String::new(), Text::from_static("#cdata-section")),
        XmlKind::Comment(_) => (String::new(), Text::from_static("#comment")),
        XmlKind::DocumentType(of) => (String::new(), of.name.clone()),
        XmlKind::Document { .. } | XmlKind::Declaration(_) => (String::new(), Text::from_static("#document")),
    })
}

fn qualified(prefix: &str, local: &Text) -> Value {
    if prefix.is_empty() {
        return Value::Text(local.clone());
    }
    Value::Text(Text::from(format!("{prefix}:{}", local.as_str())).tainted_if(local.is_tainted()))
}
