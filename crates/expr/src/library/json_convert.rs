//! `Newtonsoft.Json.JsonConvert` and `Formatting`. APIM allows `SerializeObject` and `DeserializeObject` only.

use crate::eval::{Cx, Eval};
use crate::json::{self, Formatting};
use crate::types::Type;
use crate::value::HeapId;
use crate::{Exception, Value};

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
                super::json_deserialize::from_text(cx, text(a, 0, "value")?, &Type::Object)
            }),
            member("static T DeserializeObject<T>(string value)", |cx, a| {
                let ty = cx.type_arg(0);
                super::json_deserialize::from_text(cx, text(a, 0, "value")?, &ty)
            }),
            member("static object DeserializeObject(string value, Type type)", |cx, a| {
                let ty = super::reflection::given_type(cx, a, 1, "type")?;
                super::json_deserialize::from_text(cx, text(a, 0, "value")?, &ty)
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
