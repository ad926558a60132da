//! `JObject`, and merging.

use crate::eval::{Cx, Eval};
use crate::json::{self, JsonKind, Members};
use crate::registry::known;
use crate::types::Type;
use crate::value::HeapId;
use crate::{Exception, JsonType, Text, Value};

use super::arguments::{arg, id, member as number_of, text, text_or_empty};
use super::json_containers::copy;
use super::json_content::{add_content, is_multiple};
use super::json_tokens::{item, parse, set_item, tokens_of};
use super::sequence::Cursor;
use super::{Row, TypeSpec, member, setter};

const SOURCE: &str = "newtonsoft.com/json/help/html/T_Newtonsoft_Json_Linq_JObject.htm";

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    bases: &["JContainer", "IEnumerable<KeyValuePair<string, JToken>>"],
    members: OBJECT,
    ..TypeSpec::class("Newtonsoft.Json.Linq.JObject", SOURCE)
}];

const OBJECT: &[Row] = &[
    member("new()", |cx, _| new_object(cx)),
    member("new(JObject other)", copy),
    member("new(object content)", filled),
    member("new(params object[] content)", filled),
    member("JToken this[string propertyName]", |cx, a| {
        // A null name is told apart from the indexer by object.
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
    member("JProperty Property(string name)", |cx, a| property(cx, a, 4)),
    member("JProperty Property(string name, StringComparison comparison)", |cx, a| property(cx, a, number_of(a, 2))),
    member("IEnumerable<JProperty> Properties()", |cx, a| {
        let source = arg(a, 0).clone();
        super::json_tokens::live_children(cx, &source, Type::class(known().jproperty))
    }),
    member("JEnumerable<JToken> PropertyValues()", |cx, a| {
        let items = json::children(cx.heap, id(a, 0)?).into_iter().map(Value::Ref).collect();
        tokens_of(cx, items)
    }),
    member("IEnumerator<KeyValuePair<string, JToken>> GetEnumerator()", |cx, a| {
        let pairs = super::dictionary::json_pairs(cx, a)?;
        super::views::enumerator(cx, &[pairs])
    }),
    member("static JObject Parse(string json)", |cx, a| parse(cx, a, json::Want::Object)),
    member("static JObject FromObject(object o)", |cx, a| {
        from_object(cx, a, "Object serialized to {}. JObject instance expected.", JsonType::Object)
    }),
];

fn new_object(cx: &mut Cx<'_>) -> Eval {
    cx.heap.json_node(JsonKind::Object(Members::default())).map(Value::Ref)
}

fn filled(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let object = new_object(cx)?;
    add_content(cx, id(std::slice::from_ref(&object), 0)?, None, arg(args, 0), 0)?;
    Ok(object)
}

/// The name of a member under a comparison: the exact one first.
fn name_of(cx: &Cx<'_>, args: &[Value], comparison: i32) -> Result<Option<Text>, Exception> {
    let name = text(args, 1, "propertyName")?;
    let Some(JsonKind::Object(members)) = cx.heap.json_of(arg(args, 0)).map(|(_, node)| &node.kind) else {
        return Err(Exception::null_reference());
    };
    if members.get(name.as_str()).is_some() {
        return Ok(Some(name.clone()));
    }
    if comparison == 4 {
        return Ok(None);
    }
    let same = |own: &Text| super::string::equal(Some(own), Some(name), comparison);
    Ok(members.iter().find(|(own, _)| same(own)).map(|(own, _)| own.clone()))
}

fn member_of(cx: &mut Cx<'_>, args: &[Value], comparison: i32) -> Eval {
    if arg(args, 1).is_null() {
        return Ok(Value::Null);
    }
    let name = name_of(cx, args, comparison)?;
    let Some(JsonKind::Object(members)) = cx.heap.json_of(arg(args, 0)).map(|(_, node)| &node.kind) else {
        return Err(Exception::null_reference());
    };
    Ok(name.and_then(|name| members.get(name.as_str())).map_or(Value::Null, Value::Ref))
}

fn property(cx: &mut Cx<'_>, args: &[Value], comparison: i32) -> Eval {
    if arg(args, 1).is_null() {
        return Ok(Value::Null);
    }
    let Some(name) = name_of(cx, args, comparison)? else { return Ok(Value::Null) };
    let found = cx.heap.property_of(id(args, 0)?, &name)?;
    Ok(found.map_or(Value::Null, Value::Ref))
}

/// `JObject.FromObject` and `JArray.FromObject`.
pub(super) fn from_object(cx: &mut Cx<'_>, args: &[Value], message: &str, wanted: JsonType) -> Eval {
    let node = super::json_convert::serialized(cx, arg(args, 0), "o")?;
    let found = cx.heap.json(node).map_or(JsonType::Null, |node| node.ty());
    if found != wanted {
        let text = message.replace("{}", json::type_name(found));
        return Err(Exception::new("System.ArgumentException", text));
    }
    Ok(Value::Ref(node))
}

/// `Merge` with default settings: objects member by member, arrays concatenated, `null` ignored.
pub(super) fn merge(cx: &mut Cx<'_>, target: HeapId, new: HeapId, depth: u32) -> Result<(), Exception> {
    cx.burn(1)?;
    if depth > 128 {
        return Err(Exception::limit("The JSON is nested too deeply."));
    }
    match (cx.heap.json(target).map(|n| &n.kind), cx.heap.json(new).map(|n| &n.kind)) {
        (Some(JsonKind::Array(_)), Some(JsonKind::Array(items))) => {
            for item in items.clone() {
                cx.burn(1)?;
                cx.heap.json_insert(target, None, item)?;
            }
        }
        (Some(JsonKind::Object(_)), Some(JsonKind::Object(members))) => {
            let members: Vec<_> = members.iter().map(|(name, id)| (name.clone(), id)).collect();
            for (name, value) in members {
                merge_member(cx, target, &name, value, depth)?;
            }
        }
        (Some(JsonKind::Constructor(..)), Some(JsonKind::Constructor(name, items))) => {
            let (name, items) = (name.clone(), items.clone());
            if let Some(JsonKind::Constructor(own, _)) = cx.heap.json_mut(target).map(|node| &mut node.kind) {
                *own = name;
            }
            for item in items {
                cx.burn(1)?;
                cx.heap.json_insert(target, None, item)?;
            }
        }
        (Some(JsonKind::Property(_)), Some(JsonKind::Property(_))) => {
            if let Some(value) = cx.heap.property_value(new)
                && cx.heap.json(value).is_some_and(|node| node.ty() != JsonType::Null)
            {
                cx.heap.property_set(target, value)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Content that is no token merges into an array element by element, and into nothing else.
pub(super) fn merge_into_array(cx: &mut Cx<'_>, target: HeapId, content: &Value) -> Result<(), Exception> {
    let is_array = matches!(cx.heap.json(target).map(|node| &node.kind), Some(JsonKind::Array(_)));
    if !is_array || !is_multiple(cx, content) {
        return Ok(());
    }
    let mut cursor = Cursor::over(cx, content)?;
    while let Some(item) = cursor.next(cx)? {
        match cx.heap.json_of(&item).map(|(id, _)| id) {
            Some(id) => cx.heap.json_insert(target, None, id)?,
            None => return Err(Exception::invalid_cast()),
        }
    }
    Ok(())
}

fn merge_member(cx: &mut Cx<'_>, target: HeapId, name: &Text, value: HeapId, depth: u32) -> Result<(), Exception> {
    let own = match cx.heap.json(target).map(|node| &node.kind) {
        Some(JsonKind::Object(members)) => members.get(name.as_str()),
        _ => None,
    };
    let kinds = (own.and_then(|own| cx.heap.json(own)).map(|n| n.ty()), cx.heap.json(value).map(|n| n.ty()));
    let container = |ty: JsonType| matches!(ty, JsonType::Object | JsonType::Array | JsonType::Constructor);
    match (own, kinds) {
        (Some(own), (Some(a), Some(b))) if a == b && container(a) => merge(cx, own, value, depth + 1),
        (Some(_), (_, Some(JsonType::Null))) => Ok(()),
        _ => cx.heap.json_set(target, name.clone(), value),
    }
}
