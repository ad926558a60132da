//! `System.Xml.Linq.Extensions`: axes of many nodes at once, and the two comparers.

use crate::eval::{Cx, Eval};
use crate::object::{Key, NativeObject};
use crate::types::Type;
use crate::value::HeapId;
use crate::xml::{Axis, WriteOptions};
use crate::{Exception, Heap, Text, Value};

use super::arguments::{arg, id};
use super::natives::named;
use super::sequence::{Op, Query, collect, sequence};
use super::xml_nodes::{compare_order, element_of, equal};
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source)", |cx, a| each(cx, a, Axis::Attributes)),
            member("static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source, XName name)", |cx, a| each(cx, a, Axis::Attributes)),
            member("static IEnumerable<XElement> Ancestors<T>(this IEnumerable<T> source) where T : XNode", |cx, a| each(cx, a, Axis::Ancestors)),
            member("static IEnumerable<XElement> Ancestors<T>(this IEnumerable<T> source, XName name) where T : XNode", |cx, a| each(cx, a, Axis::Ancestors)),
            member("static IEnumerable<XElement> AncestorsAndSelf(this IEnumerable<XElement> source)", |cx, a| each(cx, a, Axis::AncestorsAndSelf)),
            member("static IEnumerable<XElement> AncestorsAndSelf(this IEnumerable<XElement> source, XName name)", |cx, a| each(cx, a, Axis::AncestorsAndSelf)),
            member("static IEnumerable<XNode> Nodes<T>(this IEnumerable<T> source) where T : XContainer", |cx, a| each(cx, a, Axis::Nodes)),
            member("static IEnumerable<XNode> DescendantNodes<T>(this IEnumerable<T> source) where T : XContainer", |cx, a| each(cx, a, Axis::DescendantNodes)),
            member("static IEnumerable<XElement> Descendants<T>(this IEnumerable<T> source) where T : XContainer", |cx, a| each(cx, a, Axis::Descendants)),
            member("static IEnumerable<XElement> Descendants<T>(this IEnumerable<T> source, XName name) where T : XContainer", |cx, a| each(cx, a, Axis::Descendants)),
            member("static IEnumerable<XNode> DescendantNodesAndSelf(this IEnumerable<XElement> source)", |cx, a| each(cx, a, Axis::DescendantNodesAndSelf)),
            member("static IEnumerable<XElement> DescendantsAndSelf(this IEnumerable<XElement> source)", |cx, a| each(cx, a, Axis::DescendantsAndSelf)),
            member("static IEnumerable<XElement> DescendantsAndSelf(this IEnumerable<XElement> source, XName name)", |cx, a| each(cx, a, Axis::DescendantsAndSelf)),
            member("static IEnumerable<XElement> Elements<T>(this IEnumerable<T> source) where T : XContainer", |cx, a| each(cx, a, Axis::Elements)),
            member("static IEnumerable<XElement> Elements<T>(this IEnumerable<T> source, XName name) where T : XContainer", |cx, a| each(cx, a, Axis::Elements)),
            member("static IEnumerable<T> InDocumentOrder<T>(this IEnumerable<T> source) where T : XNode", in_order),
            member("static void Remove(this IEnumerable<XAttribute> source)", remove),
            member("static void Remove<T>(this IEnumerable<T> source) where T : XNode", remove),
        ],
        ..TypeSpec::statics("System.Xml.Linq.Extensions", "api/system.xml.linq.extensions")
    },
    TypeSpec {
        bases: &["IComparer<XNode>"],
        members: &[
            member("new()", |cx, _| super::natives::made(cx, Comparer("XNodeDocumentOrderComparer"))),
            member("int Compare(XNode x, XNode y)", |cx, a| compare_order(cx, arg(a, 1), arg(a, 2)).map(Value::Int32)),
        ],
        ..TypeSpec::class("System.Xml.Linq.XNodeDocumentOrderComparer", "api/system.xml.linq.xnodedocumentordercomparer")
    },
    TypeSpec {
        bases: &["IEqualityComparer<XNode>"],
        members: &[
            member("new()", |cx, _| super::natives::made(cx, Comparer("XNodeEqualityComparer"))),
            member("bool Equals(XNode x, XNode y)", |cx, a| Ok(Value::Bool(equal(cx, arg(a, 1), arg(a, 2))))),
            member("int GetHashCode(XNode obj)", |cx, a| {
                // Equal nodes have equal texts inside.
                let text = match arg(a, 1) {
                    Value::Ref(id) => cx.heap.xml_value(*id),
                    _ => Text::EMPTY,
                };
                let hash = text.as_bytes().iter().fold(17_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add((*byte).into()));
                Ok(Value::Int32(hash))
            }),
        ],
        ..TypeSpec::class("System.Xml.Linq.XNodeEqualityComparer", "api/system.xml.linq.xnodeequalitycomparer")
    },
];

/// A comparer of nodes: which one.
#[derive(Debug)]
pub(super) struct Comparer(pub(super) &'static str);

impl NativeObject for Comparer {
    fn class(&self) -> Type {
        named(self.0)
    }

    fn comparer(&self) -> Option<&dyn crate::object::Comparer> {
        Some(self)
    }
}

impl crate::object::Comparer for Comparer {
    /// Equal nodes are written alike.
    fn key(&self, heap: &Heap, value: &Value) -> Key {
        let options = WriteOptions { indent: false, omit_duplicates: false };
        match value {
            Value::Ref(id) if heap.xml(*id).is_some() => {
                crate::xml::write(heap, *id, options).map_or_else(|_| heap.key(value, false), Key::Text)
            }
            other => heap.key(other, false),
        }
    }

    fn order(&self, heap: &Heap, a: &Value, b: &Value) -> Result<std::cmp::Ordering, Exception> {
        match (a, b) {
            (Value::Ref(a), Value::Ref(b)) => {
                let ((root, way), (other, to)) = (heap.xml_address(*a), heap.xml_address(*b));
                if root == other {
                    Ok(way.cmp(&to))
                } else {
                    Err(Exception::invalid_operation("A common ancestor is missing."))
                }
            }
            (a, b) => Ok(b.is_null().cmp(&a.is_null())),
        }
    }
}

/// An axis of each node of a sequence, deferred.
fn each(cx: &mut Cx<'_>, args: &[Value], axis: Axis) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("source"));
    }
    let name = match args.get(1) {
        None => None,
        Some(Value::Null) => return sequence(cx, Query::of(element_of(axis), Vec::new())),
        Some(name) => cx.heap.name_of(name),
    };
    sequence(cx, Query::new(element_of(axis), arg(args, 0), Op::WalkEach(axis, name.map(Box::new))))
}

fn in_order(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("source"));
    }
    let element = cx.type_arg(0);
    let mut rows: Vec<((HeapId, Vec<usize>), Value)> = Vec::new();
    for item in collect(cx, arg(args, 0))? {
        let own = id(std::slice::from_ref(&item), 0)?;
        cx.burn(4)?;
        rows.push((cx.heap.xml_address(own), item));
    }
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    sequence(cx, Query::of(element, rows.into_iter().map(|(_, item)| item).collect()))
}

/// Removes all, which are found before the first is removed.
fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    for item in collect(cx, arg(args, 0))? {
        if let Value::Ref(id) = item {
            let around = cx.heap.xml_parent(id).and_then(|parent| cx.heap.xml(parent));
            let count = around.map_or(0, |node| node.nodes().len() + node.attributes().len());
            cx.burn(count as u64 / 64)?;
            cx.heap.xml_remove(id)?;
        }
    }
    Ok(Value::Null)
}
