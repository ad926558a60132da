//! `JContainer`, `JObject`, `JArray`, `JProperty`.

use crate::eval::{Cx, Eval};
use crate::json::{self, JsonKind, Members};
use crate::object::Object;
use crate::registry::known;
use crate::types::Type;
use crate::value::HeapId;
use crate::{Exception, Text, Value};

use super::arguments::{arg, id, member as number_of, text, text_or_empty};
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
                add_content(cx, target, arg(a, 1), 0)?;
                Ok(Value::Null)
            }),
            member("void AddFirst(object content)", |cx, a| {
                let new = json::from_value(cx.heap, arg(a, 1))?;
                cx.heap.json_insert(id(a, 0)?, Some(0), new)?;
                Ok(Value::Null)
            }),
            member("void RemoveAll()", |cx, a| {
                cx.heap.json_clear(id(a, 0)?);
                Ok(Value::Null)
            }),
            member("IEnumerable<JToken> Descendants()", |cx, a| {
                let items = descendants(cx, arg(a, 0))?;
                sequence(cx, Query::of(Type::class(known().jtoken), items))
            }),
            member("void Merge(object content)", |cx, a| {
                let new = json::from_value(cx.heap, arg(a, 1))?;
                merge(cx, id(a, 0)?, new, 0)?;
                Ok(Value::Null)
            }),
        ],
        unbuilt: &["DescendantsAndSelf", "ReplaceAll", "CreateWriter"],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JContainer", SOURCE)
    },
    TypeSpec {
        bases: &["JContainer", "IEnumerable<KeyValuePair<string, JToken>>"],
        members: OBJECT,
        unbuilt: &["PropertyChanged", "PropertyChanging", "Load", "LoadAsync"],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JObject", SOURCE)
    },
    TypeSpec {
        bases: &["JContainer", "IList<JToken>"],
        members: ARRAY,
        unbuilt: &["CopyTo", "Load", "LoadAsync"],
        ..TypeSpec::class("Newtonsoft.Json.Linq.JArray", SOURCE)
    },
    TypeSpec {
        bases: &["JContainer"],
        members: &[
            member("new(string name, object content)", new_property),
            member("new(string name, params object[] content)", |cx, a| {
                let items = collect(cx, arg(a, 1))?;
                let array = cx.heap.json_node(JsonKind::Array(Vec::new()))?;
                for item in items {
                    add_content(cx, array, &item, 0)?;
                }
                cx.heap.json_property(text(a, 0, "name")?.clone(), Some(array)).map(Value::Ref)
            }),
            member("new(JProperty other)", |cx, a| cx.heap.json_clone(id(a, 0)?).map(Value::Ref)),
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

const OBJECT: &[Row] = &[
    member("new()", |cx, _| new_object(cx)),
    member("new(JObject other)", |cx, a| cx.heap.json_clone(id(a, 0)?).map(Value::Ref)),
    member("new(object content)", |cx, a| {
        let object = new_object(cx)?;
        add_content(cx, id(std::slice::from_ref(&object), 0)?, arg(a, 0), 0)?;
        Ok(object)
    }),
    member("new(params object[] content)", |cx, a| {
        let object = new_object(cx)?;
        let target = id(std::slice::from_ref(&object), 0)?;
        for item in collect(cx, arg(a, 0))? {
            add_content(cx, target, &item, 0)?;
        }
        Ok(object)
    }),
    member("JToken this[string propertyName]", |cx, a| {
        // A null name gives null, unlike the indexer by object.
        if arg(a, 1).is_null() { Err(Exception::argument_null("propertyName")) } else { item(cx, a) }
    }),
    setter("JToken this[string propertyName]", set_item),
    member("void Add(string propertyName, JToken value)", |cx, a| {
        let value = json::from_value(cx.heap, arg(a, 2))?;
        cx.heap.json_add(id(a, 0)?, text(a, 1, "name")?.clone(), value)?;
        Ok(Value::Null)
    }),
    member("bool Remove(string propertyName)", |cx, a| {
        if arg(a, 1).is_null() {
            return Ok(Value::Bool(false));
        }
        Ok(Value::Bool(cx.heap.json_remove(id(a, 0)?, text_or_empty(a, 1))))
    }),
    member("bool ContainsKey(string propertyName)", |cx, a| {
        text(a, 1, "propertyName")?;
        Ok(Value::Bool(!member_of(cx, a, 4)?.is_null()))
    }),
    member("bool TryGetValue(string propertyName, out JToken value)", |cx, a| {
        let found = if arg(a, 1).is_null() { Value::Null } else { member_of(cx, a, 4)? };
        cx.outs.push(found.clone());
        Ok(Value::Bool(!found.is_null()))
    }),
    member("bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)", |cx, a| {
        let found = member_of(cx, a, number_of(a, 2))?;
        cx.outs.push(found.clone());
        Ok(Value::Bool(!found.is_null()))
    }),
    member("JToken GetValue(string propertyName)", |cx, a| member_of(cx, a, 4)),
    member("JToken GetValue(string propertyName, StringComparison comparison)", |cx, a| {
        member_of(cx, a, number_of(a, 2))
    }),
    member("JProperty Property(string name)", |cx, a| {
        if arg(a, 1).is_null() {
            return Ok(Value::Null);
        }
        let found = cx.heap.property_of(id(a, 0)?, text(a, 1, "name")?)?;
        Ok(found.map_or(Value::Null, Value::Ref))
    }),
    member("IEnumerable<JProperty> Properties()", |cx, a| {
        let items = collect(cx, arg(a, 0))?;
        sequence(cx, Query::of(Type::class(known().jproperty), items))
    }),
    member("IEnumerable<JToken> PropertyValues()", |cx, a| {
        let items = json::children(cx.heap, id(a, 0)?).into_iter().map(Value::Ref).collect();
        sequence(cx, Query::of(Type::class(known().jtoken), items))
    }),
    member("static JObject Parse(string json)", |cx, a| parse(cx, a, json::Want::Object)),
    member("static JObject FromObject(object o)", |cx, a| {
        from_object(cx, a, "Object serialized to {}. JObject instance expected.", crate::JsonType::Object)
    }),
];

/// All tokens inside, in document order: of an object each property, then its value, then what is in that.
fn descendants(cx: &mut Cx<'_>, container: &Value) -> Result<Vec<Value>, Exception> {
    let mut found = Vec::new();
    let mut ahead = inside(cx, container)?;
    while let Some(token) = ahead.pop() {
        ahead.extend(inside(cx, &token)?);
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

const ARRAY: &[Row] = &[
    member("new()", |cx, _| cx.heap.json_node(JsonKind::Array(Vec::new())).map(Value::Ref)),
    member("new(JArray other)", |cx, a| cx.heap.json_clone(id(a, 0)?).map(Value::Ref)),
    member("new(object content)", |cx, a| {
        let array = cx.heap.json_node(JsonKind::Array(Vec::new()))?;
        add_content(cx, array, arg(a, 0), 0)?;
        Ok(Value::Ref(array))
    }),
    member("new(params object[] content)", |cx, a| {
        let array = cx.heap.json_node(JsonKind::Array(Vec::new()))?;
        for item in collect(cx, arg(a, 0))? {
            add_content(cx, array, &item, 0)?;
        }
        Ok(Value::Ref(array))
    }),
    member("JToken this[int index]", item),
    setter("JToken this[int index]", set_item),
    member("void Add(JToken item)", |cx, a| {
        let new = json::from_value(cx.heap, arg(a, 1))?;
        cx.heap.json_insert(id(a, 0)?, None, new)?;
        Ok(Value::Null)
    }),
    member("void Insert(int index, JToken item)", |cx, a| {
        let new = json::from_value(cx.heap, arg(a, 2))?;
        let length = json::children(cx.heap, id(a, 0)?).len();
        let at = position(a, 1).filter(|at| *at <= length).ok_or_else(bad_index)?;
        cx.heap.json_insert(id(a, 0)?, Some(at), new)?;
        Ok(Value::Null)
    }),
    member("bool Remove(JToken item)", |cx, a| {
        let found = index_of(cx, a)?;
        Ok(Value::Bool(found.is_some_and(|at| id(a, 0).is_ok_and(|array| cx.heap.json_remove_at(array, at)))))
    }),
    member("void RemoveAt(int index)", |cx, a| {
        let removed = position(a, 1).is_some_and(|at| id(a, 0).is_ok_and(|array| cx.heap.json_remove_at(array, at)));
        if removed { Ok(Value::Null) } else { Err(bad_index()) }
    }),
    member("void Clear()", |cx, a| {
        cx.heap.json_clear(id(a, 0)?);
        Ok(Value::Null)
    }),
    member("bool Contains(JToken item)", |cx, a| Ok(Value::Bool(index_of(cx, a)?.is_some()))),
    member("int IndexOf(JToken item)", |cx, a| {
        Ok(index_of(cx, a)?.map_or(Value::Int32(-1), super::arguments::count))
    }),
    member("static JArray Parse(string json)", |cx, a| parse(cx, a, json::Want::Array)),
    member("static JArray FromObject(object o)", |cx, a| {
        from_object(cx, a, "Object serialized to {}. JArray instance expected.", crate::JsonType::Array)
    }),
];

fn bad_index() -> Exception {
    Exception::out_of_range(
        "Index was out of range. Must be non-negative and less than the size of the collection.",
        "index",
    )
}

fn new_object(cx: &mut Cx<'_>) -> Eval {
    cx.heap.json_node(JsonKind::Object(Members::default())).map(Value::Ref)
}

fn new_property(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let name = text(args, 0, "name")?.clone();
    // Several values become an array (`JProperty(string, object)`).
    let value = match cx.heap.object(arg(args, 1)) {
        Some(Object::Array { .. } | Object::List { .. } | Object::Query(_)) => {
            let array = cx.heap.json_node(JsonKind::Array(Vec::new()))?;
            for item in collect(cx, arg(args, 1))? {
                add_content(cx, array, &item, 0)?;
            }
            array
        }
        _ => json::from_value(cx.heap, arg(args, 1))?,
    };
    cx.heap.json_property(name, Some(value)).map(Value::Ref)
}

/// Adds content as `JContainer.Add` does: sequences element by element.
fn add_content(cx: &mut Cx<'_>, to: HeapId, content: &Value, depth: u32) -> Result<(), Exception> {
    cx.burn(1)?;
    if depth > 32 {
        return Err(Exception::limit("The content is nested too deeply."));
    }
    let is_sequence = matches!(
        cx.heap.object(content),
        Some(Object::Array { .. } | Object::List { .. } | Object::Query(_) | Object::Set(_))
    );
    if is_sequence {
        for item in collect(cx, content)? {
            add_content(cx, to, &item, depth + 1)?;
        }
        return Ok(());
    }
    let node = json::from_value(cx.heap, content)?;
    let is_property = matches!(cx.heap.json(node).map(|node| &node.kind), Some(JsonKind::Property(_)));
    match cx.heap.json(to).map(|node| &node.kind) {
        Some(JsonKind::Array(_)) => cx.heap.json_insert(to, None, node),
        Some(JsonKind::Object(_)) if is_property => cx.heap.json_add_property(to, node),
        Some(JsonKind::Object(_)) => {
            let class = crate::eval::runtime_type(cx.heap, &Value::Ref(node)).net_name();
            let message = format!("Can not add {class} to Newtonsoft.Json.Linq.JObject.");
            Err(Exception::new("System.ArgumentException", message))
        }
        Some(JsonKind::Property(_)) => Err(Exception::new(
            "Newtonsoft.Json.JsonException",
            Text::from_static("Newtonsoft.Json.Linq.JProperty cannot have multiple values."),
        )),
        _ => Err(Exception::null_reference()),
    }
}

/// `Merge` with default settings: objects member by member, arrays concatenated, `null` ignored.
fn merge(cx: &mut Cx<'_>, target: HeapId, new: HeapId, depth: u32) -> Result<(), Exception> {
    cx.burn(1)?;
    if depth > json_depth() {
        return Err(Exception::limit("The JSON is nested too deeply."));
    }
    match (cx.heap.json(target).map(|n| &n.kind), cx.heap.json(new).map(|n| &n.kind)) {
        (Some(JsonKind::Array(_)), Some(JsonKind::Array(items))) => {
            for item in items.clone() {
                cx.heap.json_insert(target, None, item)?;
            }
        }
        (Some(JsonKind::Object(_)), Some(JsonKind::Object(members))) => {
            let members: Vec<_> = members.iter().map(|(name, id)| (name.clone(), id)).collect();
            for (name, value) in members {
                merge_member(cx, target, &name, value, depth)?;
            }
        }
        _ => {}
    }
    Ok(())
}

const fn json_depth() -> u32 {
    128
}

fn merge_member(cx: &mut Cx<'_>, target: HeapId, name: &Text, value: HeapId, depth: u32) -> Result<(), Exception> {
    let own = match cx.heap.json(target).map(|node| &node.kind) {
        Some(JsonKind::Object(members)) => members.get(name.as_str()),
        _ => None,
    };
    let kinds = (own.and_then(|own| cx.heap.json(own)).map(|n| n.ty()), cx.heap.json(value).map(|n| n.ty()));
    match (own, kinds) {
        (Some(own), (Some(a), Some(b))) if a == b && matches!(a, crate::JsonType::Object | crate::JsonType::Array) => {
            merge(cx, own, value, depth + 1)
        }
        (Some(_), (_, Some(crate::JsonType::Null))) => Ok(()),
        _ => cx.heap.json_set(target, name.clone(), value),
    }
}

fn member_of(cx: &mut Cx<'_>, args: &[Value], comparison: i32) -> Eval {
    if arg(args, 1).is_null() {
        return Ok(Value::Null);
    }
    let name = text(args, 1, "propertyName")?;
    let Some(JsonKind::Object(members)) = cx.heap.json_of(arg(args, 0)).map(|(_, node)| &node.kind) else {
        return Err(Exception::null_reference());
    };
    let exact = members.get(name.as_str());
    let found = exact.or_else(|| {
        let same = |own: &Text| super::string::equal(Some(own), Some(name), comparison);
        members.iter().find(|(own, _)| same(own)).map(|(_, id)| id)
    });
    Ok(found.map_or(Value::Null, Value::Ref))
}

fn index_of(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<usize>, Exception> {
    let items = json::children(cx.heap, id(args, 0)?);
    let Value::Ref(wanted) = arg(args, 1) else { return Ok(None) };
    cx.burn(items.len() as u64)?;
    Ok(items.iter().position(|item| {
        item == wanted || json::equal_tokens(cx.heap, &Value::Ref(*item), &Value::Ref(*wanted))
    }))
}

fn from_object(cx: &mut Cx<'_>, args: &[Value], message: &str, wanted: crate::JsonType) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("o"));
    }
    let node = json::from_value(cx.heap, arg(args, 0))?;
    let node = if cx.heap.json_of(arg(args, 0)).is_some() { cx.heap.json_clone(node)? } else { node };
    let found = cx.heap.json(node).map_or(crate::JsonType::Null, |node| node.ty());
    if found != wanted {
        let text = message.replace("{}", json::type_name(found));
        return Err(Exception::new("System.ArgumentException", text));
    }
    Ok(Value::Ref(node))
}
