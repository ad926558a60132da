//! What can be enumerated besides queries: collections of the heap, JSON, dictionaries of the request.

use std::sync::Arc;

use crate::catalogue::{HostObject, HostRef};
use crate::eval::Cx;
use crate::json;
use crate::object::Object;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::{Cursor, modified};

/// Which part of a dictionary's entries is enumerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Pair,
    Key,
    Value,
}

/// A collection that is read as it is at each step; a change ends the walk.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) of: Value,
    at: usize,
    version: u32,
    part: Part,
}

impl Live {
    /// Starts at the first element; none when the value is no such collection.
    pub(super) fn start(cx: &mut Cx<'_>, of: &Value, part: Part) -> Result<Option<Self>, Exception> {
        let version = match cx.heap.object(of) {
            Some(Object::List { .. }) => {
                cx.heap.charge(8)?;
                cx.heap.watch(of)
            }
            Some(Object::Array { .. } | Object::MultiArray { .. } | Object::Bytes { .. }) => 0,
            Some(Object::Set(set)) => set.version(),
            Some(Object::Dictionary(dictionary)) if !dictionary.elsewhere.is_empty() => {
                return Err(crate::library::dictionary::claim_elsewhere());
            }
            Some(Object::Dictionary(dictionary)) => dictionary.version(),
            Some(Object::Native(native)) => match native.live(0) {
                Some((_, version)) => version,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(Self { of: of.clone(), at: 0, version, part }))
    }

    /// Whether an enumerator's `Reset` can bring it back to its beginning.
    pub(super) fn next(&mut self, cx: &mut Cx<'_>) -> Result<Option<Value>, Exception> {
        let at = self.at;
        self.at += 1;
        match cx.heap.object(&self.of) {
            Some(Object::Array { items, .. } | Object::MultiArray { items, .. }) => {
                Ok(items.get(at).cloned())
            }
            Some(Object::Bytes { bytes, .. }) => Ok(bytes.get(at).map(|&byte| Value::Byte(byte))),
            Some(Object::List { items, .. }) => {
                let item = items.get(at).cloned();
                if cx.heap.version(&self.of) == self.version { Ok(item) } else { Err(modified()) }
            }
            Some(Object::Set(set)) if set.version() == self.version => {
                let found = set.entry_from(at).map(|(item, next)| (item.clone(), next));
                self.at = found.as_ref().map_or(at, |(_, next)| *next);
                // Free slots before it were looked at as well.
                cx.burn((self.at - at) as u64 / 16)?;
                Ok(found.map(|(item, _)| item))
            }
            Some(Object::Dictionary(dictionary)) if dictionary.version() == self.version => {
                let found = dictionary.entry_from(at).map(|(entry, next)| (entry.clone(), next));
                let Some(((key, value), next)) = found else { return Ok(None) };
                let types = Arc::clone(&dictionary.types);
                self.at = next;
                cx.burn((next - at) as u64 / 16)?;
                Ok(Some(match self.part {
                    Part::Key => key,
                    Part::Value => value,
                    Part::Pair => cx.heap.make(Object::Pair { types, key, value })?,
                }))
            }
            Some(Object::Native(native)) => match native.live(at) {
                Some((item, version)) if version == self.version => Ok(item),
                _ => Err(modified()),
            },
            _ => Err(modified()),
        }
    }
}

/// The elements of text: its UTF-16 units.
pub(super) fn units(cx: &mut Cx<'_>, text: &Text) -> Result<Cursor, Exception> {
    cx.grow(text.len())?;
    cx.heap.charge(text.len().saturating_mul(24))?;
    let units: Vec<Value> = text.units().map(Value::Char).collect();
    Ok(Cursor::Items(units.into_iter()))
}

/// What of a token of JSON is enumerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonPart {
    /// Elements, or the properties of an object.
    Child,
    /// Names and values of an object.
    Pair,
}

/// A walk over the children of a token of JSON.
#[derive(Debug)]
pub(crate) struct JsonWalk {
    of: Value,
    part: JsonPart,
    at: usize,
    version: u32,
}

impl JsonWalk {
    pub(super) fn start(cx: &mut Cx<'_>, of: &Value, part: JsonPart) -> Result<Self, Exception> {
        cx.heap.charge(8)?;
        let version = cx.heap.watch(of);
        Ok(Self { of: of.clone(), part, at: 0, version })
    }

    pub(super) fn next(&mut self, cx: &mut Cx<'_>) -> Result<Option<Value>, Exception> {
        let Some((id, node)) = cx.heap.json_of(&self.of) else { return Err(Exception::null_reference()) };
        let at = self.at;
        self.at += 1;
        if cx.heap.version(&self.of) != self.version {
            return Err(modified());
        }
        match &node.kind {
            json::JsonKind::Object(members) => {
                let Some((name, value)) = members.nth(at) else { return Ok(None) };
                let (name, value) = (name.clone(), Value::Ref(value));
                if self.part == JsonPart::Pair {
                    let types = Arc::from([Type::String, Type::class(crate::registry::known().jtoken)]);
                    return cx.heap.make(Object::Pair { types, key: Value::Text(name), value }).map(Some);
                }
                Ok(cx.heap.property_of(id, &name)?.map(Value::Ref))
            }
            json::JsonKind::Property(_) if at == 0 => Ok(cx.heap.property_value(id).map(Value::Ref)),
            _ => Ok(node.items().and_then(|items| items.get(at)).map(|id| Value::Ref(*id))),
        }
    }
}

/// The entries of a dictionary of the request.
pub(super) fn host_pairs(cx: &mut Cx<'_>, host: HostRef) -> Result<Cursor, Exception> {
    let mut pairs = Vec::new();
    for (key, value) in host_entries(cx, host)? {
        let value_type = crate::eval::runtime_type(cx.heap, &value);
        let value_type = if host.object == HostObject::Variables { Type::Object } else { value_type };
        let types = Arc::from([Type::String, value_type]);
        pairs.push(cx.heap.make(Object::Pair { types, key: Value::Text(key), value })?);
    }
    Ok(Cursor::Items(pairs.into_iter()))
}

/// Keys and values of a dictionary of the request.
pub(crate) fn host_entries(cx: &mut Cx<'_>, host: HostRef) -> Result<Vec<(Text, Value)>, Exception> {
    let keys = match host.object {
        HostObject::Variables => cx.host.variable_names(),
        _ => cx.host.keys(host),
    };
    let mut entries = Vec::with_capacity(keys.len());
    for key in keys {
        cx.burn(1)?;
        let value = crate::library::dictionary::host_value(cx, host, &key)?.unwrap_or(Value::Null);
        entries.push((key, value));
    }
    Ok(entries)
}
