//! `XElement` and `XAttribute`.

use crate::eval::{Cx, Eval};
use crate::value::HeapId;
use crate::xml::{self, Axis, Element, Name, Wanted, XmlKind, XmlNode};
use crate::{Exception, Text, Value};

use super::arguments::{arg, id, text};
use super::sequence::{Query, sequence};
use super::xml_containers::{frozen, parse};
use super::xml_content::{add_all, end, text_of};
use super::xml_names::name_arg;
use super::xml_nodes::{copy, element_of, made, value, walk, walk_named};
use super::{Row, TypeSpec, member, setter};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["XContainer"],
        members: ELEMENT,
        ..TypeSpec::class("System.Xml.Linq.XElement", "api/system.xml.linq.xelement")
    },
    TypeSpec {
        bases: &["XObject"],
        members: ATTRIBUTE,
        ..TypeSpec::class("System.Xml.Linq.XAttribute", "api/system.xml.linq.xattribute")
    },
];

const ELEMENT: &[Row] = &[
    member("new(XName name)", new_element),
    member("new(XName name, object content)", new_element),
    member("new(XName name, params object[] content)", new_element),
    member("new(XElement other)", copy),
    member("static IEnumerable<XElement> EmptySequence", |cx, _| {
        sequence(cx, Query::of(element_of(Axis::Elements), Vec::new()))
    }),
    member("XAttribute FirstAttribute", |cx, a| Ok(attributes(cx, a)?.first().map_or(Value::Null, |id| Value::Ref(*id)))),
    member("XAttribute LastAttribute", |cx, a| Ok(attributes(cx, a)?.last().map_or(Value::Null, |id| Value::Ref(*id)))),
    member("bool HasAttributes", |cx, a| Ok(Value::Bool(!attributes(cx, a)?.is_empty()))),
    member("bool HasElements", |cx, a| {
        let node = cx.heap.xml(id(a, 0)?).ok_or_else(Exception::null_reference)?;
        let is_element = |id: &HeapId| cx.heap.xml(*id).is_some_and(|node| node.element().is_some());
        Ok(Value::Bool(node.nodes().iter().any(is_element)))
    }),
    member("bool IsEmpty", |cx, a| {
        let element = cx.heap.xml(id(a, 0)?).and_then(XmlNode::element);
        Ok(Value::Bool(element.is_some_and(|own| own.nodes.is_empty() && !own.open)))
    }),
    member("XName Name", own_name),
    setter("XName Name", |cx, a| {
        let new = given_name(cx, a, 1, "value")?;
        if let Some(element) = cx.heap.xml_mut(id(a, 0)?).and_then(XmlNode::element_mut) {
            element.name = new;
        }
        Ok(Value::Null)
    }),
    member("string Value", value),
    setter("string Value", |cx, a| {
        let new = text(a, 1, "value")?.clone();
        set_content(cx, id(a, 0)?, &new)
    }),
    member("IEnumerable<XElement> AncestorsAndSelf()", |cx, a| walk(cx, a, Axis::AncestorsAndSelf)),
    member("IEnumerable<XElement> AncestorsAndSelf(XName name)", |cx, a| walk_named(cx, a, Axis::AncestorsAndSelf)),
    member("XAttribute Attribute(XName name)", |cx, a| {
        if arg(a, 1).is_null() {
            return Ok(Value::Null);
        }
        let name = name_arg(cx, a, 1)?;
        cx.burn(attributes(cx, a)?.len() as u64 / 8)?;
        Ok(cx.heap.xml_attribute(id(a, 0)?, &name).map_or(Value::Null, Value::Ref))
    }),
    member("IEnumerable<XAttribute> Attributes()", |cx, a| walk(cx, a, Axis::Attributes)),
    member("IEnumerable<XAttribute> Attributes(XName name)", |cx, a| walk_named(cx, a, Axis::Attributes)),
    member("IEnumerable<XNode> DescendantNodesAndSelf()", |cx, a| walk(cx, a, Axis::DescendantNodesAndSelf)),
    member("IEnumerable<XElement> DescendantsAndSelf()", |cx, a| walk(cx, a, Axis::DescendantsAndSelf)),
    member("IEnumerable<XElement> DescendantsAndSelf(XName name)", |cx, a| walk_named(cx, a, Axis::DescendantsAndSelf)),
    member("XNamespace GetDefaultNamespace()", |cx, a| {
        let found = declared(cx, id(a, 0)?, |name, value| is_default(name).then(|| value.clone()))?;
        cx.heap.xml_namespace(&found.unwrap_or(Text::EMPTY))
    }),
    member("XNamespace GetNamespaceOfPrefix(string prefix)", namespace_of_prefix),
    member("string GetPrefixOfNamespace(XNamespace ns)", prefix_of_namespace),
    member("static XElement Parse(string text)", |cx, a| parse(cx, a, Wanted::Element)),
    member("static XElement Parse(string text, LoadOptions options)", |cx, a| parse(cx, a, Wanted::Element)),
    member("static XElement Load(TextReader textReader)", load),
    member("static XElement Load(TextReader textReader, LoadOptions options)", load),
    member("static XElement Load(XmlReader reader)", super::xml_reader::load_element),
    member("void Save(TextWriter textWriter)", super::xml_nodes::save),
    member("void Save(TextWriter textWriter, SaveOptions options)", super::xml_nodes::save),
    member("void RemoveAll()", |cx, a| {
        cx.heap.xml_clear_attributes(id(a, 0)?);
        cx.heap.xml_clear(id(a, 0)?);
        Ok(Value::Null)
    }),
    member("void RemoveAttributes()", |cx, a| {
        cx.heap.xml_clear_attributes(id(a, 0)?);
        Ok(Value::Null)
    }),
    member("void ReplaceAll(object content)", replace_all),
    member("void ReplaceAll(params object[] content)", replace_all),
    member("void ReplaceAttributes(object content)", replace_attributes),
    member("void ReplaceAttributes(params object[] content)", replace_attributes),
    member("void SetAttributeValue(XName name, object value)", set_attribute),
    member("void SetElementValue(XName name, object value)", set_element),
    member("void SetValue(object value)", |cx, a| {
        let new = given_text(cx, a, 1)?;
        set_content(cx, id(a, 0)?, &new)
    }),
];

const ATTRIBUTE: &[Row] = &[
    member("new(XName name, object value)", |cx, a| {
        let name = given_name(cx, a, 0, "name")?;
        let value = given_text(cx, a, 1)?;
        check_declaration(&name, &value)?;
        made(cx, XmlKind::Attribute(name, value))
    }),
    member("new(XAttribute other)", copy),
    member("static IEnumerable<XAttribute> EmptySequence", |cx, _| {
        sequence(cx, Query::of(element_of(Axis::Attributes), Vec::new()))
    }),
    member("bool IsNamespaceDeclaration", |cx, a| {
        let name = cx.heap.xml(id(a, 0)?).and_then(XmlNode::name);
        Ok(Value::Bool(name.is_some_and(Name::declares_namespace)))
    }),
    member("XName Name", own_name),
    member("XAttribute NextAttribute", |cx, a| beside(cx, a, 1)),
    member("XAttribute PreviousAttribute", |cx, a| beside(cx, a, -1)),
    member("string Value", value),
    setter("string Value", |cx, a| {
        let new = text(a, 1, "value")?.clone();
        set_attribute_text(cx, id(a, 0)?, new)
    }),
    member("void Remove()", |cx, a| {
        cx.heap.xml_remove(id(a, 0)?)?;
        Ok(Value::Null)
    }),
    member("void SetValue(object value)", |cx, a| {
        let new = given_text(cx, a, 1)?;
        set_attribute_text(cx, id(a, 0)?, new)
    }),
];

macro_rules! conversions {
    ($operators:ident, $class:literal, $parameter:literal, $function:ident, [$($ty:literal),* $(,)?]) => {
        /// The explicit conversions, which the registry adds to the type's own members.
        pub(crate) const $operators: &[Row] = &[$(
            member(concat!("static explicit operator ", $ty, "(", $class, " ", $parameter, ")"), $function),
        )*];
    };
}

macro_rules! scalars {
    ($operators:ident, $class:literal, $parameter:literal, $function:ident) => {
        conversions! { $operators, $class, $parameter, $function, [
            "string", "bool", "bool?", "int", "int?", "uint", "uint?", "long", "long?", "ulong", "ulong?", "float", "float?",
            "double", "double?", "decimal", "decimal?", "DateTime", "DateTime?", "DateTimeOffset", "DateTimeOffset?",
            "TimeSpan", "TimeSpan?", "Guid", "Guid?",
        ] }
    };
}

scalars!(ELEMENT_OPERATORS, "XElement", "element", element_to_net);
scalars!(ATTRIBUTE_OPERATORS, "XAttribute", "attribute", attribute_to_net);

fn element_to_net(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    to_net(cx, args, "element")
}

fn attribute_to_net(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    to_net(cx, args, "attribute")
}

/// The conversion that `cx.types` names: the binder puts the wanted type there.
fn to_net(cx: &mut Cx<'_>, args: &[Value], parameter: &str) -> Eval {
    let ty = cx.type_arg(0);
    let Value::Ref(id) = arg(args, 0) else {
        return if ty.is_value_type() { Err(Exception::argument_null(parameter)) } else { Ok(Value::Null) };
    };
    let text = cx.heap.xml_value(*id);
    cx.grow(text.len())?;
    let tainted = text.is_tainted();
    xml::to_scalar(&text, &ty).map_err(|error| if tainted { error.tainted() } else { error })
}

/// `XElement.Load(TextReader)`.
fn load(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("input"));
    }
    let text = super::io::read_to_end(cx, args)?;
    parse(cx, &[text, arg(args, 1).clone()], Wanted::Element)
}

fn attributes<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h [HeapId], Exception> {
    Ok(cx.heap.xml(id(args, 0)?).map(XmlNode::attributes).unwrap_or_default())
}

fn given_name(cx: &Cx<'_>, args: &[Value], index: usize, parameter: &str) -> Result<Name, Exception> {
    cx.heap.name_of(arg(args, index)).ok_or_else(|| Exception::argument_null(parameter))
}

fn given_text(cx: &mut Cx<'_>, args: &[Value], index: usize) -> Result<Text, Exception> {
    if arg(args, index).is_null() {
        return Err(Exception::argument_null("value"));
    }
    text_of(cx, arg(args, index))
}

fn new_element(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let name = given_name(cx, args, 0, "name")?;
    let id = bare(cx, name)?;
    add_all(cx, id, 0, arg(args, 1))?;
    Ok(Value::Ref(id))
}

fn bare(cx: &mut Cx<'_>, name: Name) -> Result<HeapId, Exception> {
    let element = Element { name, attributes: Vec::new(), nodes: Vec::new(), open: false };
    cx.heap.xml_make(XmlKind::Element(Box::new(element)))
}

fn own_name(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let name = cx.heap.xml(id(args, 0)?).and_then(XmlNode::name).cloned();
    cx.heap.xml_name(&name.ok_or_else(Exception::null_reference)?)
}

fn set_content(cx: &mut Cx<'_>, own: HeapId, new: &Text) -> Eval {
    cx.heap.xml_clear(own);
    cx.heap.xml_add_text(own, 0, new)?;
    Ok(Value::Null)
}

/// What a declaration of a namespace may say (`XAttribute.ValidateAttribute`).
fn check_declaration(name: &Name, value: &Text) -> Result<(), Exception> {
    if name.namespace.is_empty() || !name.declares_namespace() || !value.is_empty() {
        return Ok(());
    }
    let message =
        format!("The prefix '{}' cannot be bound to the empty namespace name.", name.local.as_str());
    Err(Exception::new("System.ArgumentException", message))
}

fn set_attribute_text(cx: &mut Cx<'_>, own: HeapId, new: Text) -> Eval {
    cx.heap.charge(new.len())?;
    if let Some(XmlKind::Attribute(name, value)) = cx.heap.xml_mut(own).map(|node| &mut node.kind) {
        check_declaration(name, &new)?;
        *value = new;
    }
    Ok(Value::Null)
}

fn set_attribute(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = id(args, 0)?;
    let name = given_name(cx, args, 1, "name")?;
    let found = cx.heap.xml_attribute(own, &name);
    match (found, arg(args, 2)) {
        (Some(found), Value::Null) => cx.heap.xml_remove(found)?,
        (None, Value::Null) => {}
        (Some(found), value) => {
            let new = text_of(cx, value)?;
            return set_attribute_text(cx, found, new);
        }
        (None, value) => {
            let new = text_of(cx, value)?;
            check_declaration(&name, &new)?;
            let attribute = cx.heap.xml_make(XmlKind::Attribute(name, new))?;
            cx.heap.xml_add_attribute(own, attribute)?;
        }
    }
    Ok(Value::Null)
}

fn set_element(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = id(args, 0)?;
    let name = given_name(cx, args, 1, "name")?;
    let nodes = cx.heap.xml(own).map(XmlNode::nodes).unwrap_or_default();
    let named = |id: &&HeapId| cx.heap.xml(**id).and_then(XmlNode::element).is_some_and(|own| own.name == name);
    let found = nodes.iter().find(named).copied();
    match (found, arg(args, 2)) {
        (Some(found), Value::Null) => cx.heap.xml_remove(found)?,
        (None, Value::Null) => {}
        (Some(found), value) => {
            let new = text_of(cx, value)?;
            return set_content(cx, found, &new);
        }
        (None, value) => {
            let new = text_of(cx, value)?;
            let element = bare(cx, name)?;
            cx.heap.xml_add_text(element, 0, &new)?;
            let at = end(cx, own);
            cx.heap.xml_add_node(own, at, element)?;
        }
    }
    Ok(Value::Null)
}

fn replace_all(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = id(args, 0)?;
    let content = frozen(cx, arg(args, 1))?;
    cx.heap.xml_clear_attributes(own);
    cx.heap.xml_clear(own);
    add_all(cx, own, 0, &content)?;
    Ok(Value::Null)
}

fn replace_attributes(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = id(args, 0)?;
    let content = frozen(cx, arg(args, 1))?;
    cx.heap.xml_clear_attributes(own);
    let at = end(cx, own);
    add_all(cx, own, at, &content)?;
    Ok(Value::Null)
}

fn beside(cx: &mut Cx<'_>, args: &[Value], step: isize) -> Eval {
    let own = id(args, 0)?;
    let Some(element) = cx.heap.xml_parent(own) else { return Ok(Value::Null) };
    let attributes = cx.heap.xml(element).map(XmlNode::attributes).unwrap_or_default();
    let at = attributes.iter().position(|id| *id == own);
    let next = at.and_then(|at| at.checked_add_signed(step)).and_then(|at| attributes.get(at)).copied();
    Ok(next.map_or(Value::Null, Value::Ref))
}

fn is_default(name: &Name) -> bool {
    name.namespace.is_empty() && name.local.as_str() == "xmlns"
}

/// Looks through the declarations of namespaces around an element, the nearest first.
fn declared<T>(
    cx: &mut Cx<'_>,
    mut element: HeapId,
    mut wanted: impl FnMut(&Name, &Text) -> Option<T>,
) -> Result<Option<T>, Exception> {
    loop {
        let Some(node) = cx.heap.xml(element) else { return Ok(None) };
        let parent = node.parent;
        let count = node.attributes().len();
        for attribute in node.attributes() {
            if let Some(XmlKind::Attribute(name, value)) = cx.heap.xml(*attribute).map(|node| &node.kind)
                && name.declares_namespace()
                && let Some(found) = wanted(name, value)
            {
                return Ok(Some(found));
            }
        }
        cx.burn(1 + count as u64)?;
        let Some(parent) = parent else { return Ok(None) };
        element = parent;
    }
}

fn namespace_of_prefix(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let prefix = text(args, 1, "prefix")?.clone();
    if prefix.is_empty() {
        let message = Text::from_static("'' is an invalid prefix.");
        return Err(Exception::new("System.ArgumentException", message));
    }
    let own = |name: &Name, value: &Text| {
        (!is_default(name) && name.local == prefix).then(|| value.clone())
    };
    let found = match prefix.as_str() {
        "xmlns" => Some(Text::from_static("http://www.w3.org/2000/xmlns/")),
        _ => declared(cx, id(args, 0)?, own)?,
    };
    match (found, prefix.as_str()) {
        (Some(namespace), _) => cx.heap.xml_namespace(&namespace),
        (None, "xml") => cx.heap.xml_namespace(&Text::from_static("http://www.w3.org/XML/1998/namespace")),
        (None, _) => Ok(Value::Null),
    }
}

fn prefix_of_namespace(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("ns"));
    }
    let wanted = super::xml_names::namespace_arg(cx, args, 1)?;
    let mut nearer: std::collections::HashSet<Text> = std::collections::HashSet::new();
    let found = declared(cx, id(args, 0)?, |name, value| {
        if is_default(name) {
            return None;
        }
        let hidden = !nearer.insert(name.local.clone());
        (!hidden && *value == wanted).then(|| name.local.clone())
    })?;
    Ok(match (found, wanted.as_str()) {
        (Some(prefix), _) => Value::Text(prefix),
        (None, "http://www.w3.org/XML/1998/namespace") => Value::Text(Text::from_static("xml")),
        (None, "http://www.w3.org/2000/xmlns/") => Value::Text(Text::from_static("xmlns")),
        (None, _) => Value::Null,
    })
}
