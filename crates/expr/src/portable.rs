//! Values that outlive their request: what the caches keep.

use std::sync::Arc;

use crate::json::{JsonKind, JsonNode, JsonType, Members};
use crate::library::dictionary::claim_elsewhere;
use crate::library::string::{comparer_kind, comparer_of_kind};
use crate::object::{Dictionary, Object, Set};
use crate::types::Type;
use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

/// A deep copy of a value without a heap. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Portable(pub(crate) Arc<Copied>);

/// What was copied.
#[derive(Debug)]
pub(crate) enum Copied {
    /// A value without identity.
    Plain(Value),
    /// `byte[]`.
    Bytes { bytes: Vec<u8>, tainted: bool },
    /// `T[]`, `List<T>`, `HashSet<T>`.
    Items { kind: ItemsKind, element: Type, items: Vec<Copied> },
    /// `Dictionary<K, V>`.
    Dictionary { key: Type, value: Type, comparer: Option<i32>, entries: Vec<(Copied, Copied)> },
    /// `JObject`.
    JsonObject(Vec<(Text, Copied)>),
    /// `JArray`.
    JsonArray(Vec<Copied>),
    /// `JConstructor`.
    JsonConstructor(Text, Vec<Copied>),
    /// `JValue`.
    JsonValue(JsonType, Value),
    /// `JProperty`.
    JsonProperty(Text, Box<Copied>),
}

/// Which collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemsKind {
    Array,
    List,
    /// With the kind of its `StringComparer`, if it has one.
    Set(Option<i32>),
}

impl Heap {
    /// A deep copy of a value, to be kept beyond the request.
    ///
    /// # Errors
    /// `System.InvalidOperationException` when the value belongs to the request: a response, a function, ...
    pub fn export(&self, value: &Value) -> Result<Portable, Exception> {
        Ok(Portable(Arc::new(self.copy_out(value, 0)?)))
    }

    /// A kept value as a new value of this request.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn import(&mut self, portable: &Portable) -> Result<Value, Exception> {
        self.copy_in(&portable.0)
    }
}

/// Deepest nesting of a kept value.
const DEPTH: u32 = 200;

impl Heap {
    fn copy_out(&self, value: &Value, depth: u32) -> Result<Copied, Exception> {
        match value {
            Value::Ref(_) if depth > DEPTH => Err(Exception::limit("The value is nested too deeply.")),
            Value::Ref(_) => self.copy_object(value, depth + 1),
            Value::Host(_) => Err(not_portable()),
            plain => Ok(Copied::Plain(plain.clone())),
        }
    }

    fn copy_object(&self, value: &Value, depth: u32) -> Result<Copied, Exception> {
        Ok(match self.object(value) {
            Some(Object::Bytes { bytes, tainted }) => {
                Copied::Bytes { bytes: bytes.clone(), tainted: *tainted }
            }
            Some(Object::Array { element, items }) => {
                self.copy_items(ItemsKind::Array, element, items, depth)?
            }
            Some(Object::List { element, items }) => {
                self.copy_items(ItemsKind::List, element, items, depth)?
            }
            Some(Object::Set(set)) => {
                let items: Vec<_> = set.iter().cloned().collect();
                let kind = ItemsKind::Set(comparer_kind(self, &set.comparer));
                self.copy_items(kind, &set.element, &items, depth)?
            }
            Some(Object::Dictionary(dictionary)) => self.copy_dictionary(dictionary, depth)?,
            Some(Object::Json(node)) => self.copy_json(value, node, depth)?,
            _ => return Err(not_portable()),
        })
    }

    fn copy_items(
        &self,
        kind: ItemsKind,
        element: &Type,
        items: &[Value],
        depth: u32,
    ) -> Result<Copied, Exception> {
        let items = items.iter().map(|item| self.copy_out(item, depth)).collect::<Result<_, _>>()?;
        Ok(Copied::Items { kind, element: element.clone(), items })
    }

    fn copy_dictionary(&self, dictionary: &Dictionary, depth: u32) -> Result<Copied, Exception> {
        if !dictionary.elsewhere.is_empty() {
            return Err(claim_elsewhere());
        }
        let pair = |(k, v): (&Value, &Value)| Ok((self.copy_out(k, depth)?, self.copy_out(v, depth)?));
        let entries = dictionary.iter().map(pair).collect::<Result<_, Exception>>()?;
        let mut types = dictionary.types.iter().cloned();
        let (key, value) = (types.next().unwrap_or(Type::Object), types.next().unwrap_or(Type::Object));
        let comparer = comparer_kind(self, &dictionary.comparer);
        Ok(Copied::Dictionary { key, value, comparer, entries })
    }

    fn copy_json(&self, value: &Value, node: &JsonNode, depth: u32) -> Result<Copied, Exception> {
        let copy = |id| self.copy_out(&Value::Ref(id), depth);
        Ok(match &node.kind {
            JsonKind::Value(ty, value) => Copied::JsonValue(*ty, value.clone()),
            JsonKind::Array(items) => {
                Copied::JsonArray(items.iter().map(|&id| copy(id)).collect::<Result<_, _>>()?)
            }
            JsonKind::Constructor(name, items) => Copied::JsonConstructor(
                name.clone(),
                items.iter().map(|&id| copy(id)).collect::<Result<_, _>>()?,
            ),
            JsonKind::Object(members) => {
                let member = |(name, id): (&Text, _)| Ok((name.clone(), copy(id)?));
                Copied::JsonObject(members.iter().map(member).collect::<Result<_, Exception>>()?)
            }
            JsonKind::Property(property) => {
                let Value::Ref(id) = value else { return Err(not_portable()) };
                let inner = self.property_value(*id).ok_or_else(not_portable)?;
                Copied::JsonProperty(property.name.clone(), Box::new(copy(inner)?))
            }
        })
    }

    fn copy_in(&mut self, copied: &Copied) -> Result<Value, Exception> {
        match copied {
            Copied::Plain(value) => {
                self.admit(value);
                Ok(value.clone())
            }
            Copied::Bytes { bytes, tainted } => {
                if *tainted {
                    self.note_taint();
                }
                self.make(Object::Bytes { bytes: bytes.clone(), tainted: *tainted })
            }
            Copied::Items { kind, element, items } => {
                let items = items.iter().map(|item| self.copy_in(item)).collect::<Result<Vec<_>, _>>()?;
                self.items_in(*kind, element, items)
            }
            Copied::Dictionary { key, value, comparer, entries } => {
                let mut dictionary = Dictionary::new(key.clone(), value.clone());
                dictionary.comparer = self.comparer_in(*comparer)?;
                for (key, value) in entries {
                    let (key, value) = (self.copy_in(key)?, self.copy_in(value)?);
                    dictionary.insert(self.key_by(&dictionary.comparer, &key), key, value);
                }
                self.make(Object::Dictionary(Box::new(dictionary)))
            }
            json => self.json_in(json).map(Value::Ref),
        }
    }

    fn comparer_in(&mut self, kind: Option<i32>) -> Result<Value, Exception> {
        kind.map_or(Ok(Value::Null), |kind| self.make(comparer_of_kind(kind)))
    }

    fn items_in(&mut self, kind: ItemsKind, element: &Type, items: Vec<Value>) -> Result<Value, Exception> {
        let element = element.clone();
        match kind {
            ItemsKind::Array => self.make(Object::Array { element, items }),
            ItemsKind::List => self.make(Object::List { element, items }),
            ItemsKind::Set(comparer) => {
                let mut set = Set::new(element).comparing_by(self.comparer_in(comparer)?);
                for item in items {
                    set.insert(self.key_by(&set.comparer, &item), item);
                }
                self.make(Object::Set(Box::new(set)))
            }
        }
    }

    fn json_in(&mut self, copied: &Copied) -> Result<HeapId, Exception> {
        match copied {
            Copied::JsonObject(members) => {
                let object = self.json_node(JsonKind::Object(Members::with_capacity(members.len())))?;
                for (name, value) in members {
                    let value = self.json_in(value)?;
                    self.json_set(object, name.clone(), value)?;
                }
                Ok(object)
            }
            Copied::JsonArray(items) => {
                let array = self.json_node(JsonKind::Array(Vec::with_capacity(items.len())))?;
                for item in items {
                    let item = self.json_in(item)?;
                    self.json_insert(array, None, item)?;
                }
                Ok(array)
            }
            Copied::JsonConstructor(name, items) => {
                let constructor = self.json_node(JsonKind::Constructor(name.clone(), Vec::new()))?;
                for item in items {
                    let item = self.json_in(item)?;
                    self.json_insert(constructor, None, item)?;
                }
                Ok(constructor)
            }
            Copied::JsonProperty(name, value) => {
                let value = self.json_in(value)?;
                self.json_property(name.clone(), Some(value))
            }
            Copied::JsonValue(ty, value) => {
                self.admit(value);
                self.json_scalar(*ty, value.clone())
            }
            _ => self.json_scalar(JsonType::Null, Value::Null),
        }
    }
}

fn not_portable() -> Exception {
    Exception::invalid_operation("The value belongs to the request and cannot be kept beyond it.")
}
