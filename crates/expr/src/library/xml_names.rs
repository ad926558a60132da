//! `XName`, `XNamespace` and the enums of `System.Xml` and `System.Xml.Linq`.

use crate::eval::{Cx, Eval};
use crate::xml::{Name, XmlName, local_name};
use crate::{Exception, Text, Value};

use super::arguments::{arg, text};
use super::{TypeSpec, member};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("string LocalName", |cx, a| Ok(Value::Text(name_arg(cx, a, 0)?.local))),
            member("XNamespace Namespace", |cx, a| {
                let name = name_arg(cx, a, 0)?;
                cx.heap.xml_namespace(&name.namespace)
            }),
            member("string NamespaceName", |cx, a| Ok(Value::Text(name_arg(cx, a, 0)?.namespace))),
            member("static XName Get(string expandedName)", |cx, a| {
                let name = Name::parse(text(a, 0, "expandedName")?)?;
                cx.heap.xml_name(&name)
            }),
            member("static XName Get(string localName, string namespaceName)", |cx, a| {
                in_namespace(cx, text(a, 1, "namespaceName")?, text(a, 0, "localName")?)
            }),
            member("static implicit operator XName(string expandedName)", |cx, a| match arg(a, 0) {
                Value::Text(name) => {
                    let name = Name::parse(name)?;
                    cx.heap.xml_name(&name)
                }
                _ => Ok(Value::Null),
            }),
            member("static bool operator ==(XName left, XName right)", |_, a| Ok(Value::Bool(arg(a, 0) == arg(a, 1)))),
            member("static bool operator !=(XName left, XName right)", |_, a| Ok(Value::Bool(arg(a, 0) != arg(a, 1)))),
        ],
        ..TypeSpec::class("System.Xml.Linq.XName", "api/system.xml.linq.xname")
    },
    TypeSpec {
        members: &[
            member("string NamespaceName", |cx, a| Ok(Value::Text(namespace_arg(cx, a, 0)?))),
            member("static XNamespace None", |cx, _| cx.heap.xml_namespace(&Text::EMPTY)),
            member("static XNamespace Xml", |cx, _| cx.heap.xml_namespace(&Text::from_static(XML))),
            member("static XNamespace Xmlns", |cx, _| cx.heap.xml_namespace(&Text::from_static(XMLNS))),
            member("XName GetName(string localName)", add_local),
            member("static XNamespace Get(string namespaceName)", |cx, a| {
                cx.heap.xml_namespace(text(a, 0, "namespaceName")?)
            }),
            member("static implicit operator XNamespace(string namespaceName)", |cx, a| match arg(a, 0) {
                Value::Text(name) => cx.heap.xml_namespace(name),
                _ => Ok(Value::Null),
            }),
            member("static XName operator +(XNamespace ns, string localName)", |cx, a| match arg(a, 0) {
                Value::Null => Err(Exception::argument_null("ns")),
                _ => add_local(cx, a),
            }),
            member("static bool operator ==(XNamespace left, XNamespace right)", |_, a| {
                Ok(Value::Bool(arg(a, 0) == arg(a, 1)))
            }),
            member("static bool operator !=(XNamespace left, XNamespace right)", |_, a| {
                Ok(Value::Bool(arg(a, 0) != arg(a, 1)))
            }),
        ],
        ..TypeSpec::class("System.Xml.Linq.XNamespace", "api/system.xml.linq.xnamespace")
    },
    TypeSpec::flags(
        "System.Xml.Linq.SaveOptions",
        &[("None", 0), ("DisableFormatting", 1), ("OmitDuplicateNamespaces", 2)],
        "api/system.xml.linq.saveoptions",
    ),
    TypeSpec::flags(
        "System.Xml.Linq.LoadOptions",
        &[("None", 0), ("PreserveWhitespace", 1), ("SetBaseUri", 2), ("SetLineInfo", 4)],
        "api/system.xml.linq.loadoptions",
    ),
    TypeSpec::enumeration(
        "System.Xml.XmlNodeType",
        &[
            ("None", 0), ("Element", 1), ("Attribute", 2), ("Text", 3), ("CDATA", 4), ("EntityReference", 5),
            ("Entity", 6), ("ProcessingInstruction", 7), ("Comment", 8), ("Document", 9), ("DocumentType", 10),
            ("DocumentFragment", 11), ("Notation", 12), ("Whitespace", 13), ("SignificantWhitespace", 14),
            ("EndElement", 15), ("EndEntity", 16), ("XmlDeclaration", 17),
        ],
        "api/system.xml.xmlnodetype",
    ),
];

/// The name that an argument is; it must not be null.
pub(super) fn name_arg(cx: &Cx<'_>, args: &[Value], index: usize) -> Result<Name, Exception> {
    cx.heap.name_of(arg(args, index)).ok_or_else(Exception::null_reference)
}

/// The namespace that an argument is.
pub(super) fn namespace_arg(cx: &Cx<'_>, args: &[Value], index: usize) -> Result<Text, Exception> {
    let name = cx.heap.native::<XmlName>(arg(args, index)).ok_or_else(Exception::null_reference)?;
    Ok(name.namespace.clone())
}

fn add_local(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let namespace = namespace_arg(cx, args, 0)?;
    in_namespace(cx, &namespace, text(args, 1, "localName")?)
}

fn in_namespace(cx: &mut Cx<'_>, namespace: &Text, local: &Text) -> Eval {
    local_name(local.as_str())?;
    cx.heap.xml_name(&Name { namespace: namespace.clone(), local: local.clone() })
}
