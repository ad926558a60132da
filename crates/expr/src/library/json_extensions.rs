//! `Newtonsoft.Json.Linq.Extensions`: children, values and ancestors of many tokens at once.

use crate::eval::{Cx, Eval};
use crate::json;
use crate::registry::known;
use crate::types::Type;
use crate::{Exception, Value};

use super::arguments::arg;
use super::json_containers::descendants;
use super::json_tokens::{item, parent, tokens_of};
use super::sequence::{Cursor, Query, collect, sequence};
use super::{TypeSpec, member};

const SOURCE: &str = "newtonsoft.com/json/help/html/T_Newtonsoft_Json_Linq_Extensions.htm";

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("static IJEnumerable<JToken> Ancestors<T>(this IEnumerable<T> source) where T : JToken", |cx, a| {
            ancestors(cx, arg(a, 0), false)
        }),
        member("static IJEnumerable<JToken> AncestorsAndSelf<T>(this IEnumerable<T> source) where T : JToken", |cx, a| {
            ancestors(cx, arg(a, 0), true)
        }),
        member("static IJEnumerable<JToken> Descendants<T>(this IEnumerable<T> source) where T : JContainer", |cx, a| {
            below(cx, arg(a, 0), false)
        }),
        member("static IJEnumerable<JToken> DescendantsAndSelf<T>(this IEnumerable<T> source) where T : JContainer", |cx, a| {
            below(cx, arg(a, 0), true)
        }),
        member("static IJEnumerable<JProperty> Properties(this IEnumerable<JObject> source)", |cx, a| {
            let items = all_children(cx, arg(a, 0))?;
            sequence(cx, Query::of(Type::class(known().jproperty), items))
        }),
        member("static IJEnumerable<JToken> Values(this IEnumerable<JToken> source)", |cx, a| {
            let items = all_children(cx, arg(a, 0))?;
            tokens_of(cx, items)
        }),
        member("static IJEnumerable<JToken> Values(this IEnumerable<JToken> source, object key)", |cx, a| {
            let items = by_key(cx, arg(a, 0), arg(a, 1))?;
            tokens_of(cx, items)
        }),
        member("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", |cx, a| {
            let items = all_children(cx, arg(a, 0))?;
            converted(cx, items)
        }),
        member("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source, object key)", |cx, a| {
            let items = by_key(cx, arg(a, 0), arg(a, 1))?;
            converted(cx, items)
        }),
        member("static U Value<U>(this IEnumerable<JToken> value)", |cx, a| {
            let ty = cx.type_arg(0);
            value(cx, a, &ty)
        }),
        member("static U Value<T, U>(this IEnumerable<T> value) where T : JToken", |cx, a| {
            let ty = cx.type_arg(1);
            value(cx, a, &ty)
        }),
        member("static IJEnumerable<JToken> Children<T>(this IEnumerable<T> source) where T : JToken", |cx, a| {
            let items = all_children(cx, arg(a, 0))?;
            tokens_of(cx, items)
        }),
        member("static IEnumerable<U> Children<T, U>(this IEnumerable<T> source) where T : JToken", |cx, a| {
            let ty = cx.type_arg(1);
            let items = all_children(cx, arg(a, 0))?;
            convert(cx, items, &ty)
        }),
        member("static IJEnumerable<JToken> AsJEnumerable(this IEnumerable<JToken> source)", |_, a| Ok(arg(a, 0).clone())),
        member("static IJEnumerable<T> AsJEnumerable<T>(this IEnumerable<T> source) where T : JToken", |_, a| {
            Ok(arg(a, 0).clone())
        }),
    ],
    ..TypeSpec::statics("Newtonsoft.Json.Linq.Extensions", SOURCE)
}];

fn sources(cx: &mut Cx<'_>, source: &Value) -> Result<Vec<Value>, Exception> {
    if source.is_null() {
        return Err(Exception::argument_null("source"));
    }
    collect(cx, source)
}

/// The children of all tokens of a sequence.
fn all_children(cx: &mut Cx<'_>, source: &Value) -> Result<Vec<Value>, Exception> {
    let mut all = Vec::new();
    for token in sources(cx, source)? {
        let mut cursor = Cursor::over(cx, &token)?;
        while let Some(child) = cursor.next(cx)? {
            cx.heap.charge(24)?;
            all.push(child);
        }
    }
    Ok(all)
}

/// What each token has under a key; without a key its children.
pub(super) fn by_key(cx: &mut Cx<'_>, source: &Value, key: &Value) -> Result<Vec<Value>, Exception> {
    if key.is_null() {
        return all_children(cx, source);
    }
    let mut all = Vec::new();
    for token in sources(cx, source)? {
        let found = item(cx, &[token, key.clone()])?;
        if !found.is_null() {
            all.push(found);
        }
    }
    Ok(all)
}

fn converted(cx: &mut Cx<'_>, items: Vec<Value>) -> Eval {
    let ty = cx.type_arg(0);
    convert(cx, items, &ty)
}

fn convert(cx: &mut Cx<'_>, items: Vec<Value>, ty: &Type) -> Eval {
    let items: Result<Vec<Value>, Exception> =
        items.iter().map(|item| json::value_as(cx.heap, item, ty)).collect();
    sequence(cx, Query::of(ty.clone(), items?))
}

fn value(cx: &mut Cx<'_>, args: &[Value], ty: &Type) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("value"));
    }
    if cx.heap.json_of(arg(args, 0)).is_none() {
        return Err(Exception::new(
            "System.ArgumentException",
            crate::Text::from_static("Source value must be a JToken."),
        ));
    }
    json::value_as(cx.heap, arg(args, 0), ty)
}

fn ancestors(cx: &mut Cx<'_>, source: &Value, and_self: bool) -> Eval {
    let mut all = Vec::new();
    for token in sources(cx, source)? {
        if and_self {
            all.push(token.clone());
        }
        let mut at = token;
        while let Value::Ref(id) = at
            && let Some(around) = parent(cx, id)?
        {
            cx.burn(1)?;
            cx.heap.charge(24)?;
            at = Value::Ref(around);
            all.push(at.clone());
        }
    }
    tokens_of(cx, all)
}

fn below(cx: &mut Cx<'_>, source: &Value, and_self: bool) -> Eval {
    let mut all = Vec::new();
    for token in sources(cx, source)? {
        let inside = descendants(cx, &token)?;
        if and_self {
            all.push(token);
        }
        all.extend(inside);
    }
    tokens_of(cx, all)
}
