//! Axes: `Elements()`, `Descendants()`, `Ancestors()` and the others, each a walk over a tree that may change meanwhile,
//! one node at a time.
//!
//! As in .NET a walk goes on from the node that it gave last: a walk over the children of a container ends when that node
//! was taken out, a walk over descendants throws then.

use crate::value::HeapId;
use crate::{Exception, Heap, Value};

use super::names::Name;
use super::node::{XmlKind, XmlNode};

/// Which nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    Attributes,
    Nodes,
    Elements,
    DescendantNodes,
    DescendantNodesAndSelf,
    Descendants,
    DescendantsAndSelf,
    Ancestors,
    AncestorsAndSelf,
    NodesAfter,
    NodesBefore,
    ElementsAfter,
    ElementsBefore,
}

/// A walk from a node along an axis.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    from: HeapId,
    axis: Axis,
    name: Option<Name>,
    last: Option<HeapId>,
    /// Where the last node stood.
    hint: usize,
    /// Where the containers around it stood, for walks over descendants.
    hints: Vec<usize>,
    done: bool,
}

type Step = Result<Option<HeapId>, Exception>;

impl Walk {
    pub(crate) fn new(from: HeapId, axis: Axis, name: Option<Name>) -> Self {
        Self { from, axis, name, last: None, hint: 0, hints: Vec::new(), done: false }
    }

    /// The next node, and how many were looked at.
    ///
    /// # Errors
    /// `System.NullReferenceException` where a walk over descendants lost its place.
    pub(crate) fn next(&mut self, heap: &Heap) -> Result<(Option<Value>, u64), Exception> {
        let mut looked = 0;
        while !self.done {
            looked += 1;
            let Some(id) = self.step(heap)? else {
                self.done = true;
                break;
            };
            self.last = Some(id);
            if self.fits(heap, id) {
                return Ok((Some(Value::Ref(id)), looked));
            }
        }
        Ok((None, looked))
    }

    fn fits(&self, heap: &Heap, id: HeapId) -> bool {
        let Some(node) = heap.xml(id) else { return false };
        let elements = matches!(
            self.axis,
            Axis::Elements
                | Axis::Descendants
                | Axis::DescendantsAndSelf
                | Axis::Ancestors
                | Axis::AncestorsAndSelf
                | Axis::ElementsAfter
                | Axis::ElementsBefore
        );
        if elements && !matches!(node.kind, XmlKind::Element(_)) {
            return false;
        }
        self.name.as_ref().is_none_or(|name| node.name() == Some(name))
    }

    fn step(&mut self, heap: &Heap) -> Step {
        match self.axis {
            Axis::Attributes => Ok(self.attribute(heap)),
            Axis::Nodes | Axis::Elements => Ok(self.child(heap)),
            Axis::Ancestors => Ok(heap.xml_parent(self.last.unwrap_or(self.from))),
            Axis::AncestorsAndSelf => match self.last {
                None => Ok(Some(self.from)),
                Some(last) => Ok(heap.xml_parent(last)),
            },
            Axis::NodesAfter | Axis::ElementsAfter => Ok(self.sibling(heap)),
            Axis::NodesBefore | Axis::ElementsBefore => Ok(self.before(heap)),
            Axis::DescendantNodesAndSelf | Axis::DescendantsAndSelf if self.last.is_none() => {
                Ok(Some(self.from))
            }
            _ => self.descendant(heap),
        }
    }

    fn attribute(&mut self, heap: &Heap) -> Option<HeapId> {
        let attributes = heap.xml(self.from)?.attributes();
        let Some(last) = self.last else { return attributes.first().copied() };
        let at = match attributes.get(self.hint) {
            Some(id) if *id == last => self.hint,
            _ => attributes.iter().position(|id| *id == last)?,
        };
        self.hint = at + 1;
        attributes.get(at + 1).copied()
    }

    fn child(&mut self, heap: &Heap) -> Option<HeapId> {
        let nodes = heap.xml(self.from)?.nodes();
        let Some(last) = self.last else { return nodes.first().copied() };
        let at = heap.xml_position(self.from, last, self.hint)?;
        self.hint = at + 1;
        nodes.get(at + 1).copied()
    }

    fn sibling(&mut self, heap: &Heap) -> Option<HeapId> {
        let last = self.last.unwrap_or(self.from);
        let parent = heap.xml_parent(last)?;
        let at = heap.xml_position(parent, last, self.hint)?;
        self.hint = at + 1;
        heap.xml(parent)?.nodes().get(at + 1).copied()
    }

    fn before(&mut self, heap: &Heap) -> Option<HeapId> {
        let parent = heap.xml_parent(self.from)?;
        let nodes = heap.xml(parent)?.nodes();
        let next = match self.last {
            None => 0,
            Some(last) => heap.xml_position(parent, last, self.hint)? + 1,
        };
        self.hint = next;
        nodes.get(next).copied().filter(|id| *id != self.from)
    }

    /// The next node in document order inside of `from`.
    fn descendant(&mut self, heap: &Heap) -> Step {
        let mut at = self.last.unwrap_or(self.from);
        if let Some(first) = heap.xml(at).and_then(|node| node.nodes().first()) {
            self.hints.push(self.hint);
            self.hint = 0;
            return Ok(Some(*first));
        }
        while at != self.from {
            let parent = heap.xml_parent(at).ok_or_else(Exception::null_reference)?;
            let place = heap.xml_position(parent, at, self.hint).ok_or_else(Exception::null_reference)?;
            let nodes = heap.xml(parent).map(XmlNode::nodes).unwrap_or_default();
            if let Some(next) = nodes.get(place + 1) {
                self.hint = place + 1;
                return Ok(Some(*next));
            }
            self.hint = self.hints.pop().unwrap_or(0);
            at = parent;
        }
        Ok(None)
    }
}
