//! What lives in a heap.

mod table;

use std::any::Any;
use std::cmp::Ordering;
use std::fmt::Debug;
use std::sync::Arc;

use table::Table;

use crate::json::{JsonKind, JsonNode};
use crate::library::enumerable::Query;
use crate::types::{Shape, TupleShape, Type};
use crate::value::HeapId;
use crate::xml::XmlNode;
use crate::{Exception, Text, Value};

/// An object with an identity.
#[derive(Debug)]
pub(crate) enum Object {
    /// `T[]` except `byte[]`.
    Array { element: Type, items: Vec<Value> },
    /// An array of several dimensions, its elements in the order of their indices, the last one fastest.
    MultiArray { element: Type, lengths: Vec<usize>, items: Vec<Value> },
    /// A tuple. It never changes: a new one takes its place in the variable.
    Tuple { shape: Arc<TupleShape>, items: Vec<Value> },
    /// `byte[]`.
    Bytes { bytes: Vec<u8>, tainted: bool },
    /// `List<T>`.
    List { element: Type, items: Vec<Value> },
    /// `Dictionary<K, V>`.
    Dictionary(Box<Dictionary>),
    /// `HashSet<T>`.
    Set(Box<Set>),
    /// `KeyValuePair<K, V>`.
    Pair { types: Arc<[Type]>, key: Value, value: Value },
    /// A `JToken`.
    Json(JsonNode),
    /// An `XObject`.
    Xml(Box<XmlNode>),
    /// An object of an anonymous type.
    Anonymous { shape: Arc<Shape>, values: Vec<Value> },
    /// `StringBuilder`.
    Builder { text: String, tainted: bool },
    /// An exception that was caught or made.
    Exception(Exception),
    /// A function of the program that runs, with the variables it captured.
    Lambda(Lambda),
    /// A captured variable.
    Cell(Value),
    /// A reference to an element of an array.
    Element { array: HeapId, index: usize },
    /// A sequence that is computed when it is enumerated.
    Query(Box<Query>),
    /// An object of a library type with a state of its own.
    Native(Box<dyn NativeObject>),
}

/// The state of a library object: `Uri`, `Regex`, `Random`, ...
pub(crate) trait NativeObject: Any + Send + Sync + Debug {
    /// Its .NET type.
    fn class(&self) -> Type;

    /// How much memory it takes, about, in bytes.
    fn size(&self) -> usize {
        64
    }

    /// Whether it derives from a secret.
    fn is_tainted(&self) -> bool {
        false
    }

    /// What `ToString()` gives; none for the name of its type.
    fn text(&self) -> Option<Text> {
        None
    }

    /// The object whose text `ToString()` gives instead.
    fn shows(&self) -> Option<&Value> {
        None
    }

    /// Its elements, when it is a sequence.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }

    /// Says that it derives from a secret, for types that can show it again.
    fn taint(&mut self) {}

    /// What `Equals` compares, for types that compare by value.
    fn key(&self, _: &crate::Heap) -> Option<Key> {
        None
    }

    /// How it compares others, when it is a comparer.
    fn comparer(&self) -> Option<&dyn Comparer> {
        None
    }

    /// Its element at a place and its version, for collections that are enumerated as they change.
    fn live(&self, _at: usize) -> Option<(Option<Value>, u32)> {
        None
    }
}

/// What a comparer says of values: `StringComparer` and the like.
pub(crate) trait Comparer {
    /// What is equal for it has equal keys.
    fn key(&self, heap: &crate::Heap, value: &Value) -> Key;

    /// `IComparer<T>.Compare`.
    ///
    /// # Errors
    /// For values that it cannot compare.
    fn order(&self, heap: &crate::Heap, a: &Value, b: &Value) -> Result<Ordering, Exception>;
}

/// An anonymous function value.
#[derive(Clone, Debug)]
pub(crate) struct Lambda {
    /// Which program, by its address: a function kept in a variable is of no use to another one.
    pub(crate) program: usize,
    /// Which function of the program.
    pub(crate) function: u32,
    /// Its captured variables, each a [`Object::Cell`].
    pub(crate) cells: Arc<[HeapId]>,
    /// Its delegate type.
    pub(crate) ty: Type,
}

/// What a dictionary compares: .NET's `Equals` as Rust's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Null,
    Bool(bool),
    /// An integer, character or enum member, with a number that tells its type.
    Number(u8, i128),
    /// The bits of a float.
    Bits(u64),
    Text(Text),
    Guid([u8; 16]),
    /// An object by identity.
    Object(u32),
    /// An anonymous object or pair by value.
    Many(Vec<Key>),
}

/// `Dictionary<K, V>`.
#[derive(Debug)]
pub(crate) struct Dictionary {
    pub(crate) types: Arc<[Type]>,
    /// Compares keys; null for the default comparer.
    pub(crate) comparer: Value,
    /// Claims of a token: a missing key reads as an empty array.
    pub(crate) lenient: bool,
    /// Claims that a token has, though not in itself: asking for them throws.
    pub(crate) elsewhere: Vec<Text>,
    entries: Table<(Value, Value)>,
}

impl Dictionary {
    pub(crate) fn new(key: Type, value: Type) -> Self {
        Self {
            types: Arc::from([key, value]),
            comparer: Value::Null,
            lenient: false,
            elsewhere: Vec::new(),
            entries: Table::new(),
        }
    }

    /// The same, comparing keys by a comparer.
    pub(crate) fn comparing_by(mut self, comparer: Value) -> Self {
        self.comparer = comparer;
        self
    }

    /// Whether a key has a value that is not here.
    pub(crate) fn is_elsewhere(&self, key: &Key) -> bool {
        matches!(key, Key::Text(name) if self.elsewhere.contains(name)) && !self.contains(key)
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Value> {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.entries.contains(key)
    }

    /// Sets a value; the key object of an entry that is there stays.
    pub(crate) fn insert(&mut self, key: Key, name: Value, value: Value) {
        match self.entries.get_mut(&key) {
            Some(entry) => entry.1 = value,
            None => self.entries.add(key, (name, value)),
        }
    }

    pub(crate) fn remove(&mut self, key: &Key) -> bool {
        self.entries.remove(key)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Counts up with every change.
    pub(crate) fn version(&self) -> u32 {
        self.entries.version()
    }

    /// The first entry from a slot on, and the slot behind it.
    pub(crate) fn entry_from(&self, at: usize) -> Option<(&(Value, Value), usize)> {
        (at..self.entries.slots()).find_map(|at| Some((self.entries.slot(at)?, at + 1)))
    }
}

/// `HashSet<T>`.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) element: Type,
    /// Compares elements; null for the default comparer.
    pub(crate) comparer: Value,
    entries: Table<Value>,
}

impl Set {
    pub(crate) fn new(element: Type) -> Self {
        Self { element, comparer: Value::Null, entries: Table::new() }
    }

    /// The same, comparing elements by a comparer.
    pub(crate) fn comparing_by(mut self, comparer: Value) -> Self {
        self.comparer = comparer;
        self
    }

    /// Whether it was not there.
    pub(crate) fn insert(&mut self, key: Key, value: Value) -> bool {
        let new = !self.entries.contains(&key);
        if new {
            self.entries.add(key, value);
        }
        new
    }

    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.entries.contains(key)
    }

    /// The element that is there for a key.
    pub(crate) fn get(&self, key: &Key) -> Option<&Value> {
        self.entries.get(key)
    }

    pub(crate) fn remove(&mut self, key: &Key) -> bool {
        let found = self.entries.remove(key);
        self.entries.reset_when_empty();
        found
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Key) -> bool) {
        let gone: Vec<Key> = self.entries.keys().filter(|key| !keep(key)).cloned().collect();
        for key in gone {
            self.remove(&key);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Value> {
        self.entries.iter()
    }

    /// Counts up with every change.
    pub(crate) fn version(&self) -> u32 {
        self.entries.version()
    }

    /// The first element from a slot on, and the slot behind it.
    pub(crate) fn entry_from(&self, at: usize) -> Option<(&Value, usize)> {
        (at..self.entries.slots()).find_map(|at| Some((self.entries.slot(at)?, at + 1)))
    }
}

/// About how many bytes an object takes when it is made.
pub(crate) fn object_size(object: &Object) -> usize {
    const OBJECT: usize = 64;
    const ITEM: usize = 24;
    OBJECT
        + match object {
            Object::Array { items, .. }
            | Object::List { items, .. }
            | Object::MultiArray { items, .. }
            | Object::Tuple { items, .. } => items.len() * ITEM,
            Object::Anonymous { values, .. } => values.len() * ITEM,
            Object::Bytes { bytes, .. } => bytes.len(),
            Object::Builder { text, .. } => text.len(),
            Object::Dictionary(dictionary) => dictionary.len() * 4 * ITEM,
            Object::Set(set) => set.len() * 3 * ITEM,
            Object::Json(node) => match &node.kind {
                JsonKind::Value(_, Value::Text(text)) => text.len(),
                JsonKind::Array(items) | JsonKind::Constructor(_, items) => items.len() * 4,
                JsonKind::Object(members) => members.len() * 2 * ITEM,
                JsonKind::Value(..) | JsonKind::Property(_) => 0,
            },
            Object::Xml(node) => node.size(),
            Object::Native(native) => native.size(),
            Object::Exception(_)
            | Object::Lambda(_)
            | Object::Cell(_)
            | Object::Element { .. }
            | Object::Query(_)
            | Object::Pair { .. } => ITEM,
        }
}

impl crate::Heap {
    /// What a collection compares for a value: as `EqualityComparer<T>.Default`, or without regard to case.
    pub(crate) fn key(&self, value: &Value, ignore_case: bool) -> Key {
        match value {
            Value::Text(text) if ignore_case => Key::Text(text.as_str().to_uppercase().into()),
            Value::Text(text) => Key::Text(text.clone()),
            Value::Null => Key::Null,
            Value::Bool(value) => Key::Bool(*value),
            Value::Guid(bytes) => Key::Guid(*bytes),
            Value::Double(number) => Key::Bits(bits(*number)),
            Value::Single(number) => Key::Many(vec![Key::Bits(bits(f64::from(*number)))]),
            Value::Decimal(number) => Key::Many(vec![Key::Text(number.normalize().to_string().into())]),
            Value::DateTime(date) => Key::Number(20, date.ticks.into()),
            Value::DateTimeOffset(date) => {
                Key::Number(21, i128::from(date.ticks) - i128::from(date.offset) * 600_000_000)
            }
            Value::TimeSpan(ticks) => Key::Number(22, (*ticks).into()),
            Value::Enum(member) => {
                Key::Number(23, i128::from(member.number) | i128::from(member.class.0) << 64)
            }
            Value::Host(host) => Key::Number(24, (host.object as i128) << 32 | i128::from(host.handle)),
            Value::Ref(id) => self.nested_key(|| self.object_key(*id)).unwrap_or(Key::Object(id.0)),
            number => Key::Number(integer_tag(number), number.as_integer().unwrap_or_default()),
        }
    }

    /// What a comparer compares for a value; null is the default comparer.
    pub(crate) fn key_by(&self, comparer: &Value, value: &Value) -> Key {
        match self.object(comparer) {
            Some(Object::Native(native)) => match native.comparer() {
                Some(comparer) => comparer.key(self, value),
                None => self.key(value, false),
            },
            _ => self.key(value, false),
        }
    }

    fn object_key(&self, id: HeapId) -> Key {
        match self.get(id) {
            Some(Object::Anonymous { values, .. } | Object::Tuple { items: values, .. }) => {
                Key::Many(values.iter().map(|value| self.key(value, false)).collect())
            }
            Some(Object::Pair { key, value, .. }) => {
                Key::Many(vec![self.key(key, false), self.key(value, false)])
            }
            // `JValue.Equals`: same kind and value. Other tokens are equal to themselves only.
            Some(Object::Json(JsonNode { kind: JsonKind::Value(kind, value), .. })) => {
                Key::Many(vec![Key::Number(25, *kind as i128), self.key(value, false)])
            }
            Some(Object::Native(native)) => native.key(self).unwrap_or(Key::Object(id.0)),
            _ => Key::Object(id.0),
        }
    }
}

fn bits(number: f64) -> u64 {
    // All that is not a number is one key.
    if number.is_nan() {
        return crate::number::NAN.to_bits();
    }
    if number == 0.0 { 0 } else { number.to_bits() }
}

fn integer_tag(value: &Value) -> u8 {
    match value {
        Value::Char(_) => 1,
        Value::SByte(_) => 2,
        Value::Byte(_) => 3,
        Value::Int16(_) => 4,
        Value::UInt16(_) => 5,
        Value::Int32(_) => 6,
        Value::UInt32(_) => 7,
        Value::Int64(_) => 8,
        _ => 9,
    }
}
