//! XML as JSON, as `JsonConvert.SerializeObject` writes an `XElement` or `XDocument` (`XmlNodeConverter`): elements are members,
//! attributes are members with an at sign, text beside others is `#text`, elements of one name are an array.

use crate::eval::Cx;
use crate::json::{JsonKind, JsonType, Members};
use crate::value::HeapId;
use crate::xml::{Name, XmlKind};
use crate::{Exception, Text, Value};

/// A node as a new token.
pub(super) fn to_json(cx: &mut Cx<'_>, id: HeapId) -> Result<HeapId, Exception> {
    let root = cx.heap.json_node(JsonKind::Object(Members::default()))?;
    let nodes: Vec<HeapId> = match cx.heap.xml(id).map(|node| &node.kind) {
        Some(XmlKind::Document { declaration, nodes }) => declaration.iter().chain(nodes).copied().collect(),
        _ => vec![id],
    };
    members(cx, root, &nodes, 0)?;
    Ok(root)
}

/// The name of a member for a node.
fn name_of(cx: &Cx<'_>, id: HeapId) -> String {
    let Some(node) = cx.heap.xml(id) else { return String::new() };
    match &node.kind {
        XmlKind::Element(element) => qualified(cx, id, &element.name, true),
        XmlKind::Attribute(name, _) => format!("@{}", qualified(cx, id, name, false)),
        XmlKind::Text(_) => "#text".to_owned(),
        XmlKind::CData(_) => "#cdata-section".to_owned(),
        XmlKind::Comment(_) => String::new(),
        XmlKind::Instruction(target, _) => format!("?{}", target.as_str()),
        XmlKind::DocumentType(of) => format!("!DOCTYPE:{}", of.name.as_str()),
        XmlKind::Declaration(_) => "?xml".to_owned(),
        XmlKind::Document { .. } => "#document".to_owned(),
    }
}

/// A name with the prefix that declarations around the node give it.
fn qualified(cx: &Cx<'_>, id: HeapId, name: &Name, element: bool) -> String {
    let local = name.local.as_str();
    if name.declares_namespace() && !element {
        return if name.namespace.is_empty() { local.to_owned() } else { format!("xmlns:{local}") };
    }
    match prefix(cx, id, name.namespace.as_str()) {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}:{local}"),
        _ => local.to_owned(),
    }
}

pub(super) fn prefix(cx: &Cx<'_>, mut id: HeapId, namespace: &str) -> Option<String> {
    if namespace.is_empty() {
        return None;
    }
    if namespace == "http://www.w3.org/XML/1998/namespace" {
        return Some("xml".to_owned());
    }
    loop {
        let node = cx.heap.xml(id)?;
        for attribute in node.attributes() {
            if let Some(XmlKind::Attribute(name, value)) = cx.heap.xml(*attribute).map(|node| &node.kind)
                && name.declares_namespace()
                && value.as_str() == namespace
            {
                let default = name.namespace.is_empty();
                return Some(if default { String::new() } else { name.local.as_str().to_owned() });
            }
        }
        id = node.parent?;
    }
}

/// Puts nodes into an object, those of one name together.
fn members(cx: &mut Cx<'_>, to: HeapId, nodes: &[HeapId], depth: usize) -> Result<(), Exception> {
    if depth > crate::xml::MAX_DEPTH / 2 {
        return Err(Exception::limit("The XML is nested too deeply for JSON."));
    }
    let mut groups: indexmap::IndexMap<String, Vec<HeapId>> = indexmap::IndexMap::new();
    for id in nodes {
        cx.burn(1)?;
        // A comment in an object would be no member.
        if matches!(cx.heap.xml(*id).map(|node| &node.kind), Some(XmlKind::Comment(_))) {
            continue;
        }
        groups.entry(name_of(cx, *id)).or_default().push(*id);
    }
    for (name, ids) in groups {
        let value = match ids.as_slice() {
            [one] => value(cx, *one, depth)?,
            many => {
                let array = cx.heap.json_node(JsonKind::Array(Vec::new()))?;
                for id in many {
                    let item = value(cx, *id, depth)?;
                    cx.heap.json_insert(array, None, item)?;
                }
                array
            }
        };
        cx.heap.json_set(to, Text::from(name), value)?;
    }
    Ok(())
}

fn text(cx: &mut Cx<'_>, text: Text) -> Result<HeapId, Exception> {
    cx.heap.json_scalar(JsonType::String, Value::Text(text))
}

/// The value of a node: text for an element that holds nothing else, `null` for an empty one.
fn value(cx: &mut Cx<'_>, id: HeapId, depth: usize) -> Result<HeapId, Exception> {
    let Some(node) = cx.heap.xml(id) else { return Err(Exception::null_reference()) };
    match &node.kind {
        XmlKind::Element(element) => {
            let inside: Vec<HeapId> = element.attributes.iter().chain(&element.nodes).copied().collect();
            let (open, plain) = (element.open, element.attributes.is_empty());
            let only_text = plain
                && !element.nodes.is_empty()
                && element
                    .nodes
                    .iter()
                    .all(|id| matches!(cx.heap.xml(*id).map(|node| &node.kind), Some(XmlKind::Text(_))));
            if only_text {
                let own = cx.heap.xml_value(id);
                return text(cx, own);
            }
            if inside.is_empty() {
                return if open {
                    text(cx, Text::EMPTY)
                } else {
                    cx.heap.json_scalar(JsonType::Null, Value::Null)
                };
            }
            let object = cx.heap.json_node(JsonKind::Object(Members::default()))?;
            members(cx, object, &inside, depth + 1)?;
            Ok(object)
        }
        XmlKind::Declaration(of) => {
            let parts = [
                ("@version", of.version.clone()),
                ("@encoding", of.encoding.clone()),
                ("@standalone", of.standalone.clone()),
            ];
            named_texts(cx, parts)
        }
        XmlKind::DocumentType(of) => {
            let parts = [
                ("@name", Some(of.name.clone())),
                ("@public", of.public.clone()),
                ("@system", of.system.clone()),
            ];
            named_texts(cx, parts)
        }
        XmlKind::Instruction(_, data) => {
            let data = data.clone();
            text(cx, data)
        }
        _ => {
            let own = cx.heap.xml_value(id);
            text(cx, own)
        }
    }
}

fn named_texts(cx: &mut Cx<'_>, parts: [(&'static str, Option<Text>); 3]) -> Result<HeapId, Exception> {
    let object = cx.heap.json_node(JsonKind::Object(Members::default()))?;
    for (name, part) in parts {
        if let Some(part) = part {
            let value = text(cx, part)?;
            cx.heap.json_set(object, Text::from_static(name), value)?;
        }
    }
    Ok(object)
}
