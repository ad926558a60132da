//! `Newtonsoft.Json.JsonConvert` and `Formatting`. APIM allows `SerializeObject` and `DeserializeObject` only.

use crate::eval::{Cx, Eval};
use crate::json::{self, Formatting, Want};
use crate::types::Type;
use crate::value::HeapId;
use crate::{Exception, Text, Value};

use super::arguments::{arg, member as number_of, text};
use super::{TypeSpec, member};

const SOURCE: &str = "newtonsoft.com/json/help/html/T_Newtonsoft_Json_JsonConvert.htm";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("static string SerializeObject(object value)", |cx, a| serialize(cx, arg(a, 0), Formatting::None)),
            member("static string SerializeObject(object value, Formatting formatting)", |cx, a| {
                let formatting = if number_of(a, 1) == 1 { Formatting::Indented } else { Formatting::None };
                serialize(cx, arg(a, 0), formatting)
            }),
            member("static object DeserializeObject(string value)", |cx, a| {
                deserialize(cx, text(a, 0, "value")?.clone(), &Type::Object)
            }),
            member("static T DeserializeObject<T>(string value)", |cx, a| {
                let ty = cx.type_arg(0);
                deserialize(cx, text(a, 0, "value")?.clone(), &ty)
            }),
        ],
        ..TypeSpec::statics("Newtonsoft.Json.JsonConvert", SOURCE)
    },
    TypeSpec::enumeration("Newtonsoft.Json.Formatting", &[("None", 0), ("Indented", 1)], SOURCE),
];

fn serialize(cx: &mut Cx<'_>, value: &Value, formatting: Formatting) -> Eval {
    let tainted = cx.heap.is_tainted(value);
    // A token is written as it is; everything else becomes tokens first.
    let node = match cx.heap.json_of(value) {
        Some((id, _)) => id,
        None => super::json_serialize::serialize(cx, value, 0)?,
    };
    let text = json::write(cx.heap, node, formatting)?;
    cx.grow(text.len())?;
    Ok(Value::Text(text.tainted_if(tainted)))
}

/// `JToken.FromObject` and its like: an object as a new token.
pub(super) fn serialized(cx: &mut Cx<'_>, value: &Value, parameter: &str) -> Result<HeapId, Exception> {
    if value.is_null() {
        return Err(Exception::argument_null(parameter));
    }
    super::json_serialize::serialize(cx, value, 0)
}

fn deserialize(cx: &mut Cx<'_>, source: Text, ty: &Type) -> Eval {
    cx.burn(source.len() as u64 / 16)?;
    if source.as_str().trim().is_empty() {
        return Ok(Value::Null);
    }
    let token = Value::Ref(json::read(cx.heap, &source, Want::Token)?);
    match ty {
        // Objects and arrays stay nodes; a scalar becomes its value.
        Type::Object => Ok(json::inner_value(cx.heap, &token).unwrap_or(token)),
        Type::Class(class, _) if json::is_token_class(*class) => {
            if crate::eval::is_instance(cx.heap, &token, ty) {
                return Ok(token);
            }
            Err(Exception::new(
                "System.InvalidCastException",
                format!(
                    "Unable to cast object of type '{}' to type '{}'.",
                    crate::eval::runtime_type(cx.heap, &token).net_name(),
                    ty.net_name()
                ),
            ))
        }
        _ => json::to_object(cx.heap, &token, ty),
    }
}
