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
                Ok(found.map(|(item, _)| item))
            }
            Some(Object::Dictionary(dictionary)) if dictionary.version() == self.version => {
                let found = dictionary.entry_from(at).map(|(entry, next)| (entry.clone(), next));
                let Some(((key, value), next)) = found else { return Ok(None) };
                let types = Arc::clone(&dictionary.types);
                self.at = next;
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

pub(super) fn json_children(cx: &mut Cx<'_>, source: &Value) -> Result<Cursor, Exception> {
    let Value::Ref(id) = source else { return Err(Exception::null_reference()) };
    let names: Option<Vec<Text>> = match cx.heap.json(*id).map(|node| &node.kind) {
        Some(json::JsonKind::Object(members)) => Some(members.iter().map(|(name, _)| name.clone()).collect()),
        _ => None,
    };
    let children = match names {
        Some(names) => {
            let property = |name: &Text| cx.heap.property_of(*id, name);
            names.iter().map(property).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
        None => json::children(cx.heap, *id),
    };
    Ok(Cursor::Items(children.into_iter().map(Value::Ref).collect::<Vec<_>>().into_iter()))
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
