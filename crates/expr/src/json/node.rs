//! Nodes and how they hang together.

use std::collections::HashMap;

use crate::object::Object;
use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

/// `Newtonsoft.Json.Linq.JTokenType`, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum JsonType {
    /// `None`.
    None = 0,
    /// `Object`.
    Object = 1,
    /// `Array`.
    Array = 2,
    /// `Constructor`.
    Constructor = 3,
    /// `Property`.
    Property = 4,
    /// `Comment`.
    Comment = 5,
    /// `Integer`.
    Integer = 6,
    /// `Float`.
    Float = 7,
    /// `String`.
    String = 8,
    /// `Boolean`.
    Boolean = 9,
    /// `Null`.
    Null = 10,
    /// `Undefined`.
    Undefined = 11,
    /// `Date`.
    Date = 12,
    /// `Raw`.
    Raw = 13,
    /// `Bytes`.
    Bytes = 14,
    /// `Guid`.
    Guid = 15,
    /// `Uri`.
    Uri = 16,
    /// `TimeSpan`.
    TimeSpan = 17,
}

/// A `JToken`.
#[derive(Debug)]
pub(crate) struct JsonNode {
    /// The container that holds it: a `JArray`, a `JObject` (also for the value of a property of one that is in an
    /// object), or a `JProperty` that is not in an object.
    pub(crate) parent: Option<HeapId>,
    pub(crate) kind: JsonKind,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum JsonKind {
    /// `JValue`. An integer too large for `long` is text of type `Integer`.
    Value(JsonType, Value),
    /// `JArray`.
    Array(Vec<HeapId>),
    /// `JConstructor`: its name and arguments.
    Constructor(Text, Vec<HeapId>),
    /// `JObject`.
    Object(Members),
    /// `JProperty`.
    Property(Property),
}

/// `JProperty`: its value is its own while it is in no object, and the object's member afterwards.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: Text,
    /// The value of a property that is in no object.
    pub(crate) detached: Option<HeapId>,
}

/// Members of a `JObject` in order, found by name; names distinguish case.
#[derive(Debug, Default)]
pub(crate) struct Members {
    list: Vec<(Text, HeapId)>,
    /// Position by name, when there are many.
    index: Option<HashMap<Text, usize>>,
    /// The `JProperty` objects that were asked for.
    properties: HashMap<Text, HeapId>,
}

const INDEX_FROM: usize = 12;

impl Members {
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self { list: Vec::with_capacity(count), ..Self::default() }
    }

    fn position(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(&Text::copied(name)).copied(),
            None => self.list.iter().position(|(own, _)| own.as_bytes() == name.as_bytes()),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<HeapId> {
        self.position(name).and_then(|at| self.list.get(at)).map(|(_, id)| *id)
    }

    /// A member by a name that is at hand as text.
    pub(crate) fn find(&self, name: &Text) -> Option<HeapId> {
        match &self.index {
            Some(index) => index.get(name).and_then(|&at| self.list.get(at)).map(|(_, id)| *id),
            None => self.list.iter().find(|(own, _)| own == name).map(|(_, id)| *id),
        }
    }

    /// Sets a member, at its old place if it is there; gives the node that was there.
    pub(crate) fn set(&mut self, name: Text, value: HeapId) -> Option<HeapId> {
        if let Some(entry) = self.position(name.as_str()).and_then(|at| self.list.get_mut(at)) {
            return Some(std::mem::replace(&mut entry.1, value));
        }
        if let Some(index) = &mut self.index {
            index.insert(name.clone(), self.list.len());
        }
        self.list.push((name, value));
        if self.index.is_none() && self.list.len() > INDEX_FROM {
            self.reindex();
        }
        None
    }

    /// Moves the member that was added last to a place.
    fn place_last(&mut self, at: usize) {
        if at + 1 < self.list.len()
            && let Some(last) = self.list.pop()
        {
            self.list.insert(at, last);
            if self.index.is_some() {
                self.reindex();
            }
        }
    }

    /// Where a member stands.
    pub(crate) fn place_of(&self, name: &str) -> Option<usize> {
        self.position(name)
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<HeapId> {
        let at = self.position(name)?;
        let (_, value) = self.list.remove(at);
        self.index = None;
        if self.list.len() > INDEX_FROM {
            self.reindex();
        }
        Some(value)
    }

    fn reindex(&mut self) {
        let positions = self.list.iter().enumerate().map(|(at, (name, _))| (name.clone(), at));
        self.index = Some(positions.collect());
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// A member by its place.
    pub(crate) fn nth(&self, at: usize) -> Option<(&Text, HeapId)> {
        self.list.get(at).map(|(name, id)| (name, *id))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Text, HeapId)> {
        self.list.iter().map(|(name, id)| (name, *id))
    }

    pub(crate) fn name_of(&self, value: HeapId) -> Option<&Text> {
        self.list.iter().find(|(_, id)| *id == value).map(|(name, _)| name)
    }

    pub(crate) fn property(&self, name: &str) -> Option<HeapId> {
        self.properties.get(&Text::copied(name)).copied()
    }

    fn forget_property(&mut self, name: &str) -> Option<HeapId> {
        self.properties.remove(&Text::copied(name))
    }
}

impl JsonNode {
    /// A node without parent.
    pub(crate) fn new(kind: JsonKind) -> Self {
        Self { parent: None, kind }
    }

    /// `JToken.Type`.
    pub(crate) fn ty(&self) -> JsonType {
        match &self.kind {
            JsonKind::Value(ty, _) => *ty,
            JsonKind::Array(_) => JsonType::Array,
            JsonKind::Constructor(..) => JsonType::Constructor,
            JsonKind::Object(_) => JsonType::Object,
            JsonKind::Property(_) => JsonType::Property,
        }
    }
}

impl JsonNode {
    /// The elements of an array or constructor.
    pub(crate) fn items(&self) -> Option<&Vec<HeapId>> {
        match &self.kind {
            JsonKind::Array(items) | JsonKind::Constructor(_, items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<HeapId>> {
        match &mut self.kind {
            JsonKind::Array(items) | JsonKind::Constructor(_, items) => Some(items),
            _ => None,
        }
    }
}

impl Heap {
    /// A node without parent.
    pub(crate) fn json_node(&mut self, kind: JsonKind) -> Result<HeapId, Exception> {
        self.alloc(Object::Json(JsonNode::new(kind)))
    }

    /// A `JValue`.
    pub(crate) fn json_scalar(&mut self, ty: JsonType, value: Value) -> Result<HeapId, Exception> {
        self.json_node(JsonKind::Value(ty, value))
    }

    /// The node to put into a container: the node itself when it has no parent and does not contain the container, a
    /// deep clone otherwise (`JContainer.EnsureParentToken`).
    fn adoptable(&mut self, child: HeapId, parent: HeapId) -> Result<HeapId, Exception> {
        let held = self.json(child).is_some_and(|node| node.parent.is_some());
        let id = if held || self.is_inside(parent, child) { self.json_clone(child)? } else { child };
        if let Some(node) = self.json_mut(id) {
            node.parent = Some(parent);
        }
        Ok(id)
    }

    fn is_inside(&self, mut inner: HeapId, outer: HeapId) -> bool {
        let mut steps = 0;
        while steps < 10_000 {
            if inner == outer {
                return true;
            }
            let Some(parent) = self.json(inner).and_then(|node| node.parent) else { return false };
            inner = parent;
            steps += 1;
        }
        true
    }

    fn orphan(&mut self, child: HeapId) {
        if let Some(node) = self.json_mut(child) {
            node.parent = None;
        }
    }

    /// `JToken.DeepClone`.
    pub(crate) fn json_clone(&mut self, id: HeapId) -> Result<HeapId, Exception> {
        self.json_clone_below(id, 0)
    }

    fn json_clone_below(&mut self, id: HeapId, depth: u32) -> Result<HeapId, Exception> {
        if depth > super::read::MAX_DEPTH {
            return Err(Exception::limit("The JSON is nested too deeply."));
        }
        let kind = match self.json(id).map(|node| &node.kind) {
            Some(JsonKind::Value(ty, value)) => JsonKind::Value(*ty, value.clone()),
            Some(JsonKind::Array(items)) => {
                let items = items.clone();
                return self.clone_items(JsonKind::Array(Vec::with_capacity(items.len())), items, depth);
            }
            Some(JsonKind::Constructor(name, items)) => {
                let (name, items) = (name.clone(), items.clone());
                return self.clone_items(JsonKind::Constructor(name, Vec::new()), items, depth);
            }
            Some(JsonKind::Object(members)) => {
                let members = members.list.clone();
                return self.clone_object(members, depth);
            }
            Some(JsonKind::Property(property)) => {
                let name = property.name.clone();
                return self.clone_property(id, name, depth);
            }
            None => JsonKind::Value(JsonType::Null, Value::Null),
        };
        self.json_node(kind)
    }

    fn clone_items(&mut self, empty: JsonKind, items: Vec<HeapId>, depth: u32) -> Result<HeapId, Exception> {
        let copy = self.json_node(empty)?;
        for item in items {
            let item = self.json_clone_below(item, depth + 1)?;
            self.json_insert(copy, None, item)?;
        }
        Ok(copy)
    }

    fn clone_object(&mut self, members: Vec<(Text, HeapId)>, depth: u32) -> Result<HeapId, Exception> {
        let copy = self.json_node(JsonKind::Object(Members::with_capacity(members.len())))?;
        for (name, value) in members {
            let value = self.json_clone_below(value, depth + 1)?;
            self.json_set(copy, name, value)?;
        }
        Ok(copy)
    }

    fn clone_property(&mut self, id: HeapId, name: Text, depth: u32) -> Result<HeapId, Exception> {
        let value = self.property_value(id);
        let value = value.map(|value| self.json_clone_below(value, depth + 1)).transpose()?;
        self.json_property(name, value)
    }

    /// A `JProperty` in no object. Without a value it holds JSON `null`, as `new JProperty("a", null)` does.
    pub(crate) fn json_property(&mut self, name: Text, value: Option<HeapId>) -> Result<HeapId, Exception> {
        let property = self.json_node(JsonKind::Property(Property { name, detached: None }))?;
        let value = match value {
            Some(value) => value,
            None => self.json_scalar(JsonType::Null, Value::Null)?,
        };
        let value = self.adoptable(value, property)?;
        if let Some(JsonKind::Property(own)) = self.json_mut(property).map(|node| &mut node.kind) {
            own.detached = Some(value);
        }
        Ok(property)
    }

    /// The value of a `JProperty`.
    pub(crate) fn property_value(&self, id: HeapId) -> Option<HeapId> {
        let node = self.json(id)?;
        let JsonKind::Property(property) = &node.kind else { return None };
        match node.parent.and_then(|parent| self.json(parent)).map(|parent| &parent.kind) {
            Some(JsonKind::Object(members)) => members.get(property.name.as_str()),
            _ => property.detached,
        }
    }

    /// The `JProperty` of a member of a `JObject`, always the same object for the same member.
    pub(crate) fn property_of(&mut self, object: HeapId, name: &Text) -> Result<Option<HeapId>, Exception> {
        let Some(JsonKind::Object(members)) = self.json(object).map(|node| &node.kind) else {
            return Ok(None);
        };
        if members.get(name.as_str()).is_none() {
            return Ok(None);
        }
        if let Some(id) = members.property(name.as_str()) {
            return Ok(Some(id));
        }
        let id = self.json_node(JsonKind::Property(Property { name: name.clone(), detached: None }))?;
        self.register_property(object, name, id);
        Ok(Some(id))
    }

    fn register_property(&mut self, object: HeapId, name: &Text, id: HeapId) {
        if let Some(node) = self.json_mut(id) {
            node.parent = Some(object);
        }
        if let Some(JsonKind::Object(members)) = self.json_mut(object).map(|node| &mut node.kind) {
            members.properties.insert(name.clone(), id);
        }
    }

    /// `jobject[name] = value`.
    pub(crate) fn json_set(&mut self, object: HeapId, name: Text, value: HeapId) -> Result<(), Exception> {
        self.charge(48 + name.len())?;
        if let Some(JsonKind::Object(members)) = self.json(object).map(|node| &node.kind)
            && members.get(name.as_str()) == Some(value)
        {
            return Ok(());
        }
        let value = self.adoptable(value, object)?;
        let Some(JsonKind::Object(members)) = self.json_mut(object).map(|node| &mut node.kind) else {
            return Ok(());
        };
        match members.set(name, value) {
            Some(before) => self.orphan(before),
            None => self.changed(&Value::Ref(object)),
        }
        Ok(())
    }

    /// `jobject.Add(name, value)`.
    pub(crate) fn json_add(&mut self, object: HeapId, name: Text, value: HeapId) -> Result<(), Exception> {
        let Some(JsonKind::Object(members)) = self.json(object).map(|node| &node.kind) else { return Ok(()) };
        if members.get(name.as_str()).is_some() {
            let message = format!(
                "Can not add property {} to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.",
                name.as_str()
            );
            return Err(Exception::new("System.ArgumentException", message));
        }
        self.json_set(object, name, value)
    }

    /// Puts a `JProperty` into a `JObject`, at the end or at a place; one that is in an object already is cloned.
    pub(crate) fn json_add_property(
        &mut self,
        object: HeapId,
        property: HeapId,
        at: Option<usize>,
    ) -> Result<(), Exception> {
        let Some(JsonKind::Property(own)) = self.json(property).map(|node| &node.kind) else { return Ok(()) };
        let name = own.name.clone();
        let free = self.json(property).is_some_and(|node| node.parent.is_none());
        let Some(value) = self.property_value(property) else { return Ok(()) };
        if free {
            self.orphan(value);
        }
        self.json_add(object, name.clone(), value)?;
        if let (Some(at), Some(JsonKind::Object(members))) =
            (at, self.json_mut(object).map(|node| &mut node.kind))
        {
            members.place_last(at);
        }
        if free {
            if let Some(JsonKind::Property(own)) = self.json_mut(property).map(|node| &mut node.kind) {
                own.detached = None;
            }
            self.register_property(object, &name, property);
        }
        Ok(())
    }

    /// `jproperty.Value = value`.
    pub(crate) fn property_set(&mut self, property: HeapId, value: HeapId) -> Result<(), Exception> {
        let Some(node) = self.json(property) else { return Ok(()) };
        let JsonKind::Property(own) = &node.kind else { return Ok(()) };
        if let Some(object) = node.parent {
            let name = own.name.clone();
            return self.json_set(object, name, value);
        }
        let before = own.detached;
        let value = self.adoptable(value, property)?;
        if let Some(JsonKind::Property(own)) = self.json_mut(property).map(|node| &mut node.kind) {
            own.detached = Some(value);
        }
        if let Some(before) = before {
            self.orphan(before);
        }
        Ok(())
    }

    /// `jobject.Remove(name)`: whether it was there.
    pub(crate) fn json_remove(&mut self, object: HeapId, name: &str) -> bool {
        // What is removed is the property: the value stays in it, so that adding it elsewhere copies it. Without memory
        // for the property the next step fails anyway.
        let _ = self.property_of(object, &Text::copied(name));
        let Some(JsonKind::Object(members)) = self.json_mut(object).map(|node| &mut node.kind) else {
            return false;
        };
        let Some(value) = members.remove(name) else { return false };
        let property = members.forget_property(name);
        self.changed(&Value::Ref(object));
        if let Some(node) = self.json_mut(value) {
            node.parent = property;
        }
        if let Some(node) = property.and_then(|id| self.json_mut(id)) {
            node.parent = None;
            if let JsonKind::Property(own) = &mut node.kind {
                own.detached = Some(value);
            }
        }
        true
    }

    /// `jarray.Insert(at, value)`; at the end without a position.
    pub(crate) fn json_insert(
        &mut self,
        array: HeapId,
        at: Option<usize>,
        value: HeapId,
    ) -> Result<(), Exception> {
        self.charge(8)?;
        let value = self.adoptable(value, array)?;
        let Some(items) = self.json_mut(array).and_then(JsonNode::items_mut) else { return Ok(()) };
        match at {
            Some(at) if at <= items.len() => items.insert(at, value),
            _ => items.push(value),
        }
        self.changed(&Value::Ref(array));
        Ok(())
    }

    /// `jarray[index] = value`.
    pub(crate) fn json_replace(&mut self, array: HeapId, at: usize, value: HeapId) -> Result<(), Exception> {
        if let Some(items) = self.json(array).and_then(JsonNode::items)
            && items.get(at) == Some(&value)
        {
            return Ok(());
        }
        let value = self.adoptable(value, array)?;
        self.changed(&Value::Ref(array));
        let Some(items) = self.json_mut(array).and_then(JsonNode::items_mut) else { return Ok(()) };
        if let Some(item) = items.get_mut(at) {
            let before = std::mem::replace(item, value);
            self.orphan(before);
        }
        Ok(())
    }

    /// `jarray.RemoveAt(index)`: whether it was there.
    pub(crate) fn json_remove_at(&mut self, array: HeapId, at: usize) -> bool {
        let Some(items) = self.json_mut(array).and_then(JsonNode::items_mut) else { return false };
        if at >= items.len() {
            return false;
        }
        let before = items.remove(at);
        self.changed(&Value::Ref(array));
        self.orphan(before);
        true
    }

    /// Removes all children.
    pub(crate) fn json_clear(&mut self, container: HeapId) {
        self.changed(&Value::Ref(container));
        let children = match self.json_mut(container).map(|node| &mut node.kind) {
            Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)) => std::mem::take(items),
            Some(JsonKind::Object(members)) => {
                std::mem::take(members).list.into_iter().map(|(_, id)| id).collect()
            }
            _ => return,
        };
        for child in children {
            self.orphan(child);
        }
    }
}
