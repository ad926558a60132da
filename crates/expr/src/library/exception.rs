//! `System.Exception`: what `catch` gets. Policies may name no other exception type.
//!
//! An exception has no stack trace: what runs is not a .NET program. It has no `Data` and no `TargetSite` either.

use crate::eval::{Cx, Eval};
use crate::object::Object;
use crate::{Exception, Text, Value};

use super::arguments::arg;
use super::{TypeSpec, member, setter};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("new()", |cx, _| make(cx, &Value::Null, &Value::Null)),
        member("new(string message)", |cx, a| make(cx, arg(a, 0), &Value::Null)),
        member("new(string message, Exception innerException)", |cx, a| make(cx, arg(a, 0), arg(a, 1))),
        member("string Message", |cx, a| Ok(Value::Text(exception(cx, a)?.message().clone()))),
        member("Exception InnerException", |cx, a| match exception(cx, a)?.cause().cloned() {
            Some(cause) => cx.heap.make(Object::Exception(cause)),
            None => Ok(Value::Null),
        }),
        member("Exception GetBaseException()", |cx, a| {
            let mut base = exception(cx, a)?;
            while let Some(cause) = base.cause() {
                base = cause;
            }
            if exception(cx, a)?.cause().is_none() {
                return Ok(arg(a, 0).clone());
            }
            let base = base.clone();
            cx.heap.make(Object::Exception(base))
        }),
        member("int HResult", |cx, a| Ok(Value::Int32(exception(cx, a)?.code()))),
        member("string StackTrace", |_, _| Ok(Value::Null)),
        member("string Source", |cx, a| Ok(change(cx, a)?.origin().clone().into())),
        setter("string Source", |cx, a| {
            *change(cx, a)?.origin() = arg(a, 1).as_text().cloned();
            Ok(arg(a, 1).clone())
        }),
        member("string HelpLink", |cx, a| Ok(change(cx, a)?.help().clone().into())),
        setter("string HelpLink", |cx, a| {
            *change(cx, a)?.help() = arg(a, 1).as_text().cloned();
            Ok(arg(a, 1).clone())
        }),
        // It hides the method of `object`.
        member("Type GetType()", super::reflection::type_of),
    ],
    unbuilt: &["Data", "TargetSite"],
    ..TypeSpec::class("System.Exception", "api/system.exception")
}];

const CLASS: &str = "System.Exception";

fn make(cx: &mut Cx<'_>, message: &Value, cause: &Value) -> Eval {
    let text = match message {
        Value::Text(text) => text.clone(),
        _ => Text::from_static("Exception of type 'System.Exception' was thrown."),
    };
    let exception = Exception::new(CLASS, text);
    let exception = match cx.heap.object(cause) {
        Some(Object::Exception(cause)) => exception.caused_by(cause.clone()),
        _ => exception,
    };
    cx.heap.make(Object::Exception(exception))
}

fn exception<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h Exception, Exception> {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Exception(exception)) => Ok(exception),
        _ => Err(Exception::null_reference()),
    }
}

fn change<'h>(cx: &'h mut Cx<'_>, args: &[Value]) -> Result<&'h mut Exception, Exception> {
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::Exception(exception)) => Ok(exception),
        _ => Err(Exception::null_reference()),
    }
}
