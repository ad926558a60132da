//! Arrays of several dimensions: `new int[2, 3]`, `new[,] { { 1, 2 }, { 3, 4 } }`.

use std::sync::Arc;

use csharp::ast::{Element, Expr, Initializer, NewArray};
use source::Span;

use crate::Value;
use crate::code::{Node, NodeId};
use crate::types::Type;

use super::{Binder, Bound};

impl Binder<'_> {
    pub(super) fn new_multi_array(&mut self, new: &NewArray, element: &Type, span: Span) -> Bound {
        let lengths: Vec<Bound> = new
            .lengths
            .iter()
            .map(|length| {
                let length = self.expr(length);
                self.convert(length, &Type::INT)
            })
            .collect();
        if *element == Type::Error {
            return self.wrong(span);
        }
        if let Some(init) = &new.init {
            let written: Vec<Option<Value>> = lengths.into_iter().map(|length| length.constant).collect();
            return self.multi_array_of(element, new.rank, init, &written, span);
        }
        let nodes: Vec<NodeId> = lengths.iter().map(|length| length.node).collect();
        self.multi_array_node(element, new.rank, &nodes, span)
    }

    fn multi_array_node(&mut self, element: &Type, rank: u8, parts: &[NodeId], span: Span) -> Bound {
        let ty = Type::MultiArray(Arc::new(element.clone()), rank);
        let index = self.type_index(&ty);
        let parts = self.node_list(parts);
        let node = self.emit(Node::NewMultiArray { ty: index, parts });
        self.bound(node, ty, span)
    }

    /// `{ { 1, 2 }, { 3, 4 } }` as an array of a type; the lengths may be written too.
    pub(super) fn multi_array_of(
        &mut self,
        element: &Type,
        rank: u8,
        init: &Initializer,
        written: &[Option<Value>],
        span: Span,
    ) -> Bound {
        let mut lengths = vec![None; usize::from(rank)];
        let mut items = Vec::new();
        if !self.flatten(init, &mut lengths, &mut items) {
            return self.wrong(span);
        }
        let lengths: Vec<usize> = lengths.into_iter().map(|length| length.unwrap_or(0)).collect();
        for (length, written) in lengths.iter().zip(written) {
            let fits = matches!(written, Some(Value::Int32(written)) if usize::try_from(*written).ok() == Some(*length));
            if !fits {
                self.error(
                    "csharp-array-length",
                    span,
                    "the lengths and the elements of the array differ (CS0847)",
                );
                return self.wrong(span);
            }
        }
        let mut nodes: Vec<NodeId> = lengths
            .iter()
            .map(|length| self.constant_node(Value::Int32(i32::try_from(*length).unwrap_or(i32::MAX))))
            .collect();
        for item in items {
            nodes.push(self.typed_value(item, element).node);
        }
        self.multi_array_node(element, rank, &nodes, span)
    }

    /// The elements in order; false with a problem reported when the groups are not all of one length.
    fn flatten<'t>(
        &mut self,
        init: &'t Initializer,
        lengths: &mut [Option<usize>],
        items: &mut Vec<&'t Expr>,
    ) -> bool {
        let Some((length, inner)) = lengths.split_first_mut() else { return false };
        if *length.get_or_insert(init.elements.len()) != init.elements.len() {
            let message = "all groups of a dimension need the same number of elements (CS0847)";
            self.error("csharp-array-length", init.span, message);
            return false;
        }
        init.elements.iter().all(|element| match element {
            Element::Group(group) if !inner.is_empty() => self.flatten(group, inner, items),
            Element::Value(value) if inner.is_empty() => {
                items.push(value);
                true
            }
            _ => {
                let message = "the groups of an array initialiser do not fit its dimensions (CS0846)";
                self.error("csharp-initializer", init.span, message);
                false
            }
        })
    }

    /// `new[,] { … }`: the elements' best common type.
    pub(super) fn implicit_multi_array(&mut self, rank: u8, init: &Initializer, span: Span) -> Bound {
        let mut lengths = vec![None; usize::from(rank)];
        let mut items = Vec::new();
        if !self.flatten(init, &mut lengths, &mut items) {
            return self.wrong(span);
        }
        let bound: Vec<Bound> = items
            .iter()
            .map(|item| {
                let item = self.expr(item);
                self.something(item)
            })
            .collect();
        let Some(element) = self.best_common(&bound, span) else { return self.wrong(span) };
        let lengths =
            lengths.into_iter().map(|length| i32::try_from(length.unwrap_or(0)).unwrap_or(i32::MAX));
        let mut nodes: Vec<NodeId> = lengths.map(|length| self.constant_node(Value::Int32(length))).collect();
        nodes.extend(bound.into_iter().map(|item| self.convert(item, &element).node));
        self.multi_array_node(&element, rank, &nodes, span)
    }
}
