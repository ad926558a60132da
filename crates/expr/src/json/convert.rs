//! Conversions between JSON values and .NET values: `JToken`'s operators, `Value<T>`, `ToObject<T>`, `FromObject`.
//!
//! Source: Json.NET's `JToken` operators and `JTokenReader`/`Convert` behaviour, "Newtonsoft.Json.Linq.JToken" in its
//! documentation; messages as its source has them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::eval::{convert_number, default_value};
use crate::library::convert as net;
use crate::library::dictionary::claim_elsewhere;
use crate::object::Object;
use crate::registry::known;
use crate::time;
use crate::types::{Scalar, Type};
use crate::value::{DateTimeKind, HeapId};
use crate::{Exception, Heap, Text, Value};

use super::node::{JsonKind, JsonType, Members};

/// A `JToken` as a scalar type, as `(int)token` and `token.Value<int>()` do; `null` becomes null.
pub(crate) fn to_scalar(heap: &mut Heap, token: &Value, ty: &Type) -> Result<Value, Exception> {
    let (kind, value) = match heap.json_of(token).map(|(id, node)| (id, &node.kind)) {
        Some((_, JsonKind::Value(kind, value))) => (*kind, value.clone()),
        Some((id, JsonKind::Property(_))) => {
            let inner = heap.property_value(id).map_or(Value::Null, Value::Ref);
            return to_scalar(heap, &inner, ty);
        }
        Some((_, JsonKind::Array(_))) => return Err(no_conversion("Array", ty)),
        Some((_, JsonKind::Constructor(..))) => return Err(no_conversion("Constructor", ty)),
        Some((_, JsonKind::Object(_))) => return Err(no_conversion("Object", ty)),
        None => return Ok(Value::Null),
    };
    if value.is_null() {
        let never = ty.is_value_type() || *ty == Type::bytes();
        return if never { Err(no_conversion(type_name(kind), ty)) } else { Ok(Value::Null) };
    }
    if !convertible(kind, ty.without_nullable()) {
        return Err(no_conversion(type_name(kind), ty));
    }
    convert(heap, kind, &value, ty.without_nullable())
}

/// Which kinds of tokens an operator takes.
fn convertible(kind: JsonType, ty: &Type) -> bool {
    use JsonType as J;
    let known = known();
    let text = matches!(kind, J::String | J::Comment | J::Raw);
    let number = matches!(kind, J::Integer | J::Float);
    match ty {
        Type::Object => true,
        Type::String => !matches!(kind, J::None | J::Undefined),
        Type::Scalar(Scalar::Char) => text || number,
        Type::Scalar(_) => text || number || kind == J::Boolean,
        Type::Array(_) => text || kind == J::Bytes,
        Type::Class(id, _) if *id == known.guid => text || matches!(kind, J::Guid | J::Bytes),
        Type::Class(id, _) if *id == known.time_span => text || kind == J::TimeSpan,
        Type::Class(id, _) if [known.date_time, known.date_time_offset].contains(id) => {
            text || kind == J::Date
        }
        _ => text || kind == J::Uri,
    }
}

fn no_conversion(kind: &str, ty: &Type) -> Exception {
    let name = match ty.without_nullable() {
        Type::Scalar(scalar) => scalar.class().to_owned(),
        Type::String => "String".to_owned(),
        Type::Array(_) => "byte array".to_owned(),
        other => other.to_string(),
    };
    Exception::new("System.ArgumentException", format!("Can not convert {kind} to {name}."))
}

fn convert(heap: &mut Heap, kind: JsonType, value: &Value, ty: &Type) -> Result<Value, Exception> {
    let known = known();
    match ty {
        Type::String => Ok(Value::Text(text_of(heap, value))),
        Type::Scalar(Scalar::Bool) => match value {
            Value::Text(digits) if kind == JsonType::Integer => Ok(Value::Bool(digits.as_str() != "0")),
            other => net::to_boolean(other),
        },
        Type::Scalar(Scalar::Char) => match value {
            Value::Text(text) => net::text_to_char(text),
            other => convert_number(other, Scalar::Char, true),
        },
        Type::Scalar(scalar) => match value {
            // An integer beyond `long`.
            Value::Text(digits) if kind == JsonType::Integer => big_integer(digits, *scalar),
            other => net::to_number(other, *scalar),
        },
        Type::Class(id, _) if *id == known.guid => net::to_guid(value),
        Type::Class(id, _) if *id == known.date_time => to_date(value),
        Type::Class(id, _) if *id == known.date_time_offset => to_date_offset(value),
        Type::Array(element) if **element == Type::Scalar(Scalar::Byte) => to_bytes(heap, value),
        Type::Class(id, _) if *id == known.time_span => match value {
            Value::Text(text) => crate::library::dates::parse_span(text.as_str()).map(Value::TimeSpan),
            other => Ok(other.clone()),
        },
        Type::Object => Ok(value.clone()),
        _ => match value {
            Value::Text(text) if *ty == crate::library::natives::named("Uri") => uri(heap, text),
            _ => Err(no_conversion(type_name(kind), ty)),
        },
    }
}

fn uri(heap: &mut Heap, text: &Text) -> Result<Value, Exception> {
    let mut uri = crate::library::web::Uri::parse(text.as_str())
        .map_err(|message| Exception::new("System.UriFormatException", Text::from_static(message)))?;
    uri.tainted = text.is_tainted();
    heap.make(Object::Native(Box::new(uri)))
}

fn big_integer(digits: &Text, scalar: Scalar) -> Result<Value, Exception> {
    match scalar {
        Scalar::Double | Scalar::Single => {
            let number = digits.as_str().parse::<f64>().unwrap_or(f64::INFINITY);
            convert_number(&Value::Double(number), scalar, false)
        }
        Scalar::Decimal | Scalar::UInt64 => {
            let number = digits.as_str().parse::<Decimal>().ok();
            let number = number.filter(|number| scalar == Scalar::Decimal || number.to_u64().is_some());
            let number = number.ok_or_else(|| {
                Exception::overflow("Value was either too large or too small for a UInt64.")
            })?;
            convert_number(&Value::Decimal(number), scalar, true)
        }
        _ => Err(crate::eval::integer_overflow(scalar)),
    }
}

/// The text of a JSON scalar: `(string)token`.
fn text_of(heap: &Heap, value: &Value) -> Text {
    match value {
        Value::Text(text) => text.clone(),
        other => match heap.as_bytes(other) {
            Some(bytes) => Text::from(net::base64(bytes)),
            None => Text::from(crate::eval::plain_text(other)),
        },
    }
}

fn to_date(value: &Value) -> Result<Value, Exception> {
    match value {
        Value::DateTime(_) => Ok(value.clone()),
        Value::DateTimeOffset(date) => {
            let ticks = date.ticks - i64::from(date.offset) * time::MINUTE;
            Ok(Value::DateTime(crate::value::DateTime { ticks, kind: DateTimeKind::Local }))
        }
        Value::Text(text) => crate::library::dates::parse(text).map(Value::DateTime),
        _ => Err(no_conversion("Integer", &Type::class(known().date_time))),
    }
}

fn to_date_offset(value: &Value) -> Result<Value, Exception> {
    match to_date(value)? {
        Value::DateTime(date) => {
            Ok(Value::DateTimeOffset(crate::value::DateTimeOffset { ticks: date.ticks, offset: 0 }))
        }
        other => Ok(other),
    }
}

fn to_bytes(heap: &mut Heap, value: &Value) -> Result<Value, Exception> {
    match value {
        Value::Text(text) => {
            let bytes = net::from_base64(text.as_str())?;
            heap.bytes(bytes)
        }
        other => Ok(other.clone()),
    }
}

/// `JTokenType`'s name of a kind.
pub(crate) fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::None => "None",
        JsonType::Object => "Object",
        JsonType::Array => "Array",
        JsonType::Constructor => "Constructor",
        JsonType::Property => "Property",
        JsonType::Comment => "Comment",
        JsonType::Integer => "Integer",
        JsonType::Float => "Float",
        JsonType::String => "String",
        JsonType::Boolean => "Boolean",
        JsonType::Null => "Null",
        JsonType::Undefined => "Undefined",
        JsonType::Date => "Date",
        JsonType::Raw => "Raw",
        JsonType::Bytes => "Bytes",
        JsonType::Guid => "Guid",
        JsonType::Uri => "Uri",
        JsonType::TimeSpan => "TimeSpan",
    }
}

/// `JToken.FromObject`, and the implicit conversions to `JToken`: any value as a node. A node stays the node it is.
pub(crate) fn from_value(heap: &mut Heap, value: &Value) -> Result<HeapId, Exception> {
    from_value_below(heap, value, 0)
}

fn from_value_below(heap: &mut Heap, value: &Value, depth: u32) -> Result<HeapId, Exception> {
    if depth > super::read::MAX_DEPTH {
        return Err(Exception::limit("The object is nested too deeply for JSON."));
    }
    let kind = match value {
        Value::Ref(id) => return from_object(heap, *id, depth),
        Value::Null => JsonType::Null,
        Value::Bool(_) => JsonType::Boolean,
        Value::Text(_) | Value::Char(_) => JsonType::String,
        Value::Double(_) | Value::Single(_) | Value::Decimal(_) => JsonType::Float,
        Value::DateTime(_) | Value::DateTimeOffset(_) => JsonType::Date,
        Value::TimeSpan(_) => JsonType::TimeSpan,
        Value::Guid(_) => JsonType::Guid,
        Value::Host(_) => {
            return Err(Exception::invalid_operation(
                "Objects of the request in flight cannot be written as JSON.",
            ));
        }
        _ => JsonType::Integer,
    };
    let value = match value {
        Value::Char(unit) => Value::Text(Text::from_units(&[*unit])),
        Value::Enum(member) => Value::Int32(member.number),
        other => other.clone(),
    };
    heap.json_scalar(kind, value)
}

/// The text of a `Uri`, as it was given; none for other objects.
pub(crate) fn uri_text(object: &dyn crate::object::NativeObject) -> Option<Text> {
    let uri = (object as &dyn std::any::Any).downcast_ref::<crate::library::web::Uri>()?;
    Some(Text::copied(&uri.original).tainted_if(uri.tainted))
}

/// The implicit conversions to `JToken`, which keep integers as `long`.
pub(crate) fn from_scalar(heap: &mut Heap, value: &Value) -> Result<HeapId, Exception> {
    let wide = match value {
        Value::UInt64(_) => None,
        other => other.as_integer().and_then(|number| i64::try_from(number).ok()),
    };
    match (value, wide) {
        (Value::Char(_), _) | (_, None) => from_value(heap, value),
        (_, Some(number)) => heap.json_scalar(JsonType::Integer, Value::Int64(number)),
    }
}

fn from_object(heap: &mut Heap, id: HeapId, depth: u32) -> Result<HeapId, Exception> {
    match heap.get(id) {
        Some(Object::Json(_)) => Ok(id),
        Some(Object::Bytes { bytes, tainted }) => {
            let text = Text::from(net::base64(bytes)).tainted_if(*tainted);
            heap.json_scalar(JsonType::Bytes, Value::Text(text))
        }
        Some(Object::Array { items, .. } | Object::List { items, .. }) => {
            let items = items.clone();
            array(heap, &items, depth)
        }
        Some(Object::Set(set)) => {
            let items: Vec<Value> = set.iter().cloned().collect();
            array(heap, &items, depth)
        }
        Some(Object::Dictionary(dictionary)) if !dictionary.elsewhere.is_empty() => Err(claim_elsewhere()),
        Some(Object::Dictionary(dictionary)) => {
            let entries: Vec<_> =
                dictionary.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            object(heap, entries, depth)
        }
        Some(Object::Anonymous { shape, values }) => {
            let names = shape.members.iter().map(|(name, _)| Value::text(name));
            let entries = names.zip(values.iter().cloned()).collect();
            object(heap, entries, depth)
        }
        Some(Object::Pair { key, value, .. }) => {
            let entries = vec![(Value::text("Key"), key.clone()), (Value::text("Value"), value.clone())];
            object(heap, entries, depth)
        }
        Some(Object::Builder { text, .. }) => {
            let entries = vec![(Value::text("Length"), Value::Int64(text.len().try_into().unwrap_or(0)))];
            object(heap, entries, depth)
        }
        Some(Object::Native(native)) if uri_text(native.as_ref()).is_some() => {
            let text = uri_text(native.as_ref()).unwrap_or(Text::EMPTY);
            heap.json_scalar(JsonType::Uri, Value::Text(text))
        }
        _ => Err(Exception::invalid_operation("The object cannot be written as JSON.")),
    }
}

fn array(heap: &mut Heap, items: &[Value], depth: u32) -> Result<HeapId, Exception> {
    let array = heap.json_node(JsonKind::Array(Vec::with_capacity(items.len())))?;
    for item in items {
        let item = from_value_below(heap, item, depth + 1)?;
        heap.json_insert(array, None, item)?;
    }
    Ok(array)
}

fn object(heap: &mut Heap, entries: Vec<(Value, Value)>, depth: u32) -> Result<HeapId, Exception> {
    let object = heap.json_node(JsonKind::Object(Members::with_capacity(entries.len())))?;
    for (key, value) in entries {
        let name = text_of(heap, &key);
        let value = from_value_below(heap, &value, depth + 1)?;
        heap.json_set(object, name, value)?;
    }
    Ok(object)
}

/// Whether a class is `JToken` or derives from it.
pub(crate) fn is_token_class(class: crate::types::ClassId) -> bool {
    let known = known();
    let own = [known.jtoken, known.jobject, known.jarray, known.jvalue, known.jcontainer, known.jproperty];
    own.contains(&class) || class == known.jraw || class == known.jconstructor
}

/// The .NET value of a `JValue`, or of a property that holds one; none for anything else.
pub(crate) fn inner_value(heap: &Heap, value: &Value) -> Option<Value> {
    let (id, node) = heap.json_of(value)?;
    match &node.kind {
        JsonKind::Value(_, value) => Some(value.clone()),
        JsonKind::Property(_) => inner_value(heap, &Value::Ref(heap.property_value(id)?)),
        _ => None,
    }
}

/// `Extensions.Convert<JToken, T>`: what `Value<T>()` gives for a token.
pub(crate) fn value_as(heap: &mut Heap, token: &Value, ty: &Type) -> Result<Value, Exception> {
    let Some((_, node)) = heap.json_of(token) else { return Ok(default_value(ty)) };
    let JsonKind::Value(_, value) = &node.kind else {
        if crate::eval::is_instance(heap, token, ty) && !matches!(ty, Type::String) {
            return Ok(token.clone());
        }
        let message = format!(
            "Cannot cast {} to Newtonsoft.Json.Linq.JToken.",
            crate::eval::runtime_type(heap, token).net_name()
        );
        return Err(Exception::new("System.InvalidCastException", message));
    };
    let value = value.clone();
    match ty {
        Type::Class(class, _) if is_token_class(*class) => {
            if crate::eval::is_instance(heap, token, ty) {
                return Ok(token.clone());
            }
            crate::eval::cast(heap, token.clone(), ty)
        }
        Type::Object => Ok(token.clone()),
        _ if value.is_null() && ty.is_value_type() => Err(Exception::new(
            "System.InvalidCastException",
            Text::from_static("Null object cannot be converted to a value type."),
        )),
        _ => to_scalar(heap, token, ty),
    }
}
