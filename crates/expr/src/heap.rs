//! The objects of one request: everything with an identity that expressions made or were given.
//!
//! The caller owns the heap and keeps it as long as the request: a `JObject` in a variable is the same object in every
//! later policy, as in .NET. Nothing is freed before the heap is; an allocation budget bounds it. What has to outlive
//! the request (a cached value) is copied out as a [`Portable`](crate::Portable) and in again.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::json::{JsonKind, JsonNode};
use crate::kept::Kept;
use crate::object::{Dictionary, NativeObject, Object, object_size};
use crate::pattern::Pattern;
use crate::types::Type;
use crate::value::HeapId;
use crate::xml::{NameTable, XmlNode};
use crate::{Exception, Text, Value};

/// The objects of one request.
#[derive(Debug)]
pub struct Heap {
    objects: Vec<Object>,
    used: usize,
    budget: usize,
    taint: bool,
    /// Where texts are put together.
    scratch: Vec<u8>,
    /// The evaluator's stack, kept between evaluations so that it is allocated once a request.
    stack: Vec<Value>,
    /// Bodies that were parsed before, see [`crate::kept`].
    pub(crate) kept: Vec<Kept>,
    /// Whether the evaluation that runs may change JSON.
    pub(crate) changes_json: bool,
    /// How deep inside of each other the objects are whose keys are being made.
    key_depth: AtomicU32,
    /// How many objects the key that is being made has looked at.
    key_objects: AtomicU32,
    /// What few requests have anything of.
    seldom: Option<Box<Seldom>>,
}

/// Tables that the expressions of few requests use. Most requests have a heap, so it is small without them.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    /// The names of XML, each once.
    pub(crate) names: NameTable,
    /// What expressions attached to nodes of JSON and XML.
    pub(crate) annotations: HashMap<HeapId, Vec<Value>>,
    /// Versions of the lists that were enumerated, by which enumerators notice changes.
    watched: HashMap<HeapId, u32>,
    /// Regular expressions that were read, with their options.
    pub(crate) patterns: Vec<(Text, i32, Arc<Pattern>)>,
    /// Certificates that expressions were given, by their bytes.
    certificates: Vec<(Arc<[u8]>, Value)>,
}

impl Heap {
    /// An empty heap that may hold about `budget` bytes.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            objects: Vec::new(),
            used: 0,
            budget,
            taint: false,
            scratch: Vec::new(),
            stack: Vec::new(),
            kept: Vec::new(),
            changes_json: false,
            key_depth: AtomicU32::new(0),
            key_objects: AtomicU32::new(0),
            seldom: None,
        }
    }

    /// Tables that may not be there.
    pub(crate) fn seldom(&self) -> Option<&Seldom> {
        self.seldom.as_deref()
    }

    /// The same, begun when they are not there.
    pub(crate) fn seldom_mut(&mut self) -> &mut Seldom {
        self.seldom.get_or_insert_default()
    }

    /// How many objects it holds.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// How many bytes it holds, about.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used
    }

    /// Counts memory that an operation is about to take.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Exception> {
        self.used = self.used.saturating_add(bytes);
        if self.used > self.budget {
            return Err(Exception::limit("The expressions of the request use more memory than they may."));
        }
        Ok(())
    }

    /// Takes an object over.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(crate) fn alloc(&mut self, object: Object) -> Result<HeapId, Exception> {
        self.charge(object_size(&object))?;
        let id = u32::try_from(self.objects.len());
        let id = id.map_err(|_| Exception::limit("The expressions of the request use too many objects."))?;
        self.objects.push(object);
        Ok(HeapId(id))
    }

    /// Takes an object over and refers to it.
    pub(crate) fn make(&mut self, object: Object) -> Result<Value, Exception> {
        self.alloc(object).map(Value::Ref)
    }

    pub(crate) fn get(&self, id: HeapId) -> Option<&Object> {
        self.objects.get(id.0 as usize)
    }

    pub(crate) fn get_mut(&mut self, id: HeapId) -> Option<&mut Object> {
        // A body that is changed is no longer what was sent.
        if !self.kept.is_empty() && self.kept.iter().any(|kept| kept.holds(id)) {
            self.kept.retain(|kept| !kept.holds(id));
        }
        self.objects.get_mut(id.0 as usize)
    }

    /// The object of a reference.
    pub(crate) fn object(&self, value: &Value) -> Option<&Object> {
        match value {
            Value::Ref(id) => self.get(*id),
            _ => None,
        }
    }

    /// The object of a reference, to be changed.
    pub(crate) fn object_mut(&mut self, value: &Value) -> Option<&mut Object> {
        match value {
            Value::Ref(id) => self.get_mut(*id),
            _ => None,
        }
    }

    /// Makes the key of an object that holds others; none when they are too deep inside of each other, or too many: two
    /// members that hold the same object double them at each level.
    pub(crate) fn nested_key<T>(&self, make: impl FnOnce() -> T) -> Option<T> {
        const DEEPEST: u32 = 100;
        const MOST: u32 = 10_000;
        let depth = self.key_depth.fetch_add(1, Ordering::Relaxed);
        if depth == 0 {
            self.key_objects.store(0, Ordering::Relaxed);
        }
        let objects = self.key_objects.fetch_add(1, Ordering::Relaxed);
        let made = (depth < DEEPEST && objects < MOST).then(make);
        self.key_depth.fetch_sub(1, Ordering::Relaxed);
        made
    }

    /// The version of a list, counted from here on.
    pub(crate) fn watch(&mut self, value: &Value) -> u32 {
        match value {
            Value::Ref(id) => *self.seldom_mut().watched.entry(*id).or_insert(0),
            _ => 0,
        }
    }

    /// The version of a list that is watched.
    pub(crate) fn version(&self, value: &Value) -> u32 {
        match value {
            Value::Ref(id) => self.seldom().and_then(|seldom| seldom.watched.get(id)).copied().unwrap_or(0),
            _ => 0,
        }
    }

    /// Says that a list was changed.
    pub(crate) fn changed(&mut self, value: &Value) {
        if let (Value::Ref(id), Some(seldom)) = (value, &mut self.seldom)
            && let Some(version) = seldom.watched.get_mut(id)
        {
            *version = version.wrapping_add(1);
        }
    }

    /// The JSON node of a reference.
    pub(crate) fn json(&self, id: HeapId) -> Option<&JsonNode> {
        match self.get(id) {
            Some(Object::Json(node)) => Some(node),
            _ => None,
        }
    }

    pub(crate) fn json_mut(&mut self, id: HeapId) -> Option<&mut JsonNode> {
        match self.get_mut(id) {
            Some(Object::Json(node)) => Some(node),
            _ => None,
        }
    }

    /// The JSON node that a value refers to.
    pub(crate) fn json_of(&self, value: &Value) -> Option<(HeapId, &JsonNode)> {
        match value {
            Value::Ref(id) => self.json(*id).map(|node| (*id, node)),
            _ => None,
        }
    }

    /// The state of a library object of a type of its own.
    pub(crate) fn native<T: NativeObject>(&self, value: &Value) -> Option<&T> {
        match self.object(value) {
            Some(Object::Native(object)) => (object.as_ref() as &dyn std::any::Any).downcast_ref(),
            _ => None,
        }
    }

    pub(crate) fn native_mut<T: NativeObject>(&mut self, value: &Value) -> Option<&mut T> {
        match self.object_mut(value) {
            Some(Object::Native(object)) => (object.as_mut() as &mut dyn std::any::Any).downcast_mut(),
            _ => None,
        }
    }

    /// The object of a certificate that expressions were given before.
    pub(crate) fn known_certificate(&self, der: &Arc<[u8]>) -> Option<Value> {
        let known = self.seldom()?.certificates.iter().find(|(own, _)| Arc::ptr_eq(own, der));
        known.map(|(_, value)| value.clone())
    }

    pub(crate) fn remember_certificate(&mut self, der: Arc<[u8]>, value: Value) {
        self.seldom_mut().certificates.push((der, value));
    }

    /// A `byte[]`.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn bytes(&mut self, bytes: impl Into<Vec<u8>>) -> Result<Value, Exception> {
        self.make(Object::Bytes { bytes: bytes.into(), tainted: false })
    }

    /// The content of a `byte[]`.
    #[must_use]
    pub fn as_bytes(&self, value: &Value) -> Option<&[u8]> {
        match self.object(value) {
            Some(Object::Bytes { bytes, .. }) => Some(bytes),
            _ => None,
        }
    }

    /// A `string[]`.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn strings(&mut self, texts: impl IntoIterator<Item = Text>) -> Result<Value, Exception> {
        let items = texts.into_iter().map(Value::Text).collect();
        self.array(Type::String, items)
    }

    /// A `T[]`.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn array(&mut self, element: Type, items: Vec<Value>) -> Result<Value, Exception> {
        if let Type::Scalar(crate::types::Scalar::Byte) = element {
            let bytes = items.iter().map(|item| if let Value::Byte(byte) = item { *byte } else { 0 });
            return self.bytes(bytes.collect::<Vec<_>>());
        }
        self.make(Object::Array { element, items })
    }

    /// The claims of a token: a dictionary of `string[]` in which a missing key reads as an empty array, and one that
    /// is `elsewhere` throws. Arrays that are `known` already, by the places of their entries, are in it.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(crate) fn claims(
        &mut self,
        entries: &[(Text, Vec<Text>)],
        elsewhere: &[Text],
        known: &[(usize, Value)],
    ) -> Result<Value, Exception> {
        let mut dictionary = Dictionary::new(Type::String, Type::array(Type::String));
        dictionary.lenient = true;
        dictionary.elsewhere = elsewhere.to_vec();
        for (at, (key, texts)) in entries.iter().enumerate() {
            let value = match known.iter().find(|(place, _)| *place == at) {
                Some((_, value)) => value.clone(),
                None => self.strings(texts.iter().cloned())?,
            };
            dictionary.insert(crate::object::Key::Text(key.clone()), Value::Text(key.clone()), value);
        }
        self.make(Object::Dictionary(Box::new(dictionary)))
    }

    /// Whether a value derives from a secret: tainted text or bytes, or an object that holds some.
    ///
    /// Costs nothing in a request whose expressions never met a secret.
    #[must_use]
    pub fn is_tainted(&self, value: &Value) -> bool {
        if !self.taint {
            return value.is_tainted();
        }
        self.holds_taint(value, 8)
    }

    /// An empty text to write into; it is given back for the next one, so that short texts allocate nothing.
    pub(crate) fn take_scratch(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.scratch)
    }

    pub(crate) fn return_scratch(&mut self, mut scratch: Vec<u8>) {
        if scratch.capacity() <= 4096 {
            scratch.clear();
            self.scratch = scratch;
        }
    }

    pub(crate) fn take_stack(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.stack)
    }

    pub(crate) fn return_stack(&mut self, stack: Vec<Value>) {
        self.stack = stack;
    }

    /// Whether a secret has entered this request.
    pub(crate) fn may_hold_taint(&self) -> bool {
        self.taint
    }

    /// Whether a value is tainted itself: text, bytes, a builder, a JSON string; not what a container holds.
    pub(crate) fn is_tainted_scalar(&self, value: &Value) -> bool {
        match self.object(value) {
            None => value.is_tainted(),
            Some(Object::Bytes { tainted, .. } | Object::Builder { tainted, .. }) => *tainted,
            Some(Object::Json(JsonNode { kind: JsonKind::Value(_, value), .. })) => value.is_tainted(),
            Some(Object::Native(native)) => native.is_tainted(),
            Some(Object::Xml(node)) => node.is_tainted(),
            Some(_) => false,
        }
    }

    /// The value, tainted: text, bytes and builders, and the texts directly in an array or list.
    pub(crate) fn taint(&mut self, value: Value) -> Value {
        if let Value::Text(text) = value {
            return Value::Text(text.tainted());
        }
        match self.object_mut(&value) {
            Some(Object::Bytes { tainted, .. } | Object::Builder { tainted, .. }) => *tainted = true,
            Some(Object::Array { items, .. } | Object::List { items, .. }) => {
                for item in items {
                    if let Value::Text(text) = item {
                        *text = text.clone().tainted();
                    }
                }
            }
            Some(Object::Json(JsonNode { kind: JsonKind::Value(_, Value::Text(text)), .. })) => {
                *text = text.clone().tainted();
            }
            Some(Object::Native(native)) => native.taint(),
            _ => {}
        }
        value
    }

    /// Says that a secret has entered this request.
    pub(crate) fn note_taint(&mut self) {
        self.taint = true;
    }

    /// Says that a value came from outside: from here on its taint is followed.
    pub fn admit(&mut self, value: &Value) {
        if value.is_tainted() {
            self.taint = true;
        }
    }

    fn holds_taint(&self, value: &Value, depth: u32) -> bool {
        match value {
            Value::Text(text) => text.is_tainted(),
            // What lies deeper than this counts as tainted: the rule may only err on the safe side.
            Value::Ref(_) if depth == 0 => true,
            Value::Ref(id) => self.get(*id).is_some_and(|object| self.object_taint(object, depth - 1)),
            _ => false,
        }
    }

    fn object_taint(&self, object: &Object, depth: u32) -> bool {
        let any = |items: &[Value]| items.iter().any(|item| self.holds_taint(item, depth));
        match object {
            Object::Bytes { tainted, .. } | Object::Builder { tainted, .. } => *tainted,
            Object::Array { items, .. }
            | Object::List { items, .. }
            | Object::MultiArray { items, .. }
            | Object::Tuple { items, .. } => any(items),
            Object::Element { array, .. } => self.holds_taint(&Value::Ref(*array), depth),
            Object::Anonymous { values, .. } => any(values),
            Object::Dictionary(dictionary) => {
                dictionary.iter().any(|(k, v)| self.holds_taint(k, depth) || self.holds_taint(v, depth))
            }
            Object::Set(set) => set.iter().any(|item| self.holds_taint(item, depth)),
            Object::Pair { key, value, .. } => self.holds_taint(key, depth) || self.holds_taint(value, depth),
            Object::Json(node) => self.json_taint(node, depth),
            Object::Exception(exception) => exception.message().is_tainted(),
            Object::Query(query) => query.values().any(|value| self.holds_taint(value, depth)),
            Object::Cell(value) => self.holds_taint(value, depth),
            Object::Lambda(_) => false,
            Object::Native(native) => native.is_tainted(),
            Object::Xml(node) => self.xml_taint(node, depth),
        }
    }

    fn xml_taint(&self, node: &XmlNode, depth: u32) -> bool {
        let holds = |id: &HeapId| self.holds_taint(&Value::Ref(*id), depth);
        node.is_tainted() || node.attributes().iter().any(holds) || node.nodes().iter().any(holds)
    }

    fn json_taint(&self, node: &JsonNode, depth: u32) -> bool {
        let holds = |id: HeapId| self.holds_taint(&Value::Ref(id), depth);
        match &node.kind {
            JsonKind::Value(_, value) => self.holds_taint(value, depth),
            JsonKind::Array(items) => items.iter().any(|&id| holds(id)),
            JsonKind::Constructor(name, items) => name.is_tainted() || items.iter().any(|&id| holds(id)),
            JsonKind::Object(members) => members.iter().any(|(name, id)| name.is_tainted() || holds(id)),
            JsonKind::Property(property) => {
                property.name.is_tainted() || property.detached.is_some_and(holds)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_bounds_what_a_request_may_hold() {
        let mut heap = Heap::new(1000);
        assert!(heap.bytes(vec![0; 500]).is_ok());
        assert!(heap.bytes(vec![0; 600]).unwrap_err().is_limit());
    }

    #[test]
    fn an_object_that_holds_tainted_text_is_tainted() {
        let mut heap = Heap::new(10_000);
        let secret = Value::Text(Text::copied("k").tainted());
        heap.admit(&secret);
        let array = heap.array(Type::String, vec![secret]).unwrap();
        assert!(heap.is_tainted(&array));
        let plain = heap.strings([Text::copied("k")]).unwrap();
        assert!(!heap.is_tainted(&plain));
    }
}
