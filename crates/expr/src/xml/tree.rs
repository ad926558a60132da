//! Changing trees: adding, removing, copying, comparing.

use crate::value::HeapId;
use crate::{Exception, Heap, Text};

use super::names::Name;
use super::node::{Element, XmlKind, XmlNode};
use super::read::fits_document;
use super::too_deep;

impl Heap {
    /// Adds a text to a container: to the text before it when there is one (`XContainer.AddString`).
    pub(crate) fn xml_add_text(&mut self, to: HeapId, at: usize, text: &Text) -> Result<usize, Exception> {
        let node = self.xml(to).ok_or_else(Exception::null_reference)?;
        if matches!(node.kind, XmlKind::Document { .. }) {
            fits_document(text)?;
        }
        if text.is_empty() {
            if let Some(element) = self.xml_mut(to).and_then(XmlNode::element_mut) {
                element.open = true;
            }
            return Ok(at);
        }
        let before = at.checked_sub(1).and_then(|at| node.nodes().get(at)).copied();
        if let Some(XmlKind::Text(own)) = before.and_then(|id| self.xml(id)).map(|node| &node.kind) {
            let tainted = own.is_tainted() || text.is_tainted();
            let joined = format!("{}{}", own.as_str(), text.as_str());
            self.charge(joined.len())?;
            if let Some(node) = before.and_then(|id| self.xml_mut(id)) {
                node.kind = XmlKind::Text(Text::from(joined).tainted_if(tainted));
            }
            return Ok(at);
        }
        let id = self.xml_make(XmlKind::Text(text.clone()))?;
        self.xml_link(to, at, id)?;
        Ok(at + 1)
    }

    /// Adds a node to a container; one that has a parent or holds the container is copied (`XContainer.AddNode`).
    pub(crate) fn xml_add_node(&mut self, to: HeapId, at: usize, id: HeapId) -> Result<usize, Exception> {
        self.xml_validate(to, at, id)?;
        let held = self.xml_parent(id).is_some();
        let id = if held || self.xml_root(to) == id { self.xml_clone(id, 0)? } else { id };
        self.xml_link(to, at, id)?;
        Ok(at + 1)
    }

    fn xml_link(&mut self, to: HeapId, at: usize, id: HeapId) -> Result<(), Exception> {
        self.charge(8)?;
        if let Some(node) = self.xml_mut(id) {
            node.parent = Some(to);
        }
        if let Some(nodes) = self.xml_mut(to).and_then(XmlNode::nodes_mut) {
            nodes.insert(at.min(nodes.len()), id);
        }
        Ok(())
    }

    /// The outermost node around a node.
    pub(crate) fn xml_root(&self, mut id: HeapId) -> HeapId {
        while let Some(parent) = self.xml_parent(id) {
            id = parent;
        }
        id
    }

    fn xml_validate(&self, to: HeapId, at: usize, id: HeapId) -> Result<(), Exception> {
        let (Some(container), Some(node)) = (self.xml(to), self.xml(id)) else {
            return Err(Exception::null_reference());
        };
        let refused = |what: &str| {
            let message = format!("A node of type {what} cannot be added to content.");
            Err(Exception::new("System.ArgumentException", message))
        };
        if !matches!(container.kind, XmlKind::Document { .. }) {
            return match node.kind {
                XmlKind::Document { .. } => refused("Document"),
                XmlKind::DocumentType(_) => refused("DocumentType"),
                _ => Ok(()),
            };
        }
        match &node.kind {
            XmlKind::Text(text) => fits_document(text),
            XmlKind::Document { .. } => refused("Document"),
            XmlKind::CData(_) => refused("CDATA"),
            XmlKind::Element(_) => self.xml_validate_order(container, at, 10, 0),
            XmlKind::DocumentType(_) => self.xml_validate_order(container, at, 0, 1),
            _ => Ok(()),
        }
    }

    /// A document has one root, one document type, and that one first.
    fn xml_validate_order(
        &self,
        document: &XmlNode,
        at: usize,
        before: i32,
        after: i32,
    ) -> Result<(), Exception> {
        for (index, id) in document.nodes().iter().enumerate() {
            let ty = self.xml(*id).map_or(0, XmlNode::node_type);
            let allowed = if index < at { before } else { after };
            if matches!(ty, 1 | 10) && ty != allowed {
                return Err(Exception::invalid_operation(
                    "This operation would create an incorrectly structured document.",
                ));
            }
        }
        Ok(())
    }

    /// Adds an attribute to an element; one that has a parent is copied.
    pub(crate) fn xml_add_attribute(&mut self, to: HeapId, id: HeapId) -> Result<(), Exception> {
        let Some(XmlKind::Attribute(name, value)) = self.xml(id).map(|node| &node.kind) else {
            return Err(Exception::null_reference());
        };
        let (name, value) = (name.clone(), value.clone());
        if self.xml_attribute(to, &name).is_some() {
            return Err(Exception::invalid_operation("Duplicate attribute."));
        }
        let held = self.xml_parent(id).is_some();
        let id = if held { self.xml_make(XmlKind::Attribute(name, value))? } else { id };
        self.charge(8)?;
        if let Some(node) = self.xml_mut(id) {
            node.parent = Some(to);
        }
        if let Some(element) = self.xml_mut(to).and_then(XmlNode::element_mut) {
            element.attributes.push(id);
        }
        Ok(())
    }

    /// The attribute of a name.
    pub(crate) fn xml_attribute(&self, element: HeapId, name: &Name) -> Option<HeapId> {
        let own = |id: &&HeapId| self.xml(**id).and_then(XmlNode::name) == Some(name);
        self.xml(element)?.attributes().iter().find(own).copied()
    }

    /// Takes a node or attribute out of its parent.
    pub(crate) fn xml_remove(&mut self, id: HeapId) -> Result<(), Exception> {
        let Some(parent) = self.xml_parent(id) else {
            return Err(Exception::invalid_operation("The parent is missing."));
        };
        if let Some(node) = self.xml_mut(id) {
            node.parent = None;
        }
        let Some(node) = self.xml_mut(parent) else { return Ok(()) };
        if let Some(element) = node.element_mut() {
            element.attributes.retain(|own| *own != id);
        }
        if let Some(nodes) = node.nodes_mut() {
            nodes.retain(|own| *own != id);
            if nodes.is_empty()
                && let Some(element) = node.element_mut()
            {
                element.open = false;
            }
        }
        Ok(())
    }

    /// Takes all nodes out of a container.
    pub(crate) fn xml_clear(&mut self, container: HeapId) {
        let nodes = self.xml_mut(container).and_then(XmlNode::nodes_mut).map(std::mem::take);
        for id in nodes.unwrap_or_default() {
            if let Some(node) = self.xml_mut(id) {
                node.parent = None;
            }
        }
        if let Some(element) = self.xml_mut(container).and_then(XmlNode::element_mut) {
            element.open = false;
        }
    }

    /// Takes all attributes out of an element.
    pub(crate) fn xml_clear_attributes(&mut self, element: HeapId) {
        let own = self.xml_mut(element).and_then(XmlNode::element_mut);
        for id in own.map(|own| std::mem::take(&mut own.attributes)).unwrap_or_default() {
            if let Some(node) = self.xml_mut(id) {
                node.parent = None;
            }
        }
    }

    /// A deep copy without parent.
    pub(crate) fn xml_clone(&mut self, id: HeapId, depth: usize) -> Result<HeapId, Exception> {
        if depth > super::MAX_DEPTH {
            return Err(too_deep());
        }
        let kind = self.xml(id).map(|node| node.kind.clone()).ok_or_else(Exception::null_reference)?;
        match kind {
            XmlKind::Element(element) => self.xml_clone_element(*element, depth),
            XmlKind::Document { declaration, nodes } => {
                let declaration = declaration.map(|id| self.xml_clone(id, depth + 1)).transpose()?;
                let copy = self.xml_make(XmlKind::Document { declaration, nodes: Vec::new() })?;
                self.xml_clone_nodes(copy, &nodes, depth)?;
                Ok(copy)
            }
            other => self.xml_make(other),
        }
    }

    fn xml_clone_element(&mut self, from: Element, depth: usize) -> Result<HeapId, Exception> {
        let Element { name, attributes, nodes, open } = from;
        let empty = Element { name, attributes: Vec::new(), nodes: Vec::new(), open };
        let copy = self.xml_make(XmlKind::Element(Box::new(empty)))?;
        let mut copies = Vec::with_capacity(attributes.len());
        for id in attributes {
            let attribute = self.xml_clone(id, depth + 1)?;
            if let Some(node) = self.xml_mut(attribute) {
                node.parent = Some(copy);
            }
            copies.push(attribute);
        }
        if let Some(element) = self.xml_mut(copy).and_then(XmlNode::element_mut) {
            element.attributes = copies;
        }
        self.xml_clone_nodes(copy, &nodes, depth)?;
        Ok(copy)
    }

    fn xml_clone_nodes(&mut self, to: HeapId, nodes: &[HeapId], depth: usize) -> Result<(), Exception> {
        for (at, id) in nodes.iter().enumerate() {
            let copy = self.xml_clone(*id, depth + 1)?;
            self.xml_link(to, at, copy)?;
        }
        Ok(())
    }

    /// The text inside of a node: `XElement.Value`.
    pub(crate) fn xml_value(&self, id: HeapId) -> Text {
        let Some(node) = self.xml(id) else { return Text::EMPTY };
        match &node.kind {
            XmlKind::Attribute(_, text)
            | XmlKind::Text(text)
            | XmlKind::CData(text)
            | XmlKind::Comment(text) => return text.clone(),
            _ => {}
        }
        let mut text = String::new();
        let mut tainted = false;
        let mut ahead: Vec<HeapId> = node.nodes().iter().rev().copied().collect();
        while let Some(node) = ahead.pop().and_then(|id| self.xml(id)) {
            if let XmlKind::Text(own) | XmlKind::CData(own) = &node.kind {
                text.push_str(own.as_str());
                tainted |= own.is_tainted();
            }
            ahead.extend(node.nodes().iter().rev());
        }
        Text::from(text).tainted_if(tainted)
    }

    /// `XNode.DeepEquals`: order of attributes counts, kinds of text beside each other do not mix.
    pub(crate) fn xml_equal(&self, left: HeapId, right: HeapId, depth: usize) -> bool {
        let (Some(a), Some(b)) = (self.xml(left), self.xml(right)) else { return false };
        if depth > super::MAX_DEPTH {
            return false;
        }
        match (&a.kind, &b.kind) {
            (XmlKind::Element(x), XmlKind::Element(y)) => {
                x.name == y.name
                    && self.xml_same_attributes(&x.attributes, &y.attributes)
                    // `<a></a>` is not `<a/>`.
                    && (!x.nodes.is_empty() || !y.nodes.is_empty() || x.open == y.open)
                    && self.xml_same_nodes(&x.nodes, &y.nodes, depth)
            }
            (XmlKind::Document { nodes: x, .. }, XmlKind::Document { nodes: y, .. }) => {
                self.xml_same_nodes(x, y, depth)
            }
            (XmlKind::Text(x), XmlKind::Text(y))
            | (XmlKind::CData(x), XmlKind::CData(y))
            | (XmlKind::Comment(x), XmlKind::Comment(y)) => x == y,
            (XmlKind::Instruction(t, d), XmlKind::Instruction(u, e)) => t == u && d == e,
            (XmlKind::DocumentType(x), XmlKind::DocumentType(y)) => {
                x.name == y.name && x.public == y.public && x.system == y.system && x.subset == y.subset
            }
            _ => false,
        }
    }

    fn xml_same_attributes(&self, left: &[HeapId], right: &[HeapId]) -> bool {
        let shown = |id: &HeapId| match self.xml(*id).map(|node| &node.kind) {
            Some(XmlKind::Attribute(name, value)) => Some((name.clone(), value.clone())),
            _ => None,
        };
        left.len() == right.len() && left.iter().zip(right).all(|(a, b)| shown(a) == shown(b))
    }

    /// Texts beside each other count as one.
    fn xml_same_nodes(&self, left: &[HeapId], right: &[HeapId], depth: usize) -> bool {
        let (mut left, mut right) = (left.iter(), right.iter());
        loop {
            let ((text, a), (other, b)) = (self.xml_text_run(&mut left), self.xml_text_run(&mut right));
            if text != other {
                return false;
            }
            match (a, b) {
                (None, None) => return true,
                (Some(a), Some(b)) if self.xml_equal(a, b, depth + 1) => {}
                _ => return false,
            }
        }
    }

    /// The text up to the next node that is not text, and that node.
    fn xml_text_run(&self, nodes: &mut std::slice::Iter<'_, HeapId>) -> (String, Option<HeapId>) {
        let mut run = String::new();
        for id in nodes {
            match self.xml(*id).map(|node| &node.kind) {
                Some(XmlKind::Text(text)) => run.push_str(text.as_str()),
                _ => return (run, Some(*id)),
            }
        }
        (run, None)
    }

    /// Where a node stands from the root: the positions on the way, attributes before nodes.
    pub(crate) fn xml_address(&self, mut id: HeapId) -> (HeapId, Vec<usize>) {
        let mut way = Vec::new();
        while let Some(parent) = self.xml_parent(id) {
            way.push(self.xml_position(parent, id, 0).unwrap_or(0));
            id = parent;
        }
        way.reverse();
        (id, way)
    }
}
