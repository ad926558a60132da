//! Making text: `Concat`, `Join`, `Format`.

use crate::eval::{Cx, Eval};
use crate::text::{push_unit, release_half};
use crate::{Exception, Text, Value};

use crate::library::arguments::{arg, int, text, text_or_empty};
use crate::library::format;
use crate::library::sequence::collect;
use crate::library::{Row, member};

/// Members of `String` that make text of values.
pub(super) const ROWS: &[Row] = &[
    member("static string Concat(object arg0)", concat),
    member("static string Concat(object arg0, object arg1)", concat),
    member("static string Concat(object arg0, object arg1, object arg2)", concat),
    member("static string Concat(params object[] args)", |cx, a| concat_items(cx, a, "args")),
    member("static string Concat(string str0, string str1)", concat),
    member("static string Concat(string str0, string str1, string str2)", concat),
    member("static string Concat(string str0, string str1, string str2, string str3)", concat),
    member("static string Concat(params string[] values)", |cx, a| concat_items(cx, a, "values")),
    member("static string Concat(IEnumerable<string> values)", |cx, a| concat_items(cx, a, "values")),
    member("static string Concat<T>(IEnumerable<T> values)", |cx, a| concat_items(cx, a, "values")),
    member("static string Join(string separator, params string[] value)", |cx, a| join(cx, a, "value")),
    member("static string Join(string separator, params object[] values)", |cx, a| join(cx, a, "values")),
    member("static string Join(string separator, IEnumerable<string> values)", |cx, a| join(cx, a, "values")),
    member("static string Join<T>(string separator, IEnumerable<T> values)", |cx, a| join(cx, a, "values")),
    member("static string Join(string separator, string[] value, int startIndex, int count)", join_some),
    member("static string Format(string format, object arg0)", format_one),
    member("static string Format(string format, object arg0, object arg1)", format_one),
    member("static string Format(string format, object arg0, object arg1, object arg2)", format_one),
    member("static string Format(string format, params object[] args)", format_many),
];

fn append(cx: &mut Cx<'_>, out: &mut String, value: &Value) -> Result<bool, Exception> {
    if value.is_null() {
        return Ok(false);
    }
    if let Value::Char(unit) = value {
        push_unit(out, *unit);
        return Ok(false);
    }
    release_half(out);
    let shown = cx.display(value)?;
    if out.len() + shown.len() > cx.limits.text {
        cx.grow(out.len() + shown.len())?;
    }
    out.push_str(shown.as_str());
    Ok(shown.is_tainted())
}

fn finish(cx: &mut Cx<'_>, mut text: String, tainted: bool) -> Eval {
    release_half(&mut text);
    cx.grow(text.len())?;
    Ok(Value::Text(Text::from(text).tainted_if(tainted)))
}

fn concat(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut out = String::new();
    let mut tainted = false;
    for value in args {
        tainted |= append(cx, &mut out, value)?;
    }
    finish(cx, out, tainted)
}

fn concat_items(cx: &mut Cx<'_>, args: &[Value], parameter: &str) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null(parameter));
    }
    let items = collect(cx, arg(args, 0))?;
    concat(cx, &items)
}

fn join(cx: &mut Cx<'_>, args: &[Value], parameter: &str) -> Eval {
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null(parameter));
    }
    let items = collect(cx, arg(args, 1))?;
    join_items(cx, text_or_empty(args, 0), &items)
}

fn join_items(cx: &mut Cx<'_>, separator: &str, items: &[Value]) -> Eval {
    let mut out = String::new();
    let mut tainted = false;
    for (index, item) in items.iter().enumerate() {
        if index > 0 && !separator.is_empty() {
            release_half(&mut out);
            out.push_str(separator);
        }
        tainted |= append(cx, &mut out, item)?;
    }
    finish(cx, out, tainted)
}

fn join_some(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("value"));
    }
    let size = |index, message, parameter| {
        usize::try_from(int(args, index)).map_err(|_| Exception::out_of_range(message, parameter))
    };
    let start = size(2, "StartIndex cannot be less than zero.", "startIndex")?;
    let length = size(3, "Count cannot be less than zero.", "count")?;
    let all = collect(cx, arg(args, 1))?;
    let part = start.checked_add(length).and_then(|end| all.get(start..end)).ok_or_else(|| {
        Exception::out_of_range("Index and count must refer to a location within the buffer.", "startIndex")
    })?;
    join_items(cx, text_or_empty(args, 0), part)
}

fn format_one(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let pattern = text(args, 0, "format")?.clone();
    format::composite(cx, &pattern, args.get(1..).unwrap_or_default())
}

fn format_many(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let pattern = text(args, 0, "format")?.clone();
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("args"));
    }
    let values = collect(cx, arg(args, 1))?;
    format::composite(cx, &pattern, &values)
}
