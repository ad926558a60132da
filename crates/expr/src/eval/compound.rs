//! Tuples, arrays of several dimensions, references to variables and elements, `typeof`.

use std::sync::Arc;

use crate::code::{Index, List, Node, NodeId};
use crate::object::Object;
use crate::types::{TupleShape, Type};
use crate::value::HeapId;
use crate::{Exception, Value};

use super::{Cx, Eval, default_value};

/// Most nested tuples that the default of a type consists of.
const DEPTH: u32 = 16;

impl<'a> Cx<'a> {
    pub(super) fn compound(&mut self, node: &'a Node) -> Eval {
        match *node {
            Node::NewTuple { ty, items } => self.new_tuple(ty, items),
            Node::TupleItem { tuple, item, ty } => self.tuple_item(tuple, item, ty),
            Node::WithItem { tuple, item, ty, value } => self.with_item(tuple, item, ty, value),
            Node::Default(ty) => self.default_of(self.ty(ty)),
            Node::Settled { value, ty } => match self.eval(value)? {
                Value::Null => self.default_of(self.ty(ty)),
                value => Ok(value),
            },
            Node::NewMultiArray { ty, parts } => self.new_multi_array(ty, parts),
            Node::MultiElement { array, indices } => self.multi_element(array, indices),
            Node::SetMultiElement { array, indices, value } => self.set_multi_element(array, indices, value),
            Node::ElementRef { array, index } => self.element_ref(array, index),
            Node::TypeOf(ty) => crate::library::reflection::type_object(self, self.ty(ty).clone()),
            _ => Ok(Value::Null),
        }
    }

    /// `default(T)`, of every type: a tuple is an object.
    pub(crate) fn default_of(&mut self, ty: &Type) -> Eval {
        self.default_within(ty, DEPTH)
    }

    fn default_within(&mut self, ty: &Type, depth: u32) -> Eval {
        let Type::Tuple(shape) = ty else { return Ok(default_value(ty)) };
        let Some(depth) = depth.checked_sub(1) else { return Ok(Value::Null) };
        let items: Result<_, _> = shape.items.iter().map(|item| self.default_within(item, depth)).collect();
        self.heap.make(Object::Tuple { shape: Arc::clone(shape), items: items? })
    }

    fn shape(&self, ty: Index) -> Arc<TupleShape> {
        match self.ty(ty) {
            Type::Tuple(shape) => Arc::clone(shape),
            _ => Arc::new(TupleShape::unnamed(Vec::new())),
        }
    }

    fn new_tuple(&mut self, ty: Index, items: List) -> Eval {
        let items = self.all(items)?;
        let shape = self.shape(ty);
        self.heap.make(Object::Tuple { shape, items })
    }

    fn tuple_item(&mut self, tuple: NodeId, item: Index, ty: Index) -> Eval {
        let tuple = self.eval(tuple)?;
        match self.heap.object(&tuple) {
            Some(Object::Tuple { items, .. }) => Ok(items.get(item as usize).cloned().unwrap_or(Value::Null)),
            _ => match self.shape(ty).items.get(item as usize) {
                Some(ty) => self.default_of(ty),
                None => Ok(Value::Null),
            },
        }
    }

    fn with_item(&mut self, tuple: NodeId, item: Index, ty: Index, value: NodeId) -> Eval {
        let mut tuple = self.eval(tuple)?;
        let value = self.eval(value)?;
        if tuple.is_null() {
            tuple = self.default_of(self.ty(ty))?;
        }
        let Some(Object::Tuple { shape, items }) = self.heap.object(&tuple) else { return Ok(tuple) };
        let (shape, mut items) = (Arc::clone(shape), items.clone());
        if let Some(place) = items.get_mut(item as usize) {
            *place = value;
        }
        self.heap.make(Object::Tuple { shape, items })
    }

    fn new_multi_array(&mut self, ty: Index, parts: List) -> Eval {
        let Type::MultiArray(element, rank) = self.ty(ty) else { return Ok(Value::Null) };
        let mut parts = self.all(parts)?;
        let items = parts.split_off(usize::from(*rank).min(parts.len()));
        let mut lengths = Vec::with_capacity(parts.len());
        let mut total: usize = 1;
        for part in parts {
            let length = part.as_integer().and_then(|length| usize::try_from(length).ok());
            let Some(length) = length else {
                return Err(Exception::overflow("Arithmetic operation resulted in an overflow."));
            };
            total = total.saturating_mul(length);
            lengths.push(length);
        }
        if !items.is_empty() {
            return self.heap.make(Object::MultiArray { element: element.as_ref().clone(), lengths, items });
        }
        self.heap.charge(total.saturating_mul(24))?;
        let item = self.default_of(element)?;
        let items = vec![item; total];
        self.heap.make(Object::MultiArray { element: element.as_ref().clone(), lengths, items })
    }

    fn indices(&mut self, indices: List) -> Result<Vec<Option<usize>>, Exception> {
        let indices = self.all(indices)?;
        let position = |index: &Value| index.as_integer().and_then(|index| usize::try_from(index).ok());
        Ok(indices.iter().map(position).collect())
    }

    fn multi_element(&mut self, array: NodeId, indices: List) -> Eval {
        let array = self.eval(array)?;
        let indices = self.indices(indices)?;
        let Some(Object::MultiArray { lengths, items, .. }) = self.heap.object(&array) else {
            return Err(Exception::null_reference());
        };
        let found = offset(lengths, &indices).and_then(|at| items.get(at));
        found.cloned().ok_or_else(Exception::index_out_of_range)
    }

    fn set_multi_element(&mut self, array: NodeId, indices: List, value: NodeId) -> Eval {
        let array = self.eval(array)?;
        let indices = self.indices(indices)?;
        let value = self.eval(value)?;
        let Some(Object::MultiArray { lengths, items, .. }) = self.heap.object_mut(&array) else {
            return Err(Exception::null_reference());
        };
        let place = offset(lengths, &indices).and_then(|at| items.get_mut(at));
        *place.ok_or_else(Exception::index_out_of_range)? = value.clone();
        Ok(value)
    }

    fn element_ref(&mut self, array: NodeId, index: NodeId) -> Eval {
        let array = self.eval(array)?;
        let index = self.eval(index)?;
        let length = match self.heap.object(&array) {
            Some(Object::Array { items, .. }) => items.len(),
            Some(Object::Bytes { bytes, .. }) => bytes.len(),
            _ => return Err(Exception::null_reference()),
        };
        let at = index.as_integer().and_then(|index| usize::try_from(index).ok());
        match (array, at.filter(|at| *at < length)) {
            (Value::Ref(array), Some(index)) => self.heap.make(Object::Element { array, index }),
            _ => Err(Exception::index_out_of_range()),
        }
    }

    /// The element that a reference refers to.
    pub(super) fn element_of(&self, array: HeapId, index: usize) -> Value {
        match self.heap.get(array) {
            Some(Object::Array { items, .. }) => items.get(index).cloned().unwrap_or(Value::Null),
            Some(Object::Bytes { bytes, .. }) => Value::Byte(bytes.get(index).copied().unwrap_or(0)),
            _ => Value::Null,
        }
    }

    /// Assigns what a reference refers to: a variable or an element of an array.
    pub(super) fn assign_reference(&mut self, reference: &Value, value: &Value) {
        let (array, index) = match self.heap.object_mut(reference) {
            Some(Object::Cell(place)) => {
                *place = value.clone();
                return;
            }
            Some(Object::Element { array, index }) => (*array, *index),
            _ => return,
        };
        match (self.heap.get_mut(array), value) {
            (Some(Object::Array { items, .. }), value) => {
                if let Some(place) = items.get_mut(index) {
                    *place = value.clone();
                }
            }
            (Some(Object::Bytes { bytes, .. }), Value::Byte(byte)) => {
                if let Some(place) = bytes.get_mut(index) {
                    *place = *byte;
                }
            }
            _ => {}
        }
    }
}

/// Where an element stands: the last index runs fastest.
fn offset(lengths: &[usize], indices: &[Option<usize>]) -> Option<usize> {
    let mut at = 0_usize;
    for (length, index) in lengths.iter().zip(indices) {
        let index = index.filter(|index| index < length)?;
        at = at.checked_mul(*length)?.checked_add(index)?;
    }
    Some(at)
}
