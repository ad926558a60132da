//! Groups by key: `GroupBy`, `ToLookup`, `Join`, `GroupJoin`.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::eval::{Cx, Eval};
use crate::object::{Key, NativeObject};
use crate::registry::known;
use crate::types::Type;
use crate::{Exception, Value};

use super::{Cursor, GroupBy, Join, Query, sequence};

/// Elements by key, in the order in which keys first came up.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    by_key: IndexMap<Key, (Value, Vec<Value>)>,
}

impl Groups {
    /// Reads a sequence. A join leaves out what has no key.
    pub(crate) fn read(
        cx: &mut Cx<'_>,
        source: &Value,
        by: &GroupBy,
        join: ForJoin,
    ) -> Result<Self, Exception> {
        let mut groups = Self::default();
        let mut cursor = Cursor::over(cx, source)?;
        while let Some(item) = cursor.next(cx)? {
            let key = cx.invoke(&by.key, std::slice::from_ref(&item))?;
            if key.is_null() && join == ForJoin::Yes {
                continue;
            }
            let place = cx.heap.key_by(&by.comparer, &key);
            cx.heap.charge(96)?;
            let element = match &by.element {
                Some(element) => cx.invoke(element, &[item])?,
                None => item,
            };
            groups.by_key.entry(place).or_insert_with(|| (key, Vec::new())).1.push(element);
        }
        Ok(groups)
    }

    /// The groups as `IGrouping` objects, with their keys.
    fn objects(self, cx: &mut Cx<'_>, by: &GroupBy) -> Result<IndexMap<Key, (Value, Value)>, Exception> {
        let mut objects = IndexMap::with_capacity(self.by_key.len());
        for (place, (key, items)) in self.by_key {
            let mut query = Query::of(by.element_type.clone(), items);
            query.key = Some((by.key_type.clone(), key.clone()));
            let group = sequence(cx, query)?;
            objects.insert(place, (key, group));
        }
        Ok(objects)
    }
}

/// Whether groups are read for a join.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForJoin {
    Yes,
    No,
}

/// `GroupBy`, at its first element.
pub(super) fn grouped(cx: &mut Cx<'_>, source: &Value, by: &GroupBy) -> Result<Cursor, Exception> {
    let groups = Groups::read(cx, source, by, ForJoin::No)?.objects(cx, by)?;
    let pairs: Vec<(Value, Value)> = groups.into_values().collect();
    Ok(match &by.result {
        Some(result) => Cursor::Results(pairs.into_iter(), result.clone()),
        None => Cursor::Items(pairs.into_iter().map(|(_, group)| group).collect::<Vec<_>>().into_iter()),
    })
}

/// `Join` and `GroupJoin`, at their first element: the inner sequence is read first.
pub(super) fn joined(cx: &mut Cx<'_>, source: &Value, join: &Arc<Join>) -> Result<Cursor, Exception> {
    let by = GroupBy {
        key: join.inner_key.clone(),
        key_type: join.key_type.clone(),
        element: None,
        element_type: join.inner_type.clone(),
        result: None,
        comparer: join.comparer.clone(),
    };
    let groups = Groups::read(cx, &join.inner, &by, ForJoin::Yes)?;
    let groups = groups.by_key.into_iter().map(|(key, (_, items))| (key, Arc::from(items))).collect();
    let outer = Box::new(Cursor::over(cx, source)?);
    let current = (Value::Null, Arc::from([]), 0);
    Ok(Cursor::Join(Box::new(Joining { outer, groups, join: Arc::clone(join), current })))
}

/// A join under way.
#[derive(Debug)]
pub(crate) struct Joining {
    outer: Box<Cursor>,
    groups: IndexMap<Key, Arc<[Value]>>,
    join: Arc<Join>,
    /// The element of the outer sequence, what goes with it, and how much of that is done.
    current: (Value, Arc<[Value]>, usize),
}

impl Joining {
    pub(super) fn next(&mut self, cx: &mut Cx<'_>) -> Result<Option<Value>, Exception> {
        loop {
            if let Some(item) = self.current.1.get(self.current.2).cloned() {
                self.current.2 += 1;
                return cx.invoke(&self.join.result, &[self.current.0.clone(), item]).map(Some);
            }
            let Some(outer) = self.outer.next(cx)? else { return Ok(None) };
            let key = cx.invoke(&self.join.outer_key, std::slice::from_ref(&outer))?;
            let found = if key.is_null() {
                None
            } else {
                self.groups.get(&cx.heap.key_by(&self.join.comparer, &key))
            };
            let found = found.cloned().unwrap_or_else(|| Arc::from([]));
            if self.join.grouped {
                let query = Query::of(self.join.inner_type.clone(), found.to_vec());
                cx.heap.charge(found.len() * 24)?;
                let group = sequence(cx, query)?;
                return cx.invoke(&self.join.result, &[outer, group]).map(Some);
            }
            self.current = (outer, found, 0);
        }
    }
}

/// `Lookup<K, T>`.
#[derive(Debug)]
pub(crate) struct Lookup {
    key_type: Type,
    element_type: Type,
    comparer: Value,
    groups: IndexMap<Key, (Value, Value)>,
}

impl Lookup {
    /// `ToLookup`.
    pub(crate) fn read(cx: &mut Cx<'_>, source: &Value, by: &GroupBy) -> Result<Self, Exception> {
        let groups = Groups::read(cx, source, by, ForJoin::No)?.objects(cx, by)?;
        let (key_type, element_type) = (by.key_type.clone(), by.element_type.clone());
        Ok(Self { key_type, element_type, comparer: by.comparer.clone(), groups })
    }

    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn comparer(&self) -> &Value {
        &self.comparer
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Value> {
        self.groups.get(key).map(|(_, group)| group)
    }

    pub(crate) fn element_type(&self) -> &Type {
        &self.element_type
    }

    /// Keys and groups.
    pub(crate) fn pairs(&self) -> Vec<(Value, Value)> {
        self.groups.values().cloned().collect()
    }
}

impl NativeObject for Lookup {
    fn class(&self) -> Type {
        let class = crate::registry::registry().find("Lookup");
        let args = [self.key_type.clone(), self.element_type.clone()];
        class.map_or(Type::Object, |class| Type::generic(class, args))
    }

    fn size(&self) -> usize {
        64 + self.groups.len() * 96
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.groups.values().map(|(_, group)| group.clone()).collect())
    }
}

/// The key of a group.
pub(crate) fn key_of(cx: &mut Cx<'_>, group: &Value) -> Eval {
    match cx.heap.object(group) {
        Some(crate::object::Object::Query(query)) => {
            Ok(query.key.as_ref().map_or(Value::Null, |(_, key)| key.clone()))
        }
        _ => Err(Exception::null_reference()),
    }
}

/// `IGrouping<K, T>` of types.
pub(crate) fn grouping_type(key: Type, element: Type) -> Type {
    Type::generic(known().grouping, [key, element])
}
