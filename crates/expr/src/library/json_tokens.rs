//! `JToken`, `JValue`, `JProperty`, `JTokenType`, and `Newtonsoft.Json.Linq.Extensions`.

use crate::eval::{Cx, Eval};
use crate::json::{self, Formatting, JsonKind, JsonType};
use crate::object::Object;
use crate::registry::known;
use crate::types::Type;
use crate::value::{EnumValue, HeapId};
use crate::{Exception, Text, Value};

use super::arguments::{arg, boolean, count, id, int, member as number_of, text};
use super::sequence::{Cursor, JsonPart, Op, Query, collect, sequence};
use super::{Row, TypeSpec, member, setter};

const SOURCE: &str = "newtonsoft.com/json/help/html/T_Newtonsoft_Json_Linq_JToken.htm";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["IEnumerable<JToken>"],
        members: TOKEN,
        ..TypeSpec::class("Newtonsoft.Json.Linq.JToken", SOURCE)
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        members: &[member("IJEnumerable<JToken> this[object key]", values_of_key)],
        ..TypeSpec::interface("Newtonsoft.Json.Linq.IJEnumerable<T>", SOURCE)
    },
    TypeSpec {
        bases: &["IJEnumerable<T>"],
        members: &[member("IJEnumerable<JToken> this[object key]", values_of_key)],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JEnumerable<T>", SOURCE)
    },
    TypeSpec {
        bases: &["IEqualityComparer<JToken>"],
        members: &[
            member("bool Equals(JToken x, JToken y)", |cx, a| {
                Ok(Value::Bool(deep_equal(cx, arg(a, 1), arg(a, 2))))
            }),
            member("int GetHashCode(JToken obj)", |cx, a| match arg(a, 1) {
                Value::Ref(id) => {
                    let text = json::write(cx.heap, *id, Formatting::None)?;
                    // Members in another order are equal: the sum of the bytes does not tell.
                    let sum = text.as_bytes().iter().fold(17_i32, |sum, byte| sum.wrapping_add(i32::from(*byte)));
                    Ok(Value::Int32(sum))
                }
                _ => Ok(Value::Int32(0)),
            }),
        ],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JTokenEqualityComparer", SOURCE)
    },
];

macro_rules! conversions {
    ($($ty:literal),* $(,)?) => {
        const CONVERSIONS: &[Row] = &[
            member("static implicit operator JToken(string value)", from_text),
            member("static explicit operator string(JToken value)", to_net),
            member("static explicit operator char(JToken value)", to_net),
            member("static explicit operator char?(JToken value)", to_net),
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
    "Uri", "DateTime", "DateTime?", "DateTimeOffset", "DateTimeOffset?", "TimeSpan", "TimeSpan?", "Guid",
    "Guid?", "byte[]",
}

/// The conversion operators, which the registry adds to those of `JToken`.
pub(crate) const OPERATORS: &[Row] = CONVERSIONS;

const TOKEN: &[Row] = &[
    member("JTokenType Type", |cx, a| {
        let ty = cx.heap.json_type(arg(a, 0)).unwrap_or(JsonType::None);
        Ok(Value::Enum(EnumValue { class: known().jtoken_type, number: ty as i32 }))
    }),
    member("bool HasValues", |cx, a| Ok(Value::Bool(has_values(cx, id(a, 0)?)))),
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
    member("JToken First", |cx, a| {
        only_container(cx, a)?;
        Ok(Cursor::over(cx, arg(a, 0))?.next(cx)?.unwrap_or(Value::Null))
    }),
    member("JToken Last", |cx, a| {
        only_container(cx, a)?;
        Ok(children(cx, arg(a, 0))?.pop().unwrap_or(Value::Null))
    }),
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
        only_container(cx, a)?;
        let mut items = Vec::new();
        for child in json::children(cx.heap, id(a, 0)?) {
            cx.burn(1)?;
            items.push(json::value_as(cx.heap, &Value::Ref(child), &ty)?);
        }
        sequence(cx, Query::of(ty, items))
    }),
    member("JEnumerable<JToken> Children()", |cx, a| {
        let source = arg(a, 0).clone();
        live_children(cx, &source, Type::class(known().jtoken))
    }),
    member("JEnumerable<T> Children<T>() where T : JToken", |cx, a| {
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
        super::json_deserialize::to_object(cx, arg(a, 0), &ty)
    }),
    member("object ToObject(Type objectType)", |cx, a| {
        let ty = super::reflection::given_type(cx, a, 1, "objectType")?;
        super::json_deserialize::to_object(cx, arg(a, 0), &ty)
    }),
    member("JToken DeepClone()", |cx, a| cx.heap.json_clone(id(a, 0)?).map(Value::Ref)),
    member("static bool DeepEquals(JToken t1, JToken t2)", |cx, a| {
        Ok(Value::Bool(deep_equal(cx, arg(a, 0), arg(a, 1))))
    }),
    member("static JToken Parse(string json)", |cx, a| parse(cx, a, json::Want::Token)),
    member("static JToken FromObject(object o)", |cx, a| {
        super::json_convert::serialized(cx, arg(a, 0), "o").map(Value::Ref)
    }),
    member("static JTokenEqualityComparer EqualityComparer", |cx, _| super::natives::made(cx, TokenComparer)),
    member("IEnumerable<JToken> Ancestors()", |cx, a| ancestors(cx, id(a, 0)?, Vec::new())),
    member("IEnumerable<JToken> AncestorsAndSelf()", |cx, a| ancestors(cx, id(a, 0)?, vec![arg(a, 0).clone()])),
    member("IEnumerable<JToken> AfterSelf()", |cx, a| {
        let (siblings, at) = siblings(cx, a)?;
        let items = siblings.into_iter().skip(at.map_or(usize::MAX, |at| at + 1)).collect();
        tokens(cx, items)
    }),
    member("IEnumerable<JToken> BeforeSelf()", |cx, a| {
        let (siblings, at) = siblings(cx, a)?;
        let items = siblings.into_iter().take(at.unwrap_or(0)).collect();
        tokens(cx, items)
    }),
    member("void AddAnnotation(object annotation)", super::annotations::add),
    member("T Annotation<T>()", super::annotations::first),
    member("IEnumerable<T> Annotations<T>()", super::annotations::all),
    member("void RemoveAnnotations<T>()", super::annotations::remove),
    member("object Annotation(Type type)", super::annotations::first_of),
    member("IEnumerable<object> Annotations(Type type)", super::annotations::all_of),
    member("void RemoveAnnotations(Type type)", super::annotations::remove_of),
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

/// The implicit conversions; a nullable without value, bytes and a `Uri` may be null.
fn from_net(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    json::from_scalar(cx.heap, arg(args, 0)).map(Value::Ref)
}

/// Text that is null is a token of type `String`.
fn from_text(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    cx.heap.json_scalar(JsonType::String, arg(args, 0).clone()).map(Value::Ref)
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

pub(crate) fn parse(cx: &mut Cx<'_>, args: &[Value], want: json::Want) -> Eval {
    // .NET names the parameter of the reader that it makes.
    let source = text(args, 0, "s")?.clone();
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
pub(super) fn parent(cx: &mut Cx<'_>, token: HeapId) -> Result<Option<HeapId>, Exception> {
    let Some(node) = cx.heap.json(token) else { return Ok(None) };
    let Some(parent) = node.parent else { return Ok(None) };
    let around = match cx.heap.json(parent).map(|node| &node.kind) {
        Some(JsonKind::Object(members)) => members.len(),
        _ => 0,
    };
    cx.burn(1 + around as u64 / 64)?;
    let Some(node) = cx.heap.json(token) else { return Ok(None) };
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
            Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)) => {
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

/// The tokens around a token, and where it stands among them.
fn siblings(cx: &mut Cx<'_>, args: &[Value]) -> Result<(Vec<Value>, Option<usize>), Exception> {
    let token = id(args, 0)?;
    let Some(around) = parent(cx, token)? else { return Ok((Vec::new(), None)) };
    let siblings = children(cx, &Value::Ref(around))?;
    let at = siblings.iter().position(|item| *item == Value::Ref(token));
    Ok((siblings, at))
}

fn sibling(cx: &mut Cx<'_>, args: &[Value], step: isize) -> Eval {
    let (siblings, at) = siblings(cx, args)?;
    let next = at.and_then(|at| at.checked_add_signed(step)).and_then(|at| siblings.get(at));
    Ok(next.cloned().unwrap_or(Value::Null))
}

fn ancestors(cx: &mut Cx<'_>, mut token: HeapId, mut found: Vec<Value>) -> Eval {
    while let Some(around) = parent(cx, token)? {
        cx.burn(1)?;
        found.push(Value::Ref(around));
        token = around;
    }
    tokens(cx, found)
}

fn has_values(cx: &Cx<'_>, id: HeapId) -> bool {
    match cx.heap.json(id).map(|node| &node.kind) {
        Some(JsonKind::Object(members)) => members.len() > 0,
        Some(JsonKind::Property(_)) => true,
        Some(JsonKind::Value(..)) | None => false,
        Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)) => !items.is_empty(),
    }
}

/// A value has no children to ask for.
fn only_container(cx: &Cx<'_>, args: &[Value]) -> Result<(), Exception> {
    match cx.heap.json(id(args, 0)?).map(|node| &node.kind) {
        Some(JsonKind::Value(ty, _)) => Err(no_children(value_class(*ty))),
        _ => Ok(()),
    }
}

fn value_class(ty: JsonType) -> &'static str {
    if ty == JsonType::Raw { "Newtonsoft.Json.Linq.JRaw" } else { "Newtonsoft.Json.Linq.JValue" }
}

fn deep_equal(cx: &Cx<'_>, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Ref(left), Value::Ref(right)) => json::deep_equals(cx.heap, *left, *right, 0),
        (left, right) => left.is_null() && right.is_null(),
    }
}

/// `JTokenEqualityComparer`.
#[derive(Debug)]
struct TokenComparer;

impl crate::object::NativeObject for TokenComparer {
    fn class(&self) -> Type {
        super::natives::named("JTokenEqualityComparer")
    }

    fn comparer(&self) -> Option<&dyn crate::object::Comparer> {
        Some(self)
    }
}

impl crate::object::Comparer for TokenComparer {
    fn key(&self, heap: &crate::Heap, value: &Value) -> crate::object::Key {
        match value {
            Value::Ref(id) => json::deep_key(heap, *id, 0),
            other => heap.key(other, false),
        }
    }

    fn order(&self, _: &crate::Heap, _: &Value, _: &Value) -> Result<std::cmp::Ordering, Exception> {
        Err(Exception::invalid_cast())
    }
}

/// The children of a token, which are found when they are asked for.
pub(super) fn live_children(cx: &mut Cx<'_>, source: &Value, element: Type) -> Eval {
    if cx.heap.json_of(source).is_none() {
        return Err(Exception::null_reference());
    }
    sequence(cx, Query::new(element, source, Op::Json(JsonPart::Child)))
}

/// Tokens as a sequence.
pub(super) fn tokens_of(cx: &mut Cx<'_>, items: Vec<Value>) -> Eval {
    tokens(cx, items)
}

/// `tokens[key]`: what each token has under a key.
fn values_of_key(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = super::json_extensions::by_key(cx, arg(args, 0), arg(args, 1))?;
    tokens(cx, found)
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
        (JsonKind::Array(items) | JsonKind::Constructor(_, items), Value::Int32(index)) => {
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
        (JsonKind::Constructor(..), _) => {
            Err(bad_key("Accessed JConstructor values with invalid key value: ", key, "Argument position index expected."))
        }
        (JsonKind::Value(ty, _), _) => Err(no_children(value_class(*ty))),
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
        (JsonKind::Array(items) | JsonKind::Constructor(_, items), Value::Int32(index)) => {
            let at = usize::try_from(*index).ok().filter(|at| *at < items.len()).ok_or_else(|| {
                let negative = *index < 0;
                let message =
                    if negative { "Index is less than 0." } else { "Index is equal to or greater than Count." };
                Exception::out_of_range(message, "index")
            })?;
            if cx.heap.json(value).is_some_and(|node| node.ty() == JsonType::Property) {
                return Err(Exception::new(
                    "System.ArgumentException",
                    Text::from_static("Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JArray."),
                ));
            }
            cx.heap.json_replace(target, at, value)?;
        }
        (JsonKind::Object(_), _) => return Err(bad_key("Set JObject values with invalid key value: ", key, "Object property name expected.")),
        (JsonKind::Array(_), _) => return Err(bad_key("Set JArray values with invalid key value: ", key, "Int32 array index expected.")),
        (JsonKind::Constructor(..), _) => {
            return Err(bad_key("Set JConstructor values with invalid key value: ", key, "Argument position index expected."));
        }
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
    let path = text(args, 1, "expression")?.clone();
    cx.burn(path.len() as u64 / 8)?;
    let most = cx.fuel_left();
    let (found, looked) = json::select(cx.heap, id(args, 0)?, path.as_str(), strict, most)?;
    cx.burn(looked)?;
    cx.heap.charge(found.len() * 24)?;
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
    let around = parent(cx, token)?.ok_or_else(no_parent)?;
    let own_name = match cx.heap.json(token).map(|node| &node.kind) {
        Some(JsonKind::Property(property)) => Some(property.name.clone()),
        _ => None,
    };
    match (cx.heap.json(around).map(|node| &node.kind), own_name) {
        (Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)), _) => {
            let found = items.iter().position(|item| *item == token);
            cx.burn(found.unwrap_or(0) as u64 / 16)?;
            if let Some(at) = found {
                cx.heap.json_remove_at(around, at);
            }
        }
        (Some(JsonKind::Object(_)), Some(name)) => {
            cx.heap.json_remove(around, name.as_str());
        }
        _ => return Err(super::json_content::fixed_items()),
    }
    Ok(Value::Null)
}

fn replace(cx: &mut Cx<'_>, token: HeapId, new: HeapId) -> Eval {
    let around = parent(cx, token)?.ok_or_else(no_parent)?;
    match cx.heap.json(around).map(|node| &node.kind) {
        Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)) => {
            if let Some(at) = items.iter().position(|item| *item == token) {
                cx.heap.json_replace(around, at, new)?;
            }
        }
        Some(JsonKind::Property(_)) => cx.heap.property_set(around, new)?,
        Some(JsonKind::Object(members)) => {
            let name = match cx.heap.json(token).map(|node| &node.kind) {
                Some(JsonKind::Property(property)) => property.name.clone(),
                _ => Text::EMPTY,
            };
            let at = members.place_of(name.as_str());
            if cx.heap.json(new).is_none_or(|node| node.ty() != JsonType::Property) {
                // The error of a value in an object.
                super::json_content::insert(cx, around, at, new)?;
            }
            cx.heap.json_remove(around, name.as_str());
            super::json_content::insert(cx, around, at, new)?;
        }
        _ => {}
    }
    Ok(Value::Null)
}

fn add_beside(cx: &mut Cx<'_>, args: &[Value], after: usize) -> Eval {
    let token = id(args, 0)?;
    let around = parent(cx, token)?.ok_or_else(no_parent)?;
    let at = match (cx.heap.json(around).map(|node| &node.kind), cx.heap.json(token).map(|node| &node.kind)) {
        (Some(JsonKind::Object(members)), Some(JsonKind::Property(own))) => members.place_of(own.name.as_str()),
        (Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)), _) => {
            items.iter().position(|item| *item == token)
        }
        _ => Some(0),
    };
    let at = at.unwrap_or(0) + after;
    super::json_content::add_content(cx, around, Some(at), arg(args, 1), 0)?;
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
