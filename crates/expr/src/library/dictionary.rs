//! `Dictionary<K, V>` and its interfaces, also over the dictionaries of the request in flight: headers, query, matched
//! parameters, variables, claims; and APIM's `GetValueOrDefault`.

use crate::catalogue::{HostObject, HostRef};
use crate::eval::{Cx, Eval, cast, default_value};
use crate::object::{Dictionary, Object};
use crate::{Exception, Text, Type, Value, VarName};

use super::arguments::{arg, count, text};
use super::sequence::{Query, collect, host_entries, same, sequence};
use super::{Row, TypeSpec, member, setter, views};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["IDictionary<TKey, TValue>", "IReadOnlyDictionary<TKey, TValue>"],
        members: &[
            member("new()", |cx, _| make(cx, Value::Null)),
            member("new(int capacity)", sized),
            member("new(IEqualityComparer<TKey> comparer)", |cx, a| make(cx, arg(a, 0).clone())),
            member("new(int capacity, IEqualityComparer<TKey> comparer)", sized),
            member("new(IDictionary<TKey, TValue> dictionary)", copy),
            member("new(IDictionary<TKey, TValue> dictionary, IEqualityComparer<TKey> comparer)", copy),
            member("IEqualityComparer<TKey> Comparer", |cx, a| {
                let comparer = with(cx, a, |dictionary| dictionary.comparer.clone())?;
                let ty = cx.type_arg(0);
                views::comparer_object(cx, comparer, ty)
            }),
            member("TValue this[TKey key]", get),
            setter("TValue this[TKey key]", set),
            member("void Add(TKey key, TValue value)", add),
            member("bool Remove(TKey key)", remove),
            member("void Clear()", clear),
            member("bool ContainsKey(TKey key)", contains_key),
            member("bool ContainsValue(TValue value)", |cx, a| {
                let values = entries(cx, arg(a, 0))?;
                Ok(Value::Bool(values.iter().any(|(_, value)| same(cx, value, arg(a, 1)))))
            }),
            member("bool TryGetValue(TKey key, out TValue value)", try_get),
            member("int Count", count_of),
            member("Dictionary<TKey, TValue>.KeyCollection Keys", keys),
            member("Dictionary<TKey, TValue>.ValueCollection Values", values),
            member("IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator()", views::enumerator),
            member("void OnDeserialization(object sender)", |_, _| Ok(Value::Null)),
        ],
        ..TypeSpec::class("System.Collections.Generic.Dictionary<TKey, TValue>", "api/system.collections.generic.dictionary-2")
    },
    TypeSpec {
        bases: &["ICollection<KeyValuePair<TKey, TValue>>"],
        members: &[
            member("TValue this[TKey key]", get),
            setter("TValue this[TKey key]", set),
            member("void Add(TKey key, TValue value)", add),
            member("bool Remove(TKey key)", remove),
            member("bool ContainsKey(TKey key)", contains_key),
            member("bool TryGetValue(TKey key, out TValue value)", try_get),
            member("ICollection<TKey> Keys", keys),
            member("ICollection<TValue> Values", values),
        ],
        ..TypeSpec::interface("System.Collections.Generic.IDictionary<TKey, TValue>", "api/system.collections.generic.idictionary-2")
    },
    TypeSpec {
        bases: &["IReadOnlyCollection<KeyValuePair<TKey, TValue>>"],
        members: &[
            member("TValue this[TKey key]", get),
            member("bool ContainsKey(TKey key)", contains_key),
            member("bool TryGetValue(TKey key, out TValue value)", try_get),
            member("IEnumerable<TKey> Keys", keys),
            member("IEnumerable<TValue> Values", values),
        ],
        ..TypeSpec::interface(
            "System.Collections.Generic.IReadOnlyDictionary<TKey, TValue>",
            "api/system.collections.generic.ireadonlydictionary-2",
        )
    },
    TypeSpec { members: HELPERS, ..TypeSpec::statics("Cardea.DictionaryHelpers", POLICY_EXPRESSIONS) },
];

/// The article "API Management policy expressions".
const POLICY_EXPRESSIONS: &str = "azure/api-management/api-management-policy-expressions";

/// COMPAT: of several values of a header, query parameter or claim, all are given, joined by commas (article, "Context
/// variable": `GetValueOrDefault` "returns comma separated ... values").
const HELPERS: &[Row] = &[
    member("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key)", joined),
    member("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string defaultValue)", joined),
    member("static string[] GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string[] defaultValue)", or_default),
    member("static string GetValueOrDefault(this IReadOnlyDictionary<string, string> dictionary, string key)", or_default),
    member("static string GetValueOrDefault(this IReadOnlyDictionary<string, string> dictionary, string key, string defaultValue)", or_default),
    member("static object GetValueOrDefault(this IReadOnlyDictionary<string, object> dictionary, string key)", or_default),
    member("static object GetValueOrDefault(this IReadOnlyDictionary<string, object> dictionary, string key, object defaultValue)", or_default),
    member("static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key)", typed_or_default),
    member("static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key, T defaultValue)", typed_or_default),
];

fn make(cx: &mut Cx<'_>, comparer: Value) -> Eval {
    let dictionary = Dictionary::new(cx.type_arg(0), cx.type_arg(1)).comparing_by(comparer);
    cx.heap.make(Object::Dictionary(Box::new(dictionary)))
}

fn sized(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if super::arguments::int(args, 0) < 0 {
        let message = "Specified argument was out of the range of valid values.";
        return Err(Exception::out_of_range(message, "capacity"));
    }
    make(cx, arg(args, 1).clone())
}

fn copy(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    super::list::needed(args, 0, "dictionary")?;
    let mut dictionary = Dictionary::new(cx.type_arg(0), cx.type_arg(1));
    dictionary.comparer = arg(args, 1).clone();
    for (name, value) in entries(cx, arg(args, 0))? {
        let key = cx.heap.key_by(&dictionary.comparer, &name);
        if dictionary.contains(&key) {
            return Err(duplicate());
        }
        cx.heap.charge(96)?;
        dictionary.insert(key, name, value);
    }
    cx.heap.make(Object::Dictionary(Box::new(dictionary)))
}

fn duplicate() -> Exception {
    Exception::new(
        "System.ArgumentException",
        Text::from_static("An item with the same key has already been added."),
    )
}

/// Key and value of a pair.
fn pair(cx: &Cx<'_>, value: &Value) -> Result<(Value, Value), Exception> {
    match cx.heap.object(value) {
        Some(Object::Pair { key, value, .. }) => Ok((key.clone(), value.clone())),
        _ => Err(Exception::null_reference()),
    }
}

/// `ICollection<KeyValuePair<K, V>>.Add`.
pub(super) fn add_pair(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (key, value) = pair(cx, arg(args, 1))?;
    add(cx, &[arg(args, 0).clone(), key, value])
}

/// `ICollection<KeyValuePair<K, V>>.Remove`: key and value have to be there together.
pub(super) fn remove_pair(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (key, value) = pair(cx, arg(args, 1))?;
    let args = [arg(args, 0).clone(), key];
    match find(cx, &args)? {
        Some(found) if same(cx, &found, &value) => remove(cx, &args),
        _ => Ok(Value::Bool(false)),
    }
}

/// Keys and values of any dictionary.
pub(crate) fn entries(cx: &mut Cx<'_>, of: &Value) -> Result<Vec<(Value, Value)>, Exception> {
    match (of, cx.heap.object(of)) {
        (Value::Host(host), _) => {
            let entries = host_entries(cx, *host)?;
            Ok(entries.into_iter().map(|(key, value)| (Value::Text(key), value)).collect())
        }
        (_, Some(Object::Dictionary(dictionary))) if !dictionary.elsewhere.is_empty() => Err(claim_elsewhere()),
        (_, Some(Object::Dictionary(dictionary))) => {
            Ok(dictionary.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        _ => Err(Exception::null_reference()),
    }
}

/// The value of a key of a dictionary of the request: text, an array of texts, or a variable.
pub(crate) fn host_value(cx: &mut Cx<'_>, host: HostRef, key: &Text) -> Result<Option<Value>, Exception> {
    let value = match host.object {
        HostObject::Variables => cx.host.variable(&VarName::new(key.as_str()), cx.heap)?,
        HostObject::MatchedParameters => cx.host.joined(host, key.as_str()).map(Value::Text),
        _ => match cx.host.values(host, key.as_str()) {
            Some(values) => {
                values.iter().for_each(|text| {
                    if text.is_tainted() {
                        cx.heap.note_taint();
                    }
                });
                Some(cx.heap.strings(values)?)
            }
            None => None,
        },
    };
    if let Some(value) = &value {
        cx.heap.admit(value);
    }
    Ok(value)
}

fn find(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("key"));
    }
    if let Value::Host(host) = arg(args, 0) {
        let key = text(args, 1, "key")?.clone();
        return host_value(cx, *host, &key);
    }
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Dictionary(dictionary)) => {
            let key = cx.heap.key_by(&dictionary.comparer, arg(args, 1));
            if dictionary.is_elsewhere(&key) {
                return Err(claim_elsewhere());
            }
            Ok(dictionary.get(&key).cloned())
        }
        _ => Err(Exception::null_reference()),
    }
}

/// The exception of a claim that a token has, though not in itself.
pub(crate) fn claim_elsewhere() -> Exception {
    Exception::invalid_operation(
        "The token does not hold this claim but says that it stands elsewhere (group overage): its values are not known.",
    )
}

pub(super) fn get(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if let Some(value) = find(cx, args)? {
        return Ok(value);
    }
    match (arg(args, 0), cx.heap.object(arg(args, 0))) {
        // COMPAT: a variable that is not set reads as null (policy toolkit, its model of `Variables`).
        (Value::Host(HostRef { object: HostObject::Variables, .. }), _) => Ok(Value::Null),
        // COMPAT: a claim that a token does not have is an empty array (policy toolkit, `Jwt.Claims`).
        (_, Some(Object::Dictionary(dictionary))) if dictionary.lenient => cx.heap.strings([]),
        _ => Err(Exception::key_not_found()),
    }
}

fn with<T>(cx: &mut Cx<'_>, args: &[Value], with: impl FnOnce(&mut Dictionary) -> T) -> Result<T, Exception> {
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::Dictionary(dictionary)) => Ok(with(dictionary)),
        Some(_) | None => Err(Exception::null_reference()),
    }
}

fn key_of(cx: &Cx<'_>, args: &[Value]) -> Result<crate::object::Key, Exception> {
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("key"));
    }
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Dictionary(dictionary)) => Ok(cx.heap.key_by(&dictionary.comparer, arg(args, 1))),
        _ => Err(Exception::null_reference()),
    }
}

fn set(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    cx.heap.charge(96)?;
    let key = key_of(cx, args)?;
    with(cx, args, |dictionary| dictionary.insert(key, arg(args, 1).clone(), arg(args, 2).clone()))?;
    Ok(Value::Null)
}

fn add(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = key_of(cx, args)?;
    if with(cx, args, |dictionary| dictionary.contains(&key))? {
        return Err(duplicate());
    }
    set(cx, args)
}

fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = key_of(cx, args)?;
    with(cx, args, |dictionary| Value::Bool(dictionary.remove(&key)))
}

fn clear(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    with(cx, args, Dictionary::clear)?;
    Ok(Value::Null)
}

pub(super) fn contains_key(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::Bool(find(cx, args)?.is_some()))
}

fn try_get(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = find(cx, args)?;
    let is_found = found.is_some();
    let value = found.unwrap_or_else(|| default_value(&cx.type_arg(1)));
    cx.outs.push(value);
    Ok(Value::Bool(is_found))
}

pub(super) fn count_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match arg(args, 0) {
        Value::Host(HostRef { object: HostObject::Variables, .. }) => Ok(count(cx.host.variable_names().len())),
        Value::Host(host) => Ok(count(cx.host.keys(*host).len())),
        other => match cx.heap.object(other) {
            Some(Object::Dictionary(dictionary)) => Ok(count(dictionary.len())),
            _ => super::list::count_of(cx, other),
        },
    }
}

fn keys(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if let Some(Object::Dictionary(_)) = cx.heap.object(arg(args, 0)) {
        return views::entries(cx, arg(args, 0), true);
    }
    let keys = entries(cx, arg(args, 0))?.into_iter().map(|(key, _)| key).collect();
    let element = cx.type_arg(0);
    cx.heap.make(Object::Array { element, items: keys })
}

fn values(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if let Some(Object::Dictionary(_)) = cx.heap.object(arg(args, 0)) {
        return views::entries(cx, arg(args, 0), false);
    }
    let values = entries(cx, arg(args, 0))?.into_iter().map(|(_, value)| value).collect();
    let element = cx.type_arg(1);
    cx.heap.make(Object::Array { element, items: values })
}

/// The values of a key, joined; or the default.
pub(super) fn joined(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = text(args, 1, "key")?;
    if let Value::Host(host) = arg(args, 0) {
        let found = cx.host.joined(*host, key.as_str());
        let value = found.map_or_else(|| arg(args, 2).clone(), Value::Text);
        cx.heap.admit(&value);
        return Ok(value);
    }
    match find(cx, args)? {
        None => Ok(arg(args, 2).clone()),
        Some(array) => {
            let mut tainted = false;
            let texts: Vec<String> = collect(cx, &array)?
                .iter()
                .filter_map(Value::as_text)
                .map(|text| {
                    tainted |= text.is_tainted();
                    text.as_str().to_owned()
                })
                .collect();
            Ok(Value::Text(Text::from(texts.join(",")).tainted_if(tainted)))
        }
    }
}

fn or_default(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(find(cx, args)?.unwrap_or_else(|| arg(args, 2).clone()))
}

fn typed_or_default(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = cx.type_arg(0);
    match find(cx, args)? {
        Some(value) => cast(cx.heap, value, &ty),
        None => Ok(args.get(2).cloned().unwrap_or_else(|| default_value(&ty))),
    }
}

/// The entries of a `JObject` as pairs, which is how C# enumerates one.
pub(crate) fn json_pairs(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let known = crate::registry::known();
    if arg(args, 0).is_null() {
        return Err(Exception::null_reference());
    }
    let element = Type::generic(known.pair, [Type::String, Type::class(known.jtoken)]);
    let part = super::sequence::Op::Json(super::sequence::JsonPart::Pair);
    sequence(cx, Query::new(element, arg(args, 0), part))
}
