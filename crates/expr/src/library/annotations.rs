//! Annotations: objects that expressions attach to nodes of JSON and XML.

use crate::eval::{Cx, Eval, is_instance};
use crate::{Exception, Value};

use crate::types::Type;

use super::arguments::{arg, id};
use super::reflection::given_type;
use super::sequence::{Query, sequence};

/// `AddAnnotation(object)`.
pub(super) fn add(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("annotation"));
    }
    cx.heap.charge(48)?;
    cx.heap.seldom_mut().annotations.entry(id(args, 0)?).or_default().push(arg(args, 1).clone());
    Ok(Value::Null)
}

fn found(cx: &Cx<'_>, args: &[Value], ty: &Type) -> Result<Vec<Value>, Exception> {
    let id = id(args, 0)?;
    let own = cx.heap.seldom().and_then(|seldom| seldom.annotations.get(&id));
    let fits = |value: &&Value| is_instance(cx.heap, value, ty);
    Ok(own.into_iter().flatten().filter(fits).cloned().collect())
}

/// `Annotation<T>()`.
pub(super) fn first(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = cx.type_arg(0);
    Ok(found(cx, args, &ty)?.into_iter().next().unwrap_or(Value::Null))
}

/// `Annotation(Type)`.
pub(super) fn first_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = given_type(cx, args, 1, "type")?;
    Ok(found(cx, args, &ty)?.into_iter().next().unwrap_or(Value::Null))
}

/// `Annotations<T>()`.
pub(super) fn all(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = cx.type_arg(0);
    let items = found(cx, args, &ty)?;
    sequence(cx, Query::of(ty, items))
}

/// `Annotations(Type)`.
pub(super) fn all_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = given_type(cx, args, 1, "type")?;
    let items = found(cx, args, &ty)?;
    sequence(cx, Query::of(Type::Object, items))
}

/// `RemoveAnnotations<T>()`.
pub(super) fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = cx.type_arg(0);
    without(cx, args, &ty)
}

/// `RemoveAnnotations(Type)`.
pub(super) fn remove_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = given_type(cx, args, 1, "type")?;
    without(cx, args, &ty)
}

fn without(cx: &mut Cx<'_>, args: &[Value], ty: &Type) -> Eval {
    let gone = found(cx, args, ty)?;
    if let Some(own) = cx.heap.seldom_mut().annotations.get_mut(&id(args, 0)?) {
        own.retain(|value| !gone.contains(value));
    }
    Ok(Value::Null)
}
