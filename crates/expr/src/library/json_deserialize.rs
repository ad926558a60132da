//! `DeserializeObject<T>` and `ToObject<T>`: JSON as an object of a type, with Json.NET's errors.
//!
//! Types: tokens, `object`, scalars, enums, arrays, lists and their interfaces, sets, dictionaries, pairs, tuples.

use crate::eval::{Cx, Eval, default_value};
use crate::json::{self, JsonKind, JsonType, Places, Want};
use crate::object::{Dictionary, Object, Set};
use crate::registry::{as_class, known, registry};
use crate::types::{Scalar, Type};
use crate::value::{EnumValue, HeapId};
use crate::{Exception, Text, Value};

const READER: &str = "Newtonsoft.Json.JsonReaderException";
const SERIALIZATION: &str = "Newtonsoft.Json.JsonSerializationException";

/// What is being read, and where.
struct Source<'p> {
    /// Where values stand in the text; none for tokens.
    places: Option<&'p Places>,
    path: String,
}

/// `token.ToObject<T>()`: scalars as the operators convert them.
pub(super) fn to_object(cx: &mut Cx<'_>, token: &Value, ty: &Type) -> Eval {
    let tainted = cx.heap.is_tainted(token);
    object_of(cx, token, ty)
        .map_err(|error| if tainted && !error.is_limit() { error.tainted() } else { error })
}

fn object_of(cx: &mut Cx<'_>, token: &Value, ty: &Type) -> Eval {
    let Some((id, node)) = cx.heap.json_of(token) else { return Ok(default_value(ty)) };
    let mut source = Source { places: None, path: String::new() };
    let is_value = matches!(node.kind, JsonKind::Value(..));
    let inner = ty.without_nullable();
    if matches!(inner, Type::Scalar(_) | Type::String) || is_value && is_operator_type(inner) {
        return json::to_scalar(cx.heap, token, ty);
    }
    source.read(cx, id, ty, 0)
}

fn is_operator_type(ty: &Type) -> bool {
    let known = known();
    let own = [known.date_time, known.date_time_offset, known.guid, known.time_span];
    matches!(ty, Type::Class(id, _) if own.contains(id)) || *ty == super::natives::named("Uri")
}

/// `JsonConvert.DeserializeObject<T>(text)`.
pub(super) fn from_text(cx: &mut Cx<'_>, text: &Text, ty: &Type) -> Eval {
    cx.burn(text.len() as u64 / 16)?;
    if text.as_str().trim().is_empty() {
        if ty.is_value_type() {
            let name = ty.net_name();
            let message = format!(
                "No JSON content found and type '{name}' is not nullable. Path '', line 0, position 0."
            );
            return Err(Exception::new(SERIALIZATION, message));
        }
        return Ok(Value::Null);
    }
    if matches!(ty, Type::Object) || matches!(ty, Type::Class(id, _) if json::is_token_class(*id)) {
        let id = json::read(cx.heap, text, Want::Token)?;
        return Source { places: None, path: String::new() }.token(cx, id, ty);
    }
    let mut places = Places::new(text);
    let id = json::read_placed(cx.heap, text, Want::Token, Some(&mut places))?;
    let read = Source { places: Some(&places), path: String::new() }.read(cx, id, ty, 0);
    // Messages show what is written.
    read.map_err(|error| if text.is_tainted() && !error.is_limit() { error.tainted() } else { error })
}

impl Source<'_> {
    fn error(&self, class: &'static str, message: &str, place: Option<(usize, usize)>) -> Exception {
        let path = &self.path;
        let text = match place {
            Some((line, position)) => {
                format!("{message} Path '{path}', line {line}, position {position}.")
            }
            None => format!("{message} Path '{path}'."),
        };
        Exception::new(class, text)
    }

    fn wrong(&self, class: &'static str, message: &str, id: HeapId) -> Exception {
        self.error(class, message, self.places.and_then(|places| places.behind(id)))
    }

    fn read(&mut self, cx: &mut Cx<'_>, id: HeapId, ty: &Type, depth: u32) -> Eval {
        cx.burn(1)?;
        if depth > 128 {
            return Err(Exception::limit("The JSON is nested too deeply."));
        }
        let known = known();
        let is_null = cx.heap.json(id).is_some_and(|node| node.ty() == JsonType::Null);
        match ty {
            Type::Object => self.token(cx, id, ty),
            Type::Class(class, _) if json::is_token_class(*class) => self.token(cx, id, ty),
            _ if is_null && !ty.is_value_type() => Ok(Value::Null),
            _ if is_null => {
                let message = format!("Error converting value {{null}} to type '{}'.", ty.net_name());
                Err(self.wrong(SERIALIZATION, &message, id))
            }
            Type::Nullable(inner) => self.read(cx, id, inner, depth),
            Type::Array(element) if **element == Type::Scalar(Scalar::Byte) => self.scalar(cx, id, ty),
            Type::Array(element) => {
                let items = self.elements(cx, id, ty, element, depth)?;
                cx.heap.array(element.as_ref().clone(), items)
            }
            Type::Class(class, args)
                if [known.dictionary, known.idictionary, known.read_only_dictionary].contains(class) =>
            {
                self.dictionary(cx, id, ty, args, depth)
            }
            Type::Class(class, args) if *class == known.pair => self.pair(cx, id, ty, args, depth),
            Type::Class(class, args) if registry().class(*class).full_name() == "System.Tuple" => {
                self.tuple(cx, id, ty, args, depth)
            }
            Type::Class(class, _) if !registry().class(*class).enum_members().is_empty() => {
                self.enumeration(cx, id, ty)
            }
            _ => match sequence_element(ty) {
                Some(element) => self.sequence(cx, id, ty, element, depth),
                None => self.scalar(cx, id, ty),
            },
        }
    }

    /// A token stays a token; a scalar as an object is its value.
    fn token(&mut self, cx: &mut Cx<'_>, id: HeapId, ty: &Type) -> Eval {
        let value = Value::Ref(id);
        let node = cx.heap.json(id).ok_or_else(Exception::null_reference)?;
        if let (Type::Object, JsonKind::Value(_, inner)) = (ty, &node.kind) {
            return Ok(inner.clone());
        }
        let any = matches!(ty, Type::Object | Type::Class(_, _) if {
            *ty == Type::Object || ty.is_class(known().jtoken) || ty.is_class(known().jvalue)
        });
        if node.ty() == JsonType::Null && !any {
            return Ok(Value::Null);
        }
        let fits = *ty == Type::Object || crate::eval::is_instance(cx.heap, &value, ty);
        if !fits {
            return crate::eval::cast(cx.heap, value, ty);
        }
        cx.heap.json_clone(id).map(Value::Ref)
    }

    /// Reads the elements of an array.
    fn elements(
        &mut self,
        cx: &mut Cx<'_>,
        id: HeapId,
        ty: &Type,
        element: &Type,
        depth: u32,
    ) -> Result<Vec<Value>, Exception> {
        let items = match cx.heap.json(id).map(|node| &node.kind) {
            Some(JsonKind::Array(items)) => items.clone(),
            Some(JsonKind::Object(_)) => return Err(self.not_an_array(cx, id, ty)),
            _ => return Err(self.bad_value(cx, id, ty)),
        };
        cx.heap.charge(items.len() * 24)?;
        let length = self.path.len();
        let mut read = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            self.path.push_str(&format!("[{at}]"));
            read.push(self.read(cx, item, element, depth + 1)?);
            self.path.truncate(length);
        }
        Ok(read)
    }

    fn sequence(&mut self, cx: &mut Cx<'_>, id: HeapId, ty: &Type, element: Type, depth: u32) -> Eval {
        let items = self.elements(cx, id, ty, &element, depth)?;
        let is_set = matches!(ty, Type::Class(class, _) if matches!(registry().class(*class).name(), "HashSet" | "ISet"));
        if !is_set {
            return cx.heap.make(Object::List { element, items });
        }
        let mut set = Set::new(element);
        for item in items {
            let key = cx.heap.key(&item, false);
            set.insert(key, item);
        }
        cx.heap.make(Object::Set(Box::new(set)))
    }

    fn members(&mut self, cx: &Cx<'_>, id: HeapId, ty: &Type) -> Result<Vec<(Text, HeapId)>, Exception> {
        match cx.heap.json(id).map(|node| &node.kind) {
            Some(JsonKind::Object(members)) => {
                Ok(members.iter().map(|(name, id)| (name.clone(), id)).collect())
            }
            Some(JsonKind::Array(_)) => Err(self.not_an_object(id, ty)),
            _ => Err(self.bad_value(cx, id, ty)),
        }
    }

    fn dictionary(&mut self, cx: &mut Cx<'_>, id: HeapId, ty: &Type, args: &[Type], depth: u32) -> Eval {
        let [key, value] = args else { return Ok(Value::Null) };
        let mut dictionary = Dictionary::new(key.clone(), value.clone());
        let length = self.path.len();
        for (name, member) in self.members(cx, id, ty)? {
            json::append_name(&mut self.path, name.as_str());
            cx.heap.charge(96)?;
            let own = if *key == Type::String { Value::Text(name) } else { self.key(&name, key, id)? };
            let member = self.read(cx, member, value, depth + 1)?;
            self.path.truncate(length);
            dictionary.insert(cx.heap.key(&own, false), own, member);
        }
        cx.heap.make(Object::Dictionary(Box::new(dictionary)))
    }

    fn key(&self, name: &Text, ty: &Type, id: HeapId) -> Eval {
        super::convert::to_type(&Value::Text(name.clone()), ty).map_err(|_| {
            let message = format!(
                "Could not convert string '{}' to dictionary key type '{}'. Create a TypeConverter to convert from the string to the key type object.",
                name.as_str(),
                ty.net_name()
            );
            self.error(SERIALIZATION, &message, self.places.and_then(|places| places.behind_name(id)))
        })
    }

    /// The members of these names; a default for one that is missing.
    fn parts(
        &mut self,
        cx: &mut Cx<'_>,
        id: HeapId,
        ty: &Type,
        wanted: &[(String, Type)],
        depth: u32,
    ) -> Result<Vec<Value>, Exception> {
        let members = self.members(cx, id, ty)?;
        let length = self.path.len();
        let mut found = Vec::with_capacity(wanted.len());
        for (name, ty) in wanted {
            let own = members.iter().find(|(own, _)| own.as_str() == name);
            let own = own.or_else(|| members.iter().find(|(own, _)| own.as_str().eq_ignore_ascii_case(name)));
            found.push(match own {
                Some((_, id)) => {
                    json::append_name(&mut self.path, name);
                    let value = self.read(cx, *id, ty, depth + 1)?;
                    self.path.truncate(length);
                    value
                }
                None => default_value(ty),
            });
        }
        Ok(found)
    }

    fn pair(&mut self, cx: &mut Cx<'_>, id: HeapId, ty: &Type, args: &[Type], depth: u32) -> Eval {
        let [key, value] = args else { return Ok(Value::Null) };
        let wanted = [("Key".to_owned(), key.clone()), ("Value".to_owned(), value.clone())];
        let mut parts = self.parts(cx, id, ty, &wanted, depth)?.into_iter();
        let (key, value) = (parts.next().unwrap_or(Value::Null), parts.next().unwrap_or(Value::Null));
        cx.heap.make(Object::Pair { types: args.to_vec().into(), key, value })
    }

    fn tuple(&mut self, cx: &mut Cx<'_>, id: HeapId, ty: &Type, args: &[Type], depth: u32) -> Eval {
        let names =
            (1..).map(|place: usize| if place == 8 { "Rest".to_owned() } else { format!("Item{place}") });
        let wanted: Vec<(String, Type)> = names.zip(args.iter().cloned()).collect();
        let items = self.parts(cx, id, ty, &wanted, depth)?;
        super::tuple::of(cx, args, items)
    }

    fn enumeration(&mut self, cx: &mut Cx<'_>, id: HeapId, ty: &Type) -> Eval {
        let Type::Class(class, _) = ty else { return Err(self.bad_value(cx, id, ty)) };
        let number = match cx.heap.json(id).map(|node| &node.kind) {
            Some(JsonKind::Value(JsonType::Integer, value)) => {
                value.as_integer().and_then(|number| i32::try_from(number).ok())
            }
            Some(JsonKind::Value(JsonType::String, Value::Text(name))) => {
                let members = registry().class(*class).enum_members();
                let named = members.iter().find(|(own, _)| own.eq_ignore_ascii_case(name.as_str().trim()));
                named.map(|(_, number)| *number).or_else(|| name.as_str().trim().parse().ok())
            }
            _ => None,
        };
        match number {
            Some(number) => Ok(Value::Enum(EnumValue { class: *class, number })),
            None => Err(self.bad_value(cx, id, ty)),
        }
    }

    /// A scalar: text as it is written, everything else as the operators convert.
    fn scalar(&mut self, cx: &mut Cx<'_>, id: HeapId, ty: &Type) -> Eval {
        let kind = cx.heap.json(id).map_or(JsonType::None, json::JsonNode::ty);
        if let JsonType::Array | JsonType::Object | JsonType::Constructor = kind {
            return self.container_as_scalar(cx, id, kind, ty);
        }
        if let (Type::String, Some(written)) = (ty, self.places.and_then(|places| places.written(id))) {
            let tainted = cx.heap.is_tainted(&Value::Ref(id));
            return match written.as_bytes().first() {
                Some(b'"' | b'\'') => {
                    json::unquoted(cx.heap, written).map(|text| Value::Text(text.tainted_if(tainted)))
                }
                _ => Ok(Value::Text(Text::copied(written).tainted_if(tainted))),
            };
        }
        json::to_scalar(cx.heap, &Value::Ref(id), ty).map_err(|_| self.bad_scalar(cx, id, kind, ty))
    }

    /// Text cannot be read as this type, or a number does not fit.
    fn bad_scalar(&self, cx: &Cx<'_>, id: HeapId, kind: JsonType, ty: &Type) -> Exception {
        let shown = shown(cx, id);
        let known = known();
        let what = match ty {
            Type::Scalar(Scalar::Int32) => Some("integer"),
            Type::Scalar(Scalar::Double) => Some("double"),
            Type::Scalar(Scalar::Decimal) => Some("decimal"),
            Type::Scalar(Scalar::Bool) => Some("boolean"),
            Type::Class(id, _) if *id == known.date_time => Some("DateTime"),
            Type::Class(id, _) if *id == known.date_time_offset => Some("DateTimeOffset"),
            _ => None,
        };
        match (what, kind) {
            (Some(what), JsonType::String) => {
                self.wrong(READER, &format!("Could not convert string to {what}: {shown}."), id)
            }
            (Some("integer"), JsonType::Integer) => {
                self.wrong(READER, &format!("JSON integer {shown} is too large or small for an Int32."), id)
            }
            _ => self.bad_value(cx, id, ty),
        }
    }

    fn container_as_scalar(&self, cx: &mut Cx<'_>, id: HeapId, kind: JsonType, ty: &Type) -> Eval {
        let bytes = matches!(ty, Type::Array(_));
        if bytes && kind == JsonType::Array {
            let items = json::children(cx.heap, id);
            let mut read = Vec::with_capacity(items.len());
            for item in items {
                match json::to_scalar(cx.heap, &Value::Ref(item), &Type::Scalar(Scalar::Byte))? {
                    Value::Byte(byte) => read.push(byte),
                    _ => return Err(self.bad_value(cx, id, ty)),
                }
            }
            return cx.heap.bytes(read);
        }
        let typed = matches!(
            ty,
            Type::String | Type::Scalar(Scalar::Int32 | Scalar::Double | Scalar::Decimal | Scalar::Bool)
        );
        if typed && self.places.is_some() {
            let open = if kind == JsonType::Array { '[' } else { '{' };
            let message = format!("Unexpected character encountered while parsing value: {open}.");
            return Err(self.wrong(READER, &message, id));
        }
        let (what, example) =
            if kind == JsonType::Array { ("array", "[1,2,3]") } else { ("object", "{\"name\":\"value\"}") };
        let message = format!(
            "Cannot deserialize the current JSON {what} (e.g. {example}) into type '{}' because the type requires a JSON primitive value (e.g. string, number, boolean, null) to deserialize correctly.\r\nTo fix this error either change the JSON to a JSON primitive value (e.g. string, number, boolean, null) or change the deserialized type {}\r\n",
            ty.net_name(),
            if kind == JsonType::Array { TO_ARRAY } else { TO_OBJECT }
        );
        Err(self.long_error(cx, id, kind, &message))
    }

    fn long_error(&self, cx: &Cx<'_>, id: HeapId, kind: JsonType, message: &str) -> Exception {
        let mut path = self.path.clone();
        let mut place = self.places.and_then(|places| places.behind(id));
        if kind == JsonType::Object {
            // Json.NET has read the first name by then.
            if let Some(JsonKind::Object(members)) = cx.heap.json(id).map(|node| &node.kind)
                && let Some((name, _)) = members.nth(0)
            {
                json::append_name(&mut path, name.as_str());
            }
            place = self.places.and_then(|places| places.behind_name(id));
        }
        let at = Source { places: self.places, path };
        let text = at.error(SERIALIZATION, "", place);
        let text = text.message().as_str().trim_start().to_owned();
        Exception::new(SERIALIZATION, format!("{message}{text}"))
    }

    fn not_an_array(&self, cx: &Cx<'_>, id: HeapId, ty: &Type) -> Exception {
        let message = format!(
            "Cannot deserialize the current JSON object (e.g. {{\"name\":\"value\"}}) into type '{}' because the type requires a JSON array (e.g. [1,2,3]) to deserialize correctly.\r\nTo fix this error either change the JSON to a JSON array (e.g. [1,2,3]) or change the deserialized type {TO_OBJECT}\r\n",
            ty.net_name()
        );
        self.long_error(cx, id, JsonType::Object, &message)
    }

    fn not_an_object(&self, id: HeapId, ty: &Type) -> Exception {
        let message = format!(
            "Cannot deserialize the current JSON array (e.g. [1,2,3]) into type '{}' because the type requires a JSON object (e.g. {{\"name\":\"value\"}}) to deserialize correctly.\r\nTo fix this error either change the JSON to a JSON object (e.g. {{\"name\":\"value\"}}) or change the deserialized type {TO_ARRAY}\r\n",
            ty.net_name()
        );
        let text = self.wrong(SERIALIZATION, "", id);
        let text = text.message().as_str().trim_start().to_owned();
        Exception::new(SERIALIZATION, format!("{message}{text}"))
    }

    fn bad_value(&self, cx: &Cx<'_>, id: HeapId, ty: &Type) -> Exception {
        let is_text = cx.heap.json(id).is_some_and(|node| node.ty() == JsonType::String);
        let shown = if is_text { format!("\"{}\"", shown(cx, id)) } else { shown(cx, id) };
        let message = format!("Error converting value {shown} to type '{}'.", ty.net_name());
        self.wrong(SERIALIZATION, &message, id)
    }
}

const TO_OBJECT: &str = "so that it is a normal .NET type (e.g. not a primitive type like integer, not a collection type like an array or List<T>) that can be deserialized from a JSON object. JsonObjectAttribute can also be added to the type to force it to deserialize from a JSON object.";
const TO_ARRAY: &str = "to an array or a type that implements a collection interface (e.g. ICollection, IList) like List<T> that can be deserialized from a JSON array. JsonArrayAttribute can also be added to the type to force it to deserialize from a JSON array.";

/// The value of a token as messages show it.
fn shown(cx: &Cx<'_>, id: HeapId) -> String {
    match cx.heap.json(id).map(|node| &node.kind) {
        Some(JsonKind::Value(_, Value::Null)) => "{null}".to_owned(),
        Some(JsonKind::Value(_, value)) => crate::eval::plain_text(value),
        _ => String::new(),
    }
}

fn sequence_element(ty: &Type) -> Option<Type> {
    match as_class(ty, known().enumerable)? {
        Type::Class(_, args) if !matches!(ty, Type::String) => args.first().cloned(),
        _ => None,
    }
}
