//! `XObject`, `XNode` and the nodes that hold nothing else: text, comments, instructions, document types.

use crate::eval::{Cx, Eval};
use crate::value::{EnumValue, HeapId};
use crate::xml::{self, Axis, Name, Walk, WriteOptions, XmlKind, XmlNode};
use crate::{Exception, Text, Value};

use super::arguments::{arg, id, member as number_of, text};
use super::natives::named;
use super::sequence::{Op, Query, sequence};
use super::xml_content::{add_all, add_content};
use super::{TypeSpec, member, setter};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("string BaseUri", |_, _| Ok(Value::Text(Text::EMPTY))),
            member("XDocument Document", |cx, a| {
                let root = cx.heap.xml_root(id(a, 0)?);
                let is_document = matches!(cx.heap.xml(root).map(|node| &node.kind), Some(XmlKind::Document { .. }));
                Ok(if is_document { Value::Ref(root) } else { Value::Null })
            }),
            member("XmlNodeType NodeType", |cx, a| {
                let number = cx.heap.xml(id(a, 0)?).map_or(0, XmlNode::node_type);
                Ok(enum_value("XmlNodeType", number))
            }),
            member("XElement Parent", |cx, a| {
                let parent = cx.heap.xml_parent(id(a, 0)?);
                let element = parent.filter(|id| cx.heap.xml(*id).is_some_and(|node| node.element().is_some()));
                Ok(element.map_or(Value::Null, Value::Ref))
            }),
            member("void AddAnnotation(object annotation)", super::annotations::add),
            member("T Annotation<T>()", super::annotations::first),
            member("IEnumerable<T> Annotations<T>()", super::annotations::all),
            member("void RemoveAnnotations<T>()", super::annotations::remove),
            member("object Annotation(Type type)", super::annotations::first_of),
            member("IEnumerable<object> Annotations(Type type)", super::annotations::all_of),
            member("void RemoveAnnotations(Type type)", super::annotations::remove_of),
        ],
        ..TypeSpec::class("System.Xml.Linq.XObject", "api/system.xml.linq.xobject")
    },
    TypeSpec {
        bases: &["XObject"],
        members: &[
            member("XNode NextNode", |cx, a| beside(cx, a, 1)),
            member("XNode PreviousNode", |cx, a| beside(cx, a, -1)),
            member("static XNodeDocumentOrderComparer DocumentOrderComparer", |cx, _| {
                super::natives::made(cx, super::xml_extensions::Comparer("XNodeDocumentOrderComparer"))
            }),
            member("static XNodeEqualityComparer EqualityComparer", |cx, _| {
                super::natives::made(cx, super::xml_extensions::Comparer("XNodeEqualityComparer"))
            }),
            member("void AddAfterSelf(object content)", |cx, a| add_beside(cx, a, 1)),
            member("void AddAfterSelf(params object[] content)", |cx, a| add_beside(cx, a, 1)),
            member("void AddBeforeSelf(object content)", |cx, a| add_beside(cx, a, 0)),
            member("void AddBeforeSelf(params object[] content)", |cx, a| add_beside(cx, a, 0)),
            member("IEnumerable<XElement> Ancestors()", |cx, a| walk(cx, a, Axis::Ancestors)),
            member("IEnumerable<XElement> Ancestors(XName name)", |cx, a| walk_named(cx, a, Axis::Ancestors)),
            member("static int CompareDocumentOrder(XNode n1, XNode n2)", |cx, a| compare_order(cx, arg(a, 0), arg(a, 1)).map(Value::Int32)),
            member("XmlReader CreateReader()", |cx, a| {
                let text = written(cx, id(a, 0)?, 1)?;
                super::xml_reader::over(cx, &text)
            }),
            member("IEnumerable<XNode> NodesAfterSelf()", |cx, a| walk(cx, a, Axis::NodesAfter)),
            member("IEnumerable<XNode> NodesBeforeSelf()", |cx, a| walk(cx, a, Axis::NodesBefore)),
            member("IEnumerable<XElement> ElementsAfterSelf()", |cx, a| walk(cx, a, Axis::ElementsAfter)),
            member("IEnumerable<XElement> ElementsAfterSelf(XName name)", |cx, a| walk_named(cx, a, Axis::ElementsAfter)),
            member("IEnumerable<XElement> ElementsBeforeSelf()", |cx, a| walk(cx, a, Axis::ElementsBefore)),
            member("IEnumerable<XElement> ElementsBeforeSelf(XName name)", |cx, a| walk_named(cx, a, Axis::ElementsBefore)),
            member("bool IsAfter(XNode node)", |cx, a| compare_order(cx, arg(a, 0), arg(a, 1)).map(|order| Value::Bool(order > 0))),
            member("bool IsBefore(XNode node)", |cx, a| compare_order(cx, arg(a, 0), arg(a, 1)).map(|order| Value::Bool(order < 0))),
            member("static XNode ReadFrom(XmlReader reader)", super::xml_reader::read_node),
            member("void Remove()", |cx, a| {
                cx.heap.xml_remove(id(a, 0)?)?;
                Ok(Value::Null)
            }),
            member("void ReplaceWith(object content)", replace_with),
            member("void ReplaceWith(params object[] content)", replace_with),
            member("string ToString(SaveOptions options)", |cx, a| {
                written(cx, id(a, 0)?, number_of(a, 1)).map(Value::Text)
            }),
            member("static bool DeepEquals(XNode n1, XNode n2)", |cx, a| Ok(Value::Bool(equal(cx, arg(a, 0), arg(a, 1))))),
        ],
        ..TypeSpec::class("System.Xml.Linq.XNode", "api/system.xml.linq.xnode")
    },
    TypeSpec {
        bases: &["XNode"],
        members: &[
            member("new(string value)", |cx, a| made(cx, XmlKind::Text(text(a, 0, "value")?.clone()))),
            member("new(XText other)", copy),
            member("string Value", value),
            setter("string Value", |cx, a| set_text(cx, a, text(a, 1, "value")?)),
        ],
        ..TypeSpec::class("System.Xml.Linq.XText", "api/system.xml.linq.xtext")
    },
    TypeSpec {
        bases: &["XText"],
        members: &[
            member("new(string value)", |cx, a| made(cx, XmlKind::CData(text(a, 0, "value")?.clone()))),
            member("new(XCData other)", copy),
        ],
        ..TypeSpec::class("System.Xml.Linq.XCData", "api/system.xml.linq.xcdata")
    },
    TypeSpec {
        bases: &["XNode"],
        members: &[
            member("new(string value)", |cx, a| made(cx, XmlKind::Comment(text(a, 0, "value")?.clone()))),
            member("new(XComment other)", copy),
            member("string Value", value),
            setter("string Value", |cx, a| set_text(cx, a, text(a, 1, "value")?)),
        ],
        ..TypeSpec::class("System.Xml.Linq.XComment", "api/system.xml.linq.xcomment")
    },
    TypeSpec {
        bases: &["XNode"],
        members: &[
            member("new(string target, string data)", |cx, a| {
                let target = target(text(a, 0, "target")?)?;
                made(cx, XmlKind::Instruction(target, text(a, 1, "data")?.clone()))
            }),
            member("new(XProcessingInstruction other)", copy),
            member("string Target", |cx, a| instruction(cx, a).map(|(target, _)| Value::Text(target))),
            setter("string Target", |cx, a| {
                let (_, data) = instruction(cx, a)?;
                let target = target(text(a, 1, "value")?)?;
                set_kind(cx, a, XmlKind::Instruction(target, data))
            }),
            member("string Data", |cx, a| instruction(cx, a).map(|(_, data)| Value::Text(data))),
            setter("string Data", |cx, a| {
                let (target, _) = instruction(cx, a)?;
                set_kind(cx, a, XmlKind::Instruction(target, text(a, 1, "value")?.clone()))
            }),
        ],
        ..TypeSpec::class("System.Xml.Linq.XProcessingInstruction", "api/system.xml.linq.xprocessinginstruction")
    },
];

/// A member of an enum.
pub(super) fn enum_value(class: &str, number: i32) -> Value {
    match named(class) {
        crate::types::Type::Class(class, _) => Value::Enum(EnumValue { class, number }),
        _ => Value::Int32(number),
    }
}

/// A new node.
pub(super) fn made(cx: &mut Cx<'_>, kind: XmlKind) -> Eval {
    cx.heap.xml_make(kind).map(Value::Ref)
}

/// A copy of the node that is the first argument.
pub(super) fn copy(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match arg(args, 0) {
        Value::Ref(id) => cx.heap.xml_clone(*id, 0).map(Value::Ref),
        _ => Err(Exception::argument_null("other")),
    }
}

/// `Value`, of anything that has one.
pub(super) fn value(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let text = cx.heap.xml_value(id(args, 0)?);
    cx.grow(text.len())?;
    Ok(Value::Text(text))
}

fn set_text(cx: &mut Cx<'_>, args: &[Value], new: &Text) -> Eval {
    let kind = match cx.heap.xml(id(args, 0)?).map(|node| &node.kind) {
        Some(XmlKind::CData(_)) => XmlKind::CData(new.clone()),
        Some(XmlKind::Comment(_)) => XmlKind::Comment(new.clone()),
        _ => XmlKind::Text(new.clone()),
    };
    set_kind(cx, args, kind)
}

/// Changes what the first argument is.
pub(super) fn set_kind(cx: &mut Cx<'_>, args: &[Value], kind: XmlKind) -> Eval {
    cx.heap.charge(64)?;
    if let Some(node) = cx.heap.xml_mut(id(args, 0)?) {
        node.kind = kind;
    }
    Ok(Value::Null)
}

fn instruction(cx: &Cx<'_>, args: &[Value]) -> Result<(Text, Text), Exception> {
    match cx.heap.xml(id(args, 0)?).map(|node| &node.kind) {
        Some(XmlKind::Instruction(target, data)) => Ok((target.clone(), data.clone())),
        _ => Err(Exception::null_reference()),
    }
}

fn target(target: &Text) -> Result<Text, Exception> {
    xml::local_name(target.as_str())?;
    if target.as_str().eq_ignore_ascii_case("xml") {
        let message = format!("'{}' is an invalid name for a processing instruction.", target.as_str());
        return Err(Exception::new("System.ArgumentException", message));
    }
    Ok(target.clone())
}

/// The text of a node with `SaveOptions`.
pub(super) fn written(cx: &mut Cx<'_>, id: HeapId, options: i32) -> Result<Text, Exception> {
    let options = WriteOptions { indent: options & 1 == 0, omit_duplicates: options & 2 != 0 };
    let text = xml::write(cx.heap, id, options)?;
    cx.grow(text.len())?;
    Ok(text)
}

/// `Save(TextWriter)`: the declaration, with the encoding of text in memory, and the node.
pub(super) fn save(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = id(args, 0)?;
    let options = number_of(args, 2);
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("output"));
    }
    let standalone = match cx.heap.xml(own).map(|node| &node.kind) {
        Some(XmlKind::Document { declaration: Some(declaration), .. }) => {
            match cx.heap.xml(*declaration).map(|node| &node.kind) {
                Some(XmlKind::Declaration(of)) => of.standalone.clone(),
                _ => None,
            }
        }
        _ => None,
    };
    let of = xml::Declaration {
        version: Some(Text::from_static("1.0")),
        encoding: Some(Text::from_static("utf-16")),
        standalone: standalone.filter(|value| matches!(value.as_str(), "yes" | "no")),
    };
    let line = if options & 1 == 0 { "\r\n" } else { "" };
    let text = written(cx, own, options)?;
    let whole = format!("{}{line}{}", xml::declaration_text(&of), text.as_str());
    let whole = Text::from(whole).tainted_if(text.is_tainted());
    super::io::write(cx, args.get(1..).unwrap_or_default(), &whole, false)
}

/// A walk along an axis from the first argument.
pub(super) fn walk(cx: &mut Cx<'_>, args: &[Value], axis: Axis) -> Eval {
    let from = id(args, 0)?;
    start(cx, from, axis, None)
}

/// The same, of nodes with the name that is the second argument; none without a name.
pub(super) fn walk_named(cx: &mut Cx<'_>, args: &[Value], axis: Axis) -> Eval {
    match cx.heap.name_of(arg(args, 1)) {
        Some(name) => {
            let from = id(args, 0)?;
            start(cx, from, axis, Some(name))
        }
        None => {
            let items = Query::of(element_of(axis), Vec::new());
            sequence(cx, items)
        }
    }
}

fn start(cx: &mut Cx<'_>, from: HeapId, axis: Axis, name: Option<Name>) -> Eval {
    let op = Op::Walk(Box::new(Walk::new(from, axis, name)));
    sequence(cx, Query::new(element_of(axis), &Value::Ref(from), op))
}

/// The type of the nodes of an axis.
pub(super) fn element_of(axis: Axis) -> crate::types::Type {
    named(match axis {
        Axis::Attributes => "XAttribute",
        Axis::Nodes
        | Axis::DescendantNodes
        | Axis::DescendantNodesAndSelf
        | Axis::NodesAfter
        | Axis::NodesBefore => "XNode",
        _ => "XElement",
    })
}

fn beside(cx: &mut Cx<'_>, args: &[Value], step: isize) -> Eval {
    let own = id(args, 0)?;
    let Some(parent) = cx.heap.xml_parent(own) else { return Ok(Value::Null) };
    let nodes = cx.heap.xml(parent).map(XmlNode::nodes).unwrap_or_default();
    let count = nodes.len() as u64;
    let at = nodes.iter().position(|id| *id == own);
    let next = at.and_then(|at| at.checked_add_signed(step)).and_then(|at| nodes.get(at)).copied();
    cx.burn(count / 16)?;
    Ok(next.map_or(Value::Null, Value::Ref))
}

fn place(cx: &Cx<'_>, own: HeapId) -> Result<(HeapId, usize), Exception> {
    let parent = cx.heap.xml_parent(own);
    let parent = parent.ok_or_else(|| Exception::invalid_operation("The parent is missing."))?;
    Ok((parent, cx.heap.xml_position(parent, own, 0).unwrap_or(0)))
}

fn add_beside(cx: &mut Cx<'_>, args: &[Value], after: usize) -> Eval {
    let (parent, at) = place(cx, id(args, 0)?)?;
    add_content(cx, parent, at + after, arg(args, 1), 0)?;
    Ok(Value::Null)
}

fn replace_with(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = id(args, 0)?;
    let (parent, at) = place(cx, own)?;
    cx.heap.xml_remove(own)?;
    add_all(cx, parent, at, arg(args, 1))?;
    Ok(Value::Null)
}

/// `XNode.CompareDocumentOrder`.
pub(super) fn compare_order(cx: &mut Cx<'_>, left: &Value, right: &Value) -> Result<i32, Exception> {
    let (left, right) = match (left, right) {
        (Value::Ref(left), Value::Ref(right)) => (*left, *right),
        (Value::Null, Value::Null) => return Ok(0),
        (Value::Null, _) => return Ok(-1),
        _ => return Ok(1),
    };
    cx.burn(4)?;
    let ((root, way), (other, to)) = (cx.heap.xml_address(left), cx.heap.xml_address(right));
    if root != other {
        return Err(Exception::invalid_operation("A common ancestor is missing."));
    }
    Ok(way.cmp(&to) as i32)
}

/// `XNode.DeepEquals`.
pub(super) fn equal(cx: &Cx<'_>, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Ref(left), Value::Ref(right)) => left == right || cx.heap.xml_equal(*left, *right, 0),
        (left, right) => left.is_null() && right.is_null(),
    }
}
