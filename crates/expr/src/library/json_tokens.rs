//! `JToken`, `JValue`, `JProperty`, `JTokenType`, and `Newtonsoft.Json.Linq.Extensions`.

use crate::eval::{Cx, Eval};
use crate::json::{self, Formatting, JsonKind, JsonType};
use crate::object::Object;
use crate::registry::known;
use crate::types::Type;
use crate::value::{EnumValue, HeapId};
use crate::{Exception, Text, Value};

use super::arguments::{arg, boolean, count, id, int, member as number_of, text, text_or_empty};
use super::sequence::{Query, collect, sequence};
use super::{Row, TypeSpec, member, setter};

const SOURCE: &str = "newtonsoft.com/json/help/html/T_Newtonsoft_Json_Linq_JToken.htm";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["IEnumerable<JToken>"],
        members: TOKEN,
        unbuilt: &["CreateReader", "WriteTo", "ReadFrom", "Load", "CreateWriter", "Annotation", "Annotations", "AddAnnotation", "RemoveAnnotations", "EqualityComparer"],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JToken", SOURCE)
    },
    TypeSpec {
        bases: &["JToken"],
        members: &[
            member("new(object value)", |cx, a| new_value(cx, arg(a, 0))),
            member("new(JValue other)", |cx, a| cx.heap.json_clone(id(a, 0)?).map(Value::Ref)),
            member("object Value", |cx, a| Ok(json::inner_value(cx.heap, arg(a, 0)).unwrap_or(Value::Null))),
            setter("object Value", |cx, a| {
                let new = json::from_value(cx.heap, arg(a, 1))?;
                let kind = match cx.heap.json(new).map(|node| &node.kind) {
                    Some(JsonKind::Value(ty, value)) => JsonKind::Value(*ty, value.clone()),
                    _ => return Err(Exception::invalid_cast()),
                };
                if let Some(node) = cx.heap.json_mut(id(a, 0)?) {
                    node.kind = kind;
                }
                Ok(Value::Null)
            }),
            member("string ToString(string format)", |cx, a| {
                super::format::formatted(cx, arg(a, 0), text_or_empty(a, 1)).map(Value::Text)
            }),
            member("bool Equals(JValue other)", |cx, a| Ok(Value::Bool(json::equal_tokens(cx.heap, arg(a, 0), arg(a, 1))))),
            member("static JValue CreateNull()", |cx, _| cx.heap.json_scalar(JsonType::Null, Value::Null).map(Value::Ref)),
            member("static JValue CreateUndefined()", |cx, _| cx.heap.json_scalar(JsonType::Undefined, Value::Null).map(Value::Ref)),
            member("static JValue CreateString(string value)", |cx, a| {
                cx.heap.json_scalar(JsonType::String, arg(a, 0).clone()).map(Value::Ref)
            }),
        ],
        unbuilt: &["CompareTo", "CreateComment", "CreateRaw"],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JValue", SOURCE)
    },
    TypeSpec::enumeration(
        "Newtonsoft.Json.Linq.JTokenType",
        &[
            ("None", 0), ("Object", 1), ("Array", 2), ("Constructor", 3), ("Property", 4), ("Comment", 5),
            ("Integer", 6), ("Float", 7), ("String", 8), ("Boolean", 9), ("Null", 10), ("Undefined", 11), ("Date", 12),
            ("Raw", 13), ("Bytes", 14), ("Guid", 15), ("Uri", 16), ("TimeSpan", 17),
        ],
        SOURCE,
    ),
    TypeSpec {
        members: &[
            member("static U Value<U>(this IEnumerable<JToken> value)", |cx, a| {
                let ty = cx.type_arg(0);
                if cx.heap.json_of(arg(a, 0)).is_none() {
                    return Err(Exception::argument("Source value must be a JToken.", "value"));
                }
                json::value_as(cx.heap, arg(a, 0), &ty)
            }),
            member("static IEnumerable<JToken> Values(this IEnumerable<JToken> source)", |cx, a| {
                let mut all = Vec::new();
                for token in collect(cx, arg(a, 0))? {
                    all.extend(children(cx, &token)?);
                }
                tokens(cx, all)
            }),
            member("static IEnumerable<JToken> Children(this IEnumerable<JToken> source)", |cx, a| {
                let mut all = Vec::new();
                for token in collect(cx, arg(a, 0))? {
                    all.extend(children(cx, &token)?);
                }
                tokens(cx, all)
            }),
        ],
        unbuilt: &["Ancestors", "AncestorsAndSelf", "AsJEnumerable", "Descendants", "DescendantsAndSelf", "Properties"],
        ..TypeSpec::statics("Newtonsoft.Json.Linq.Extensions", SOURCE)
    },
];

macro_rules! conversions {
    ($($ty:literal),* $(,)?) => {
        const CONVERSIONS: &[Row] = &[
            $(
                member(concat!("static implicit operator JToken(", $ty, " value)"), from_net),
                member(concat!("static explicit operator ", $ty, "(JToken value)"), to_net),
            )*
        ];
    };
}

// `Newtonsoft.Json.Linq.JToken`, "Operators".
conversions! {
    "bool", "bool?", "sbyte", "sbyte?", "byte", "byte?", "short", "short?", "ushort", "ushort?", "int", "int?", "uint",
    "uint?", "long", "long?", "ulong", "ulong?", "float", "float?", "double", "double?", "decimal", "decimal?",
    "char", "char?", "DateTime", "DateTime?", "DateTimeOffset", "DateTimeOffset?", "TimeSpan", "TimeSpan?", "Guid",
    "Guid?", "string", "byte[]",
}

/// The conversion operators, which the registry adds to those of `JToken`.
pub(crate) const OPERATORS: &[Row] = CONVERSIONS;

const TOKEN: &[Row] = &[
    member("JTokenType Type", |cx, a| {
        let ty = cx.heap.json_type(arg(a, 0)).unwrap_or(JsonType::None);
        Ok(Value::Enum(EnumValue { class: known().jtoken_type, number: ty as i32 }))
    }),
    member("bool HasValues", |cx, a| Ok(Value::Bool(!json::children(cx.heap, id(a, 0)?).is_empty()))),
    member("JContainer Parent", |cx, a| Ok(parent(cx, id(a, 0)?)?.map_or(Value::Null, Value::Ref))),
    member("JToken Root", |cx, a| {
        let mut root = id(a, 0)?;
        while let Some(parent) = cx.heap.json(root).and_then(|node| node.parent) {
            cx.burn(1)?;
            root = parent;
        }
        Ok(Value::Ref(root))
    }),
    member("string Path", |cx, a| path(cx, id(a, 0)?).map(|text| Value::Text(text.into()))),
    member("JToken First", |cx, a| Ok(children(cx, arg(a, 0))?.into_iter().next().unwrap_or(Value::Null))),
    member("JToken Last", |cx, a| Ok(children(cx, arg(a, 0))?.pop().unwrap_or(Value::Null))),
    member("JToken Next", |cx, a| sibling(cx, a, 1)),
    member("JToken Previous", |cx, a| sibling(cx, a, -1)),
    member("JToken this[object key]", item),
    setter("JToken this[object key]", set_item),
    member("string ToString(Formatting formatting)", |cx, a| {
        let formatting = if number_of(a, 1) == 1 { Formatting::Indented } else { Formatting::None };
        let text = json::write(cx.heap, id(a, 0)?, formatting)?;
        cx.grow(text.len())?;
        Ok(Value::Text(text))
    }),
    member("T Value<T>(object key)", |cx, a| {
        let ty = cx.type_arg(0);
        let token = item(cx, a)?;
        json::value_as(cx.heap, &token, &ty)
    }),
    member("IEnumerable<T> Values<T>()", |cx, a| {
        let ty = cx.type_arg(0);
        let mut items = Vec::new();
        for child in json::children(cx.heap, id(a, 0)?) {
            cx.burn(1)?;
            items.push(json::value_as(cx.heap, &Value::Ref(child), &ty)?);
        }
        sequence(cx, Query::of(ty, items))
    }),
    member("IEnumerable<JToken> Children()", |cx, a| {
        let items = children(cx, arg(a, 0))?;
        tokens(cx, items)
    }),
    member("IEnumerable<T> Children<T>()", |cx, a| {
        let ty = cx.type_arg(0);
        let items = children(cx, arg(a, 0))?;
        let items = items.into_iter().filter(|item| crate::eval::is_instance(cx.heap, item, &ty)).collect();
        sequence(cx, Query::of(ty, items))
    }),
    member("JToken SelectToken(string path)", |cx, a| select_one(cx, a, false)),
    member("JToken SelectToken(string path, bool errorWhenNoMatch)", |cx, a| select_one(cx, a, boolean(a, 2))),
    member("IEnumerable<JToken> SelectTokens(string path)", |cx, a| select_many(cx, a, false)),
    member("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)", |cx, a| select_many(cx, a, boolean(a, 2))),
    member("T ToObject<T>()", |cx, a| {
        let ty = cx.type_arg(0);
        json::to_object(cx.heap, arg(a, 0), &ty)
    }),
    member("JToken DeepClone()", |cx, a| cx.heap.json_clone(id(a, 0)?).map(Value::Ref)),
    member("static bool DeepEquals(JToken t1, JToken t2)", |cx, a| {
        Ok(Value::Bool(match (arg(a, 0), arg(a, 1)) {
            (Value::Ref(left), Value::Ref(right)) => json::deep_equals(cx.heap, *left, *right, 0),
            (left, right) => left.is_null() && right.is_null(),
        }))
    }),
    member("static JToken Parse(string json)", |cx, a| parse(cx, a, json::Want::Token)),
    member("static JToken FromObject(object o)", |cx, a| {
        if arg(a, 0).is_null() {
            return Err(Exception::argument_null("o"));
        }
        json::from_value(cx.heap, arg(a, 0)).map(Value::Ref)
    }),
    member("void Remove()", |cx, a| {
        let token = id(a, 0)?;
        remove_from_parent(cx, token)
    }),
    member("void Replace(JToken value)", |cx, a| {
        let token = id(a, 0)?;
        let new = json::from_value(cx.heap, arg(a, 1))?;
        replace(cx, token, new)
    }),
    member("void AddAfterSelf(object content)", |cx, a| add_beside(cx, a, 1)),
    member("void AddBeforeSelf(object content)", |cx, a| add_beside(cx, a, 0)),
];

fn from_net(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    json::from_value(cx.heap, arg(args, 0)).map(Value::Ref)
}

/// The conversion that `cx.types` names: the binder puts the wanted type there.
fn to_net(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = cx.type_arg(0);
    // A missing token converts to null, or cannot be converted to a value type.
    if arg(args, 0).is_null() {
        return if ty.is_value_type() { Err(Exception::argument_null("value")) } else { Ok(Value::Null) };
    }
    json::to_scalar(cx.heap, arg(args, 0), &ty)
}

fn new_value(cx: &mut Cx<'_>, value: &Value) -> Eval {
    json::from_value(cx.heap, value).map(Value::Ref)
}

pub(crate) fn parse(cx: &mut Cx<'_>, args: &[Value], want: json::Want) -> Eval {
    let source = text(args, 0, "json").or_else(|_| text(args, 0, "s"))?.clone();
    cx.burn(source.len() as u64 / 16)?;
    json::read(cx.heap, &source, want).map(Value::Ref)
}

fn tokens(cx: &mut Cx<'_>, items: Vec<Value>) -> Eval {
    sequence(cx, Query::of(Type::class(known().jtoken), items))
}

/// Children as `Children()` gives them: properties of an object, elements of an array.
fn children(cx: &mut Cx<'_>, token: &Value) -> Result<Vec<Value>, Exception> {
    match cx.heap.object(token) {
        Some(Object::Json(_)) => collect(cx, token),
        _ => Err(Exception::null_reference()),
    }
}

/// `Parent`: of a member's value it is the property.
fn parent(cx: &mut Cx<'_>, token: HeapId) -> Result<Option<HeapId>, Exception> {
    let Some(node) = cx.heap.json(token) else { return Ok(None) };
    let Some(parent) = node.parent else { return Ok(None) };
    let name = match (&node.kind, cx.heap.json(parent).map(|node| &node.kind)) {
        (JsonKind::Property(_), _) => None,
        (_, Some(JsonKind::Object(members))) => members.name_of(token).cloned(),
        _ => None,
    };
    match name {
        Some(name) => cx.heap.property_of(parent, &name),
        None => Ok(Some(parent)),
    }
}

fn path(cx: &mut Cx<'_>, mut token: HeapId) -> Result<String, Exception> {
    let mut parts = Vec::new();
    while let Some(node) = cx.heap.json(token) {
        let Some(parent) = node.parent else {
            if let JsonKind::Property(property) = &node.kind {
                parts.push(Ok(property.name.clone()));
            }
            break;
        };
        match cx.heap.json(parent).map(|node| &node.kind) {
            Some(JsonKind::Array(items)) => {
                parts.push(Err(items.iter().position(|item| *item == token).unwrap_or(0)));
            }
            Some(JsonKind::Object(members)) => {
                let name = match &node.kind {
                    JsonKind::Property(property) => Some(property.name.clone()),
                    _ => members.name_of(token).cloned(),
                };
                parts.extend(name.map(Ok));
            }
            _ => {}
        }
        token = parent;
    }
    let mut path = String::new();
    for part in parts.iter().rev() {
        match part {
            Ok(name) => json::append_name(&mut path, name.as_str()),
            Err(index) => path.push_str(&format!("[{index}]")),
        }
    }
    Ok(path)
}

fn sibling(cx: &mut Cx<'_>, args: &[Value], step: isize) -> Eval {
    let token = id(args, 0)?;
    let Some(parent) = cx.heap.json(token).and_then(|node| node.parent) else { return Ok(Value::Null) };
    let siblings = children(cx, &Value::Ref(parent))?;
    let at = siblings.iter().position(|item| *item == Value::Ref(token));
    let next = at.and_then(|at| at.checked_add_signed(step)).and_then(|at| siblings.get(at));
    Ok(next.cloned().unwrap_or(Value::Null))
}

/// `token[key]`: a name for objects, a position for arrays.
pub(crate) fn item(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = arg(args, 1);
    let Some((_, node)) = cx.heap.json_of(arg(args, 0)) else { return Err(Exception::null_reference()) };
    match (&node.kind, key) {
        (_, Value::Null) => Err(Exception::argument_null("key")),
        (JsonKind::Object(members), Value::Text(name)) => {
            Ok(members.get(name.as_str()).map_or(Value::Null, Value::Ref))
        }
        (JsonKind::Array(items), Value::Int32(index)) => {
            let found = usize::try_from(*index).ok().and_then(|at| items.get(at));
            found.map(|id| Value::Ref(*id)).ok_or_else(|| {
                Exception::out_of_range(
                    "Index was out of range. Must be non-negative and less than the size of the collection.",
                    "index",
                )
            })
        }
        (JsonKind::Object(_), _) => Err(bad_key("Accessed JObject values with invalid key value: ", key, "Object property name expected.")),
        (JsonKind::Array(_), _) => Err(bad_key("Accessed JArray values with invalid key value: ", key, "Int32 array index expected.")),
        (JsonKind::Value(..), _) => Err(no_children("Newtonsoft.Json.Linq.JValue")),
        (JsonKind::Property(_), _) => Err(no_children("Newtonsoft.Json.Linq.JProperty")),
    }
}

fn bad_key(before: &str, key: &Value, after: &str) -> Exception {
    let shown = match key {
        Value::Text(text) => format!("\"{}\"", text.as_str()),
        other => crate::eval::plain_text(other),
    };
    Exception::new("System.ArgumentException", format!("{before}{shown}. {after}"))
}

fn no_children(class: &str) -> Exception {
    Exception::new("System.InvalidOperationException", format!("Cannot access child value on {class}."))
}

pub(crate) fn set_item(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let target = id(args, 0)?;
    let key = arg(args, 1);
    let value = json::from_value(cx.heap, arg(args, 2))?;
    let Some(node) = cx.heap.json(target) else { return Err(Exception::null_reference()) };
    match (&node.kind, key) {
        (_, Value::Null) => return Err(Exception::argument_null("key")),
        (JsonKind::Object(_), Value::Text(name)) => cx.heap.json_set(target, name.clone(), value)?,
        (JsonKind::Array(items), Value::Int32(index)) => {
            let at = usize::try_from(*index).ok().filter(|at| *at < items.len()).ok_or_else(|| {
                Exception::out_of_range(
                    "Index was out of range. Must be non-negative and less than the size of the collection.",
                    "index",
                )
            })?;
            cx.heap.json_replace(target, at, value)?;
        }
        (JsonKind::Object(_), _) => return Err(bad_key("Set JObject values with invalid key value: ", key, "Object property name expected.")),
        (JsonKind::Array(_), _) => return Err(bad_key("Set JArray values with invalid key value: ", key, "Int32 array index expected.")),
        (JsonKind::Value(..), _) => {
            return Err(Exception::invalid_operation("Cannot set child value on Newtonsoft.Json.Linq.JValue."));
        }
        (JsonKind::Property(_), _) => {
            return Err(Exception::invalid_operation("Cannot set child value on Newtonsoft.Json.Linq.JProperty."));
        }
    }
    Ok(Value::Null)
}

fn select(cx: &mut Cx<'_>, args: &[Value], strict: bool) -> Result<Vec<HeapId>, Exception> {
    let path = text(args, 1, "path")?.clone();
    let found = json::select(cx.heap, id(args, 0)?, path.as_str(), strict)?;
    cx.burn(found.len() as u64)?;
    Ok(found)
}

fn select_one(cx: &mut Cx<'_>, args: &[Value], strict: bool) -> Eval {
    let found = select(cx, args, strict)?;
    match found.as_slice() {
        [] => Ok(Value::Null),
        [one] => Ok(Value::Ref(*one)),
        _ => Err(Exception::new("Newtonsoft.Json.JsonException", Text::from_static("Path returned multiple tokens."))),
    }
}

fn select_many(cx: &mut Cx<'_>, args: &[Value], strict: bool) -> Eval {
    let found = select(cx, args, strict)?.into_iter().map(Value::Ref).collect();
    tokens(cx, found)
}

fn no_parent() -> Exception {
    Exception::invalid_operation("The parent is missing.")
}

fn remove_from_parent(cx: &mut Cx<'_>, token: HeapId) -> Eval {
    let node = cx.heap.json(token).ok_or_else(Exception::null_reference)?;
    let parent = node.parent.ok_or_else(no_parent)?;
    let own_name = match &node.kind {
        JsonKind::Property(property) => Some(property.name.clone()),
        _ => None,
    };
    match cx.heap.json(parent).map(|node| &node.kind) {
        Some(JsonKind::Array(items)) => {
            if let Some(at) = items.iter().position(|item| *item == token) {
                cx.heap.json_remove_at(parent, at);
            }
        }
        Some(JsonKind::Object(_)) if own_name.is_some() => {
            cx.heap.json_remove(parent, own_name.unwrap_or(Text::EMPTY).as_str());
        }
        _ => {
            let message = "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.";
            return Err(Exception::new("Newtonsoft.Json.JsonException", Text::from_static(message)));
        }
    }
    Ok(Value::Null)
}

fn replace(cx: &mut Cx<'_>, token: HeapId, new: HeapId) -> Eval {
    let parent = cx.heap.json(token).and_then(|node| node.parent).ok_or_else(no_parent)?;
    match cx.heap.json(parent).map(|node| &node.kind) {
        Some(JsonKind::Array(items)) => {
            if let Some(at) = items.iter().position(|item| *item == token) {
                cx.heap.json_replace(parent, at, new)?;
            }
        }
        Some(JsonKind::Object(members)) => {
            if let Some(name) = members.name_of(token).cloned() {
                cx.heap.json_set(parent, name, new)?;
            }
        }
        Some(JsonKind::Property(_)) => cx.heap.property_set(parent, new)?,
        _ => {}
    }
    Ok(Value::Null)
}

fn add_beside(cx: &mut Cx<'_>, args: &[Value], after: usize) -> Eval {
    let token = id(args, 0)?;
    let parent = cx.heap.json(token).and_then(|node| node.parent).ok_or_else(no_parent)?;
    let new = json::from_value(cx.heap, arg(args, 1))?;
    let Some(JsonKind::Array(items)) = cx.heap.json(parent).map(|node| &node.kind) else {
        return Err(Exception::invalid_operation("Only elements of an array can be added beside others."));
    };
    let at = items.iter().position(|item| *item == token).unwrap_or(0);
    cx.heap.json_insert(parent, Some(at + after), new)?;
    Ok(Value::Null)
}

/// A number of tokens.
pub(crate) fn count_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(count(json::children(cx.heap, id(args, 0)?).len()))
}

/// An `int` argument that is a position in an array.
pub(crate) fn position(args: &[Value], index: usize) -> Option<usize> {
    usize::try_from(int(args, index)).ok()
}
