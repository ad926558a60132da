//! `JContainer`, `JArray`, `JConstructor` and `JProperty`.

use crate::eval::{Cx, Eval};
use crate::json::{self, JsonKind, JsonNode};
use crate::object::Object;
use crate::registry::known;
use crate::types::Type;
use crate::value::HeapId;
use crate::{Exception, Text, Value};

use super::arguments::{arg, id, int, text};
use super::json_content::{add_content, fixed_items, insert, property_content};
use super::json_objects::{merge, merge_into_array};
use super::json_tokens::{count_of, item, parse, position, set_item};
use super::sequence::{Query, collect, sequence};
use super::{Row, TypeSpec, member, setter};

const SOURCE: &str = "newtonsoft.com/json/help/html/N_Newtonsoft_Json_Linq.htm";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["JToken"],
        members: &[
            member("int Count", count_of),
            member("void Add(object content)", |cx, a| {
                let target = id(a, 0)?;
                add_content(cx, target, None, arg(a, 1), 0)?;
                Ok(Value::Null)
            }),
            member("void AddFirst(object content)", |cx, a| {
                let target = id(a, 0)?;
                add_content(cx, target, Some(0), arg(a, 1), 0)?;
                Ok(Value::Null)
            }),
            member("void RemoveAll()", |cx, a| {
                clear(cx, id(a, 0)?)?;
                Ok(Value::Null)
            }),
            member("void ReplaceAll(object content)", |cx, a| {
                let target = id(a, 0)?;
                clear(cx, target)?;
                add_content(cx, target, None, arg(a, 1), 0)?;
                Ok(Value::Null)
            }),
            member("IEnumerable<JToken> Descendants()", |cx, a| {
                let items = descendants(cx, arg(a, 0))?;
                sequence(cx, Query::of(Type::class(known().jtoken), items))
            }),
            member("IEnumerable<JToken> DescendantsAndSelf()", |cx, a| {
                let mut items = vec![arg(a, 0).clone()];
                items.extend(descendants(cx, arg(a, 0))?);
                sequence(cx, Query::of(Type::class(known().jtoken), items))
            }),
            member("void Merge(object content)", |cx, a| {
                let target = id(a, 0)?;
                match (cx.heap.json_of(arg(a, 1)).map(|(id, _)| id), arg(a, 1)) {
                    (Some(new), _) => merge(cx, target, new, 0)?,
                    (None, content) => merge_into_array(cx, target, content)?,
                }
                Ok(Value::Null)
            }),
        ],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JContainer", SOURCE)
    },
    TypeSpec {
        bases: &["JContainer", "IList<JToken>"],
        members: ARRAY,
        ..TypeSpec::class("Newtonsoft.Json.Linq.JArray", SOURCE)
    },
    TypeSpec {
        bases: &["JContainer"],
        members: &[
            member("new()", |cx, _| constructor(cx, Text::EMPTY, &Value::Null)),
            member("new(JConstructor other)", copy),
            member("new(string name)", |cx, a| constructor(cx, constructor_name(a, 0)?, &Value::Null)),
            member("new(string name, object content)", |cx, a| {
                let made = constructor(cx, constructor_name(a, 0)?, &Value::Null)?;
                add_content(cx, id(std::slice::from_ref(&made), 0)?, None, arg(a, 1), 0)?;
                Ok(made)
            }),
            member("new(string name, params object[] content)", |cx, a| {
                constructor(cx, constructor_name(a, 0)?, arg(a, 1))
            }),
            member("string Name", |cx, a| match cx.heap.json(id(a, 0)?).map(|node| &node.kind) {
                Some(JsonKind::Constructor(name, _)) => Ok(Value::Text(name.clone())),
                _ => Err(Exception::null_reference()),
            }),
            setter("string Name", |cx, a| {
                let new = arg(a, 1).as_text().cloned().unwrap_or(Text::EMPTY);
                if let Some(JsonKind::Constructor(name, _)) = cx.heap.json_mut(id(a, 0)?).map(|node| &mut node.kind) {
                    *name = new;
                }
                Ok(Value::Null)
            }),
            member("JToken this[object key]", item),
            setter("JToken this[object key]", set_item),
        ],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JConstructor", SOURCE)
    },
    TypeSpec {
        bases: &["JContainer"],
        members: &[
            member("new(string name, object content)", |cx, a| {
                let name = text(a, 0, "name")?.clone();
                let value = property_content(cx, arg(a, 1))?;
                cx.heap.json_property(name, Some(value)).map(Value::Ref)
            }),
            member("new(string name, params object[] content)", |cx, a| {
                let name = text(a, 0, "name")?.clone();
                let value = match arg(a, 1) {
                    Value::Null => None,
                    content => Some(property_content(cx, content)?),
                };
                cx.heap.json_property(name, value).map(Value::Ref)
            }),
            member("new(JProperty other)", copy),
            member("string Name", |cx, a| match cx.heap.json_of(arg(a, 0)).map(|(_, node)| &node.kind) {
                Some(JsonKind::Property(property)) => Ok(Value::Text(property.name.clone())),
                _ => Err(Exception::null_reference()),
            }),
            member("JToken Value", |cx, a| {
                Ok(cx.heap.property_value(id(a, 0)?).map_or(Value::Null, Value::Ref))
            }),
            setter("JToken Value", |cx, a| {
                let new = json::from_value(cx.heap, arg(a, 1))?;
                cx.heap.property_set(id(a, 0)?, new)?;
                Ok(Value::Null)
            }),
        ],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JProperty", SOURCE)
    },
];

const ARRAY: &[Row] = &[
    member("new()", |cx, _| new_array(cx).map(Value::Ref)),
    member("new(JArray other)", copy),
    member("new(object content)", filled),
    member("new(params object[] content)", filled),
    member("JToken this[int index]", item),
    setter("JToken this[int index]", set_item),
    member("bool IsReadOnly", |_, _| Ok(Value::Bool(false))),
    member("void Add(JToken item)", |cx, a| {
        let new = json::from_value(cx.heap, arg(a, 1))?;
        insert(cx, id(a, 0)?, None, new)?;
        Ok(Value::Null)
    }),
    member("void Insert(int index, JToken item)", |cx, a| {
        let new = json::from_value(cx.heap, arg(a, 2))?;
        let length = json::children(cx.heap, id(a, 0)?).len();
        let at = position(a, 1).filter(|at| *at <= length).ok_or_else(|| {
            Exception::out_of_range("Index must be within the bounds of the List.", "index")
        })?;
        insert(cx, id(a, 0)?, Some(at), new)?;
        Ok(Value::Null)
    }),
    member("bool Remove(JToken item)", |cx, a| {
        let (array, found) = (id(a, 0)?, index_of(cx, a)?);
        Ok(Value::Bool(found.is_some_and(|at| cx.heap.json_remove_at(array, at))))
    }),
    member("void RemoveAt(int index)", |cx, a| {
        let array = id(a, 0)?;
        if int(a, 1) < 0 {
            return Err(Exception::out_of_range("Index is less than 0.", "index"));
        }
        if position(a, 1).is_some_and(|at| cx.heap.json_remove_at(array, at)) {
            return Ok(Value::Null);
        }
        Err(Exception::out_of_range("Index is equal to or greater than Count.", "index"))
    }),
    member("void Clear()", |cx, a| {
        cx.heap.json_clear(id(a, 0)?);
        Ok(Value::Null)
    }),
    member("bool Contains(JToken item)", |cx, a| Ok(Value::Bool(index_of(cx, a)?.is_some()))),
    member("int IndexOf(JToken item)", |cx, a| {
        Ok(index_of(cx, a)?.map_or(Value::Int32(-1), super::arguments::count))
    }),
    member("void CopyTo(JToken[] array, int arrayIndex)", copy_to),
    member("IEnumerator<JToken> GetEnumerator()", super::views::enumerator),
    member("static JArray Parse(string json)", |cx, a| parse(cx, a, json::Want::Array)),
    member("static JArray FromObject(object o)", |cx, a| {
        super::json_objects::from_object(cx, a, "Object serialized to {}. JArray instance expected.", crate::JsonType::Array)
    }),
];

/// A copy of the token that is the first argument.
pub(super) fn copy(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match arg(args, 0) {
        Value::Ref(id) => cx.heap.json_clone(*id).map(Value::Ref),
        _ => Err(Exception::argument_null("other")),
    }
}

fn new_array(cx: &mut Cx<'_>) -> Result<HeapId, Exception> {
    cx.heap.json_node(JsonKind::Array(Vec::new()))
}

fn filled(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let array = new_array(cx)?;
    add_content(cx, array, None, arg(args, 0), 0)?;
    Ok(Value::Ref(array))
}

fn constructor_name(args: &[Value], index: usize) -> Result<Text, Exception> {
    let name = text(args, index, "name")?;
    if name.is_empty() {
        return Err(Exception::argument("Constructor name cannot be empty.", "name"));
    }
    Ok(name.clone())
}

fn constructor(cx: &mut Cx<'_>, name: Text, content: &Value) -> Eval {
    let made = cx.heap.json_node(JsonKind::Constructor(name, Vec::new()))?;
    if !content.is_null() {
        add_content(cx, made, None, content, 0)?;
    }
    Ok(Value::Ref(made))
}

/// Takes all children out; a property cannot be without its value.
fn clear(cx: &mut Cx<'_>, container: HeapId) -> Result<(), Exception> {
    if matches!(cx.heap.json(container).map(|node| &node.kind), Some(JsonKind::Property(_))) {
        return Err(fixed_items());
    }
    cx.heap.json_clear(container);
    Ok(())
}

/// All tokens inside, in document order: of an object each property, then its value, then what is in that.
pub(super) fn descendants(cx: &mut Cx<'_>, container: &Value) -> Result<Vec<Value>, Exception> {
    let mut found = Vec::new();
    let mut ahead = inside(cx, container)?;
    while let Some(token) = ahead.pop() {
        ahead.extend(inside(cx, &token)?);
        if found.len() % 64 == 0 {
            cx.heap.charge(64 * 24)?;
        }
        found.push(token);
    }
    Ok(found)
}

/// The children of a token, last one first; none of a value.
fn inside(cx: &mut Cx<'_>, token: &Value) -> Result<Vec<Value>, Exception> {
    let node = cx.heap.json(id(std::slice::from_ref(token), 0)?);
    if node.is_some_and(|node| matches!(node.kind, JsonKind::Value(..))) {
        return Ok(Vec::new());
    }
    let mut children = collect(cx, token)?;
    children.reverse();
    Ok(children)
}

/// Where the very token stands in an array.
fn index_of(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<usize>, Exception> {
    let Value::Ref(wanted) = arg(args, 1) else { return Ok(None) };
    let items = cx.heap.json(id(args, 0)?).and_then(JsonNode::items);
    let items = items.ok_or_else(Exception::null_reference)?;
    let found = items.iter().position(|item| item == wanted);
    let looked = found.unwrap_or(items.len());
    cx.burn(looked as u64 / 16)?;
    Ok(found)
}

fn copy_to(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items: Vec<Value> = json::children(cx.heap, id(args, 0)?).into_iter().map(Value::Ref).collect();
    let from = int(args, 2);
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("array"));
    }
    let Ok(from) = usize::try_from(from) else {
        return Err(Exception::out_of_range("arrayIndex is less than 0.", "arrayIndex"));
    };
    let Some(Object::Array { items: target, .. }) = cx.heap.object_mut(arg(args, 1)) else {
        return Err(Exception::null_reference());
    };
    let wrong = |message| Err(Exception::new("System.ArgumentException", Text::from_static(message)));
    if from >= target.len() && from != 0 {
        return wrong("arrayIndex is equal to or greater than the length of array.");
    }
    if items.len() > target.len() - from {
        return wrong(
            "The number of elements in the source JObject is greater than the available space from arrayIndex to the end of the destination array.",
        );
    }
    for (place, item) in target.iter_mut().skip(from).zip(items) {
        *place = item;
    }
    Ok(Value::Null)
}
