//! `XContainer`, `XDocument`, `XDocumentType` and `XDeclaration`.

use crate::eval::{Cx, Eval};
use crate::value::HeapId;
use crate::xml::{self, Axis, Declaration, DocumentType, Wanted, XmlKind, XmlNode};
use crate::{Exception, Value};

use super::arguments::{arg, id, member as number_of, text};
use super::sequence::collect;
use super::xml_content::{add_all, add_content, end};
use super::xml_names::name_arg;
use super::xml_nodes::{copy, made, walk, walk_named};
use super::{TypeSpec, member, setter};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["XNode"],
        members: &[
            member("XNode FirstNode", |cx, a| Ok(nodes(cx, a)?.first().map_or(Value::Null, |id| Value::Ref(*id)))),
            member("XNode LastNode", |cx, a| Ok(nodes(cx, a)?.last().map_or(Value::Null, |id| Value::Ref(*id)))),
            member("void Add(object content)", add),
            member("void Add(params object[] content)", add),
            member("void AddFirst(object content)", add_first),
            member("void AddFirst(params object[] content)", add_first),
            member("IEnumerable<XNode> DescendantNodes()", |cx, a| walk(cx, a, Axis::DescendantNodes)),
            member("IEnumerable<XElement> Descendants()", |cx, a| walk(cx, a, Axis::Descendants)),
            member("IEnumerable<XElement> Descendants(XName name)", |cx, a| walk_named(cx, a, Axis::Descendants)),
            member("XElement Element(XName name)", element),
            member("IEnumerable<XElement> Elements()", |cx, a| walk(cx, a, Axis::Elements)),
            member("IEnumerable<XElement> Elements(XName name)", |cx, a| walk_named(cx, a, Axis::Elements)),
            member("IEnumerable<XNode> Nodes()", |cx, a| walk(cx, a, Axis::Nodes)),
            member("void RemoveNodes()", |cx, a| {
                cx.heap.xml_clear(id(a, 0)?);
                Ok(Value::Null)
            }),
            member("void ReplaceNodes(object content)", replace_nodes),
            member("void ReplaceNodes(params object[] content)", replace_nodes),
        ],
        ..TypeSpec::class("System.Xml.Linq.XContainer", "api/system.xml.linq.xcontainer")
    },
    TypeSpec {
        bases: &["XContainer"],
        members: &[
            member("new()", |cx, _| made(cx, XmlKind::Document { declaration: None, nodes: Vec::new() })),
            member("new(params object[] content)", |cx, a| new_document(cx, &Value::Null, arg(a, 0))),
            member("new(XDeclaration declaration, params object[] content)", |cx, a| {
                new_document(cx, arg(a, 0), arg(a, 1))
            }),
            member("new(XDocument other)", copy),
            member("XDeclaration Declaration", |cx, a| match cx.heap.xml(id(a, 0)?).map(|node| &node.kind) {
                Some(XmlKind::Document { declaration, .. }) => Ok(declaration.map_or(Value::Null, Value::Ref)),
                _ => Err(Exception::null_reference()),
            }),
            setter("XDeclaration Declaration", |cx, a| {
                let new = match arg(a, 1) {
                    Value::Ref(id) => Some(*id),
                    _ => None,
                };
                if let Some(XmlKind::Document { declaration, .. }) =
                    cx.heap.xml_mut(id(a, 0)?).map(|node| &mut node.kind)
                {
                    *declaration = new;
                }
                Ok(Value::Null)
            }),
            member("XDocumentType DocumentType", |cx, a| child_of_kind(cx, a, 10)),
            member("XElement Root", |cx, a| child_of_kind(cx, a, 1)),
            member("static XDocument Parse(string text)", |cx, a| parse(cx, a, Wanted::Document)),
            member("static XDocument Parse(string text, LoadOptions options)", |cx, a| parse(cx, a, Wanted::Document)),
            member("void Save(TextWriter textWriter)", super::xml_nodes::save),
            member("void Save(TextWriter textWriter, SaveOptions options)", super::xml_nodes::save),
        ],
        ..TypeSpec::class("System.Xml.Linq.XDocument", "api/system.xml.linq.xdocument")
    },
    TypeSpec {
        bases: &["XNode"],
        members: &[
            member("new(string name, string publicId, string systemId, string internalSubset)", |cx, a| {
                let name = text(a, 0, "name")?.clone();
                xml::local_name(name.as_str())?;
                let part = |index: usize| arg(a, index).as_text().cloned();
                let of = DocumentType { name, public: part(1), system: part(2), subset: part(3) };
                made(cx, XmlKind::DocumentType(Box::new(of)))
            }),
            member("new(XDocumentType other)", copy),
            member("string Name", |cx, a| document_type(cx, a).map(|of| Value::Text(of.name))),
            setter("string Name", |cx, a| {
                let name = text(a, 1, "value")?.clone();
                xml::local_name(name.as_str())?;
                change_document_type(cx, a, |of| of.name = name)
            }),
            member("string PublicId", |cx, a| document_type(cx, a).map(|of| of.public.into())),
            setter("string PublicId", |cx, a| {
                let new = arg(a, 1).as_text().cloned();
                change_document_type(cx, a, |of| of.public = new)
            }),
            member("string SystemId", |cx, a| document_type(cx, a).map(|of| of.system.into())),
            setter("string SystemId", |cx, a| {
                let new = arg(a, 1).as_text().cloned();
                change_document_type(cx, a, |of| of.system = new)
            }),
            member("string InternalSubset", |cx, a| document_type(cx, a).map(|of| of.subset.into())),
            setter("string InternalSubset", |cx, a| {
                let new = arg(a, 1).as_text().cloned();
                change_document_type(cx, a, |of| of.subset = new)
            }),
        ],
        ..TypeSpec::class("System.Xml.Linq.XDocumentType", "api/system.xml.linq.xdocumenttype")
    },
    TypeSpec {
        members: &[
            member("new(string version, string encoding, string standalone)", |cx, a| {
                let part = |index: usize| arg(a, index).as_text().cloned();
                let of = Declaration { version: part(0), encoding: part(1), standalone: part(2) };
                made(cx, XmlKind::Declaration(Box::new(of)))
            }),
            member("new(XDeclaration other)", copy),
            member("string Version", |cx, a| declaration(cx, a).map(|of| of.version.into())),
            setter("string Version", |cx, a| {
                let new = arg(a, 1).as_text().cloned();
                change_declaration(cx, a, |of| of.version = new)
            }),
            member("string Encoding", |cx, a| declaration(cx, a).map(|of| of.encoding.into())),
            setter("string Encoding", |cx, a| {
                let new = arg(a, 1).as_text().cloned();
                change_declaration(cx, a, |of| of.encoding = new)
            }),
            member("string Standalone", |cx, a| declaration(cx, a).map(|of| of.standalone.into())),
            setter("string Standalone", |cx, a| {
                let new = arg(a, 1).as_text().cloned();
                change_declaration(cx, a, |of| of.standalone = new)
            }),
        ],
        ..TypeSpec::class("System.Xml.Linq.XDeclaration", "api/system.xml.linq.xdeclaration")
    },
];

fn nodes<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h [HeapId], Exception> {
    Ok(cx.heap.xml(id(args, 0)?).map(XmlNode::nodes).unwrap_or_default())
}

fn add(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let to = id(args, 0)?;
    let at = end(cx, to);
    add_all(cx, to, at, arg(args, 1))?;
    Ok(Value::Null)
}

fn add_first(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    add_all(cx, id(args, 0)?, 0, arg(args, 1))?;
    Ok(Value::Null)
}

/// The first child element of a name.
fn element(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = id(args, 0)?;
    if arg(args, 1).is_null() {
        return Ok(Value::Null);
    }
    let name = name_arg(cx, args, 1)?;
    let nodes = cx.heap.xml(own).map(XmlNode::nodes).unwrap_or_default();
    let named = |id: &&HeapId| cx.heap.xml(**id).and_then(XmlNode::element).is_some_and(|own| own.name == name);
    let found = nodes.iter().position(|id| named(&id));
    let value = found.and_then(|at| nodes.get(at)).map_or(Value::Null, |id| Value::Ref(*id));
    let looked = found.unwrap_or(nodes.len());
    cx.burn(looked as u64 / 4)?;
    Ok(value)
}

/// The content as it is before the nodes are removed: what it holds of them is copied then (`ReplaceNodes`).
pub(super) fn frozen(cx: &mut Cx<'_>, content: &Value) -> Eval {
    match cx.heap.object(content) {
        Some(crate::object::Object::Query(_) | crate::object::Object::Array { .. }) => {
            let mut items = Vec::new();
            for item in collect(cx, content)? {
                items.push(frozen(cx, &item)?);
            }
            cx.heap.make(crate::object::Object::Array { element: crate::types::Type::Object, items })
        }
        _ => Ok(content.clone()),
    }
}

fn replace_nodes(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = id(args, 0)?;
    let content = frozen(cx, arg(args, 1))?;
    cx.heap.xml_clear(own);
    add_all(cx, own, 0, &content)?;
    Ok(Value::Null)
}

fn new_document(cx: &mut Cx<'_>, declaration: &Value, content: &Value) -> Eval {
    let declaration = match declaration {
        Value::Ref(id) => Some(*id),
        _ => None,
    };
    let document = cx.heap.xml_make(XmlKind::Document { declaration, nodes: Vec::new() })?;
    add_content(cx, document, 0, content, 0)?;
    Ok(Value::Ref(document))
}

fn child_of_kind(cx: &mut Cx<'_>, args: &[Value], kind: i32) -> Eval {
    let of_kind = |id: &&HeapId| cx.heap.xml(**id).is_some_and(|node| node.node_type() == kind);
    let found = nodes(cx, args)?.iter().find(of_kind);
    Ok(found.map_or(Value::Null, |id| Value::Ref(*id)))
}

/// `XDocument.Parse`, `XElement.Parse`.
pub(super) fn parse(cx: &mut Cx<'_>, args: &[Value], wanted: Wanted) -> Eval {
    // .NET names the parameter of the reader that it makes.
    let source = text(args, 0, "s")?.clone();
    cx.burn(source.len() as u64 / 16)?;
    cx.heap.charge(source.len())?;
    xml::read(cx.heap, &source, wanted, number_of(args, 1) & 1 != 0).map(Value::Ref)
}

fn document_type(cx: &Cx<'_>, args: &[Value]) -> Result<DocumentType, Exception> {
    match cx.heap.xml(id(args, 0)?).map(|node| &node.kind) {
        Some(XmlKind::DocumentType(of)) => Ok(of.as_ref().clone()),
        _ => Err(Exception::null_reference()),
    }
}

fn change_document_type(cx: &mut Cx<'_>, args: &[Value], with: impl FnOnce(&mut DocumentType)) -> Eval {
    if let Some(XmlKind::DocumentType(of)) = cx.heap.xml_mut(id(args, 0)?).map(|node| &mut node.kind) {
        with(of);
    }
    Ok(Value::Null)
}

fn declaration(cx: &Cx<'_>, args: &[Value]) -> Result<Declaration, Exception> {
    match cx.heap.xml(id(args, 0)?).map(|node| &node.kind) {
        Some(XmlKind::Declaration(of)) => Ok(of.as_ref().clone()),
        _ => Err(Exception::null_reference()),
    }
}

fn change_declaration(cx: &mut Cx<'_>, args: &[Value], with: impl FnOnce(&mut Declaration)) -> Eval {
    if let Some(XmlKind::Declaration(of)) = cx.heap.xml_mut(id(args, 0)?).map(|node| &mut node.kind) {
        with(of);
    }
    Ok(Value::Null)
}

