//! Nodes, and what they hold.

use crate::object::Object;
use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

use super::names::Name;

/// An `XObject`.
#[derive(Debug)]
pub(crate) struct XmlNode {
    /// The container or, for an attribute, the element that holds it.
    pub(crate) parent: Option<HeapId>,
    pub(crate) kind: XmlKind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum XmlKind {
    /// `XDocument`; its declaration is an object of its own.
    Document { declaration: Option<HeapId>, nodes: Vec<HeapId> },
    /// `XElement`.
    Element(Box<Element>),
    /// `XAttribute`.
    Attribute(Name, Text),
    /// `XText`.
    Text(Text),
    /// `XCData`.
    CData(Text),
    /// `XComment`.
    Comment(Text),
    /// `XProcessingInstruction`: target and data.
    Instruction(Text, Text),
    /// `XDocumentType`.
    DocumentType(Box<DocumentType>),
    /// `XDeclaration`, which is no node but lives beside them.
    Declaration(Box<Declaration>),
}

/// The content of an element.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) name: Name,
    pub(crate) attributes: Vec<HeapId>,
    pub(crate) nodes: Vec<HeapId>,
    /// Without nodes: written as `<a></a>` and not as `<a />`.
    pub(crate) open: bool,
}

/// `<!DOCTYPE …>`.
#[derive(Clone, Debug)]
pub(crate) struct DocumentType {
    pub(crate) name: Text,
    pub(crate) public: Option<Text>,
    pub(crate) system: Option<Text>,
    pub(crate) subset: Option<Text>,
}

/// `<?xml …?>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declaration {
    pub(crate) version: Option<Text>,
    pub(crate) encoding: Option<Text>,
    pub(crate) standalone: Option<Text>,
}

impl XmlNode {
    /// A node without parent.
    pub(crate) fn new(kind: XmlKind) -> Self {
        Self { parent: None, kind }
    }

    /// The nodes of a container; none for others.
    pub(crate) fn nodes(&self) -> &[HeapId] {
        match &self.kind {
            XmlKind::Document { nodes, .. } => nodes,
            XmlKind::Element(element) => &element.nodes,
            _ => &[],
        }
    }

    pub(crate) fn nodes_mut(&mut self) -> Option<&mut Vec<HeapId>> {
        match &mut self.kind {
            XmlKind::Document { nodes, .. } => Some(nodes),
            XmlKind::Element(element) => Some(&mut element.nodes),
            _ => None,
        }
    }

    /// The attributes of an element; none for others.
    pub(crate) fn attributes(&self) -> &[HeapId] {
        match &self.kind {
            XmlKind::Element(element) => &element.attributes,
            _ => &[],
        }
    }

    pub(crate) fn element(&self) -> Option<&Element> {
        match &self.kind {
            XmlKind::Element(element) => Some(element),
            _ => None,
        }
    }

    pub(crate) fn element_mut(&mut self) -> Option<&mut Element> {
        match &mut self.kind {
            XmlKind::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The name of an element or attribute.
    pub(crate) fn name(&self) -> Option<&Name> {
        match &self.kind {
            XmlKind::Element(element) => Some(&element.name),
            XmlKind::Attribute(name, _) => Some(name),
            _ => None,
        }
    }

    /// `XmlNodeType`'s number.
    pub(crate) fn node_type(&self) -> i32 {
        match self.kind {
            XmlKind::Element(_) => 1,
            XmlKind::Attribute(..) => 2,
            XmlKind::Text(_) => 3,
            XmlKind::CData(_) => 4,
            XmlKind::Instruction(..) => 7,
            XmlKind::Comment(_) => 8,
            XmlKind::Document { .. } => 9,
            XmlKind::DocumentType(_) => 10,
            XmlKind::Declaration(_) => 17,
        }
    }

    /// The name of its class in `System.Xml.Linq`.
    pub(crate) fn class(&self) -> &'static str {
        match self.kind {
            XmlKind::Element(_) => "XElement",
            XmlKind::Attribute(..) => "XAttribute",
            XmlKind::Text(_) => "XText",
            XmlKind::CData(_) => "XCData",
            XmlKind::Instruction(..) => "XProcessingInstruction",
            XmlKind::Comment(_) => "XComment",
            XmlKind::Document { .. } => "XDocument",
            XmlKind::DocumentType(_) => "XDocumentType",
            XmlKind::Declaration(_) => "XDeclaration",
        }
    }

    /// How much memory it takes, about.
    pub(crate) fn size(&self) -> usize {
        64 + match &self.kind {
            XmlKind::Element(element) => {
                96 + element.name.local.len() + element.name.namespace.len() + element.nodes.len() * 4
            }
            XmlKind::Attribute(name, value) => name.local.len() + value.len() + 24,
            XmlKind::Text(text) | XmlKind::CData(text) | XmlKind::Comment(text) => text.len(),
            XmlKind::Instruction(target, data) => target.len() + data.len(),
            XmlKind::DocumentType(of) => 64 + of.subset.as_ref().map_or(0, Text::len),
            XmlKind::Document { nodes, .. } => nodes.len() * 4,
            XmlKind::Declaration(_) => 72,
        }
    }

    /// Whether its own text or name derives from a secret.
    pub(crate) fn is_tainted(&self) -> bool {
        match &self.kind {
            XmlKind::Element(element) => element.name.is_tainted(),
            XmlKind::Attribute(name, value) => name.is_tainted() || value.is_tainted(),
            XmlKind::Text(text) | XmlKind::CData(text) | XmlKind::Comment(text) => text.is_tainted(),
            XmlKind::Instruction(target, data) => target.is_tainted() || data.is_tainted(),
            XmlKind::DocumentType(of) => of.subset.as_ref().is_some_and(Text::is_tainted),
            XmlKind::Document { .. } | XmlKind::Declaration(_) => false,
        }
    }
}

impl Heap {
    /// A node without parent.
    pub(crate) fn xml_make(&mut self, kind: XmlKind) -> Result<HeapId, Exception> {
        self.alloc(Object::Xml(Box::new(XmlNode::new(kind))))
    }

    pub(crate) fn xml(&self, id: HeapId) -> Option<&XmlNode> {
        match self.get(id) {
            Some(Object::Xml(node)) => Some(node),
            _ => None,
        }
    }

    pub(crate) fn xml_mut(&mut self, id: HeapId) -> Option<&mut XmlNode> {
        match self.get_mut(id) {
            Some(Object::Xml(node)) => Some(node),
            _ => None,
        }
    }

    /// The node that a value refers to.
    pub(crate) fn xml_of(&self, value: &Value) -> Option<(HeapId, &XmlNode)> {
        match value {
            Value::Ref(id) => self.xml(*id).map(|node| (*id, node)),
            _ => None,
        }
    }

    pub(crate) fn xml_parent(&self, id: HeapId) -> Option<HeapId> {
        self.xml(id)?.parent
    }

    /// Where a node stands among those of its parent; `hint` is looked at first.
    pub(crate) fn xml_position(&self, parent: HeapId, id: HeapId, hint: usize) -> Option<usize> {
        let nodes = self.xml(parent)?.nodes();
        if nodes.get(hint) == Some(&id) {
            return Some(hint);
        }
        nodes.iter().position(|node| *node == id)
    }
}
