//! `JValue`, `JRaw` and `JTokenType`.

use crate::eval::{Cx, Eval};
use crate::json::{self, JsonKind, JsonType};
use crate::{Exception, Text, Value};

use super::arguments::{arg, id, text_or_empty};
use super::json_containers::copy;
use super::json_content::token_of;
use super::{TypeSpec, member, setter};

const SOURCE: &str = "newtonsoft.com/json/help/html/T_Newtonsoft_Json_Linq_JValue.htm";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["JToken"],
        members: &[
            member("new(JValue other)", copy),
            member("new(long value)", wide),
            member("new(decimal value)", exact),
            member("new(char value)", exact),
            member("new(ulong value)", exact),
            member("new(double value)", exact),
            member("new(float value)", exact),
            member("new(DateTime value)", exact),
            member("new(DateTimeOffset value)", exact),
            member("new(bool value)", exact),
            member("new(string value)", |cx, a| cx.heap.json_scalar(JsonType::String, arg(a, 0).clone()).map(Value::Ref)),
            member("new(Guid value)", exact),
            member("new(Uri value)", exact),
            member("new(TimeSpan value)", exact),
            member("new(object value)", |cx, a| {
                let made = value_of(cx, arg(a, 0), JsonType::Null)?;
                cx.heap.json_node(made).map(Value::Ref)
            }),
            member("object Value", |cx, a| Ok(json::inner_value(cx.heap, arg(a, 0)).unwrap_or(Value::Null))),
            setter("object Value", |cx, a| {
                let before = cx.heap.json_type(arg(a, 0)).unwrap_or(JsonType::Null);
                let new = value_of(cx, arg(a, 1), before)?;
                if let Some(node) = cx.heap.json_mut(id(a, 0)?) {
                    node.kind = new;
                }
                Ok(Value::Null)
            }),
            member("string ToString(string format)", |cx, a| {
                let value = json::inner_value(cx.heap, arg(a, 0)).unwrap_or(Value::Null);
                super::format::formatted(cx, &value, text_or_empty(a, 1)).map(Value::Text)
            }),
            member("bool Equals(JValue other)", |cx, a| {
                Ok(Value::Bool(arg(a, 0) == arg(a, 1) || json::equal_tokens(cx.heap, arg(a, 0), arg(a, 1))))
            }),
            member("int CompareTo(JValue obj)", compare),
            member("static JValue CreateNull()", |cx, _| scalar(cx, JsonType::Null, Value::Null)),
            member("static JValue CreateUndefined()", |cx, _| scalar(cx, JsonType::Undefined, Value::Null)),
            member("static JValue CreateString(string value)", |cx, a| scalar(cx, JsonType::String, arg(a, 0).clone())),
            member("static JValue CreateComment(string value)", |cx, a| scalar(cx, JsonType::Comment, arg(a, 0).clone())),
        ],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JValue", SOURCE)
    },
    TypeSpec {
        bases: &["JValue"],
        members: &[
            member("new(JRaw other)", copy),
            member("new(object rawJson)", |cx, a| {
                let text = match arg(a, 0) {
                    Value::Null => Value::Null,
                    other => Value::Text(cx.display(other)?),
                };
                scalar(cx, JsonType::Raw, text)
            }),
        ],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JRaw", "newtonsoft.com/json/help/html/T_Newtonsoft_Json_Linq_JRaw.htm")
    },
    TypeSpec::enumeration(
        "Newtonsoft.Json.Linq.JTokenType",
        &[
            ("None", 0), ("Object", 1), ("Array", 2), ("Constructor", 3), ("Property", 4), ("Comment", 5),
            ("Integer", 6), ("Float", 7), ("String", 8), ("Boolean", 9), ("Null", 10), ("Undefined", 11), ("Date", 12),
            ("Raw", 13), ("Bytes", 14), ("Guid", 15), ("Uri", 16), ("TimeSpan", 17),
        ],
        "newtonsoft.com/json/help/html/T_Newtonsoft_Json_Linq_JTokenType.htm",
    ),
];

fn scalar(cx: &mut Cx<'_>, ty: JsonType, value: Value) -> Eval {
    cx.heap.json_scalar(ty, value).map(Value::Ref)
}

fn wide(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    json::from_scalar(cx.heap, arg(args, 0)).map(Value::Ref)
}

fn exact(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    token_of(cx, arg(args, 0)).map(Value::Ref)
}

/// Any plain value as what a `JValue` holds. Text and comments that are set to another text stay what they are.
fn value_of(cx: &mut Cx<'_>, value: &Value, before: JsonType) -> Result<JsonKind, Exception> {
    if let (Value::Text(_), JsonType::Comment | JsonType::Raw) = (value, before) {
        return Ok(JsonKind::Value(before, value.clone()));
    }
    if cx.heap.json_of(value).is_some() {
        let class = crate::eval::runtime_type(cx.heap, value).net_name();
        let message = format!("Could not determine JSON object type for type {class}.");
        return Err(Exception::new("System.ArgumentException", message));
    }
    let node = token_of(cx, value)?;
    match cx.heap.json(node).map(|node| &node.kind) {
        Some(JsonKind::Value(ty, value)) => Ok(JsonKind::Value(*ty, value.clone())),
        _ => Err(Exception::new("System.ArgumentException", Text::from_static("Could not determine JSON object type."))),
    }
}

fn compare(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let part = |value: &Value| match cx.heap.json_of(value).map(|(_, node)| &node.kind) {
        Some(JsonKind::Value(ty, value)) => Some((*ty, value.clone())),
        _ => None,
    };
    let Some((kind, own)) = part(arg(args, 0)) else { return Err(Exception::null_reference()) };
    match part(arg(args, 1)) {
        Some((other_kind, other)) => {
            json::compare_scalars(kind, &own, other_kind, &other).map(Value::Int32)
        }
        None => Ok(Value::Int32(1)),
    }
}
