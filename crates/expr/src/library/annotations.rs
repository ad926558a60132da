//! Annotations: objects that expressions attach to nodes of JSON and XML.

use crate::eval::{Cx, Eval, is_instance};
use crate::{Exception, Value};

use super::arguments::{arg, id};
use super::sequence::{Query, sequence};

/// `AddAnnotation(object)`.
pub(super) fn add(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("annotation"));
    }
    cx.heap.charge(48)?;
    cx.heap.annotations.entry(id(args, 0)?).or_default().push(arg(args, 1).clone());
    Ok(Value::Null)
}

fn found(cx: &Cx<'_>, args: &[Value]) -> Result<Vec<Value>, Exception> {
    let ty = cx.type_arg(0);
    let own = cx.heap.annotations.get(&id(args, 0)?);
    let fits = |value: &&Value| is_instance(cx.heap, value, &ty);
    Ok(own.into_iter().flatten().filter(fits).cloned().collect())
}

/// `Annotation<T>()`.
pub(super) fn first(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(found(cx, args)?.into_iter().next().unwrap_or(Value::Null))
}

/// `Annotations<T>()`.
pub(super) fn all(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = found(cx, args)?;
    let ty = cx.type_arg(0);
    sequence(cx, Query::of(ty, items))
}

/// `RemoveAnnotations<T>()`.
pub(super) fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let gone = found(cx, args)?;
    if let Some(own) = cx.heap.annotations.get_mut(&id(args, 0)?) {
        own.retain(|value| !gone.contains(value));
    }
    Ok(Value::Null)
}
