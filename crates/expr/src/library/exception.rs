//! `System.Exception`: what `catch` gets. Policies may name no other exception type.

use crate::object::Object;
use crate::{Exception, Text, Value};

use super::arguments::{arg, text_or_empty};
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("new()", |cx, _| {
            let exception = Exception::new(CLASS, Text::from_static("Exception of type 'System.Exception' was thrown."));
            cx.heap.make(Object::Exception(exception))
        }),
        member("new(string message)", |cx, a| {
            let exception = Exception::new(CLASS, text_or_empty(a, 0));
            let tainted = arg(a, 0).is_tainted();
            cx.heap.make(Object::Exception(if tainted { exception.tainted() } else { exception }))
        }),
        member("string Message", |cx, a| match cx.heap.object(arg(a, 0)) {
            Some(Object::Exception(exception)) => Ok(Value::Text(exception.message().clone())),
            _ => Err(Exception::null_reference()),
        }),
        member("Exception InnerException", |_, _| Ok(Value::Null)),
        member("string StackTrace", |_, _| Ok(Value::Null)),
        member("string Source", |_, _| Ok(Value::Null)),
    ],
    unbuilt: &["Data", "HResult", "HelpLink", "TargetSite", "GetBaseException"],
    ..TypeSpec::class("System.Exception", "api/system.exception")
}];

const CLASS: &str = "System.Exception";
