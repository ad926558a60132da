//! Objects of library types with a state of their own.

use std::any::Any;

use crate::eval::{Cx, Eval};
use crate::object::{NativeObject, Object};
use crate::registry::registry;
use crate::types::Type;
use crate::{Exception, Value};

use super::arguments::arg;

/// A library type without type arguments, by its short name.
pub(crate) fn named(name: &str) -> Type {
    registry().find(name).map_or(Type::Object, Type::class)
}

/// A new object.
pub(crate) fn made(cx: &mut Cx<'_>, native: impl NativeObject) -> Eval {
    cx.heap.make(Object::Native(Box::new(native)))
}

/// The state of an argument; the binder has checked its type, so what is missing is null.
pub(crate) fn state<'h, T: NativeObject + Any>(
    cx: &'h Cx<'_>,
    args: &[Value],
    index: usize,
) -> Result<&'h T, Exception> {
    cx.heap.native(arg(args, index)).ok_or_else(Exception::null_reference)
}

/// The state of an argument, to be changed.
pub(crate) fn state_mut<'h, T: NativeObject + Any>(
    cx: &'h mut Cx<'_>,
    args: &[Value],
    index: usize,
) -> Result<&'h mut T, Exception> {
    cx.heap.native_mut(arg(args, index)).ok_or_else(Exception::null_reference)
}
